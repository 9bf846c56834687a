"""Issuing health cards and verifying their codes: the region's rules, for many calls at once.

Each act is a `Write` for the gathered writer: the rules run inside one transaction over a whole batch, and every call
gets its own result or refusal (chapters 实名注册电子健康卡并获取二维码 and 验证电子健康卡二维码).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.residents import ResidentRegister
from yiqiao.region.cards import codes
from yiqiao.region.cards.acts import (
    CardClosed,
    CodeSuperseded,
    HeldCard,
    IdentityConflict,
    Registration,
    Serial,
    StaticCodeRefused,
    Use,
    duplicate,
    is_active,
)
from yiqiao.region.cards.codes import Code, CodeInvalid, CodeKind
from yiqiao.region.cards.consent import Consents
from yiqiao.region.cards.desk_operators import DeskOperators
from yiqiao.region.cards.upkeep import Upkeep
from yiqiao.region.identity.identifiers import CardRef, IdentityKeys, ehealth_card_id, mindex_id, person_id
from yiqiao.region.identity.person import BoundCard, bound, reseal_person, seal_person, seal_photo, unseal_person
from yiqiao.storage import Lane, StorageFailed, Write
from yiqiao.storage import cards as store
from yiqiao.storage.cards import CardRow, Holding, PersonRow, PhotoRow, RegistrationRow, UseRow


class _Filing(NamedTuple):
    """A registration with everything derived from it that does not need the database."""

    wish: Registration
    row: PersonRow
    photo: PhotoRow | None
    binds: tuple[BoundCard, ...]  # what the caller asked to bind, without what the register knows


class _Showing(NamedTuple):
    """A use with the code already read, or with why it cannot be."""

    use: Use
    code: Code | DomainError


class Cards:
    """The region's health cards. `upkeep` is what is done to a card after it was issued, `consents` who may read it.

    `address` is where phones reach the hub: what links for them begin with.
    """

    def __init__(
        self, keyring: Keyring, clock: Clock, register: ResidentRegister, issuer: str, address: str = ""
    ) -> None:
        self.issuer = issuer
        self._keyring = keyring
        self._keys = IdentityKeys.derive(keyring.identity)
        self._clock = clock
        self._register = register
        self.upkeep = Upkeep(keyring, self._keys, clock)
        self._operators = DeskOperators(keyring)
        self.consents = Consents(keyring, self._keys, clock, address, self._operators)
        self._registering = Lane("cards.register", self._register_all)
        self._verifying = Lane("cards.verify", self._verify_all)

    # registering

    async def register(self, wish: Registration) -> Write[HeldCard]:
        """Register somebody and issue a card; who holds a live card keeps it, and what is on file stays as it is.

        Cards to bind are the exception: they join those on file, behind them, as far as there is room.

        Raises IdentityConflict; refused with DuplicateSerial, IdentityConflict.
        """
        person = replace(wish.person, cards=bound(wish.person.cards))
        known = await self._register.find(person.certificate.id_type, person.certificate.id_no)
        if known is not None:
            if known.name != person.name:
                raise IdentityConflict("姓名与实名登记信息不一致，请核对证件后重新登记")
            cards = person.cards or tuple(BoundCard(*card) for card in known.cards)
            person = replace(person, cards=cards)
        id_, now = person_id(self._keys, person.certificate), self._clock.now_ms()
        row = seal_person(self._keyring, id_, mindex_id(self._keys, person.certificate), person, now)
        photo = seal_photo(self._keyring, id_, wish.photo, now) if wish.photo is not None else None
        return Write(self._registering, _Filing(wish._replace(person=person), row, photo, bound(wish.person.cards)))

    def _register_all(self, connection: Connection, filings: Sequence[_Filing]) -> list[HeldCard | DomainError]:
        ids = [filing.row.person_id for filing in filings]
        held = store.holdings(connection, ids)
        refusals = _name_conflicts(filings, held)
        issue = {id_: _next_issue(held[id_].cards if id_ in held else ()) for id_ in ids}
        accepted = self._take_registration_serials(connection, filings, issue, refusals)
        fresh = [filings[n] for n in accepted if not _has_card(held.get(filings[n].row.person_id))]
        store.add_persons(connection, {filing.row.person_id: filing.row for filing in fresh}.values())
        store.add_cards(
            connection, {f.row.person_id: self._new_card(f, issue[f.row.person_id]) for f in fresh}.values()
        )
        store.add_photos(connection, {f.photo.person_id: f.photo for f in fresh if f.photo is not None}.values())
        binding = [filings[n] for n in accepted if filings[n].binds]
        if binding:
            store.lock_persons(connection, [filing.row.person_id for filing in binding])
        if fresh or binding:
            held = store.holdings(connection, ids)
        if _name_conflicts([filings[n] for n in accepted], held):
            raise StorageFailed  # another process filed the person in this moment: one by one, the next look decides
        self._bind(connection, held, binding)
        newly = {filing.row.person_id for filing in fresh}
        outcomes: list[HeldCard | DomainError] = []
        for n, filing in enumerate(filings):
            id_ = filing.row.person_id
            refusal = refusals.get(n)
            outcomes.append(refusal or self._held(held[id_].person, held[id_].cards, id_ in newly))
        return outcomes

    def _bind(self, connection: Connection, held: dict[str, Holding], binding: Sequence[_Filing]) -> None:
        """Bind the cards that were asked for; their holders are locked, and `held` shows them afterwards."""
        changed: dict[str, PersonRow] = {}
        for filing in binding:
            row = held[filing.row.person_id].person
            person = unseal_person(self._keyring, row)
            cards = bound((*person.cards, *filing.binds))
            if cards != person.cards:
                row = reseal_person(self._keyring, row, replace(person, cards=cards), filing.row.changed_at)
                held[row.person_id] = held[row.person_id]._replace(person=row)
                changed[row.person_id] = row
        store.change_persons(connection, changed.values())

    def _take_registration_serials(
        self,
        connection: Connection,
        filings: Sequence[_Filing],
        issue: dict[str, int],
        refusals: dict[int, DomainError],
    ) -> list[int]:
        """Write down the acts; who comes second under a serial is refused. Answers the places of those accepted."""
        rows = {
            n: RegistrationRow(
                filing.wish.serial.app_id,
                filing.wish.serial.number,
                filing.wish.serial.fingerprint,
                filing.row.person_id,
                issue[filing.row.person_id],
                filing.row.created_at,
            )
            for n, filing in enumerate(filings)
            if n not in refusals
        }
        new = store.add_registrations(connection, rows.values())
        losers = _losers([(n, filings[n].wish.serial) for n in rows], new)
        if losers:
            first = store.registration_fingerprints(connection, [(s.app_id, s.number) for _, s in losers])
            refusals.update({n: duplicate(serial, first) for n, serial in losers})
        return [n for n in rows if n not in refusals]

    def _new_card(self, filing: _Filing, issue_no: int) -> CardRow:
        return CardRow(
            person_id=filing.row.person_id,
            issue_no=issue_no,
            ehealth_card_id=ehealth_card_id(self._keys, filing.wish.person.certificate, issue_no),
            state="active",
            issued_at=filing.row.created_at,
            issued_by=filing.wish.serial.app_id,
            apply_method=filing.wish.apply_method,
            certificate_mode=filing.wish.certificate_mode,
        )

    # showing and verifying

    def static_code(self, card: HeldCard) -> str:
        """The text of the card's static code."""
        return codes.static_text(card.ehealth_card_id, self.issuer)

    def dynamic_code(self, card: CardRef, lifetime_s: int) -> str:
        """The text of a fresh dynamic code that lives for `lifetime_s` seconds from now."""
        return codes.dynamic_text(self._keys, card, self.issuer, self._clock.now_ms() // 1000 + lifetime_s)

    def verify(self, use: Use) -> Write[HeldCard]:
        """Verify a scanned code and record the use of the card.

        Refused with DuplicateSerial, CodeInvalid, CodeExpired, ForeignIssuer, StaticCodeRefused, CodeSuperseded,
        CardClosed. A repeat is told as one before anything else: meanwhile the code may have expired.
        """
        return Write(self._verifying, _Showing(use, self._read(use)))

    def forget(self) -> None:
        """Remember nothing of what is on file: it was replaced as a whole."""
        self._operators.forget()

    def _read(self, use: Use) -> Code | DomainError:
        try:
            code = codes.read(self._keys, use.code_text, self.issuer, self._clock.now_ms())
        except DomainError as refusal:
            return refusal
        if code.kind is CodeKind.STATIC and not use.static_will_do:
            return StaticCodeRefused("该诊疗环节不接受静态码，请患者在手机上打开电子健康卡，出示动态码")
        return code

    def _verify_all(self, connection: Connection, showings: Sequence[_Showing]) -> list[HeldCard | DomainError]:
        read = {n: showing.code for n, showing in enumerate(showings) if isinstance(showing.code, Code)}
        held = store.holdings(connection, [code.card.person_id for code in read.values()])
        outcomes: list[HeldCard | DomainError] = [self._shown(showing.code, held) for showing in showings]
        now = self._clock.now_ms()
        live = [n for n in read if isinstance(outcomes[n], HeldCard)]
        new = store.add_uses(connection, [_use_row(showings[n].use, read[n], now) for n in live])
        losers = _losers([(n, showings[n].use.serial) for n in live], new)
        refused = [(n, showings[n].use.serial) for n, told in enumerate(outcomes) if isinstance(told, DomainError)]
        if losers or refused:
            first = store.use_fingerprints(connection, [(s.app_id, s.number) for _, s in (*losers, *refused)])
            losers += [(n, serial) for n, serial in refused if serial[:2] in first and serial[:2] not in new]
            for n, serial in losers:
                outcomes[n] = duplicate(serial, first)
        self._operators.keep(connection, _operator_names(showings[n].use for n in live), now)
        return outcomes

    def _shown(self, code: Code | DomainError, held: dict[str, Holding]) -> HeldCard | DomainError:
        if isinstance(code, DomainError):
            return code
        ref = code.card
        holding = held.get(ref.person_id)
        shown = next((card for card in holding.cards if card.issue_no == ref.issue_no), None) if holding else None
        if holding is None or shown is None:
            return CodeInvalid("电子健康卡二维码不合法：未查到对应的电子健康卡，请患者重新出示")
        if shown.state == "active":
            return self._held(holding.person, [shown], newly_issued=False)
        if is_active(holding.cards):
            return CodeSuperseded("该二维码属于已注销的旧卡，请患者出示新领取的电子健康卡")
        return CardClosed("该电子健康卡已注销，如需使用请重新申领")

    def _held(self, row: PersonRow, cards: Iterable[CardRow], newly_issued: bool) -> HeldCard:
        card = next(card for card in cards if card.state == "active")
        return HeldCard(
            ref=CardRef(card.person_id, card.issue_no),
            ehealth_card_id=card.ehealth_card_id,
            mindex_id=row.mindex_id,
            person=unseal_person(self._keyring, row),
            newly_issued=newly_issued,
        )


def _name_conflicts(filings: Sequence[_Filing], held: dict[str, Holding]) -> dict[int, DomainError]:
    """Who names a certificate's holder otherwise than the file does, or than an earlier call of the same batch."""
    names = {id_: holding.person.name_index for id_, holding in held.items()}
    return {
        n: IdentityConflict("该证件已用其他姓名登记，请核对证件后重新登记")
        for n, filing in enumerate(filings)
        if names.setdefault(filing.row.person_id, filing.row.name_index) != filing.row.name_index
    }


def _has_card(holding: Holding | None) -> bool:
    return holding is not None and is_active(holding.cards)


def _next_issue(cards: Sequence[CardRow]) -> int:
    """The live card's issue number, else the next one."""
    if not cards:
        return 1
    return cards[-1].issue_no if is_active(cards) else cards[-1].issue_no + 1


def _losers(asked: list[tuple[int, Serial]], new: set[tuple[str, str]]) -> list[tuple[int, Serial]]:
    """Who did not get their serial: it was on record, or an earlier call of the same batch took it."""
    losers = []
    left = set(new)
    for place, serial in asked:
        if (serial.app_id, serial.number) in left:
            left.discard((serial.app_id, serial.number))
        else:
            losers.append((place, serial))
    return losers


def _operator_names(uses: Iterable[Use]) -> dict[tuple[str, str], str]:
    return {(use.serial.app_id, use.operator_id): use.operator_name for use in uses if use.operator_name}


def _use_row(use: Use, code: Code, now_ms: int) -> UseRow:
    return UseRow(
        app_id=use.serial.app_id,
        way=store.SCAN,
        number=use.serial.number,
        fingerprint=use.serial.fingerprint,
        person_id=code.card.person_id,
        issue_no=code.card.issue_no,
        code_kind=str(code.kind),
        treatment_code=use.treatment_code,
        office_code=use.office_code,
        term_id=use.term_id,
        operator_id=use.operator_id,
        ip_addr=use.ip_addr,
        at=now_ms,
    )
