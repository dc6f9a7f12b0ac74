"""Rows of n × m numbers in blocks: the same numbers as whole, and never whole unless asked for."""

from __future__ import annotations

import numpy as np
import pytest

import attncli
from attncli import calculation
from attncli.blocks import streaming
from attncli.blocks.schedule import WIDE, Pass, Stage, homes, key_shapes, plan, schedule, with_scaled_queries
from attncli.blocks.streaming import evaluate_in_blocks
from attncli.errors import AttnError
from attncli.ops.linear import DIVIDE, MATMUL, MULTIPLY, MatMul
from attncli.ops.softmax import MaskOut, Softmax, SoftmaxGradient
from attncli.page.page import Row
from attncli.problem.sources import builtin_names

# A page with lines of its own is worked out whole.
BUILT_IN = [name for name in builtin_names() if not attncli.load(name).form.lines]
GRADIENTS = ("dX", "dWq", "dWk", "dWv")


def in_blocks(problem: attncli.Problem, wanted: set[str], loss: str | None = None) -> dict[str, np.ndarray]:
    setting = calculation.backward_setting(problem, loss, None)
    page = setting.page.needed_for(wanted)
    given = {**setting.givens, **setting.constants}
    return evaluate_in_blocks(page, given, wanted, problem.letters, problem.sizes)


def agree(ours: np.ndarray, plain: np.ndarray) -> bool:
    finite = np.isfinite(plain)
    scale = max(1.0, np.abs(plain[finite]).max(initial=0.0))
    same = np.isfinite(ours) == finite
    return bool(same.all()) and bool((np.abs(ours[finite] - plain[finite]) <= 1e-12 * scale).all())


@pytest.fixture(params=[(1, 1, 1), (2, 20, 2), (4, 1, 3), (100, 10**6, 2), (3, 1, 5)])
def queries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many query tokens in a block; one head, two of three, or all of them at once; one worker or more."""
    queries, scores, workers = request.param
    work_together(monkeypatch, workers)
    monkeypatch.setattr(streaming, "FEWEST", queries)
    monkeypatch.setattr(streaming, "MOST", queries)
    monkeypatch.setattr(streaming, "AT_ONCE", scores)
    return queries


def work_together(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(streaming, "processors", lambda: workers)
    monkeypatch.setattr(streaming, "WORTH_IT", 1)


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.usefixtures("queries")
def test_every_row_alone_and_all_together_come_out_the_same(name: str) -> None:
    problem = attncli.load(name)
    plain = attncli.backward(problem)
    symbols = [row.symbol for row in plain.page.rows]
    for wanted in ({*symbols}, {*GRADIENTS}, *({symbol} for symbol in symbols)):
        found = in_blocks(problem, wanted)
        assert found.keys() == wanted
        for symbol, value in found.items():
            assert value.shape == plain[symbol].shape
            assert agree(value, plain[symbol]), symbol


@pytest.mark.parametrize(
    "mask",
    [
        False,
        "causal",
        "causal-bottom-right",
        {"padding": [1, 0, 0, 0, 1]},
        ["causal", {"padding": [1, 0, 0, 0, 0]}],  # the first token sees nothing
        {"window": [0, 1]},  # the last token sees nothing
        ["causal", {"window": 3}, {"padding": [0, 1, 0, 0, 0]}],
        ["causal-bottom-right", {"window": [2, 1]}],  # the first token sees nothing
        [{"window": [2, 2]}, [np.tri(6, 5, head, dtype=int).tolist() for head in range(3)]],
        [[1, 1, 0, 1, 1]] * 3 + [[0] * 5] * 3,
        [np.tri(6, 5, head, dtype=int).tolist() for head in range(3)],  # one a head
        {"add": np.linspace(-1, 1, 30).reshape(6, 5)},
    ],
)
@pytest.mark.parametrize(
    ("loss", "reduction"), [("bce", "sum"), ("bce", "mean"), ("ce", "mean"), ("mse", "mean"), ("sum", "sum")]
)
@pytest.mark.usefixtures("queries")
def test_masks_and_losses(mask: object, loss: str, reduction: str) -> None:
    rng = np.random.default_rng(3)
    problem = attncli.Problem(
        X=rng.normal(size=(6, 4)),
        context={"embeddings": rng.normal(size=(5, 3))},
        **{name: rng.normal(size=(rows, 6)) for name, rows in (("Wq", 4), ("Wk", 3), ("Wv", 3))},
        Wo=rng.normal(size=(6, 2)),
        heads=3,
        mask=mask,
        target=[[1, 0]] * 6,
        loss=loss,
        reduction=reduction,
    )
    plain = attncli.backward(problem)
    wanted = {"dX", "dE", "dWq", "dWk", "dWv", "dWo", "L"}
    for symbol, value in in_blocks(problem, wanted).items():
        assert np.abs(value).max() > 0
        assert agree(value, plain[symbol]), symbol


@pytest.mark.parametrize("given", ["A", "M", "S", "Z"])
@pytest.mark.usefixtures("queries")
def test_rows_of_scores_that_are_given(given: str) -> None:
    masked = attncli.load("masked")
    value = attncli.forward(masked)[given]
    problem = attncli.load("masked", [f"given={{{given}: {value.tolist()}}}".replace("inf", ".inf")])
    plain = attncli.backward(problem)
    for symbol in ("dWv", "dX"):
        assert agree(in_blocks(problem, {symbol})[symbol], plain[symbol])


def test_no_row_of_scores_exists_whole_unless_it_is_wanted() -> None:
    problem = attncli.load("masked")
    page = attncli.backward(problem).page
    shapes = key_shapes(page, problem.letters)
    steps = plan(page, shapes, {*GRADIENTS})
    whole = [row.symbol for step in steps if not isinstance(step, Pass) for row in step]
    assert not [symbol for symbol in whole if shapes[symbol][-2:] == WIDE]
    (once,) = [step for step in steps if isinstance(step, Pass)]
    assert sorted(once.out) == ["C", "dO", "dQ"]  # for dWo, dWq and dX
    assert [row.symbol for row in once.sums] == ["L", "dVh", "dKh"]
    assert [stage.by_head for stage in once.stages] == [False, True, False, True]
    (seen,) = [step for step in plan(page, shapes, {"A", *GRADIENTS}) if isinstance(step, Pass)]
    assert seen.out == once.out | {"A"}


def test_what_is_worked_out_in_one_round_does_not_wait_for_anything_in_it() -> None:
    problem = attncli.load("masked")
    page = attncli.backward(problem).page
    steps = plan(page, key_shapes(page, problem.letters), {*GRADIENTS})
    rounds = [{row.symbol for row in step if not row.op.view} for step in steps if not isinstance(step, Pass)]
    assert {"K", "V"} in rounds
    assert {"dX_Q", "dX_K", "dX_V"} <= next(symbols for symbols in rounds if "dX_Q" in symbols)
    assert {"dX"} in rounds


@pytest.mark.parametrize("mask", [{"window": 3}, {"window": [1, 1]}, ["causal", {"window": [2, 9]}]])
def test_a_block_of_a_window_looks_at_few_keys(mask: object, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    problem = attncli.Problem(
        X=rng.normal(size=(40, 2)), **{w: np.eye(2) for w in ("Wq", "Wk", "Wv")}, mask=mask
    )
    sizes, matmul = [], MatMul.write

    def noted(self: MatMul, out: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
        sizes.append(out.shape)
        matmul(self, out, a, b)

    monkeypatch.setattr(MatMul, "write", noted)
    monkeypatch.setattr(streaming, "FEWEST", 4)
    monkeypatch.setattr(streaming, "MOST", 4)
    plain = attncli.backward(problem, loss="sum")
    sizes.clear()
    for symbol, value in in_blocks(problem, {"L", *GRADIENTS}, "sum").items():
        assert agree(value, plain[symbol]), symbol
    assert {keys for queries, keys in sizes if queries == 4} <= {2, *range(3, 7)}  # of 40


def test_rows_of_scores_take_over_each_others_memory() -> None:
    problem = attncli.load("masked")
    page = attncli.backward(problem).page
    given = {symbol: problem.letters[symbol] for symbol in problem.givens}
    shapes, steps, home, _ = schedule(page, frozenset(GRADIENTS), frozenset(given.items()))
    (once,) = [step for step in steps if isinstance(step, Pass)]
    assert {home[symbol] for symbol in ("S", "Z", "M", "A")} == {"S"}
    assert {home[symbol] for symbol in ("dA", "dM", "dZ", "dS")} == {"dA"}
    assert {symbol for symbol in once.kept if shapes[symbol][-2:] == WIDE} == {"A"}
    wanted = frozenset({"A", *GRADIENTS})
    assert schedule(page, wanted, frozenset(given.items())).home["A"] == "S"  # the result's own


def test_heads_lie_where_their_matrix_lies() -> None:
    page = attncli.backward(attncli.load("multihead")).page
    home = homes([page.rows], {}, ())
    assert {home[symbol] for symbol in ("K", "Kh")} == {"K"}
    assert {home[symbol] for symbol in ("dKh", "dK")} == {"dKh"}
    assert home["dS"] == "dS"  # only in a pass


def test_what_is_read_again_keeps_its_memory() -> None:
    rows = (
        Row("S", MATMUL, ("Q", "Kᵀ")),
        Row("Z", DIVIDE, ("S", "√d_k")),
        Row("T", MULTIPLY, ("S", "c")),
    )
    twice = Pass((Stage(rows, (), by_head=False),), frozenset())
    assert homes([twice], dict.fromkeys("SZT", WIDE), "QK") == {"S": "S", "Z": "Z", "T": "S"}
    out = Pass((Stage(rows[:2], (), by_head=False),), frozenset("S"))
    assert homes([out], dict.fromkeys("SZ", WIDE), "QK") == {"S": "S", "Z": "Z"}


def test_the_queries_are_scaled_where_nobody_wants_the_scores() -> None:
    page = attncli.backward(attncli.load("masked")).page
    scaled = with_scaled_queries(page, frozenset(GRADIENTS))
    formulas = [scaled.row[symbol].formula for symbol in ("Q/√d_k", "Qh", "Z", "dQ")]
    assert formulas == ["Q/√d_k = Q/√d_k", "Qh = split(Q/√d_k)", "Z = Qh·Khᵀ", "dQ = dQ/√d_k/√d_k"]
    assert {"S", "dS"}.isdisjoint(scaled.row)
    assert {row.symbol for row in with_scaled_queries(page, frozenset({"A", "dS"})).rows} >= {"S", "Z", "dS"}


@pytest.mark.parametrize("op", [MatMul, MaskOut, Softmax, SoftmaxGradient])
@pytest.mark.usefixtures("queries")
def test_a_flag_raised_without_cause_changes_nothing(op: type, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = attncli.load("masked")
    plain = attncli.backward(problem)
    write, calls = op.write, []

    def nervous(self: object, out: np.ndarray, *args: object) -> None:
        write(self, out, *args)
        calls.append(op)
        if len(calls) % 2:
            raise FloatingPointError

    monkeypatch.setattr(op, "write", nervous)
    for symbol, value in in_blocks(problem, {"L", "dbq", *GRADIENTS}).items():
        assert agree(value, plain[symbol]), symbol
    assert calls


def test_large_problems_are_worked_out_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    problem = attncli.Problem(
        X=rng.normal(size=(300, 6)),
        **{name: rng.normal(size=(6, 4)) for name in ("Wq", "Wk", "Wv")},
        heads=2,
        mask=True,
        target=rng.random((300, 4)),
    )
    monkeypatch.setattr(calculation, "LARGE", 300 * 300 - 1)
    blocks = attncli.backward(problem, only=GRADIENTS)
    monkeypatch.setattr(calculation, "LARGE", np.inf)
    plain = attncli.backward(problem, only=GRADIENTS)
    assert any(not np.array_equal(blocks[symbol], plain[symbol]) for symbol in GRADIENTS)  # another order
    for symbol in GRADIENTS:
        assert agree(blocks[symbol], plain[symbol])


@pytest.fixture
def all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calculation, "LARGE", 0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.usefixtures("all_are_large")
def test_a_number_that_is_too_large_names_its_row(dtype: str) -> None:
    problem = attncli.Problem(
        X=np.full((200, 2), 1e30), Wq=np.eye(2) * 1e150, Wk=np.eye(2) * 1e150, Wv=np.eye(2)
    )
    with pytest.raises(AttnError, match=r"(S = Q·Kᵀ|Q = X·Wq|Wq) has a number too large"):
        attncli.forward(problem, only="O", dtype=dtype)


@pytest.mark.usefixtures("queries", "all_are_large")
def test_a_sum_that_is_too_large_names_its_row() -> None:
    rng = np.random.default_rng(8)
    problem = attncli.Problem(
        X=rng.normal(size=(5, 2)),
        context={"embeddings": [[1e-3, 1e-3]]},
        **{name: np.eye(2) for name in ("Wq", "Wk", "Wv")},
        upstream=np.full((5, 2), 1e308),
    )
    with pytest.raises(AttnError, match=r"dV = Aᵀ·dO has a number too large"):
        attncli.backward(problem, loss="upstream", only="dV")


@pytest.mark.usefixtures("all_are_large")
def test_float32_stays_float32() -> None:
    rng = np.random.default_rng(6)
    problem = attncli.Problem(
        X=rng.normal(size=(200, 4)), **{w: rng.normal(size=(4, 4)) for w in ("Wq", "Wk", "Wv")}
    )
    exact = attncli.backward(problem, loss="sum")["dX"]
    narrow = attncli.backward(problem, loss="sum", only="dX", dtype="float32")["dX"]
    assert narrow.dtype == np.float32
    assert 0 < np.abs(narrow - exact).max() < 1e-4 * np.abs(exact).max()


@pytest.mark.parametrize("loss", ["bce", "ce", "mse"])
def test_whole_rows_in_shares_of_several_threads(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    sizes = {"Wq": (24, 8), "Wk": (24, 8), "Wv": (24, 8), "Wo": (8, 5)}
    problem = attncli.Problem(
        X=rng.normal(size=(161, 24)),
        **{name: rng.normal(size=size) for name, size in sizes.items()},
        **{f"b{name}": rng.normal(size=size[1]) for name, size in zip("qkvo", sizes.values(), strict=True)},
        heads=2,
        target=[[1, 0, 0, 0, 0]] * 161,
        loss=loss,
    )
    monkeypatch.setattr(calculation, "LARGE", 0)
    work_together(monkeypatch, 3)
    wanted = ("L", "P", "O", "dX", "dWq", "dWk", "dWv", "dWo", "dbq", "dbo")
    shares = attncli.backward(problem, only=[name for name in wanted if name != "P" or loss != "mse"])
    monkeypatch.setattr(calculation, "LARGE", np.inf)
    plain = attncli.backward(problem)
    for symbol, value in shares.values.items():
        assert value.shape == plain[symbol].shape
        assert agree(value, plain[symbol]), symbol


@pytest.mark.parametrize(
    ("wq", "wk", "row"), [(1e200, 0.0, "Q = X·Wq"), (1.0, 1e200, "K = X·Wk")], ids=["in a block", "whole"]
)
@pytest.mark.usefixtures("all_are_large")
def test_a_number_too_large_for_one_thread_names_its_row(
    wq: float, wk: float, row: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_together(monkeypatch, 3)
    x = np.ones((600, 64))
    x[-1] = 1e200
    weights = {"Wq": np.full((64, 2), wq), "Wk": np.full((64, 2), wk), "Wv": np.ones((64, 2))}
    with pytest.raises(AttnError, match=f"{row} has a number too large"):
        attncli.forward(attncli.Problem(X=x, **weights), only="O")
