import numpy as np
import pytest

import attncli
from attncli.homework.marks import Mark
from attncli.homework.policy import Policy

HW = {
    "tokens": ["a", "b", "c", "d"],
    "X": [[1, 0, 2], [0, 1, 1], [2, 1, 0], [1, 1, 1]],
    **{name: [[1, 0], [0, 1], [1, k]] for k, name in enumerate(("Wq", "Wk", "Wv"), 1)},
    "bq": [1, 2],
    "Wo": [[1, 2], [0, 1]],
    "mask": True,
    "target": [[1, 0], [0, 1], [1, 1], [0, 0]],
}
WIDE = {name: [[1, 0, k, 1], [0, 1, 2, k], [1, k, 0, 1]] for k, name in enumerate(("Wq", "Wk", "Wv"), 1)}
HEADS = attncli.load({**HW, **WIDE, "heads": 2, "bq": [1, 2, 0, 1], "Wo": [[1, 2], [0, 1], [1, 1], [2, 0]]})
ONE = attncli.load(HW)
RIGHT = {id(problem): attncli.backward(problem) for problem in (HEADS, ONE)}


def check(answers: dict[str, object], problem: attncli.Problem = HEADS, **policy: object) -> Mark:
    return attncli.check({"answers": answers}, problem, policy=Policy(**policy))


def right(symbol: str, problem: attncli.Problem = HEADS) -> np.ndarray:
    return RIGHT[id(problem)][symbol]


# Shapes


def beside(heads: np.ndarray) -> np.ndarray:
    return np.concatenate(list(heads), axis=1)


@pytest.mark.parametrize(
    ("symbol", "form", "note"),
    [
        ("A", np.concatenate, "A: its heads stand below each other"),
        ("A", beside, "A: its heads stand side by side"),
        ("Z", np.concatenate, "Z: its heads stand below each other"),
        ("dWq", lambda dw: np.array(np.split(dw, 2, axis=1)), "dWq: it is written one head after the other"),
        ("dWo", lambda dw: np.array(np.split(dw, 2, axis=0)), "dWo: it is written one head after the other"),
    ],
)
def test_heads_in_another_form(symbol: str, form, note: str) -> None:
    answer = form(right(symbol))
    mark = check({symbol: answer.tolist()})
    assert (mark.verdict, mark.score, mark.notes) == ("correct", 1, (note,))
    answer[0, -1] += 1
    assert check({symbol: answer}).score < 1


@pytest.mark.parametrize("form", [lambda b: b[:, None], lambda b: b[None, :], lambda b: b])
def test_a_column_or_a_row_is_a_vector(form) -> None:
    mark = check({"dbq": form(right("dbq", ONE)).tolist()}, ONE)
    assert (mark.verdict, mark.notes) == ("correct", ())


def test_where_sizes_leave_a_doubt_nothing_is_moved() -> None:
    for answer in (right("A").swapaxes(0, 2), right("A").ravel(), right("A")[0]):
        assert check({"A": answer.tolist()}).rows[0].verdict == "wrong"


def test_the_cells_keep_their_texts_and_their_places() -> None:
    answer = beside(right("A")).tolist()
    n = right("A").shape[1]
    answer[1][n + 2] = "abc"
    (row,) = check({"A": answer}).rows
    assert row.verdict == "unreadable"
    assert [(cell.index, cell.yours) for cell in row.wrong_cells] == [((1, 1, 2), "abc")]


# Names


@pytest.mark.parametrize(
    "names",
    [
        ("A1", "A2"),
        ("A_1", "A_2"),
        ("A[1]", "A[2]"),
        ("a(2)", "A(1)"),
        ("A_head1", "A_head2"),
        ("A^{(1)}", "A₂"),
        ("A0", "A1"),
    ],
)
def test_a_key_a_head(names: tuple[str, str]) -> None:
    heads = right("A")[::-1] if "2" in names[0] else right("A")
    mark = check(dict(zip(names, heads.tolist(), strict=True)), due=("A",))
    assert (mark.verdict, mark.score, len(mark.rows)) == ("correct", 1, 1)
    assert mark.notes == (f"read as heads of A: {names[0]}, {names[1]}",)


def test_a_head_that_is_missing_is_blank() -> None:
    (row,) = check({"A2": right("A")[1].tolist()}, due=("A",)).rows
    assert (row.right, row.cells) == (right("A")[1].size, right("A").size)
    mark = check({"A1": [[1]], "A2": [[1, 2]]})
    assert "different sizes" in mark.rows[0].says
    assert "head 1: row 2 has 1 cells" in check({"A1": [[1, 2], [3]]}).rows[0].says
    assert "no quantity 'A3'" in check({"A3": [[1]]}).rows[0].says


@pytest.mark.parametrize("name", ["dWQ", "DWQ", "dW_q", "dW_Q", "dL/dWq", "∂L/∂W_q", "dＷq"])
def test_a_name_that_only_looks_otherwise(name: str) -> None:
    mark = check({name: right("dWq", ONE).tolist()}, ONE, due=("dWq",))
    assert (mark.score, mark.max_score, len(mark.rows)) == (1, 1, 1)
    assert mark.notes == (f"{name!r} is read as dWq",)


def test_the_same_answer_is_not_charged_twice() -> None:
    answer = right("dWq", ONE).tolist()
    mark = check({"dWQ": [[0]], "dWq": answer, "dwq": 3}, ONE)
    assert (mark.score, mark.max_score, len(mark.rows)) == (1, 1, 1)
    assert mark.notes == (
        "'dWQ' is not read: dWq is answered already",
        "'dwq' is not read: dWq is answered already",
    )


def test_what_nobody_asked_for_costs_nothing() -> None:
    answers = {"L": float(right("L", ONE)), "Total": 5}
    mark = check(answers, ONE, due=("L",))
    assert (mark.score, mark.max_score, mark.verdict) == (1, 1, "correct")
    assert "no quantity 'Total'" in mark.notes[0]
    assert check(answers, ONE).max_score == 2


def test_few_of_many_unknown_answers_are_echoed() -> None:
    many = {f"x{i}": 1 for i in range(50_000)}
    for policy in ({}, {"due": ("L",)}):
        mark = check(many, ONE, **policy)
        assert len(mark.rows) + len(mark.notes) <= 12
        assert mark.notes[-1] == "and 49990 more answers to no quantity of this page"


# Pasted text


def test_what_was_pasted_is_marked() -> None:
    rows = right("S", ONE).tolist()
    text = "\n".join(" ".join(f"{x:g}" for x in row) for row in rows)
    assert check({"S": text}, ONE).verdict == "correct"
    folded = check({"S": text.replace("\n", " ")}, ONE)
    assert (folded.verdict, folded.notes[0][:30]) == ("correct", "S: its rows stand in one line;")


def test_commas_that_could_separate_are_decimal_where_only_that_fits() -> None:
    vector = right("dbq", ONE)
    text = "; ".join(f"{x:.3f}".replace(".", ",") for x in vector)
    assert check({"dbq": text}, ONE).verdict == "correct"
    assert check({"L": f"{right('L', ONE):.3f}".replace(".", ",")}, ONE).verdict == "correct"


def test_three_numbers_are_not_one() -> None:
    (row,) = check({"L": "1,2,3"}, ONE).rows
    assert (row.verdict, row.says) == ("wrong", "this is 3; L has a different shape")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("abc", "'abc' cannot be read as rows of numbers"),
        ("[1 2; 3", "it seems to be a matrix in brackets, but a bracket is not closed"),
        (r"\begin{matrix}1 & 2 \\ 3\end{matrix}", "it seems to be a LaTeX matrix, but row 2 has 1 cells"),
    ],
)
def test_what_cannot_be_read_is_unreadable(text: str, says: str) -> None:
    (row,) = check({"S": text}, ONE).rows
    assert row.verdict == "unreadable"
    assert says in row.says


@pytest.mark.parametrize("name", ["∇Wq", "dL/dWq", "∂L/∂W_q", "DWQ"])
def test_a_gradient_under_another_name(name: str) -> None:
    mark = check({name: right("dWq", ONE).tolist()}, ONE, due=("dWq",))
    assert (mark.verdict, mark.notes) == ("correct", (f"{name!r} is read as dWq",))


def test_a_given_under_another_name_costs_nothing() -> None:
    mark = check({"x": HW["X"], "wq": HW["Wq"], "L": float(right("L", ONE))}, ONE)
    assert (mark.score, mark.max_score) == (1, 1)


def test_heads_that_are_counted_in_two_ways() -> None:
    (row,) = check({"A0": [[1]], "A1": [[1]], "A2": [[1]]}).rows
    assert (row.verdict, row.symbol) == ("unreadable", "A")


@pytest.mark.parametrize("symbol", ["A", "dWq"])
def test_lists_of_arrays_are_as_precise_as_these(symbol: str) -> None:
    rows = list(right(symbol, ONE).astype(np.float32))
    assert check({symbol: rows}, ONE).verdict == "correct"
    assert check({symbol: [list(row) for row in rows]}, ONE).verdict == "correct"


def test_an_array_of_something_else_is_one_unreadable_answer() -> None:
    mark = check({"A": right("A", ONE) + 0j, "dWq": right("dWq", ONE)}, ONE)
    assert [row.verdict for row in mark.rows] == ["unreadable", "correct"]


def test_commas_between_cells_and_in_them() -> None:
    rows = right("dWq", ONE).tolist()
    text = "\n".join(", ".join(f"{x:.3f}".replace(".", ",") for x in row) for row in rows)
    assert check({"dWq": text}, ONE).verdict == "correct"


def test_a_dash_is_a_blank_cell() -> None:
    scores = [[f"{x:.4f}" if np.isfinite(x) else "–" for x in row] for row in right("M", ONE)]
    assert check({"M": scores}, ONE).verdict == "correct"
