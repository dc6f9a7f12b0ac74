"""Bring the Vietnamese catalogue up to date with the messages in the code.

    python tests/support/catalogue.py            update attncli.po, tell what is new, and write attncli.mo
    python tests/support/catalogue.py --check    only tell what would change; exit 1 if anything would

A message is the text in ``_("…")``, ``N_("…")`` or ``plural("…", "…", n)``, a literal, for a catalogue
holds what is written, not what comes out; and each comment of a built-in problem. New ones get an empty
translation to be filled in, and those that are gone from the code go from the catalogue. Run it again
when they are translated.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

import polib

from attncli.problem.sources import configs_folder
from attncli.problem.starter import COMMENT

PACKAGE = Path(__file__).parents[2] / "attncli"
PO = PACKAGE / "locale" / "vi" / "LC_MESSAGES" / "attncli.po"
MO = PO.with_suffix(".mo")
MARKS = {"_": 1, "N_": 1, "plural": 2}
HEADER = {
    "Project-Id-Version": "attncli",
    "Language": "vi",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}

# What YAML's parser and the operating system say; the code passes it through _() as it comes.
FOREIGN = (
    *("while parsing a flow sequence", "while parsing a flow mapping", "while parsing a block mapping"),
    *("while parsing a block collection", "while parsing a block node", "while parsing a flow node"),
    *("while parsing a node", "while parsing a tag", "while scanning a tag", "while scanning a simple key"),
    *("while scanning a quoted scalar", "while scanning a block scalar", "while scanning a plain scalar"),
    *("while scanning an anchor", "while scanning an alias", "while scanning for the next token"),
    *("while scanning a directive", "did not find expected ',' or ']'", "did not find expected ',' or '}'"),
    *("did not find expected key", "did not find expected '-' indicator"),
    *("did not find expected node content", "did not find expected <document start>"),
    *("did not find expected comment or line break", "did not find expected alphabetic or numeric character"),
    *("did not find expected hexdecimal number", "did not find expected tag URI"),
    *("did not find the expected '>'", "could not find expected ':'"),
    *("mapping values are not allowed in this context",),
    *("block sequence entries are not allowed in this context",),
    *("found character that cannot start any token", "found unexpected end of stream"),
    *("found unexpected document indicator", "found unknown escape character", "found undefined tag handle"),
    *("found a tab character where an indentation space is expected",),
    *("found a tab character that violates indentation", "found unexpected ':'"),
    *("found incompatible YAML document", "found unknown directive name"),
    *("No such file or directory", "Permission denied", "Is a directory", "Not a directory"),
    *("File name too long", "No space left on device", "Read-only file system", "Input/output error"),
    *("Too many levels of symbolic links", "Operation not permitted"),
)


@dataclass
class Message:
    """A message: its text, its plural if it has one, where it stands, and whether values go in."""

    text: str
    many: str = ""
    files: set[str] = field(default_factory=set)
    formatted: bool = False


def messages() -> dict[str, Message]:
    """Every message of the code, in the order of the files, by its text."""
    found: dict[str, Message] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = str(path.relative_to(PACKAGE.parent).as_posix())
        for call in marked(ast.parse(path.read_text(encoding="utf-8"))):
            texts = literals(call, f"{name}:{call.lineno}")
            if texts is None:
                continue
            message = found.setdefault(texts[0], Message(*texts))
            if message.many != "".join(texts[1:]):
                raise SystemExit(f"{name}:{call.lineno}: {texts[0]!r} stands elsewhere with another plural")
            message.files.add(name)
            message.formatted |= bool(call.keywords) or len(texts) > 1 or is_format(call, texts[0])
    for path in sorted(configs_folder().glob("*.yaml")):
        for text in COMMENT.findall(path.read_text(encoding="utf-8")):
            found.setdefault(text, Message(text)).files.add(f"configs/{path.name}")
    for text in FOREIGN:
        found.setdefault(text, Message(text))
    return found


def marked(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that mark a message, from the top of a file to its end."""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS
    ]
    return iter(sorted(calls, key=lambda call: (call.lineno, call.col_offset)))


def literals(call: ast.Call, place: str) -> list[str] | None:
    """The texts of a call; None where it only looks up what is marked elsewhere.

    Stops the script where a text is put together, or its names are not the values given to it.
    """
    name = call.func.id
    arguments = call.args[: MARKS[name]]
    if not all(isinstance(node, ast.Constant) and isinstance(node.value, str) for node in arguments):
        if name != "_" or any(isinstance(node, ast.JoinedStr | ast.BinOp) for node in arguments):
            raise SystemExit(f"{place}: a message is one literal text; values go in by name")
        return None
    texts = [node.value for node in arguments]
    given = {keyword.arg for keyword in call.keywords} | ({"n"} if name == "plural" else set())
    if given and None not in given and name != "N_":
        used = set().union(
            *({one.split("!")[0].split(":")[0] for one in placeholders(text)} for text in texts)
        )
        if used | {"n"} != given | {"n"}:
            raise SystemExit(f"{place}: {texts[0]!r} names {sorted(used)}; given are {sorted(given)}")
    return texts


def is_format(call: ast.Call, text: str) -> bool:
    """Whether a message that is only marked here will have values put in: {name}, not {add: matrix}."""
    found = re.findall(r"\{[^{}]*\}", text) if call.func.id == "N_" else []
    return bool(found) and all(re.fullmatch(r"\{\w+(![rs])?(:[^ {}]+)?\}", one) for one in found)


def placeholders(text: str) -> set[str]:
    """``{name}``, ``{word!r}``, ``{size:,}``: what is put into a text, each with how it is written."""
    return {
        name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        for _, name, form, conversion in Formatter().parse(text)
        if name is not None
    }


def updated(old: polib.POFile) -> polib.POFile:
    """The catalogue as it should be: the code's messages, with the translations that there are."""
    kept = {entry.msgid: entry for entry in old}
    new = polib.POFile()
    new.header = "Vietnamese messages of attncli. Brought up to date by tests/support/catalogue.py."
    new.metadata = dict(HEADER)
    for text, message in messages().items():
        before = kept.get(text)
        entry = polib.POEntry(
            msgid=text,
            msgid_plural=message.many,
            occurrences=[(name, "") for name in sorted(message.files)],
            comment=before.comment if before else "",
            tcomment=before.tcomment if before else "",
            flags=["fuzzy"] * bool(before and before.fuzzy) + ["python-brace-format"] * message.formatted,
        )
        if message.many:
            same = before is not None and before.msgid_plural == message.many
            entry.msgstr_plural = before.msgstr_plural if same else {0: ""}
        else:
            entry.msgstr = before.msgstr if before else ""
        new.append(entry)
    return new


def read() -> polib.POFile:
    """The catalogue as it is."""
    return polib.pofile(str(PO)) if PO.exists() else polib.POFile()


def main(arguments: list[str]) -> int:
    old = read()
    new = updated(old)
    for entry in new.untranslated_entries() + new.fuzzy_entries():
        print(f"to translate: {entry.msgid!r}")
    for gone in {entry.msgid for entry in old} - {entry.msgid for entry in new}:
        print(f"gone: {gone!r}")
    text, binary = str(new) + "\n", new.to_binary()
    fresh = PO.exists() and PO.read_text(encoding="utf-8") == text
    if fresh and MO.exists() and MO.read_bytes() == binary:
        print(f"{len(new)} messages, up to date")
        return 0
    if "--check" in arguments:
        print("not up to date: run python tests/support/catalogue.py")
        return 1
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_text(text, encoding="utf-8")
    MO.write_bytes(binary)
    print(f"{len(new)} messages written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
