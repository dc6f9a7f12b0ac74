"""Every message can be said in Vietnamese, and nothing changes for those who read English."""

from __future__ import annotations

import ast
import gettext
import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest

import attncli
from attncli import language
from attncli.errors import AttnError
from attncli.language import _, choose, either, plural, use
from tests.support import catalogue

PO = catalogue.read()
# Rooms that are still to be translated: none.
STILL_ENGLISH: tuple[str, ...] = ()
# Not messages: written for programmers, or part of a formula, which is the same in every language.
NO_MESSAGE = {
    *("sum of each ", " heads of ", "sum over the heads of ", r"\b(sum .* heads of) "),
    *("Death is like the wind", "module 'attncli' has no attribute ", ", 0 where masked", "one number"),
    *("<Result of ", " has no LaTeX", " is more than a formula", "the end", "attncli explain"),
    *("attncli explain ", "attncli check SHEET ", "attncli check SHEET", "attncli check "),
    *("attncli test ", "attncli explain -c ", "attncli test my_attention.py", "--example small.yaml"),
    "def attention(X, Wq, Wk, Wv):\n    return ",
    *("--set scale=", "--set mask=true", "SIS User ID", "SIS Login ID", "Feedback comments"),
    "    Points Possible",
    *("Email address", "ID number", "by: {column: submitted}"),
    *("this mask is no triangle", "the shapes differ"),
    *("this mask is not causal", "as many sums as columns are needed"),
    "one block holds all keys",
    *("this is left to chance", "too many weights, or too few numbers"),
}
# Constants whose texts are handed on, and looked up where they are shown.
HANDED_ON = {
    "SENTENCES",
    "METHODS",
    "FORWARD",
    "BACKWARD",
    "LIMIT",
    "CONFIG",
    "SLIPS",
    "HEADINGS",
    "APPEARANCE",
    "GLOSSARY",
    "PURPOSES",
    "GROUPS",
}
# Markup, styles, lines of a config and programs, which have words too.
MARKUP = re.compile(
    r'^\s*<|">|\{ |^% |^\w+: \w+$|^(bold |color\(|flowchart|digraph|Iterable|\n?import )'
    r"|style=|stroke|monospace|#fff"
)
PLAIN = gettext.NullTranslations()
WORDS = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}")


@pytest.fixture(autouse=True)
def english_again():
    use(None)
    yield
    use(None)


@pytest.fixture
def vietnamese():
    use("vi")


# The catalogue


def test_every_message_of_the_code_is_in_the_catalogue_and_nothing_else() -> None:
    assert {entry.msgid for entry in PO} == set(catalogue.messages())


def test_the_catalogue_is_as_the_script_leaves_it() -> None:
    assert catalogue.main(["--check"]) == 0


def test_no_message_is_untranslated() -> None:
    assert [entry.msgid for entry in PO if not entry.translated() or entry.fuzzy] == []
    assert [entry.msgid for entry in PO if any(text == "" for text in translations(entry))] == []


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize(
    "entry",
    [entry for entry in PO if "python-brace-format" in entry.flags],
    ids=lambda entry: entry.msgid,
)
def test_placeholders_agree(entry: polib.POEntry) -> None:
    expected = catalogue.placeholders(entry.msgid)
    if entry.msgid_plural:
        assert catalogue.placeholders(entry.msgid_plural) == expected
    for text in translations(entry):
        assert catalogue.placeholders(text) == expected


@pytest.mark.parametrize(
    "entry", [entry for entry in PO if entry.msgid not in catalogue.FOREIGN], ids=lambda entry: entry.msgid
)
def test_code_stays_as_it_is(entry: polib.POEntry) -> None:
    """Options, symbols and formulas are not translated, and edges keep their spaces."""
    for text in translations(entry):
        for code in re.findall(r"--\w+|[=·×√ᵀ]|\b(?!A [a-zY]|No |Do |To |So )[A-Z][qkvo]?\b", entry.msgid):
            assert code in text, code
        assert (text[0] == " ", text[-1] == " ") == (entry.msgid[0] == " ", entry.msgid[-1] == " ")
        assert text.count("  ") == entry.msgid.count("  ")
        assert text.endswith(".") == entry.msgid.endswith(".")


def test_the_compiled_catalogue_says_what_the_text_says() -> None:
    with catalogue.MO.open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for entry in PO:
        if entry.msgid_plural:
            for n in (0, 1, 2, 5):
                assert compiled.ngettext(entry.msgid, entry.msgid_plural, n) == entry.msgstr_plural[0]
        else:
            assert compiled.gettext(entry.msgid) == entry.msgstr


def done() -> list[Path]:
    return [
        path
        for path in sorted(catalogue.PACKAGE.rglob("*.py"))
        if path.relative_to(catalogue.PACKAGE).parts[0] not in STILL_ENGLISH
    ]


@pytest.mark.parametrize("path", done(), ids=lambda path: str(path.relative_to(catalogue.PACKAGE)))
def test_no_sentence_stands_unmarked(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    marked = {
        id(inner) for call in catalogue.marked(tree) for argument in call.args for inner in ast.walk(argument)
    }
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    entries = {  # of the catalogue of mistakes: ids, jobs and patterns, not the texts inside
        id(argument)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and re.search(r"\b(Entry|or_at)$", ast.unparse(call.func))
        for argument in call.args
    }
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in marked | statements | entries and WORDS.search(node.value)
        if not MARKUP.search(node.value)
    ]
    assert [text for text in found if text not in NO_MESSAGE] == []


@pytest.mark.parametrize("path", done(), ids=lambda path: str(path.relative_to(catalogue.PACKAGE)))
def test_messages_are_looked_up_where_they_are_used(path: Path) -> None:
    """Nothing is looked up when a file is imported, and a constant that is marked is looked up later."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    later = {id(inner) for body in bodies for part in listed(body) for inner in ast.walk(part)}
    calls = list(catalogue.marked(tree))
    assert [ast.unparse(call) for call in calls if call.func.id != "N_" and id(call) not in later] == []

    looked_up = {id(inner) for call in calls if call.func.id == "_" for inner in ast.walk(call.args[0])}
    names = {
        name.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call | ast.Dict | ast.Tuple | ast.List)
        if any(id(call) in set(map(id, ast.walk(node.value))) for call in calls if call.func.id == "N_")
        for name in node.targets
    }
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    assert [node.lineno for node in uses if node.id in names - HANDED_ON and id(node) not in looked_up] == []


def listed(body: list[ast.stmt] | ast.expr) -> list[ast.AST]:
    return body if isinstance(body, list) else [body]


# Looking up


def test_english_is_what_the_code_says() -> None:
    assert _("{name} is empty", name="Wq") == "Wq is empty"
    assert [plural("{n} row", "{n} rows", n) for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert either(["bce", "ce"]) == "bce or ce"
    assert _("") == ""


@pytest.mark.usefixtures("vietnamese")
def test_vietnamese_is_what_the_catalogue_says() -> None:
    assert language.active() == "vi"
    assert _("{name} is empty", name="Wq") == "Wq trống rỗng"
    assert [plural("{n} row", "{n} rows", n) for n in (0, 1, 2)] == ["0 hàng", "1 hàng", "2 hàng"]
    assert either(["bce", "ce"]) == "bce hoặc ce"
    assert _("") == ""  # gettext keeps its header under the empty message
    assert _("what no catalogue has") == "what no catalogue has"


@pytest.mark.usefixtures("vietnamese")
def test_a_message_without_values_keeps_its_braces() -> None:
    assert "{file: weights.npz, key: Wq}" in _(
        "keep large matrices in a file beside the config: {file: weights.npz, key: Wq}"
    )


def test_one_can_go_back_to_english() -> None:
    use("vi")
    use("en")
    assert _("a list") == "a list"
    use("vi")
    use(None)
    assert _("a list") == "a list"


def test_a_language_that_there_is_not() -> None:
    with pytest.raises(AttnError, match="language is 'de'; expected en or vi"):
        use("de")
    assert language.active() == "en"


@pytest.mark.parametrize(
    ("option", "environment", "chosen"),
    [
        (None, {}, "en"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LANG": "vi_VN.UTF-8"}, "vi"),
        (None, {"LANG": "vi"}, "vi"),
        (None, {"LANG": "vie"}, "en"),
        (None, {"LC_MESSAGES": "vi_VN", "LANG": "en_US.UTF-8"}, "vi"),
        (None, {"LC_ALL": "C", "LC_MESSAGES": "vi_VN", "LANG": "vi_VN"}, "en"),
        (None, {"LC_ALL": "", "LANG": "vi_VN"}, "vi"),
        (None, {"LC_CTYPE": "vi_VN.UTF-8"}, "en"),
        (None, {"ATTNCLI_LANG": "vi", "LC_ALL": "en_US"}, "vi"),
        (None, {"ATTNCLI_LANG": "en", "LC_ALL": "vi_VN"}, "en"),
        (None, {"ATTNCLI_LANG": "", "LC_ALL": "vi_VN"}, "vi"),
        (None, {"ATTNCLI_LANG": "vi_VN.UTF-8"}, "vi"),
        ("vi", {}, "vi"),
        ("VI", {"ATTNCLI_LANG": "en"}, "vi"),
        ("en", {"ATTNCLI_LANG": "vi", "LANG": "vi_VN"}, "en"),
        ("en", {"ATTNCLI_LANG": "de"}, "en"),
    ],
)
def test_the_language_is_chosen(option: str | None, environment: dict[str, str], chosen: str) -> None:
    assert choose(option, environment) == chosen


@pytest.mark.parametrize(
    ("option", "environment", "message"),
    [
        ("de", {}, "--lang is 'de'; expected en or vi"),
        ("", {"ATTNCLI_LANG": "vi"}, "--lang is ''; expected en or vi"),
        (None, {"ATTNCLI_LANG": "fr", "LANG": "vi_VN"}, "ATTNCLI_LANG is 'fr'; expected en or vi"),
    ],
)
def test_an_unknown_language_is_told(option: str | None, environment: dict[str, str], message: str) -> None:
    with pytest.raises(AttnError) as caught:
        choose(option, environment)
    assert (caught.value.message, caught.value.hint) == (message, "en is English, vi is Vietnamese")


def test_python_speaks_english_whatever_the_locale() -> None:
    script = """
import sys, attncli.language
assert "numpy" not in sys.modules
import attncli
try:
    attncli.load("no such file")
except attncli.AttnError as error:
    sys.exit(error.message)
"""
    environment = {"LANG": "vi_VN.UTF-8", "ATTNCLI_LANG": "vi", "PYTHONPATH": str(catalogue.PACKAGE.parent)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == "there is no file 'no such file'\n"


def test_english_opens_no_catalogue_and_vietnamese_does_without_a_lost_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = []
    monkeypatch.setattr(language, "translation", lambda *found, **_: opened.append(found[2]) or PLAIN)
    language.catalogue.cache_clear()
    assert _("a list") == "a list"
    assert opened == []
    use("vi")
    assert opened == []
    assert [_("a list"), _("a list")] == ["a list", "a list"]
    assert opened == [["vi"]]
    monkeypatch.undo()
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    language.catalogue.cache_clear()
    assert _("a list") == "a list"
    language.catalogue.cache_clear()


# Whole errors

GOOD = {
    "sentence": "Death wind",
    "embeddings": "[[1, 0], [0, 1]]",
    "Wq": "[[1, 0], [0, 1]]",
    "Wk": "[[1, 0], [0, 1]]",
    "Wv": "[[1, 0], [0, 1]]",
}


def told(tmp_path: Path, **changes: str) -> list[str]:
    config = tmp_path / "bài.yaml"
    config.write_text("".join(f"{key}: {value}\n" for key, value in (GOOD | changes).items()), "utf-8")
    with pytest.raises(AttnError) as caught:
        attncli.load(config)
    return [f"{one.message} | {one.hint}" for one in caught.value.errors]


@pytest.mark.usefixtures("vietnamese")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"Wq": "[[1, 0], [0, 1], [1, 1]]"},
            "Wq có 3 hàng; embeddings có 2 cột (d_model = 2) | X·W cần số hàng của W bằng số cột của X",
        ),
        (
            {"Wv": "[[1, 0], [0]]"},
            "hàng 2 của Wv có 1 số; phần còn lại có 2 | mọi hàng của một ma trận dài như nhau",
        ),
        ({"mask": "cau"}, "mask là 'cau' | có phải ý bạn là 'causal'?"),
        (
            {"target": "[[1, 2, 3]]"},
            (
                "target là 1 × 3; đầu ra O là 2 × 2"
                " | hãy viết một ma trận cùng kích thước với O, một hàng cho mọi token, hoặc một số cho mọi ô"
            ),
        ),
        ({"heads": "[2]"}, "heads là một danh sách; cần một số nguyên từ 1 đến 4096 | ví dụ heads: 2"),
        (
            {"Wk": "~"},
            "thiếu Wk: K = X·Wk cần đến nó | hãy viết Wk, hoặc cho thẳng K: given: {K: …}",
        ),
        (
            {"Wk": "{init: zeros, sede: 1}"},
            "Wk (zeros) không có mục 'sede' | có phải ý bạn là 'seed'?",
        ),
    ],
)
def test_an_error_is_told_in_vietnamese(tmp_path: Path, changes: dict[str, str], expected: str) -> None:
    assert told(tmp_path, **changes) == [expected]


@pytest.mark.usefixtures("vietnamese")
def test_what_is_not_yaml_is_told_in_vietnamese_around_the_parsers_own_words(tmp_path: Path) -> None:
    (found,) = told(tmp_path, embeddings="[[1, 0], [0, 1")
    message, hint = found.split(" | ")
    assert message.startswith("đây không phải là YAML: ")
    assert hint == ("hãy đặt văn bản có : # [ ] { } hoặc tab trong dấu nháy, và thụt đầu dòng bằng dấu cách")


@pytest.mark.usefixtures("vietnamese")
def test_notes_and_cells_are_told_in_vietnamese() -> None:
    problem = attncli.Problem(Q=[[1]], K=[[1]], V=[[1]], X=[[1]], Wq=[[1]])
    assert problem.notes == ("embeddings, Wq không được dùng: đại lượng tính từ đó đã cho sẵn",)
    result = attncli.forward(problem)
    with pytest.raises(AttnError, match="A không có 7: chỉ số đi từ 1 đến 1"):
        result.explain("A[1,7]")
    with pytest.raises(KeyError, match="chỉ có Q, K, V"):
        result["Zz"]
    with pytest.raises(AttnError, match=r"'dQ' không có trong trang công thức này .*lan truyền ngược"):
        attncli.forward(problem, only=["dQ"])


@pytest.mark.usefixtures("vietnamese")
def test_a_missing_file_is_told_in_vietnamese() -> None:
    with pytest.raises(AttnError, match=r"không có tệp 'artcle' \(có phải ý bạn là 'article'\?\)"):
        attncli.load("artcle")


@pytest.mark.usefixtures("vietnamese")
def test_what_scripts_read_is_the_same_in_every_language() -> None:
    vietnamese = attncli.backward(attncli.load("article")).to_dict()
    use("en")
    assert attncli.backward(attncli.load("article")).to_dict() == vietnamese
