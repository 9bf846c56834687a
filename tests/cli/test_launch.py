"""Launching from the command line, the stand-in for the installed client, and a vendor's slip: real processes."""

import json
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.processes import Hub, start_hub, stop
from tests.dialects.cmc.launching import INSURED
from tests.support.command import yiqiao
from tests.support.migrated import furnished
from yiqiao.sandbox.launching import patients


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub as a process of its own."""
    running = start_hub(furnished(tmp_path_factory.mktemp("hub")))
    yield running
    stop(running.process)


def made(hub: Hub, *arguments: str) -> dict[str, str]:
    """A launch in all its forms."""
    done = yiqiao("launch", *arguments, "--url", hub.url, "--json", data=hub.data)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_rule_cs_command_the_client_opens_on_what_was_launched_and_once(hub: Hub) -> None:
    arguments = made(hub, "--patient", "card_holder")["command"].split()[1:]
    opened = yiqiao("workstation", *arguments, "--url", hub.url, "--json", data=hub.data)
    assert opened.returncode == 0, opened.stderr
    assert json.loads(opened.stdout)["doctor"] == "演示医师"
    again = yiqiao("workstation", *arguments, "--url", hub.url, data=hub.data)
    assert again.returncode == 1
    assert "40901" in again.stderr


def test_rule_qa_target_a_wrong_a_ends_in_an_error(hub: Hub) -> None:
    parameter = made(hub, "--patient", "no_card")["parameter"]
    refused = yiqiao("workstation", "-a", "jgt-wrong", "-p", parameter, "--url", hub.url, data=hub.data)
    assert refused.returncode == 1
    assert "40302" in refused.stderr
    assert "目标标识" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("-a", "jgt-hn-cs"),
        ("-p", "MSYx"),
        ("-a", "one", "-a", "two", "-p", "MSYx"),
        ("-a", "jgt-hn-cs", "-p", "1&1&98510000001"),
        ("jgt://open?a=jgt-hn-cs",),
    ],
)
def test_rule_cs_target_the_client_takes_one_a_and_one_p(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = yiqiao("workstation", *arguments, data=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip()


def test_rule_bs_client_a_page_starts_the_client_with_a_ticket(hub: Hub) -> None:
    url = made(hub, "--profile", "client", "--patient", "self_pay")["url"]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = opener.open(url).read().decode()
    link = page.partition('href="jgt://')[2].partition('"')[0].replace("&amp;", "&")
    opened = yiqiao("workstation", f"jgt://{link}", "--url", hub.url, data=hub.data)
    assert opened.returncode == 0, opened.stderr
    assert yiqiao("workstation", f"jgt://{link}", "--url", hub.url, data=hub.data).returncode == 1


def test_what_cannot_be_launched_is_said_in_one_line(hub: Hub) -> None:
    unsafe = yiqiao("launch", "xm=甲&乙", data=hub.data)
    assert unsafe.returncode == 1
    assert "xm（患者姓名）" in unsafe.stderr
    nobody = yiqiao("launch", "--patient", "nobody", data=hub.data)
    assert nobody.returncode == 2
    assert "card_holder" in nobody.stderr
    lacking = yiqiao("launch", "xm=柳成荫", "--app-key", "x", "--url", hub.url, data=hub.data, given="secret-x\n")
    assert lacking.returncode == 1
    assert "sfzh" in lacking.stderr


def test_no_log_holds_a_patient_a_launch_or_a_token(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    running = start_hub(furnished(tmp_path), log_level="debug")
    try:
        forms = made(running, "--patient", "card_holder")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies := CookieJar()))
        shown = opener.open(forms["url"]).read().decode()
        refused = yiqiao("workstation", *forms["command"].split()[1:], "--url", running.url, data=running.data)
        assert refused.returncode == 1
    finally:
        stop(running.process)
    logged, patient = capfd.readouterr().err, patients()[0].values
    assert patient["xm"] in shown
    assert "startup complete" in logged
    (token,) = [cookie.value for cookie in cookies]
    for personal in (patient["xm"], patient["sfzh"], forms["parameter"][:40], "jgtParamSign", str(token)):
        assert personal not in logged


def test_a_dry_run_shows_the_plain_text_and_opens_nothing(hub: Hub) -> None:
    done = yiqiao("launch", "--dry-run", "--open", data=hub.data)
    assert done.returncode == 0
    assert done.stdout.count("&") == 25
    assert "would open" in done.stderr


def test_rule_onboarding_a_vendor_gets_a_slip_and_launches_with_what_it_shows(hub: Hub, tmp_path: Path) -> None:
    added = yiqiao("partner", "add", "cmc", "vendor-his", "--name", "云桥软件", "--slip", "--json", data=hub.data)
    assert added.returncode == 0, added.stderr
    assert "public_url" in added.stderr
    slip = json.loads(added.stdout)
    assert slip["marks"][0].startswith("jgt-")
    assert slip["address"].endswith("/redirect/client/web/get")
    assert slip["link"].startswith(slip["address"].partition("/redirect")[0])
    link = hub.url + urlsplit(slip["link"]).path  # this process was told the hub's folder, not its port
    page = urllib.request.urlopen(urllib.request.Request(link, method="POST")).read().decode()
    secret = page.partition('id="slip-secret">')[2].partition("<")[0]
    key = tmp_path / "secret"
    key.write_text(secret)
    values = [f"{name}={value}" for name, value in INSURED.items()]
    forms = made(hub, *values, "--app-key", "vendor-his", "--key-file", str(key), "--target", slip["marks"][0])
    arguments = forms["command"].split()[1:]
    for _ in range(100):  # a hub knows of a partner that another process has filed within a second
        opened = yiqiao("workstation", *arguments, "--url", hub.url, data=hub.data)
        if "40101" not in opened.stderr:
            break
    assert opened.returncode == 0, opened.stderr
    printed = yiqiao("partner", "slip", "cmc", "vendor-his", data=hub.data)
    assert "目标标识" in printed.stdout
    assert secret not in printed.stdout


def test_operations_of_a_partner_can_be_granted(hub: Hub) -> None:
    granted = yiqiao("partner", "grant", "cmc", "demo-his-client", "launch.insured", data=hub.data)
    assert granted.returncode == 0, granted.stderr
    assert yiqiao("partner", "grant", "cmc", "demo-his-client", "launch.cs", data=hub.data).returncode == 2
