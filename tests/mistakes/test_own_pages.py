"""Mistakes on pages of one's own: found by what a quantity does, named, and taken back through rightly."""

from __future__ import annotations

import math
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.diagnose.diagnosis import diagnose
from attncli.diagnose.repairs import letters
from attncli.homework.key import Key
from attncli.mistakes.catalogue import Mistake
from attncli.mistakes.consistent import consistent_page
from attncli.mistakes.own_pages import VARIANTS
from tests.homework.test_consistent import compare
from tests.support.homework_recognition import by_id, has_full_marks
from tests.support.homework_sheets import STEPS, Hand, full_value, is_slip, marked, named, shows, worked
from tests.support.own_problems import PAGES, own_keys

BUILT_IN = ("gqa", "window", "softcap", "sinks", "alibi", "rope", "block", "gpt")
IDS = {entry.id for entry in VARIANTS}
FAINT = {"layernorm-without-epsilon", "layernorm-epsilon-outside"}  # with an ε of 1e-5 hardly to be seen
EVERY_STEP = STEPS | {"tanh", "erf", "sin", "cos"}


def key_of(name: str) -> Key:
    return Key.of(attncli.load(name))


def after(key: Key, mistake: Mistake, hand: Hand) -> dict[str, np.ndarray]:
    """What somebody writes who did this and went on rightly from it, back through what they did."""
    page = None if any(row.backward for row in mistake.rows) else consistent_page(key.page, mistake.rows)
    if page is None:
        return worked(key, hand, (mistake,))
    own, written = dict(key.given), {}
    for row in page.rows:
        value = full_value(row, own, hand)
        if value is not None:
            own[row.symbol] = hand.matrix_of(value)
            if row.symbol in key.page.row:
                written[row.symbol] = own[row.symbol]
    return written


@pytest.mark.parametrize("page", PAGES)
def test_who_did_this_has_the_gradients_of_their_own_loss(page: str) -> None:
    (key,) = islice(own_keys(5, page, scale=0.5), 1)
    seen = 0
    for id_, ways in by_id(key).items():
        for mistake in ways[:2]:
            if id_ not in IDS or any(row.backward for row in mistake.rows):
                continue
            done = consistent_page(key.page, mistake.rows)
            assert done is not None, id_
            compared, wrong = compare(key, done)
            assert wrong == [], (id_, [row.formula for row in mistake.rows])
            seen += compared
    assert seen > 10 or page == "twice"


@pytest.mark.parametrize("name", [*BUILT_IN, *PAGES])
def test_each_is_named_where_it_was_made_and_nowhere_else(name: str) -> None:
    key = key_of(name) if name in BUILT_IN else next(own_keys(11, name))
    hand, missed = Hand(4), []
    for id_, ways in by_id(key).items():
        for mistake in ways[:2] if id_ in IDS else ():
            values = after(key, mistake, hand)
            if id_ in FAINT or not shows(key, hand, values, mistake):
                continue
            mark = marked(key, hand, values)
            where = {row.symbol for row in mark.rows if row.mistakes}
            if id_ not in named(mark) or not where <= {row.symbol for row in mistake.rows}:
                missed.append((id_, [row.formula for row in mistake.rows], where, named(mark)))
            elif any(map(is_slip, named(mark))):
                missed.append((id_, named(mark)))
    assert missed == []


def test_every_one_can_be_made_somewhere() -> None:
    keys = [key_of(name) for name in BUILT_IN] + [next(own_keys(11, page)) for page in PAGES]
    made = {id_ for key in keys for id_ in by_id(key)}
    assert IDS - made == set()


def ids_of(name: str, symbol: str) -> set[str]:
    return {mistake.id for mistake in key_of(name).mistakes_in(symbol)}


def test_a_row_has_its_usual_mistakes_wherever_it_stands() -> None:
    assert {"scale-missing", "scale-by-n"} <= ids_of("block", "Z")
    assert {"scores-swapped", "scores-qq"} <= ids_of("rope", "S")
    assert {"softmax-columns", "mask-missing", "window-one-too-wide"} <= ids_of("window", "A")
    assert {"mask-missing", "softcap-after-mask"} <= ids_of("softcap", "M")
    assert {"sink-ignored", "softmax-columns", "mask-missing"} <= ids_of("sinks", "A")
    assert {"projection-missing", "projection-swapped"} & ids_of("gpt", "Q")
    assert {"softmax-only-a-da"} <= ids_of("gqa", "dZ")
    assert {"dx-no-v-path", "residual-gradient-missing"} <= ids_of("block", "dX1")
    assert {"bias-missing"} <= ids_of("block", "F1")
    assert {"dw-averaged"} <= ids_of("block", "dW1")
    assert {"db-averaged"} <= ids_of("gpt", "db2")
    assert {"dout-sign"} <= ids_of("gpt", "dLogits")
    assert {"loss-log2", "loss-mean"} <= ids_of("gpt", "L")


def test_a_second_attention_has_mistakes_of_its_own() -> None:
    key = next(own_keys(11, "twice"))
    told = {symbol: {one.rows[0].formula for one in key.mistakes_in(symbol)} for symbol in ("S2", "Z2", "A2")}
    assert "S2 = K2·Q2ᵀ" in told["S2"]
    assert "Z2 = S2" in told["Z2"]
    assert "A2 = softmax of each column of Z2" in told["A2"]
    assert any(one.id == "dq-with-q" and one.rows[0].args == ("dS2", "Q2") for one in key.mistakes_in("dQ2"))


def test_a_mean_divides_by_its_own_number_where_a_quantity_is_called_n() -> None:
    key = Key.of(attncli.load("block"), None, "mean")
    formulas = {one.rows[0].formula for one in key.mistakes_in("L")}
    assert "L = Σ(N2 − Y)²" in formulas
    assert not any(formula.endswith("/N") for formula in formulas)


SHEET = Path(__file__).parents[1] / "data" / "sheets" / "block_no_residual.yaml"


def test_the_sheet_without_a_residual() -> None:
    mark = attncli.check(SHEET, "block")
    assert named(mark) == {"residual-missing"}
    assert [row.symbol for row in mark.rows if str(row.verdict) == "wrong"] == ["R"]


@pytest.mark.parametrize("decimals", [2, 3, 4])
@pytest.mark.parametrize("name", BUILT_IN)
def test_right_sheets_get_full_marks(name: str, decimals: int) -> None:
    key = key_of(name)
    hands = (
        Hand(decimals),
        Hand(decimals, "half-even"),
        Hand(decimals, along=False),
        Hand(decimals, steps=EVERY_STEP),
        Hand(decimals, steps=frozenset({"sqrt", "product"})),
        Hand(decimals, star="rounded"),
    )
    lost: list[Any] = []
    for hand in hands:
        mark = marked(key, hand, worked(key, hand))
        if not has_full_marks(mark):
            lost.append((hand, [row.symbol for row in mark.rows if str(row.verdict) != "correct"]))
    assert lost == []


# Sheets on such pages


def test_greek_letters_may_be_spelt_out() -> None:
    key = key_of("block")
    names = {"dγ1": "dgamma1", "dβ1": "dL/dbeta_1"}
    mark = attncli.check({"answers": {name: key.values[of] for of, name in names.items()}}, "block")
    assert [(row.symbol, str(row.verdict)) for row in mark.rows] == [("dγ1", "correct"), ("dβ1", "correct")]


def test_shared_heads_are_fewer_than_those_of_the_queries() -> None:
    kh = key_of("gqa").values["Kh"]
    for answers in (
        {"Kh1": kh[0], "Kh2": kh[1]},
        {"Kh": np.concatenate(list(kh), axis=1)},
        {"Kh": np.concatenate(list(kh))},
    ):
        assert str(attncli.check({"answers": answers}, "gqa").verdict) == "correct"
    assert str(attncli.check({"answers": {"Kh3": kh[0]}}, "gqa").verdict) != "correct"


def test_what_is_hidden_stays_hidden_behind_the_mask() -> None:
    config = {
        "X": [[1, 0], [0, 1], [1, 1]],
        **{name: [[1, 2], [0, 1]] for name in ("Wq", "Wk", "Wv")},
        "mask": True,
        "formulas": "Za = alibi(M)\nA = softmax(Za)",
    }
    za = attncli.forward(attncli.Problem(**config))["Za"]
    for hidden in (-np.inf, -1e9):
        answer = np.where(np.isneginf(za), hidden, za.round(4))
        text = [[str(number).replace("-inf", "-∞") for number in row] for row in answer.tolist()]
        mark = attncli.check({"answers": {"Za": text}}, attncli.Problem(**config))
        assert str(mark.verdict) == "correct", mark.to_dict()


def test_the_key_of_a_problem_knows_its_epsilon() -> None:
    one, other = (Key.of(attncli.load("block").changed(numbers={"ε": e})).digest for e in (1e-5, 1e-3))
    assert one != other


def test_gelu_by_a_table_is_right() -> None:
    """Who looks Φ(x) up at two decimals gets full marks."""
    key, hand = key_of("gpt"), Hand(2)
    r = hand.matrix_of

    def by_table(own: Any) -> np.ndarray:
        x = own["F1"]
        return x * r((1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2)

    values = worked(key, hand, wrong={"G1": by_table})
    assert not np.array_equal(values["G1"], worked(key, hand)["G1"])
    assert has_full_marks(marked(key, hand, values))


def test_who_adds_up_rounded_paths_of_what_they_did_loses_nothing_more() -> None:
    """S = Q·Qᵀ goes back to Q in two ways; either is rounded before they are added."""
    key, hand = key_of("block"), Hand(4)
    for mistake in by_id(key)["scores-qq"]:
        if len(mistake.rows) == 1:
            mark = marked(key, hand, after(key, mistake, hand))
            assert [row.symbol for row in mark.rows if str(row.verdict) == "wrong"] == ["S"]


def test_diagnosis_changes_only_sizes_that_the_page_leaves_free() -> None:
    """In the block d_v is d_model, or the residual could not be added."""
    key = key_of("block")
    assert "d_v" not in letters(key.setting)
    assert "d_k" in letters(key.setting)
    found = diagnose(key, rows=["R"])
    assert found.mistakes > 10
    assert not any("d_v" in weakness.why for weakness in found.weaknesses)


def test_a_causal_window_may_be_one_place_off() -> None:
    seen = {id_ for id_ in by_id(key_of("window")) if id_.startswith("mask-causal")}
    assert seen == {"mask-causal-shifted"}
    formulas = {one.rows[0].formula for one in key_of("window").mistakes_in("M")}
    assert "M = mask(Z), one future token seen" in formulas
