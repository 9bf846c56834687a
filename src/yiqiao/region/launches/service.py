"""Opening the workstation: every launch once, remembered in the same transaction as the session that it opens.

Like all hot writes an opening is a `Write` for the gathered writer. Who the patient is across launches is decided by
the identity number alone; without one, by the hospital's own number of this visit, so that nobody is ever taken for
somebody of the same name.
"""

import secrets
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing, readable
from yiqiao.crypto import sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.region.identity import certificates
from yiqiao.region.identity.certificates import Certificate, IdentityNumberInvalid
from yiqiao.region.identity.identifiers import IdentityKeys, person_id
from yiqiao.region.launches.launch import Coded, Doctor, Launch, LaunchUsed, Opened, Patient, Visit
from yiqiao.storage import Lane, Write
from yiqiao.storage import launches as store
from yiqiao.storage.launches import LaunchRow, SessionRow

LIFE_MS = 12 * 3600 * 1000
_IDENTITY_CARD = "01"


class Launches:
    """The launches of a region."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._keys = IdentityKeys.derive(keyring.identity)
        self._clock = clock
        self._opening = Lane("launches.open", self._open_all)

    def open(self, launch: Launch) -> Write[Opened]:
        """Open a session for a launch that was never opened before; refused with LaunchUsed."""
        return Write(self._opening, launch)

    def certificate(self, patient: Patient) -> Certificate | None:
        """The patient's identity card, where the launch gives a number that can be one."""
        if not patient.id_no:
            return None
        try:
            return certificates.parse(_IDENTITY_CARD, patient.id_no, beijing(self._clock.now_ms()).date())
        except IdentityNumberInvalid:
            return None

    def _open_all(self, connection: Connection, wanted: Sequence[Launch]) -> list[Opened | DomainError]:
        now = self._clock.now_ms()
        rows = [self._row(launch, now) for launch in wanted]
        left = store.add_launches(connection, rows)
        outcomes: list[Opened | DomainError | None] = []
        for row in rows:
            won = (row.app_id, row.mark) in left
            left.discard((row.app_id, row.mark))  # of two in one batch the first is the one that was filed
            outcomes.append(Opened(row.patient_key, secrets.token_urlsafe(32)) if won else None)
        store.add_sessions(
            connection,
            [
                session_row(row.app_id, row.mark, opened.token, now, now + LIFE_MS)
                for row, opened in zip(rows, outcomes, strict=True)
                if isinstance(opened, Opened)
            ],
        )
        lost = [(row.app_id, row.mark) for row, opened in zip(rows, outcomes, strict=True) if opened is None]
        first = store.first_used(connection, lost) if lost else {}
        return [
            opened or _used(first.get((row.app_id, row.mark), now)) for row, opened in zip(rows, outcomes, strict=True)
        ]

    def _patient_key(self, launch: Launch) -> str:
        certificate = self.certificate(launch.patient)
        if certificate is not None:
            return person_id(self._keys, certificate)
        visit = launch.visit
        kind, own = ("visit", visit.registration_no) if visit.registration_no else ("launch", launch.mark)
        subject = orjson.dumps([kind, launch.app_id, visit.hospital_code, own, launch.patient.name])
        return f"{self._keyring.blind('workstation patient', subject.decode()) & 0xFFFF_FFFF_FFFF_FFFF:016x}"

    def _row(self, launch: Launch, now_ms: int) -> LaunchRow:
        content = {
            "patient": launch.patient._asdict(),
            "doctor": launch.doctor._asdict(),
            "visit": launch.visit._asdict(),
            "target": launch.target,
            "scheme": launch.scheme,
        }
        key_id, sealed = self._keyring.seal(orjson.dumps(content, default=list), context(launch.app_id, launch.mark))
        patient_key = self._patient_key(launch)
        return LaunchRow(launch.app_id, launch.mark, patient_key, key_id, sealed, launch.idle_s, now_ms)


def context(app_id: str, mark: str) -> bytes:
    """What a launch is sealed to."""
    return f"launch|{app_id}|{mark}".encode()


def launch_of(keyring: Keyring, row: LaunchRow) -> Launch:
    """A launch as it was filed."""
    found = orjson.loads(keyring.unseal(row.key_id, row.sealed, context(row.app_id, row.mark)))
    return Launch(
        app_id=row.app_id,
        mark=row.mark,
        patient=Patient(**_coded(found["patient"])),
        doctor=Doctor(**found["doctor"]),
        visit=Visit(**_coded(found["visit"])),
        target=found["target"],
        idle_s=row.idle_s,
        scheme=found["scheme"],
    )


def _coded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: Coded(*value) if isinstance(value, list) else value for name, value in values.items()}


def session_row(app_id: str, mark: str, token: str, now_ms: int, expires_at: int, kind: str = "session") -> SessionRow:
    """The row of a session (or a ticket for one): of the token the digest alone."""
    return SessionRow(sm3(token.encode()), app_id, mark, kind, now_ms, now_ms, expires_at)


def _used(at: int) -> LaunchUsed:
    return LaunchUsed(f"该链接已于 {readable(at)} 打开过，每个链接只能用一次")
