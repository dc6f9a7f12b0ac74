from pathlib import Path

import numpy as np
import pytest

import attncli
from attncli.errors import AttnError

BASE = """embeddings: [[1, 0], [0, 1], [1, 1]]
Wq: [[1, 0], [0, 1]]
Wk: [[1, 0], [0, 1]]
Wv: [[1, 0], [0, 1]]
"""


def load(tmp_path: Path, text: str) -> attncli.Problem:
    (tmp_path / "config.yaml").write_text(BASE + text)
    (tmp_path / "t.csv").write_text("1,0\n0,1\n1,1\n")
    return attncli.load(tmp_path / "config.yaml")


NAN = [np.nan, np.nan]


@pytest.mark.parametrize(
    ("loss", "text", "full"),
    [
        ("bce", "1", [[1, 1]] * 3),
        ("bce", "[1, 0]", [[1, 0]] * 3),
        ("bce", "[[1/2, 0]]", [[0.5, 0]] * 3),
        ("bce", "[[1, 0], ~, [0, 1]]", [[1, 0], NAN, [0, 1]]),
        ("bce", "{file: t.csv}", [[1, 0], [0, 1], [1, 1]]),
        ("bce", "{init: ones}", [[1, 1]] * 3),
        ("mse", "[-5, 1e3]", [[-5, 1000]] * 3),
        ("ce", "[0, ~, 1]", [[1, 0], NAN, [0, 1]]),
        ("ce", "[[0.25, 0.75]]", [[0.25, 0.75]] * 3),
        ("ce", "0.5", [[0.5, 0.5]] * 3),
    ],
)
def test_every_form_of_a_target(tmp_path: Path, loss: str, text: str, full: list[list[float]]):
    problem = load(tmp_path, f"loss: {loss}\ntarget: {text}\n")
    assert problem.target is not None
    assert np.array_equal(problem.target.resolve(loss, 3, 2), np.array(full, float), equal_nan=True)


@pytest.mark.parametrize(
    ("loss", "text", "columns", "words"),
    [
        ("bce", "2", [9], "target is 2; bce compares probabilities, from 0 to 1"),
        ("bce", "[1, -1]", [13], "target[2] is -1; bce compares"),
        ("bce", "[[1, 3]]", [14], "target[1,2] is 3; bce"),
        ("bce", "[[1, 0], ~, [2, -1]]", [22, 25], "target[3,1] is 2; bce"),
        ("bce", "[1, ~]", [9], "target has a row that is blank in some places only"),
        ("bce", "[~, ~, ~]", [9], "target is a list of 3; the output O is 3 × 2"),
        ("mse", "[~, ~]", [9], "every row of target is ~"),
        ("mse", "[[1, 2], [3, 4]]", [9], "target is 2 × 2; the output O is 3 × 2"),
        ("sum", "[[1, 2], [3, 4]]", [9], "target is 2 × 2; the output O is 3 × 2"),
        ("ce", "[0, 1]", [9], "target has 2 class numbers; there are 3 tokens"),
        ("ce", "[0, 2, 0.5]", [13, 16], "target[2] is 2; O has 2 columns, so a class is a whole number"),
        ("ce", "[[0.5, 0.4]]", [10], "target row 1 sums to 0.9; ce needs one distribution a row"),
        ("ce", "[[0.5, 0.499]]", [10], "target row 1 sums to 0.999; ce needs one distribution a row"),
        ("ce", "[[-1, 2]]", [11], "target[1,1] is -1; ce compares"),
        ("ce", "[[[1]]]", [9], "target is 1 × 1 × 1"),
        ("ce", "[~, ~, ~]", [9], "every row of target is ~"),
        ("bce", "[[1, ~], [1, 1], [1, 1]]", [14], "target[1,2] is blank"),
        ("bce", "{init: nope}", [16], "target: there is no initialiser"),
    ],
)
def test_what_is_wrong_with_a_target(tmp_path: Path, loss: str, text: str, columns: list[int], words: str):
    with pytest.raises(AttnError) as caught:
        load(tmp_path, f"loss: {loss}\ntarget: {text}\n")
    places = [(one.where.line, one.where.column) for one in caught.value.errors if one.where]
    assert places == [(6, column) for column in columns]
    assert caught.value.errors[0].message.startswith(words)
    assert caught.value.errors[0].hint


def test_without_a_loss_only_the_size_is_held_against_the_output(tmp_path: Path):
    assert load(tmp_path, "target: [0, 1, 5]\n").target is not None
    assert load(tmp_path, "target: [[7, 7]]\n").target is not None
    with pytest.raises(AttnError, match="target is 1 × 1"):
        load(tmp_path, "target: [[1]]\n")
    with pytest.raises(AttnError, match="bce compares probabilities"):
        attncli.backward(load(tmp_path, "target: [[7, 7]]\n"))


def test_upstream(tmp_path: Path):
    problem = load(tmp_path, "loss: upstream\nupstream: [[1, -2]]\ntarget: 9\n")
    assert problem.upstream is not None
    assert problem.upstream.resolve("upstream", 3, 2).tolist() == [[1, -2]] * 3
    with pytest.raises(AttnError, match="upstream has a row that is ~; every cell of dO"):
        load(tmp_path, "upstream: [[1, 2], ~, [3, 4]]\n")


def test_a_target_of_unknown_size():
    with pytest.raises(AttnError, match="nothing determines d_v"):
        attncli.load({"target": {"init": "zeros"}, "X": [[1]]})
