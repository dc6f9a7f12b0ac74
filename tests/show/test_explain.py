"""The working of every cell: what is shown is what ran."""

from __future__ import annotations

import json
import math
import re
from functools import cache

import numpy as np
import pytest

import attncli
from attncli.names import cell_name, locate, parse_cell
from attncli.ops.expression import ASCII, cells_of, spell, value_of
from attncli.problem.sources import builtin_names
from attncli.result import Explanation
from attncli.show.working import Working
from tests.support.running import attncli as run

# What design allows in an expression, and nothing else.
ALLOWED = {
    **{name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh", "erf", "sin", "cos")},
    "max": max,
    "min": min,
    "inf": math.inf,
    "__builtins__": {},
}
LAST_DIGITS = 2e-15


@cache
def page(name: str, loss: str = "bce", reduction: str = "sum", mask: str = "") -> attncli.Result:
    return attncli.backward(
        attncli.load(name, [f"mask={mask}"] if mask else []), loss=loss, reduction=reduction
    )


def every_cell(result: attncli.Result):
    for symbol, value in result.values.items():
        for index in np.ndindex(value.shape):
            yield Explanation(result, symbol, index)


def off(explanation: Explanation) -> float:
    """How far the expression is from the value, relative to the largest number that goes into it.

    (P−Y)/(P∘(1−P)) loses digits in 1−P where P is near 1: as many as 1/(1−P) has.
    """
    found = eval(spell(explanation.expression, ASCII), dict(ALLOWED))  # noqa: S307 - that is the contract
    if found == explanation.value:
        return 0.0
    cells = [abs(cell.number) for cell in cells_of(explanation.expression)]
    scale = max([abs(explanation.value), *cells])
    if explanation.symbol == "dP":
        scale *= scale * explanation.result.constants.get("N", 1.0)
    return abs(found - explanation.value) / scale


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("loss", ["bce", "ce", "mse", "sum"])
@pytest.mark.parametrize("name", builtin_names())
def test_every_expression_evaluates_to_its_value(name: str, loss: str, reduction: str) -> None:
    result = page(name, loss, reduction)
    worst = max(every_cell(result), key=off)
    assert off(worst) <= LAST_DIGITS, worst.name


@pytest.mark.parametrize("name", builtin_names())
def test_every_cell_can_be_named_and_found_again(name: str) -> None:
    result = page(name)
    for explanation in every_cell(result):
        again = result.explain(explanation.name)
        assert (again.symbol, again.index) == (explanation.symbol, explanation.index)


def test_the_cells_that_go_in_are_those_that_the_row_reads() -> None:
    result = page("masked", "ce", "mean")
    for row in result.rows:
        reads = {symbol for symbol, _ in row.reads} & result.values.keys()
        used = {
            source.symbol
            for index in np.ndindex(result[row.symbol].shape)
            for source in Explanation(result, row.symbol, index).sources
        }
        # dP and L are shown by P, though they are worked out from O; a Y of 0s and 1s just picks.
        unseen = {"O", "Y"} if row.symbol == "L" else {"O"} if row.symbol == "dP" else set()
        assert used == reads - unseen, row.formula


def test_the_article_s_trail() -> None:
    lines = list(Working(4).trail(page("article").explain("A[Death,wind]"), None))
    assert lines[0].startswith("A[Death,wind] = softmax(Z)[Death,wind] = e^5/(e^5.5000 + e^1.5000")
    assert lines[0].endswith(" = 148.4132/504.1413 = 0.2944")
    assert lines[1] == " └ Z[Death,wind] = S/√d_k = 10/√4 = 5"
    assert lines[2] == "   └ S[Death,wind] = Q[Death]·K[wind] = 2·4 + 0·0 + 0·1 + 1·2 = 8 + 0 + 0 + 2 = 10"
    assert lines[3] == (
        "     └ Q[Death,1] = X[Death]·Wq[·,1] = 2·1 + 1·0 + 0·0 + 2·0 + 0·0 = 2 + 0 + 0 + 0 + 0 = 2"
    )
    names = [line.lstrip(" └").partition(" = ")[0] for line in lines]
    assert len(set(names)) == len(names), "a cell is worked out once"


def test_both_cases_of_the_softmax_gradient() -> None:
    result = page("article")
    text = "\n".join(Working(4).trail(result.explain("dZ[Death,wind]"), 0))
    a, da = result["A"][0], result["dA"][0]
    assert f"a(1 − a) = {a[4]:.4f}·(1 − {a[4]:.4f}) = {a[4] * (1 - a[4]):.4f}" in text
    assert f"−a_i·a_k = −{a[0]:.4f}·{a[4]:.4f} = {-a[0] * a[4]:.4f}" in text
    jacobian = np.where(np.arange(9) == 4, a * (1 - a[4]), -a * a[4])
    assert ", ".join(f"{x:.4f}" for x in jacobian) in text
    assert f"= {da @ jacobian:.4f}, the same" in text
    assert f"= {result['dZ'][0, 4]:.4f}" in text


def test_three_paths_and_the_cancelling() -> None:
    lines = list(Working(4).trail(page("article").explain("dX[wind,1]"), 1))
    assert [line.lstrip(" └").partition("[")[0] for line in lines] == ["dX", "dX_Q", "dX_K", "dX_V"]
    (line,) = Working(4).trail(page("article").explain("dO[Death,1]"), 0)
    assert line == "dO[Death,1] = dP∘P∘(1−P) = P − Y = 0.9144 − 1 = -0.0856"


def test_masked_cells() -> None:
    result = page("masked")
    hidden = result.explain("M[1][Death,is]")
    assert spell(hidden.expression, ASCII) == "-inf"
    assert hidden.to_dict(1, Working(4).substituted)["value"] == "-inf"
    assert spell(result.explain("A[1][Death,is]").expression, ASCII) == "0"
    assert spell(result.explain("dZ[1][Death,is]").expression, ASCII) == "0"
    only_one = result.explain("A[2][Death,Death]")
    assert value_of(only_one.expression) == 1


@pytest.mark.parametrize(
    ("cell", "mask", "reason"),
    [
        ("[1,3]", "true", "row 1 (Death) may not look at column 3 (wind): the causal mask"),
        ("[2,3]", "causal-bottom-right", "row 2 (is) may not look at column 3 (wind): the causal mask"),
        ("[2,1]", "{padding: [Death]}", "row 2 (is) may not look at column 1 (Death): it is padding"),
        (
            "[3,1]",
            "[[1,1,1],[1,1,1],[0,1,1]]",
            "row 3 (wind) may not look at column 1 (Death): the mask has a 0",
        ),
    ],
)
def test_a_masked_cell_says_why(cell: str, mask: str, reason: str) -> None:
    names = [f"{symbol}{cell}" for symbol in ("M", "A", "dZ")]
    done = run(
        "explain", *names, "-c", "tiny", "--set", f"mask={mask}", "--depth", "0", "--width", "200", "-q"
    )
    assert done.out.count(reason) == 3
    a = done.out.partition("\nA[")[2].partition("\ndZ")[0]
    assert re.search(r"= e\^-∞/\(e\^.* = 0/\d.* = 0\n", a)
    assert "= −∞ and e^−∞ = 0" in a
    seen = run(
        "explain", "M[3,3]", "A[3,3]", "-c", "tiny", "--set", f"mask={mask}", "--width", "200", "-q"
    ).out
    assert "may not look" not in seen.partition("A[wind,wind]")[0]


def test_a_row_in_which_everything_is_masked() -> None:
    mask = ["-c", "tiny", "--set", "mask=[[1,1,1],[0,0,0],[1,1,1]]", "-q", "--depth", "0"]
    assert "everything is masked in this row" in run("explain", "A[is,is]", *mask).out


def test_a_masked_weight_is_0_for_a_machine() -> None:
    record = json.loads(run("explain", "A[1][Death,is]", "-c", "masked", "--json", "-q").out)
    assert (record["expression"], record["value"], record["from"]) == ("0", 0.0, [])


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("C[Death,2]", "C[Death,2] = concat(H)[Death,2] = H[1][Death,2] = 1"),
        ("C[is,4]", "C[is,4] = concat(H)[is,4] = H[2][is,2] = "),
        ("Qh[2][the,3]", "Qh[2][the,3] = split(Q)[2][the,3] = Q[the,6] = "),
        ("M[1][is,is]", "M[1][is,is] = mask(Z)[1][is,is] = Z[1][is,is] = 1.1547"),
    ],
)
def test_a_copied_cell_is_named(cell: str, line: str) -> None:
    assert run("explain", cell, "-c", "masked", "--depth", "0", "-q").out.startswith(line)


@pytest.mark.parametrize(
    "mask", ["{add: [[0, -1, 2, 0, 1], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 1, 0, 1, 0]]}"]
)
def test_an_added_mask(mask: str) -> None:
    worst = max(every_cell(page("cross", mask=mask)), key=off)
    assert off(worst) <= LAST_DIGITS, worst.name


@pytest.mark.parametrize("loss", ["bce", "ce"])
def test_saturated_probabilities_are_worked_out_from_the_output(loss: str) -> None:
    o = [[800.0, 0.0], [-800.0, 0.0], [40.0, -3.0], [-40.0, 1.0]]
    target = [[1, 0], [0, 1], [0, 1], [1, 0]]
    result = attncli.backward(attncli.Problem(given={"O": o}, target=target, loss=loss))
    for explanation in every_cell(result):
        assert off(explanation) <= LAST_DIGITS, explanation.name


def test_upstream_and_blank_rows() -> None:
    given = {"Q": np.eye(3), "K": np.ones((3, 3)), "V": [[1, 2], [3, 4], [5, 6]]}
    upstream = attncli.Problem(given=given, loss="upstream", upstream=[[1, 2], [3, 4], [0, 1]], scale=0.5)
    assert max(map(off, every_cell(attncli.backward(upstream)))) <= LAST_DIGITS
    for loss, target in (
        ("bce", [[1, 0], None, [0, 1]]),
        ("mse", [[1, 0], None, [0, 1]]),
        ("ce", [0, None, 1]),
    ):
        result = attncli.backward(attncli.Problem(given=given, loss=loss, target=target, reduction="mean"))
        computed = [e for e in every_cell(result) if e.symbol != "Y"]
        assert max(map(off, computed)) <= LAST_DIGITS


def test_the_record_is_what_the_contract_says() -> None:
    done = run("explain", "Z[Death,wind]", "--json", "-q")
    record = json.loads(done.out)
    source = record.pop("from")
    assert record == {
        "cell": "Z[Death,wind]",
        "index": [0, 4],
        "formula": "Z = S/√d_k",
        "substituted": "10/√4",
        "expression": "10/sqrt(4)",
        "value": 5.0,
    }
    assert [cell["cell"] for cell in source] == ["S[Death,wind]"]
    assert source[0]["from"] == []


def test_several_cells_are_a_list_of_records() -> None:
    records = json.loads(run("explain", "L", "dX[wind,1]", "A[1,5]", "--json", "--depth", "all", "-q").out)
    assert [record["cell"] for record in records] == ["L", "dX[wind,1]", "A[Death,wind]"]
    assert records[0]["index"] == []

    def deepest(record: dict) -> int:
        return 1 + max(map(deepest, record["from"]), default=0)

    assert deepest(records[2]) == 5  # A, Z, S, Q, X


@pytest.mark.parametrize(
    ("cell", "message", "hint"),
    [
        ("A[Death,winds]", "A has no 'winds'", "did you mean 'wind'?"),
        ("A[1,2,3]", "A is 9 × 9: a cell of it has 2 indices, not 3", "row first"),
        ("A[10,1]", "A has no 10: it goes from 1 to 9", "counted from 1"),
        ("AA[1,1]", "'AA' is not on this page", "did you mean 'A'?"),
        ("A[", "is not a cell", "write it like A[Death,wind]"),
        ("article", "'article' is a config", "attncli explain 'A[1,5]' -c article"),
        ("mine.yaml", "'mine.yaml' is a config", "-c mine.yaml"),
    ],
)
def test_a_cell_that_does_not_exist(cell: str, message: str, hint: str) -> None:
    done = run("explain", cell, "-q")
    assert done.code == 2
    assert not done.out
    assert message in done.err
    assert hint in done.err


def test_an_ambiguous_token_says_how_to_number_it() -> None:
    config = ["--set", "sentence=the cat saw the dog is by my side"]
    done = run("explain", "A[the,cat]", *config, "-q")
    assert (done.code, "'the' stands in 2 places" in done.err, "the#1 or the#2" in done.err) == (
        2,
        True,
        True,
    )
    assert run("explain", "A[the#2,cat]", *config, "-q", "--depth", "0").out.startswith("A[the#2,cat] = ")


def test_rows_in_words() -> None:
    text = run("explain", "Z", "dA", "Wq", "-q", "--width", "120").out
    assert "Dividing by it keeps the scores small enough" in " ".join(text.split())
    assert "dA is ∂L/∂A" in text
    assert "Given in the config" in text


@pytest.mark.parametrize("name", builtin_names())
def test_every_symbol_has_its_words(name: str) -> None:
    result = attncli.backward(attncli.load(name))
    for symbol in result.values:
        done = run("explain", symbol, "-c", name, "-q", "--depth", "0")
        assert done.code == 0
        assert len(done.out.splitlines()) >= 3


def test_lines_fit_the_width_and_numbers_stay_whole() -> None:
    text = run("explain", "dWq[1,1]", "-q", "--width", "60").out
    assert max(map(len, text.splitlines())) <= 60
    whole = run("explain", "dWq[1,1]", "-q", "--width", "10000").out
    words, wide = (re.sub("[├└│─]", " ", shown).split() for shown in (text, whole))
    assert words == wide


def test_only_the_forward_pass_where_that_is_enough() -> None:
    config = ["--set", "target=~", "--depth", "0", "-q"]
    assert run("explain", "A[1,1]", *config).code == 0
    assert "needs a target" in run("explain", "dA[1,1]", *config).err


def test_depth_must_be_a_number() -> None:
    assert "--depth is 'deep'" in run("explain", "A[1,1]", "--depth", "deep").err


def test_odd_tokens_can_be_named() -> None:
    tokens = ("a,b", "2", 'say "x"', "the", "the", "[", " ", "c\\d")
    labels = [tokens, None]
    for i in range(len(tokens)):
        name = cell_name("X", (i, 0), labels)
        symbol, indices = parse_cell(name)
        assert locate(symbol, indices, (8, 2), labels) == (i, 0), name


def test_words_need_no_target() -> None:
    assert "Used in" in run("explain", "A", "--set", "target=", "-q").out
    assert "Its gradient: dA = dO·Vᵀ" in run("explain", "A", "-q").out
