"""Text that somebody else wrote, made harmless wherever it is shown or written."""

from __future__ import annotations

import re
from html import escape

# What a spreadsheet takes for the beginning of a formula; it reads full-width signs as well.
FORMULA = tuple("=+-@\t\r＝＋－＠")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
# The last two make links of addresses, which Markdown readers find by themselves.
MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~&@$!]|^[-+=]|^\d+(?=[.)])|:(?=//)|(?<=www)\.", re.IGNORECASE)


def sanitize(text: str) -> str:
    """Write control characters, escapes and direction marks out, so that none takes effect."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escaped(char) for char in text)


def escaped(char: str) -> str:
    r"""``\n``, ``\x1b`` or ``\u202e``."""
    return char.encode("unicode_escape").decode("ascii")


def in_csv(value: object) -> str:
    """Write a value so that a spreadsheet takes it for text, or for the number that it is."""
    text = "" if value is None else str(value)
    formula = text.lstrip(" ").startswith(FORMULA) and not NUMBER.fullmatch(text)
    return ("'" if formula else "") + sanitize(text)


def in_markup(text: str, *, quoted: bool = True) -> str:
    """Write text for HTML and XML: in an element, and with ``quoted`` between quotes as well."""
    return escape(sanitize(text), quote=quoted)


def in_markdown(text: str) -> str:
    """Write text so that no sign in it is taken for Markdown or HTML."""
    return MARKDOWN.sub(markdown_sign, sanitize(text).strip())


def markdown_sign(found: re.Match[str]) -> str:
    r"""``\*``; behind the number that would begin a list the sign comes after it: ``1\.``."""
    sign = found.group()
    return f"{sign}\\" if sign.isdecimal() else f"\\{sign}"


def code(text: str) -> str:
    """Write text as code in Markdown, between more backticks than there are in it."""
    text = sanitize(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    blank = " " if longest else ""
    return f"{ticks}{blank}{text}{blank}{ticks}"


def points(value: float) -> str:
    """Write points with no more decimals than they have: ``17.5``, ``18``."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
