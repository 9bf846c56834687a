"""`yiqiao spec`: stdout is data."""

import json

import pytest
from typer.testing import CliRunner, Result

from yiqiao.cli.spec import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_list_names_dialects_and_profiles() -> None:
    assert "ehealth_card" in run("list").stdout
    assert json.loads(run("list", "--json").stdout)[0]["profiles"][0] == "standard"


@pytest.mark.parametrize("name", ["ehc.ehealthcard.auth.query", "auth.query"])
def test_an_operation_is_found_in_full_or_by_its_last_words(name: str) -> None:
    shown = json.loads(run("show", "ehealth_card", name, "--json").stdout)
    assert shown["name"] == "ehc.ehealthcard.auth.query"
    assert set(shown["sample"]) == {"out_authorize_no"}


def test_an_operation_is_shown_with_every_row_of_its_tables() -> None:
    shown = run("show", "ehealth_card", "verify").stdout
    assert shown.count("ip_addr ") == 2
    assert "3002" in shown


def test_a_standard_is_shown_with_its_operations() -> None:
    assert "ehc.ehealthcode.verify" in run("show", "ehealth_card").stdout
    assert len(json.loads(run("show", "ehealth_card", "--json").stdout)["return_codes"]) == 38


def test_export_is_the_whole_as_json() -> None:
    exported = json.loads(run("export", "ehealth_card", "--profile", "document").stdout)
    assert exported["profile"] == "document"
    assert len(exported["operations"]) == 12


def test_a_return_code_is_explained() -> None:
    shown = run("show", "ehealth_card", "3002").stdout
    assert "流水号重复" in shown
    assert "new_serial" in shown
    told = json.loads(run("show", "ehealth_card", "3002", "--json").stdout)
    assert (told["retry"], told["code"]) == ("new_serial", "3002")
    assert told["provoke"]


def test_codes_are_searched_in_all_tables_at_once() -> None:
    found = json.loads(run("codes", "ehealth_card", "退款", "--json").stdout)
    assert found == [{"table": "treatment_code", "code": "A10102", "title": "退款"}]
    assert "3002" in run("codes", "ehealth_card", "流水号").stdout
    assert len(json.loads(run("codes", "ehealth_card", "--json").stdout)) == 17


def test_a_search_that_finds_nothing_ends_with_1() -> None:
    assert run("codes", "ehealth_card", "没有这样的代码").exit_code == 1


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["ehealth_card", "nothing"], ["ehealth_card", "--profile", "nothing"]]
)
def test_what_is_not_there_is_a_usage_error(arguments: list[str]) -> None:
    result = run("show", *arguments)
    assert result.exit_code == 2
    assert "there are: " in result.stderr
    assert result.stdout == ""
