"""Business content as XML: strict when written, lenient when read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.dialects.convenience.content import fitted, written
from yiqiao.dialects.convenience.faults import EncryptionFailed
from yiqiao.dialects.convenience.strict_xml import parse, plain_tree
from yiqiao.spec import Invalid, Operation, load

STANDARD = load("convenience")


def read(operation: str, content: str, *, answer: bool = False) -> dict[str, object]:
    found = STANDARD.operations[operation]
    return fitted((found.answers if answer else found.asks).branches, plain_tree(parse(content)))


def faults(operation: str, content: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read(operation, content)
    return {fault.path: fault.message for fault in refused.value.faults}


@pytest.mark.parametrize("name", list(STANDARD.operations))
@pytest.mark.parametrize("seed", [0, 1])
def test_every_message_of_the_standard_is_written_and_read_again(name: str, seed: int) -> None:
    found = STANDARD.operations[name]
    for table, root in ((found.asks, found.request_root), (found.answers, found.response_root)):
        sample = table.sample(seed)
        if isinstance(data := sample.get("Result_Data"), dict) and "Medical_Insurance" in data:
            data["Medical_Insurance"] = {"DKE005": "1"}  # what stands in it is the insurance's business
        content = written(root, sample)
        if not sample:
            assert content == ""
            continue
        tree = plain_tree(parse(content))
        assert table.validate(fitted(table.branches, tree)) == table.validate(sample)


def test_values_stand_in_cdata_and_lists_are_repeated_elements() -> None:
    values = {"COUNT": 2, "DEPT_LIST": [{"DEPT_ID": "1"}, {"DEPT_ID": "<2>"}], "FEE": Decimal("12.50"), "NOTE": ""}
    assert written("RES", values) == (
        "<RES><COUNT><![CDATA[2]]></COUNT><DEPT_LIST><DEPT_ID><![CDATA[1]]></DEPT_ID></DEPT_LIST>"
        "<DEPT_LIST><DEPT_ID><![CDATA[<2>]]></DEPT_ID></DEPT_LIST><FEE><![CDATA[12.50]]></FEE><NOTE></NOTE></RES>"
    )


def test_the_end_of_a_cdata_section_in_a_value_does_not_end_it() -> None:
    assert plain_tree(parse(written("RES", {"A": "x]]>y"}))) == {"A": "x]]>y"}


def test_line_breaks_go_out_without_carriage_returns() -> None:
    assert written("RES", {"A": "1\r\n2\r3\n4"}) == "<RES><A><![CDATA[1\n2\n3\n4]]></A></RES>"


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\ud800", "\ufffe"])
def test_a_character_that_xml_does_not_have_is_told_by_its_number(character: str) -> None:
    with pytest.raises(EncryptionFailed, match=f"NAME 含有 XML 不能表示的字符 U\\+{ord(character):04X}"):
        written("RES", {"NAME": f"柳{character}"})


def test_one_element_where_a_list_is_due_is_a_list_of_one() -> None:
    assert read("GetDeptInfo", "<RES><DEPT_LIST><DEPT_ID>1</DEPT_ID></DEPT_LIST></RES>", answer=True) == {
        "DEPT_LIST": [{"DEPT_ID": "1"}]
    }


def test_an_element_twice_counts_once_where_its_value_is_the_same() -> None:
    assert read("NetTest", "<REQ><IP>1</IP><IP>1</IP><IP/></REQ>") == {"IP": "1"}
    assert faults("NetTest", "<REQ><IP>1</IP><IP>2</IP></REQ>") == {"IP": "出现多次且取值不同，请只保留一个"}


def test_two_rows_of_one_name_come_as_both_values() -> None:
    content = "<RES><DEPO_AMOUNT>100.00</DEPO_AMOUNT><BALANCE>7</BALANCE><DEPO_AMOUNT>300.00</DEPO_AMOUNT></RES>"
    assert read("HospitalPrefeePay", content, answer=True)["DEPO_AMOUNT"] == ["100.00", "300.00"]


def test_a_name_in_the_wrong_case_is_told_with_the_right_one() -> None:
    assert faults("NetTest", "<REQ><hospital_id>1</hospital_id><Ip>1</Ip></REQ>") == {
        "hospital_id": "元素名区分大小写，应为 HOSPITAL_ID",
        "Ip": "元素名区分大小写，应为 IP",
    }


def test_elements_where_text_is_due_and_text_where_elements_are_due() -> None:
    assert faults("NetTest", "<REQ><IP><A>1</A></IP></REQ>") == {"IP": "应为文字，收到的是下级元素"}
    assert faults("OrderReg", "<REQ><RULE_GROUP>1</RULE_GROUP></REQ>") == {
        "RULE_GROUP[0]": "应含有下级元素，收到的是文字"
    }


def test_records_that_stand_one_element_deeper_than_the_table_has_them_are_read() -> None:
    operation: Operation = STANDARD.operations["HospitalPrefee"]
    sample = operation.sample_response()
    content = written("RES", {"COUNT": 1, "DEPT_LIST": [sample]})
    assert operation.answers.validate(read("HospitalPrefee", content, answer=True)) == operation.answers.validate(
        sample
    )


@pytest.mark.parametrize("name", ["PayMentRecords", "HospitalPrefeeRecords"])
def test_several_records_come_as_a_list_whether_the_first_stands_outside_of_it_too_or_not(name: str) -> None:
    operation = STANDARD.operations[name]
    both = operation.sample_response()
    inside = {key: both[key] for key in ("COUNT", "DEPT_LIST")}
    assert isinstance(inside["DEPT_LIST"], list)
    for sent in (both, inside):
        found = operation.answers.validate(read(name, written("RES", sent), answer=True))
        assert found["DEPT_LIST"] == operation.answers.validate(both)["DEPT_LIST"]
    first = inside["DEPT_LIST"][0]["RECEIPT_NO"]
    assert read(name, written("RES", inside), answer=True)["RECEIPT_NO"] == first


def test_empty_nodes_count_as_absent() -> None:
    assert read("GetStopInfo", "<RES><COUNT>0</COUNT><STOP_INFO/></RES>", answer=True) == {
        "COUNT": "0",
        "STOP_INFO": [],
    }


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1
)
NAMES = st.sampled_from(["A", "B", "C"])


@given(
    st.dictionaries(NAMES, TEXT.map(str.strip).filter(bool) | st.dictionaries(NAMES, TEXT.map(str.strip), min_size=1))
)
def test_what_is_written_is_read(values: dict[str, object]) -> None:
    for cdata in (True, False):
        content = written("RES", values, cdata=cdata)
        assert (plain_tree(parse(content)) if content else {}) == values
