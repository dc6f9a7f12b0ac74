"""What is said of the rows of A is true of these rows."""

import pytest

from tests.support.running import attncli

GIVEN = "{embeddings: [[1, 0], [0, 1]], Wv: [[1], [0]], given: {A: %s}}"


def words(config: str, *options: str) -> str:
    done = attncli(
        "explain", "A", "M" if "mask" in " ".join(options) else "A", "-c", "-", *options, stdin=config
    )
    assert done.code == 0, done.err
    return " ".join(done.out.split())


@pytest.mark.parametrize("config", ["article", "masked", "multihead"])
def test_softmax_makes_shares(config: str):
    assert "Each row sums to 1." in attncli("explain", "A", "-c", config).out


def test_given_weights_that_are_shares():
    assert "Each row sums to 1." in words(GIVEN % "[[1/3, 2/3], [0, 1]]")


@pytest.mark.parametrize("weights", ["[[1, 2], [3, 4]]", "[[0, 1], [0.5, 0.4]]", "[[0, 1], [0, 0]]"])
def test_given_weights_that_are_none(weights: str):
    text = words(GIVEN % weights)
    assert "row sum" not in text
    row = {"[[1, 2]": ("1", "3"), "[[0, 1], [0.5": ("2", "0.9"), "[[0, 1], [0, 0": ("2", "0")}
    token, total = next(value for start, value in row.items() if weights.startswith(start))
    assert f"the row of {token} sums to {total}." in text


def test_a_wholly_masked_row_is_said_to_be_0():
    config = "{embeddings: [[1], [1]], Wq: [[1]], Wk: [[1]], Wv: [[1]]}"
    text = words(config, "M", "--set", "mask=[[0, 0], [1, 0]]")
    assert "A row in which all is masked is all 0: 1. The others sum to 1." in text
    assert "ach row sum" not in text
