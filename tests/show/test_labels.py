"""Untrusted text: printed as text, and still in its column."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from attncli.language import to_ascii
from attncli.names import endings
from attncli.show.matrix import LONGEST, label
from attncli.untrusted import sanitize
from tests.support.running import attncli

WILD = [
    "[red]x[/red]",
    "\x1b[31mred\x1b[0m",
    "a\nb",
    "\r\t\b",
    "\x9b31m",
    "\u202eabc\u2066",
    "日本語",
    "👩\u200d👩\u200d👧",
    "e\u0301",
    "Việt",
    ":smile:",
    "y" * 1000,
    "z" + "\u0301" * 1000,
    "the",
    "the",
    "the",
]


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("[red]", "[red]"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\nb", r"a\nb"),
        ("\u202eabc", r"\u202eabc"),
        ("\udcff", r"\udcff"),
        ("日本語", "日本語"),
    ],
)
def test_what_would_take_effect_is_written_out(token: str, text: str):
    assert sanitize(token) == text


def test_ascii_spells_the_symbols_and_escapes_the_rest():
    assert to_ascii("S = Q·Kᵀ/√d_k") == "S = Q*K^T/sqrt d_k"
    assert to_ascii("é") == r"\xe9"
    assert to_ascii("plain") == "plain"


@pytest.mark.parametrize("room", [4, 7, LONGEST])
@pytest.mark.parametrize("token", WILD)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_label_fits_its_room(token: str, room: int, *, ascii_only: bool):
    text = label(token, ascii_only=ascii_only, room=room)
    assert cell_len(text) <= room
    assert text.isprintable()
    assert len(text) <= 2 * LONGEST + 3
    assert text.isascii() or not ascii_only


def test_a_label_that_is_cut_says_so_and_keeps_its_number():
    assert label("abcdefgh", room=6) == "abcde…"
    assert label("abcdefgh", room=6, end="#12") == "ab…#12"
    assert label("abcdefgh", room=6, ascii_only=True) == "abc..."


def test_repeated_tokens_are_told_apart_as_cells_are_named():
    assert endings(("the", "cat", "the")) == ("#1", "", "#2")


def wild_config() -> str:
    n = len(WILD)
    identity = [[float(i == j) / 3 for j in range(2)] for i in range(2)]
    embeddings = [[i / 7, -i / 3] for i in range(n)]
    config = {"tokens": WILD, "embeddings": embeddings, "target": 1}
    return json.dumps(config | {"Wq": identity, "Wk": identity, "Wv": identity})


@pytest.mark.parametrize("options", [(), ("--ascii",), ("--width", "40"), ("--width", "200"), ("--plain",)])
def test_a_page_of_wild_tokens_is_harmless_and_aligned(options: tuple[str, ...]):
    outcome = attncli("backward", "-", "--all", *options, stdin=wild_config())
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.replace("\n", "").replace("\t", "").isprintable()
    if "--plain" in options:
        return
    for block in outcome.out.split("\n\n"):
        lines = block.split("\n")
        rules = [i for i, line in enumerate(lines) if set(line) in ({"─"}, {"-"})]
        for i in rules:
            width = len(lines[i])
            body = [line for line in lines[i + 1 :] if line[:1] not in {"▸", ">", "t"} or "." in line]
            assert body
            assert all(cell_len(line) <= width for line in body if "corners" not in line)


def test_rich_markup_in_a_token_is_no_markup():
    outcome = attncli("forward", "-", "--only", "X", "--color", "always", stdin=wild_config())
    assert "[red]x[/red]" in outcome.out
    assert ":smile:" in outcome.out


def test_json_holds_wild_tokens_as_escapes():
    outcome = attncli("forward", "-", "--json", stdin=wild_config())
    assert json.loads(outcome.out)["tokens"] == WILD
    assert outcome.out.rstrip("\n").isprintable()
    assert "日本語" in outcome.out
    narrow = attncli("forward", "-", "--json", "--ascii", stdin=wild_config())
    assert narrow.out.isascii()
    assert json.loads(narrow.out) == json.loads(outcome.out)
