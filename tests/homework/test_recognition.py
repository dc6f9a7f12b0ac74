"""Right sheets are accused of nothing, and what was done wrong is named: a sample of the benchmark."""

from __future__ import annotations

import numpy as np
import pytest

import attncli
from attncli.homework.key import Key
from attncli.homework.marking import mark
from attncli.homework.sheet import read_sheet
from attncli.mistakes.catalogue import SENTENCES
from attncli.mistakes.own_pages import VARIANTS
from tests.support.homework_problems import keys
from tests.support.homework_recognition import by_id, double, final, honest, share, single
from tests.support.homework_sheets import FINAL, HALVES, Hand, marked, named, worked

NOT_ON_PAPER = {  # met in code alone
    *("softmax-overflow", "softmax-max-whole", "softmax-max-zero", "mask-small-fill"),  # on large scores
    "half-precision",  # nobody rounds so
    "dropout-active",  # left to chance, it is no fixed number
    *("mask-tiny-fill", "mask-lost-in-cross"),  # as mask-zero-fill and mask-missing
    *("softmax-of-one", "gradient-cut-at-softmax", "db-one-number"),  # as no answer: all numbers are equal
}
IDS = set(SENTENCES) - NOT_ON_PAPER - {entry.id for entry in VARIANTS}  # those on other pages


@pytest.fixture(scope="module")
def article() -> Key:
    return Key.of(attncli.load("article"))


def findings(key: Key, *ids: str, without: tuple[str, ...] = (), decimals: int = 4) -> dict[str, list[str]]:
    """What is found in each row of a sheet on which these mistakes were made."""
    hand = Hand(decimals)
    values = worked(key, hand, [by_id(key)[id_][0] for id_ in ids])
    mark = marked(key, hand, values, [name for name in values if name not in without])
    return {row.symbol: [one.id for one in row.mistakes] for row in mark.rows if row.mistakes}


@pytest.mark.parametrize("decimals", [4, 3, 2])
def test_right_sheets_get_full_marks_and_are_accused_of_nothing(decimals: int) -> None:
    sheets = [*honest(7, 12, decimals)]
    assert len(sheets) == 48
    assert [one for one in sheets if one.accused or not one.full] == []


def test_every_mistake_of_the_catalogue_is_named() -> None:
    trials = [trial for trial in single(7, 120, 4, 1) if trial.found is not None]
    assert {id_ for trial in trials for id_ in trial.ids} - NOT_ON_PAPER == IDS
    assert {id_ for trial in trials if trial.named for id_ in trial.ids} >= IDS
    assert share(trials, "alone") >= 0.9


@pytest.mark.parametrize(("decimals", "wanted", "alone"), [(3, 0.97, 0.85), (2, 0.9, 0.75)])
def test_mistakes_are_named_in_numbers_with_fewer_decimals(
    decimals: int, wanted: float, alone: float
) -> None:
    trials = [*single(11, 2, decimals, 2)]
    assert len(trials) > 100
    assert share(trials, "named") >= wanted
    assert share(trials, "alone") >= alone


def test_two_mistakes_in_one_sheet_are_both_named() -> None:
    tried = [trial for trial in double(7, 12, 4, 6) if trial.found is not None]
    trials = [trial for trial in tried if NOT_ON_PAPER.isdisjoint(trial.ids)]
    assert len(trials) > 40
    assert sum(trial.named for trial in trials) >= 0.95 * len(trials)


def test_a_mistake_is_named_from_the_last_results_alone() -> None:
    trials = [trial for trial in final(7, 1, 4, 1) if trial.found is not None]
    assert len(trials) > 30
    assert share(trials, "named") >= 0.95


def test_one_slip_in_two_rows_is_told_from_the_same_in_one_of_them(article: Key) -> None:
    assert findings(article, "dq-dk-exchanged") == {"dQ": ["dq-dk-exchanged"]}  # dK follows from it
    assert findings(article, "dq-with-q") == {"dQ": ["dq-with-q"]}
    left = findings(article, "dq-with-q", without=("dK",))  # then nothing tells which it was
    assert left == {"dQ": ["dq-with-q", "dq-dk-exchanged"]}


def test_a_gradient_that_was_cut_is_named_from_what_is_left_of_it(article: Key) -> None:
    others = tuple(name for name in article.symbols if name not in FINAL)
    found = findings(article, "gradient-cut-at-softmax", without=others)
    assert "gradient-cut-at-softmax" in found["dX"]
    assert not {"dWq", "dWk"} & found.keys()  # all 0


def test_two_mistakes_are_named_from_the_last_results_alone(article: Key) -> None:
    others = tuple(name for name in article.symbols if name not in FINAL)
    found = findings(article, "scale-missing", "dx-no-v-path", without=others)
    assert {"scale-missing", "dx-no-v-path"} <= {id_ for ids in found.values() for id_ in ids}
    found = findings(article, "scale-missing", "output-at-v", without=others)
    assert {"scale-missing", "output-at-v"} <= {id_ for ids in found.values() for id_ in ids}


def test_a_mistake_is_told_where_it_was_made_and_what_follows_is_not(article: Key) -> None:
    assert findings(article, "scale-missing") == {"Z": ["scale-missing"]}
    assert findings(article, "softmax-columns", "dx-no-v-path") == {
        "A": ["softmax-columns"],
        "dX": ["dx-no-v-path"],
    }
    # Z was left out: then it shows in A, and what was done in Z is what A was made from
    assert set(findings(article, "scale-missing", without=("Z",))) == {"A"}
    assert "scale-missing" in findings(article, "scale-missing", without=("Z",))["A"]


def test_what_follows_from_a_matrix_of_another_shape_is_no_second_mistake(article: Key) -> None:
    swapped = next(
        mistake
        for mistake in article.mistakes["V"]
        if mistake.id == "projection-swapped" and mistake.rows[0].args == ("X", "Wk")
    )
    hand = Hand(4)
    mark = marked(article, hand, worked(article, hand, (swapped,)))
    assert named(mark) == {"projection-swapped"}  # O = A·V is A·K with these numbers


def test_a_second_mistake_behind_a_matrix_of_another_shape_is_named(article: Key) -> None:
    assert findings(article, "scores-qt-k", "scale-by-dk") == {"S": ["scores-qt-k"], "Z": ["scale-by-dk"]}


def test_a_mistake_that_changes_nothing_here_is_no_candidate() -> None:
    same = {"tokens": ["a", "b"], "embeddings": [[1, 0], [0, 1]], "loss": "sum"}
    eye = [[1, 0], [0, 1]]
    key = Key.of(attncli.Problem(**same, Wq=eye, Wk=eye, Wv=[[1, 2], [3, 5]]))
    told = {mistake.id for row in key.mistakes.values() for mistake in row}
    assert "scores-swapped" not in told  # S is symmetric
    assert "scale-by-dmodel" not in told  # d_model = d_k
    assert "projection-transposed" in told
    hand = Hand(4)
    assert named(marked(key, hand, worked(key, hand))) == set()


def test_masking_after_softmax_and_making_rows_sum_to_one_again_is_right() -> None:
    key = next(key for key in keys(3) if key.problem.form.masked and key.problem.form.heads == 1)
    hand = Hand(6)
    values = worked(key, hand)
    free = np.exp(values["Z"]) / np.exp(values["Z"]).sum(axis=-1, keepdims=True) * np.isfinite(values["M"])
    values["A"] = hand.rounding.matrix(free / free.sum(axis=-1, keepdims=True))
    mark = marked(key, hand, values, ("Q", "K", "V", "S", "Z", "A"))
    assert (str(mark.verdict), named(mark)) == ("correct", set())


@pytest.mark.parametrize("half", HALVES)
def test_the_order_of_rows_in_a_sheet_does_not_matter(article: Key, half: str) -> None:
    hand = Hand(3, half)
    values = worked(article, hand, [by_id(article)["softmax-no-exp"][0]])
    turned = {symbol: values[symbol] for symbol in reversed(values)}
    first, second = (marked(article, hand, sheet).to_dict() for sheet in (values, turned))
    assert first == second
    assert [row["symbol"] for row in first["rows"]] == list(article.symbols)


SMALL = {
    "X": [[1, 0, 2], [0, 1, 1], [1, 1, 0]],
    "Wq": [[1, 0], [0, 1], [1, 1]],
    "Wk": [[0, 1], [1, 0], [1, 2]],
    "Wv": [[1, 2], [0, 1], [1, 0]],
}


def told(answers: str, **more: object) -> dict[str, set[str]]:
    """What is found in each row of a sheet with these answers alone."""
    key = Key.of(attncli.Problem(**SMALL, **more))
    found = mark(read_sheet(f"answers: {answers}".encode(), "sheet"), key)
    return {row.symbol: {one.id for one in row.mistakes} for row in found.rows if row.mistakes}


def test_squared_differences_are_named_in_either_reduction() -> None:
    article = attncli.load("article")
    for answer in (0.4361, 11.7755):  # the mean and the sum
        sheet = read_sheet(f"answers: {{L: {answer}}}".encode(), "sheet")
        (row,) = mark(sheet, Key.of(article)).rows
        assert [one.id for one in row.mistakes] == ["loss-mse"]


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_under_ce_the_mean_is_also_taken_over_all_numbers_of_the_target(reduction: str) -> None:
    problem = {"target": [0, 1, 1], "loss": "ce", "reduction": reduction}
    result = attncli.backward(attncli.Problem(**SMALL, **problem))
    away = result["P"] - np.eye(2)[[0, 1, 1]]
    gradient, loss = away / 6, (away**2).sum() / 6
    found = told(f"{{dO: {gradient.round(5).tolist()}, L: {loss:.5f}}}", **problem)
    assert found == {"dO": {"dout-averaged"}, "L": {"loss-mse"}}


def masked_weights(diagonal: int) -> list[list[float]]:
    """A with a causal mask that ends so many places behind the diagonal, with −∞ worked out."""
    z = attncli.forward(attncli.Problem(**SMALL, mask=True))["Z"]
    powers = np.exp(z) * np.tri(3, 3, diagonal)
    return (powers / np.maximum(powers.sum(axis=-1, keepdims=True), 1e-9)).round(5).tolist()


@pytest.mark.parametrize("mask", [True, np.tri(3, dtype=int).tolist()])
def test_a_causal_mask_one_place_off(mask: object) -> None:
    assert told(f"{{A: {masked_weights(1)}}}", mask=mask, loss="sum") == {"A": {"mask-causal-shifted"}}
    equal = told(f"{{A: {masked_weights(-1)}}}", mask=mask, loss="sum")
    assert equal == {"A": {"mask-causal-shifted", "mask-diagonal"}}


def test_no_other_mask_has_a_place_to_be_off() -> None:
    key = Key.of(attncli.Problem(**SMALL, mask={"padding": [0, 0, 1]}, loss="sum"))
    assert "mask-causal-shifted" not in by_id(key)


def test_the_mean_of_the_heads_weights_has_another_shape() -> None:
    problem = {"heads": 2, "loss": "sum"}
    weights = attncli.forward(attncli.Problem(**SMALL, **problem))["A"]
    assert told(f"{{A: {weights.mean(axis=0).round(5).tolist()}}}", **problem) == {"A": {"weights-averaged"}}
    assert "weights-averaged" not in by_id(Key.of(attncli.Problem(**SMALL, loss="sum")))


def test_where_weights_are_stored_out_in_a_transposed_gradient_is_no_mistake() -> None:
    turned = {name: np.transpose(SMALL[name]).tolist() for name in ("Wq", "Wk", "Wv")}
    key = Key.of(attncli.Problem(**SMALL | turned, weights="out-in", loss="sum"))
    assert "dw-transposed" not in by_id(key)
    assert "dw-transposed" in by_id(Key.of(attncli.Problem(**SMALL, loss="sum")))


def test_what_is_met_in_code_is_named_where_nothing_met_on_paper_gives_the_same_numbers() -> None:
    z = attncli.forward(attncli.Problem(**SMALL, mask=True))["Z"]

    def named_in(seen: np.ndarray, fill: float = -1e9) -> set[str]:
        scores = np.where(seen, z, fill)
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights = powers / powers.sum(axis=-1, keepdims=True) * (scores > -1e8).any(axis=-1, keepdims=True)
        return told(f"{{A: {weights.round(5).tolist()}}}", mask=True, loss="sum")["A"]

    causal = np.tri(3, dtype=bool)
    assert named_in(~causal) == {"mask-inverted"}
    assert named_in(causal, 1e9) == {"mask-sign"}
    assert named_in(causal.T) == {"mask-wrong-triangle"}  # as the mask transposed
    assert named_in(causal, -1e-9) == {"mask-zero-fill"}
    assert named_in(np.ones_like(causal)) == {"mask-missing"}  # as its last row for every query


def test_a_fill_that_the_softmax_cannot_tell_from_infinity_is_no_mistake() -> None:
    key = Key.of(attncli.Problem(**SMALL, mask=True, loss="sum"))
    assert "mask-small-fill" not in by_id(key)
    large = {**SMALL, "X": (1000 * np.array(SMALL["X"])).tolist(), "mask": True, "loss": "sum"}
    low = Key.of(attncli.Problem(**{**large, "Wk": (-np.array(SMALL["Wk"])).tolist()}))
    assert "mask-small-fill" in by_id(low)  # all scores are below
