"""One launch parameter under the microscope: what can be read of it, and what its sender must have done.

It is read more leniently than a receiver would read it, so that there is something to say about a text that a receiver
refuses: GBK, another number of places, another order.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import parse_qs, urlsplit

from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.envelope import PLACES, SELF_PAY, Scheme
from yiqiao.dialects.cmc.faults import NotBase64, ParameterMissing
from yiqiao.exchange import causes
from yiqiao.exchange.diagnosis import Cause, Verdict, Words
from yiqiao.exchange.recipes import Match, Recipe, Search, Spoiling
from yiqiao.exchange.spoilings import SPOILINGS, in_order, with_value

NAME_ENCODED = Cause(
    "name-encoded",
    9,
    Words("签名用了 URL 编码后的姓名", "the name was URL-encoded before it was signed"),
    Words("自费患者的门诊顺序号签名时用明文姓名，签好后再做 URL 编码", "sign the plain name, and encode it afterwards"),
)
HEAD_MISSING = Cause(
    "head-missing",
    9,
    Words("待签名串前面少了 appsecret 字样", "the word appsecret is missing in front of the string"),
    Words("待签名串以小写的 appsecret 开头", "begin the string with appsecret, in lower case"),
)
SECRET_WRONG_END = Cause(
    "key-misplaced",
    9,
    Words("密钥接在了错误的一端", "the secret stands at the wrong end"),
    Words("开头是 appsecret 字样，密钥的值接在末尾", "the word appsecret in front, the secret's value at the end"),
)
NAME_CASE = Cause(
    "case",
    9,
    Words("参与签名的名称大小写不对", "the names were signed in another case"),
    Words("名称用字段表第二列的小写，例如 appkey", "use the lower-case names of the table's second column: appkey"),
)
OWN_ORDER = Cause(
    "order",
    9,
    Words("按字段表的次序签名，没有按名称排序", "signed in the order of the table, not of the names"),
    Words("把名称按字母次序排列后再拼接", "sort the names before joining"),
)
PLACES_WRONG = Cause(
    "places",
    4,
    Words("位置数不对", "the number of places is wrong"),
    Words("保留空值的位置：26 个值、25 个 &", "keep the places of empty values: 26 values, 25 ampersands"),
)
ORDER_WRONG = Cause(
    "places-order",
    5,
    Words("值的次序与标准不同", "the values stand in another order than the standard's"),
    Words("按字段拼接方式的次序排列 26 个值", "put the 26 values in the order of the standard"),
)
TEXT_CHARSET = replace(
    causes.BODY_CHARSET,
    title=Words("参数是按 GBK 转成 BASE64 的", "the parameter was made of GBK bytes"),
    remedy=Words("按 UTF-8 取字节，再转 BASE64", "take the bytes as UTF-8, then Base64"),
)
_CAMEL = {"appkey": "appKey"}


@dataclass
class Examination:
    """A message (a parameter, a link or a command line), the secret, and the rule to hold it to."""

    message: bytes = field(repr=False)
    secret: str = field(repr=False)
    profile: str
    scheme: Scheme
    search: Search = field(init=False)

    def __post_init__(self) -> None:
        self.search = Search(self._received())

    @cached_property
    def parameter(self) -> str:
        """The Base64 text within the message."""
        text = self.message.decode("latin-1").strip()
        if envelope.PARAMETER in text:
            found = parse_qs(urlsplit(text).query.replace("+", "%2B")).get(envelope.PARAMETER, [""])
            return found[0].split('"')[0]
        if " -p " in text:
            return text.partition(" -p ")[2].split()[0].strip('"')
        return text

    @cached_property
    def data(self) -> bytes:
        """The bytes within. Raises NotBase64, ParameterMissing."""
        if not self.parameter:
            raise ParameterMissing
        return envelope.decoded(self.parameter)

    @cached_property
    def charset(self) -> str:
        """In which charset the text is written; "" for none that is known."""
        for charset in ("utf-8", "gb18030"):
            try:
                self.data.decode(charset)
            except UnicodeDecodeError:
                continue
            except (NotBase64, ParameterMissing):
                return ""
            return charset
        return ""

    @cached_property
    def places(self) -> tuple[str, ...]:
        """The values as they stand; empty where nothing can be read."""
        return tuple(self.data.decode(self.charset).strip("\r\n").split("&")) if self.charset else ()

    @cached_property
    def values(self) -> dict[str, str] | None:
        """The values by name; None where their number fits no reading of the standard."""
        names = {len(PLACES): PLACES, len(envelope.SHORT): envelope.SHORT}.get(len(self.places))
        if names is None:
            return None
        values = dict.fromkeys(PLACES, "") | dict(zip(names, self.places, strict=True))
        return {**values, "mzsxh": envelope.signed_form(values)}

    @cached_property
    def rule(self) -> Recipe | None:
        """The string to sign by the rule."""
        return self._recipe(self.values) if self.values is not None else None

    @cached_property
    def matches(self) -> list[tuple[Cause | None, Match]]:
        """What gives the received digest, best first, each with what is wrong with the places (None: nothing)."""
        found: list[tuple[Cause | None, Match]] = []
        for cause, values in self._readings():
            base = self._recipe(values)
            # Where the places are wrong already, one more mistake is looked for and not two.
            run = self.search.run(base, self._spoilings(values), pairs=cause is None)
            found += [(cause, match) for match in run]
            if found:
                break
        return found

    def judge(self) -> tuple[Verdict, Words]:
        """By the rule alone."""
        if self.values is None or self.rule is None:
            return Verdict.UNKNOWN, self._unreadable()
        if not self.values["sign"]:
            return Verdict.BROKEN, Words("签名为空", "the signature is empty")
        if self.search.fits(self.rule):
            return Verdict.HOLDS, Words("签名正确", "the signature holds")
        return Verdict.BROKEN, Words("签名与参数不符", "the signature does not match the values")

    def _unreadable(self) -> Words:
        if not self.charset:
            return Words("不是 BASE64，或解码后不是 UTF-8 文本", "no Base64, or no UTF-8 text within")
        count = len(self.places)
        return Words(f"应有 {len(PLACES)} 个值，实际 {count} 个", f"{len(PLACES)} values are due, {count} were found")

    def _received(self) -> bytes:
        """The digest: at its place, or wherever 32 hexadecimal digits stand."""
        values = self.values
        candidates = [values["sign"]] if values is not None else []
        for text in (*candidates, *self.places):
            if len(text) == 32:
                try:
                    return bytes.fromhex(text)
                except ValueError:
                    continue
        return b""

    def _recipe(self, values: "dict[str, str]") -> Recipe:
        return Recipe(
            pairs=tuple(values.items()),
            left_out=frozenset({"sign"}),
            secret=self.secret,
            digest="MD5",
            head=self.scheme.head,
            link="",
            joint="",
        )

    def _readings(self) -> Iterator[tuple[Cause | None, dict[str, str]]]:
        """The values by name: as they stand, else with a lost place put back where it may have been."""
        if self.values is not None:
            yield None, self.values
            for first, second in _swaps(len(PLACES)):
                moved = list(self.places)
                if len(moved) == len(PLACES):
                    moved[first], moved[second] = moved[second], moved[first]
                    yield ORDER_WRONG, self._named(moved)
        elif len(self.places) == len(PLACES) - 1:
            for place in range(len(PLACES)):
                yield PLACES_WRONG, self._named([*self.places[:place], "", *self.places[place:]])
        elif 0 < len(self.places) < len(PLACES):
            lost = len(PLACES) - len(self.places)
            yield PLACES_WRONG, self._named([*self.places, *[""] * lost])

    def _named(self, places: "list[str]") -> dict[str, str]:
        values = dict(zip(PLACES, places, strict=True))
        return {**values, "mzsxh": envelope.signed_form(values)}

    def _spoilings(self, values: "dict[str, str]") -> tuple[Spoiling, ...]:
        own = (
            with_value(NAME_ENCODED, "mzsxh", (_launched(values), _launched(values, str.upper))),
            in_order(OWN_ORDER, PLACES),
            Spoiling(
                HEAD_MISSING, lambda recipe: [replace(recipe, head=head) for head in ("", "appSecret", "APPSECRET")]
            ),
            Spoiling(SECRET_WRONG_END, _wrong_end),
            Spoiling(NAME_CASE, lambda recipe: [_renamed(recipe)]),
        )
        return (*own, *SPOILINGS)


def _swaps(count: int) -> Iterator[tuple[int, int]]:
    """Neighbours that changed places."""
    return ((place, place + 1) for place in range(count - 1))


def _launched(values: "dict[str, str]", case: Callable[[str], str] = str) -> str:
    if values["hzlx"] != SELF_PAY:
        return values["mzsxh"]
    name, at, rest = values["mzsxh"].partition("@")
    return case(envelope.percent(name)) + at + rest


def _wrong_end(recipe: Recipe) -> Iterator[Recipe]:
    yield replace(recipe, head="{secret}", tail="")
    yield replace(recipe, head="{secret}", tail="appsecret")
    yield replace(recipe, head="appsecret{secret}", tail="")
    yield replace(recipe, head="{secret}appsecret", tail="")
    yield replace(recipe, head="{secret}", tail="{secret}")
    yield replace(recipe, head="appsecret{secret}", tail="{secret}")


def _renamed(recipe: Recipe) -> Recipe:
    pairs = tuple((_CAMEL.get(name, name), value) for name, value in recipe.pairs)
    ranked = tuple(_CAMEL.get(name, name) for name in envelope.SIGNED)
    return replace(recipe, pairs=pairs, ranked=ranked)


def encoded_in(text: str, charset: str = "utf-8") -> str:
    """A plain text as a parameter; for making what is to be examined."""
    return base64.b64encode(text.encode(charset)).decode()
