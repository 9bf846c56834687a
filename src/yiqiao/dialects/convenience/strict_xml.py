"""Reading XML that others wrote: lenient about how it is wrapped, strict about what it may contain (2.2).

Taken: a BOM, blanks before the declaration, any declaration (one that says GBK over UTF-8 too, for many programs write
it so), GBK itself, namespaces, comments. Refused, with the place: document type declarations and so every entity of
one's own, more than 32 levels, characters that XML does not have, text between elements.
"""

import re
import threading

from lxml import etree

from yiqiao.exchange.strict_json import UnreadableMessage

__all__ = ["Tree", "UnreadableMessage", "decoded", "parse", "plain_tree"]

MAX_DEPTH = 32
Tree = dict[str, object]
"""Elements by their names: a text, another Tree, or a list of these where an element stands more than once."""

_TOO_DEEP = f"嵌套超过 {MAX_DEPTH} 层，请检查报文的结构"
_BOM = "\ufeff"
_DECLARATION = re.compile(r"<\?xml\b[^>]*\?>")
_DECLARED = re.compile(rb"""^\s*<\?xml\b[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]{1,20})["']""")
_PROLOG = re.compile(r"(?:\s+|<!--(?:[^-]|-[^-])*-->|<\?(?:[^?]|\?(?!>))*\?>)*+")
_CHINESE = {"gbk", "gb2312", "gb18030", "cp936", "ms936"}


def decoded(data: bytes, what: str = "报文") -> str:
    """The bytes as text: UTF-8 wherever they are that, else the Chinese charset that they declare."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        place = fault.start
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableMessage("是 UTF-16 编码，请改用 UTF-8", None, what)
    declared = _DECLARED.match(data)
    if declared is not None and declared[1].decode().lower() in _CHINESE:
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError as fault:
            place = fault.start
    raise UnreadableMessage(f"第 {place + 1} 个字节起不是合法的 UTF-8，请用 UTF-8 编码", None, what)


def parse(text: str, what: str = "报文") -> etree._Element:
    """The root element of a document. Raises UnreadableMessage, nothing else."""
    body = _DECLARATION.sub("", text.lstrip(_BOM + " \t\r\n"), count=1) if text else ""
    prolog = _PROLOG.match(body)
    if body.startswith("<!DOCTYPE", prolog.end() if prolog else 0):
        raise UnreadableMessage("含有 DTD（<!DOCTYPE），不予受理，请去掉", None, what)
    try:
        root = etree.fromstring(body.encode(), _parsers.mine)
    except etree.XMLSyntaxError as fault:
        raise UnreadableMessage(_explained(fault), None, what) from None
    except UnicodeEncodeError:
        raise UnreadableMessage("含有不能编码的字符，请改正后重发", None, what) from None
    if body.count("<") > 2 * MAX_DEPTH:  # fewer tags cannot be nested that deep
        _measure(root, what)
    return root


class _Parsers(threading.local):
    """A parser for each thread: making one takes longer than reading a message with it."""

    def __init__(self) -> None:
        self.mine = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )


_parsers = _Parsers()


def _explained(fault: etree.XMLSyntaxError) -> str:
    """The parser's complaint without its words: they quote the message, which may be somebody's data."""
    if str(fault.msg).startswith("Excessive depth"):
        return _TOO_DEEP
    line, column = fault.position
    at = f"第 {line} 行第 {column} 列附近" if line else ""
    return f"{at}不是规范的 XML，请检查标签是否成对、有无控制字符与未转义的 & 和 <"


def _measure(root: etree._Element, what: str) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise UnreadableMessage(_TOO_DEEP, None, what)


def name_of(element: etree._Element) -> str:
    """An element's name without its namespace."""
    tag: str = element.tag
    return tag.rpartition("}")[2] if tag[0] == "{" else tag


def plain_tree(element: etree._Element, what: str = "业务参数") -> Tree:
    """What an element holds: names, texts without the blanks around them, elements within. Raises UnreadableMessage."""
    tree: Tree = {}
    _only_blanks(element.text, element, what)
    for child in element:
        value: object = plain_tree(child, what) if len(child) else (child.text or "").strip()
        _only_blanks(child.tail, element, what)
        name = name_of(child)
        if name not in tree:
            tree[name] = value
            continue
        before = tree[name]
        if isinstance(before, list):
            before.append(value)
        else:
            tree[name] = [before, value]
    return tree


def _only_blanks(text: str | None, within: etree._Element, what: str) -> None:
    if text and not text.isspace():
        raise UnreadableMessage(f"元素 {name_of(within)[:40]} 里既有文字又有下级元素，请去掉多余的文字", None, what)
