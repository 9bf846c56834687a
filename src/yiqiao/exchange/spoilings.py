"""What senders do differently when they make the string to sign: the table that all dialects share.

Every row is one habit or mistake and the recipes that it leads to. Rows that need to know a dialect (its plain content,
its own order of names) are made by the dialect with `with_value`, `in_order` and `with_empty`.
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote, quote_plus, unquote_plus

from yiqiao import crypto
from yiqiao.exchange import causes
from yiqiao.exchange.diagnosis import Cause
from yiqiao.exchange.recipes import DIGESTS, KEYED, ORDERS, Recipe, Spoiling

BOM = "\ufeff"


def with_value(cause: Cause, name: str, values: Iterable[str]) -> Spoiling:
    """The spoiling that signs another text in place of one parameter's value."""
    texts = tuple(values)

    def apply(recipe: Recipe) -> Iterator[Recipe]:
        for text in texts:
            pairs = tuple((n, text if n == name else v) for n, v in recipe.pairs)
            if pairs != recipe.pairs:
                yield replace(recipe, pairs=pairs)

    return Spoiling(cause, apply)


def in_order(cause: Cause, names: tuple[str, ...]) -> Spoiling:
    """The spoiling that joins the parameters in a given order."""
    return Spoiling(cause, lambda recipe: [replace(recipe, ranked=names)])


def with_empty(cause: Cause, names: Iterable[str]) -> Spoiling:
    """The spoiling that signs parameters which the message does not have, as empty ones: each alone, and all."""
    absent = tuple(names)

    def apply(recipe: Recipe) -> Iterator[Recipe]:
        filled = tuple(pair for pair in recipe.pairs if pair[1])
        for added in (*((name,) for name in absent), absent) if len(absent) > 1 else (absent,):
            pairs = (*filled, *((name, "") for name in added))
            yield replace(recipe, pairs=pairs, keep_empty=True)
            yield replace(recipe, pairs=(*recipe.pairs, *((name, "") for name in added)), keep_empty=True)

    return Spoiling(cause, apply if absent else lambda recipe: ())


def _orders(recipe: Recipe) -> Iterator[Recipe]:
    for order in ORDERS:
        if order != recipe.order:
            yield replace(recipe, order=order)


def _empty_kept(recipe: Recipe) -> Iterator[Recipe]:
    yield replace(recipe, keep_empty=True)
    for word in ("null", "None", "undefined", '""'):
        pairs = tuple((n, v or word) for n, v in recipe.pairs)
        if pairs != recipe.pairs:
            yield replace(recipe, pairs=pairs)


def _sign_included(recipe: Recipe) -> Iterator[Recipe]:
    """The signature's own place, still empty (or null) while the string was made."""
    rest = tuple(pair for pair in recipe.pairs if pair[0] not in recipe.left_out)
    for name in sorted(recipe.left_out):
        for word in ("", "null"):
            # Only the signature's own empty value is kept, so the other empty ones go first.
            filled = tuple(pair for pair in rest if pair[1] or recipe.keep_empty)
            yield replace(recipe, pairs=(*filled, (name, word)), left_out=frozenset(), keep_empty=True)


def _key_missing(recipe: Recipe) -> Iterator[Recipe]:
    yield replace(recipe, tail="", head="")
    if recipe.head or recipe.tail != "{secret}":
        yield replace(recipe, tail=recipe.tail.replace("{secret}", ""))


_KEY_NAMES = ("key", "app_secret", "secret", "appSecret", "app_key", "appKey", "appsecret", "secret_key", "KEY")


def _key_misplaced(recipe: Recipe) -> Iterator[Recipe]:
    bare = replace(recipe, tail="", head="")
    for head in ("{secret}", "{secret}&", "key={secret}&", "app_secret={secret}&"):
        yield replace(bare, head=head)
    yield replace(recipe, head="{secret}")
    yield replace(recipe, head="{secret}&", tail="&{secret}")
    for name in _KEY_NAMES:
        others = tuple(pair for pair in bare.pairs if pair[0] != name)
        yield replace(bare, pairs=(*others, (name, recipe.secret)))


def _key_tail(recipe: Recipe) -> Iterator[Recipe]:
    tails = ["{secret}", "&{secret}", *(f"&{name}={{secret}}" for name in _KEY_NAMES)]
    tails += [
        "key={secret}",
        "&secret_key={secret}",
        "{secret}&",
        "={secret}",
        "+{secret}",
        "|{secret}",
        "{secret}{secret}",
    ]
    for tail in tails:
        if tail != recipe.tail:
            yield replace(recipe, tail=tail)


def _key_case(recipe: Recipe) -> Iterator[Recipe]:
    for secret in (recipe.secret.upper(), recipe.secret.lower(), recipe.secret.swapcase()):
        if secret != recipe.secret:
            yield replace(recipe, secret=secret)


def _case(recipe: Recipe) -> Iterator[Recipe]:
    """Names, values and key in another case, alone or together."""
    for change in (str.upper, str.lower):
        for names, values, key in ((0, 1, 0), (1, 0, 0), (1, 1, 0), (0, 1, 1), (1, 1, 1)):
            pairs = tuple((change(n) if names else n, change(v) if values else v) for n, v in recipe.pairs)
            if pairs != recipe.pairs:
                left_out = frozenset(map(change, recipe.left_out)) | recipe.left_out
                secret = change(recipe.secret) if key else recipe.secret
                changed = replace(recipe, pairs=pairs, left_out=left_out, secret=secret)
                yield changed
                if names:  # sorted before the names were changed, or after: capitals and _ sort differently
                    yield replace(changed, pairs=tuple(sorted(pairs)), ranked=_ranked(recipe, change))
        yield replace(recipe, reshape=change)
        yield from _each(recipe, change)


def _ranked(recipe: Recipe, change: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(change(name) for name, _ in recipe.chosen())


def _charset(recipe: Recipe) -> Iterator[Recipe]:
    if recipe.text().isascii():
        return
    yield replace(recipe, charset="gb18030")
    yield replace(recipe, charset="utf-16-le")
    yield replace(recipe, charset="utf-16-be")
    for lossy in ("iso-8859-1", "ascii"):
        yield replace(recipe, charset=lossy, errors="replace")
    for wrong in ("iso-8859-1", "gb18030"):  # UTF-8 bytes once more taken for another charset
        yield replace(recipe, reshape=_mistaken(wrong))


def _mistaken(charset: str) -> Callable[[str], str]:
    return lambda text: text.encode().decode(charset, "replace")


def _bom(recipe: Recipe) -> Iterator[Recipe]:
    yield replace(recipe, before=BOM.encode())
    yield replace(recipe, secret=BOM + recipe.secret)
    yield replace(recipe, before=BOM.encode("utf-16-le"))
    yield from _each(recipe, lambda value: BOM + value)
    yield from _each(recipe, lambda value: value.removeprefix(BOM))


def _each(recipe: Recipe, change: Callable[[str], str]) -> Iterator[Recipe]:
    """One value changed, each in turn."""
    for place, (name, value) in enumerate(recipe.pairs):
        if value and (changed := change(value)) != value:
            yield replace(recipe, pairs=(*recipe.pairs[:place], (name, changed), *recipe.pairs[place + 1 :]))


def _newline(recipe: Recipe) -> Iterator[Recipe]:
    for end in ("\n", "\r\n", "\r"):
        yield replace(recipe, after=end.encode())
        yield replace(recipe, before=end.encode())
        yield replace(recipe, secret=recipe.secret + end)
        yield replace(recipe, secret=end + recipe.secret)
        yield replace(recipe, joint=recipe.joint + end)
        yield replace(recipe, joint=end)
        yield from _each(recipe, _ended(end))
    if any("\n" in value or "\r" in value for _, value in recipe.pairs):
        for old, new in (("\r\n", "\n"), ("\r\n", ""), ("\n", ""), ("\r", "")):
            yield replace(recipe, pairs=tuple((n, v.replace(old, new)) for n, v in recipe.pairs))
        yield replace(recipe, pairs=tuple((n, v.replace("\r", "").replace("\n", "")) for n, v in recipe.pairs))
        yield replace(recipe, pairs=tuple((n, v.strip()) for n, v in recipe.pairs))
        yield replace(recipe, pairs=tuple((n, v.replace("\r\n", "\n").replace("\n", "\r\n")) for n, v in recipe.pairs))


def _ended(end: str) -> Callable[[str], str]:
    return lambda value: value + end


def _blank(recipe: Recipe) -> Iterator[Recipe]:
    for secret in (f"{recipe.secret} ", f" {recipe.secret}", f" {recipe.secret} ", recipe.secret.strip()):
        if secret != recipe.secret:
            yield replace(recipe, secret=secret)
    yield replace(recipe, before=b" ")
    yield replace(recipe, joint=f"{recipe.joint} ")
    yield replace(recipe, after=b"\x00")
    trimmed = tuple((n, v.strip()) for n, v in recipe.pairs)
    if trimmed != recipe.pairs:
        yield replace(recipe, pairs=trimmed)
    solid = tuple((n, v.replace(" ", "")) for n, v in recipe.pairs)
    if solid != recipe.pairs:
        yield replace(recipe, pairs=solid)


def _url(recipe: Recipe) -> Iterator[Recipe]:
    ways: tuple[Callable[[str], str], ...] = (_quote, quote_plus, _quote_low, quote, unquote_plus)
    for way in ways:
        pairs = tuple((n, way(v)) for n, v in recipe.pairs)
        if pairs != recipe.pairs:
            yield replace(recipe, pairs=pairs)
    for way in (_quote, quote_plus):
        yield replace(recipe, reshape=way)


def _quote(text: str) -> str:
    return quote(text, safe="")


def _quote_low(text: str) -> str:
    parts = quote(text, safe="").split("%")
    return parts[0] + "".join(f"%{part[:2].lower()}{part[2:]}" for part in parts[1:])


def _other_digest(recipe: Recipe) -> Iterator[Recipe]:
    for digest in DIGESTS:
        if digest != recipe.digest:
            yield replace(recipe, digest=digest)


def _keyed_digest(recipe: Recipe) -> Iterator[Recipe]:
    for digest in KEYED:
        yield replace(recipe, digest=digest, tail="", head="")
        yield replace(recipe, digest=digest)


def _left_out(recipe: Recipe) -> Iterator[Recipe]:
    """One parameter forgotten, or all the technical ones."""
    names = [name for name, _ in recipe.chosen()]
    for name in names:
        yield replace(recipe, left_out=recipe.left_out | {name})
    for name in recipe.left_out:
        kin = {n for n in names if n.startswith(f"{name}_")}
        if kin:
            yield replace(recipe, left_out=recipe.left_out | kin | {"enc_type"})


def _joined(recipe: Recipe) -> Iterator[Recipe]:
    for link, joint in (("=", "&"), ("", ""), ("=", ""), ("=", ","), ("=", ";"), ("=", "|"), (":", ","), ("", "&")):
        if (link, joint) != (recipe.link, recipe.joint):
            yield replace(recipe, link=link, joint=joint)
    yield replace(recipe, tail=f"&{recipe.tail.lstrip('&')}", joint="&")


def _key_form(recipe: Recipe) -> Iterator[Recipe]:
    """The secret not as its text: its bytes, its Base64, its digest."""
    secret = recipe.secret
    try:
        raw = bytes.fromhex(secret)
    except ValueError:
        raw = b""
    if raw and recipe.tail.endswith("{secret}"):
        yield replace(recipe, tail=recipe.tail.removesuffix("{secret}"), after=raw)
        yield replace(recipe, secret=base64.b64encode(raw).decode())
    yield replace(recipe, secret=base64.b64encode(secret.encode()).decode())
    yield replace(recipe, secret=crypto.md5(secret.encode()).hex())
    yield replace(recipe, secret=crypto.md5(secret.encode()).hex().upper())


SPOILINGS: tuple[Spoiling, ...] = (
    Spoiling(causes.ORDER, _orders),
    Spoiling(causes.EMPTY_KEPT, _empty_kept),
    Spoiling(causes.KEY_MISSING, _key_missing),
    Spoiling(causes.KEY_TAIL, _key_tail),
    Spoiling(causes.KEY_MISPLACED, _key_misplaced),
    Spoiling(causes.KEY_CASE, _key_case),
    Spoiling(causes.CASE, _case),
    Spoiling(causes.CHARSET, _charset),
    Spoiling(causes.BOM, _bom),
    Spoiling(causes.NEWLINE, _newline),
    Spoiling(causes.BLANK, _blank),
    Spoiling(causes.DIGEST_TYPE, _other_digest),
    Spoiling(causes.KEYED_DIGEST, _keyed_digest),
    Spoiling(causes.URL_ENCODED, _url),
    Spoiling(causes.SIGN_INCLUDED, _sign_included),
    Spoiling(causes.LEFT_OUT, _left_out),
    Spoiling(causes.JOINED, _joined),
    Spoiling(causes.KEY_FORM, _key_form),
)
