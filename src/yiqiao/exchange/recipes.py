"""Strings to sign as data, and what senders do differently with them.

A `Recipe` says how the digested bytes come about from the parameters of a message: which parameters, in which order,
how joined, where the secret stands, in which charset, under which digest. A `Spoiling` changes one thing of it, the way
a sender does by mistake. A `Search` tries them, alone and in pairs, and answers those that give the received digest.
"""

import hashlib
import hmac
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from yiqiao import crypto
from yiqiao.exchange.diagnosis import Cause

Pair = tuple[str, str]
DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "SM3": crypto.sm3,
    "MD5": crypto.md5,
    "SHA1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
}
KEYED: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    "HMAC-SM3": crypto.hmac_sm3,
    "HMAC-MD5": lambda key, data: hmac.digest(key, data, "md5"),
    "HMAC-SHA256": lambda key, data: hmac.digest(key, data, "sha256"),
}
MASK = "〈密钥〉"
_PAIRED = 20_000
"""Characters of the longest string on which pairs of changes are tried: some ten thousand digests."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a string to sign is made. `head` and `tail` hold `{secret}` where the secret goes; values of the parameters
    named in `hidden` are never shown.

    `order`: "sorted" (a to z), "sent", or any order given by name in `ORDERS`; `ranked` overrides it with a list.
    """

    pairs: tuple[Pair, ...] = field(repr=False)
    left_out: frozenset[str]
    secret: str = field(repr=False)
    digest: str
    tail: str = "{secret}"
    head: str = ""
    order: str = "sorted"
    ranked: tuple[str, ...] = ()
    keep_empty: bool = False
    link: str = "="
    joint: str = "&"
    charset: str = "utf-8"
    errors: str = "strict"
    before: bytes = b""
    after: bytes = field(default=b"", repr=False)
    reshape: Callable[[str], str] | None = None
    hidden: frozenset[str] = frozenset()

    def chosen(self) -> list[Pair]:
        """The parameters that take part, in their order."""
        taken = [pair for pair in self.pairs if pair[0] not in self.left_out and (pair[1] or self.keep_empty)]
        if self.ranked:
            rank = {name: place for place, name in enumerate(self.ranked)}
            return sorted(taken, key=lambda pair: rank.get(pair[0], len(rank)))
        return ORDERS[self.order](taken)

    def text(self) -> str:
        """The string, with the secret in it."""
        joined = self.joint.join([f"{name}{self.link}{value}" for name, value in self.chosen()])
        whole = f"{self.head.replace('{secret}', self.secret)}{joined}{self.tail.replace('{secret}', self.secret)}"
        return self.reshape(whole) if self.reshape else whole

    def shown(self) -> str:
        """The string as it may be shown: a mark stands where the secret is."""
        own = self.secret.strip().casefold()
        pairs = tuple(
            (name, MASK if value and (name.lower() in self.hidden or value.strip().casefold() == own) else value)
            for name, value in self.pairs
        )
        return replace(self, secret=MASK, pairs=pairs).text()

    def digested(self) -> bytes:
        """The digest. Raises UnicodeEncodeError where the charset has no such character."""
        data = self.before + self.text().encode(self.charset, self.errors) + self.after
        keyed = KEYED.get(self.digest)
        return keyed(self.secret.encode(), data) if keyed else DIGESTS[self.digest](data)


def _java_hash_order(pairs: list[Pair]) -> list[Pair]:
    """The order in which a Java HashMap yields these names: what a sender signs who forgot to sort."""
    size = 16
    while len(pairs) > size * 3 // 4:
        size *= 2
    return sorted(pairs, key=lambda pair: _java_bucket(pair[0], size))


def _java_bucket(name: str, size: int) -> int:
    code = 0
    for character in name:
        code = (code * 31 + ord(character)) & 0xFFFFFFFF
    return (code ^ (code >> 16)) & (size - 1)


ORDERS: Mapping[str, Callable[[list[Pair]], list[Pair]]] = {
    "sorted": sorted,
    "sent": lambda pairs: pairs,
    "sent-reversed": lambda pairs: pairs[::-1],
    "reversed": lambda pairs: sorted(pairs, reverse=True),
    "ignoring-case": lambda pairs: sorted(pairs, key=lambda pair: pair[0].lower()),
    "by-value": lambda pairs: sorted(pairs, key=lambda pair: pair[1]),
    "by-length": lambda pairs: sorted(pairs, key=lambda pair: (len(pair[0]), pair[0])),
    "hash-map": _java_hash_order,
}


@dataclass(frozen=True, slots=True)
class Spoiling:
    """One thing done differently: every way in which it is done, as a changed recipe."""

    cause: Cause
    apply: Callable[[Recipe], Iterable[Recipe]]


@dataclass(frozen=True, slots=True)
class Match:
    """A recipe that gives the received digest, and what is different in it from the rule (nothing: it is the rule)."""

    recipe: Recipe
    causes: tuple[Cause, ...]

    @property
    def cost(self) -> int:
        """How far from the rule; 0 is the rule itself."""
        return sum(cause.cost for cause in self.causes)


@dataclass(slots=True)
class Search:
    """A search for recipes behind one received digest; counts what it tried."""

    received: bytes = field(repr=False)
    tried: int = 0

    def fits(self, recipe: Recipe) -> bool:
        """Whether this recipe gives the received digest."""
        try:
            digest = recipe.digested()
        except UnicodeEncodeError:
            return False
        self.tried += 1
        return hmac.compare_digest(digest, self.received)

    def run(self, base: Recipe, spoilings: Sequence[Spoiling], *, pairs: bool = True) -> list[Match]:
        """The rule itself, else single changes, else (with `pairs`) two of them together; cheapest first."""
        if self.fits(base):
            return [Match(base, ())]
        singles = [(recipe, spoiling) for spoiling in spoilings for recipe in spoiling.apply(base)]
        found = [Match(recipe, (spoiling.cause,)) for recipe, spoiling in singles if self.fits(recipe)]
        if pairs and not found and len(base.text()) <= _PAIRED:
            found = list(self._pairs(singles, spoilings))
        return sorted(found, key=lambda match: match.cost)

    def _pairs(self, singles: Sequence[tuple[Recipe, Spoiling]], spoilings: Sequence[Spoiling]) -> Iterator[Match]:
        place = {id(spoiling): index for index, spoiling in enumerate(spoilings)}
        for recipe, first in singles:
            for second in spoilings[place[id(first)] + 1 :]:
                for both in second.apply(recipe):
                    if self.fits(both):
                        yield Match(both, (first.cause, second.cause))

    def permutations(self, base: Recipe, limit: int = 9) -> Recipe | None:
        """The recipe with any other order of at most `limit` parameters; the last resort, up to a second or two."""
        pairs = base.chosen()
        if len(pairs) > limit or len(base.text()) > _PAIRED or base.digest not in DIGESTS:
            return None
        # Spelt out, since the general way through a Recipe would take three times as long for each of 9! orders.
        before = base.before + base.head.replace("{secret}", base.secret).encode()
        after = base.tail.replace("{secret}", base.secret).encode() + base.after
        joint, digest = base.joint.encode(), DIGESTS[base.digest]
        parts = [f"{name}{base.link}{value}".encode() for name, value in pairs]
        for order in itertools.permutations(range(len(parts))):
            self.tried += 1
            if digest(before + joint.join([parts[place] for place in order]) + after) == self.received:
                return replace(base, ranked=tuple(pairs[place][0] for place in order))
        return None
