"""``attncli train``: plain gradient descent, and a config that holds exactly what came out."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

import attncli
from attncli.problem.config_text import config_text
from attncli.problem.sources import builtin_names, configs_folder
from attncli.readings.train import train
from tests.support.oracle import entries
from tests.support.running import Stream
from tests.support.running import attncli as run

EYE = [[1.0, 0.0], [0.0, 1.0]]
WEIGHTS = {"Wq": EYE, "Wk": EYE, "Wv": EYE}
KEYS = ("formulas", "output", "mask", "loss", "rope_base")
ALSO = {
    name: {
        key: value for key, value in yaml.safe_load(path.read_text(encoding="utf-8")).items() if key in KEYS
    }
    for name in builtin_names()
    for path in [configs_folder() / f"{name}.yaml"]
}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("embeddings", [False, True])
@pytest.mark.parametrize("name", builtin_names())
def test_every_step_takes_lr_times_the_gradient_away(name: str, *, embeddings: bool) -> None:
    problem = attncli.load(name)
    trained = train(problem, steps=3, lr=0.01, embeddings=embeddings)
    expected = set(problem.givens) - ({"Y"} if embeddings else {"X", "E", "Y"})
    assert set(trained.trained) == expected
    givens = dict(problem.givens)
    losses = []
    for _ in range(3):
        extra = {"context": {"embeddings": givens["E"]}} if "E" in givens else {}
        config = {symbol: value for symbol, value in givens.items() if symbol != "E"} | extra
        page = attncli.backward(
            attncli.Problem(
                **config, heads=problem.form.heads, target=problem.target.values, **ALSO.get(name, {})
            )
        )
        losses.append(page.loss.value)
        for symbol in expected:
            givens[symbol] = givens[symbol] - 0.01 * page[f"d{symbol}"]
    assert trained.losses[:3] == pytest.approx(losses, rel=1e-12)
    for symbol, value in givens.items():
        np.testing.assert_allclose(trained.after.givens[symbol], value, rtol=1e-12, atol=1e-15)
    assert trained.losses[3] < trained.losses[0]
    assert trained.losses[3] == attncli.backward(trained.after).loss.value


def test_what_was_given_stays_as_it_was() -> None:
    problem = attncli.load("article")
    before = problem.givens["Wq"].copy()
    after = train(problem, steps=2, lr=0.1).after
    assert np.array_equal(problem.givens["Wq"], before)
    assert after.givens["X"] is problem.givens["X"]
    with pytest.raises(ValueError, match="read-only"):
        after.givens["Wq"][0, 0] = 1


def test_it_learns() -> None:
    losses = train(attncli.load("masked"), steps=200, lr=0.05).losses
    assert len(losses) == 201
    assert losses[-1] < 0.02 * losses[0]
    assert all(after < before for before, after in pairwise(losses))


@pytest.mark.parametrize("name", builtin_names())
def test_a_config_that_is_written_says_the_same(name: str) -> None:
    problem = attncli.load(name)
    assert_the_same(problem, config_text(problem, ["heading"]))


@pytest.mark.parametrize("name", entries())
def test_so_does_that_of_every_reference_problem(name: str) -> None:
    problem = attncli.load(entries()[name]["config"])
    assert_the_same(problem, config_text(problem, ["heading"]))


HIDES_SECOND = {"padding": ["1"]}
CONFIGS = [
    {"tokens": ["no", 'a "b" \\', "x y"], "embeddings": [[1, 2], [3, 1e-5], [1e22, -0.0]], **WEIGHTS},
    {"tokens": ["0", "1"], "embeddings": EYE, "mask": HIDES_SECOND, **WEIGHTS},
    {"tokens": ["0", "1"], "embeddings": EYE, "mask": [True, HIDES_SECOND, [[1, 0], [1, 1]]], **WEIGHTS},
    {"embeddings": EYE, "mask": [{"padding": [0, 1]}, [[1, 0], [1, 1]]], **WEIGHTS},
    {"embeddings": EYE, "mask": [True, {"add": [[0.1, 2], [3, "-inf"]]}], **WEIGHTS},
    {"embeddings": EYE, "heads": 2, "mask": [[[1, 0], [1, 1]], [[1, 1], [0, 1]]], **WEIGHTS},
    {"embeddings": EYE, "mask": {"padding": [0, 0]}, "scale": False, **WEIGHTS},
    {"embeddings": EYE, "scale": "1/3", "weights": "out-in", "Wq": [[1, 2]], "Wk": [[3, 4]], "Wv": EYE},
    {
        "given": {"Q": EYE, "K": [[1, 2], [3, 4], [5, 6]], "V": [[1], [2], [3]]},
        "context": {"tokens": ["x", "y", "z"]},
    },
    {"given": {"M": [[0.5, "-inf"], [1, 2]], "V": EYE}, "decimals": 7},
    {"embeddings": EYE, **WEIGHTS, "target": [1, 0], "loss": "ce", "reduction": "mean"},
    {"embeddings": EYE, **WEIGHTS, "target": [[1, 0], None]},
    {"embeddings": EYE, **WEIGHTS, "target": 0.25, "loss": "mse"},
    {"embeddings": EYE, **WEIGHTS, "loss": "upstream", "upstream": [[1, 2], [3, 4]]},
    {
        "embeddings": EYE,
        "context": {"embeddings": [[1.0], [2.0], [3.0]], "values": [*EYE, [1, 2]]},
        **WEIGHTS,
        "Wk": [[1, 2]],
        "mask": "causal-bottom-right",
    },
]


@pytest.mark.parametrize("config", CONFIGS)
def test_whatever_a_config_holds_is_written(config: dict[str, object]) -> None:
    problem = attncli.load(config)
    assert_the_same(problem, config_text(problem, ["heading \x1b[31m\nsecond"]))


def assert_the_same(problem: attncli.Problem, text: str) -> None:
    Path("again.yaml").write_text(text, encoding="utf-8")
    again = attncli.load("again.yaml")
    for name in (
        "tokens",
        "context_tokens",
        "form",
        "given_rows",
        "scale",
        "sizes",
        "loss",
        "reduction",
        "decimals",
    ):
        assert getattr(again, name) == getattr(problem, name), name
    work_out = attncli.backward if problem.target or problem.upstream else attncli.forward
    ours, theirs = work_out(problem), work_out(again)
    assert ours.values.keys() == theirs.values.keys()
    for symbol, value in ours.values.items():
        np.testing.assert_array_equal(theirs[symbol], value, err_msg=symbol)
    found = yaml.safe_load(text)  # a reader of YAML 1.1: words are words, numbers numbers
    assert " ".join(found.get("tokens") or [found["sentence"]]) == " ".join(problem.tokens)
    if "X" in problem.givens:
        assert np.array_equal(np.array(found["embeddings"], float), problem.givens["X"])
        assert not any(isinstance(cell, str) for row in found["embeddings"] for cell in row)


def test_the_trained_config() -> None:
    outcome = run(
        "train", "masked", "--steps", "20", "--out", "trained.yaml", "--set", "Wq[1,1]=0.3", "--loss", "ce"
    )
    assert outcome.code == 0
    assert outcome.err == "note: wrote trained.yaml; next: attncli forward trained.yaml\n"
    expected = train(attncli.load("masked", ["Wq[1,1]=0.3", "loss=ce"]), steps=20, lr=0.01)
    again = attncli.load("trained.yaml")
    assert all(np.array_equal(again.givens[s], value) for s, value in expected.after.givens.items())
    assert attncli.backward(again).loss.value == expected.losses[-1]
    head = Path("trained.yaml").read_text(encoding="utf-8").split("\n\n")[0]
    for said in ("masked", "steps: 20", "0.01", "Wq, bq, Wk, bk, Wv, bv, Wo, bo", "Wq[1,1]=0.3, loss=ce"):
        assert said in head
    assert repr(expected.losses[-1]) in head
    assert "." in Path("trained.yaml").read_text(encoding="utf-8").split("Wq:")[1]
    run("train", "masked", "--steps", "20", "--out", "b.yaml", "--set", "Wq[1,1]=0.3", "--loss", "ce")
    assert Path("b.yaml").read_bytes() == Path("trained.yaml").read_bytes()


def test_a_file_is_not_replaced_unasked_and_nothing_is_trained_for_it() -> None:
    Path("mine.yaml").write_text("mine", encoding="utf-8")
    outcome = run("train", "article", "--steps", "10000000", "--out", "mine.yaml")  # would take an hour
    assert outcome.code == 2
    assert "already exists" in outcome.err
    assert Path("mine.yaml").read_text(encoding="utf-8") == "mine"
    assert run("train", "article", "--steps", "1", "--out", "mine.yaml", "--force").code == 0
    assert attncli.load("mine.yaml").tokens[0] == "Death"


def test_out_to_standard_output_is_the_config_alone() -> None:
    outcome = run("train", "article", "--steps", "5", "--out", "-")
    run("train", "article", "--steps", "5", "--out", "a.yaml")
    assert outcome.out == Path("a.yaml").read_text(encoding="utf-8")


def test_numbers_that_run_away_are_told() -> None:
    config = json.dumps({"embeddings": EYE, **WEIGHTS, "target": [[5, -5], [3, 2]], "loss": "mse"})
    outcome = run("train", "-", "--lr", "100", "--steps", "1000", "--out", "x.yaml", stdin=config)
    assert outcome.code == 2
    assert "training diverged after" in outcome.err
    assert "a smaller --lr" in outcome.err
    assert outcome.out == ""
    assert not Path("x.yaml").exists()
    huge = run("train", "article", "--set", "Wq[1,1]=1e308", "--set", "embeddings[1,1]=1e10")
    assert huge.code == 2
    assert "diverged" not in huge.err  # it was so from the start: no learning rate would help


def test_a_weight_that_grows_beyond_float64_is_told() -> None:
    with pytest.raises(attncli.AttnError, match="diverged after 0 steps: a weight grew"):
        train(attncli.load("article", ["target=0", "loss=mse"]), steps=1, lr=1e308)


def test_the_screen() -> None:
    for columns in ("80", "120", "200"):
        outcome = run("train", "article", "--steps", "40", COLUMNS=columns)
        assert (outcome.code, outcome.err) == (0, "")
        lines = outcome.out.splitlines()
        assert max(map(len, lines)) <= int(columns)
        losses = train(attncli.load("article"), steps=40, lr=0.01).losses
        shown = [line.split() for line in lines if "█" in line]
        assert len(shown) == 12
        for step, loss, bar in shown:
            assert loss == f"{losses[int(step)]:.4f}"
            assert len(bar) == round(30 * losses[int(step)] / losses[0])
        assert (shown[0][0], shown[-1][0]) == ("0", "40")
        assert f"L went from {losses[0]:.4f} to {losses[-1]:.4f}." in lines
        beside = [line.split() for line in lines if line.startswith(("Before:", "After:"))]
        assert beside == ([["Before:", "After:"]] if columns == "200" else [["Before:"], ["After:"]])
        assert outcome.out.count("A = softmax(Z)") == 2
        assert outcome.out.count("▸ the largest of its row") == 1


def test_a_loss_that_rises_is_told() -> None:
    assert "It rose: the steps are too long" in " ".join(
        run("train", "cross", "--lr", "90", "--steps", "3").out.split()
    )
    assert "On the way it also rose" in run("train", "article", "--lr", "0.1").out


def test_large_weights_of_attention_are_not_shown_twice() -> None:
    outcome = run("train", "multihead", "--steps", "2")
    assert "A is too large to be shown twice (8 × 9 × 9)" in outcome.out


def test_a_bar_in_a_terminal_only() -> None:
    err = Stream(tty=True)
    outcome = run("train", "article", "--steps", "30", err=err)
    assert "training" in outcome.err
    assert "training" not in outcome.out
    assert run("train", "article", "--steps", "30", "-q", err=Stream(tty=True)).err == ""
    plain = run("train", "article", "--steps", "30", "--ascii", err=Stream(tty=True, encoding="ascii"))
    assert plain.code == 0
    assert plain.out.isascii()


def test_json() -> None:
    outcome = run("train", "article", "--steps", "4", "--lr", "0.02", "--reduction", "mean", "--json")
    found = json.loads(outcome.out)
    expected = train(attncli.load("article", ["reduction=mean"]), steps=4, lr=0.02)
    assert found["losses"] == list(expected.losses)
    assert found["trained"] == ["Wq", "Wk", "Wv"]
    assert (found["steps"], found["lr"]) == (4, 0.02)
    assert found["loss"] == {"name": "bce", "reduction": "mean"}
    for symbol, value in found["values"].items():
        assert np.array_equal(value, expected.after.givens[symbol])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--steps", "0"], "--steps is 0"),
        (["--lr", "0"], "--lr is 0"),
        (["--lr", "inf"], "--lr is inf"),
        (["--out", "-", "--json"], "both write to standard output"),
        (["--out", "no/where.yaml"], "there is no folder 'no'"),
        (["--loss", "huber"], "loss is 'huber'"),
    ],
)
def test_what_cannot_be_is_refused(options: list[str], says: str) -> None:
    outcome = run("train", "article", *options)
    assert outcome.code == 2
    assert says in outcome.err
    assert outcome.out == ""


def test_without_weights_there_is_nothing_to_train() -> None:
    given = json.dumps({"given": {"Q": EYE, "K": EYE, "V": EYE}, "target": [1, 0]})
    outcome = run("train", "-", stdin=given)
    assert outcome.code == 2
    assert "there is nothing to train" in outcome.err
