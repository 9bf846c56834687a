"""The workstation while it is open: its session, the handing over to an installed client, history and notes."""

import hmac
import secrets

import orjson
from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto import sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.region.launches.launch import Doctor, Note, NoteUnfit, PastLaunch, Session, WorkstationEnded
from yiqiao.region.launches.service import LIFE_MS, launch_of, session_row
from yiqiao.storage import Database
from yiqiao.storage import launches as store
from yiqiao.storage.launches import NoteRow

SEEN_EVERY_S = 60
"""How exactly `seen_at` is kept."""
TICKET_S = 120
"""How long an installed client has to come for the session that was handed over to it."""
LONGEST_NOTE = 1000
SHOWN = 20


class Workstation:
    """The open sessions, and what is kept of a patient."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    async def find(self, token: str) -> Session:
        """The session of a token, which thereby stays awake. Raises WorkstationEnded."""
        digest, now = sm3(token.encode(errors="replace")), self._clock.now_ms()
        found = await self._database.read(lambda connection: store.session(connection, digest))
        if found is None or found[0].kind != "session":
            raise WorkstationEnded
        session, launch = found
        if now >= session.expires_at or now >= session.seen_at + launch.idle_s * 1000:
            raise WorkstationEnded
        if now >= session.seen_at + SEEN_EVERY_S * 1000:
            await self._database.write(lambda connection: store.see(connection, digest, now))
        return Session(digest, _csrf(token), launch.patient_key, launch_of(self._keyring, launch), launch.at)

    async def end(self, session: Session) -> None:
        """Close the workstation; a session that has ended is ended."""
        await self._database.write(lambda connection: store.drop_session(connection, session.digest))

    async def hand_over(self, session: Session) -> str:
        """A ticket with which an installed client opens a session of its own on the same launch: once, and soon."""
        ticket, now = secrets.token_urlsafe(24), self._clock.now_ms()
        launch, ends = session.launch, now + TICKET_S * 1000
        row = session_row(launch.app_id, launch.mark, ticket, now, ends, "ticket")
        await self._database.write(lambda c: store.add_sessions(c, [row]))
        return ticket

    async def take_over(self, ticket: str) -> str:
        """The token of the session that a ticket opens. Raises WorkstationEnded."""
        digest, now, token = sm3(ticket.encode(errors="replace")), self._clock.now_ms(), secrets.token_urlsafe(32)

        def work(connection: Connection) -> None:
            row = store.take_ticket(connection, digest)
            if row is None or now >= row.expires_at:
                raise WorkstationEnded
            ends = row.created_at + LIFE_MS
            store.add_sessions(connection, [session_row(row.app_id, row.mark, token, now, ends)])

        await self._database.write(work)
        return token

    def check_form(self, session: Session, csrf: str) -> None:
        """Raises WorkstationEnded unless a form carries this session's token."""
        if not hmac.compare_digest(session.csrf.encode(), csrf.encode(errors="replace")):
            raise WorkstationEnded

    async def history(self, session: Session) -> tuple[PastLaunch, ...]:
        """The launches on the session's patient, newest first."""
        rows = await self._database.read(lambda c: store.launches_of(c, session.patient_key, SHOWN))
        found = ((row, launch_of(self._keyring, row)) for row in rows)
        own = (session.launch.app_id, session.launch.mark)
        return tuple(PastLaunch((row.app_id, row.mark) == own, row.at, past.doctor, past.visit) for row, past in found)

    async def note(self, session: Session, text: str, note_id: str) -> None:
        """Keep a note of the session's patient; sent twice (the same `note_id`), it is kept once. Raises NoteUnfit."""
        text = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()
        if not text:
            raise NoteUnfit("随访记录没有内容，请填写后再保存")
        if len(text) > LONGEST_NOTE:
            raise NoteUnfit(f"随访记录最多 {LONGEST_NOTE} 字，现有 {len(text)} 字，请精简后再保存")
        launch, note_id = session.launch, note_id[:64] or secrets.token_urlsafe(16)
        content = {"doctor": launch.doctor._asdict(), "hospital_name": launch.visit.hospital_name, "text": text}
        key_id, sealed = self._keyring.seal(orjson.dumps(content), _context(session.patient_key, note_id))
        row = NoteRow(session.patient_key, note_id, launch.app_id, launch.mark, key_id, sealed, self._clock.now_ms())
        await self._database.write(lambda connection: store.add_note(connection, row))

    async def notes(self, session: Session) -> tuple[Note, ...]:
        """The notes on the session's patient, newest first."""
        rows = await self._database.read(lambda c: store.notes_of(c, session.patient_key, SHOWN))
        return tuple(self._note(row) for row in rows)

    def _note(self, row: NoteRow) -> Note:
        found = orjson.loads(self._keyring.unseal(row.key_id, row.sealed, _context(row.patient_key, row.note_id)))
        return Note(row.at, Doctor(**found["doctor"]), found["hospital_name"], found["text"])

    async def sweep(self) -> int:
        """Forget sessions and tickets that are over; answers how many."""
        now = self._clock.now_ms()
        return await self._database.write(lambda connection: store.sweep_sessions(connection, now))


def _csrf(token: str) -> str:
    """What the forms of a session carry: nobody makes it who does not have the cookie, and it does not lead back."""
    return sm3(b"form|" + token.encode()).hex()[:32]


def _context(patient_key: str, note_id: str) -> bytes:
    return f"launch note|{patient_key}|{note_id}".encode()
