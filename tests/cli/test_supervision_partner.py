"""Taking an internet hospital in: an appid, a key, and a slip that says where to upload."""

from pathlib import Path

from tests.support.command import yiqiao


def test_an_internet_hospital_is_given_its_appid_its_key_and_a_slip(tmp_path: Path) -> None:
    yiqiao("db", "upgrade", data=tmp_path)
    told = yiqiao(
        "partner", "add", "supervision", "IH9001", "--name", "云桥互联网医院", "--profile", "s3", data=tmp_path
    )
    assert len(told.stdout.strip()) == 32
    slip = yiqiao("partner", "slip", "supervision", "IH9001", data=tmp_path).stdout
    assert "appid     IH9001\n" in slip
    assert "地址      http://127.0.0.1:8600\n" in slip
    assert "终端" not in slip
