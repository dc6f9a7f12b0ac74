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


def page_style(light: str, dark: str, width: str) -> str:
    """Return the style that all pages share: light or dark as their reader has it, and on paper.

    ``light`` and ``dark`` are the colours that a page has besides, ``width`` is its largest.
    """
    return f"""
:root {{ color-scheme: light dark; --ink: #1d2329; --paper: #fff; --soft: #59636e; --line: #d5dbe1;
  --back: #f5f7f9; {light}; --link: #0b5cad }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e4e8ec; --paper: #14181c; --soft: #9aa5b1; --line: #343c45; --back: #1c2228;
    {dark}; --link: #7cb8f5 }}
}}
* {{ box-sizing: border-box }}
body {{ margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: {width};
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }}
h1 {{ margin: 0; font-size: 1.7rem; overflow-wrap: anywhere }}
"""


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
