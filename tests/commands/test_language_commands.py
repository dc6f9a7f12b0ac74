"""The commands in Vietnamese: which language is spoken, their help, and what they say goes wrong."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import typer

from attncli import language
from attncli.commands.app import app
from attncli.commands.help_text import PHRASES, translate_phrase
from tests.support.running import Stream, attncli

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = list(typer.main.get_command(app).commands)
VIETNAMESE = re.compile(r"[àáâãèéêìíòóôõùúýăđĩũơưạ-ỹ]", re.IGNORECASE)
TAKEN = "đang dùng bài có sẵn 'article'"


def squeezed(text: str) -> str:
    """A text without line breaks and indents, which the width of the help decides."""
    return " ".join(text.replace("\b", " ").split())


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (("--lang", "vi", "forward"), {}),
        (("forward", "--lang", "vi"), {}),
        (("forward", "--lang=vi"), {}),
        (("forward", "--lang", "vi_VN"), {}),
        (("--lang", "en", "forward", "--lang", "vi"), {}),
        (("forward",), {"ATTNCLI_LANG": "vi"}),
        (("forward",), {"LANG": "vi_VN.UTF-8"}),
        (("forward",), {"LC_MESSAGES": "vi_VN.UTF-8", "LANG": "en_US.UTF-8"}),
        (("forward", "--lang", "vi"), {"ATTNCLI_LANG": "en"}),
    ],
)
def test_vietnamese_is_spoken(
    arguments: tuple[str, ...],
    variables: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(tmp_path)
    outcome = attncli(*arguments, "--only", "Q", **variables)
    assert (outcome.code, TAKEN in outcome.err) == (0, True)
    assert language.active() == "en"
    assert "using the built-in problem 'article'" in attncli("forward", "--only", "Q").err


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (("forward",), {}),
        (("--lang", "vi", "forward", "--lang", "en"), {}),
        (("forward", "--lang", "en"), {"ATTNCLI_LANG": "vi", "LANG": "vi_VN.UTF-8"}),
        (("forward",), {"ATTNCLI_LANG": "en", "LC_ALL": "vi_VN.UTF-8"}),
        (("forward",), {"LANG": "fr_FR.UTF-8"}),
    ],
)
def test_english_is_spoken(
    arguments: tuple[str, ...],
    variables: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(tmp_path)
    assert "using the built-in problem 'article'" in attncli(*arguments, "--only", "Q", **variables).err


@pytest.mark.parametrize(
    ("arguments", "variables", "name"),
    [
        (("--lang", "fr", "forward"), {}, "--lang"),
        (("forward", "--lang", "fr"), {}, "--lang"),
        (("forward", "--lang=fr", "--help"), {}, "--lang"),
        (("--lang", "fr", "forward", "--lang", "en"), {}, "--lang"),
        (("forward",), {"ATTNCLI_LANG": "fr", "LANG": "vi_VN.UTF-8"}, "ATTNCLI_LANG"),
    ],
)
def test_a_language_that_there_is_not(arguments: tuple[str, ...], variables: dict[str, str], name: str):
    outcome = attncli(*arguments, **variables)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"error: {name} is 'fr'; expected en or vi\n    hint: en is English, vi is Vietnamese\n"
    )


def test_an_option_behind_two_dashes_is_none():
    assert "there is no file '--lang'" in attncli("forward", "--", "--lang").err


def test_lang_without_a_value_is_told():
    assert "Option '--lang' requires an argument" in attncli("forward", "--lang").err


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_no_help_text_is_left_untranslated(name: str):
    program = typer.main.get_command(app)
    command = program.commands[name] if name else program
    texts = [command.help, *(param.help for param in command.params)]
    if not name:
        texts += [one.short_help for one in program.commands.values()]
    texts = [part for text in texts for part in text.split("\n\n\b\nExamples:")[:1]]
    arguments = (name, "--help") if name else ("--help",)
    english = attncli(*arguments)
    vietnamese = attncli(*arguments, "--lang", "vi") if name else attncli("--lang", "vi", *arguments)
    assert (vietnamese.code, vietnamese.err) == (0, "")
    found = squeezed(vietnamese.out)
    for text in texts:
        assert squeezed(text) in squeezed(english.out)
        assert squeezed(text) not in found
    for word in ("Usage", "Options:", "Arguments", "Commands", "Examples", "[OPTIONS]", "default:", "Show "):
        assert word not in found
    assert "Cách dùng: attncli" in found
    assert "Hiện hướng dẫn này rồi thoát." in found
    assert attncli(*arguments) == english


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_examples_keep_their_commands_and_columns(name: str):
    def examples(lang: str) -> list[tuple[str, int]]:
        text = attncli("--lang", lang, *[name] * bool(name), "--help").out
        lines = [line for line in text.splitlines() if line.startswith("    attncli ")]
        cut = [re.split(r" {2,}", line.strip(), maxsplit=1) for line in lines]
        return [
            (parts[0], line.index(parts[1]) if parts[1:] else 0)
            for line, parts in zip(lines, cut, strict=True)
        ]

    assert examples("vi") == examples("en") != []


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_every_example_is_explained_in_vietnamese(name: str):
    text = attncli("--lang", "vi", *[name] * bool(name), "--help").out
    notes = re.findall(r"^    attncli .*?  +(\S.*)$", text, re.MULTILINE)
    assert [note for note in notes if not VIETNAMESE.search(note) and note != "hai gradient"] == []


def test_a_terminal_without_utf_8_gets_help_in_plain_letters():
    out = attncli("--lang", "vi", "forward", "--help", out=Stream(encoding="ascii")).out
    assert out.isascii()
    assert "Cach dung: attncli forward" in out


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("forwrd",), "không có lệnh 'forwrd'\n", "gợi ý: có phải ý bạn là 'forward'?"),
        (("my.yaml",), "không có lệnh 'my.yaml'", "đứng sau một lệnh: attncli forward my.yaml"),
        (("--ascii",), "thiếu lệnh", "attncli --help"),
        (("forward", "--ful"), "không có tùy chọn --ful\n", "gợi ý: có phải ý bạn là --full?"),
        (("forward", "--lang"), "tùy chọn '--lang' cần một giá trị", ""),
        (("forward", "--full=1"), "tùy chọn '--full' không nhận giá trị", ""),
        (("forward", "a", "b"), "thừa tham số (b)", ""),
        (("forward", "--head", "x"), "giá trị của '--head' không hợp lệ: 'x' không phải là số nguyên", ""),
        (("train", "--lr", "x"), "'x' không phải là một số", ""),
        (("explain",), "thiếu tham số 'CELL...'", ""),
        (("forward", "article", "--head", "2"), "không có head 2", "bài này có 1 head, đếm từ 1"),
        (("forward", "article", "--width", "1"), "--width là 1", ""),
        (("forward", "article", "-d", "x"), "--decimals là 'x'; cần một số nguyên", ""),
        (
            ("forward", "article", "-f", "jsn"),
            "--format là 'jsn'; cần text, plain",
            "có phải ý bạn là 'json'?",
        ),
        (("diff",), "chỉ có một bài để so sánh", "attncli diff article --set mask=true"),
        (("init", "-", "--template", "x"), "không có mẫu 'x'", "một trong"),
        (("graph", "--loss", "mse"), "--loss không liên quan đến lan truyền xuôi", "hãy thêm --backward"),
        (("train", "--lr", "0"), "--lr là 0; cần một số lớn hơn 0", "ví dụ 0.1"),
    ],
)
def test_a_wrong_use_is_told_in_vietnamese(arguments: tuple[str, ...], message: str, hint: str):
    outcome = attncli(*arguments, ATTNCLI_LANG="vi")
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert hint in outcome.err


def test_what_the_system_says_is_told_in_vietnamese(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "weights.npz")

    monkeypatch.setattr("attncli.problem.sources.load", fail)
    assert "weights.npz: không có quyền truy cập\n" in attncli("--lang", "vi", "forward", "article").err


def test_a_note_is_told_in_vietnamese(tmp_path: Path):
    file = tmp_path / "bài.yaml"
    assert f"đã ghi {file}; tiếp theo: attncli forward " in attncli("init", str(file), "--lang", "vi").err


def test_numbers_for_scripts_are_the_same_in_every_language():
    english = attncli("backward", "article", "--json")
    assert attncli("backward", "article", "--json", "--lang", "vi").out == english.out
    assert json.loads(english.out)["config"] == "article"


def test_typers_own_words_are_known_as_it_writes_them():
    """English stays as it is, and what is no phrase of Typer's stays so in any language."""
    for phrase in PHRASES:
        assert translate_phrase(phrase) == phrase
    language.use("vi")
    try:
        assert [phrase for phrase in PHRASES if translate_phrase(phrase) == phrase] == []
        assert translate_phrase("[default: half-up]") == "[mặc định: half-up]"
        assert translate_phrase("something else") == "something else"
    finally:
        language.use(None)
