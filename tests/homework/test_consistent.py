"""Consistent is right: a page with a wrong row, derived again, has the gradients of its own loss."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

import attncli
from attncli.homework.key import Key
from attncli.mistakes.consistent import consistent_page
from attncli.mistakes.forward import FORWARD
from attncli.page.lazy import LazyPage
from attncli.page.page import Page
from tests.support.homework_problems import config, seeded
from tests.support.homework_recognition import by_id

# On paper they are right, or as another: tests/mistakes has them
IN_CODE_ALONE = {
    "mask-tiny-fill",
    "mask-lost-in-cross",
    "mask-small-fill",
    "softmax-overflow",
    "softmax-max-whole",
    "softmax-max-zero",
    "half-precision",
}
LEARNED = ("embeddings", "Wq", "Wk", "Wv", "Wo", "bq", "bk", "bv", "bo", "upstream")


def loss(page: Page, given: dict[str, Any]) -> float:
    """Work the loss out; NaN where it cannot be."""
    value = LazyPage(page, given).tried(page.row["L"])
    return np.nan if value is None or value.ndim else float(value)


def slope(page: Page, given: dict[str, Any], symbol: str, direction: np.ndarray, step: float) -> float:
    """Differences of the fourth order: what L grows by in this direction."""
    one, other, two, far = (
        loss(page, {**given, symbol: given[symbol] + k * step * direction}) for k in (1, -1, 2, -2)
    )
    return (8 * (one - other) - (two - far)) / (12 * step)


def compare(key: Key, page: Page) -> tuple[int, list[tuple[str, float, float]]]:
    """Compare each given's gradient with differences of L: how many could be, and those that disagree."""
    random = np.random.default_rng(3)
    own, compared, wrong = LazyPage(page, key.given), 0, []
    for row in page.rows:
        if row.of not in key.setting.givens or row.via:
            continue
        direction = random.normal(size=key.given[row.of].shape)
        near, far = (slope(page, key.given, row.of, direction, step) for step in (1e-4, 2e-4))
        allowed = 1e-7 * max(1.0, abs(near))
        if abs(near - far) < allowed:  # not at a pole, nor where L is no number
            compared += 1
            value = own[row.symbol]
            assert value.shape == direction.shape, row
            found = float((value * direction).sum())
            if abs(found - near) > 10 * allowed:
                wrong.append((row.formula, found, near))
    return compared, wrong


def small(random: Random) -> Key:
    """Draw a problem of small numbers, at which nothing is saturated."""
    drawn = config(random)
    for name in {*LEARNED} & drawn.keys():
        drawn[name] = (0.5 * np.array(drawn[name])).tolist()
    return Key.of(attncli.Problem(**drawn))


def test_every_wrong_row_of_the_forward_pass_has_the_gradients_of_its_own_loss() -> None:
    random, seen = seeded(19), dict.fromkeys((entry.id for entry in FORWARD), 0)
    for _ in range(60):
        key = small(random)
        for id_, variants in by_id(key).items():
            for mistake in variants:
                if id_ not in seen or seen[id_] > 12 or any(row.backward for row in mistake.rows):
                    continue
                page = consistent_page(key.page, mistake.rows)
                if page is None:
                    assert id_ in {"softmax-argmax", "scores-from-x", "weights-averaged"}
                    continue
                compared, wrong = compare(key, page)
                assert wrong == [], (mistake, key.setting.loss)
                seen[id_] += compared
    assert [id_ for id_, compared in seen.items() if not compared and id_ not in IN_CODE_ALONE] == [
        "weights-averaged",
        "softmax-argmax",
        "dropout-active",  # left to chance
        "activation-missing",  # P is seldom between 0 and 1 then: see below
        "activation-tanh",
    ]


def test_a_wrong_activation_and_a_wrong_loss_lead_back_together() -> None:
    random, seen = seeded(23), set()
    for _ in range(20):
        mistakes = by_id(key := small(random))
        for id_ in ("activation-missing", "activation-tanh", "activation-sign", "activation-softmax"):
            for one in mistakes.get(id_, ()):
                page = consistent_page(key.page, (*one.rows, *mistakes["loss-mse"][0].rows))
                assert page is not None
                compared, wrong = compare(key, page)
                assert compared
                assert not wrong, one
                seen.add(id_)
    assert len(seen) == 4


def page_after(*ids: str, **more: Any) -> dict[str, str]:
    problem = {"tokens": ["a", "b", "c"], "target": [[1, 0], [0, 1], [1, 1]], **more}
    for name in ("embeddings", "Wq", "Wk", "Wv"):
        problem.setdefault(
            name, np.random.default_rng(sum(map(ord, name))).normal(size=(3, 2 if "W" in name else 3))
        )
    key = Key.of(attncli.Problem(**problem))
    page = consistent_page(key.page, [row for id_ in ids for row in by_id(key)[id_][0].rows])
    assert page is not None
    return {row.symbol: row.op.text(*row.args) for row in page.rows}


def test_the_page_keeps_its_symbols_and_its_language() -> None:
    assert page_after("scale-missing")["dS"] == "dZ"
    assert page_after("scale-by-dk")["dS"] == "dZ/d_k"
    assert page_after("loss-mean")["dO"] == "dP∘P∘(1−P) = (P − Y)/N"
    assert page_after("loss-per-row")["dO"] == "(P − Y)/n"
    assert page_after("loss-log2")["dO"] == "(P − Y)/ln 2"
    assert page_after("softmax-columns")["dZ"] == "A∘(dA − colsum(A∘dA))"
    assert page_after("softmax-base-2")["dZ"] == "ln 2·A∘(dA − rowsum(A∘dA))"
    assert page_after("softmax-sigmoid")["dZ"] == "A∘(1−A)∘dA"
    assert page_after("loss-mse")["dO"] == "P∘(1−P)∘dP"
    assert page_after("activation-tanh")["dO"] == "dP∘(1−P∘P)"
    assert page_after("softmax-unscaled").keys() >= {"Z", "dS"}
    assert "dZ" not in page_after("softmax-unscaled")
    twice = page_after("scores-qq")
    assert (twice["dQ_S1"], twice["dQ_S2"], twice["dQ"]) == ("dS·Q", "dSᵀ·Q", "dQ_S1 + dQ_S2")
    assert "dWk" not in twice


def test_a_wrong_gradient_stands_in_the_derived_page() -> None:
    done = page_after("scale-missing", "softmax-only-a-da")
    assert (done["Z"], done["dZ"], done["dS"]) == ("S", "A∘dA", "dZ")
