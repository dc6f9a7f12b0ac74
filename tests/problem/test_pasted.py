from contextlib import suppress

import pytest

import attncli
from attncli.errors import AttnError
from attncli.problem.document import parse
from attncli.problem.pasted import Budget, expand
from attncli.problem.pasted import read_pasted as read
from tests.support.pace import in_time


def read_pasted(text: str) -> object:
    return read(text, Budget(10**7))


FOUR = [["0.89", "0.11"], ["0.33", "0.67"]]
WAYS = {
    "MATLAB": "[0.89 0.11; 0.33 0.67]",
    "MATLAB with commas": "A = [0.89, 0.11; 0.33, 0.67];",
    "MATLAB in lines": "[0.89 0.11\n 0.33 0.67]",
    "MATLAB's screen": "\nA =\n\n    0.89    0.11\n    0.33    0.67\n\n",
    "MATLAB's columns": "A =\n\n  Columns 1 through 1\n\n  0.89\n  0.33\n\n  Column 2\n\n  0.11\n  0.67\n",
    "NumPy": "[[0.89 0.11]\n [0.33 0.67]]",
    "NumPy's repr": "array([[0.89, 0.11],\n       [0.33, 0.67]], dtype=float32)",
    "NumPy's scalars": "[[np.float64(0.89), np.float64(0.11)], [np.float64(0.33), np.float64(0.67)]]",
    "PyTorch": "tensor([[0.89, 0.11],\n        [0.33, 0.67]], device='cuda:0', grad_fn=<SoftmaxBackward0>)",
    "Mathematica": "{{0.89, 0.11}, {0.33, 0.67}}",
    "MATLAB, going on in the next line": "[0.89 0.11; ...\n 0.33 0.67]",
    "tuples": "((0.89, 0.11), (0.33, 0.67))",
    "rows in parentheses": "(0.89 0.11)\n(0.33 0.67)",
    "words that look like numbers": "         inference  nano\ninfant  0.89  0.11\noops  0.33  0.67",
    "LaTeX": r"A = \begin{pmatrix} 0.89 & 0.11 \\ 0.33 & 0.67 \end{pmatrix}",
    "LaTeX's array": "\\left[\\begin{array}{cc}\n"
    "0.89 & 0.11 \\\\[2pt]\n\\hline 0.33 & 0.67 \\\\\n\\end{array}\\right]",
    "Markdown": "|  | Death | is |\n|---|---:|---:|\n| Death | 0.89 | 0.11 |\n| is | 0.33 | 0.67 |",
    "Markdown without a header": "|  |  |\n|--|--|\n| 0.89 | 0.11 |\n| 0.33 | 0.67 |",
    "Markdown, the first row as header": "0.89 | 0.11\n--- | ---\n0.33 | 0.67",
    "TSV": "0.89\t0.11\n0.33\t0.67",
    "TSV with words": "\tDeath\tis\nDeath\t0.89\t0.11\nis\t0.33\t0.67\n",
    "CSV": "0.89,0.11\n0.33,0.67\n",
    "CSV with words": '"","Death","is"\n"Death",0.89,0.11\n"is",0.33,0.67',
    "spaces": "0.89 0.11\n\n0.33 0.67",
    "a header with an empty corner": "       Death  is\nDeath  0.89  0.11\nis     0.33  0.67",
    "pandas": "      0     1\n0  0.89  0.11\n1  0.33  0.67",
    "labels only": "Death 0.89 0.11\nis    0.33 0.67",
    "our own screen": "       Death   is\n─────────────────\nDeath   0.89 0.11\nis      0.33 0.67",
    "a box": "┏━━━━━━━┳━━━━━━━┳━━━━━━┓\n┃       ┃ Death ┃ is   ┃\n┡━━━━━━━╇━━━━━━━╇━━━━━━┩\n"
    "│ Death │ 0.89  │ 0.11 │\n│ is    │ 0.33  │ 0.67 │\n└───────┴───────┴──────┘",
    "spaces that do not break": "0.89\u00a00.11\n0.33\u20090.67",
    "full width": "０．８９　０．１１\n０．３３　０．６７",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_matrix_is_read_in_whatever_way_it_was_pasted(way: str) -> None:
    assert read_pasted(WAYS[way]) == FOUR


@pytest.mark.parametrize(
    "text",
    [
        "0,89 0,11\n0,33 0,67",
        "0,89, 0,11\n0,33, 0,67",
        "[0,89, 0,11; 0,33, 0,67]",
        "0,89\t0,11\n0,33\t0,67",
        "0,89;0,11\n0,33;0,67\n",
    ],
)
def test_commas_are_decimal_ones_where_that_is_the_only_reading(text: str) -> None:
    assert read_pasted(text) == [["0,89", "0,11"], ["0,33", "0,67"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1 2 3", ["1", "2", "3"]),
        ("1;2;3", [["1"], ["2"], ["3"]]),
        ("1,2\n3,4", [["1", "2"], ["3", "4"]]),
        ("1 -2\n–3 −4", [["1", "-2"], ["-3", "-4"]]),
        ("73% 27 %\n33,1% 66,9 %", [["73%", "27%"], ["33,1%", "66,9%"]]),
        ("2.7×10⁻² 1 × 10^1\n1 2·10^2", [["2.7*10^-2", "1*10^1"], ["1", "2*10^2"]]),
        (r"\frac{1}{2} & -\infty \\ \tfrac13 & 1{,}5 \cdot 10^{-3}", [["1/2", "-∞"], ["1/3", "1,5*10^-3"]]),
        ("1 2\n~\n3 ?", [["1", "2"], ["~", "~"], ["3", "?"]]),
        ("\t1\t2\n0.5\t\t~", [["", "1", "2"], ["0.5", "", "~"]]),
        ("  1.0e+03 *\n\n 0.0012 2\n", ["0.0012*10^+03", "2*10^+03"]),
        ("tensor(0.4361, grad_fn=<MeanBackward0>)", "0.4361"),
        ("L = 31.3", "31.3"),
        (
            "[[[1. 2.]\n  [3. 4.]]\n\n [[5. 6.]\n  [7. 8.]]]",
            [[["1.", "2."], ["3.", "4."]], [["5.", "6."], ["7.", "8."]]],
        ),
        (
            r"\begin{bmatrix}1&2\\3&4\end{bmatrix}, \begin{bmatrix}5&6\\7&8\end{bmatrix}",
            [[["1", "2"], ["3", "4"]], [["5", "6"], ["7", "8"]]],
        ),
        ("O.5 0.3\n0.2 0.1", [["O.5", "0.3"], ["0.2", "0.1"]]),
        *((text, None) for text in ("", "abc", "0.5", "softmax(Z)", "Q·Kᵀ/√3", "-inf", "? ~", "1:30")),
    ],
)
def test_what_a_text_holds(text: str, found: object) -> None:
    assert read_pasted(text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2\n3 4 5", "spaces between its columns, but row 2 has 3 cells; row 1 has 2"),
        ("1;2\n3;4;5", "; between its columns, but row 2 has 3 cells"),
        ("| 1 | 2 |\n| 3 |", "| between its columns, but row 2 has 1"),
        (r"1 & 2 \\ 3", "a LaTeX matrix, but row 2 has 1 cells"),
        ("[[1 2 ... 3]]", "brackets, but numbers are left out"),
        ("1 2 …\n3 4 …", "numbers are left out"),
        ("0.5 * [1 2; 3 4]", "numbers outside of its brackets"),
        ("[1 2; 3", "a bracket is not closed"),
        ("1 2]", "a bracket is closed that was not opened"),
        ("[[1 2] 3]", "some of its rows are lists and some are not"),
        ("[[[[1 2]]]]", "nested more than 3 deep"),
        ("1 " * 10**6, "more is pasted here than can be read"),
    ],
)
def test_what_cannot_be_read_says_which_form_it_seems_to_have(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"it seems to be|more is pasted") as caught:
        read_pasted(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        (["1 2; 3 4"], [["1", "2"], ["3", "4"]]),
        (["1", "2; 3", "4"], [["1", "2"], ["3", "4"]]),
        (["1 2", "3 4"], [["1", "2"], ["3", "4"]]),
        ([["1 2"], ["3 4"]], [["1", "2"], ["3", "4"]]),
        (["0,71; 1,41", "2,12; 0,00"], [["0,71", "1,41"], ["2,12", "0,00"]]),
        (["[1 2; 3 4]", "[5 6; 7 8]"], [[["1", "2"], ["3", "4"]], [["5", "6"], ["7", "8"]]]),
    ],
)
def test_yaml_may_have_cut_it(tree: object, found: object) -> None:
    assert expand(tree, Budget(10**4)) == found


@pytest.mark.parametrize("tree", [["1 2", "0.25"], ["1 2", "3"], [["1/3", "1 2"], ["1", "2"]], []])
def test_cells_stay_cells(tree: object) -> None:
    assert expand(tree, Budget(10**4)) is tree


@pytest.mark.parametrize(
    "text",
    [
        *(
            "f(" * 10**6,
            "f(" + " " * 10**6,
            "\\begin{a" * 10**5,
            "\\frac{" * 10**5,
            "\\frac" + " " * 10**6 + "&",
        ),
        *("[" * 10**6, "a=" * 10**6, "aaaa" * 10**6, " " * 10**6 + "%", "1 2" + "\n" * 10**6, "²" * 10**6),
        *(
            "1 2\n" + "-" * 10**6,
            "\"'" * 10**6,
            "[1]" * 10**4,
            "1," * 10**6,
            "|" * 10**6,
            "\t1" * 10**4,
            "x 1" * 10**4,
        ),
    ],
    ids=range(18),
)
def test_it_takes_linear_time(text: str) -> None:
    with in_time(), suppress(ValueError):
        read_pasted(text + " 1 2")


CONFIG = {"tokens": ["a", "b"], "Wk": [[1, 0], [0, 1]], "Wv": [[1, 0], [0, 1]]}


@pytest.mark.parametrize(
    ("wq", "found"),
    [
        ("[1 2; 3 4]", [[1, 2], [3, 4]]),
        ("1,5 2\n3 73%", [[1.5, 2], [3, 0.73]]),
        ("1/3 2\n3 4", [[1 / 3, 2], [3, 4]]),
        (["1 2", "3 4"], [[1, 2], [3, 4]]),
        (["[1 2; 3 4]"], [[1, 2], [3, 4]]),
    ],
)
def test_a_config_is_read_in_the_same_way(wq: object, found: object) -> None:
    problem = attncli.load({**CONFIG, "embeddings": "1 0\n0 1", "Wq": wq})
    assert problem.givens["Wq"].tolist() == found


def test_a_blank_row_of_a_pasted_target_does_not_count() -> None:
    problem = attncli.load({**CONFIG, "Wq": "1 2\n3 4", "X": "1 0\n0 1", "target": "1 0\n~"})
    assert str(problem.target.values.tolist()) == "[[1.0, 0.0], [nan, nan]]"


@pytest.mark.parametrize(
    ("wq", "message", "hint"),
    [
        ([["1,5", 2], [3, 4]], "Wq[1,1] is '1,5', which is not a number", "write 1.5"),
        ([["73 %", 2], [3, 4]], "which is not a number", "write 0.73"),
        ([["2×10⁻³", 2], [3, 4]], "which is not a number", "write 0.002"),
        ("[1 2; 3 x]", "Wq[2,2] is 'x', which is not a number", "write it like"),
        (
            "1 2\n3",
            "Wq: it seems to be a table with spaces between its columns, but row 2 has 1",
            "a list of rows",
        ),
        ("[1 2; 3 -inf]", "Wq[2,2] is -inf; expected a finite number", ""),
    ],
)
def test_what_a_config_refuses(wq: object, message: str, hint: str) -> None:
    with pytest.raises(AttnError) as caught:
        attncli.load({**CONFIG, "embeddings": "1 0\n0 1", "Wq": wq})
    assert len(caught.value.errors) == 1
    assert message in caught.value.errors[0].message
    assert hint in caught.value.errors[0].hint


@pytest.mark.parametrize(
    "text",
    [
        "Wq: |\n  \ta\tb\n  a\t1\t0\n",
        "Wq:\n\ta\tb\na\t1\t0\n",
        "Wq: |\n     a  b\n  a  1  0\n",
        "Wq: | | a | b |\n | a | 1 | 0 |\n",
        "Wq:\n  | 1 | 0 |\n",
    ],
)
def test_a_table_that_yaml_refuses_gets_a_hint(text: str) -> None:
    with pytest.raises(AttnError) as caught:
        parse(text, "my.yaml")
    assert "indented as far as the first" in caught.value.errors[0].hint
