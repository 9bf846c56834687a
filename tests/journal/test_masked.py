"""A decoded message for whoever has not asked for all of it."""

from yiqiao.journal.masked import masked
from yiqiao.spec import load

SPEC = load("ehealth_card")
VERIFY = SPEC.operations["ehc.ehealthcode.verify"]


def test_personal_values_are_masked_at_any_depth_also_of_fields_that_only_a_profile_has() -> None:
    said = {
        "user_name": "欧阳若水",
        "guardian_name": "欧阳若水",
        "list": [{"card_no": "K12345678"}],
        "note": "15400000001",
    }
    shown = masked(said, VERIFY.response, SPEC.personal)
    assert shown["user_name"] == shown["guardian_name"] == "欧***"
    assert "12345678" not in str(shown)
    assert "15400000001" not in str(shown)


def test_what_is_about_nobody_is_shown() -> None:
    said = {"ret_code": "0000", "treatment_code": "010101", "flag": True, "nothing": None}
    assert masked(said, VERIFY.request, SPEC.personal) == said
