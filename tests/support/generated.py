"""Code that does everything right but for one mistake, made from the page: what it would return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from attncli.code.judging import Attempt, attempt, close
from attncli.code.naming import Evidence, Key
from attncli.code.parameters import Asked
from attncli.code.problems import Case, cases
from attncli.code.process import Outcome
from attncli.ops.op import Array

EVERYTHING = ("X", "Wq", "Wk", "Wv", "Wo", "bq", "bk", "bv", "bo", "h", "mask", "E")


@dataclass(frozen=True)
class Form:
    """What some code takes and returns."""

    takes: tuple[str, ...]
    optional: tuple[str, ...] = ("Wo", "bq", "bk", "bv", "bo", "h", "mask", "E")
    backward: bool = False
    returns: tuple[str, ...] = ("O",)

    @property
    def asked(self) -> Asked:
        """Its parameters."""
        return Asked({name: name for name in self.takes}, frozenset(self.takes) - set(self.optional))


FORMS = {
    "array": Form(EVERYTHING),
    "embeddings alone": Form(("X", "Wq", "Wk", "Wv")),
    "dict": Form(EVERYTHING, returns=("S", "A", "O")),
    "queries": Form(("Q", "K", "V", "mask")),
    "gradients": Form((*EVERYTHING, "dO"), backward=True),
    "gradients of queries": Form(("Q", "K", "V", "mask", "dO"), backward=True),
}


class Generated:
    """All problems for one form of code, and everything that may be done wrongly on them."""

    def __init__(self, form: Form, problems: Iterator[Case] | None = None) -> None:
        self.form = form
        self._values: dict[tuple[int, Key], dict[str, Array] | None] = {}
        self.cases = [*(problems or cases(form.asked))]

    @cached_property
    def evidence(self) -> list[Evidence]:
        """What right code returns, problem by problem."""
        return [Evidence.of(self.right(case)) for case in self.cases]

    def right(self, case: Case) -> Attempt:
        """What right code returns on one problem."""
        one = attempt(case, Outcome("returned"), backward=self.form.backward)
        wanted = self.form.returns
        if self.form.backward:
            wanted = tuple(f"d{symbol}" for symbol in one.setting.givens if symbol != "U")
        return replace(one, values={symbol: one.right[symbol] for symbol in wanted if symbol in one.right})

    @cached_property
    def keys(self) -> list[Key]:
        """Every way of making every mistake."""
        return list(dict.fromkeys(key for one in self.evidence for key in one.ways))

    def attempts(self, key: Key) -> list[Attempt]:
        """What code with this mistake returns; where its shapes do not fit, it raises."""
        found = []
        for one in self.evidence:
            values: Mapping[str, Any] | None = one.attempt.values
            if key in one.ways:
                page = one.page((key,), None)
                values = page and {
                    symbol: page.tried(page.rows[symbol]) if symbol in page.rows else np.zeros_like(value)
                    for symbol, value in one.attempt.values.items()
                }
                if values and any(value is None for value in values.values()):
                    values = None
            outcome = (
                Outcome("returned", tuple(values.items())) if values else Outcome("raised", says="ValueError")
            )
            found.append(attempt(one.attempt.case, outcome, backward=self.form.backward))
        return found

    def alike(self, one: Key, other: Key) -> bool:
        """Whether two mistakes give the same numbers on every problem on which both can be made."""
        return all(same(self.values(at, one), self.values(at, other)) for at in range(len(self.evidence)))

    def values(self, at: int, key: Key) -> dict[str, Array] | None:
        """What a mistake gives on one problem; None where nothing can come out."""
        if (at, key) not in self._values:
            evidence = self.evidence[at]
            self._values[at, key] = (
                evidence.values((key,))
                if key in evidence.ways
                else {symbol: evidence.attempt.values[symbol] for symbol in evidence.attempt.decisive}
            )
        return self._values[at, key]


def same(one: dict[str, Array] | None, other: dict[str, Array] | None) -> bool:
    """Whether two mistakes come to the same numbers, or both to none."""
    if one is None or other is None:
        return one is other
    return all(close(one[symbol], other[symbol]) for symbol in one)
