from pathlib import Path
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.errors import AttnError

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
    ("text", "column", "words"),
    [
        ("flase", 7, "mask is 'flase'"),
        ("1", 7, "mask is '1'"),
        ("{}", 7, "this mask is empty"),
        ("{paddings: [a]}", 8, "a mask has no key 'paddings'"),
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
