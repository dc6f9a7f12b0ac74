"""What goes wrong, told so that a person can mend it; and the exit codes of every command."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class ExitCode(IntEnum):
    """What a command tells the shell when it ends."""

    OK = 0
    WRONG = 1
    BAD_INPUT = 2
    UNREADABLE = 3
    FAULT = 4
    INTERRUPTED = 130


class Where(NamedTuple):
    """A place in an input: where a caret is put.

    ``line`` and ``column`` count from 1 and are 0 where the input has no lines (a Python mapping);
    ``text`` is that whole line, ``length`` how many of its characters are meant.
    """

    source: str
    line: int = 0
    column: int = 0
    text: str = ""
    length: int = 1

    def __str__(self) -> str:
        """``config.yaml:3:7``, the form that editors jump to."""
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


class AttnError(Exception):
    """One mistake in what was given: what was found, what was expected and why, and what to do.

    ``code`` are lines that belong to the hint and are shown as they are.
    """

    def __init__(self, message: str, where: Where | None = None, hint: str = "", code: str = "") -> None:
        self.message = message
        self.where = where
        self.hint = hint
        self.code = code
        super().__init__(message)

    @property
    def errors(self) -> Sequence[AttnError]:
        """Every mistake that this one stands for: itself."""
        return (self,)

    @property
    def notes(self) -> Sequence[str]:
        """What else is worth knowing: nothing."""
        return ()

    def __str__(self) -> str:
        """The place, the message and the hint on one line; code below it."""
        place = f"{self.where}: " if self.where else ""
        hint = f"; {self.hint}\n{self.code}" if self.code else f" ({self.hint})" * bool(self.hint)
        return f"{place}{self.message}{hint}"


class AttnErrors(AttnError):  # noqa: N818 - the plural of the one above
    """All the mistakes of one input, in the order in which they stand in it."""

    def __init__(self, errors: Sequence[AttnError], notes: Sequence[str] = ()) -> None:
        self._errors = tuple(errors)
        self._notes = tuple(notes)
        super().__init__("\n".join(str(error) for error in self._errors))

    @property
    def errors(self) -> Sequence[AttnError]:
        """Every mistake that was found."""
        return self._errors

    @property
    def notes(self) -> Sequence[str]:
        """What is not wrong but still to be done."""
        return self._notes

    def __str__(self) -> str:
        """One mistake a line."""
        return self.message
