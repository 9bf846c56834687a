"""Records of patients at a hospital elsewhere."""

from dataclasses import replace
from typing import Any

import pytest

from tests.dialects.convenience.remote.elsewhere import Elsewhere, Stranger, result
from tests.hospital.billing.till import INSURED
from tests.hospital.booking.clinic import VISITOR
from yiqiao.ports.hospital.booking import Document, Serial
from yiqiao.ports.hospital.patients import Filed, NewPatient, Stated
from yiqiao.ports.hospital.refusals import (
    NotOffered,
    OutcomeUnknown,
    PatientNotCreated,
    SeveralArchives,
    TransactionFailed,
    UnknownPatient,
)
from yiqiao.ports.insured import InsuredIdentity

BORN = f"{INSURED.birthday[:4]}-{INSURED.birthday[4:6]}-{INSURED.birthday[6:]}"
OWN = Stated(None, VISITOR.name, "359851198503120134")


async def filed(at: Elsewhere, **more: Any) -> Filed:
    made = result(await at.there.patients.create(NewPatient(at.serial("N1"), replace(VISITOR, **more))))
    assert isinstance(made, Filed)
    return made


async def test_somebody_is_filed_and_found_by_the_card(either: Elsewhere) -> None:
    made = await filed(either, address="云桥县柳溪镇梧桐路 12 号")
    assert (made.name, made.certificate) == (VISITOR.name, VISITOR.certificate)
    assert await filed(either) == made
    for stated in (Stated(), OWN, Stated(made.patient_id)):
        here = await either.here.patients.find(made.card, stated)
        assert await either.there.patients.find(made.card, stated) == here
    for other in (replace(OWN, name="别人"), replace(OWN, certificate_no="1"), replace(OWN, patient_id="P1")):
        with pytest.raises(UnknownPatient):
            await either.there.patients.find(made.card, other)
    with pytest.raises(UnknownPatient, match="未查询到该卡号"):
        await either.there.patients.find(Document(2, "SM98"), Stated())


async def test_a_child_is_filed_with_the_guardians_certificate(clinic: Elsewhere) -> None:
    guardian = Document(1, "359851198503120134")
    made = await filed(
        clinic, certificate=None, guardian=guardian, guardian_name="柳成荫", name="柳新", birthday="2024-02-01"
    )
    assert (made.name, made.certificate) == ("柳新", guardian)
    here = await clinic.here.patients.find(made.card, Stated())
    assert await clinic.there.patients.find(made.card, Stated()) == here
    assert not here.certified


async def test_who_somebody_is_to_the_insurer(clinic: Elsewhere) -> None:
    made = await filed(clinic, name=INSURED.name, certificate=Document(1, INSURED.id_no), birthday=BORN)
    identity = result(await clinic.there.patients.authenticate(made.patient_id))
    assert isinstance(identity, InsuredIdentity)
    write = await clinic.here.patients.authenticate(made.patient_id)
    here = await clinic.clinic.perform(write)
    assert identity == replace(here, settlement_no=identity.settlement_no)
    assert len(identity.settlement_no) == len(here.settlement_no)
    with pytest.raises(UnknownPatient):
        await clinic.there.patients.authenticate("P1")


async def test_a_hospital_that_compares_nothing_is_not_believed(stranger: Stranger) -> None:
    told = {"HOSP_PATIENT_ID": "P1", "NAME": "欧阳晚晴", "ID_NO": "359851199207280242", "ID_TYPE": "1"}
    stranger.says("GetPatientInfo", **told)
    patients, card = stranger.hospital.patients, Document(7, "ZL1")
    assert (await patients.find(card, Stated())).card == card
    for stated in (OWN, Stated("P2"), Stated(name="柳成荫")):
        with pytest.raises(UnknownPatient, match="不一致"):
            await patients.find(card, stated)
    stranger.says("GetPatientInfo", **{**told, "NAME": "欧阳**", "ID_NO": "3598**********0242"})
    assert (await patients.find(card, Stated("P1", "欧阳晚晴", "359851199207280242"))).patient_id == "P1"
    stranger.says("GetPatientInfo")
    with pytest.raises(UnknownPatient):
        await patients.find(card, Stated())


async def test_a_hospital_that_gives_no_card_gives_its_own_number(stranger: Stranger) -> None:
    wish = NewPatient(Serial("", "N1", b"", 0), VISITOR)
    stranger.says("CreatePat", HOSP_PATIENT_ID="P1")
    made = result(await stranger.hospital.patients.create(wish))
    assert made == Filed("P1", Document(9, "P1"), Document(1, "359851198503120134"), VISITOR.name)
    stranger.says("CreatePat")
    with pytest.raises(OutcomeUnknown):
        await stranger.hospital.patients.create(wish)
    for code, refusal in (("100201", PatientNotCreated), ("100202", SeveralArchives), ("1", TransactionFailed)):
        stranger.says("CreatePat", code, "证件号有误")
        with pytest.raises(refusal, match="证件号有误"):
            await stranger.hospital.patients.create(wish)


@pytest.mark.parametrize("either", ["jkt"], indirect=True)
async def test_a_profile_without_insurance_offers_none(either: Elsewhere) -> None:
    with pytest.raises(NotOffered, match="医保用户身份认证"):
        await either.there.patients.authenticate("P1")
