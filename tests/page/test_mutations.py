"""The oracle has teeth: every gradient rule, slightly wrong, and every path left out, is caught."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from attncli.calculation import whole_page
from attncli.ops.op import Gradient, Op
from attncli.page import chain_rule
from attncli.page.attention import Form
from tests.support.oracle import disagreements, entries

SLIGHTLY = 1 + 1e-9
PAGES = [
    whole_page(form, frozenset(), loss, mean=mean)
    for form in (
        Form(),
        Form(
            heads=2, masked=True, scale="c", output_weights=True, biases=frozenset({"bq", "bk", "bv", "bo"})
        ),
    )
    for loss in ("bce", "ce", "mse", "sum", "upstream")
    for mean in (False, True)
]
GRADIENT_OPS = sorted(
    {type(row.op) for page in PAGES for row in page.rows if row.backward}, key=lambda op: op.__name__
)
RULES = sorted(
    {
        (type(row.op), i)
        for page in PAGES
        for row in page.rows
        if not row.backward
        for i, _ in enumerate(row.op.gradients(row.symbol, "dy", *row.args))
    },
    key=lambda rule: (rule[0].__name__, rule[1]),
)


def caught() -> bool:
    """Whether any of the reference problems notices: by its numbers, or as nothing computes a gradient."""
    try:
        return any(disagreements(entry) for entry in entries().values())
    except KeyError:
        return True


@pytest.fixture(autouse=True)
def fresh_pages() -> Iterable[None]:
    """Pages are kept from call to call: a mutation must neither miss nor outlive its own."""
    whole_page.cache_clear()
    yield
    whole_page.cache_clear()


def test_nothing_is_caught_where_nothing_is_wrong() -> None:
    assert not caught()


@pytest.mark.parametrize("op", GRADIENT_OPS, ids=lambda op: op.__name__)
def test_a_gradient_off_by_a_billionth_is_caught(op: type[Op], monkeypatch: pytest.MonkeyPatch) -> None:
    right = op.value
    monkeypatch.setattr(op, "value", lambda self, *args: right(self, *args) * SLIGHTLY)
    assert caught()


@pytest.mark.parametrize(("op", "i"), RULES, ids=lambda rule: getattr(rule, "__name__", str(rule)))
def test_a_path_left_out_is_caught(op: type[Op], i: int, monkeypatch: pytest.MonkeyPatch) -> None:
    right = op.gradients

    def forgetful(self: Op, *args: str) -> list[Gradient]:
        return [path for j, path in enumerate(right(self, *args)) if j != i]

    monkeypatch.setattr(op, "gradients", forgetful)
    assert caught()


@pytest.mark.parametrize("i", range(3))
def test_a_lost_edge_back_to_the_embeddings_is_caught(i: int, monkeypatch: pytest.MonkeyPatch) -> None:
    right = chain_rule.sum_of_paths

    def forgetful(of: str, paths: Any) -> Any:
        return right(of, [path for j, path in enumerate(paths) if j != i] if len(paths) == 3 else paths)

    monkeypatch.setattr(chain_rule, "sum_of_paths", forgetful)
    assert caught()
