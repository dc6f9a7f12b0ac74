"""Messages in the reader's language: English, or one that has a catalogue.

A message is written in English where it is needed, with names for what changes in it::

    _("{name} has {count}; expected {wanted}", name="Wq", count=rows(3), wanted=rows(4))

It is looked up when that line runs, so a constant of a module is only marked with ``N_`` and looked
up, ``_(HOW)``, where it is used. The catalogues are gettext's; tests/support/catalogue.py brings them
up to date.
"""

from __future__ import annotations

import re
from functools import lru_cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from attncli.errors import AttnError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


LANGUAGES = ("en", "vi")
ENGLISH = LANGUAGES[0]
FOLDER = Path(__file__).parent / "locale"
DOMAIN = "attncli"
GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "rho": "ρ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
"""Letters that a symbol may have, by their names in ASCII; σ and Σ are signs of the page."""
ASCII = str.maketrans({
    **{letter: name for name, letter in GREEK.items()},
    "·": "*", "ᵀ": "^T", "√": "sqrt ", "∘": " o ", "−": "-", "Σ": "sum ", "σ": "sigmoid", "∞": "inf",
    "×": "x", "²": "^2", "∂": "d", "▸": ">", "…": "...", "⋯": "..", "⋮": ":", "–": "-", "’": "'",
    "─": "-", "→": "->", "≤": "<=", "≥": ">=", "≠": "!=", "✓": "+", "✗": "!", "↷": ">", "○": "o", "█": "#",
    "≈": "~=", "•": "*", "⁻": "^-", "¹": "1", "\u0302": "_hat",
})  # fmt: skip

_active = ENGLISH


def use(language: str | None) -> None:
    """Switch to a language; None is English. Raises AttnError where it is unknown."""
    global _active  # noqa: PLW0603 - a process speaks one language
    _active = known(language or ENGLISH, "language")


def active() -> str:
    """Return the active language: "en" or "vi"."""
    return _active


def choose(option: str | None, environment: Mapping[str, str]) -> str:
    """Return the language to use: that of ``--lang``, then ATTNCLI_LANG, then the locale, then English.

    Raises AttnError where one of the first two names an unknown language.
    """
    if option is not None:
        return known(option, "--lang")
    if environment.get("ATTNCLI_LANG"):
        return known(environment["ATTNCLI_LANG"], "ATTNCLI_LANG")
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(variable):
            language = without_region(environment[variable])
            return language if language in LANGUAGES else ENGLISH
    return ENGLISH


def known(name: str, asked_by: str) -> str:
    """Return a language's short name; raises AttnError where it is unknown."""
    language = without_region(name)
    if language not in LANGUAGES:
        raise AttnError(
            _(
                "{name} is {value!r}; expected {languages}",
                name=asked_by,
                value=name,
                languages=either(LANGUAGES),
            ),
            hint=_("en is English, vi is Vietnamese"),
        )
    return language


def without_region(name: str) -> str:
    """``vi_VN.UTF-8`` → ``vi``."""
    return re.split(r"[-_.@]", name.strip().lower(), maxsplit=1)[0]


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """Open a catalogue, once; English has none, and a missing one is replaced by English."""
    if language == ENGLISH:
        return NullTranslations()
    return translation(DOMAIN, FOLDER, [language], fallback=True)


def _(message: str, /, **values: object) -> str:
    """Return a message in the active language, with the values in their places.

    Without values its braces are braces. An empty message stays empty.
    """
    text = catalogue(_active).gettext(message) if message else ""
    return text.format(**values) if values else text


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message for the catalogues, to be looked up where it is used."""
    return message


def plural(one: str, many: str, n: int, /, **values: object) -> str:
    """Return a message about ``n`` things, which is ``{n}`` in it."""
    return catalogue(_active).ngettext(one, many, n).format(n=n, **values)


def either(words: Iterable[str]) -> str:
    """``bce, ce or mse``."""
    *first, last = words
    return ", ".join(first) + _(" or ") + last if first else last


def to_ascii(text: str) -> str:
    """Write the page's symbols with letters, and any other character as an escape."""
    if text.isascii():
        return text
    text = text.translate(ASCII)
    if _active != ENGLISH:  # where all messages have accents, escapes could not be read
        text = "".join(map(without_accent, normalize("NFC", text)))
    return text.encode("ascii", "backslashreplace").decode("ascii")


def without_accent(char: str) -> str:
    """``ế`` → ``e``."""
    base = "dD"["đĐ".index(char)] if char in "đĐ" else normalize("NFD", char)[0]
    return base if base.isascii() else char
