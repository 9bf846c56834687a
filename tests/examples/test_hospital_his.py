"""The hospital's rules of the standard, kept by the example programs against a hub that really runs."""

import threading
import time

import pytest

from archive import Archive, Card, Filed, How, Person
from desk import CASHIER, DOCTOR, PHARMACY, REGISTRATION, STATIONS, Unsettled
from hospital_his import Platform
from tests.examples.hospital import Town
from yiqiao.dialects.ehealth_card import Client, ConnectionFailed, Refused, envelope
from yiqiao.spec import load

SCHEME = envelope.scheme(load("ehealth_card").security)


# identification and the archive


def test_rule_his_scan_department_and_stage_are_told_and_recorded_and_the_linked_card_is_obtained(
    town: Town, platform: Platform
) -> None:
    who = town.patient("02")
    desk = town.desk(CASHIER)
    reading = desk.scan(town.phone(who))
    desk.visit(reading)
    (claim,) = town.line.sent
    told = envelope.open_request(claim, [platform.secret], SCHEME).biz
    assert (told["treatment_code"], told["office_code"], told["operator_id"]) == ("010105", "5600", "0012")
    assert reading.person.card == who.card
    assert who.card
    (visit,) = town.archive.rows("visit")
    assert (visit["treatment_code"], visit["office_code"], visit["card_no"]) == ("010105", "5600", who.card.card_no)


def test_rule_archive_lookup_goes_by_the_card_type_and_number_that_came_back(town: Town) -> None:
    who = town.patient("02")
    assert who.card
    same_number_other_kind = town.archive.add(who.name, Card("05", who.card.card_no))
    number = town.archive.add(who.name, who.card)
    found = town.desk().scan(town.phone(who)).filed
    assert found.patient
    assert found.patient.patient_no == number != same_number_other_kind


def test_rule_archive_link_an_archive_that_is_found_keeps_both_ids_and_the_card_number(town: Town) -> None:
    who = town.patient("05")
    assert who.card
    number = town.archive.add(who.name, who.card)
    reading = town.desk().scan(town.phone(who))
    assert reading.filed.how is How.LINKED
    (link,) = town.links()
    assert link["ehealth_card_id"] == reading.person.ehealth_card_id
    assert link["mindex_id"] == reading.person.mindex_id
    assert (link["patient_no"], link["card_no"]) == (number, who.card.card_no)


def test_rule_archive_create_without_an_archive_one_is_made_from_card_and_person(town: Town) -> None:
    who = town.patient("02")
    assert who.card
    assert town.desk().scan(town.phone(who)).filed.how is How.CREATED
    (filed,) = town.archive.rows("patient")
    assert (filed["name"], filed["id_type"], filed["id_no"]) == (who.name, who.id_type, who.id_no)
    assert [card["card_no"] for card in town.archive.rows("patient_card")] == [who.card.card_no]


def test_rule_archive_create_somebody_without_any_card_is_filed_too(town: Town) -> None:
    reading = town.desk().scan(town.phone(town.patient()))
    assert reading.filed.patient
    assert reading.filed.patient.card_no == reading.filed.patient.patient_no, "the hospital's own number serves"


def test_rule_archive_order_first_the_card_number_then_the_archive_then_the_link(town: Town) -> None:
    who = town.patient("02")
    assert who.card
    town.archive.add("同名同证件的旧档案", id_type=who.id_type, id_no=who.id_no)
    by_card = town.archive.add(who.name, who.card)
    assert [choice.patient_no for choice in town.archive.holder(who.card)] == [by_card]
    filed = town.desk().scan(town.phone(who)).filed
    assert filed.patient
    assert filed.patient.patient_no == by_card
    assert len(town.links()) == 1


@pytest.mark.parametrize("card_type", ["01", "02", "05"])
def test_rule_archive_cards_a_visit_runs_under_the_bound_cards_number(town: Town, card_type: str) -> None:
    who = town.patient(card_type)
    desk = town.desk()
    desk.visit(desk.scan(town.phone(who)))
    assert who.card
    assert [visit["card_no"] for visit in town.archive.rows("visit")] == [who.card.card_no]


def test_rule_archive_later_the_health_cards_id_leads_to_the_number_that_was_filed(town: Town) -> None:
    who = town.patient("02")
    first = town.desk().scan(town.phone(who))
    changed = {"card_type": "02", "card_no": who.card.card_no if who.card else "", "new_card_no": f"N{who.id_no}"}
    town.client.alterlink(
        ehealth_card_id=first.person.ehealth_card_id,
        out_alter_no=f"L{who.id_no}",
        out_alter_time="20261121080000",
        **changed,
    )
    later = town.desk().scan(town.phone(who))
    assert later.person.card == Card("02", f"N{who.id_no}")
    assert later.filed.how is How.KNOWN
    assert later.filed.patient == first.filed.patient, "the visit runs under the number on file"
    assert len(town.archive.rows("patient")) == 1


@pytest.mark.parametrize("choice", ["card", "person"])
def test_rule_archive_insurance_the_hospital_chooses_the_number(town: Town, choice: str) -> None:
    town.archive = Archive(insurance_number="card" if choice == "card" else "person")
    who = town.patient("01")
    filed = town.desk().scan(town.phone(who)).filed
    assert filed.patient
    assert who.card
    assert filed.patient.card_no == (who.card.card_no if choice == "card" else who.id_no)
    town.archive.close()


def test_rule_archive_online_a_card_taken_online_works_at_once(town: Town) -> None:
    code = town.phone(town.patient("05"))
    assert town.archive.rows("patient") == []
    assert town.desk().scan(code).filed.patient, "no window and no terminal was visited before"


def test_rule_archive_doctor_the_doctors_desk_makes_archives(town: Town) -> None:
    assert town.desk(DOCTOR).scan(town.phone(town.patient("02"))).filed.how is How.CREATED


def test_rule_scan_places_every_desk_reads_and_all_but_the_optional_ones_file(town: Town) -> None:
    for station in STATIONS:
        filed = town.desk(station).scan(town.phone(town.patient("02"))).filed
        assert (filed.how is How.CREATED) == station.creates


def test_rule_other_scan_a_pharmacy_files_nobody_but_links_who_is_filed(town: Town) -> None:
    stranger, known = town.patient("02"), town.patient("02")
    assert known.card
    town.archive.add(known.name, known.card)
    desk = town.desk(PHARMACY)
    reading = desk.scan(town.phone(stranger))
    desk.visit(reading)
    assert (reading.filed.how, reading.filed.patient) == (How.ABSENT, None)
    assert desk.scan(town.phone(known)).filed.how is How.LINKED
    assert len(town.archive.rows("patient")) == 1
    assert town.archive.rows("visit") == []


# who decides when the archive cannot


def test_of_several_archives_none_is_guessed_and_the_desks_decision_holds(town: Town) -> None:
    who = town.patient("02")
    assert who.card
    numbers = {town.archive.add(who.name, who.card), town.archive.add(who.name, who.card)}
    reading = town.desk().scan(town.phone(who))
    assert reading.filed.how is How.CHOICE
    assert {choice.patient_no for choice in reading.filed.choices} == numbers
    assert town.links() == []
    chosen = max(numbers)
    assert town.desk().decide(reading, chosen).filed.patient
    again = town.desk().scan(town.phone(who)).filed
    assert again.patient
    assert (again.how, again.patient.patient_no) == (How.KNOWN, chosen)


def test_of_several_archives_the_one_with_the_same_certificate_is_taken(town: Town) -> None:
    who = town.patient("02")
    assert who.card
    town.archive.add(who.name, who.card)
    right = town.archive.add(who.name, who.card, id_type=who.id_type, id_no=who.id_no)
    filed = town.desk().scan(town.phone(who)).filed
    assert filed.patient
    assert (filed.how, filed.patient.patient_no) == (How.LINKED, right)


@pytest.mark.parametrize("differs", ["name", "certificate"])
def test_an_archive_of_somebody_else_is_never_linked(town: Town, differs: str) -> None:
    who = town.patient("02")
    assert who.card
    if differs == "name":
        town.archive.add("另一人", who.card)
    else:
        town.archive.add(who.name, who.card, id_type=who.id_type, id_no="E00000000")
    reading = town.desk().scan(town.phone(who))
    assert reading.filed.how is How.CHOICE
    assert town.links() == []
    assert town.desk().decide(reading, None).filed.how is How.CREATED


# registering


def test_rule_his_register_and_flow_window_first_a_card_is_opened_and_the_archive_linked(town: Town) -> None:
    who = town.patient("01")
    reading = town.desk(REGISTRATION).register(who)
    assert reading.filed.how is How.CREATED
    assert reading.filed.patient
    assert who.card
    assert reading.filed.patient.card_no == who.card.card_no
    (link,) = town.links()
    assert link["ehealth_card_id"] == reading.person.ehealth_card_id


def test_rule_flow_window_held_and_flow_scan_the_code_is_verified_and_who_is_not_filed_is_filed(town: Town) -> None:
    who = town.patient("02")
    code = town.phone(who)
    assert town.desk(REGISTRATION).scan(code).filed.how is How.CREATED
    assert town.line.methods() == ["verify"]
    assert town.desk(CASHIER).scan(code).filed.how is How.KNOWN


def test_rule_querywithreg_archive_who_is_registered_again_has_the_same_archive(town: Town) -> None:
    who = town.patient("02")
    first, second = (town.desk(REGISTRATION).register(who) for _ in range(2))
    assert first.filed.patient == second.filed.patient
    assert second.filed.how is How.KNOWN


# answers that get lost


def test_rule_serial_each_act_has_its_own_and_it_is_kept_before_it_is_sent(town: Town) -> None:
    who = town.patient("02")
    town.desk().scan(town.phone(who))
    town.desk(REGISTRATION).register(who)
    acts = town.archive.rows("act")
    assert len({act["serial"] for act in acts}) == len(acts) == 2
    assert {act["outcome"] for act in acts} == {"0000"}
    assert all(len(str(act["serial"])) <= 32 for act in acts)


def test_a_lost_verification_is_asked_for_again_under_the_same_serial_and_then_a_new_one(town: Town) -> None:
    code = town.phone(town.patient("02"))
    town.line.lost = 1
    assert town.desk().scan(code).filed.patient
    assert town.line.methods() == ["verify"] * 3, "lost; the same again: 3002; anew"
    assert [str(act["outcome"])[:4] for act in town.archive.rows("act")] == ["3002", "0000"]


def test_a_lost_registration_is_looked_up_not_assumed(town: Town) -> None:
    who = town.patient("02")
    town.line.lost = 1
    reading = town.desk(REGISTRATION).register(who)
    assert town.line.methods() == ["register", "register", "regquery"]
    assert reading.filed.patient
    assert len(town.links()) == 1


def test_a_serial_that_was_used_for_something_else_does_not_pass_for_success(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, mine = town.patient("02"), town.patient("02")
    drawn = iter(["a" * 18, "a" * 18, "b" * 18])
    monkeypatch.setattr("desk.secrets.token_hex", lambda _: next(drawn))
    monkeypatch.setattr("desk.now", lambda: "20261121080000")
    town.desk(REGISTRATION).register(used)
    town.archive = Archive()
    reading = town.desk(REGISTRATION).register(mine)
    assert town.line.methods() == ["register", "register", "regquery", "register"]
    assert reading.person.name == mine.name
    town.archive.close()


def test_a_lost_closing_is_looked_up(town: Town) -> None:
    reading = town.desk(REGISTRATION).register(town.patient("02"))
    town.line.methods()
    town.line.lost = 1
    town.desk(REGISTRATION).close(reading.person.ehealth_card_id)
    assert town.line.methods() == ["close", "close", "regquery"]
    assert [link["closed"] for link in town.links()] == [1]


def test_when_nobody_answers_the_act_stays_open(town: Town) -> None:
    code = town.phone(town.patient("02"))
    town.line.lost = 99
    with pytest.raises(Unsettled, match="核实"):
        town.desk().scan(code)
    assert [act["outcome"] for act in town.archive.rows("act")] == [None]
    assert town.archive.rows("patient") == []


def test_without_a_connection_nothing_was_done(platform: Platform, town: Town) -> None:
    with Client("http://127.0.0.1:9", app_id=platform.app_id, secret=platform.secret, term_id="1") as client:
        town.client = client
        with pytest.raises(ConnectionFailed):
            town.desk().scan("no matter")
    assert "无法连接" in str(town.archive.rows("act")[0]["outcome"])


# cards that are not in force


def test_a_closed_card_is_refused_and_the_archive_stays_for_the_physical_card(town: Town) -> None:
    who = town.patient("02")
    assert who.card
    code = town.phone(who)
    filed = town.desk().scan(code).filed
    elsewhere = town.links()[0]["ehealth_card_id"]
    town.client.close_card(ehealth_card_id=elsewhere, out_close_no=f"C{who.id_no}", out_close_time="20261121080000")
    with pytest.raises(Refused, match="已注销") as refused:
        town.desk().scan(code)
    assert refused.value.code == "2002"
    assert town.desk().swipe(who.card) == (filed.patient,)
    assert [link["closed"] for link in town.links()] == [1], "the desk has learnt of it"


def test_a_physical_card_serves_while_the_platform_is_away(town: Town) -> None:
    who = town.patient("02")
    assert who.card
    filed = town.desk().scan(town.phone(who)).filed
    town.line.lost = 99
    assert town.desk().swipe(who.card) == (filed.patient,)
    assert [link["closed"] for link in town.links()] == [0]


def test_rule_mindex_a_card_issued_anew_leads_to_the_same_archive(town: Town) -> None:
    who = town.patient()
    first = town.desk().scan(town.phone(who))
    town.desk().close(first.person.ehealth_card_id)
    second = town.desk().scan(town.phone(who))
    assert second.person.ehealth_card_id != first.person.ehealth_card_id
    assert second.person.mindex_id == first.person.mindex_id
    assert second.filed.patient == first.filed.patient
    assert [link["closed"] for link in town.links()] == [1, 0]


def test_a_code_of_an_older_card_is_refused_and_files_nobody(town: Town) -> None:
    who = town.patient("02")
    code = town.phone(who)
    first = town.desk(REGISTRATION).register(who)
    town.desk().close(first.person.ehealth_card_id)
    town.phone(who)
    with pytest.raises(Refused) as refused:
        town.desk().scan(code)
    assert refused.value.code == "2002"
    assert len(town.links()) == 1


def test_a_code_that_ran_out_is_refused_with_what_to_do(town: Town) -> None:
    code = town.phone(town.patient("02"), seconds=1)
    time.sleep(1.2)
    with pytest.raises(Refused) as refused:
        town.desk().scan(code)
    assert refused.value.code == "2001"
    assert "刷新" in refused.value.remedy


def test_what_the_scanner_adds_is_taken_off(town: Town) -> None:
    assert town.desk().scan(town.phone(town.patient()) + "\r\n").filed.patient


def test_an_answer_without_what_an_archive_needs_files_nobody() -> None:
    with pytest.raises(ValueError, match="mindex_id"):
        Person.told({"ehealth_card_id": "1", "user_name": "某人", "id_type": "01", "id_no": "1"})


# two desks at once


class Hasty(Archive):
    """An archive that looks and files in two steps, as if nobody else were there."""

    meeting: threading.Barrier

    def identify(self, person: Person, *, create: bool) -> Filed:
        found = self._search(person)
        self.meeting.wait()
        with self._transaction():
            return Filed(How.ABSENT) if found or not create else Filed(How.CREATED, self._create(person))


def archives_of_one_patient(archive: Archive, threads: int) -> int:
    person = Person("ID", "MINDEX", "某人", "03", "E97000000", card=Card("02", "K97"))
    desks = [threading.Thread(target=lambda: archive.identify(person, create=True)) for _ in range(threads)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    return len(archive.rows("patient"))


def test_two_desks_that_scan_the_same_patient_make_one_archive_and_a_hasty_one_would_make_two() -> None:
    assert archives_of_one_patient(Archive(), 8) == 1
    hasty = Hasty()
    hasty.meeting = threading.Barrier(2)
    assert archives_of_one_patient(hasty, 2) == 2
