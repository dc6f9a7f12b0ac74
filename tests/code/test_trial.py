"""What a whole run says of code that fails in part, that makes two mistakes, or keeps another convention."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attncli.code import trial
from attncli.code.report import Failure, Report
from attncli.errors import AttnError
from tests.support.running import attncli

FORWARD = """\
import numpy as np
def attention(X, Wq, Wk, Wv, mask=None):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / {scale}
    if mask is not None:
        {mask}
    e = np.exp(S - S.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True) @ V
"""
BACKWARD = """\
def attention_backward(X, Wq, Wk, Wv, dO, heads=1):
    if heads > 1:
        raise NotImplementedError
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / Q.shape[1] ** 0.5
    A = 2.718281828459045 ** (S - S.max(1, keepdims=True))
    A /= A.sum(1, keepdims=True)
    dA = dO @ V.T
    dS = A * (dA - (A * dA).sum(1, keepdims=True)) / Q.shape[1] ** 0.5
    return {"dWq": X.T @ dS @ K, "dWk": X.T @ dS.T @ Q, "dWv": X.T @ A.T @ dO}
"""
SQRT = "np.sqrt(Q.shape[1])"


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def run(code: str) -> Report:
        Path("mine.py").write_text(code)
        return trial.test_file("mine.py", None, trial.Options())

    return run


def test_an_error_is_told_once_with_its_line(tried) -> None:
    report = tried(FORWARD.format(scale=SQRT, mask="S = S.masked_fill(~mask, -1e9)"))
    assert report.finding == "failed: it fails on causal mask, padding mask"
    (failure,) = report.failures
    assert (failure.line, failure.problems) == (6, 7)
    assert failure.abilities == ("causal", "padding", "large-scores", "masked-row")
    text = str(report)
    assert text.count("masked_fill") == 1
    assert "It fails on causal mask, padding mask, very large scores, a wholly masked row:" in text


def test_gradients_that_are_not_given_for_heads(tried) -> None:
    report = tried(BACKWARD)
    assert report.finding == "failed: it fails on several heads"
    verdicts = {one.name: one.verdict for one in report.abilities}
    assert verdicts == {"dWq": "right", "dWk": "right", "dWv": "right", "several-heads": "failed"}
    assert (report.failures[0].line, report.failures[0].abilities[0]) == (3, "several-heads")


def test_another_shape_is_a_failure_with_its_sizes(tried) -> None:
    report = tried(
        "def attention(Q, K, V):\n    import numpy as np\n    e = np.exp(Q @ K.T / Q.shape[1]**.5)\n"
        "    O = e / e.sum(1, keepdims=True) @ V\n    return O[:, :1] if Q.shape[1] < V.shape[1] else O\n"
    )
    assert Failure("O is 4 × 1, and should be 4 × 3", 0, 1, ("dv",)) in report.failures


def test_an_assertion_against_a_masked_row_is_no_fault(tried) -> None:
    code = "assert mask.any(1).all(); S = np.where(mask, S, -np.inf)"
    report = tried(FORWARD.format(scale=SQRT, mask=code))
    assert report.verdict == "right"
    assert "✗" not in str(report)
    assert [one.abilities for one in report.failures] == [("masked-row",)]


@pytest.mark.parametrize("row", ["np.nan", "0.0", "-1e9"])
def test_what_a_masked_row_gives_is_no_fault(row: str, tried) -> None:
    """Also in code that is wrong elsewhere: it is reported, and carries no sign."""
    code = f"S = np.where(mask, S, -np.inf); S[~mask.any(1)] = {row}"
    for scale in (SQRT, "Q.shape[1]"):
        report = tried(FORWARD.format(scale=scale, mask=code))
        assert report.table[-1][1:] == [{"np.nan": "– NaN"}.get(row, "– uniform weights"), ""]


def test_two_mistakes_of_which_one_shows_on_a_smaller_problem(tried) -> None:
    """The example has both, so that explain knows both quantities."""
    code = "assert mask.any(1).all(); S = np.where(mask, -1e9, S)"
    report = tried(FORWARD.format(scale="Q.shape[1]", mask=code))
    assert [mistake.id for mistake in report.mistakes] == ["scale-by-dk", "mask-inverted"]
    assert [mistake.right for mistake in report.mistakes] == ["Z = S/√d_k", "M = mask(Z)"]
    assert attncli("test", "mine.py", "--example", "small.yaml").code == 1
    assert attncli("explain", "-c", "small.yaml", "Z", "M").code == 0


def test_a_convention_is_told_in_words_that_fit_wrong_code(tried) -> None:
    hides = "S = np.where(mask, -1e9, S)"
    words = "true in the mask means that a token is hidden, not that one may look at it"
    right = tried(FORWARD.format(scale=SQRT, mask=hides))
    assert (right.convention, right.finding) == (words, f"right, where {words}")
    assert attncli("test", "mine.py", "--mask-true", "look").code == 1
    tried(FORWARD.format(scale="Q.shape[1]", mask=hides))
    told = attncli("test", "mine.py", "--mask-true", "hide").out
    assert " ".join(told.split()).count(f"Judged by this convention: {words}") == 1
    assert "Right" not in told


def test_from_python_a_word_that_is_none_is_an_error() -> None:
    with pytest.raises(AttnError, match="'hidden'"):
        trial.test(lambda Q, K, V: Q, mask_true="hidden")  # noqa: N803, ARG005
    with pytest.raises(AttnError, match="exp"):
        trial.test(np.exp)
