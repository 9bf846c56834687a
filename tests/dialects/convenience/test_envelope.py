"""The envelope of the convenience platform: signing, enciphering, and what real programs send (2, 5)."""

import re

import pytest

from yiqiao import crypto
from yiqiao.dialects.convenience import envelope, faults
from yiqiao.dialects.convenience.scheme import RESPONSE_ORDER, Scheme, scheme
from yiqiao.errors import DomainError
from yiqiao.exchange.strict_json import UnreadableMessage
from yiqiao.spec import load

KEY = "YQ0123456789TEST"
FIELD = Scheme()
DOCUMENT = scheme(load("convenience", "document").security)
KEYED = scheme(load("convenience", "elements-key").security)
CONTENT = "<REQ><HOSPITAL_ID><![CDATA[1001]]></HOSPITAL_ID><IP><![CDATA[192.168.1.103]]></IP></REQ>"
CIPHER_TEXT = (
    "4YgNrMveNRqeDMPsfvGYUST081A4E7l0b3q4R3I3NlOnjfRoA9KJCMG/Ja6efvsXh9ryjLGDA9yZeYXBvmCroIoFWce3RQn6ZIe3WbD1aRxYDTcz"
    "A+5+WVbUIUT3Im0X"
)
SIGN = "21AA1C663206C3604638C64F1B8AFFE2"
# Chapter 5's own example. The standard invented this person; the digest holds for these very characters only.
EXAMPLE = (
    "<REQ><HOSPITAL_ID>22</HOSPITAL_ID><ID_TYPE></ID_TYPE><ID_NO>430624199001010024</ID_NO><ID_ISSUE_DATE></ID_ISSUE_DATE>"
    "<ID_EFFECT_DATE></ID_EFFECT_DATE><CARD_NO>4400112333311</CARD_NO><CARD_TYPE>1</CARD_TYPE><NAME>李正</NAME><SEX>1</SEX>"
    "<BIRTHDAY>1990-01-01</BIRTHDAY><ADDRESS>广州市东风路</ADDRESS><MOBILE>18911110000</MOBILE><PASSWORD>111111</PASSWORD>"
    "<PARENT_ID_TYPE></PARENT_ID_TYPE><PARENT_ID_CARD></PARENT_ID_CARD><PARENT_NAME></PARENT_NAME></REQ>"
)
EXAMPLE_SIGN = "8772D6CD0D0841EE690EC1D3878A039B"
IN_A_SECTION = re.compile(r"<([A-Z_]+)><!\[CDATA\[[^\]]+\]\]></\1>")


def message(**parameters: str) -> str:
    values = {"FUN_CODE": "1001", "USER_ID": "demo", "SIGN_TYPE": "MD5", "SIGN": SIGN, "REQ_ENCRYPTED": CIPHER_TEXT}
    return f"<ROOT>{''.join(f'<{name}>{value}</{name}>' for name, value in (values | parameters).items())}</ROOT>"


def opened(text: str | bytes, rule: Scheme = FIELD, key: str = KEY) -> envelope.Opened:
    return envelope.open_request(envelope.peek(text), [key], rule)


def signed(content: str, rule: Scheme = FIELD) -> str:
    return envelope.seal_request("1001", "demo", content, KEY, rule)


def test_the_worked_example_of_the_document_is_reproduced_to_the_digit() -> None:
    sent = (
        f"<ROOT>\n<FUN_CODE>1002</FUN_CODE>\n<USER_ID> 0001 </USER_ID>\n<SIGN_TYPE>MD5</SIGN_TYPE>\n"
        f"<SIGN>{EXAMPLE_SIGN}</SIGN>\n<REQ_ENCRYPTED>{EXAMPLE}\n</REQ_ENCRYPTED>\n</ROOT>"
    )
    assert (
        DOCUMENT.digest(
            {"FUN_CODE": "1002", "USER_ID": "0001", "REQ_ENCRYPTED": EXAMPLE},
            ("FUN_CODE", "USER_ID", "REQ_ENCRYPTED"),
            KEY,
        )
        == EXAMPLE_SIGN
    )
    found = opened(sent, DOCUMENT)
    assert (found.root, found.tree["HOSPITAL_ID"], found.tree["ID_TYPE"]) == ("REQ", "22", "")


def test_the_document_s_rule_has_no_key_and_says_so() -> None:
    assert DOCUMENT.keyless
    assert not KEYED.keyless
    assert not FIELD.keyless


def test_the_rule_of_the_field_makes_our_own_worked_example() -> None:
    sealed = signed(CONTENT)
    assert f"<SIGN><![CDATA[{SIGN}]]></SIGN>" in sealed
    assert f"<REQ_ENCRYPTED><![CDATA[{CIPHER_TEXT}]]></REQ_ENCRYPTED>" in sealed
    assert opened(sealed).tree == {"HOSPITAL_ID": "1001", "IP": "192.168.1.103"}


def test_content_is_enciphered_first_and_signed_then() -> None:
    text = f"FUN_CODE=1001&REQ_ENCRYPTED={CIPHER_TEXT}&USER_ID=demo&KEY={KEY}"
    assert crypto.md5(text.encode()).hex().upper() == SIGN


@pytest.mark.parametrize(
    "sent",
    [
        message(),
        message(SIGN=SIGN.lower()),
        message(USER_ID=" demo ", SIGN=f"\n{SIGN}\n"),
        message(SIGN_TYPE="MD5&gt;"),
        message(FUN_CODE="<![CDATA[1001]]>", REQ_ENCRYPTED=f"<![CDATA[{CIPHER_TEXT}]]>"),
        "\ufeff" + message(),
        "\n  " + message(),
        '<?xml version="1.0" encoding="GBK" standalone="yes"?>\n' + message(),
        message().replace("<ROOT>", '<ROOT xmlns="http://tempuri.org/">'),
        message().replace("><", ">\r\n\t<"),
        message().replace("</USER_ID>", "</USER_ID >"),
        message().replace("<ROOT>", "<!-- sent by a test --><ROOT><USER_ID>demo</USER_ID>"),
    ],
    ids=["plain", "sign in lower case", "blanks", "MD5>", "CDATA", "BOM", "leading blanks", "declared GBK", "namespace",
         "blanks between", "blank in a tag", "an element twice"],
)  # fmt: skip
def test_what_senders_do_otherwise_is_read(sent: str) -> None:
    assert opened(sent).tree["HOSPITAL_ID"] == "1001"
    assert opened(sent.encode()).tree["HOSPITAL_ID"] == "1001"


def test_cipher_text_in_lines_is_read_whichever_way_it_was_signed() -> None:
    lines = "\r\n".join(CIPHER_TEXT[at : at + 76] for at in range(0, len(CIPHER_TEXT), 76))
    for text in (CIPHER_TEXT, lines, lines.replace("\r\n", "\n")):
        sign = crypto.md5(f"FUN_CODE=1001&REQ_ENCRYPTED={text}&USER_ID=demo&KEY={KEY}".encode()).hex()
        assert opened(message(REQ_ENCRYPTED=lines, SIGN=sign)).tree["HOSPITAL_ID"] == "1001"


@pytest.mark.parametrize("declared", ["GBK", "gb2312", "GB18030"])
def test_a_message_that_really_is_gbk_is_read(declared: str) -> None:
    content = "<REQ><NAME>柳成荫</NAME></REQ>"
    sent = f'<?xml version="1.0" encoding="{declared}"?>' + signed(content, KEYED).partition("?>")[2]
    assert opened(sent.encode("gb18030"), KEYED).tree == {"NAME": "柳成荫"}


def test_content_in_plain_sight_may_be_escaped_in_cdata_or_nested() -> None:
    content = "<REQ><NAME>柳成荫</NAME></REQ>"
    sealed = signed(content, KEYED)
    sign = sealed.partition("<SIGN><![CDATA[")[2][:32]
    escaped = content.replace("<", "&lt;").replace(">", "&gt;")
    for inner in (content, f"\n{content}\n", "<REQ>\n <NAME>柳成荫</NAME>\n</REQ>", f"<![CDATA[{content}]]>", escaped):
        assert opened(message(REQ_ENCRYPTED=inner, SIGN=sign), KEYED).tree == {"NAME": "柳成荫"}


def test_every_root_of_both_styles_is_read() -> None:
    for root in ("REQ", "Request", "RES", "Response", "res"):
        assert opened(signed(f"<{root}><A>1</A></{root}>")).root == root


@pytest.mark.parametrize(
    ("root", "right"),
    [
        ("Req", "REQ"),
        ("req", "REQ"),
        ("request", "Request"),
        ("REQUEST", "Request"),
        ("Res", "RES"),
        ("RESPONSE", "Response"),
    ],
)
@pytest.mark.parametrize("rule", [FIELD, KEYED, DOCUMENT])
def test_a_root_in_another_case_is_refused_and_spelled(root: str, right: str, rule: Scheme) -> None:
    """Names of elements are case-sensitive (2.2, 2), and the roots are those of the two styles (2.2, 3)."""
    with pytest.raises(UnreadableMessage) as refused:
        opened(signed(f"<{root}><A>1</A></{root}>", rule), rule)
    assert refused.value.message == f"业务参数：根节点 {root} 应写作 {right}（元素名区分大小写）"
    assert load("convenience").code_for(refused.value.name).code == "2"


def test_an_answer_is_read_whatever_the_case_of_its_root() -> None:
    """Refusing it would leave nobody knowing whether the other side acted."""
    sealed = envelope.seal_response("0", "", "<Res><A>1</A></Res>", KEY, FIELD)
    assert envelope.open_response(sealed, [KEY], FIELD).tree == {"A": "1"}


@pytest.mark.parametrize("content", ["", "<REQ></REQ>", "<REQ/>", " "])
def test_empty_content_is_read_as_nothing(content: str) -> None:
    """empty-content"""
    assert opened(signed(content)).tree == {}


@pytest.mark.parametrize("sent", ["", "  ", "\ufeff", b"", b"\xef\xbb\xbf\n"])
def test_nothing_is_told_as_an_empty_message(sent: str | bytes) -> None:
    with pytest.raises(faults.EmptyMessage):
        envelope.peek(sent)


BOMB = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
DEEP = "<a>" * 256 + "</a>" * 256


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (BOMB + message(USER_ID="&b;"), "DTD"),
        (OUTSIDE + message(USER_ID="&x;"), "DTD"),
        ("<!-- a -->\n<?x y?>" + OUTSIDE + message(), "DTD"),
        ('<?xml version="1.0"?>' + BOMB + message(), "DTD"),
        (message(USER_ID="&x;"), "规范的 XML"),
        (message(REQ_ENCRYPTED="<a>" * 40 + "</a>" * 40), "32 层"),
        (message(REQ_ENCRYPTED=DEEP), "32 层"),
        (message(USER_ID="\x01"), "控制字符"),
        (message(USER_ID="&#1;"), "规范的 XML"),
        (message()[:-9], "第 1 行第"),
        (message().replace("ROOT", "root"), "区分大小写"),
        (message() + message(USER_ID="other"), "规范的 XML"),
        (message().replace("<ROOT>", "<ROOT><USER_ID>other</USER_ID>"), "USER_ID 出现多次"),
        (message(FUN_CODE="<a>1001</a>"), "FUN_CODE 应为文字"),
        (message().encode("utf-16"), "UTF-16"),
        ('<?xml version="1.0" encoding="UTF-8"?><ROOT>柳</ROOT>'.encode("gbk"), "不是合法的 UTF-8"),
        ("{}", "规范的 XML"),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_with_its_place(sent: str | bytes, told: str) -> None:
    with pytest.raises(UnreadableMessage, match=told):
        envelope.peek(sent)


def test_inside_the_cipher_the_same_is_refused() -> None:
    for content in (f"{BOMB}<REQ>&b;</REQ>", DEEP, "<REQ>", "<REQ>text<A/></REQ>", "\x01"):
        with pytest.raises(UnreadableMessage):
            opened(signed(content))


@pytest.mark.parametrize("name", ["USER_ID", "FUN_CODE"])
def test_without_a_user_or_a_function_nobody_is_asked(name: str) -> None:
    for sent in (message(**{name: ""}), message(**{name: "  "}), message().replace(name, "X")):
        with pytest.raises(faults.MissingUser if name == "USER_ID" else faults.MissingFunction):
            envelope.peek(sent)


@pytest.mark.parametrize("kind", ["", "md5", "SHA1"])
def test_the_kind_of_signature_is_md5_in_capitals(kind: str) -> None:
    with pytest.raises(faults.UnknownSignatureType):
        opened(message(SIGN_TYPE=kind))


@pytest.mark.parametrize(
    "sent", [message(SIGN=""), message(SIGN="0" * 32), message(FUN_CODE="1004"), message(SIGN="签")]
)
def test_a_signature_that_does_not_hold_is_refused(sent: str) -> None:
    with pytest.raises(faults.SignatureMismatch):
        opened(sent)


@pytest.mark.parametrize("key", ["", KEY.lower(), f"{KEY} "])
def test_the_right_rule_with_the_key_written_otherwise_is_a_key_that_does_not_match(key: str) -> None:
    text = f"FUN_CODE=1001&REQ_ENCRYPTED={CIPHER_TEXT}&USER_ID=demo&KEY={key}"
    with pytest.raises(faults.KeyMismatch):
        opened(message(SIGN=crypto.md5(text.encode()).hex()))


def test_a_key_that_the_cipher_cannot_use_is_told_as_unfit() -> None:
    text = f"FUN_CODE=1001&REQ_ENCRYPTED={CIPHER_TEXT}&USER_ID=demo&KEY=short"
    with pytest.raises(faults.KeyUnfit):
        opened(message(SIGN=crypto.md5(text.encode()).hex()), key="short")


@pytest.mark.parametrize("content", ["AAAA", "not base64!", "<REQ><A>1</A></REQ>", CIPHER_TEXT[:-4]])
def test_content_that_cannot_be_deciphered_is_told_so(content: str) -> None:
    values = {"FUN_CODE": "1001", "USER_ID": "demo", "REQ_ENCRYPTED": content}
    sign = FIELD.digest(values, ("FUN_CODE", "USER_ID", "REQ_ENCRYPTED"), KEY)
    with pytest.raises(faults.DecryptionFailed):
        opened(message(REQ_ENCRYPTED=content, SIGN=sign))


def test_two_keys_hold_while_one_follows_the_other() -> None:
    found = envelope.open_request(envelope.peek(message()), ["ANOTHERKEY012345", KEY], FIELD)
    assert found.secret == KEY


def test_an_answer_always_has_res_encrypted_the_encryption_of_nothing_where_there_is_no_content() -> None:
    for code in ("0", "99"):
        sealed = envelope.seal_response(code, "说明", "", KEY, FIELD)
        nothing = FIELD.encrypt("", KEY)
        assert nothing
        assert f"<RES_ENCRYPTED><![CDATA[{nothing}]]></RES_ENCRYPTED>" in sealed
        assert envelope.open_response(sealed, [KEY], FIELD) == envelope.Answer(code, "说明", "", {})


def test_an_answer_begins_with_its_declaration_has_a_message_and_no_carriage_return() -> None:
    """line-breaks: as the reading has them, without the carriage return"""
    sealed = envelope.seal_response("200701", "第一行\r\n第二行", "", KEY, FIELD)
    assert sealed.startswith('<?xml version="1.0" encoding="UTF-8"?><ROOT>')
    assert "\r" not in sealed
    assert "<![CDATA[第一行 第二行]]>" in sealed
    assert "<RETURN_MSG><![CDATA[" in envelope.seal_response("0", "", "", KEY, FIELD)
    assert "<SIGN_TYPE><![CDATA[MD5]]></SIGN_TYPE>" in sealed


@pytest.mark.parametrize("code", ["0", "200701"])
def test_rule_cdata_all_five_parameters_of_an_answer_stand_in_sections(code: str) -> None:
    sealed = envelope.seal_response(code, "说明", "<RES><A>1</A></RES>", KEY, FIELD)
    inner = sealed.partition("<ROOT>")[2].removesuffix("</ROOT>")
    names = ["RETURN_CODE", "RETURN_MSG", "SIGN_TYPE", "SIGN", "RES_ENCRYPTED"]
    assert re.findall(IN_A_SECTION, inner) == names
    assert re.sub(IN_A_SECTION, "", inner) == "", "nothing else stands in it"


def test_a_message_is_cut_to_what_the_table_allows() -> None:
    told = envelope.open_response(envelope.seal_response("1", "长" * 500, "", KEY, FIELD), [KEY], FIELD)
    assert told.message == "长" * 128
    first = "长" * 60
    for text in (f"{first}；{'短' * 80}。", f"{first}，{'短' * 80}"):
        cut = envelope.open_response(envelope.seal_response("1", text, "", KEY, FIELD), [KEY], FIELD)
        assert cut.message == first, "a sentence or a clause is told whole or not at all"


def test_an_answer_to_a_stranger_is_unsigned_and_an_unfit_key_still_lets_a_refusal_out() -> None:
    for sealed in (
        envelope.seal_response("4", "接口用户不正确", "", None, FIELD),
        envelope.seal_response("6", "密钥不匹配", "", "short", FIELD),
    ):
        assert not envelope.open_response(sealed, [KEY], FIELD).signed


def test_a_success_without_a_signature_is_not_believed() -> None:
    with pytest.raises(faults.SignatureMismatch):
        envelope.open_response("<ROOT><RETURN_CODE>0</RETURN_CODE><RETURN_MSG>ok</RETURN_MSG></ROOT>", [KEY], FIELD)


@pytest.mark.parametrize("encrypted", [None, "", FIELD.encrypt("", KEY), FIELD.encrypt("\n<RES><A>1</A></RES>", KEY)])
def test_the_answers_of_other_hospitals_are_read(encrypted: str | None) -> None:
    values = {"RETURN_CODE": "00", "RETURN_MSG": "好"} | ({} if encrypted is None else {"RES_ENCRYPTED": encrypted})
    sign = FIELD.digest(values, RESPONSE_ORDER, KEY).lower()
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in (values | {"SIGN": sign}).items())
    told = envelope.open_response(f"\n<ROOT>{inner}</ROOT>", [KEY], FIELD)
    assert (told.code, told.message) == ("0", "好")


def test_an_empty_answer_is_told_as_one() -> None:
    with pytest.raises(faults.EmptyAnswer):
        envelope.open_response(" ", [KEY], FIELD)


@pytest.mark.parametrize(
    "security",
    [{"cipher": "DES"}, {"signed": "both"}, {"tail": "{secret}{secret}"}, {"tail": "KEY"}, {"cipher": 1}],
)
def test_a_scheme_that_cannot_be_meant_is_refused(security: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="security"):
        scheme(security)


def test_a_secret_is_fit_for_its_scheme_or_refused_when_it_is_given() -> None:
    FIELD.check_secret(KEY)
    DOCUMENT.check_secret("")
    for bad in ("", "short", "密" * 16):
        with pytest.raises(ValueError, match="secret"):
            FIELD.check_secret(bad)


def test_every_fault_of_the_envelope_has_a_return_code() -> None:
    named = [one for one in vars(faults).values() if isinstance(one, type) and issubclass(one, DomainError)]
    errors = load("convenience").errors
    assert {one.__name__ for one in named} - errors.keys() == {"DomainError", "EmptyAnswer"}
