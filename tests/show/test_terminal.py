"""What a stream can show: width, colour and characters, each stream judged for itself."""

from __future__ import annotations

import io
import os
import sys
from types import SimpleNamespace
from unittest import mock

import pytest

from attncli.show.terminal import PIPED_WIDTH, prepare_streams, takes_color, terminal
from tests.support.running import Stream, attncli


@pytest.mark.parametrize(
    ("option", "environment", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "xterm"}, True, True),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"FORCE_COLOR": ""}, False, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour(option: str, environment: dict[str, str], *, is_terminal: bool, expected: bool):
    assert takes_color(option, is_terminal=is_terminal, environment=environment) is expected


@pytest.mark.parametrize(
    ("option", "environment", "size", "expected"),
    [
        (None, {}, None, PIPED_WIDTH),
        (None, {"COLUMNS": "120"}, None, 120),
        (None, {"COLUMNS": "0"}, None, PIPED_WIDTH),
        (None, {"COLUMNS": "wide"}, None, PIPED_WIDTH),
        (None, {}, 132, 132),
        (None, {}, 0, PIPED_WIDTH),
        (None, {"COLUMNS": "50"}, 132, 50),
        (40, {"COLUMNS": "50"}, 132, 40),
    ],
)
def test_width(option: int | None, environment: dict[str, str], size: int | None, expected: int):
    stream = Stream(tty=size is not None)
    with (
        mock.patch.object(stream, "fileno", return_value=1),
        mock.patch("os.get_terminal_size", return_value=os.terminal_size((size or 0, 24))),
    ):
        assert terminal(stream, width=option, environment=environment).width == expected


def test_a_terminal_that_does_not_know_its_width_has_the_fixed_one():
    assert terminal(Stream(tty=True), environment={}).width == PIPED_WIDTH


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", False),
        ("UTF-8", False),
        ("utf_8", False),
        ("ascii", True),
        ("latin-1", True),
        ("cp1252", True),
    ],
)
def test_only_utf_8_takes_the_symbols(encoding: str, *, expected: bool):
    assert terminal(Stream(encoding=encoding), environment={}).ascii_only is expected
    assert terminal(Stream(encoding=encoding), ascii_only=True, environment={}).ascii_only


def test_a_stream_without_an_encoding_takes_ascii():
    assert terminal(io.StringIO(), environment={}).ascii_only


def test_streams_are_made_ready():
    out = Stream(encoding="ascii")
    with mock.patch.multiple(sys, stdout=out, stderr=None):
        prepare_streams()
        sys.stdout.write("σ")
        sys.stderr.write("nobody hears this")
        sys.stderr.close()
    assert out.text() == r"\u03c3"
    with mock.patch.multiple(sys, stdout=SimpleNamespace(), stderr=out):
        prepare_streams()


def test_each_stream_is_judged_for_itself():
    outcome = attncli("forward", "--only", "A", err=Stream(tty=True), TERM="xterm")
    assert "\x1b" not in outcome.out
    assert outcome.err.startswith("\x1b[36mnote:\x1b[0m ")
    outcome = attncli("forward", "--only", "A", out=Stream(tty=True), TERM="xterm")
    assert "\x1b" in outcome.out
    assert "\x1b" not in outcome.err


def test_meaning_is_never_by_colour_alone():
    plain = attncli("forward", "article", "--only", "A")
    shaded = attncli("forward", "article", "--only", "A", "--color", "always")
    from rich.text import Text

    assert Text.from_ansi(shaded.out).plain.rstrip() == plain.out.rstrip()
    assert plain.out.count("▸") == 9 + 1


def test_another_encoding_gets_ascii_and_the_same_columns():
    outcome = attncli("backward", "masked", "--all", out=Stream(encoding="latin-1"))
    assert outcome.out.isascii()
    assert outcome.out == attncli("backward", "masked", "--all", "--ascii").out
    assert r"\u" not in outcome.out
