"""Settlements as the HIS, the desk and operators see them: begun, asked for, taken back, mended.

A bill has no number on the wire where it was not registered before, so a settlement is found again by whose it is:
one that is under way stands, and so does one that has failed until somebody was told; otherwise the HIS is asked what
is owed. Where that is nothing, the last one stands. Each charge is held by one settlement at a time, so that however
often a bill is sent it is settled once.
"""

import base64
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import DAY_MS, Clock
from yiqiao.crypto import sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs.queue import put
from yiqiao.money import yuan
from yiqiao.ports.his_billing import HisBilling, PendingCharge
from yiqiao.ports.insurance_centre import InsuranceCentre
from yiqiao.ports.insurance_settlement import FeeLine
from yiqiao.region.insurance.course import Change, begun, marked, moved, number_of, touched
from yiqiao.region.insurance.saga import out_charge_no, out_refund_no
from yiqiao.region.insurance.settlement import (
    AnotherUnderWay,
    AreasMissing,
    Facts,
    LinesMissing,
    NotCancellable,
    NothingDue,
    PaymentNotArranged,
    UnknownSettlement,
    WrongMerchant,
    facts_of,
    same_money,
    seal,
)
from yiqiao.region.insurance.states import FINAL, STATES, Act, Ending, State
from yiqiao.region.payments import books, merchants
from yiqiao.region.payments import course as hub
from yiqiao.region.payments.course import settlement_job
from yiqiao.region.payments.merchants import Merchant
from yiqiao.region.payments.orders import ACCOUNTS
from yiqiao.region.payments.trade import NotNow
from yiqiao.region.payments.ways import ChannelNotOffered
from yiqiao.storage import Database, Write, insurance, ordinary, payments
from yiqiao.storage.insurance import EventRow, SettlementRow
from yiqiao.storage.payments import RefundRow, TradeRow

SAME_BILL_MS = DAY_MS
"""So long a settlement that is done answers who asks again and owes nothing any more."""


@dataclass(frozen=True)
class Wish:
    """A bill that is to be settled. `facts` without charges and lines: those come from the HIS.

    `merchant_id` empty: nobody was named who collects. `number`: the settlement that is meant, where the caller knows.
    """

    app_id: str
    merchant_id: str
    merchant_secret: str = field(repr=False)
    insured: bool
    visit_id: str
    facts: Facts
    number: str = ""


@dataclass(frozen=True)
class Cancellation:
    """A settlement that is to be taken back: by the centre's numbers, or ours where the centre was not asked.

    `areas_stated`: whether the insurance's areas were, which an insured settlement needs (cancel.insured).
    """

    institution: str
    settlement_id: str
    visit_id: str
    psn_no: str
    message_id: str
    areas_stated: bool = True


class Standing(NamedTuple):
    """A settlement with what is sealed in it, its trade and its refund."""

    row: SettlementRow
    facts: Facts
    trade: TradeRow | None
    refund: RefundRow | None


class Course(NamedTuple):
    """A settlement with all that has happened to it."""

    standing: Standing
    events: tuple[EventRow, ...]


@dataclass(frozen=True)
class Settlements:
    """The settlements of a region. `woken` is called when there is something for the saga to do now."""

    database: Database
    keyring: Keyring
    clock: Clock
    his: HisBilling
    people: InsuranceCentre
    woken: Callable[[], None] = lambda: None
    chance: random.Random = field(default_factory=random.SystemRandom, repr=False)
    """Where numbers come from; a simulation that is to be run again hands in dice of its own."""

    async def settle(self, wish: Wish) -> Write[Standing]:
        """The write that begins a settlement, once the HIS has said what is owed; answers how it stands, which may be
        long ago where the caller asks again.

        Raises, or refuses with, UnknownMerchant, MerchantSecretWrong, MerchantDisabled, WrongMerchant,
        ChannelNotOffered, UnknownSettlement, AnotherUnderWay, NothingDue, LinesMissing, PaymentNotArranged,
        CentreUnreachable, UnknownInsured, HisUnreachable, HisSilent, HisRefused.
        """
        merchant = await self.database.read(lambda c: self._merchant(c, wish))
        wish = replace(wish, merchant_id=merchant.merchant_id) if wish.merchant_id else wish
        standing = await self.database.read(lambda c: self._standing(c, merchant, wish))
        charges: Sequence[PendingCharge] = ()
        if standing is None:
            wish = await self._identified(wish)
            facts = wish.facts
            charges = await self.his.pending_charges(merchant.merchant_id, facts.patient, facts.his_extra)

        def work(connection: Connection) -> Standing:
            now = self.clock.now_ms()
            row = self._standing(connection, merchant, wish) or self._begun(connection, merchant, wish, charges, now)
            if row.state in FINAL and not row.told:
                heard = marked(row, now, told=1)
                heard.write(connection, now)
                row = heard.row
            return self._whole(connection, row)

        return ordinary(work)

    def _merchant(self, connection: Connection, wish: Wish) -> Merchant:
        """For whom the personal part is collected, and by whose HIS the bill is told."""
        institution = wish.facts.who.institution
        account_type = wish.facts.patient.account_type
        if wish.merchant_id:
            named = merchants.find(connection, self.keyring, wish.merchant_id)
            named.admit(wish.merchant_secret)
            if named.settings.institution not in ("", institution):
                raise WrongMerchant("payAppId 不是该定点医药机构的支付应用，请核对 fixmedins_code 与 payAppId")
            if named.account_type != account_type:
                raise ChannelNotOffered(ACCOUNTS[account_type])
            return named
        for row in payments.merchants(connection):
            known = merchants.opened(self.keyring, row)
            if known.enabled and known.settings.institution == institution and known.account_type == account_type:
                return known
        raise WrongMerchant("没有传 payAppId，平台也没有登记该定点医药机构的支付应用，请传 payAppId 或联系平台登记")

    def _standing(self, connection: Connection, merchant: Merchant, wish: Wish) -> SettlementRow | None:
        """The settlement that answers this call, where there is one."""
        person = self._person(merchant, wish)
        rows = insurance.of_person(connection, person)
        if wish.number:
            known = next((one for one in rows if one.number == wish.number), None)
            if known is None:
                raise UnknownSettlement("没有这笔结算，请核对 extra.settlementNo")
            return known
        open_one = next((one for one in rows if one.state not in FINAL), None)
        if open_one is not None:
            if bytes(open_one.fingerprint) != _fingerprint(wish):
                raise AnotherUnderWay
            return open_one
        newest = rows[0] if rows else None
        if newest is None or newest.state != State.FAILED or newest.told:
            return None  # of what went well the HIS knows: it says whether anything else is owed
        return newest if bytes(newest.fingerprint) == _fingerprint(wish) else None

    async def _identified(self, wish: Wish) -> Wish:
        """With the person's number at the centre, where the caller does not know it."""
        who = wish.facts.who
        if not wish.insured or who.psn_no:
            return wish
        known = await self.people.by_certificate(who.certificate_type, who.certificate_no)
        return replace(wish, facts=replace(wish.facts, who=replace(who, psn_no=known.psn_no)))

    def _begun(
        self, connection: Connection, merchant: Merchant, wish: Wish, charges: Sequence[PendingCharge], now: int
    ) -> SettlementRow:
        person = self._person(merchant, wish)
        if not charges:
            rows = insurance.of_person(connection, person, 1)
            if rows and rows[0].state == State.DONE and now - rows[0].created_at < SAME_BILL_MS:
                return rows[0]
            raise NothingDue
        total = sum(one.amount for one in charges)
        lines = self._lines(wish, charges)
        if not wish.insured and not wish.merchant_id:
            raise PaymentNotArranged(yuan(total))
        number = number_of(now, self.chance.randrange(10**10))
        charge_nos = tuple(one.charge_no for one in charges)
        facts = replace(wish.facts, charge_nos=charge_nos, lines=lines, visited_at=wish.facts.visited_at or now)
        first = State.ORDERING if not wish.insured else State.UPLOADING if wish.visit_id else State.REGISTERING
        row = SettlementRow(
            merchant_id=merchant.merchant_id,
            number=number,
            institution=facts.who.institution,
            app_id=wish.app_id,
            token=base64.urlsafe_b64encode(self.chance.randbytes(18)).decode(),
            person=person,
            fingerprint=_fingerprint(wish),
            insured=int(wish.insured),
            cashier=int(bool(wish.merchant_id)),
            visit_id=wish.visit_id if wish.insured else "",
            registered=0,
            settlement_id="",
            total=total,
            funds=0,
            account=0,
            cash=total,
            trace_no="",
            callsn="",
            state=first,
            ending="",
            uncertain=0,
            told=0,
            reason="",
            tries=0,
            next_at=now,
            settled_at=None,
            confirmed_at=None,
            ended_at=None,
            version=1,
            created_at=now,
            changed_at=now,
            **seal(self.keyring, merchant.merchant_id, number, facts),  # type: ignore[arg-type]
        )
        if not insurance.add(connection, row, charge_nos):
            return self._holder(connection, merchant, wish, charge_nos)
        insurance.tell(connection, begun(row, f"开始结算 {len(charges)} 笔费用，{yuan(total)} 元", wish.app_id))
        put(connection, now, [settlement_job(row.merchant_id, row.number, now)])
        return row

    def _holder(
        self, connection: Connection, merchant: Merchant, wish: Wish, charge_nos: Sequence[str]
    ) -> SettlementRow:
        """Who holds the charges already: the same bill, sent twice at once or still unknown to the HIS as paid."""
        known = insurance.holder(connection, merchant.merchant_id, charge_nos)
        same = known is not None and known.person == self._person(merchant, wish)
        if known is None or not same or bytes(known.fingerprint) != _fingerprint(wish):
            raise AnotherUnderWay
        return known

    def _lines(self, wish: Wish, charges: Sequence[PendingCharge]) -> tuple[FeeLine, ...]:
        if wish.insured:
            bare = next((one for one in charges if not one.lines), None)
            if bare is not None:
                raise LinesMissing(bare.charge_no)
        return tuple(line for one in charges for line in one.lines)

    def _person(self, merchant: Merchant, wish: Wish) -> str:
        """Whose bill at which hospital: the same for the same, and no way back to who it is."""
        who, patient = wish.facts.who, wish.facts.patient
        parts = (merchant.merchant_id, who.institution, who.certificate_type, who.certificate_no.upper())
        found = self.keyring.blind("ins_person", "|".join((*parts, patient.his_cust_id)))
        return f"{found & (2**64 - 1):016x}"

    def cancel(self, wanted: Cancellation) -> Write[Standing]:
        """The write that begins to take a settlement back; answers how that stands where it has begun already.

        Refuses with UnknownSettlement, AreasMissing, NotCancellable.
        """

        def work(connection: Connection) -> Standing:
            now = self.clock.now_ms()
            row = insurance.by_settlement_id(connection, wanted.institution, wanted.settlement_id, for_update=True)
            if row is None:
                raise UnknownSettlement
            facts = facts_of(self.keyring, row)
            if (row.visit_id or row.number, facts.who.psn_no) != (wanted.visit_id, wanted.psn_no):
                raise UnknownSettlement
            if row.insured and not wanted.areas_stated:
                raise AreasMissing
            if row.state == State.DONE and not (row.reason and not row.told):
                facts = replace(facts, cancel_id=wanted.message_id)
                kept = seal(self.keyring, row.merchant_id, row.number, facts)
                values = {**kept, "ending": Ending.CANCELLED, "reason": "", "told": 1}
                change = moved(row, State.UNTELLING, "医院申请撤销结算", now, values, actor=row.app_id)
                change.write(connection, now)
                row = change.row
            elif row.state in FINAL and not row.told:
                heard = marked(row, now, told=1)
                heard.write(connection, now)
                return self._whole(connection, heard.row)
            elif row.state != State.CANCELLED and row.ending != Ending.CANCELLED:
                raise NotCancellable(f"这笔结算{STATES[row.state].title}，不能撤销")
            return self._whole(connection, row)

        return ordinary(work)

    async def act(self, number: str, act: Act, actor: str) -> None:
        """What a person does to a settlement. Raises UnknownSettlement, NotNow, Moved."""

        def work(connection: Connection) -> None:
            now = self.clock.now_ms()
            known = insurance.by_number(connection, number)
            row = known and insurance.settlement(connection, known.merchant_id, number, for_update=True)
            if row is None:
                raise UnknownSettlement("没有这笔结算，请核对结算单号")
            if act not in STATES[row.state].acts:
                raise NotNow(f"这笔结算{STATES[row.state].title}，现在不能这样操作")
            confirms = row.state == State.UNCONFIRMED and act in (Act.CONFIRM, Act.BY_HAND)
            if confirms and not insurance.holds(connection, row.merchant_id, row.number):
                raise NotNow("这笔结算已作废，款项已退还，费用可能已另行结算，不能再确认；请继续撤销医保中心的结算")
            if act in (Act.CONFIRM, Act.BY_HAND) and not self._stands(row):
                raise NotNow("医保结算金额与患者已付的不符，不能再确认；请先撤销该患者之后的结算，再撤销这一笔")
            self._acted(connection, row, act, actor, now).write(connection, now)

        await self.database.write(work)
        self.woken()

    def _stands(self, row: SettlementRow) -> bool:
        """Whether what the centre has settled is what was paid for, so that it may stand."""
        facts = facts_of(self.keyring, row)
        if row.state != State.UNCONFIRMED or facts.settled is None or facts.expected is None:
            return True
        return same_money(facts.settled, facts.expected)

    def _acted(self, connection: Connection, row: SettlementRow, act: Act, actor: str, now: int) -> Change:
        after = STATES[row.state].acts[act]
        if act is Act.BY_HAND:
            return self._by_hand(connection, row, actor, now)
        if act is Act.RETRY and after == row.state:
            return touched(row, now, actor=actor, told="立即重试")
        told = {Act.RETRY: "再试一次", Act.CONFIRM: "再次通知医院", Act.REVERSE: "撤销结算并退款"}[act]
        ending = row.ending
        if act is Act.REVERSE:
            ending = Ending.CANCELLED if row.state == State.DONE else row.ending or Ending.FAILED
        return moved(row, after, told, now, {"uncertain": 1, "ending": ending}, actor=actor)

    def _by_hand(self, connection: Connection, row: SettlementRow, actor: str, now: int) -> Change:
        """An operator's word: the HIS was mended, or the money was given back, outside the hub."""
        if row.state == State.UNCONFIRMED:
            return moved(row, State.DONE, "医院账务已由人工确认", now, {"reason": "", "told": 1}, actor=actor)
        money = _given_back_by_hand(payments.trade(connection, row.merchant_id, row.trace_no, for_update=True), now)
        told = "个人支付部分已由人工退还"
        if row.ending == Ending.CANCELLED:
            return moved(row, State.CANCELLED, told, now, actor=actor, booked=money)
        after = State.WITHDRAWING if row.registered and not row.settlement_id else State.FAILED
        return moved(row, after, told, now, actor=actor, booked=money)

    async def find(self, number: str) -> Standing:
        """A settlement by our number. Raises UnknownSettlement."""
        return await self.database.read(lambda c: self._known(c, insurance.by_number(c, number)))

    async def by_token(self, token: str) -> Standing:
        """The settlement of a page's address. Raises UnknownSettlement."""
        return await self.database.read(lambda c: self._known(c, insurance.by_token(c, token)))

    async def course(self, number: str) -> Course:
        """A settlement with all that has happened to it. Raises UnknownSettlement."""

        def work(connection: Connection) -> Course:
            found = self._known(connection, insurance.by_number(connection, number))
            told = insurance.course(connection, found.row.merchant_id, number)
            return Course(found, tuple(told))

        return await self.database.read(work)

    async def newest(self, limit: int, states: Sequence[str] = ()) -> list[SettlementRow]:
        """The settlements that began last, where wanted of these states alone."""
        return await self.database.read(lambda c: insurance.newest(c, limit, states=states))

    def _known(self, connection: Connection, row: SettlementRow | None) -> Standing:
        if row is None:
            raise UnknownSettlement("没有这笔结算，请核对结算单号")
        return self._whole(connection, row)

    def _whole(self, connection: Connection, row: SettlementRow) -> Standing:
        trade = payments.trade(connection, row.merchant_id, row.trace_no) if row.trace_no else None
        refund = payments.refund(connection, row.merchant_id, out_refund_no(row.number)) if trade else None
        return Standing(row, facts_of(self.keyring, row), trade, refund)


def _fingerprint(wish: Wish) -> bytes:
    """Tells one way to settle somebody's bill from another: by whom it is paid, under which insurance."""
    who = wish.facts.who
    told = (str(wish.insured), who.kind, who.insured_area, who.name, wish.facts.patient.account_type)
    return sm3("|".join(told).encode())


def _given_back_by_hand(trade: TradeRow | None, now: int) -> hub.Change | None:
    """The books and the trade once an operator has given the personal part back outside the hub."""
    if trade is None or not trade.left:
        return None
    kind = books.Kind(f"out/{trade.trace_no}H", trade.account, books.channel(books.BY_HAND))
    booked = books.booking(trade.merchant_id, trade.trace_no, now, (kind, trade.left))
    after = trade._replace(refunded=trade.refunded + trade.left, version=trade.version + 1, changed_at=now)
    return hub.Change((hub.Step(after, trade, None),), (booked,))


__all__ = ["Cancellation", "Course", "Settlements", "Standing", "Wish", "out_charge_no"]
