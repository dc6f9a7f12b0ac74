"""The errors of one input, collected so that all of them are reported at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from attncli.errors import AttnError, AttnErrors
from attncli.language import _, either

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from attncli.errors import Where


MAX_ERRORS = 200  # nobody reads more, and a million of them would fill the memory
MAX_COMPARED = 500  # how many known words a misspelt one is compared with


class Placed(Protocol):
    """A part of an input that knows where it stands."""

    @property
    def where(self) -> Where | None:
        """Where it stands."""


@dataclass(eq=False, repr=False)
class Report:
    """The errors found so far."""

    errors: list[AttnError] = field(default_factory=list)

    def error(self, node: Placed | None, message: str, hint: str = "") -> None:
        """Add an error at a part of the input."""
        self.add(AttnError(message, node.where if node else None, hint))

    def add(self, error: AttnError) -> None:
        """Add an error; raises all of them where there are more than anyone reads."""
        self.errors.append(error)
        if len(self.errors) >= MAX_ERRORS:
            raise self.together()

    def together(self, notes: Iterable[str] = ()) -> AttnErrors:
        """Return all errors as one, in the order of the file."""
        ordered = sorted(
            self.errors,
            key=lambda error: (error.where.line, error.where.column) if error.where else (0, 0),
        )
        return AttnErrors(ordered, tuple(notes))

    def raise_if_any(self, notes: Iterable[str] = ()) -> None:
        """Raise all errors, in the order of the file."""
        if self.errors:
            raise self.together(notes)


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Suggest the known word that is closest to the one found."""
    close = nearest(word, known)
    return otherwise if close is None else _("did you mean {close!r}?", close=close)


def one_of(name: str, word: str, known: Collection[str]) -> str:
    """Return a word that is one of a few; raises AttnError where it is none of them."""
    if word not in known:
        raise AttnError(
            _("{name} is {found}; expected {wanted}", name=name, found=repr(word), wanted=either(known)),
            hint=did_you_mean(word, known),
        )
    return word


def not_on_page(symbol: str, symbols: Iterable[str], hint: str = "") -> AttnError:
    """Return the error that a page has no such symbol; the default hint lists those it has."""
    known = list(symbols)
    return AttnError(
        _("{symbol!r} is not on this page", symbol=symbol[:40]),
        hint=hint or did_you_mean(symbol, known, _("its symbols are {known}", known=", ".join(known))),
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is closest to the one found, if any is close, whatever case and accents."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a misspelt word needs it

    by_folded: dict[str, str] = {}
    for name in islice(known, MAX_COMPARED):
        by_folded.setdefault(without_accents(name), name)
    close = get_close_matches(without_accents(word[:100]), by_folded, n=1)
    return by_folded[close[0]] if close else None


def without_accents(text: str) -> str:
    """Return text in lower case and without accents: ``gio`` for ``Gió``, ``dem`` for ``đêm``."""
    from unicodedata import combining, normalize  # noqa: PLC0415

    plain = normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(char for char in plain if not combining(char))
