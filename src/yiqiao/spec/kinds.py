"""The standards' type words, and what the kernel makes of each.

text      a string
int       a whole number: ASCII digits as text, or a number where the wire has numbers
decimal   a number with a fixed point, likewise
node      an object (or, where it repeats, a list of objects)
json      a node that may also arrive as text that holds it
any       handed through unseen
"""

from collections.abc import Mapping

KINDS = ("text", "int", "decimal", "node", "json", "any")

WORDS: Mapping[str, str] = {
    "string": "text",
    "char": "text",
    "date": "text",
    "datetime": "text",
    "int": "int",
    "long": "int",
    "decimal": "decimal",
    "node": "node",
    "json": "json",
}
"""Type words that all standards share, in lower case; a specification's `types` section adds its own."""


def kind_of(word: str, own: Mapping[str, str]) -> str:
    """The kind behind a type word; "" for a word that nobody has explained."""
    return own.get(word) or WORDS.get(word.lower(), "")
