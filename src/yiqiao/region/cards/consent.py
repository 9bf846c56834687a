"""Consent to use a card (用卡授权, 主扫): a hospital asks, the card's holder answers on their own phone.

Chapters 生成用户用卡授权连接（主扫方式） and 查询用户用卡授权结果. A hospital asks for a link and shows it as a QR
code; who scans it consents, refuses or cancels; the hospital asks what became of it until it is over. A consent ends
once: each way out is one conditional change of an open row. Being too late is such a way out too, taken by the first
query that finds the time over, so that a failure that was told stays one. A consent that was given is a use of the
card, as a scanned code is, and is recorded as one (用卡监测).
"""

import secrets
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto import DecryptionFailed, sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.region.cards.acts import CardClosed, HeldCard, NoSuchRecord, Serial, duplicate, held_card
from yiqiao.region.cards.desk_operators import DeskOperators
from yiqiao.region.identity.certificates import Certificate
from yiqiao.region.identity.identifiers import IdentityKeys, person_id
from yiqiao.storage import Lane, Write
from yiqiao.storage import cards as card_store
from yiqiao.storage import consents as store
from yiqiao.storage.cards import CardRow, Holding, UseRow
from yiqiao.storage.consents import IN_TIME, TOO_LATE, Conclusion, ConsentRow

PATH = "/a"
"""Where links lead to; short, since a link has 128 characters and a QR code is read the better the shorter it is."""
CONSENT_S = 60
"""How long a link lives by default (`consent_seconds` of a profile): the countdown of the standard's terminals."""
READABLE_S = 24 * 3600
"""How long after a consent its data can be asked for: it is for one use of the card, not for good."""
_TOKEN_BYTES = 16


class State(StrEnum):
    """用卡授权状态 (auth_status)."""

    ING = "ing"
    SUCC = "succ"
    FAIL = "fail"
    CANCEL = "cancel"


class Event(StrEnum):
    """What can happen to a consent. refuse: the holder says no; cancel: they leave it, having scanned by mistake."""

    CONSENT = "consent"
    REFUSE = "refuse"
    CANCEL = "cancel"
    EXPIRE = "expire"


STEPS: Mapping[tuple[State, Event], State] = {
    (State.ING, Event.CONSENT): State.SUCC,
    (State.ING, Event.REFUSE): State.FAIL,
    (State.ING, Event.CANCEL): State.CANCEL,
    (State.ING, Event.EXPIRE): State.FAIL,
}
"""All steps there are: from the three last states none leads on."""


class ConsentOver(DomainError):
    """The consent was answered already, or its time is over; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("本次授权已经结束，请让工作人员重新出示二维码")


class Asking(NamedTuple):
    """A hospital's wish to use a card: for what, where, and who asks. `lifetime_s` seconds."""

    serial: Serial
    treatment_code: str
    office_code: str
    term_id: str
    operator_id: str
    operator_name: str
    ip_addr: str
    lifetime_s: int = CONSENT_S


class Standing(NamedTuple):
    """How a consent stands for the hospital that asked; `card` once it was given."""

    state: State
    card: HeldCard | None = None


class Consent(NamedTuple):
    """A consent as the person sees it who has followed its link. Times epoch ms, `left_ms` never below 0."""

    app_id: str
    number: str
    state: State
    treatment_code: str
    office_code: str
    term_id: str
    expires_at: int
    left_ms: int
    decided_by: str | None  # person_id

    @property
    def expired(self) -> bool:
        """Whether it ended because nobody answered in time."""
        return self.state is State.FAIL and self.decided_by is None


class Concluded(NamedTuple):
    """A consent that was ended by this decision."""

    app_id: str
    number: str
    state: State
    person_id: str
    ehealth_card_id: str | None


class _Link(NamedTuple):
    """A link to be given out, with the row that keeps it."""

    serial: Serial
    token: str
    row: ConsentRow


class _Decision(NamedTuple):
    """What somebody decided who has followed a link."""

    token_digest: bytes
    event: Event
    person_id: str


class Consents:
    """The consents to use cards."""

    def __init__(
        self, keyring: Keyring, keys: IdentityKeys, clock: Clock, address: str, operators: DeskOperators
    ) -> None:
        self._keyring = keyring
        self._keys = keys
        self._clock = clock
        self._address = address
        self._operators = operators
        self._asking = Lane("consents.ask", self._ask_all)
        self._finding = Lane("consents.find", self._find_all)
        self._deciding = Lane("consents.decide", self._decide_all)

    def ask(self, asking: Asking) -> Write[str]:
        """Ask for a consent; answers the link that the holder shall follow. Refused with DuplicateSerial."""
        now, serial = self._clock.now_ms(), asking.serial
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        key_id, sealed = self._keyring.seal(asking.operator_name.encode(), consent_context(*serial[:2]))
        row = ConsentRow(
            app_id=serial.app_id,
            out_authorize_no=serial.number,
            fingerprint=serial.fingerprint,
            token_digest=sm3(token.encode()),
            state=State.ING.value,
            treatment_code=asking.treatment_code,
            office_code=asking.office_code,
            term_id=asking.term_id,
            operator_id=asking.operator_id,
            ip_addr=asking.ip_addr,
            key_id=key_id,
            sealed=sealed,
            at=now,
            expires_at=now + asking.lifetime_s * 1000,
        )
        return Write(self._asking, _Link(serial, token, row))

    def find(self, app_id: str, number: str) -> Write[Standing]:
        """How a consent stands that this application asked for. Refused with NoSuchRecord, CardClosed."""
        return Write(self._finding, (app_id, number))

    def decide(self, token: str, event: Event, holder: Certificate) -> Write[Concluded]:
        """End a consent as somebody decided who has proven who they are.

        Refused with ConsentOver, and with NoSuchRecord for an unknown link or a holder without a card in force.
        """
        return Write(self._deciding, _Decision(_digest(token), event, person_id(self._keys, holder)))

    def seen(self, connection: Connection, token: str) -> Consent | None:
        """The consent that a link leads to, or None for a link that was never given out."""
        row = store.consent_of(connection, _digest(token))
        if row is None:
            return None
        now = self._clock.now_ms()
        return Consent(
            app_id=row.app_id,
            number=row.out_authorize_no,
            state=_state(row, now),
            treatment_code=row.treatment_code,
            office_code=row.office_code,
            term_id=row.term_id,
            expires_at=row.expires_at,
            left_ms=max(0, row.expires_at - now),
            decided_by=row.person_id,
        )

    def is_by(self, consent: Consent, holder: Certificate) -> bool:
        """Whether it was this person who ended the consent."""
        return consent.decided_by == person_id(self._keys, holder)

    def card_of(self, connection: Connection, holder: Certificate) -> HeldCard | None:
        """The card in force of somebody who has proven who they are, or None."""
        id_ = person_id(self._keys, holder)
        holding = card_store.holdings(connection, [id_]).get(id_)
        card = _in_force(holding)
        return held_card(self._keyring, holding, card) if holding and card else None

    # for many at once

    def _ask_all(self, connection: Connection, links: Sequence[_Link]) -> list[str | DomainError]:
        new = store.add_consents(connection, [link.row for link in links])
        lost = [link.row.key for link in links] if len(new) < len(links) else []
        first = store.consent_fingerprints(connection, lost)
        outcomes: list[str | DomainError] = []
        for link in links:
            if link.row.key in new:
                new.discard(link.row.key)  # a second one under the same serial comes too late
                outcomes.append(f"{self._address}{PATH}/{link.token}")
            else:
                outcomes.append(duplicate(link.serial, first))
        return outcomes

    def _find_all(self, connection: Connection, serials: Sequence[tuple[str, str]]) -> list[Standing | DomainError]:
        now = self._clock.now_ms()
        found = store.consents(connection, serials)
        late = [row for row in found.values() if row.state == State.ING and now >= row.expires_at]
        if late:
            over = STEPS[State.ING, Event.EXPIRE].value
            store.conclude(connection, [Conclusion(*row.key, over, now) for row in late], TOO_LATE)
            found = store.consents(connection, serials)  # another process may have been quicker
        given = [row.person_id for row in found.values() if row.state == State.SUCC and row.person_id]
        held = card_store.holdings(connection, given) if given else {}
        return [self._standing(found.get(serial), held, now) for serial in serials]

    def _standing(self, row: ConsentRow | None, held: dict[str, Holding], now_ms: int) -> Standing | DomainError:
        if row is None:
            return NoSuchRecord("未查到该授权流水号，请核对 out_authorize_no 是否由本应用生成")
        if row.state != State.SUCC:
            return Standing(State(row.state))
        if now_ms >= (row.decided_at or 0) + READABLE_S * 1000:
            return NoSuchRecord(f"该次授权已超过 {READABLE_S // 3600} 小时，不再返回用户资料，需要时请重新发起授权")
        holding = held.get(row.person_id or "")
        card = next((card for card in holding.cards if card.issue_no == row.issue_no), None) if holding else None
        if holding is None or card is None or card.closed_at is not None:
            return CardClosed("用户授权使用的电子健康卡已注销，请用户重新申领后再授权")
        return Standing(State.SUCC, held_card(self._keyring, holding, card))

    def _decide_all(self, connection: Connection, decisions: Sequence[_Decision]) -> list[Concluded | DomainError]:
        now = self._clock.now_ms()
        held = card_store.holdings(connection, [d.person_id for d in decisions if d.event is Event.CONSENT])
        rows = [store.consent_of(connection, decision.token_digest) for decision in decisions]
        wanted: dict[int, Conclusion] = {}
        cards: dict[int, CardRow] = {}
        refusals: dict[int, DomainError] = {}
        for n, (decision, row) in enumerate(zip(decisions, rows, strict=True)):
            card = _in_force(held.get(decision.person_id))
            if row is None:
                refusals[n] = NoSuchRecord("未查到这次授权，请重新扫描屏幕上的二维码")
            elif decision.event is not Event.CONSENT:
                wanted[n] = _ending(row, decision, now)
            elif card is None:
                refusals[n] = NoSuchRecord("您还没有电子健康卡，或卡已注销，请先申领")
            else:
                cards[n] = card
                wanted[n] = _ending(row, decision, now)._replace(issue_no=card.issue_no)
        effective = _concluded(connection, wanted)
        given = [(row, cards[n]) for n, row in enumerate(rows) if row and n in cards and n in effective]
        self._record_uses(connection, given, now)
        outcomes: list[Concluded | DomainError] = []
        for n in range(len(decisions)):
            if n in effective:
                c, card = wanted[n], cards.get(n)
                card_id = card.ehealth_card_id if card else None
                outcomes.append(Concluded(*c[:2], State(c.state), c.person_id or "", card_id))
            else:
                outcomes.append(refusals.get(n) or ConsentOver())
        return outcomes

    def _record_uses(self, connection: Connection, given: Sequence[tuple[ConsentRow, CardRow]], now_ms: int) -> None:
        """Write down the uses of cards that consents just given are, and who had asked for them."""
        card_store.add_uses(connection, [_use_row(row, card, now_ms) for row, card in given])
        names = {(row.app_id, row.operator_id): self._operator_name(row) for row, _ in given}
        self._operators.keep(connection, names, now_ms)

    def _operator_name(self, row: ConsentRow) -> str:
        try:
            return self._keyring.unseal(row.key_id, bytes(row.sealed), consent_context(*row.key)).decode()
        except DecryptionFailed:  # a name that cannot be read must not keep anybody from consenting
            return ""


def consent_context(app_id: str, out_authorize_no: str) -> bytes:
    """What the operator's name is sealed to."""
    return f"card consent|{app_id}|{out_authorize_no}".encode()


def _digest(token: str) -> bytes:
    return sm3(token.encode(errors="replace"))


def _state(row: ConsentRow, now_ms: int) -> State:
    """How a consent stands now, whether somebody has written down already that its time is over or not."""
    state = State(row.state)
    late = state is State.ING and now_ms >= row.expires_at
    return STEPS[state, Event.EXPIRE] if late else state


def _ending(row: ConsentRow, decision: _Decision, now_ms: int) -> Conclusion:
    return Conclusion(*row.key, STEPS[State.ING, decision.event].value, now_ms, decision.person_id)


def _concluded(connection: Connection, wanted: Mapping[int, Conclusion]) -> set[int]:
    """Try to bring about what is wanted; of several decisions on one consent the first takes part. Answers who did."""
    first: dict[tuple[str, str], int] = {}
    for n, conclusion in wanted.items():
        first.setdefault(conclusion[:2], n)
    done = store.conclude(connection, [wanted[n] for n in first.values()], IN_TIME)
    return {n for key, n in first.items() if key in done}


def _use_row(row: ConsentRow, card: CardRow, now_ms: int) -> UseRow:
    return UseRow(
        app_id=row.app_id,
        way=card_store.CONSENT,
        number=row.out_authorize_no,
        fingerprint=bytes(row.fingerprint),
        person_id=card.person_id,
        issue_no=card.issue_no,
        code_kind=card_store.CONSENT,
        treatment_code=row.treatment_code,
        office_code=row.office_code,
        term_id=row.term_id,
        operator_id=row.operator_id,
        ip_addr=row.ip_addr,
        at=now_ms,
    )


def _in_force(holding: Holding | None) -> CardRow | None:
    return next((card for card in holding.cards if card.state == "active"), None) if holding else None
