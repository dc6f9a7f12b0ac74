"""What rounding leaves of 0 is shown as 0, on every processor; a number that is right to one digit stays."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from mpmath import exp, mpf, workdps

import attncli
from attncli.problem.sources import builtin_names
from tests.reference.exact import exact
from tests.support.oracle import entries
from tests.support.running import attncli as run

LOSSES = ("bce", "ce", "mse", "sum")
SHOWN = """
import attncli
from attncli.problem.sources import builtin_names
for name in builtin_names():
    for loss in ("bce", "ce", "mse", "sum"):
        result = attncli.backward(attncli.load(name), loss=loss)
        for symbol in result.values:
            print(name, loss, symbol, *(f"{x:.8g}" for x in result.shown(symbol).ravel()))
"""


@pytest.mark.parametrize("only", [None, "dbk"])
@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_0_on_paper_is_shown_as_0(loss: str, only: str | None) -> None:
    result = attncli.backward(attncli.load("masked"), loss=loss, only=only)
    assert result["dbk"].any()
    assert not result.shown("dbk").any()
    assert "e-" not in run("backward", "masked", "--loss", loss, *(("--only", only) if only else ())).out


def test_files_and_records_keep_every_digit() -> None:
    result = attncli.backward(attncli.load("masked"))
    assert result.to_dict()["values"]["dbk"] == result["dbk"].tolist()
    plain = run("backward", "masked", "--only", "dbk", "--plain").out
    assert "e-" in plain
    assert "e-" in run("backward", "masked", "--only", "dbk", "--format", "csv").out


def test_a_cell_that_is_explained_is_shown_as_the_screen_shows_it() -> None:
    cell = attncli.backward(attncli.load("masked")).explain("dbk[1]")
    assert (cell.shown, cell.value != 0) == (0, True)
    assert "0.0058 = 0\n" in run("explain", "dbk[1]", "-c", "masked", "--depth", "0", "--width", "200").out


def test_what_noise_is_made_into_is_noise() -> None:
    """V has the same rows: nothing comes back through the softmax, and nothing of what that is made into."""
    rng = np.random.default_rng(0)
    given = {"Q": rng.normal(size=(9, 3)), "K": rng.normal(size=(9, 3)), "V": [rng.normal(size=4)] * 9}
    result = attncli.backward(attncli.Problem(given=given, target=0.3))
    for symbol in ("dZ", "dS", "dQ", "dK"):
        assert result[symbol].any()
        assert not result.shown(symbol).any(), symbol
    assert result.shown("dA").all()


def test_no_number_that_is_right_to_a_digit_is_taken_for_0() -> None:
    """Held against 50 digits: what is shown as 0 is 0 there, and what is 0 there is shown as 0."""
    cases = 0
    for entry in entries().values():
        result = attncli.backward(attncli.Problem(**entry["config"]))
        for symbol, truth in exact(entry).items():
            if symbol in result.page.row and symbol != "M":
                right = np.array(truth, dtype=object).ravel().tolist()
                for ours, shown, theirs in zip(
                    result[symbol].ravel(), result.shown(symbol).ravel(), right, strict=True
                ):
                    assert shown in {0, ours}
                    assert (shown == 0) == (abs(theirs) < 1e-30), (entry["name"], symbol, ours)
                    cases += bool(ours != shown)
    assert cases > 20


@pytest.mark.parametrize("score", [20.0, 30.0, 34.0, 40.0, 100.0, 700.0])
def test_a_saturated_sigmoid_keeps_its_small_gradient(score: float) -> None:
    result = attncli.backward(attncli.Problem(given={"O": [[-score], [score]]}, target=[[0], [1]]))
    with workdps(40):
        small = float(1 / (1 + exp(mpf(score))))
    assert result.shown("dO")[0, 0] == pytest.approx(small, rel=1e-14)
    lost = abs(result["dO"][1, 0] + small) > 0.1 * small
    assert result.shown("dO")[1, 0] == (0 if lost else result["dO"][1, 0])
    assert result.shown("L") == result["L"] > 0


@pytest.mark.parametrize("size", [30.0, 200.0, 600.0])
def test_a_saturated_softmax_keeps_its_small_gradients(size: float) -> None:
    given = {"S": [[size, 0.0], [0.0, size / 2]], "V": [[1.0], [2.0]]}
    config = {"context": {"tokens": ["a", "b"]}, "given": given, "scale": False}
    result = attncli.backward(attncli.Problem(**config, loss="sum"))
    for symbol in ("A", "dS"):
        assert np.abs(result[symbol]).min() < 1e-6
        assert np.array_equal(result.shown(symbol), result[symbol])
    assert result.shown("dS")[0, 1] > 0


def test_numbers_of_any_size_and_type_keep_theirs() -> None:
    rng = np.random.default_rng(1)
    for size in (1e-150, 1e-20, 1e20, 1e140):
        config = {"X": rng.normal(size=(3, 2)) * size, "Wq": np.eye(2), "Wk": np.eye(2), "Wv": np.eye(2)}
        result = attncli.forward(attncli.Problem(**config))
        assert all(np.array_equal(result.shown(symbol), result[symbol]) for symbol in ("Q", "S", "A", "O"))
    narrow = attncli.backward(attncli.load("masked"), dtype="float32")
    assert narrow.shown("dX").dtype == np.float32
    assert not narrow.shown("dbk").any()
    assert narrow.shown("dbq").all()


def test_a_large_page_is_shown_without_being_made_again() -> None:
    rng = np.random.default_rng(2)
    weights = {name: rng.normal(size=(8, 8)) for name in ("Wq", "Wk", "Wv")}
    problem = attncli.Problem(X=rng.normal(size=(1200, 8)), **weights, bk=np.ones(8), loss="sum")
    result = attncli.backward(problem, only=("dbk", "dK"))
    assert not result.shown("dbk").any()
    assert result.shown("dK") is result["dK"]
    assert "S" not in result.known
    assert attncli.backward(problem, only="dbk").shown("dbk").any()


@cache
def screens(core: str = "") -> str:
    """Every matrix of every built-in problem as it is shown with one kind of BLAS kernels."""
    environment = {**os.environ, **({"OPENBLAS_CORETYPE": core} if core else {})}
    return subprocess.run(
        [sys.executable, "-c", SHOWN], env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("core", ["Haswell", "Nehalem", "Prescott"])
def test_what_is_shown_is_the_same_on_every_processor(core: str) -> None:
    assert len(screens().splitlines()) > len(builtin_names()) * len(LOSSES) * 20
    assert screens(core) == screens()
