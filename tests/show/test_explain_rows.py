"""Whole rows, the derivative of the softmax at a row, and the ways to name a cell and a config."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import attncli
from tests.support.running import attncli as run


def grid(text: str) -> dict[str, list[str]]:
    """The lines of the first table of plain text, by their names."""
    lines = list(csv.reader(text.splitlines(), delimiter="\t"))
    start = next(i for i, line in enumerate(lines) if len(line) > 1)
    return {line[0]: line[1:] for line in lines[start:] if len(line) > 1}


@pytest.mark.parametrize("options", [[], ["-d", "2"], ["--round", "2"], ["--round", "3"]], ids=str)
@pytest.mark.parametrize(
    ("row", "config"), [("A[Death]", "article"), ("A[2][the]", "masked"), ("A[1,side]", "multihead")]
)
def test_a_row_of_a_softmax_in_four_lines_that_follow_from_each_other(
    row: str, config: str, options: list[str]
) -> None:
    lines = grid(run("explain", row, config, "-f", "plain", "-q", *options).out)
    assert list(lines)[1:] == ["z", "e^z", "Σe^z", "e^z/Σe^z"]
    z, powers, total, shares = (
        np.array([float(text.replace("∞", "inf")) for text in line]) for line in list(lines.values())[1:]
    )
    digits = [len(text.partition(".")[2]) for text in lines["e^z"]]
    assert all(abs(np.exp(z) - powers) <= 0.51 * 10.0 ** -np.array(digits) + (np.array(digits) == 0) * 1e-9)
    half = 0.5001 * 10.0 ** -(int(options[1]) if options else 4)
    assert abs(powers.sum() - total[0]) <= half
    assert all(abs(powers / total - shares) <= half)


def test_a_row_is_aligned_on_the_screen() -> None:
    out = run("explain", "A[Death]", "tiny", "-q", "-d", "2").out
    assert out.splitlines()[0] == "A[Death] = softmax(Z)[Death]"
    lines = out.splitlines()[1:]
    assert lines[0].split() == ["Death", "is", "wind"]
    assert [line.split()[0] for line in lines[2:]] == ["z", "e^z", "Σe^z", "e^z/Σe^z"]
    assert lines[2].index(".") == lines[3].index(".") == lines[4].index(".") == lines[5].index(".")


def test_scores_too_large_for_their_power() -> None:
    lines = grid(run("explain", "A[1]", "tiny", "--set", "Wq=[[1000,1000],[0,10]]", "-q", "-f", "plain").out)
    assert list(lines)[1:3] == ["z", "z − max"]
    assert lines["z − max"][-1] == "0"


@pytest.mark.parametrize(
    ("row", "first", "second"),
    [
        ("Z[Death]", "Z[Death] = S/√d_k", "Z[Death,Death] = S/√d_k = 1/√2 = 0.7071"),
        ("S[is]", "S[is] = Q[is]·Kᵀ", "S[is,Death] = Q[is]·K[Death] = "),
        ("dV[wind]", "dV[wind] = A[·,wind]·dO", "dV[wind,1] = A[·,wind]·dO[·,1] = "),
        ("X[Death]", "X[Death] = 1, 0, given", ""),
    ],
)
def test_a_row_of_anything_else_is_its_cells(row: str, first: str, second: str) -> None:
    lines = run("explain", row, "tiny", "-q", "-f", "plain").out.splitlines()
    assert lines[0] == first
    assert not second or lines[1].startswith(f" └ {second}")


def test_a_row_shows_its_numbers_without_going_back() -> None:
    assert "= H[1][Death,2] = 1" in run("explain", "C[Death]", "masked", "--depth", "0", "-q").out


def test_a_row_in_which_everything_is_masked() -> None:
    out = run("explain", "A[2]", "tiny", "--set", "mask=[[1,1,0],[0,0,0],[1,1,1]]", "-q").out
    assert "everything is masked in this row" in out


def test_a_long_row_shows_its_ends() -> None:
    words = "sentence=" + " ".join(f"w{i}" for i in range(30))
    made = [
        "--set",
        words,
        "--set",
        "embeddings={init: gaussian, shape: [30, 2], seed: 1}",
        "--set",
        "target=1",
    ]
    short = run("explain", "Z[w3]", "tiny", *made, "-q", "-f", "plain").out.splitlines()
    assert len(short) == 1 + 1 + 8
    assert "--full" in short[1]
    assert len(run("explain", "Z[w3]", "tiny", *made, "-q", "-f", "plain", "--full").out.splitlines()) == 31


@pytest.mark.parametrize(("where", "config"), [("[Death]", "article"), ("[2][the]", "masked")])
def test_the_derivative_of_the_softmax(where: str, config: str) -> None:
    result = attncli.backward(attncli.load(config))
    record = json.loads(run("explain", f"(*){where}", config, "--json", "-q").out)
    row = json.loads(run("explain", f"A{where}", config, "--json", "-q", "--depth", "0").out)
    a = np.array(row["value"])
    assert record["cell"] == f"(*){where}"
    assert np.allclose(record["value"], np.diag(a) - np.outer(a, a))
    da, product, dz = record["use"].values()
    assert np.allclose(product, np.array(da) @ np.array(record["value"]))
    assert np.allclose(product, dz)
    symbol = "dM" if config == "masked" else "dZ"
    assert np.allclose(dz, result[symbol][tuple(row["index"])])


def test_the_derivative_is_a_table_with_labels_and_its_use() -> None:
    out = run("explain", "(*)[Death]", "tiny", "-q").out
    assert "Death   0.1204  -0.0398  -0.0807" in out
    assert "dZ[Death] = dA[Death]·(*)[Death]" in out
    rounded = run("explain", "(*)[Death]", "article", "-q", "--round", "2").out
    assert "dZ[Death] ≈ dA[Death]·(*)[Death]" in rounded
    no_target = run("explain", "(*)[Death]", "tiny", "--set", "target=", "-q")
    assert (no_target.code, "dZ" in no_target.out) == (0, False)


@pytest.mark.parametrize("style", ["markdown", "latex", "html", "svg", "plain", "text"])
def test_tables_in_every_format(style: str) -> None:
    out = run("explain", "A[Death]", "(*)[is]", "tiny", "-q", "-f", style).out
    assert "14.4835" in out
    assert "-0.1250" in out


def test_rows_from_python_and_as_records() -> None:
    result = attncli.forward(attncli.load("tiny"))
    assert np.allclose(result.explain("A[Death]").value, result["A"][0])
    record = json.loads(run("explain", "A[Death]", "tiny", "--json", "-q").out)
    assert [cell["cell"] for cell in record["from"]] == ["A[Death,Death]", "A[Death,is]", "A[Death,wind]"]
    assert np.allclose(np.array(record["steps"]["exp"]) / record["steps"]["sum"], record["value"])


@pytest.mark.parametrize(
    ("words", "cells"),
    [
        (["A", "Death", "wind", "tiny"], ["A[Death,wind]"]),
        (["tiny", "A", "1", "3", "Z", "1", "3"], ["A[Death,wind]", "Z[Death,wind]"]),
        (["tiny", "A[1,3]", "Z", "Death"], ["A[Death,wind]", "Z[Death]"]),
        (["masked", "A", "2", "is", "Death"], ["A[2][is,Death]"]),
        (["A[1,is]", "masked"], ["A[1][is]"]),
        (["(*)", "is", "tiny"], ["(*)[is]"]),
    ],
)
def test_cells_without_brackets_and_a_config_before_or_after(words: list[str], cells: list[str]) -> None:
    done = run("explain", *words, "--json", "-q")
    found = json.loads(done.out)
    assert [one["cell"] for one in (found if isinstance(found, list) else [found])] == cells


def test_a_file_before_or_after(tmp_path: Path) -> None:
    config = tmp_path / "mine"
    config.write_bytes((Path(__file__).parents[2] / "configs" / "tiny.yaml").read_bytes())
    expected = run("explain", "A[1,2]", "-c", "tiny", "-q").out
    assert run("explain", str(config), "A[1,2]", "-q").out == expected
    assert run("explain", "A", "1", "2", str(config), "-q").out == expected
    assert run("explain", "-", "A[1,2]", "-q", stdin=config.read_text()).out == expected


def test_a_file_with_the_name_of_a_word_or_a_symbol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("A", "wind"):
        Path(name).write_text("not: a config\n")
    assert run("explain", "A", "Death", "wind", "-c", "tiny", "-q").code == 0
    assert run("explain", "A", "tiny", "-q").code == 0


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["A[1,1]", "tiny", "masked"], "'masked' is a config, and one is named already", "keep one"),
        (["tiny", "A[1,1]", "-c", "masked"], "'tiny' is a config, and one is named already", "keep one"),
        (["A[1,1]", "none.yaml"], "there is no file 'none.yaml'", ""),
        (["A", "Dath", "wind", "tiny"], "A has no 'Dath'", "did you mean 'Death'?"),
        (["A", "Zz", "tiny"], "'Zz' is not on this page", "did you mean 'Z'?"),
        (["AA", "1", "1", "tiny"], "'AA' is not on this page", "did you mean 'A'?"),
        (["(*)", "tiny"], "name one row of A", "(*)[Death]"),
        (["(*)[1,2]", "tiny"], "name one row of A", "(*)[Death]"),
        (["A[Death]", "masked"], "a cell of it has 3 indices, not 1", "a head goes before"),
        (["dQQ[1,1]", "tiny", "--set", "target="], "'dQQ' is not on this page", "did you mean 'dQ'?"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], message: str, hint: str) -> None:
    done = run("explain", *words, "-q")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert hint in done.err


def test_a_symbol_that_needs_a_target_says_so() -> None:
    assert "needs a target" in run("explain", "dQ[1,1]", "tiny", "--set", "target=", "-q").err
