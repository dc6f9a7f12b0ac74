"""A page of one's own: formulas are read as they are printed, and errors stand where they are made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.calculation import whole_page
from attncli.errors import AttnError
from attncli.language import to_ascii
from attncli.problem.sources import builtin_names, configs_folder
from tests.page.test_pages import FORMS
from tests.support.running import attncli as run

CONFIG: dict[str, Any] = {
    "tokens": ["a", "b", "c"],
    "embeddings": [[1, 0, 2], [0, 1, 1], [1, 1, 0]],
    "Wq": [[1, 0], [0, 1], [1, 1]],
    "Wk": [[1, 1], [0, 1], [1, 0]],
    "Wv": [[1, 0], [0, 2], [1, 1]],
}
LAYER: dict[str, Any] = {
    "W1": [[1, 0, 1], [0, 1, 2]],
    "b1": [1, 2, 3],
    "formulas": "F = O·W1 + b1\nR = X + F",
    "output": "R",
}


def config_of(name: str) -> dict[str, Any]:
    """A problem of each form of the golden pages: whole numbers, all sizes different."""
    form = FORMS[name][0]
    rng = np.random.default_rng(7)
    h, n, m = form.heads, 3, 4 if form.context else 3

    def drawn(*shape: int) -> Any:
        return rng.integers(-3, 4, shape)

    config = {"embeddings": drawn(n, 5), "heads": h, "Wq": drawn(5, 2 * h)}
    config |= {"Wk": drawn(6 if form.context else 5, 2 * h)}
    config |= {"Wv": drawn(7 if form.context_values else 6 if form.context else 5, 4 * h)}
    if form.output_weights:
        config["Wo"] = drawn(4 * h, 3)
    if form.context:
        config["context"] = {"embeddings": drawn(m, 6)}
        if form.context_values:
            config["context"]["values"] = drawn(m, 7)
    masks = {"add": drawn(n, m)} if form.mask_added else form.masked
    scale = {"c": 0.5, "": False}.get(form.scale, True)
    widths = {"bq": 2 * h, "bk": 2 * h, "bv": 4 * h, "bo": 3}
    config |= {bias: drawn(widths[bias]) for bias in form.biases}
    return config | {"mask": masks, "scale": scale}


@pytest.mark.parametrize("in_ascii", [False, True])
@pytest.mark.parametrize("name", FORMS)
def test_what_a_golden_page_prints_is_read_as_the_same_page(name: str, *, in_ascii: bool) -> None:
    config = config_of(name)
    problem = attncli.Problem(**config)
    form, _, mean = FORMS[name]
    page = whole_page(problem.form, frozenset(), None, mean=mean)
    printed = "\n".join(row.formula for row in page.rows)
    assert printed == "\n".join(row.formula for row in whole_page(form, frozenset(), None, mean=mean).rows)
    own = attncli.Problem(**config, formulas=to_ascii(printed) if in_ascii else printed)
    assert own.form.lines == page.rows
    assert own.letters | problem.letters == own.letters
    for result, right in (
        (attncli.forward(own), attncli.forward(problem)),
        (attncli.backward(own, loss="sum"), attncli.backward(problem, loss="sum")),
    ):
        assert [row.formula for row in result.page.rows] == [row.formula for row in right.page.rows]
        assert list(result) == list(right)
        for symbol in right:
            assert np.array_equal(result[symbol], right[symbol]), symbol


@pytest.mark.parametrize("options", [(), ("--ascii",)])
@pytest.mark.parametrize("name", builtin_names())
def test_what_formulas_prints_goes_under_formulas(
    name: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    printed = run("formulas", name, *options)
    text = (configs_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    text = re.sub(r"^formulas: \|\n(?:(?: .*)?\n)*", "", text, flags=re.MULTILINE)
    indented = "".join(f"  {line}\n" for line in printed.out.splitlines())
    (tmp_path / f"{name}.yaml").write_text(f"{text}\nformulas: |\n{indented}", encoding="utf-8")
    again = run("formulas", str(tmp_path / f"{name}.yaml"), *options)
    assert (again.code, again.out) == (0, printed.out), again.err
    values = [
        run("forward", where, "--plain").out.splitlines()[1:]
        for where in (name, str(tmp_path / f"{name}.yaml"))
    ]
    assert values[0] == values[1] != []


def test_lines_stand_among_the_lessons() -> None:
    problem = attncli.Problem(**CONFIG, **LAYER, target=1, loss="mse")
    result = attncli.backward(problem)
    assert [row.symbol for row in result.page.rows if not row.backward] == [*"QKVSZAOFR", "L"]
    right = np.array(CONFIG["embeddings"]) + result["O"] @ np.array(LAYER["W1"]) + LAYER["b1"]
    assert np.allclose(result["R"], right, rtol=1e-15)
    assert result.formula("dX") == "dX = dX_Q + dX_K + dX_V + dX_R"
    assert problem.letters["F"] == ("n", "d_model")
    assert problem.letters["b1"] == ("d_model",)


def test_lines_may_stand_in_any_order_and_in_a_list() -> None:
    turned = {**LAYER, "formulas": ["R = X + F", "", "F = O*W1 + b1  # as a layer has it"]}
    one, two = (attncli.forward(attncli.Problem(**CONFIG, **own)) for own in (LAYER, turned))
    assert list(one) == list(two)
    assert np.array_equal(one["R"], two["R"])


def test_a_quantity_read_twice_by_one_row_has_numbered_paths() -> None:
    problem = attncli.Problem(**CONFIG, formulas="S = X·Xᵀ")
    page = attncli.backward(problem, loss="sum").page
    assert [symbol for symbol in page.row if symbol.startswith("dX")] == ["dX_V", "dX_S1", "dX_S2", "dX"]


@pytest.mark.parametrize("line", ["R = O + O", "R = Oᵀ·O", "R = O·Oᵀ", "R = O∘O", "R = X + X"])
def test_each_of_the_two_ways_agrees_with_its_slope(line: str, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"{BASE}loss: sum\nformulas: {line}\noutput: R\n", encoding="utf-8")
    outcome = run("gradcheck", str(path))
    assert outcome.code == 0, outcome.out
    assert "via R" in outcome.out


def test_what_the_output_no_longer_needs_is_noted() -> None:
    problem = attncli.Problem(**CONFIG, formulas="R = X·Wr", Wr=[[1], [2], [0]], output="R")
    assert list(attncli.forward(problem)) == ["X", "Wr", "R"]
    assert problem.notes == ("Wq, Wk, Wv are not used: the output R does not depend on them",)


def test_greek_letters_may_be_spelt() -> None:
    problem = attncli.Problem(**CONFIG, gamma_1=[[1], [1]], formulas="R = O·gamma_1", output="R")
    assert attncli.forward(problem).formula("R") == "R = O·γ_1"
    with pytest.raises(AttnError, match="γ_1 and gamma_1 are the same"):
        attncli.Problem(**CONFIG, gamma_1=[[1], [1]], γ_1=[[1], [1]], formulas="R = O·γ_1", output="R")


def test_own_weights_lie_out_in_as_the_others() -> None:
    turned = {key: np.array(CONFIG[key]).T for key in ("Wq", "Wk", "Wv")} | {"W1": np.array(LAYER["W1"]).T}
    problem = attncli.Problem(**{**CONFIG, **LAYER, **turned}, weights="out-in")
    assert np.array_equal(
        attncli.forward(problem)["R"], attncli.forward(attncli.Problem(**CONFIG, **LAYER))["R"]
    )


BASE = """tokens: [a, b, c]
embeddings: [[1, 0, 2], [0, 1, 1], [1, 1, 0]]
Wq: [[1, 0], [0, 1], [1, 1]]
Wk: [[1, 1], [0, 1], [1, 0]]
Wv: [[1, 0], [0, 2], [1, 1]]
"""
# What is written, the place of the caret in the formula (line of the block, column, length) and what is said.
ERRORS = {
    "Zc = sotmax(Z)": (1, 8, 6, "there is no operation 'sotmax'", "did you mean 'softmax'?"),
    "A = softmax(X·Wq)": (1, 7, 13, "these are 2 operations", "give the parts names:"),
    "A = softmax(Z": (1, 15, 1, "breaks off", "close the bracket"),
    "A = softmax(Z))": (1, 17, 1, "out of place", "the operations are"),
    "A = softmax(Z; 3)": (1, 16, 1, "no sign of the page", "the operations are"),
    "A =": (1, 6, 1, "there is nothing behind =", "the operations are"),
    "A = Z": (1, 7, 1, "another name for Z", "write Z where A is read"),
    "A = softmax(Z, Z, Z)": (1, 7, 16, "no operation of the page", "write softmax(A)"),
    "nonsense": (1, 3, 8, "a line is SYMBOL = operation", "like"),
    "A = softmax(Z) B = A": (1, 3, 20, "2 equals signs", "one formula a line"),
    "P = softmax(O)": (1, 3, 1, "P is derived", "delete this line"),
    "dA = A + A": (1, 3, 2, "dA is derived", "delete this line"),
    "X = Q·Kᵀ": (1, 3, 1, "a meaning of its own", "another name"),
    "heads = Q·Kᵀ": (1, 3, 5, "a meaning of its own", "another name"),
    "2a = Q·Kᵀ": (1, 3, 2, "no name of a quantity", "begins with a letter"),
    "γa = Q·Kᵀ": (1, 3, 2, "no name of a quantity", "or Greek ones"),
    f"{'x' * 41} = Q·Kᵀ": (1, 3, 41, "longer than 40 letters", ""),
    "S = Q·Kᵀ\nS = Q·Kᵀ": (2, 3, 1, "S is computed twice, first on line 7", "another name"),
    "R = T + X\nT = R + X": (1, 3, 1, "in a circle: R ← T ← R", "before it"),
    "S = A·Aᵀ": (1, 3, 1, "in a circle: S ← A ← Z ← S", "before it"),
    "O = A·Wvv": (1, 9, 3, "Wvv is missing: O = A·Wvv needs it", "did you mean 'Wv'?"),
    "R = O + X": (1, 3, 1, "R feeds nothing: the output O does not depend on it", "output: R"),
    "Z = S + Q": (1, 7, 5, "Z = S + Q: S is 3 × 3, Q is 3 × 2", "of one shape"),
    "O = A·V + V": (1, 7, 7, "O = A·V + V: A is 3 × 3, V is 3 × 2", "give the product a name of its own"),
    "Vh = split(V, 0)\nO = concat(Vh)": (1, 8, 11, "Vh = split(V, 0): V is 3 × 2", "equally many columns"),
    "Vh = split(V, 1.5)\nO = concat(Vh)": (1, 8, 13, "Vh = split(V, 1.5): V is 3 × 2", "equally many"),
    "Z = 1e999·S": (1, 7, 5, "1e999 is no finite number", "such as 30 or 1/3"),
    "Z = 1/0·S": (1, 7, 3, "1/0 is no finite number", "such as 30 or 1/3"),
    "Z = softcap(S)": (1, 7, 10, "softcap(S) is no operation of the page", "write softcap(A, c)"),
    "S = Q·K": (1, 7, 3, "S = Q·K: Q is 3 × 2, K is 3 × 2", "as many rows on the right"),
    "A = softmax(Zᵀ)": (1, 7, 11, "A = softmax(Zᵀ): Z is 3 × 3", "ᵀ stands only in a product"),
    "Z = c·S": (1, 7, 1, "Z = c·S needs c", "c is scale"),
    "Z = mask(S)": (1, 7, 7, "Z = mask(S) needs mask", "write mask: true"),
    "O = split(V)": (1, 3, 1, "the output O is", "concat"),
    "O = Q·Kh": (1, 9, 2, "Kh is missing", "that this problem does not have"),
    "O = dA·V": (1, 7, 2, "dA comes after the output", "derived"),
}


@pytest.mark.parametrize("text", ERRORS)
def test_what_is_wrong_is_said_where_it_stands(text: str, tmp_path: Path) -> None:
    line, column, length, message, hint = ERRORS[text]
    path = tmp_path / "p.yaml"
    path.write_text(
        BASE + "formulas: |\n" + "".join(f"  {one}\n" for one in text.split("\n")), encoding="utf-8"
    )
    with pytest.raises(AttnError) as caught:
        attncli.load(path)
    error = caught.value.errors[0]
    assert message in error.message
    assert hint in error.hint
    assert error.where is not None
    assert (error.where.line, error.where.column, error.where.length) == (line + 6, column, length)


def test_a_line_of_python_has_its_place_in_the_block() -> None:
    with pytest.raises(AttnError) as caught:
        attncli.Problem(**CONFIG, formulas="Z = 2·S\nA = sofmax(Z)")
    where = caught.value.errors[0].where
    assert str(where) == "Problem, formulas:2:5"
    assert where is not None
    assert where.text == "A = sofmax(Z)"


def test_a_given_that_is_computed_too_is_refused() -> None:
    with pytest.raises(AttnError, match="S is given, and computed here"):
        attncli.Problem(**CONFIG, given={"S": np.eye(3)}, formulas="S = Q·Kᵀ")
    with pytest.raises(AttnError, match="unknown key 'F'"):
        attncli.Problem(**CONFIG, **LAYER, F=[[1]])


def test_shapes_that_do_not_fit_say_why() -> None:
    wrong = {**LAYER, "W1": [[1, 0, 1], [0, 1, 2], [1, 1, 1]]}
    with pytest.raises(AttnError, match=r"W1 has 3 rows; .*\(d_v = 2\).*as many rows on the right"):
        attncli.Problem(**CONFIG, **wrong)
    with pytest.raises(AttnError, match=r"R = X \+ F: X is 3 × 3, F is 3 × 2 .*one shape"):
        attncli.Problem(**CONFIG, **{**LAYER, "W1": [[1, 0], [0, 1]], "b1": [1, 2]})
    with pytest.raises(AttnError, match=r"b1 has 2 numbers; W1 has 3 columns"):
        attncli.Problem(**CONFIG, **{**LAYER, "b1": [1, 2]})


def test_a_name_that_a_path_has_is_refused() -> None:
    with pytest.raises(AttnError, match="X_Q clashes with dX_Q, the gradient of X by way of Q"):
        attncli.Problem(**CONFIG, formulas="X_Q = 2·O", output="X_Q")
    with pytest.raises(AttnError, match="X_V clashes with dX_V"):
        attncli.Problem(**CONFIG, X_V=[[1], [2]], formulas="R = O·X_V", output="R")


def test_a_fraction_is_a_number() -> None:
    problem = attncli.Problem(**CONFIG, formulas="Z = 1/3·S")
    result = attncli.forward(problem)
    assert result.formula("Z") == "Z = 1/3·S"
    assert np.array_equal(result["Z"], result["S"] * (1 / 3))
    assert attncli.Problem(**CONFIG, formulas=result.formula("Z")).form == problem.form


def test_a_corner_is_no_disagreement(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    text = f"{BASE}loss: sum\nformulas: |\n  D = X − X\n  R = relu(D)\noutput: R\n"
    path.write_text(text, encoding="utf-8")
    assert run("gradcheck", str(path)).code == 0


def test_numbers_that_nothing_reads_are_noted() -> None:
    noted = attncli.Problem(**CONFIG, epsilon=1e-3).notes
    assert noted == ("epsilon is not used: the output O does not depend on it",)
    assert not attncli.Problem(**CONFIG, epsilon=1e-3, formulas="R = layernorm(O)", output="R").notes


def test_a_page_may_do_without_embeddings() -> None:
    own = {"W": [[1, 2], [3, 4], [1, 1]], "V1": [[1, 2, 3], [3, 4, 3]], "formulas": "R = W·V1", "output": "R"}
    problem = attncli.Problem(**own)
    assert problem.tokens == ("1", "2", "3")
    assert attncli.forward(problem)["R"].tolist() == [[7, 10, 9], [15, 22, 21], [4, 6, 6]]
    assert problem.letters == problem.letters | {"W": ("n", "d_W"), "V1": ("d_W", "d_R"), "R": ("n", "d_R")}
    relu = attncli.Problem(W=[[1, -2], [3, 4]], formulas="R = relu(W)", output="R")
    assert attncli.backward(relu, loss="sum")["dW"].tolist() == [[1, 0], [1, 1]]


def test_a_lesson_row_that_no_longer_fits_is_laid_to_the_line(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"{BASE}formulas: |\n  S = Qᵀ·K\n", encoding="utf-8")
    with pytest.raises(AttnError, match=r"p.yaml:7:3: O = A·V: A is 2 × 2, V is 3 × 2"):
        attncli.load(path)


def test_the_gradient_side_shows_the_output_of_the_page(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"{BASE}loss: sum\nformulas: R = 2·O\noutput: R\n", encoding="utf-8")
    assert "R = 2·O" in run("backward", str(path)).out
    assert "O = A·V" not in run("backward", str(path)).out


def test_too_many_lines_are_refused() -> None:
    lines = [f"T{i} = X + X" for i in range(1001)]
    with pytest.raises(AttnError, match="formulas has 1001 lines; at most 1000 are read"):
        attncli.Problem(**CONFIG, formulas=lines)


def test_an_initialiser_learns_its_shape_from_the_lines() -> None:
    own = {"W1": {"init": "gaussian", "seed": 1}, "formulas": "F = O·W1\nR = X + F", "output": "R"}
    assert attncli.Problem(**CONFIG, **own).givens["W1"].shape == (2, 3)
    own["formulas"] = "R = O·W1"
    with pytest.raises(AttnError, match="W1 is d_v × d_R, and nothing determines d_R"):
        attncli.Problem(**CONFIG, **own)
