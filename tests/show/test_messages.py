"""Errors on the screen: the caret under the right place, whatever stands before it."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from attncli.errors import AttnError, AttnErrors, Where
from attncli.show.messages import MOST, error_parts
from attncli.show.terminal import Terminal
from tests.support.running import Stream


def error_text(
    error: AttnError,
    width: int = 80,
    *,
    color: bool = False,
    ascii_only: bool = False,
    tty: bool = False,
) -> str:
    stream = Stream(tty=tty)
    terminal = Terminal(
        stream, width=width, color="always" if color else "never", ascii_only=ascii_only, environment={}
    )
    terminal.show(error_parts(error, terminal), wrap=False)
    return stream.text()


def shown(text: str, column: int, length: int = 1, **looks: bool) -> tuple[str, str]:
    where = Where("c.yaml", 3, column, text, length)
    first, line, carets = error_text(AttnError("wrong", where), **looks).splitlines()
    assert first == f"c.yaml:3:{column}: error: wrong"
    return line, carets


def test_an_error_has_a_place_a_line_a_caret_and_a_hint():
    error = AttnError("unknown key 'Wx'", Where("c.yaml", 2, 1, "Wx: [[1]]", 2), "did you mean 'Wq'?")
    assert error_text(error) == (
        "c.yaml:2:1: error: unknown key 'Wx'\n    Wx: [[1]]\n    ^^\n    hint: did you mean 'Wq'?\n"
    )


def test_an_error_without_a_place_is_one_line():
    assert error_text(AttnError("no")) == "error: no\n"
    assert error_text(AttnError("no", Where("c.yaml"))) == "c.yaml: error: no\n"
    assert error_text(AttnError("no", Where("c.yaml", 1, 1, "  "))) == "c.yaml:1:1: error: no\n"


@pytest.mark.parametrize("before", ["", "abc", "日本語: ", "e\u0301\u0301 ", "\t\t", "x" * 500, "語" * 500])
@pytest.mark.parametrize("after", ["", " # end", "y" * 500])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_caret_stands_under_the_place(before: str, after: str, *, ascii_only: bool):
    line, carets = shown(f"{before}BAD{after}", len(before) + 1, 3, ascii_only=ascii_only)
    assert carets.strip() == "^^^"
    column = carets.index("^")
    assert cell_len(line[: line.index("BAD")]) == column
    assert cell_len(line) <= 76


def test_a_short_line_is_shown_whole():
    line, _ = shown("a" * 60 + "BAD", 61, 3)
    assert line == "    " + "a" * 60 + "BAD"


def test_carets_end_with_the_line():
    assert shown("abc", 3, 100)[1] == "      ^"
    assert shown("abc", 4, 1)[1] == "       ^"


def test_a_narrow_terminal_breaks_sentences_between_words():
    error = AttnError("one two three four five six seven", Where("c.yaml", 1, 30, "z" * 60), "eight nine ten")
    text = error_text(error, 24, tty=True)
    assert text == (
        "c.yaml:1:30: error: one\n"
        "    two three four five\n"
        "    six seven\n"
        "    zzzzzzzzzzzzzzzzzzzz\n"
        "              ^\n"
        "    hint: eight nine ten\n"
    )
    assert "one two three four five six seven" in error_text(error, 24)


def test_indented_words_keep_their_indent_when_they_wrap():
    text = error_text(AttnError("no", hint="eleven twelve thirteen"), 20, tty=True)
    assert text.splitlines() == ["error: no", "    hint: eleven", "        twelve", "        thirteen"]


def test_colour_is_for_the_words_that_say_what_it_is():
    error = AttnErrors([AttnError("a", Where("c", 1, 1, "xyz"), "h"), AttnError("b")], ["n"])
    assert error_text(error, color=True).splitlines() == [
        "c:1:1: \x1b[1;31merror:\x1b[0m a",
        "    xyz",
        "    \x1b[1;31m^\x1b[0m",
        "    \x1b[36mhint:\x1b[0m h",
        "\x1b[1;31merror:\x1b[0m b",
        "\x1b[36mnote:\x1b[0m n",
        "2 errors",
    ]


def test_not_more_errors_than_one_can_read():
    text = error_text(AttnErrors([AttnError(str(i)) for i in range(MOST + 5)]))
    assert text.count("error: ") == MOST
    assert text.endswith("… and 5 more\n25 errors\n")


def test_what_was_found_is_harmless():
    where = Where("\x1b[2J.yaml", 1, 2, "\x1b[31m: \u202e")
    text = error_text(AttnError("found \x1b[31m", where, "\x07"))
    assert text.replace("\n", "").isprintable()


def test_a_line_is_quoted_once_for_all_that_is_wrong_in_one_place():
    where = Where("x.yaml", 1, 1, "tokens: [a]")
    text = error_text(AttnErrors([AttnError("one", where), AttnError("two", where)]))
    assert text.count("tokens: [a]") == 1
    assert text.count("x.yaml:1:1: error: ") == 2
