"""An act at a HIS: filed, sent, answered or asked for; done once, whatever happens on the line. On both engines."""

import pytest

from tests.adapters.callback.scripted import (
    Scripted,
    answer_is_lost,
    answers,
    is_busy,
    is_down,
    request_is_lost,
)
from tests.support.keys import KEYRING
from yiqiao.adapters.callback.acts import Acts, Patience
from yiqiao.adapters.callback.booking import CallbackBooking
from yiqiao.adapters.callback.line import REFUSALS, Answer
from yiqiao.adapters.callback.outcomes import JOB, Outcomes
from yiqiao.adapters.callback.samples import SAMPLES
from yiqiao.adapters.callback.wording import READERS
from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.jobs import Done, Failed, Job, queue
from yiqiao.ports.hospital.booking import Lock, LockWish, Serial, Slip, Unit
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    HospitalUnreachable,
    OutcomeUnknown,
    RuleViolated,
    SoldOut,
    TransactionFailed,
)
from yiqiao.ports.hospital.values import Pool
from yiqiao.storage import Database, callback_acts
from yiqiao.storage.callback_acts import ActKey, ActRow

HOSPITAL = "9851002"
NOW = 1_795_000_000_000
LOCKED = Answer("OK", data={"hospital_lock_id": "S1", "number": "7"})
SLIP = Answer("OK", data={"order_no": "G1", "number": "7", "patient_id": "P1"})
AT_ONCE = Patience(answer_s=5, pauses_s=(0, 0))


class Died(BaseException):
    """The process ended here."""


class Desk:
    """A hospital's booking over a scripted HIS."""

    def __init__(self, database: Database) -> None:
        self.his = Scripted({"lock": LOCKED, **dict.fromkeys(("cancel", "pay", "unlock"), SLIP)})
        self.clock = FixedClock(NOW)
        self.database = database
        self.acts = Acts(HOSPITAL, self.his, database, KEYRING, self.clock, AT_ONCE)
        self.booking = CallbackBooking(self.acts)

    async def lock(self, number: str = "L1", content: bytes = b"same") -> Lock:
        serial = Serial("platform", number, content, NOW)
        write = await self.booking.lock(LockWish(serial, Unit("PB1", Pool.SHARED)))
        (result,) = write.lane.execute(None, [write.command])  # type: ignore[arg-type]
        assert isinstance(result, Lock)
        return result

    async def cancel(self) -> Slip:
        write = await self.booking.cancel(Serial("platform", "L1", b"same", NOW), "G1")
        (result,) = write.lane.execute(None, [write.command])  # type: ignore[arg-type]
        assert isinstance(result, Slip)
        return result

    async def row(self, kind: str = "lock") -> ActRow:
        key = ActKey(HOSPITAL, kind, "L1")
        row = await self.database.read(lambda c: callback_acts.find(c, key))
        assert row is not None
        return row

    async def jobs(self) -> list[Job]:
        """The jobs that are due once an answer has had its time."""
        due = NOW + 60_000
        return await self.database.write(lambda c: queue.claim(c, "test", due, 10, [JOB]))


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_an_answer_is_the_result(desk: Desk) -> None:
    assert await desk.lock() == Lock("S1", "7")
    row = await desk.row()
    assert (row.state, row.attempt, row.told) == ("done", 1, 1)
    assert desk.his.heard == [
        ("lock", {"serial": "L1", "attempt": 1, "lasts_s": 900, "unit": desk.his.heard[0][1]["unit"]})
    ]


async def test_an_act_is_filed_before_it_is_sent_so_that_the_death_of_this_process_leaves_it_an_owner(
    desk: Desk,
) -> None:
    def dies(his: Scripted, kind: str, content: object) -> Answer:
        his.act(kind, content)  # type: ignore[arg-type]
        raise Died

    desk.his.script = [dies]
    with pytest.raises(Died):
        await desk.lock()
    assert (await desk.row()).state == "asked"
    (job,) = await desk.jobs()
    assert await Outcomes({HOSPITAL: desk.acts})(job) == Done()
    assert ((await desk.row()).state, desk.his.did) == ("done", ["lock"])
    assert await desk.lock() == Lock("S1", "7")  # nobody had been told
    assert desk.his.did == ["lock"]


async def test_a_refusal_of_the_his_is_told_with_its_words(desk: Desk) -> None:
    desk.his.answers["lock"] = Answer("SoldOut", "王医生的号已满")
    with pytest.raises(SoldOut, match="王医生的号已满"):
        await desk.lock()
    assert (await desk.row()).state == "refused"


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_can_be_said_by_its_name_and_has_words_of_its_own(code: str) -> None:
    refusal = Answer(code).refusal()
    assert (refusal.name, bool(refusal.message)) == (code, True)


def test_a_code_that_nobody_knows_is_a_failure_with_its_reason() -> None:
    refusal = Answer("E1007", "号源被占用").refusal()
    assert (type(refusal), refusal.message) == (TransactionFailed, "号源被占用")
    assert isinstance(Answer("RuleViolated", "").refusal(), RuleViolated)
    for ours in ("OutcomeUnknown", "HospitalUnreachable"):
        assert type(Answer(ours).refusal()) is TransactionFailed  # said of a HIS, never by it


async def test_where_the_his_is_not_reached_nothing_was_done_and_the_serial_can_be_used_again(desk: Desk) -> None:
    desk.his.script = [is_down]
    with pytest.raises(HospitalUnreachable):
        await desk.lock()
    assert desk.his.asked("outcome") == 0
    assert await desk.lock() == Lock("S1", "7")
    assert (desk.his.did, (await desk.row()).attempt) == (["lock"], 2)


async def test_a_lost_answer_is_asked_for_at_once(desk: Desk) -> None:
    desk.his.script = [answer_is_lost]
    assert await desk.lock() == Lock("S1", "7")
    assert (desk.his.did, desk.his.asked("outcome")) == (["lock"], 1)


async def test_a_lost_request_is_asked_for_and_nothing_was_done(desk: Desk) -> None:
    desk.his.script = [request_is_lost]
    with pytest.raises(HospitalUnreachable):
        await desk.lock()
    assert desk.his.did == []
    assert await desk.lock() == Lock("S1", "7")
    assert desk.his.heard[-1][1]["attempt"] == 2
    assert desk.his.did == ["lock"]


async def test_an_attempt_that_comes_late_after_its_outcome_was_told_is_not_done(desk: Desk) -> None:
    desk.his.script = [request_is_lost]
    with pytest.raises(HospitalUnreachable):
        await desk.lock()
    late = dict(desk.his.heard[0][1])
    assert (await desk.his.ask("lock", late)).code == "NothingDone"
    assert desk.his.did == []


@pytest.mark.parametrize("silence", [is_busy, is_down, request_is_lost])
async def test_an_outcome_that_nobody_can_tell_yet_is_unknown_and_a_job_goes_on_asking(
    desk: Desk, silence: object
) -> None:
    desk.his.script = [answer_is_lost, silence, silence]  # type: ignore[list-item]
    with pytest.raises(OutcomeUnknown):
        await desk.lock()
    assert (await desk.row()).state == "unknown"
    (job,) = await desk.jobs()
    desk.his.script = [silence]  # type: ignore[list-item]
    with pytest.raises(OutcomeUnknown):
        await Outcomes({HOSPITAL: desk.acts})(job)
    assert await Outcomes({HOSPITAL: desk.acts})(job) == Done()
    row = await desk.row()
    assert (row.state, row.told) == ("done", 0)


async def test_a_repeat_of_an_open_serial_asks_and_never_acts(desk: Desk) -> None:
    desk.his.script = [answer_is_lost, is_down, is_down]
    with pytest.raises(OutcomeUnknown):
        await desk.lock()
    desk.his.script = [is_down, is_down]
    with pytest.raises(OutcomeUnknown):
        await desk.lock()
    assert await desk.lock() == Lock("S1", "7")
    assert (desk.his.did, desk.his.asked("lock")) == (["lock"], 1)


async def test_a_repeat_while_the_first_call_is_under_way_is_told_to_wait(desk: Desk) -> None:
    told: list[DomainError] = []

    async def again() -> None:
        with pytest.raises(OutcomeUnknown) as caught:
            await desk.lock()
        told.append(caught.value)

    class Slow(Scripted):
        async def ask(self, kind: str, content: object) -> Answer:
            if not told:
                await again()
            return await super().ask(kind, content)  # type: ignore[arg-type]

    slow = Slow({"lock": LOCKED})
    desk.booking = CallbackBooking(Acts(HOSPITAL, slow, desk.database, KEYRING, desk.clock, AT_ONCE))
    assert await desk.lock() == Lock("S1", "7")
    assert (len(told), slow.heard[0][0], len(slow.heard)) == (1, "lock", 1)


async def test_what_was_done_and_told_is_refused_as_a_duplicate(desk: Desk) -> None:
    await desk.lock()
    with pytest.raises(DuplicateSerial) as same:
        await desk.lock()
    with pytest.raises(DuplicateSerial) as other:
        await desk.lock(content=b"other")
    assert (same.value.identical, other.value.identical) == (True, False)
    assert desk.his.did == ["lock"]


async def test_other_content_under_an_open_serial_never_gets_the_first_one_s_result(desk: Desk) -> None:
    desk.his.script = [answer_is_lost, is_down, is_down]
    with pytest.raises(OutcomeUnknown):
        await desk.lock()
    with pytest.raises(DuplicateSerial):
        await desk.lock(content=b"other")
    assert await desk.lock() == Lock("S1", "7")


async def test_cancelling_again_is_asked_anew_since_it_is_for_the_his_to_judge(desk: Desk) -> None:
    assert await desk.cancel() == await desk.cancel() == Slip("G1", "7", "P1")
    assert (desk.his.asked("cancel"), (await desk.row("cancel")).attempt) == (2, 2)


async def test_an_ok_whose_data_cannot_be_read_is_done_but_not_known_and_a_person_is_called_in_the_end(
    desk: Desk,
) -> None:
    desk.his.answers["lock"] = Answer("OK", data={"number": "7"})
    with pytest.raises(OutcomeUnknown):
        await desk.lock()
    (job,) = await desk.jobs()
    with pytest.raises(OutcomeUnknown):
        await Outcomes({HOSPITAL: desk.acts})(job)
    assert isinstance(await Outcomes({})(job), Failed)


async def test_an_attempt_that_was_settled_is_not_asked_for_again(desk: Desk) -> None:
    await desk.lock()
    (job,) = await desk.jobs()
    assert await Outcomes({HOSPITAL: desk.acts})(job) == Done()
    assert desk.his.asked("outcome") == 0


async def test_the_first_settlement_of_an_attempt_holds(desk: Desk) -> None:
    desk.his.script = [answer_is_lost, is_down, is_down]
    with pytest.raises(OutcomeUnknown):
        await desk.lock()
    row = await desk.row()
    refused = row._replace(state="refused")
    assert await desk.database.write(lambda c: callback_acts.settle(c, row._replace(state="done")))
    assert not await desk.database.write(lambda c: callback_acts.settle(c, refused))
    assert (await desk.row()).state == "done"


async def test_what_is_kept_of_an_act_is_sealed(desk: Desk) -> None:
    await desk.lock()
    row = await desk.row()
    assert b"PB1" not in row.sealed
    assert "S1" not in repr(LOCKED)


async def test_without_the_row_a_lost_answer_is_acted_upon_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a hub that does not ask does it again."""
    monkeypatch.setattr("yiqiao.adapters.callback.acts._may_act", lambda _: True)
    desk.his.script = [answer_is_lost, is_down, is_down, answers]
    with pytest.raises(OutcomeUnknown):
        await desk.lock()
    await desk.lock()
    assert desk.his.did == ["lock", "lock"]


def test_every_act_has_a_sample_and_a_reader() -> None:
    assert READERS.keys() | {"outcome"} == SAMPLES.keys()
