"""Names of parameters and results: the guide lists all that are known; for others there is an adapter."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from attncli.code import trial
from attncli.code.parameters import ASKED, RESULTS
from attncli.errors import AttnError
from attncli.problem.foreign import folded
from attncli.show.guide import FOLDER
from tests.support.running import attncli

if TYPE_CHECKING:
    from collections.abc import Mapping

CONSTANTS = {"0", "1", "false"}  # what some parameters are given, and no name


@pytest.mark.parametrize("folder", ["", "vi"])
def test_the_guide_lists_the_names_that_are_known(folder: str) -> None:
    text = (FOLDER / folder / "test.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| [^|`]+ \| ((?:`\w+` ?)+)\|$", text, re.MULTILINE)
    listed = [{folded(name) for name in re.findall(r"`(\w+)`", line)} for line in lines]
    known = [*groups(ASKED), *groups(RESULTS)]
    assert sorted(map(sorted, listed)) == sorted(map(sorted, known))


def groups(table: Mapping[str, object]) -> list[set[str]]:
    """Put the names together that stand for the same."""
    found = defaultdict(set)
    for name, key in table.items():
        found[key].add(name)
    return [names - CONSTANTS for names in found.values()]


CODE = """\
import numpy as np
def {name}(x, W_q, {more}Wk, Wv, mask=None):
    S = x @ W_q @ (x @ Wk).T / np.sqrt(Wk.shape[1])
    e = np.exp(S - S.max(1, keepdims=True)) * (1 if mask is None else mask)
    return e / e.sum(1, keepdims=True) @ (x @ Wv)
"""


def test_the_adapter_runs_when_its_gaps_are_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(CODE.format(name="attention", more="temperature, "))
    done = attncli("test", "mine.py")
    assert (done.code, done.out) == (2, "")
    assert "\\n" not in done.err
    lines = [line.removeprefix(" " * 8) for line in done.err.splitlines() if line.startswith(" " * 8)]
    assert lines == [
        "from mine import attention",
        "def my_attention(x, W_q, Wk, Wv, mask=None):",
        "    return attention(x, W_q, …, Wk, Wv, mask=mask)",
    ]
    Path("around.py").write_text("\n".join(lines).replace("…", "1.0"))
    assert trial.test_file("around.py", None, trial.Options()).verdict == "right"


@pytest.mark.parametrize(
    ("signature", "adapter"),
    [
        ("def attend(u, *, k): ...", ["def attention(X, Wq, Wk, Wv):", "    return attend(…, k=…)"]),
        ("def attend(x): ...", ["def attention(X, Wq, Wk, Wv):", "    return attend(…)"]),
        (
            "def attend(Q, K, V, *, tau, h=1): ...",
            ["def attention(Q, K, V, h=None):", "    return attend(Q, K, V, tau=…, h=h)"],
        ),
        (
            "class Attend:\n    def __init__(self, d_model): ...\n    def forward(self, x): ...",
            ["def attention(X, Wq, Wk, Wv):", "    return Attend(…)(…)"],
        ),
    ],
)
def test_the_adapter_has_what_is_known_in_its_place(
    signature: str, adapter: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(signature)
    with pytest.raises(AttnError) as caught:
        trial.test_file(str(file), None, trial.Options())
    assert caught.value.code.splitlines()[1:] == adapter
    assert str(caught.value).endswith(f"\n{caught.value.code}")


def test_a_module_that_is_missing_has_to_be_installed(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import nowhere_to_be_found\n")
    with pytest.raises(AttnError, match="install it for the Python that runs attncli"):
        trial.test_file(str(file), None, trial.Options())
    if find_spec("torch") is None:
        file.write_text("def attention(X, Wq, Wk, Wv): return X\n")
        with pytest.raises(AttnError, match=r"torch is not installed here \(install it"):
            trial.test_file(str(file), None, trial.Options(arrays="torch"))
