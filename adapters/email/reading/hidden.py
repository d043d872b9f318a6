"""What an HTML part holds and its reader does not see: text for spam filters, previews and counting who opens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # lxml ships no types, and its stubs are not among our dependencies.
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_STYLE_LIMIT = 2_000
_NOTHING = re.compile(r"[+-]?(?:0+(?:\.0*)?|\.0+|0*1px)(?:px|pt|em|rem|%|ex|cm|mm|in|vw|vh)?")
"""Zero in any unit, or one pixel, which nobody can read."""

_SIDES = ("height", "max-height", "width", "max-width")
_FAR_AWAY = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|em|pt|%)?")
_SHORT_HEX = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])$")
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^()]{1,40}\)|\b[a-z]{3,20}\b")
_NAMED = {"white": "#ffffff", "black": "#000000", "rgb(255,255,255)": "#ffffff", "rgb(0,0,0)": "#000000"}
_FILLER = re.compile(
    "[\u200b\u200c\u200d\u034f\u00ad\u2007\u2060](?:[\\s\xa0]{0,4}[\u200b\u200c\u200d\u034f\u00ad\u2007\u2060]){2,}+"
)
"""Three or more invisible characters, with which senders push their text out of the preview of a mailbox."""


def hide(elements: list[HtmlElement]) -> None:
    """Empty what cannot be seen. `elements`: all of a document, in its order."""
    unseen: dict[HtmlElement, dict[str, bool]] = {}
    for element in elements:
        written = element.get("style", "")
        inherited = unseen.get(element.getparent()) if unseen else None
        if inherited and any(inherited.values()):
            # The text behind an element is its parent's.
            element.tail = None
        if not written and not inherited and "hidden" not in element.attrib:
            continue
        style = _style(written)
        if "hidden" in element.attrib or _is_hidden(style):
            # Emptied and not removed: removing joins texts, which is quadratic over many neighbours.
            element.clear(keep_tail=True)
            element.tag = "i"
            continue
        state = {**(inherited or {}), **_unseen_text(style)}
        if state:
            unseen[element] = state
            if any(state.values()):
                element.text = None


def _style(attribute: str) -> dict[str, str]:
    """Return the declarations of a style attribute, names and values in lower case. The last of a name counts."""
    declared: dict[str, str] = {}
    for declaration in attribute[:_STYLE_LIMIT].lower().split(";"):
        name, _, value = declaration.partition(":")
        declared[name.strip()] = value.replace("!important", "").strip()
    return declared


def _is_hidden(style: dict[str, str]) -> bool:
    """Say whether an element and everything inside it cannot be seen, whatever is declared further in."""
    if style.get("display") == "none" or style.get("mso-hide") == "all" or _is_nothing(style.get("opacity", "")):
        return True
    if style.get("overflow") == "hidden" and any(_is_nothing(style.get(side, "")) for side in _SIDES):
        return True
    if _FAR_AWAY.fullmatch(style.get("text-indent", "")):
        return True
    is_moved = style.get("position") in ("absolute", "fixed")
    return is_moved and any(_FAR_AWAY.fullmatch(style.get(side, "")) for side in ("left", "top"))


def _unseen_text(style: dict[str, str]) -> dict[str, bool]:
    """Return, for each inherited property that is declared, whether it hides the text.

    Elements further in may declare it anew: many senders set `font-size:0` outside and a real size inside.
    """
    declared: dict[str, bool] = {}
    if "font-size" in style:
        declared["font-size"] = _is_nothing(style["font-size"])
    if "visibility" in style:
        declared["visibility"] = style["visibility"] in ("hidden", "collapse")
    if "color" in style:
        background = style.get("background-color") or style.get("background", "")
        shown = _colour(background) if background else ""
        declared["color"] = style["color"] == "transparent" or (shown != "" and shown == _colour(style["color"]))
    return declared


def without_filler(text: str) -> str:
    """Return the text without rows of invisible characters."""
    return _FILLER.sub("", text)


def _is_nothing(value: str) -> bool:
    return _NOTHING.fullmatch(value) is not None


def _colour(value: str) -> str:
    """Return the first colour in a value in one spelling, as far as senders use several."""
    found = _COLOUR.search(value.replace(" ", "") if "rgb" in value else value)
    if not found:
        return ""
    return _NAMED.get(found[0]) or _SHORT_HEX.sub(r"#\1\1\2\2\3\3", found[0])
