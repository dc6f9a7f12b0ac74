"""Whose a sheet is: one student, however a file, a roster or the student writes the id."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}  # control and format characters, spaces of every kind


@lru_cache(maxsize=256)
def folded(student: str) -> str:
    r"""Return what tells one student from another: ``b20 dccn\u200b003`` is ``B20DCCN003``.

    Capitals, spaces, characters that nobody sees and the ways of composing an accent make no difference.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", student).casefold())
    return "".join(sign for sign in text if unicodedata.category(sign) not in UNSEEN)


class ByStudent(MutableMapping[str, T]):
    """Something for each student, found however the id is written; listed as it was written first."""

    def __init__(self, items: Mapping[str, T] | Iterable[tuple[str, T]] = ()) -> None:
        self._items: dict[str, tuple[str, T]] = {}
        self.update(items)

    def __getitem__(self, student: str) -> T:
        return self._items[folded(student)][1]

    def __setitem__(self, student: str, value: T) -> None:
        self._items[folded(student)] = (self.spelled(student), value)

    def __delitem__(self, student: str) -> None:
        del self._items[folded(student)]

    def __iter__(self) -> Iterator[str]:
        return (student for student, _value in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def spelled(self, student: str) -> str:
        """Return an id as it stands here; as it is given where it does not."""
        return self._items.get(folded(student), (student,))[0]
