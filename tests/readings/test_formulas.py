"""The page without numbers: its text, its LaTeX and its Markdown.

ATTNCLI_WRITE=1 writes the golden files anew; read them before you keep them.
"""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

import attncli
from attncli.calculation import whole_page
from attncli.export.formulas import latex_lines
from attncli.export.latex import latex, size_latex, symbol_latex
from attncli.ops.op import lengths
from attncli.page.attention import Form
from attncli.problem.sources import configs_folder
from attncli.readings.formulas import formulas, page_of
from tests.support.running import attncli as run

PAGES = Path(__file__).parent / "golden"
BUILTIN = ("article", "cross", "masked", "multihead")
OWN = ("window", "softcap", "sinks", "alibi", "rope", "gqa", "block", "gpt")
LOSSES = ("bce", "ce", "mse", "sum", "upstream")
COMMANDS = {
    *r"\begin \end \frac \partial \top \sqrt \sum \sigma \ln \odot \operatorname \text \times".split(),
    *r"\left \right \left. \right| \quad".split(),
}


def every_formula() -> set[str]:
    """The right-hand side of every row that any page can have."""
    biases = frozenset({"bq", "bk", "bv", "bo"})
    forms = [
        Form(heads, context, values, some, scale, masked, added, output)
        for heads, context, values, some, scale, masked, added, output in itertools.product(
            (1, 2),
            (False, True),
            (False, True),
            (frozenset(), biases),
            ("√d_k", "c", ""),
            (False, True),
            (False, True),
            (False, True),
        )
    ]
    found = set()
    for form, loss, mean in itertools.product(forms, LOSSES, (False, True)):
        page = whole_page(form, frozenset(), loss, mean=mean and loss != "upstream")
        found |= {row.op.text(*row.args) for row in page.rows}
    return found


def check_latex(text: str) -> None:
    """Braces, environments and the pairs left–right are closed, and every command is known."""
    assert text.isascii()
    depth, open_environments, tall = 0, [], []
    for token in re.findall(r"\\(?:begin|end)\{[^}]*\}|\\[a-zA-Z]+[.|]?|\\.|[{}^_]|.", text):
        if token.startswith((r"\begin", r"\end")):
            name = token[token.index("{") :]
            assert name == "{align*}"
            if token.startswith(r"\begin"):
                open_environments.append(name)
            else:
                assert open_environments.pop() == name
                assert depth == 0
                assert not tall
        elif token.startswith(r"\left"):
            tall.append(depth)
        elif token.startswith(r"\right"):
            assert tall.pop() == depth
        elif token in {"{", "}"}:
            depth += 1 if token == "{" else -1
            assert depth >= 0
        elif token.startswith("\\") and token[1].isalpha():
            assert token.rstrip(".|") in COMMANDS, token
        elif token in {"&", r"\\"}:
            assert depth == 0
            assert not tall
    assert depth == 0
    assert not tall
    assert not open_environments


@pytest.mark.parametrize("name", BUILTIN)
@pytest.mark.parametrize(("style", "suffix"), [("text", "txt"), ("latex", "tex"), ("markdown", "md")])
def test_golden_formulas(name: str, style: str, suffix: str) -> None:
    outcome = run("formulas", name, "--backward", "--format", style, COLUMNS="100")
    assert (outcome.code, outcome.err) == (0, "")
    path = PAGES / f"formulas-{name}.{suffix}"
    if os.environ.get("ATTNCLI_WRITE"):
        path.write_text(outcome.out, encoding="utf-8")
    assert outcome.out == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(("style", "suffix"), [("text", "txt"), ("latex", "tex")])
def test_golden_formulas_of_pages_of_ones_own(name: str, style: str, suffix: str) -> None:
    test_golden_formulas(name, style, suffix)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_what_is_printed_of_a_page_of_ones_own_is_read_back(name: str, *, ascii_only: bool) -> None:
    printed = run("formulas", name, *(["--ascii"] if ascii_only else []), COLUMNS="200").out
    config = (configs_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    lines = "".join(f"  {line}\n" for line in printed.splitlines())
    block = re.compile(r"^formulas: \|\n(?:  .*\n)+|\Z", re.MULTILINE)
    again = attncli.load(yaml.safe_load(block.sub(lambda _found: f"formulas: |\n{lines}", config, count=1)))
    page, same = attncli.load(name), attncli.backward(again)
    for row in (result := attncli.backward(page)).rows:
        assert np.array_equal(same[row.symbol], result[row.symbol], equal_nan=True), row.symbol


@pytest.mark.parametrize("name", BUILTIN)
def test_text_has_one_line_a_row_and_one_column_of_equals_signs(name: str) -> None:
    lines = run("formulas", name, "--backward").out.splitlines()
    page = attncli.backward(attncli.load(name)).page
    assert len({line.index("=") for line in lines}) == 1
    for line, row in zip(lines, page.rows, strict=True):
        symbol, rest = line.split("=", 1)
        assert symbol.strip() == row.symbol
        assert rest.startswith(f" {row.op.text(*row.args)}  ") or rest[1:] == row.op.text(*row.args)


@pytest.mark.parametrize("name", BUILTIN)
def test_shapes_are_those_of_the_numbers(name: str) -> None:
    problem = attncli.load(name)
    result = attncli.backward(problem)
    for formula in formulas(problem, page_of(problem, backward=True)):
        assert formula.shape == result[formula.symbol].shape, formula.symbol
        assert len(formula.letters) == len(formula.shape)


def test_forward_leaves_the_loss_and_the_gradients_out() -> None:
    symbols = [line.split()[0] for line in run("formulas", "article").out.splitlines()]
    assert symbols == ["Q", "K", "V", "S", "Z", "A", "O"]


def test_letters_become_numbers() -> None:
    assert lengths(("n", "h·d_k"), {"n": 9, "h": 8, "d_k": 2}) == (9, 16)
    assert lengths((), {}) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("X·Wq", "X W_q"),
        ("X·Wq + bq", "X W_q + b_q"),
        ("Ev·Wv", "E_v W_v"),
        ("Qh·Khᵀ", r"Q_h K_h^{\top}"),
        ("S/√d_k", r"\frac{S}{\sqrt{d_k}}"),
        ("S·c", "S c"),
        ("mask(S + B)", r"\operatorname{mask}(S + B)"),
        ("σ(O)", r"\sigma(O)"),
        ("dS·K", r"\frac{\partial L}{\partial S} K"),
        ("dSᵀ·Q", r"\left( \frac{\partial L}{\partial S} \right)^{\top} Q"),
        ("dZ/√d_k", r"\frac{\partial L}{\partial Z} / \sqrt{d_k}"),
        (
            "dX_Q + Q",
            r"\left.\frac{\partial L}{\partial X}\right|_{Q} + Q",
        ),
        ("dM, 0 where masked", r"\frac{\partial L}{\partial M},\quad \text{0 where masked}"),
        ("−Σ[Y·ln P + (1−Y)·ln(1−P)]", r"-\sum [Y \ln P + (1 - Y) \ln(1 - P)]"),
        ("−(Σ Y·ln P)/N", r"-\frac{\sum Y \ln P}{N}"),
        ("Σ(O − Y)²/N", r"\frac{\sum (O - Y)^2}{N}"),
        ("2(O − Y)/N", r"\frac{2(O - Y)}{N}"),
        ("ΣO/N", r"\frac{\sum O}{N}"),
        ("P∘(1−P)/N", r"P \odot (1 - P) / N"),
        ("softcap(Z, 30)/c", r"\frac{\operatorname{softcap}(Z, 30)}{c}"),
        ("Σ U∘O", r"\sum U \odot O"),
        ("tanh(W1)", r"\tanh(W_1)"),
        ("gelu_tanh(Zc)", r"\operatorname{gelu\_tanh}(Z_c)"),
        ("A∘(1 − tanh²(Z/30))", r"A \odot \left( 1 - \tanh^2\left( \frac{Z}{30} \right) \right)"),
        ("Φ(A) + A∘φ(A)", r"\Phi(A) + A \odot \varphi(A)"),
        ("A, t = √(2/π)·(A + A³)", r"A,\quad t = \sqrt{\frac{2}{\pi}} (A + A^3)"),
        ("−colsum(dY∘A)", r"-\operatorname{colsum}\left( \frac{\partial L}{\partial Y} \odot A \right)"),
        ("1/N", r"\frac{1}{N}"),
        ("(P−Y)/(P∘(1−P))", r"\frac{P - Y}{P \odot (1 - P)}"),
        ("(P−Y)/(P∘(1−P))/N", r"\frac{P - Y}{P \odot (1 - P)} / N"),
        ("(−Y/P)/N", r"\frac{-Y / P}{N}"),
        ("dP∘P∘(1−P) = P − Y", r"\frac{\partial L}{\partial P} \odot P \odot (1 - P) = P - Y"),
        ("A∘(B − rowsum(A∘B))", r"A \odot (B - \operatorname{rowsum}(A \odot B))"),
        ("A∘(dA − c)", r"A \odot \left( \frac{\partial L}{\partial A} - c \right)"),
        ("rowsum(A∘dA)", r"\operatorname{rowsum}\left( A \odot \frac{\partial L}{\partial A} \right)"),
    ],
)
def test_a_formula_in_latex(text: str, expected: str) -> None:
    assert latex(text) == expected


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("Q", "Q"),
        ("Wq", "W_q"),
        ("dWq", r"\frac{\partial L}{\partial W_q}"),
        ("dbq", r"\frac{\partial L}{\partial b_q}"),
        ("b1", "b_1"),
        ("db1", r"\frac{\partial L}{\partial b_1}"),
        ("ds", r"\frac{\partial L}{\partial s}"),
        ("Logits", r"\text{Logits}"),
        ("dPE", r"\frac{\partial L}{\partial \text{PE}}"),
        ("dE_Kh", r"\left.\frac{\partial L}{\partial E}\right|_{K_h}"),
        ("d_k", "d_k"),
    ],
)
def test_a_symbol_in_latex(symbol: str, expected: str) -> None:
    assert symbol_latex(symbol) == expected


def test_sizes_in_latex() -> None:
    assert size_latex("h·d_k") == "h d_k"
    assert size_latex("d_model") == r"d_{\text{model}}"


def test_every_formula_there_can_be_has_a_latex_with_every_symbol_in_it() -> None:
    found = every_formula()
    assert len(found) > 60
    names = re.compile(r"\bd?(?:[A-Z][a-z]?|b[qkvo])(?:_[A-Z][a-z]?)?\b")
    for text in found:
        written = latex(text)
        check_latex(written)
        symbols = Counter(names.findall(text))
        # The longest first, so that the A within ∂L/∂A is not counted as an A.
        for symbol in sorted(symbols, key=lambda name: -len(symbol_latex(name))):
            assert written.count(symbol_latex(symbol)) == symbols[symbol], text
            written = written.replace(symbol_latex(symbol), " ")


@pytest.mark.parametrize("name", BUILTIN)
@pytest.mark.parametrize("loss", LOSSES)
def test_latex_is_a_whole_environment(name: str, loss: str) -> None:
    outcome = run("formulas", name, "--backward", "--format", "latex", "--loss", loss, "--reduction", "mean")
    assert outcome.out.startswith("% \\usepackage{amsmath}\n")
    check_latex(outcome.out.partition("\n")[2])
    body = outcome.out.splitlines()[2:-1]
    page = page_of(attncli.load(name), backward=True, loss=loss, reduction="mean")
    assert len(body) == len(page.rows)
    assert all(line.endswith(r"\\") for line in body[:-1])
    assert not body[-1].endswith(r"\\")
    assert {line.count("&") for line in body} <= {1, 3}


def test_the_checker_of_latex_finds_faults() -> None:
    for text in (r"\frac{1}{2", "}", r"\left( x", r"x \right)", r"\begin{align*}", r"\foo", "σ", "{ & }"):
        with pytest.raises((AssertionError, IndexError)):
            check_latex(text)


def test_a_problem_without_a_target_has_all_its_formulas(tmp_path: Path) -> None:
    config = tmp_path / "bare.json"
    config.write_text(
        '{"embeddings": [[1, 0], [0, 1]], "Wq": [[1], [0]], "Wk": [[0], [1]], "Wv": [[1], [1]]}'
    )
    outcome = run("formulas", str(config), "--backward", "--loss", "ce", "--reduction", "mean")
    assert outcome.code == 0
    assert "L    = −(Σ Y·ln P)/N" in outcome.out
    assert "dX   = dX_Q + dX_K + dX_V" in outcome.out


def test_loss_and_reduction_are_the_configs_unless_told(tmp_path: Path) -> None:
    config = tmp_path / "mse.json"
    config.write_text('{"given": {"O": [[1, 2]]}, "tokens": ["a"], "loss": "mse", "reduction": "mean"}')
    assert "L  = Σ(O − Y)²/N" in run("formulas", str(config), "-b").out
    assert "L  = ΣO " in run("formulas", str(config), "-b", "--loss", "sum", "--reduction", "sum").out


def test_a_page_without_rows(tmp_path: Path) -> None:
    config = tmp_path / "given.json"
    config.write_text('{"given": {"O": [[1, 2]]}, "tokens": ["a"]}')
    outcome = run("formulas", str(config))
    assert (outcome.code, outcome.out) == (0, "")
    assert "everything is given" in outcome.err
    assert r"\begin" not in run("formulas", str(config), "--format", "latex").out
    assert list(latex_lines([])) == ["% \\usepackage{amsmath}\n"]


def test_narrow_screens_lose_shapes_before_any_formula_breaks() -> None:
    wide = run("formulas", "masked", "-b", COLUMNS="100").out.splitlines()
    narrow = run("formulas", "masked", "-b", COLUMNS="50").out.splitlines()
    least = run("formulas", "masked", "-b", COLUMNS="20").out.splitlines()
    assert all("5 × 6" in lines[0] for lines in (wide, narrow))
    assert "h·d_k" in wide[0]
    assert "h·d_k" not in narrow[0]
    assert least[0] == "Q    = X·Wq + bq"
    assert max(map(len, narrow)) <= 50
    assert len(wide) == len(narrow) == len(least)


def test_ascii() -> None:
    for style in ("text", "latex", "markdown"):
        outcome = run("formulas", "masked", "-b", "--ascii", "--format", style)
        assert outcome.out.isascii()
        assert "\\u" not in outcome.out.replace("\\usepackage", "")


def test_markdown_is_a_table() -> None:
    lines = run("formulas", "multihead", "--format", "markdown").out.splitlines()
    assert {line.count("|") for line in lines} == {5}
    assert lines[2] == "| `Q` | `Q = X·Wq` | `n × h·d_k` | 9 × 16 |"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--loss", "mse"], "--loss has no effect on the forward pass"),
        (["--reduction", "mean"], "--reduction has no effect on the forward pass"),
        (["-b", "--loss", "mes"], "did you mean 'mse'"),
        (["-b", "--reduction", "median"], "--reduction is 'median'"),
        (["--format", "pdf"], "--format is 'pdf'; expected text, latex or markdown"),
    ],
)
def test_wrong_options(arguments: list[str], words: str) -> None:
    outcome = run("formulas", "article", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err
