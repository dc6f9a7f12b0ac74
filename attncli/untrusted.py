"""Text that somebody else wrote, made harmless wherever it is shown or written."""

from __future__ import annotations

import re

# What a spreadsheet takes for the beginning of a formula; it reads full-width signs as well.
FORMULA = tuple("=+-@\t\r＝＋－＠")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
# The last two make links of addresses, which Markdown readers find by themselves.
MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~&@$!]|^[-+=]|^\d+(?=[.)])|:(?=//)|(?<=www)\.", re.IGNORECASE)


def sanitize(text: str) -> str:
    r"""Return text in which control characters, escapes and direction marks are written out: ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take text for a formula; a number with a sign counts as one."""
    return text.lstrip(" ").startswith(FORMULA)


def in_csv(value: object) -> str:
    """Return a value as a spreadsheet takes it for text, or for the number that it is; quoting is csv's."""
    text = "" if value is None else str(value)
    return ("'" if is_formula(text) and not NUMBER.fullmatch(text) else "") + sanitize(text)


def in_markup(text: str, *, quoted: bool = True) -> str:
    """Return text for HTML and XML: in an element, and with ``quoted`` between quotes as well."""
    from html import escape  # noqa: PLC0415 - screens are no markup

    return escape(sanitize(text), quote=quoted)


def html_start(title: str, style: str, language: str) -> str:
    """Return what stands before the content of an HTML page that fetches nothing."""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{in_markup(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )


def in_markdown(text: str) -> str:
    r"""Return text in which no sign is taken for Markdown or HTML: ``\*``, and ``1\.`` at its beginning."""
    text = sanitize(text).strip()
    return MARKDOWN.sub(lambda sign: f"{sign[0]}\\" if sign[0].isdecimal() else f"\\{sign[0]}", text)


def code(text: str) -> str:
    """Return text as code in Markdown, between more backticks than there are in it."""
    text = sanitize(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    blank = " " if longest else ""
    return f"{ticks}{blank}{text}{blank}{ticks}"
