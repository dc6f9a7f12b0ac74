"""layout: columns, read: every matrix lies, and the numbers are the transposes of those of rows."""

from pathlib import Path

import numpy as np
import pytest

import attncli
from attncli.errors import AttnError
from attncli.page.lying import exchanged
from attncli.problem.config_text import config_text
from attncli.problem.sources import builtin_names

BUILT_IN = tuple(builtin_names())
UPRIGHT = {
    "tokens": ["a", "b", "c"],
    "heads": 2,
    "X": [[1, 0, 2, 1], [0, 1, 1, 0], [2, 1, 0, 3]],
    "Wq": [[[1, 0], [0, 1], [1, 1], [2, 0]], [[0, 1], [1, 0], [1, 2], [0, 1]]],
    "Wk": [[1, 0, 2, 1], [0, 1, 1, 0], [1, 1, 0, 2], [0, 0, 1, 1]],
    "Wv": [[1, 0, 2, 1], [0, 1, 1, 1], [1, 3, 0, 2], [0, 0, 1, 1]],
    "Wo": [[[1, 0, 1], [0, 1, 2]], [[2, 0, 1], [1, 1, 0]]],
    "bq": [1, 2, 0, 1],
    "bo": [1, 0, 2],
    "mask": [[[1, 0, 0], [1, 1, 0], [1, 1, 1]], {"add": [[0, 5, 0], [1, 0, 5], [2, 0, 0]]}],
    "target": [[0.5, 1, 0], [1, 0.25, 1], [0, 0, 0.75]],
    "upstream": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
}


def lying(value: object) -> object:
    """Turn matrices and lists of matrices, wherever they stand."""
    if isinstance(value, dict):
        return {key: lying(item) for key, item in value.items()}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [lying(item) for item in value]
    if isinstance(value, list) and isinstance(value[0], list):
        return np.array(value).swapaxes(-1, -2).tolist()
    return value


def turned(value: np.ndarray) -> np.ndarray:
    return value.mT if value.ndim > 1 else value


def same(lies: attncli.Result, upright: attncli.Result) -> None:
    assert list(lies) == list(upright)
    for symbol in upright:
        assert np.array_equal(lies[symbol], turned(upright[symbol]), equal_nan=True), symbol
        assert lies.letters(symbol) == (*upright.letters(symbol)[:-2], *upright.letters(symbol)[-2:][::-1])


@pytest.mark.parametrize("loss", ["bce", "upstream"])
def test_every_matrix_of_a_config_is_read_lying(loss: str) -> None:
    problem = attncli.load({**lying(UPRIGHT), "layout": "columns"})
    same(attncli.backward(problem, loss=loss), attncli.backward(attncli.load(UPRIGHT), loss=loss))


def test_given_rows_and_a_context_are_read_lying() -> None:
    config = {
        "heads": 2,
        "context": {"tokens": ["x", "y", "z"]},
        "tokens": ["a", "b"],
        "given": {
            "Qh": [[[1, 2], [0, 1]], [[1, 0], [3, 1]]],
            "K": [[1, 0, 2, 1]] * 3,
            "V": [[3, 1], [2, 5], [0, 1]],
        },
        "loss": "sum",
    }
    lies = {**config, "given": lying(config["given"]), "layout": "columns"}
    same(attncli.backward(attncli.load(lies)), attncli.backward(attncli.load(config)))


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_config_is_written_lying_and_read_back(name: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    text = config_text(attncli.load(name, ("layout=columns",)), ["written"])
    path.write_text(text)
    problem = attncli.load(path)
    same(attncli.backward(problem), attncli.backward(attncli.load(name)))
    assert config_text(problem, ["written"]) == text
    assert "layout: columns" in text


@pytest.mark.parametrize("name", BUILT_IN)
def test_on_the_command_line_it_is_a_way_of_showing(name: str) -> None:
    shown = attncli.backward(attncli.load(name, ("layout=columns",)))
    same(shown, attncli.backward(attncli.load(name)))


def test_the_config_says_how_it_is_written_and_the_command_line_how_it_is_shown() -> None:
    config = {**lying(UPRIGHT), "layout": "columns"}
    back = attncli.load(config, ("layout=rows",))
    assert attncli.forward(back)["Q"].tolist() == attncli.forward(attncli.load(UPRIGHT))["Q"].tolist()
    changed = attncli.load(
        "article", ("layout=columns", "Wv=[[1, 2, 3, 4, 5]]", "target=[[1, 0, 0, 0, 0, 0, 0, 0, 1]]")
    )
    assert attncli.backward(changed)["Wv"].tolist() == [[1, 2, 3, 4, 5]]


def test_cells_are_named_as_they_are_shown() -> None:
    changes = ("layout=columns", "Wq[4,5]=7", "embeddings[5,Death]=8", "target[3,wind]=0.5")
    result = attncli.backward(attncli.load("article", changes))
    assert (result["Wq"][3, 4], result["X"][4, 0], result["Y"][2, 4]) == (7, 8, 0.5)
    with pytest.raises(AttnError, match="Wq has no 5"):
        attncli.load("article", ("layout=columns", "Wq[5,1]=7"))


def test_a_bias_may_stand_as_a_column() -> None:
    config = {**lying(UPRIGHT), "layout": "columns", "bq": [[1], [2], [0], [1]]}
    assert attncli.load(config).givens["bq"].tolist() == [1, 2, 0, 1]


def test_a_column_of_the_target_may_be_left_out(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "layout: columns\nembeddings: [[1, 0, 2], [0, 1, 1]]\n"
        "Wq: [[1, 0]]\nWk: [[0, 1]]\nWv: [[1, 0], [1, 1]]\n"
        "target: [[1, ~, 0], [0, ~, 1]]\n"
    )
    problem = attncli.load(config)
    assert np.isnan(attncli.backward(problem)["Y"]).tolist() == [[False, True, False]] * 2
    assert "[1, ~, 0]" in config_text(problem, [])
    with pytest.raises(AttnError, match="a column that is blank in some places only"):
        attncli.backward(attncli.load(config, ("target=[[1, ~, 0], [0, 1, 1]]",)))


def test_files_and_initialisers_lie(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", Wq=np.arange(8.0).reshape(2, 4))
    (tmp_path / "config.yaml").write_text(
        "layout: columns\nembeddings: [[1, 0, 2], [0, 1, 1], [1, 1, 1], [2, 0, 1]]\n"
        "Wq: {file: w.npz}\nWk: {init: identity}\nWv: {init: ones, shape: [3, 4]}\n"
    )
    result = attncli.forward(attncli.load(tmp_path / "config.yaml"))
    assert result["Wq"].tolist() == np.arange(8.0).reshape(2, 4).tolist()
    assert (result["Wk"].shape, result["Wv"].shape) == ((2, 4), (3, 4))


@pytest.mark.parametrize(
    ("change", "says", "hint"),
    [
        ({"weights": "out-in"}, "weights: out-in and layout: columns do not go together", "keep one"),
        ({"layout": "column"}, "layout is 'column'; expected rows or columns", "did you mean"),
        (
            {"Wk": [[1, 0, 2]] * 4},
            "Wk has 3 columns; embeddings have 4 rows",
            "W·X needs as many columns in W",
        ),
        ({"mask": [[1, 0], [1, 1], [1, 1]]}, "the scores are 3 × 3: a column a query, a row a key", ""),
        (
            {"target": [[1, 0], [0, 1], [1, 1]]},
            "target is 3 × 2; the output O is 3 × 3",
            "one column for all",
        ),
        ({"target": [[1, 0, 0], [0, 3, 1], [1, 1, 1]]}, "target[2,2] is 3", ""),
        ({"target": [[1, 0, 0], [0, 1, 3], [1, 1, 1]]}, "target[2,3] is 3", ""),
    ],
)
def test_what_is_wrong_is_said_of_the_config_as_it_is_written(change: dict, says: str, hint: str) -> None:
    with pytest.raises(AttnError) as caught:
        attncli.load({**lying(UPRIGHT), "layout": "columns", "loss": "bce", **change})
    assert any(says in error.message and hint in (error.hint or "") for error in caught.value.errors), (
        caught.value.errors
    )


def test_a_missing_matrix_is_asked_for_by_the_formula_as_it_is_printed() -> None:
    config = {**lying(UPRIGHT), "layout": "columns"}
    del config["Wk"]
    with pytest.raises(AttnError, match=r"Wk is missing: K = Wk·X needs it"):
        attncli.load(config)


LINES = {
    "softcap": {"formulas": "Zc = softcap(Z, 30)\nA = softmax(Zc)\n"},
    "ascii": {"formulas": "S = Q @ K^T\nA = softmax(S)\n"},
    "block": {
        "formulas": "R = X + O\nN1 = layernorm(R, γ, β)\nF = N1·W1 + b1\nG = relu(F)\n"
        "T = G·W2\nR2 = N1 + T\n",
        "output": "R2",
        "γ": [1, 2, 1, 0.5],
        "β": [0, 1, 0, 0],
        "b1": [1, 0, 0],
        "Wo": [[1, 0, 2, 1], [0, 1, 1, 1], [1, 0, 0, 1], [0, 2, 1, 0]],
        "W1": [[1, 0, 1], [0, 1, 1], [1, 1, 0], [0, 1, 1]],
        "W2": [[1, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 0]],
    },
    "gqa": {
        "heads": 2,
        "formulas": "Kh = split(K, 1)\nVh = split(V, 1)\nKr = repeat(Kh, 2)\nVr = repeat(Vh, 2)\n"
        "S = Qh·Krᵀ\nH = A·Vr\n",
        "Wk": [[0, 1], [1, 1], [1, 0], [0, 2]],
        "Wv": [[1, 1], [0, 1], [1, 3], [0, 2]],
    },
    "linear": {"formulas": "F = relu(S)\nA = rowshare(F)\n"},
    "rope": {"formulas": "Qr = rope(Q)\nKr = rope(K, pairs)\nS = Qr·Krᵀ\n"},
}
PROBLEM = {
    "sentence": "a b c d",
    "embeddings": [[1, 0, 2, 1], [0, 1, 1, 0], [2, 1, 0, 3], [1, 1, 1, 0]],
    "Wq": [[1, 0, 2, 1], [0, 1, 1, 1], [1, 0, 0, 1], [0, 2, 1, 0]],
    "Wk": [[0, 1, 2, 1], [1, 1, 0, 1], [1, 0, 1, 1], [0, 2, 0, 0]],
    "Wv": [[1, 1, 2, 1], [0, 1, 0, 1], [1, 3, 0, 1], [0, 2, 1, 1]],
    "target": 1,
    "loss": "mse",
}


@pytest.mark.parametrize("name", LINES)
def test_lines_of_ones_own_are_written_lying_and_read_back(name: str, tmp_path: Path) -> None:
    config = PROBLEM | LINES[name]
    upright, shown = attncli.load(config), attncli.load(config, ("layout=columns",))
    path = tmp_path / "config.yaml"
    path.write_text(config_text(shown, []))
    read = attncli.load(path)
    same(attncli.backward(shown), attncli.backward(upright))
    same(attncli.backward(read), attncli.backward(upright))
    formulas = {row.symbol: row.formula for row in attncli.backward(read).rows}
    assert formulas == {row.symbol: exchanged(row.formula) for row in attncli.backward(upright).rows}
    assert config_text(read, []) == path.read_text()


def test_lines_are_read_as_they_are_printed_in_ascii_too() -> None:
    config = {**lying(PROBLEM), "layout": "columns"}
    one = attncli.load({**config, "formulas": "S = K^T @ Q\nA = softmax(S)\nB2 = V @ A\nO = B2/2"})
    two = attncli.load({**PROBLEM, "formulas": "S = Q·Kᵀ\nA = softmax(S)\nB2 = A·V\nO = B2/2"})
    same(attncli.backward(one), attncli.backward(two))


@pytest.mark.parametrize(
    ("line", "says", "hint"),
    [
        ("A = rowshare(Z)", "there is no operation 'rowshare'", "did you mean 'colshare'?"),
        ("O = A·V", "O = A·V: V is 3 × 4, A is 4 × 4", "columns on the left as there are rows on the right"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_of_it_as_it_is_written(line: str, says: str, hint: str) -> None:
    config = {**PROBLEM, "Wv": [row[:3] for row in PROBLEM["Wv"]], "formulas": line}
    with pytest.raises(AttnError) as caught:
        attncli.load({**lying(config), "layout": "columns"})
    assert any(says in error.message and hint in (error.hint or "") for error in caught.value.errors), (
        caught.value.errors
    )
