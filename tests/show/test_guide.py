"""The guide: every topic is there, whole at any width, paged only where somebody can turn the pages."""

from __future__ import annotations

import os
import re
from pathlib import Path
from unittest import mock

import pytest

from attncli.homework.slips import sentences
from attncli.show import guide
from attncli.show.guide import FOLDER, LINK, TOPICS
from attncli.show.terminal import Terminal
from tests.support.running import Outcome, Stream, attncli, pinned

ROOT = Path(__file__).parents[2]
IN_VIETNAMESE = {"config", "formulas", "notation", "working", "rounding", "sheets", "mistakes", "test"}
CODE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def show(*arguments: str, **variables: str) -> Outcome:
    return attncli("guide", *arguments, **variables)


def test_a_topic_is_a_file_and_a_file_a_topic() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(TOPICS)
    assert {path.stem for path in (FOLDER / "vi").glob("*.md")} == IN_VIETNAMESE


def test_each_topic_is_listed_on_a_line_of_its_own() -> None:
    lines = show().out.splitlines()
    assert [line.split()[0] for line in lines] == list(TOPICS)
    assert max(map(len, lines)) <= 80
    assert "Ký hiệu" in show("--lang", "vi").out


@pytest.mark.parametrize("readme", ["README.md", "README.vi.md"])
def test_the_readmes_link_to_every_topic(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    folder = "attncli/guide/"
    linked = {Path(path).stem for path in re.findall(rf"\]\(({folder}[\w/]+\.md)\)", text)}
    assert linked == set(TOPICS)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.md")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).is_file(), target


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("topic", TOPICS)
def test_code_and_transcripts_are_shown_as_they_are(topic: str, width: int) -> None:
    out = show(topic, "--width", str(width)).out
    shown = [line.split() for line in out.splitlines()]  # a terminal has blanks where a file has tabs
    for block in CODE.findall((FOLDER / f"{topic}.md").read_text(encoding="utf-8")):
        for line in block.splitlines():
            assert line.split() in shown
    assert "```" not in out
    assert "\x1b" not in out
    assert not re.search(r" $|\n{3}", out, re.MULTILINE)


@pytest.mark.parametrize("width", [20, 30, 50, 80])
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_no_word_of_a_table_is_cut(path: Path, width: int) -> None:
    words = set(show(path.stem, "--width", str(width)).out.replace("*", "").split())
    for line in re.findall(r"^\|(.+)\|$(?!\n\|-)", path.read_text(encoding="utf-8"), re.MULTILINE):
        cells = re.sub(r"[`*\\]", "", LINK.sub(r"\1", line)).replace("|", " ")
        assert {word for word in cells.split() if not set(word) <= set("-:")} <= words


def test_vietnamese_where_there_is_some_and_otherwise_a_note() -> None:
    assert "Ký hiệu" in show("notation", "--lang", "vi").out
    english = show("graph", "--lang", "vi")
    assert english.out == show("graph").out
    assert "tiếng Anh" in english.err
    assert show("graph").err == ""


def test_an_unknown_topic_is_an_error_with_a_suggestion() -> None:
    outcome = show("notaton")
    assert (outcome.code, outcome.out) == (2, "")
    assert "'notaton'" in outcome.err
    assert "did you mean 'notation'?" in outcome.err
    assert "lists the topics" in show("zzz").err


def test_every_mistake_is_in_the_table() -> None:
    for folder in (FOLDER, FOLDER / "vi"):
        text = (folder / "mistakes.md").read_text(encoding="utf-8")
        assert re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE) == list(sentences())


@pytest.mark.parametrize(
    ("out", "stdin", "lines", "paged"),
    [(True, True, 10, True), (True, True, 1000, False), (True, False, 10, False), (False, True, 10, False)],
)
def test_paged_only_in_a_terminal_that_is_too_short(
    *, out: bool, stdin: bool, lines: int, paged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []
    monkeypatch.setattr(guide.SystemPager, "show", lambda _pager, text: pages.append(text))
    stream = Stream(tty=out)
    with mock.patch.dict(os.environ, pinned(LINES=str(lines), COLUMNS="80"), clear=True):
        guide.show("rounding", Terminal(stream), paged=out and stdin)
    assert bool(pages) == paged
    assert bool(stream.text()) != paged
    shown = "".join(pages) + stream.text()
    assert "Round as you do on paper" in shown
    assert ("\x1b[" in shown) == out
