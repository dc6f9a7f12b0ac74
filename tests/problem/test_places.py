"""What is missing is told where it would stand: at its own empty key, or at least in its own file."""

from pathlib import Path

import pytest

import attncli
from attncli.errors import AttnError

CONFIG = """sentence: a b
embeddings: [[1, 0], [0, 1]]
Wq: [[1], [0]]
Wk: [[1], [0]]
Wv: [[1], [0]]
"""


def run(path: Path, loss: str | None) -> None:
    problem = attncli.load(path)
    if loss is not None:
        attncli.backward(problem, loss=loss)


def told(path: Path, text: str, loss: str | None = None) -> list[tuple[str, str, str]]:
    """Return the place, the message and the hint of each error; the place without the folder."""
    (path / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(AttnError) as caught:
        run(path / "c.yaml", loss)
    return [(str(one.where).removeprefix(f"{path}/"), one.message, one.hint) for one in caught.value.errors]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("embeddings: [[1, 0], [0, 1]]", "embeddings:", "c.yaml:2:1", "embeddings is missing"),
        ("Wq: [[1], [0]]", "Wq: ~", "c.yaml:3:1", "Wq is missing"),
        ("Wv: [[1], [0]]", "Wv: # later", "c.yaml:5:1", "Wv is missing"),
        ("Wv: [[1], [0]]", "", "c.yaml:1:1", "Wv is missing"),
        ("embeddings: [[1, 0], [0, 1]]", "X:", "c.yaml:2:1", "embeddings is missing"),
        ("Wv:", "context:\n  embeddings:\n  tokens: [c]\nWv:", "c.yaml:6:3", "context.embeddings is missing"),
    ],
)
def test_an_empty_key_is_told_where_it_stands(tmp_path: Path, old: str, new: str, place: str, message: str):
    assert old in CONFIG
    ((where, words, _hint),) = told(tmp_path, CONFIG.replace(old, new))
    assert (where, words.split(":")[0]) == (place, message)


@pytest.mark.parametrize(
    ("more", "loss", "place"),
    [
        ("", "bce", "c.yaml:1:1"),
        ("target:\n", "ce", "c.yaml:6:1"),
        ("heads: 1\ntarget: ~\nupstream: ~\n", "mse", "c.yaml:7:1"),
        ("", "upstream", "c.yaml:1:1"),
        ("heads: 1\ntarget: ~\nupstream: ~\n", "upstream", "c.yaml:8:1"),
    ],
)
def test_a_missing_target_has_a_file_and_a_line(tmp_path: Path, more: str, loss: str, place: str):
    ((where, message, _hint),) = told(tmp_path, CONFIG + more, loss)
    assert where == place
    assert "needs a target" in message or "needs upstream" in message


def test_drawn_weights_without_a_shape_are_what_is_told(tmp_path: Path):
    text = CONFIG.replace("Wq: [[1], [0]]\nWk: [[1], [0]]", "Wq: {init: binary}\nWk: {init: binary}")
    assert [(where, message) for where, message, _ in told(tmp_path, text)] == [
        ("c.yaml:3:5", "Wq is d_model × d_k, and nothing determines d_k"),
        ("c.yaml:4:5", "Wk is d_model × d_k, and nothing determines d_k"),
    ]


def test_given_scores_still_need_a_scale(tmp_path: Path):
    ((where, message, _hint),) = told(tmp_path, "given:\n  S: [[1]]\n  V: [[1]]\n")
    assert (where, message) == ("c.yaml:2:6", "S is given, so nothing determines d_k in Z = S/√d_k")


@pytest.mark.parametrize(
    ("symbol", "more", "hint"),
    [
        ("Z", "scale: false", "give S instead, or delete scale: false"),
        ("H", "", "A·V is the output O itself"),
        ("C", "", "C puts several heads side by side"),
        ("Kh", "", "there is one head"),
        ("X", "", "write embeddings outside given"),
        ("Wq", "", "write Wq outside given"),
    ],
)
def test_a_quantity_that_this_problem_lacks_says_why(tmp_path: Path, symbol: str, more: str, hint: str):
    ((where, message, found),) = told(tmp_path, f"{CONFIG}given: {{{symbol}: [[1, 0], [0, 1]]}}\n{more}\n")
    assert (where, message) == ("c.yaml:6:9", f"'{symbol}' is not a quantity of this problem")
    assert hint in found
