"""Hospitals of the settings: what is told when a table is wrong, and what such a hospital does not offer."""

from pathlib import Path

import pytest

from tests.support.tree import ROOT
from yiqiao.app.existing_his import connected
from yiqiao.app.hospitals import AllHospitals
from yiqiao.app.services import hospitals_of
from yiqiao.app.settings import Settings, SettingsError, load
from yiqiao.app.store import NotReadyToServe, open_store
from yiqiao.ports.hospital import UnknownHospital
from yiqiao.ports.hospital.booking import Serial
from yiqiao.ports.hospital.refusals import HospitalUnreachable, NotOffered

VIEWS = {"views": "views.yaml"}
CALLS = {"callback": "http://127.0.0.1:9/yq", "callback_key": "file:url"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mapping = (ROOT / "examples" / "existing_his.yaml").read_text(encoding="utf-8")
    (tmp_path / "views.yaml").write_text(mapping.replace("env:HIS_URL", "file:url"), encoding="utf-8")
    (tmp_path / "url").write_text("postgresql://nobody@127.0.0.1:9/none", encoding="utf-8")
    (tmp_path / "strange").write_text("nosuch://engine/none", encoding="utf-8")
    (tmp_path / "strange.yaml").write_text(mapping.replace("env:HIS_URL", "file:strange"), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "views, the mapping file, is missing"),
        ({**VIEWS, "colour": "red"}, "colour: unknown"),
        ({"views": "none.yaml"}, "No such file"),
        ({"views": "strange.yaml"}, "no URL of a database"),
        ({**VIEWS, **CALLS, "procedures": "acts.yaml"}, "not both"),
        ({**VIEWS, "procedures": "acts.yaml"}, "No such file"),
        ({**VIEWS, "callback": "his:8700"}, "http"),
        ({**VIEWS, "callback": "http://his"}, "callback_key"),
        ({**VIEWS, "callback": "http://his", "callback_key": "file:none"}, "cannot be read"),
    ],
)
async def test_a_table_that_is_wrong_keeps_the_hub_from_starting(
    table: dict[str, str], told: str, folder: Path
) -> None:
    async with open_store(Settings(data=str(folder), hospitals={"9851002": table})) as store:
        with pytest.raises(NotReadyToServe, match=r"hospitals\.9851002: ") as caught:
            connected(store)
    assert told in str(caught.value)


async def test_what_its_his_does_not_fill_is_not_offered(folder: Path) -> None:
    async with open_store(Settings(data=str(folder), hospitals={"9851002": VIEWS})) as store:
        found = connected(store)
        hospitals = AllHospitals(hospitals_of(store), found)
        hospital = hospitals.of("9851002")
        assert [one.hospital_id for one in hospitals.all()] == ["9851002"]
        assert hospitals.acts == {}
        for act in (hospital.booking.unlock(Serial("p", "L1", b"", 0), None), hospital.catalogue.prices()):
            with pytest.raises(NotOffered):
                await act
        with pytest.raises(NotOffered):
            await hospital.queue.waiting("8102")
        with pytest.raises(HospitalUnreachable):
            await hospital.now_ms()
        with pytest.raises(UnknownHospital):
            hospitals.of("9851009")
        await hospitals.close()


def test_the_tables_are_read_from_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "yiqiao.toml").write_text('port = 8700\n[hospitals.9851002]\nviews = "v.yaml"\n', encoding="utf-8")
    settings = load({"data": str(tmp_path)}, {"YIQIAO_HOSPITALS": "x"})
    assert (settings.port, settings.hospitals) == (8700, {"9851002": {"views": "v.yaml"}})
    for wrong in ("hospitals = 1", "[hospitals]\n9851002 = 'x'", "[hospitals.9851002]\nviews = 1"):
        (tmp_path / "yiqiao.toml").write_text(wrong, encoding="utf-8")
        with pytest.raises(SettingsError, match="must be a table"):
            load({"data": str(tmp_path)}, {})
