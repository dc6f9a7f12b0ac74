"""What the options do, before and behind the command, alone and together."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from attncli.commands.app import COMMANDS, Commands
from tests.support.running import attncli

if TYPE_CHECKING:
    from pathlib import Path


def symbols(*arguments: str) -> list[str]:
    """The rows that are shown, in their order."""
    return re.findall(r"^# (\w+)", attncli(*arguments, "--plain").out, re.MULTILINE)


def test_forward_shows_every_row_in_the_pages_order():
    assert symbols("forward", "article") == ["X", "Wq", "Wk", "Wv", "Q", "K", "V", "S", "Z", "A", "O"]


def test_backward_shows_the_loss_side_and_every_gradient():
    rows = symbols("backward", "article")
    assert rows[:4] == ["Y", "O", "P", "L"]
    assert all(row.startswith("d") for row in rows[4:])
    assert rows[-1] == "dX"
    every = symbols("backward", "article", "--all")
    assert set(rows) < set(every)
    assert {"X", "Wq", "A"} < set(every)


def test_backward_from_an_upstream_gradient_shows_it():
    changes = ("--loss", "upstream", "--set", "upstream=1")
    assert symbols("backward", "article", *changes)[:3] == ["U", "O", "L"]


@pytest.mark.parametrize("only", ["A,Q", " A , Q ", "A,Q,A,"])
def test_only_shows_just_these_rows_in_the_order_named(only: str):
    assert symbols("forward", "article", "--only", only) == ["A", "Q"]


def test_only_reads_off_what_it_shows():
    assert "attends to most" in attncli("forward", "article", "--only", "A").out
    assert "attends to most" not in attncli("forward", "article", "--only", "Q").out


def test_head_shows_one_head():
    out = attncli("forward", "multihead", "--head", "3", "--only", "A,Qh,Q").out
    assert set(re.findall(r"^head \d+$", out, re.MULTILINE)) == {"head 3"}
    assert symbols("forward", "multihead", "--head", "3", "--only", "A,Qh,Q") == ["A", "Qh", "Q"]
    plain = attncli("forward", "multihead", "--head", "3", "--only", "A,Q", "--plain").out
    assert re.findall(r"^# (\w+).*?(, head \d)?$", plain, re.MULTILINE) == [("A", ", head 3"), ("Q", "")]


def test_decimals_are_the_options_else_the_configs():
    def shown(*options: str) -> int:
        out = attncli("forward", "article", "--only", "A", "--quiet", *options).out
        return len(re.findall(r"0\.(\d+)", out)[0])

    assert shown() == 4
    assert shown("--decimals", "7") == 7
    assert shown("-d", "full") > 12
    assert shown("--set", "decimals=2") == 2
    assert shown("--set", "decimals=2", "-d", "5") == 5


def test_quiet_leaves_just_the_tables():
    outcome = attncli("forward", "--only", "A", "--quiet")
    assert outcome.err == ""
    assert outcome.out.startswith("A = softmax(Z)")
    assert "attends to most" not in outcome.out


def test_which_problem_it_was_is_said_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    outcome = attncli("forward", "--only", "Q")
    assert outcome.err.startswith("note: ")
    assert "article" in outcome.err
    (tmp_path / "config.yaml").write_text(
        "{tokens: [a], given: {Q: [[1]], K: [[1]], V: [[1]]}}", encoding="utf-8"
    )
    outcome = attncli("forward", "--only", "O")
    assert "config.yaml" in outcome.err
    assert outcome.out.startswith("config.yaml: 1 token,")


def test_the_config_stands_last_or_behind_its_option():
    wanted = attncli("forward", "masked", "--quiet").out
    assert attncli("forward", "--quiet", "-c", "masked").out == wanted
    assert attncli("forward", "--quiet", "--config", "masked").out == wanted
    twice = attncli("forward", "masked", "-c", "article")
    assert (twice.code, twice.out) == (2, "")
    assert "CONFIG is given twice" in twice.err


def test_standard_input_is_a_config():
    config = json.dumps({"given": {"Q": [[1]], "K": [[1]], "V": [[2]]}})
    assert "O = A·V" in attncli("forward", "-", stdin=config).out
    wrong = attncli("forward", "-", stdin="Wx: 1\n")
    assert wrong.code == 2
    assert wrong.err.startswith("<stdin>:1:1: error: ")


def test_set_changes_the_problem_for_this_run():
    out = attncli("forward", "article", "--set", "mask=true", "--set", "Wq[1,1]=7", "--only", "M,Wq").out
    assert "M = mask(Z)" in out
    assert "-∞" in out
    assert re.search(r"^1  7  0", out, re.MULTILINE)


def test_loss_and_reduction_go_before_the_configs():
    out = attncli("backward", "article", "--set", "loss=sum", "--loss", "mse", "--reduction", "mean").out
    assert re.search(r"^L = \S+   mse, mean$", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("option", "sign"),
    [
        (("--ascii",), "S = Q*K^T"),
        (("--width", "20"), "S = Q·Kᵀ\n"),
        (("--color", "always"), "\x1b[1m = Q·Kᵀ"),
        (("--debug",), "S = Q·Kᵀ   9 × 9"),
    ],
)
def test_the_programs_options_stand_before_or_behind_the_command(option: tuple[str, ...], sign: str):
    before = attncli(*option, "forward", "article", "--only", "S")
    assert sign in before.out
    assert attncli("forward", "article", "--only", "S", *option) == before


def test_behind_the_command_goes_before():
    assert attncli("--width", "30", "forward", "article", "--width", "80") == attncli("forward", "article")
    both = ("--color", "always", "forward", "article", "--color", "never")
    assert attncli(*both) == attncli("forward", "article")


def test_plain_is_for_scripts():
    import io

    out = attncli("backward", "masked", "--plain", "--all", "--decimals", "full").out
    assert "\x1b" not in attncli("forward", "article", "--plain", "--color", "always").out
    record = json.loads(attncli("backward", "masked", "--json").out)
    blocks: dict[str, list[list[list[float]]]] = {}
    for block in out.rstrip("\n").split("\n\n"):
        title = block.split("\n")[0]
        symbol = title.removeprefix("# ").split(" ")[0]
        blocks.setdefault(symbol, []).append(np.loadtxt(io.StringIO(block), ndmin=2).tolist())
    assert list(blocks) == list(record["values"])
    for symbol, value in record["values"].items():
        expected = np.array(value, float)
        assert np.array_equal(np.squeeze(blocks[symbol]), np.squeeze(expected)), symbol


def test_plain_has_decimals_and_is_whole():
    config = json.dumps(
        {"given": {"Q": [[0.5]] * 40, "K": [[1]] * 40, "V": [[1 / 3, 2]] * 40}, "loss": "sum"}
    )
    out = attncli("forward", "-", "--plain", "--only", "V", "-d", "2", stdin=config).out
    assert out == "# V  (40 × 2)\n" + "0.33\t2\n" * 40 + "\n"
    assert attncli("backward", "-", "--plain", "--only", "L", "-d", "2", stdin=config).out.startswith(
        "# L = ΣO  (one"
    )


def test_a_token_that_sees_nothing_is_told_once():
    masked = (
        "forward",
        "article",
        "--set",
        "mask={padding: [Death, is, like, the, wind, alway, by, my, side]}",
    )
    outcome = attncli(*masked, "--only", "A")
    assert outcome.code == 0
    assert outcome.err.count("\n") == 1
    assert "everything is masked for Death, is," in outcome.err
    assert attncli(*masked, "--quiet").err == ""


def test_many_tokens_that_see_nothing_are_not_all_named():
    ones, n = [[1]], 14
    config = {"given": {"Q": ones * n, "K": ones * n, "V": ones * n}, "mask": [[0] * n] * n, "heads": 1}
    assert ", 12, …: their attention weights" in attncli("forward", "-", stdin=json.dumps(config)).err
    heads = {**config, "given": {"Q": [[1, 1]] * n, "K": [[1, 1]] * n, "V": [[1, 1]] * n}, "heads": 2}
    heads["mask"] = [[[0] * n] * n, [[1] * n] * n]
    assert "everything is masked" in attncli("forward", "-", stdin=json.dumps(heads)).err


def test_the_notes_of_a_given_a_are_none():
    config = {"given": {"A": [[1]], "V": [[1]]}, "mask": True}
    assert attncli("forward", "-", stdin=json.dumps(config)).code in {0, 2}


def test_float32_can_be_seen():
    single = json.loads(attncli("forward", "article", "--json", "--dtype", "float32").out)
    double = json.loads(attncli("forward", "article", "--json").out)
    assert single["values"]["A"] != double["values"]["A"]
    assert np.allclose(single["values"]["A"], double["values"]["A"], rtol=1e-5)


WRONG = [
    (("forward", "article", "--only", "Qq"), "error: 'Qq' is not on this page", "did you mean 'Q'?"),
    (("forward", "article", "--only", "dWq"), "'dWq' is not on this page", "it belongs to the backward pass"),
    (("forward", "article", "--only", ","), "--only names no quantity", "like --only Q,A"),
    (("forward", "article", "--head", "2"), "there is no head 2", "this problem has 1 head, counted from 1"),
    (
        ("forward", "multihead", "--head", "9"),
        "there is no head 9",
        "this problem has 8 heads, counted from 1",
    ),
    (("forward", "article", "--head", "0"), "there is no head 0", "counted from 1"),
    (("forward", "article", "--head", "x"), "'x' is not a valid int", "attncli forward --help"),
    (("forward", "article", "--decimals", "16"), "--decimals is '16'", "from 0 to 15, or full"),
    (("forward", "article", "--decimals", "-1"), "--decimals is '-1'", "from 0 to 15, or full"),
    (("forward", "article", "--decimals", "²"), "--decimals is '²'", ""),
    (("forward", "article", "--json", "--head", "0"), "--head does not go with --json", "leave --head out"),
    (("forward", "article", "--json", "-d", "0"), "--decimals does not go with --json", ""),
    (("forward", "article", "--json", "--full"), "--full does not go with --json", ""),
    (("forward", "article", "--json", "--plain"), "--plain does not go with --json", ""),
    (("forward", "article", "--width", "19"), "--width is 19", "at least 20 columns"),
    (("--width", "19", "forward", "article"), "--width is 19", ""),
    (("forward", "article", "--color", "blue"), "--color is 'blue'; expected auto, always or never", ""),
    (("forward", "article", "--dtype", "float16"), "dtype is 'float16'", "float64 or float32"),
    (("backward", "article", "--loss", "bcd"), "--loss is 'bcd'", "did you mean 'bce'?"),
    (("backward", "article", "--loss", ""), "--loss is ''", ""),
    (("backward", "article", "--reduction", "max"), "--reduction is 'max'", "sum or mean"),
    (("backward", "article", "--loss", "upstream"), "the loss upstream needs upstream", ""),
    (("forward", "artikle"), "there is no file 'artikle'", "did you mean 'article'?"),
    (("forward", "article", "--set", "hedas=2"), "unknown key 'hedas'", "did you mean 'heads'?"),
    (("forwrd",), "No such command 'forwrd'", "hint: did you mean 'forward'?"),
    (("my.yaml",), "No such command 'my.yaml'", "attncli forward my.yaml"),
    (("forward", "--ful"), "No such option: --ful\n", "hint: did you mean --full?"),
    (("forward", "a", "b"), "unexpected extra argument", ""),
]


@pytest.mark.parametrize(("arguments", "message", "hint"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_use_is_told_on_standard_error(arguments: tuple[str, ...], message: str, hint: str):
    outcome = attncli(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert hint in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("forward", "--help"), ("backward", "-h")])
def test_help_starts_with_what_it_does_and_examples(arguments: tuple[str, ...]):
    outcome = attncli(*arguments)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.index("Examples:") < outcome.out.index("Options:")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str):
    params = Commands()[name].params
    assert {"lang", "width", "color", "ascii_only", "debug", "quiet"} <= {param.name for param in params}
    assert [param.name for param in params if not param.help] == []


@pytest.mark.parametrize("arguments", [("--version",), ("-V",)])
def test_version(arguments: tuple[str, ...]):
    from attncli import __version__

    assert attncli(*arguments).out == f"attncli {__version__}\n"


def test_completion_is_there():
    assert "--install-completion" in attncli("--help").out


def test_plain_writes_tiny_numbers_with_an_exponent():
    change = ["--set", "upstream=0.0000001", "--loss", "upstream"]
    text = attncli("backward", *change, "--only", "dWq", "--plain", "-q").out
    numbers = np.loadtxt(text.splitlines())
    assert np.abs(numbers).max() > 0
    assert "e-0" in text
