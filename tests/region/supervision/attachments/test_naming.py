"""Ids of attachments: the sender's own words, several in a field, and never a way out of a folder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.region.supervision.attachments.naming import fit_id, fit_type, ids_in
from yiqiao.region.supervision.attachments.refusals import AttachmentIdUnfit, AttachmentTypeUnfit


@pytest.mark.parametrize(
    "atta_id",
    ["../x", "..", ".", "a/../b", "/etc/passwd", "a\\b", "..\\b", "a,b", "", " ", "a\x00b", "a\nb", "x" * 129, "./a"],
)
def test_an_id_that_climbs_or_is_several_or_none_is_refused(atta_id: str) -> None:
    with pytest.raises(AttachmentIdUnfit):
        fit_id(atta_id)


@pytest.mark.parametrize("atta_id", ["a", "2020/01/a.pdf", "附件-1", "a..b", "x" * 128, "{6F9619FF}", " a "])
def test_an_id_is_the_sender_s_own(atta_id: str) -> None:
    assert fit_id(atta_id) == atta_id.strip()


@pytest.mark.parametrize(("told", "meant"), [("pdf", "pdf"), (".PDF", "pdf"), (" jpg ", "jpg"), ("7z", "7z")])
def test_a_type_is_an_extension_in_either_case_with_or_without_a_dot(told: str, meant: str) -> None:
    assert fit_type(told) == meant


@pytest.mark.parametrize("told", ["", ".", "tar.gz", "../x", "abcdefghi", "ｐdf", "application/pdf"])
def test_what_is_no_extension_is_refused(told: str) -> None:
    with pytest.raises(AttachmentTypeUnfit):
        fit_type(told)


@given(st.lists(st.sampled_from(["a1", "b2", "c-3", "x/y"]), max_size=6))
def test_several_ids_in_a_field_are_told_apart_each_once(ids: list[str]) -> None:
    assert ids_in(" ,".join(ids)) == tuple(dict.fromkeys(ids))
