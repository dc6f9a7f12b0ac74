from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import attncli
from attncli.errors import AttnError
from attncli.problem.config_text import mask_lines

BASE = """tokens: [a, b, a, ~]
embeddings: [[1, 0], [0, 1], [1, 1], [2, 1]]
Wq: [[1, 0], [0, 1]]
Wk: [[1, 0], [0, 1]]
Wv: [[1, 0], [0, 1]]
"""
ALL = np.ones((4, 4), bool)
CAUSAL = np.tri(4, dtype=bool)
NO_B = ALL & (np.arange(4) != 1)
ONES = "[1, 1, 1, 1]"
LOW = "[[1,0,0,0],[1,1,0,0],[1,1,1,0],[1,1,1,1]]"


def band(left: int, right: int) -> np.ndarray:
    places = np.arange(4) - np.arange(4)[:, None]  # key − query
    return (places >= -left) & (places <= right)


def load(tmp_path: Path, text: str) -> attncli.Problem:
    (tmp_path / "config.yaml").write_text(BASE + text, encoding="utf-8")
    np.savez(tmp_path / "m.npz", m=CAUSAL)
    return attncli.load(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("true", CAUSAL),
        ("on", CAUSAL),
        ("Causal", CAUSAL),
        ("causal-bottom-right", CAUSAL),
        ("{padding: b}", NO_B),
        ("{padding: [b]}", NO_B),
        ("{padding: [0, 1, 0, 0]}", NO_B),
        ("{padding: [false, true, 0.0, 0]}", NO_B),
        ("{padding: [a]}", ALL & [False, True, False, True]),
        ("{padding: [a#2, ~]}", ALL & [True, True, False, False]),
        ("{padding: []}", ALL),
        (LOW, CAUSAL),
        (LOW.replace("1", "true").replace("0", "false"), CAUSAL),
        (f"[{LOW}]", CAUSAL),
        ("{file: m.npz}", CAUSAL),
        ("'1 0 0 0; 1 1 0 0; 1 1 1 0; 1 1 1 1'", CAUSAL),
        ("|\n  1 0 0 0\n  1 1 0 0\n  1 1 1 0\n  1 1 1 1", CAUSAL),
        ("{init: ones}", ALL),
        ("[causal, {padding: [b]}, ~]", CAUSAL & NO_B),
        ("{window: 1}", np.eye(4, dtype=bool)),
        ("{window: 2}", band(1, 0)),
        ("{window: 99}", CAUSAL),
        ("{window: [0, 0]}", np.eye(4, dtype=bool)),
        ("{window: [0, 1]}", band(0, 1)),
        ("{window: [2, 1]}", band(2, 1)),
        ("{window: [99, 99]}", ALL),
        ("[causal, {window: [1, 1]}]", band(1, 0)),
        ("[{window: [1, 2]}, {padding: [b]}, {window: [2, 1]}]", band(1, 1) & NO_B),
        ("{window: [0, 1], padding: b}", band(0, 1) & NO_B),
        (f"[{{window: [1, 1]}}, {LOW}]", band(1, 0)),
        ("[{padding: [b]}, {padding: [a#1]}]", NO_B & [False, True, True, True]),
        (f"[causal-bottom-right, true, {LOW}, {{add: 1}}]".replace("{add: 1}", "false"), CAUSAL),
        (f"[[{ONES},{ONES},{ONES},{ONES}], {LOW}]", CAUSAL),
    ],
)
def test_every_form_of_a_mask(tmp_path: Path, text: str, allowed: np.ndarray):
    problem = load(tmp_path, f"mask: {text}\n")
    assert problem.form.masked
    assert problem.mask is not None
    assert problem.mask.allowed(4, 4).tolist() == allowed.tolist()


@pytest.mark.parametrize("text", ["false", "no", "~", "[false, off]"])
def test_no_mask(tmp_path: Path, text: str):
    problem = load(tmp_path, f"mask: {text}\n")
    assert problem.mask is None
    assert not problem.form.masked


def test_added_numbers_and_minus_infinity(tmp_path: Path):
    add = "{add: [[0,1,2,-inf],[0,0,0,0],[0,0,0,0],[−∞,0,0,1/2]]}"
    problem = load(tmp_path, f"mask: [{add}, {add}, causal]\n")
    assert problem.givens["B"][0].tolist() == [0, 2, 4, 0]
    assert problem.givens["B"][3].tolist() == [0, 0, 0, 1]
    assert problem.mask is not None
    expected = CAUSAL.copy()
    expected[3, 0] = False
    assert problem.mask.allowed(4, 4).tolist() == expected.tolist()
    plain = load(tmp_path, "mask: {add: {init: ones}}\n")
    assert plain.mask is not None
    assert plain.mask.matrix is None
    assert plain.shape("B") == (4, 4)


def test_a_matrix_a_head_or_as_many_masks():
    config: dict[str, Any] = {"X": np.eye(2), "Wq": np.eye(2), "Wk": np.eye(2), "Wv": np.eye(2)}
    first, second = np.array([[1, 0], [1, 1]]), np.array([[0, 1], [1, 1]])
    for mask in ([first, second], np.array([first, second]), [first.tolist(), second.tolist()]):
        heads = attncli.Problem(**config, heads=2, mask=mask).mask
        assert heads is not None
        assert heads.allowed(2, 2).tolist() == np.array([first, second], bool).tolist()
        both = attncli.Problem(**config, mask=mask).mask
        assert both is not None
        assert both.allowed(2, 2).tolist() == [[False, False], [True, True]]
    deep = attncli.Problem(**config, heads=2, mask=[[first, second], [second, second]]).mask
    assert deep is not None
    assert deep.allowed(2, 2)[0].tolist() == [[False, False], [True, True]]
    added = attncli.Problem(**config, heads=2, mask={"add": [first, second]})
    assert added.shape("B") == (2, 2, 2)


def test_unnamed_tokens_and_padding_from_python():
    config: dict[str, Any] = {"X": np.eye(3), "Wq": np.eye(3), "Wk": np.eye(3), "Wv": np.eye(3)}
    for padding, hidden in (
        ([1, 1, 0], [True, True, False]),
        ([1, 1, 1], [True, True, True]),
        (np.array([True, False, False]), [True, False, False]),
        (np.array([0.0, 1.0, 0.0]), [False, True, False]),
        ([3], [False, False, True]),
        (["1"], [True, False, False]),
    ):
        mask = attncli.Problem(**config, mask={"padding": padding}).mask
        assert mask is not None
        assert mask.hidden is not None
        assert mask.hidden.tolist() == hidden
    named = attncli.Problem(**config, tokens=["1", "0", "x"], mask={"padding": ["0"]}).mask
    assert named is not None
    assert named.hidden is not None
    assert named.hidden.tolist() == [False, True, False]


def test_bottom_right_where_keys_are_more_than_queries():
    cross = attncli.Problem(
        Q=np.ones((2, 1)), K=np.ones((4, 1)), V=np.ones((4, 1)), context={}, mask="causal-bottom-right"
    )
    assert cross.mask is not None
    assert cross.mask.allowed(2, 4).tolist() == np.tri(2, 4, 2, bool).tolist()
    for both in (["causal-bottom-right", "causal"], ["causal", "causal-bottom-right"]):
        strict = attncli.Problem(
            Q=np.ones((2, 1)), K=np.ones((4, 1)), V=np.ones((4, 1)), context={}, mask=both
        ).mask
        assert strict is not None
        assert strict.allowed(2, 4).tolist() == np.tri(2, 4, dtype=bool).tolist()


@pytest.mark.parametrize(
    ("mask", "low", "high"),
    [
        ({"window": 2}, -1, 0),
        ({"window": [0, 1]}, 0, 1),
        (["causal-bottom-right", {"window": 2}], 1, 2),
        ([{"window": [2, 5]}, "causal-bottom-right"], 0, 2),
        (["causal", {"window": [2, 5]}], -2, 0),
        (["causal", {"window": 3}, "causal-bottom-right"], 0, 0),
        (["causal", {"window": 1}, "causal-bottom-right"], 2, 0),
    ],
)
def test_a_window_stands_where_the_causal_mask_beside_it_does(mask: Any, low: int, high: int) -> None:
    config: dict[str, Any] = {"Q": np.eye(3, 1), "K": np.ones((5, 1)), "V": np.ones((5, 1)), "context": {}}
    problem = attncli.Problem(**config, mask=mask)
    assert problem.mask is not None
    places = np.arange(5) - np.arange(3)[:, None]
    expected = (places >= low) & (places <= high)
    assert problem.mask.allowed(3, 5).tolist() == expected.tolist()
    again = "\n".join(mask_lines(problem))
    assert "window" in again
    read = attncli.Problem(**config, mask=yaml.safe_load(again)["mask"]).mask
    assert read is not None
    assert read.allowed(3, 5).tolist() == expected.tolist()
    for rows in (slice(0, 1), slice(1, 3), slice(2, 3)):
        part, count = problem.mask.rows(rows), rows.stop - rows.start
        seen = part.seen_by_any(count, 5)
        assert seen.stop > seen.start >= 0
        assert seen.stop <= 5
        outside = expected[rows].copy()
        outside[:, seen] = False
        assert not outside.any()
        assert part.columns(seen).allowed(count, seen.stop - seen.start).tolist() == (
            expected[rows, seen].tolist()
        )


def test_a_window_is_written_as_it_was_read() -> None:
    config: dict[str, Any] = {"X": np.eye(3), "Wq": np.eye(3), "Wk": np.eye(3), "Wv": np.eye(3)}
    for mask in ({"window": 2}, {"window": [1, 2]}, ["causal", {"window": 3}], {"window": [4, 0]}):
        lines = "\n".join(mask_lines(attncli.Problem(**config, mask=mask)))
        read = yaml.safe_load(lines)["mask"]
        expected = [True if part == "causal" else part for part in mask] if isinstance(mask, list) else mask
        assert read == ({"window": 5} if mask == {"window": [4, 0]} else expected)


def test_why_a_cell_is_hidden() -> None:
    mask = attncli.Problem(
        **dict.fromkeys(("X", "Wq", "Wk", "Wv"), np.eye(4)), mask=["causal", {"window": 2}]
    ).mask
    assert mask is not None
    assert mask.hiding(0, 1) == ["causal", "window"]
    assert mask.hiding(2, 0) == ["window"]
    assert mask.hiding(2, 1) == mask.hiding(1, 2, 2) == []


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("flase", 7, "mask is 'flase'"),
        ("1", 7, "mask is '1'"),
        ("{}", 7, "this mask is empty"),
        ("{paddings: [a]}", 8, "a mask has no key 'paddings'"),
        ("{windows: 3}", 8, "a mask has no key 'windows'"),
        ("{window: 0}", 16, "window is '0'; expected a whole number from 1 to"),
        ("{window: -2}", 16, "window is '-2'; expected a whole number from 1 to"),
        ("{window: 1.5}", 16, "window is '1.5'"),
        ("{window: 1e30}", 16, "window is '1e30'"),
        ("{window: wide}", 16, "window is 'wide'"),
        ("{window: ~}", 16, "window is "),
        ("{window: {left: 1}}", 16, "window is a mapping"),
        ("{window: [1, -1]}", 20, "window is '-1'; expected a whole number from 0 to"),
        ("{window: [1, [2]]}", 20, "window is a list"),
        ("{window: [1, 2, 3]}", 16, "window is a list of 3; expected one number"),
        ("{window: [3]}", 16, "window is a list of 1; expected one number"),
        ("{window: []}", 16, "window is a list of 0; expected one number"),
        ("{padding: [a, wind]}", 21, "padding hides 'wind', which is not a token"),
        ("{padding: [a#3]}", 18, "padding hides 'a#3'"),
        ("{padding: [1, 0]}", 17, "padding has 2 numbers; there are 4 key tokens"),
        ("{padding: [[a]]}", 18, "padding holds a list; expected words"),
        ("{padding: {a: 1}}", 17, "padding holds a mapping"),
        ("[[1,0],[0,1]]", 7, "mask is 2 × 2; the scores are 4 × 4: a row a query, a column a key"),
        (ONES, 7, "mask is a list of 4; the scores are 4 × 4"),
        (LOW.replace("1,1,1,1", "1,1,2,1"), 43, "mask[4,3] is 2; a mask matrix holds 0 and 1"),
        ("{add: 1}", 13, "mask.add is one number; the scores are 4 × 4"),
        ("{add: [[inf]]}", 15, "mask.add[1,1] is inf"),
        ("{init: ones, shape: [2, 2]}", 7, "mask is 2 × 2"),
        ("{init: identity, shape: [2]}", 7, "mask: identity is a matrix"),
        ("[causal, nope, [1, 2]]", 16, "mask is 'nope'"),
        ("{file: nope.npy}", 14, "mask: there is no file 'nope.npy'"),
    ],
)
def test_what_is_wrong_with_a_mask(tmp_path: Path, text: str, column: int, words: str):
    with pytest.raises(AttnError) as caught:
        load(tmp_path, f"mask: {text}\n")
    one = caught.value.errors[0]
    assert one.where is not None
    assert (one.where.line, one.where.column) == (6, column)
    assert words in one.message
    assert one.hint


def test_sums_that_are_too_large(tmp_path: Path):
    row = "[1e308, 0, 0, 0]"
    add = f"{{add: [{row}, {row}, {row}, {row}]}}"
    with pytest.raises(AttnError, match="too large for float64"):
        load(tmp_path, f"mask: [{add}, {add}]\n")


def test_a_mask_is_checked_even_where_another_mistake_hides_its_size(tmp_path: Path):
    text = BASE.replace("tokens: [a, b, a, ~]\n", "").replace("[0, 1], [1, 1]", "[0, 1], [1]")
    (tmp_path / "c.yaml").write_text(
        text + "mask: [flase, causal-bottom-right, {padding: [x]}, [[1]]]\nheads: 2\n"
    )
    with pytest.raises(AttnError) as caught:
        attncli.load(tmp_path / "c.yaml")
    assert [one.message.split()[0] for one in caught.value.errors] == ["embeddings", "mask"]
    with pytest.raises(AttnError, match="or write a list of 2 such matrices"):
        load(tmp_path, "heads: 2\nmask: [[1]]\n")


@pytest.mark.parametrize(
    ("text", "turned", "same"),
    [
        ("[true, true, true, false]", "0, 0, 0, 1", "1, 1, 1, 0"),
        ("[1, 1, 0]", "0, 0, 1", "1, 1, 0"),
        ("[1.0, 0.0, 0.0, 0.0]", "0, 1, 1, 1", "1, 0, 0, 0"),
        ("[yes, on, no, off]", "0, 0, 1, 1", "1, 1, 0, 0"),
        ("[[1, 1, 1, 0]]", "0, 0, 0, 1", "1, 1, 1, 0"),
        ("[true]", "0", "1"),
        ("[0, 0, 0, 0]", "1, 1, 1, 1", "0, 0, 0, 0"),
    ],
)
def test_a_padding_mask_of_elsewhere_is_refused_and_written_out(
    tmp_path: Path, text: str, turned: str, same: str
):
    with pytest.raises(AttnError) as caught:
        load(tmp_path, f"mask: {text}\n")
    (one,) = caught.value.errors
    assert one.where is not None
    assert (one.where.line, one.where.column) == (6, 7)
    assert "the scores are 4 × 4" in one.message
    assert f"write mask: {{padding: [{turned}]}};" in one.hint
    assert one.hint.endswith(f"hides, mask: {{padding: [{same}]}}")
    if turned.count(",") == 3:
        hidden = load(tmp_path, f"mask: {{padding: [{turned}]}}\n").mask
        assert hidden is not None
        assert hidden.hidden.tolist() == [flag == "1" for flag in turned.split(", ")]


def test_a_padding_mask_of_elsewhere_as_an_array():
    for mask in (np.array([True, False]), np.array([1, 0]), np.array([[1.0, 0.0]]), [True, False]):
        with pytest.raises(AttnError, match=r"write mask: \{padding: \[0, 1\]\}"):
            attncli.Problem(X=np.eye(2), Wq=np.eye(2), Wk=np.eye(2), Wv=np.eye(2), mask=mask)


def test_a_long_padding_mask_is_not_written_out():
    many = np.ones(2000, bool)
    with pytest.raises(AttnError) as caught:
        attncli.Problem(X=np.ones((2000, 1)), Wq=[[1]], Wk=[[1]], Wv=[[1]], mask=many)
    assert len(str(caught.value)) < 300
