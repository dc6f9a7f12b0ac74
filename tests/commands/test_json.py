"""The contract of --json: to the letter, keys in their order."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import attncli as library
from tests.support.running import attncli

KEYS = [
    "schema",
    "config",
    "tokens",
    "context_tokens",
    "heads",
    "d_model",
    "d_k",
    "d_v",
    "loss",
    "rows",
    "values",
]


def record(*arguments: str, stdin: str = "") -> dict[str, Any]:
    outcome = attncli(*arguments, "--json", stdin=stdin)
    assert outcome.code == 0, outcome.err
    assert outcome.out.endswith("}\n")
    assert outcome.out.count("\n") == 1
    found: dict[str, Any] = json.loads(outcome.out, parse_constant=pytest.fail)
    return found


@pytest.mark.parametrize("command", ["forward", "backward"])
@pytest.mark.parametrize("config", ["article", "multihead", "masked"])
def test_keys_stand_in_their_order(command: str, config: str):
    found = record(command, config)
    assert list(found) == KEYS
    assert (found["schema"], found["config"]) == (1, config)
    assert all(list(row) == ["symbol", "pass", "formula", "shape"] for row in found["rows"])
    assert {row["pass"] for row in found["rows"]} == {"forward", "backward"} - (
        {"backward"} if command == "forward" else set()
    )


def test_forward_has_no_loss_and_backward_has():
    assert record("forward", "article")["loss"] is None
    found = record("backward", "article", "--reduction", "mean")
    assert list(found["loss"]) == ["name", "reduction", "value"]
    assert (found["loss"]["name"], found["loss"]["reduction"]) == ("bce", "mean")
    assert found["loss"]["value"] == found["values"]["L"]


def test_values_hold_the_givens_and_every_row_at_full_precision():
    found = record("backward", "masked")
    result = library.backward(library.load("masked"))
    assert list(found["values"]) == list(result.values)
    assert [row["symbol"] for row in found["rows"]] == [row.symbol for row in result.rows]
    for symbol, value in result.values.items():
        assert np.array_equal(np.array(found["values"][symbol], float), value), symbol
        assert np.shape(found["values"][symbol]) == value.shape
    for row in found["rows"]:
        assert tuple(row["shape"]) == result[row["symbol"]].shape
        assert row["formula"] == result.formula(row["symbol"])
    assert found == result.to_dict()


def test_whole_numbers_are_whole_and_minus_infinity_is_a_word():
    found = record("forward", "masked")
    assert '"-inf"' in json.dumps(found["values"]["M"])
    article = record("forward", "article")
    assert all(isinstance(x, int) for row in article["values"]["Q"] for x in row)
    assert not re.search(r"-0\.0\b(?!\d)", attncli("backward", "masked", "--json").out)


def test_cross_attention_names_its_context():
    found = record("forward", "cross")
    assert found["context_tokens"]
    assert np.shape(found["values"]["A"])[-2:] == (len(found["tokens"]), len(found["context_tokens"]))
    assert record("forward", "article")["context_tokens"] is None


def test_sizes_are_those_of_one_head():
    found = record("forward", "multihead")
    assert np.shape(found["values"]["Qh"])[0] == found["heads"]
    assert np.shape(found["values"]["Qh"])[2] == found["d_k"]
    assert np.shape(found["values"]["Vh"])[2] == found["d_v"]
    assert np.shape(found["values"]["X"])[1] == found["d_model"]


def test_only_holds_just_these_rows():
    found = record("backward", "article", "--only", "dWq,A")
    assert set(found["values"]) == {"dWq", "A"}
    assert found["loss"]["value"] == record("backward", "article")["loss"]["value"]


def test_standard_input_and_quiet():
    stdin = json.dumps({"given": {"Q": [[1]], "K": [[1]], "V": [[2]]}})
    found = record("forward", "-", "--quiet", stdin=stdin)
    assert found["d_model"] is None
    assert found["values"]["O"] == [[2]]


def test_a_narrow_encoding_holds_the_same_record():
    assert json.loads(attncli("forward", "article", "--json", "--ascii").out) == record("forward", "article")
