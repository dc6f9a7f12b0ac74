"""What a stream can show: width, colour and characters, each stream judged for itself."""

from __future__ import annotations

import io
import os
from unittest import mock

import pytest
from rich.tree import Tree

from attncli.show.display import PIPED_WIDTH, takes_color
from attncli.show.listing import Line, Listing
from attncli.show.terminal import Memory, Terminal, Words, text_of
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
    assert takes_color(option, Stream(tty=is_terminal), environment) is expected


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
        assert Terminal(stream, width=option, environment=environment).width == expected


def test_a_terminal_that_does_not_know_its_width_has_the_fixed_one():
    assert Terminal(Stream(tty=True), environment={}).width == PIPED_WIDTH


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
    assert Terminal(Stream(encoding=encoding), environment={}).ascii_only is expected
    assert Terminal(Stream(encoding=encoding), ascii_only=True, environment={}).ascii_only


def test_a_stream_without_an_encoding_takes_ascii():
    assert Terminal(io.StringIO(), environment={}).ascii_only


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


def shown(*parts: object, width: int = 80, ascii_only: bool = False) -> list[str]:
    return text_of(parts, width=width, ascii_only=ascii_only).splitlines()


def test_words_are_broken_between_words_behind_their_indent_and_keep_their_styles():
    words = Words("one two", "bold", indent=1, hanging=3).add(" three four", "red")
    assert shown(words, width=12) == [" one two", "   three", "   four"]
    memory = Memory()
    Terminal(memory, width=12, color="always", environment={}).show([words])
    assert memory.getvalue() == " \x1b[1mone two\x1b[0m\n   \x1b[31mthree\x1b[0m\n   \x1b[31mfour\x1b[0m\n"


def test_no_word_is_broken_and_what_is_whole_is_not_wrapped():
    assert shown(Words("a" * 30), width=10) == ["a" * 30]
    assert shown(Words("one two three", whole=True), width=10) == ["one two three"]
    assert shown(Words("-1.2345 2.3456"), width=5) == ["-1.2345", "2.3456"]


def test_words_are_safe_and_in_the_characters_that_there_are():
    assert shown(Words("a\x1b[31mb\nc [red]")) == [r"a\x1b[31mb\nc [red]"]
    assert shown(Words("√d_k", "bold").add(" = 2·3"), ascii_only=True) == ["sqrt d_k = 2*3"]
    assert shown(Words("ab √c"), width=6, ascii_only=True) == ["ab", "sqrt c"]


def test_a_tree_is_drawn_with_what_there_is():
    tree = Tree(Words("O"))
    tree.add(Words("A")).add(Words("Z"))
    tree.add(Words("V"))
    assert shown(tree) == ["O", "├── A", "│   └── Z", "└── V"]
    assert shown(tree, ascii_only=True) == ["O", "+-- A", "|   `-- Z", "`-- V"]


def test_a_listing_is_a_table_or_lists_where_it_is_too_wide():
    listing = Listing(
        ("row", "cells", "about"), [Line(("S", "81", "one two")), Line(("dWq", "", "x"))], right=(1,)
    )
    assert shown(listing) == [
        "row  cells  about",
        "───────────────────",
        "S       81  one two",
        "dWq         x",
    ]
    assert shown(listing, width=12) == [
        "S",
        "  cells  81",
        "  about  one",
        "         two",
        "dWq",
        "  about  x",
    ]


def test_a_listing_breaks_words_and_shortens_bars_before_it_becomes_lists():
    lines = [Line(("a-long-name", "some words here", "█" * 20)), Line(("b", "x", "█"))]
    listing = Listing(("", "", ""), lines, wrapped=(1,), bar=2)
    assert shown(listing, width=60) == [
        "a-long-name  some words here  ████████████████████",
        "b            x                █",
    ]
    assert shown(listing, width=36) == [
        "a-long-name  some words  ██████████",
        "             here",
        "b            x           █",
    ]


@pytest.mark.parametrize("width", range(1, 60, 3))
def test_no_word_of_a_listing_is_cut(width: int):
    words = "formula of-one-mistake C = H's columns interleaved".split()
    listing = Listing(("titles", "are", "whole"), [Line(words[i : i + 3]) for i in range(3)], wrapped=(0, 1))
    seen = " ".join(shown(listing, width=width)).split()
    assert set(words[:5]) <= set(seen)
    assert {word for word in seen if not word.startswith("─")} <= {*words, "titles", "are", "whole"}


def test_a_letter_and_its_value_stay_together():
    words = Words("5 tokens, √d_k = 1.4142, d_v = 3")
    assert shown(words, width=16) == ["5 tokens,", "√d_k = 1.4142,", "d_v = 3"]
    assert shown(words, width=40, ascii_only=True) == ["5 tokens, sqrt d_k = 1.4142, d_v = 3"]
