"""``attncli diagnose``: its screen, its record, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import attncli
from attncli.homework.key import Key
from tests.support.diagnosed import plain
from tests.support.running import attncli as run


def test_the_screen(tmp_path) -> None:
    path = tmp_path / "same.yaml"
    config = plain() | {"Wk": plain()["Wq"]}
    path.write_text(json.dumps({key: value.tolist() for key, value in config.items()}))
    outcome = run("diagnose", "same.yaml", "--config", str(path))
    assert outcome.code == 2
    outcome = run("diagnose", str(path))
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.split("\n")
    assert max(map(len, lines)) <= max(80, len(str(path)) + 2)
    at = lines.index("Because Wq and Wk are the same:")
    assert lines[at + 1].startswith("  To fix it: --set 'Wk[")
    assert lines[at + 2] == "  Undetectable: this mistake still gives the right numbers."
    assert ["scores-swapped", "S", "=", "K·Qᵀ"] in [line.split() for line in lines]
    at = lines.index("  Cannot be told apart: these mistakes give the same numbers.")
    assert lines[at + 1 : at + 6] == [
        "    softmax-columns      A = softmax of each column of Z",  # S is symmetric
        "    softmax-no-keepdims  A = e^Z, each column j over the sum of row j",
        "",
        "    output-with-k        O = A·K",
        "    output-with-q        O = A·Q",
    ]
    verdict = "7 mistakes cannot be detected, 3 groups of mistakes cannot be told apart"
    quiet = run("diagnose", str(path), "--quiet").out
    assert verdict in " ".join(quiet.split())
    assert "scores-swapped" not in quiet
    ascii_only = run("diagnose", str(path), "--ascii").out
    assert ascii_only.isascii()
    assert "S = K*Q^T" in ascii_only


def test_what_the_rows_would_tell_apart_is_said() -> None:
    out = " ".join(run("diagnose", "article", "--rows", "S,A,O").out.split())
    alike = "scale-missing (Z), scale-subtracted (Z), softmax-unscaled (A)"
    assert f"these give the same numbers: {alike}." in out
    assert "They can be told apart if the students also hand in Z." in out
    assert "the students also hand in Z. " in " ".join(run("diagnose", "article", "--rows", "O").out.split())
    assert "more mistakes are made where none of these quantities would show them." in out


def test_the_record() -> None:
    record = json.loads(run("diagnose", "multihead", "--json", "--decimals", "3").out)
    assert record | {"rows": None} == {
        "schema": 1,
        "config": "multihead",
        "decimals": 3,
        "rows": None,
        "mistakes": 112,
        "outside": 0,
        "blind_spots": [
            {
                "kind": "hidden",
                "exact": True,
                "rows": ["C"],
                "mistakes": [
                    {"id": "heads-interleaved", "row": "C", "formula": "C = H's columns interleaved"}
                ],
                "says": "the right numbers come out",
                "why": "d_v = 1",
                "change": "take other sizes, like d_v = 3 (Wv, Wo)",
            }
        ],
        "always_alike": [],
    }
    assert record["rows"] == [row.symbol for row in Key.of(attncli.load("multihead")).page.rows]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["article", "--decimals", "16"], "--decimals is 16; expected a whole number from 0 to 15"),
        (["article", "--rows", "S,dWz"], "dWz"),
        (["article", "--rows", ","], "--rows names no quantity"),
        (["nowhere.yaml"], "there is no file 'nowhere.yaml'"),
        (["article", "--set", "scale=1e308"], "too large"),
    ],
)
def test_bad_input(arguments: list[str], says: str) -> None:
    outcome = run("diagnose", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err


def test_a_name_that_would_move_the_cursor_is_shown_as_text(tmp_path) -> None:
    path = tmp_path / "a\x1b[31m\n[bold].json"
    path.write_text(json.dumps({key: value.tolist() for key, value in plain().items()}))
    outcome = run("diagnose", str(path))
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    assert "a\\x1b[31m\\n[bold].json" in outcome.out


def test_the_same_output_whatever_the_seed_of_hashes(tmp_path) -> None:
    path = tmp_path / "zero.json"
    config = plain(d_v=3) | {"embeddings": np.zeros((4, 5))}
    path.write_text(json.dumps({key: value.tolist() for key, value in config.items()}))
    command = [sys.executable, "-m", "attncli", "diagnose", str(path), "--json"]
    outputs = {
        subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
