"""The screen of ``test``: the verdict first, then abilities, the mistake, and numbers beside numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from attncli.code.report import Report
from attncli.show.display import Display
from attncli.show.terminal import text_of
from attncli.show.test import screen
from tests.support.code_reports import FAILED, GOOD, UNKNOWN, WRONG

SCREEN = """\
my_attention.py, attention: wrong: heads-split-reshape

ability          verdict      right problems
────────────────────────────────────────────
one head         ✓ right      4 of 4
several heads    ✗ wrong      0 of 4
cross-attention  – not taken
dWq              ✗ failed     0 of 2

What seems to have been done: heads-split-reshape
  Qh = reshape(Q, h × n × d_k)   instead of   Qh = split(Q)
  The numbers were cut as they lie in memory.
  It gives the same numbers on 5 of 5 problems that could show it.

It fails on several heads, a wholly masked row:
  line 12: ValueError: no

The smallest problem that shows it (several heads), O:
yours                expected
           1     2             1   2
──────────────────   ───────────────
1   0.250000    -1   1  0.250000  -1
2  ✗0.333335  ✗NaN   2  0.333333   0

To go on with this problem:
  attncli test my_attention.py:attention --example example.yaml
  attncli explain -c example.yaml Qh 'O[2,1]'
"""


def shown(report: Report, width: int = 80, *, ascii_only: bool = False, quiet: bool = False) -> str:
    display = Display(width, 0, ascii_only=ascii_only)
    return text_of(screen(report, display, quiet=quiet), width=width, ascii_only=ascii_only)


def test_the_screen():
    assert shown(WRONG) == SCREEN


def test_ascii_has_words():
    text = shown(replace(WRONG, notes=("é",)), ascii_only=True)
    assert text.isascii()
    assert "+ right" in text
    assert "- not taken" in text
    assert "Qh = reshape(Q, h x n x d_k)" in text


def test_quiet_is_the_verdict_and_the_abilities():
    text = shown(replace(WRONG, notes=("X was changed",)), quiet=True)
    assert text == SCREEN[: SCREEN.index("\nWhat seems")]


@pytest.mark.parametrize("width", [30, 40, 60, 120])
@pytest.mark.parametrize("report", [WRONG, UNKNOWN, GOOD, FAILED], ids=["wrong", "unknown", "good", "failed"])
def test_any_width(report: Report, width: int):
    text = shown(report, width)
    assert report.verdict in text
    for line in text.splitlines():  # a word, a number or a command is never cut
        assert cell_len(line) <= width or len(line.split()) <= 2 or line.startswith("  attncli ")
    if report.example:
        assert "0.333335" in text


def test_formulas_without_room_stand_over_each_other():
    assert "  Qh = reshape(Q, h × n × d_k)\n  instead of Qh = split(Q)\n" in shown(WRONG, 40)


def test_where_the_example_is_written_the_way_on_begins_there():
    text = text_of(screen(WRONG, Display(80, 0), written="a b.yaml"), width=80, ascii_only=False)
    assert text.endswith("To go on with this problem:\n  attncli explain -c 'a b.yaml' Qh 'O[2,1]'\n")


def test_notes_come_last():
    assert shown(replace(GOOD, notes=("X was changed",))).endswith("\n\nnote: X was changed\n")


def test_colour_is_not_all():
    """What a sign or a word says, the colour only repeats."""
    assert "✗0.333335" in shown(WRONG)
