"""The words of an HTML part, without what its reader would not see."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from adapters.email.reading.clean import printable
from adapters.email.reading.hidden import hide, without_filler
from adapters.email.reading.limits import ELEMENT_LIMIT
from adapters.email.reading.quote_marks import mark_quoted, unmarked
from adapters.email.reading.remarks import Remark, Remarks

if TYPE_CHECKING:
    # lxml ships no types, and its stubs are not among our dependencies.
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_UNSEEN = frozenset({"script", "style", "head", "title", "noscript", "template", "object", "svg", "select", "textarea"})

# Tables in mail are for layout, and laying them out pads every cell: one long word in a large table is gigabytes.
_FLAT = {"table": "div", "tbody": "div", "thead": "div", "tfoot": "div", "tr": "div", "td": "cell", "th": "cell"}

_EMBEDDED = re.compile(r"data:[a-z0-9/+.-]{1,80};base64,[A-Za-z0-9+/=%\s]*+", re.IGNORECASE)
_DEEP = "depth"
_BLANK_LINES = re.compile(r"\n{3,}")
_TAG = re.compile(r"<(/?)([a-zA-Z!?][a-zA-Z0-9]*)[^<>]*>?")
_BREAKS = frozenset({"p", "br", "div", "tr", "li", "table", "h1", "h2", "h3", "h4", "blockquote", "hr"})


def without_embedded_files(markup: str) -> str:
    """Return the HTML without the files inside it (RFC 2397), which may be megabytes and hold no words."""
    return _EMBEDDED.sub("", markup)


def html_text(markup: str, remarks: Remarks) -> str:
    """Return the words, lines ended by newlines. Never raises: what cannot be laid out only loses its tags.

    What the HTML itself calls quoted stands between marks (quote_marks).
    Scripts, styles, comments, pictures and what is hidden (`hidden.py`) are left out.
    """
    markup = printable(markup)
    if not markup.strip():
        return ""
    try:
        text = _laid_out(markup)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        text = None
    if text is None:
        remarks.add(Remark.broken_html)
        text = _without_tags(markup)
    lines = "\n".join(line.strip() for line in without_filler(text).replace("\xa0", " ").split("\n"))
    words = _BLANK_LINES.sub("\n\n", lines).strip()
    return words if unmarked(words) else ""


def _laid_out(markup: str) -> str | None:
    """Return the words as a browser would place them, or None when the document is too large or too deep for that."""
    # Heavy, and many mails have no HTML: the command line should start without it.
    from inscriptis.css_profiles import RELAXED_CSS_PROFILE, STRICT_CSS_PROFILE
    from inscriptis.html_engine import Inscriptis
    from inscriptis.html_properties import Display
    from inscriptis.model.config import ParserConfig
    from inscriptis.model.html_element import HtmlElement as Style
    from lxml.etree import LxmlError  # type: ignore[import-untyped]
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = document_fromstring(markup.encode("utf-8"), parser=parser)
    except LxmlError:
        return None
    if any(_DEEP in entry.message for entry in parser.error_log):
        # libxml2 stops at 256 levels and drops the rest.
        return None
    if not _simplified(tree):
        return None
    unpadded = Style(display=Display.block, padding_inline=0)
    # Neighbouring cells get a space between them, as the relaxed profile gives to spans.
    css = STRICT_CSS_PROFILE | {"cell": RELAXED_CSS_PROFILE["span"], "ul": unpadded, "ol": unpadded}
    return str(Inscriptis(tree, ParserConfig(css=css)).get_text())


def _simplified(tree: HtmlElement) -> bool:
    """Take out what is not seen, all attributes and all tables; say no when there are too many elements."""
    elements = []
    for element in tree.iter():
        elements.append(element)
        if len(elements) > ELEMENT_LIMIT:
            return False
    hide(elements)
    for element in elements:
        if element.tag in _UNSEEN:
            # Emptied and not removed: removing joins texts, which is quadratic over many neighbours.
            element.clear(keep_tail=True)
            element.tag = "i"
        else:
            mark_quoted(element)
            # Margins and paddings of a stranger's choice are spaces in our memory.
            element.attrib.clear()
            element.tag = _FLAT.get(element.tag, element.tag)
    return True


def _without_tags(markup: str) -> str:
    """Return the text between the tags, in one pass."""
    pieces: list[str] = []
    end, unseen = 0, ""
    for tag in _TAG.finditer(markup):
        name = tag[2].lower()
        if not unseen:
            pieces.append(markup[end : tag.start()])
            if name in _BREAKS:
                pieces.append("\n")
            if name in _UNSEEN and not tag[1]:
                unseen = name
        elif name == unseen and tag[1]:
            unseen = ""
        end = tag.end()
    if not unseen:
        pieces.append(markup[end:])
    return printable(html.unescape("".join(pieces)))
