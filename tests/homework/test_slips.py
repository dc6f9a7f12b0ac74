"""Slips: each is found where it was made, and none where nothing was; and a sentence for every mistake."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attncli.homework.answer import Answer
from attncli.homework.slips import SLIPS, Slip, find_slips, sentence, sentences
from attncli.mistakes.backward import BACKWARD
from attncli.mistakes.forward import FORWARD
from attncli.mistakes.own_pages import VARIANTS
from attncli.rounding import Rounding

steady = settings(deadline=None, max_examples=150, derandomize=True)
decimals_written = st.integers(2, 4)
seeds = st.integers(0, 2**32 - 1)
SHAPES = ((2, 2), (3, 4), (9, 3), (4, 1), (2, 3, 3), (4, 5, 2), (6,))
shapes = st.sampled_from(SHAPES)


def written(texts: Any, shape: Sequence[int] | None = None) -> Answer:
    """What a student wrote: texts in lists, or flat with a shape; "" is blank and "?" unreadable."""
    cells = np.array(texts, dtype=object)
    shape = cells.shape if shape is None else shape
    flat = [str(cell) for cell in cells.ravel()]
    numbers = [value_of(text) for text in flat]
    return Answer(
        texts=tuple(flat),
        values=np.array(numbers, float).reshape(shape),
        blank=np.array([not text for text in flat]).reshape(shape),
        unreadable=np.array([text == "?" for text in flat]).reshape(shape),
        exact=np.array(["/" in text for text in flat]).reshape(shape),
        decimals=max((len(text.partition(".")[2]) for text in flat), default=0),
    )


def value_of(text: str) -> float:
    if text in {"", "?"}:
        return math.nan
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def on_paper(values: Any, decimals: int, mode: str = "half-up") -> Answer:
    """Numbers as a student writes them, to so many decimals."""
    values = np.asarray(values, float)
    rounded = Rounding(decimals, mode).matrix(values)
    texts = [f"{number:.{decimals}f}" if np.isfinite(number) else "-inf" for number in rounded.ravel()]
    return written(texts, values.shape)


def half_unit(decimals: int) -> float:
    return 0.5 * 10.0**-decimals + 1e-9


def slips(answer: Answer, right: Any, allowed: Any = None, **options: Any) -> list[Slip]:
    right = np.asarray(right, float)
    allowed = half_unit(answer.decimals) if allowed is None else allowed
    return find_slips(answer, right, np.asarray(allowed), heads=right.ndim > 2, **options)


def names(answer: Answer, right: Any, allowed: Any = None, **options: Any) -> list[str]:
    return [slip.id.removeprefix("slip-") for slip in slips(answer, right, allowed, **options)]


def drawn(seed: int, shape: Sequence[int]) -> Any:
    """Numbers that are clear at two decimals, of both signs."""
    draw = np.random.default_rng(seed)
    return draw.uniform(0.1, 3, shape) * draw.choice([-1, 1], shape)


def is_wrong(answer: Answer, right: Any) -> bool:
    return bool((np.abs(answer.values - right) > half_unit(answer.decimals)).any())


@steady
@given(seeds, shapes, decimals_written, st.sampled_from(["half-up", "half-even"]))
def test_what_is_right_has_no_slip(seed: int, shape: tuple[int, ...], decimals: int, mode: str) -> None:
    right = drawn(seed, shape)
    assert slips(on_paper(right, decimals, mode), right, required_decimals=decimals) == []
    assert slips(on_paper(right * 0, decimals), right * 0) == []
    assert slips(on_paper(right * 0 + 1 / 3, decimals), right * 0 + 1 / 3) == []


@steady
@given(seeds, shapes, decimals_written)
def test_random_numbers_are_no_slip(seed: int, shape: tuple[int, ...], decimals: int) -> None:
    answer = on_paper(drawn(seed + 1, shape), decimals)
    assert slips(answer, drawn(seed, shape)) == []


@steady
@given(seeds, shapes, decimals_written)
def test_transposed_is_found(seed: int, shape: tuple[int, ...], decimals: int) -> None:
    assume(len(shape) > 1)
    right = drawn(seed, shape)
    assert names(on_paper(right.swapaxes(-1, -2), decimals), right)[0] == "transposed"


@steady
@given(seeds, shapes, decimals_written, st.booleans())
def test_a_turned_sign_is_found(seed: int, shape: tuple[int, ...], decimals: int, whole: bool) -> None:  # noqa: FBT001
    right = drawn(seed, shape)
    turned = -right
    if not whole:
        turned = right.copy()
        turned.flat[seed % right.size] *= -1
    found = slips(on_paper(turned, decimals), right)
    assert found[0].id == "slip-sign"
    assert (found[0].detail == "every number") is whole
    assert ("slip-one-cell" in [slip.id for slip in found]) is not whole


@steady
@given(seeds, shapes, decimals_written, st.sampled_from([1 / math.sqrt(3), 1.7, -2.0, 0.1, 100, 1.1]))
def test_a_factor_is_found_and_told(seed: int, shape: tuple[int, ...], decimals: int, c: float) -> None:
    right = drawn(seed, shape)
    assume(np.abs(right * c).min() > 0.05)
    for answer in (
        on_paper(right * c, decimals),
        on_paper(Rounding(decimals).matrix(right) * c, decimals + 2),
    ):
        allowed = half_unit(decimals)
        found = [slip for slip in slips(answer, right, allowed) if slip.id == "slip-factor"]
        assert len(found) == 1
        said = found[0].detail.removeprefix("times ")
        told = {"1/√3": 1 / math.sqrt(3), "1/10": 0.1}.get(said) or float(said)
        assert told == pytest.approx(c, rel=0.06)


def test_two_turned_signs_are_no_slip() -> None:
    assert names(on_paper([-0.5, -0.25, 0.75, 1.0], 2), [0.5, 0.25, 0.75, 1.0]) == []


def test_a_constant_needs_evidence() -> None:
    assert names(on_paper(1.7 * 2.4444, 2), 2.4444) == []
    assert names(on_paper(2 * 2.4444, 2), 2.4444) == ["factor"]
    assert names(on_paper(1.7 * np.array([0.7312, 0.25, 0.0]), 2), [0.7312, 0.25, 0.0]) == []
    assert names(on_paper(np.full((3, 3), 0.61), 2), np.full((3, 3), 1 / 3)) == []
    assert names(on_paper([0.52, 0.49, 0.54], 2), [0.51, 0.48, 0.53]) == []
    assert names(on_paper([1.6, 4.0, 0.1], 2), [0.8, 2.0, 0.0]) == []
    assert names(on_paper([1.36, 3.4, 0.8, 0.0], 2), [0.8, 2.0, 0.47, 0.0]) == ["factor"]


@steady
@given(seeds, st.sampled_from([(3, 4), (9, 3), (2, 3, 3), (4, 5, 2), (3, 3)]), decimals_written)
def test_another_order_is_found(seed: int, shape: tuple[int, ...], decimals: int) -> None:
    right = drawn(seed, shape)
    draw = np.random.default_rng(seed)
    for axis, name in ((-2, "rows"), (-1, "columns"), (0, "heads")):
        if name == "heads" and right.ndim < 3:
            continue
        order = draw.permutation(shape[axis])
        assume((order != np.arange(len(order))).any())
        found = slips(on_paper(right.take(order, axis), decimals), right)
        assert found[0].id == f"slip-{name}-permuted"
        assert ", ".join(str(i + 1) for i in order) in found[0].detail


def test_another_order_in_one_head_alone() -> None:
    right = drawn(1, (3, 4, 4))
    answer = right.copy()
    answer[1] = right[1][[1, 0, 2, 3]]
    found = slips(on_paper(answer, 3), right)
    assert [(slip.id, slip.detail) for slip in found] == [
        ("slip-rows-permuted", "in the order head 2: 2, 1, 3, 4")
    ]


def test_equal_rows_and_blanks_do_not_hide_an_order() -> None:
    a, b, c = [0.11, 0.92], [0.43, 0.54], [0.75, 0.26]
    assert names(on_paper([b, a, b, c], 2), [a, b, b, c]) == ["rows-permuted"]
    gaps = written([["0.43", ""], ["", "0.92"], ["0.75", "0.26"], ["", ""]])
    assert names(gaps, [a, b, c, c]) == ["rows-permuted"]
    # the first could go to two places, the last to only one of them
    shared = written([["0.75", "", ""], ["0.31", "0.92", ""], ["", "0.26", "1.1"]])
    rows = [[0.31, 0.92, 0.2], [0.75, 0.26, 1.1], [0.75, 0.26, 0.2]]
    assert names(shared, rows) == ["rows-permuted"]


def test_rows_of_which_too_few_differ_tell_no_order() -> None:
    right = np.array([[0.0], [1.0], [1.0], [0.0]])
    assert "rows-permuted" not in names(written([["1.00"], ["0.00"], ["1.00"], ["0.00"]]), right)
    assert names(written([["0", "2"], ["2", "1"]]), [[2, 1], [0, 2]]) == ["rows-permuted"]
    assert "rows-permuted" not in names(written([["1"], ["2"], ["3"], ["0"]]), [[0], [1], [2], [3]])
    hidden = np.array([[0.0, -math.inf], [0.0, 0.0]])
    assert "rows-permuted" not in names(on_paper(hidden[::-1], 2), hidden)
    assert slips(written([["1", "2"], ["2", "1"]]), np.zeros((2, 2))) == []


@steady
@given(seeds, shapes, decimals_written, st.sampled_from([-1, 1, 2, 3]))
def test_a_misplaced_point_is_found(seed: int, shape: tuple[int, ...], decimals: int, power: int) -> None:
    right = drawn(seed, shape)
    at = seed % right.size
    answer = right.copy()
    answer.flat[at] *= 10.0**power
    assume(abs(answer.flat[at]) > 0.05)
    found = slips(on_paper(answer, decimals), right)
    assert found[0].id == "slip-power-of-ten"
    assert found[0].detail.endswith(f"×10^{power}")
    assert found[-1].id == "slip-one-cell"


def test_a_point_is_misplaced_in_the_number_as_it_was_rounded() -> None:
    assert names(written(["7.30", "0.20"]), [0.7312, 0.2]) == ["power-of-ten"]
    assert names(written(["7.20", "0.20"]), [0.7312, 0.2]) == []


def test_many_misplaced_points_are_a_factor() -> None:
    right = drawn(3, (3, 3))
    assert names(on_paper(right * 10, 2), right) == ["factor"]
    answer = written([["12.3", "4.56", "78.9"]])
    assert (
        slips(answer, [[1.23, 4.56, 7.89]], 0.005)[0].detail == "row 1, column 1 ×10^1; row 1, column 3 ×10^1"
    )


@steady
@given(seeds, shapes, decimals_written)
def test_exchanged_digits_are_found(seed: int, shape: tuple[int, ...], decimals: int) -> None:
    right = drawn(seed, shape)
    texts = list(on_paper(right, decimals).texts)
    at = seed % right.size
    text = texts[at]
    assume(text[-1] != text[-2])
    texts[at] = text[:-2] + text[-1] + text[-2]
    answer = written(texts, shape)
    found = names(answer, right)
    assert "digits-swapped" in found
    assert found[-1] == "one-cell"


def test_digits_are_exchanged_across_the_point_and_with_any_minus() -> None:
    right = [[12.5, 0.37], [-0.82, 4.0]]
    assert names(written([["15.2", "0.73"], ["-0.28", "4.0"]]), right, 0.005) == ["digits-swapped"]
    assert names(written([["15.2", "0.75"], ["-0.28", "4.0"]]), right, 0.005) == []
    assert names(written(["0.45", "0.2"]), [0.55, 0.2], 0.05) == []


@steady
@given(seeds, shapes, decimals_written)
def test_cut_off_numbers_are_found(seed: int, shape: tuple[int, ...], decimals: int) -> None:
    right = drawn(seed, shape)
    answer = on_paper(right, decimals, "truncate")
    assume(is_wrong(answer, right))
    assert names(answer, right)[0] == "truncated"


def test_what_is_not_cut_off_throughout_is_not_cut_off() -> None:
    assert names(written(["0.66", "0.67", "0.12"]), [2 / 3, 2 / 3, 0.12]) == ["one-cell"]
    assert names(written(["0.00", "0.00"]), [0.007, 0.009]) == []
    assert names(written(["0.01"]), [0.02]) == []
    assert names(written(["-0.66", "1/3"]), [-2 / 3, 1 / 3], [0.005, 1e-9]) == ["truncated"]


@steady
@given(seeds, shapes, decimals_written)
def test_too_few_decimals_are_found(seed: int, shape: tuple[int, ...], decimals: int) -> None:
    right = drawn(seed, shape)
    answer = on_paper(right, decimals)
    found = names(answer, right, half_unit(decimals + 1), required_decimals=decimals + 1)
    assert found[:1] == ["few-digits"]
    assert "few-digits" not in names(answer, right, half_unit(decimals), required_decimals=decimals)
    assert "few-digits" not in names(answer, right + 0.1, half_unit(5), required_decimals=5)


def test_one_cell_that_is_written_with_too_few_decimals() -> None:
    right = [0.7312, 0.2688, 0.5]
    answer = written(["0.73", "0.2688", "0.5000"])
    assert names(answer, right, 0.00005, required_decimals=4) == ["few-digits", "one-cell"]
    assert names(written(["0", "0", "0"]), [0.2, 0.3, 0.4], 0.00005, required_decimals=4) == []
    assert names(written(["1/2", "1/4"]), [0.5, 0.25], 0.00005, required_decimals=4) == []


@steady
@given(seeds, shapes, decimals_written)
def test_one_wrong_cell_is_found(seed: int, shape: tuple[int, ...], decimals: int) -> None:
    right = drawn(seed, shape)
    answer = right.copy()
    answer.flat[seed % right.size] += 0.777
    found = slips(on_paper(answer, decimals), right)
    assert found[-1].id == "slip-one-cell"
    index = np.unravel_index(seed % right.size, shape)
    assert re.findall(r"\d+", found[-1].detail) == [str(i + 1) for i in index]


def test_a_scalar_has_slips_of_its_own() -> None:
    right = np.array(3.2168)
    for text, slip in (
        ("-3.22", "sign"),
        ("32.17", "power-of-ten"),
        ("6.43", "factor"),
        ("3.21", "truncated"),
    ):
        assert names(written(text, ()), right) == [slip]
    assert names(written("2.42", ()), right) == []
    assert names(written("2.3168", ()), right) == ["digits-swapped"]
    assert slips(written("-3.22", ()), right)[0].detail == "every number"


def test_blank_and_unreadable_cells_say_nothing() -> None:
    right = drawn(5, (3, 3))
    texts = list(on_paper(-right, 3).texts)
    texts[:5] = ["", "?", "", "?", ""]
    assert names(written(texts, (3, 3)), right) == ["sign"]
    assert slips(written(["", "?", "", "?", "", "", "", "", texts[-1]], (3, 3)), right) == []
    assert slips(written([""] * 9, (3, 3)), right) == []
    assert slips(written([""], ()), np.array(1.0)) == []
    assert names(written(["0.50", "0.25", ""]), [0.1, 0.25, 0.4]) == []


def test_minus_infinity_belongs_where_it_belongs() -> None:
    right = np.array([[0.51, -math.inf, -math.inf], [1.32, -0.73, -math.inf], [0.24, 0.95, 1.06]])
    assert names(on_paper(-np.where(np.isinf(right), math.inf, right), 2), right) == ["sign"]
    assert names(on_paper(right[:, [1, 0, 2]], 2), right) == ["columns-permuted"]
    doubled = on_paper(2 * right, 2)
    assert names(doubled, right) == ["factor"]
    doubled.values[0, 2] = 0.0
    assert names(doubled, right) == []
    once = on_paper(right, 2)
    once.values[0, 1] = 0.0
    assert names(once, right) == ["one-cell"]


def test_shapes_that_do_not_belong_together() -> None:
    right = drawn(2, (3, 4))
    assert names(on_paper(right.T, 2), right) == ["transposed"]
    assert slips(on_paper(right.T + 1, 2), right) == []
    assert slips(on_paper(right[:2], 2), right) == []
    assert slips(on_paper(right[0], 2), right) == []
    fault = Answer((), np.empty(0), *(np.empty(0, bool),) * 3, decimals=0, fault="ragged")
    assert slips(fault, right) == []


def test_a_tolerance_a_cell_and_its_boundary() -> None:
    right = np.array([[10.0, 0.25], [0.5, 40.0]])
    allowed = np.array([[0.5, 0.0], [0.0, 0.25]])
    assert slips(written([["10.5", "0.25"], ["0.5", "39.75"]]), right, allowed) == []
    assert names(written([["-10.5", "-0.25"], ["-0.5", "-39.75"]]), right, allowed) == ["sign"]
    assert names(written([["-10.6", "-0.25"], ["-0.5", "-39.75"]]), right, allowed) == []


def test_large_numbers_and_strange_texts_do_no_harm() -> None:
    right = np.array([1e308, 1e-308, 0.0])
    for texts in (["1e-308", "1e308", "0"], ["-1e308", "5", "0"], ["1e400"[:5], "1e-9", "1"]):
        assert "factor" not in names(written(texts), right, 0.5)
    assert names(written([["1"] * 200, ["2"] * 200]), np.ones((2, 200)) / 3) == []


def test_slips_that_exclude_each_other_are_told_together() -> None:
    found = names(written(["5.0", "1.2", "0.7"]), [0.5, 1.2, 0.7])
    assert found == ["power-of-ten", "digits-swapped", "one-cell"]


def test_there_is_a_sentence_for_everything() -> None:
    assert set(sentences()) >= {id_ for id_, _ in SLIPS}
    assert len(sentences()) == len(FORWARD) + len(VARIANTS) + len(BACKWARD) + len(SLIPS) + 1
    assert len(set(sentences().values())) == len(sentences())
    for id_, says in sentences().items():
        assert sentence(id_) == says
        assert says.endswith(".")
        assert "expected" not in says.lower()
        assert len(says) < 170
        assert not re.search(r"\d\.\d", says)


def test_what_a_slip_says_is_said_without_numbers() -> None:
    right = drawn(7, (3, 4))
    found = slips(on_paper(right * 1.7, 3), right)
    assert [(slip.says, slip.detail) for slip in found] == [(sentence("slip-factor"), "times 1.7")]
