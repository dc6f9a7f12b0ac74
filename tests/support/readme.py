"""What the READMEs and the guide show of the program, made from real runs.

    python tests/support/readme.py            compare it with what the commands print now
    python tests/support/readme.py --write    write it anew
    python tests/support/readme.py config.md  (or --write config.md) only files of such a name

A transcript is a block that begins with ```console; each of its lines that begins with ``$ `` is run
in a folder that holds copies of configs/ and of sheets, code and models in tests/data, and what it prints,
errors included, stands under it. The table of mistakes is made from the catalogue, the picture from
tiny's numbers.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from attncli import language
from attncli.homework.slips import sentences
from attncli.language import _
from attncli.mistakes.catalogue import listing
from tests.support.equation import equation

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "README.vi.md", *sorted((ROOT / "attncli" / "guide").rglob("*.md")))
PICTURE = ROOT / ".github" / "equation.svg"
COPIED = ("configs", "tests/data/sheets", "tests/data/code", "tests/data/models")
BLOCK = re.compile(r"(?<=```console\n)(.*?)(?=```)", re.DOTALL)
MISTAKES = re.compile(r"(?<=<!-- mistakes -->\n)(.*?)(?=<!-- /mistakes -->)", re.DOTALL)
TABLE_HEAD = {
    "en": "| id | written | what was done |\n|---|---|---|\n",
    "vi": "| tên | đã viết | đã làm gì |\n|---|---|---|\n",
}
OURS = {"COLUMNS": "80", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
NOT_OURS = {"NO_COLOR", "FORCE_COLOR", "TERM", "LC_ALL", "LC_MESSAGES", "ATTNCLI_LANG"}


def run(command: str, **environment: str) -> str:
    """Run one command as a person would in the project's folder, and return what they would see."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    with tempfile.TemporaryDirectory() as folder:
        for part in COPIED:
            shutil.copytree(ROOT / part, Path(folder) / part)
        done = subprocess.run(
            ["bash", "-c", command],
            env=kept | OURS | environment | {"PATH": path},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    return done.stdout.decode("utf-8").replace("\ufeff", "")  # of a table for Excel: no terminal shows it


def transcript(block: str) -> str:
    """Return a block with every command's output as it is now."""
    parts = []
    for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        output = run(command)
        parts.append(f"$ {command}\n{output.rstrip()}\n" if output.strip() else f"$ {command}\n")
    return "\n".join(parts)


def mistakes(lang: str) -> str:
    """Return the table of all mistakes: the id, the wrong formula, and what its sentence says was done."""
    language.use(lang)
    lines = [
        *((one.id, f"`{one.formula}`", _(one.says)) for one in listing()),
        *((id_, "", _(says)) for id_, says in sentences().items() if id_.startswith("slip-")),
    ]
    language.use(None)
    rows = (
        f"| `{id_}` | {written} | {says.partition(':')[0].rstrip('.')} |\n" for id_, written, says in lines
    )
    return f"\n{TABLE_HEAD[lang]}{''.join(rows)}\n"


def renewed(page: Path) -> str:
    """Return the text of a page with its transcripts and its table as they are now."""
    lang = "vi" if page.parent.name == "vi" else "en"
    text = MISTAKES.sub(lambda _match: mistakes(lang), page.read_text(encoding="utf-8"))
    return BLOCK.sub(lambda match: transcript(match[0]), text)


def main() -> int:
    """Compare or write; the exit code says whether anything differed."""
    names = {argument for argument in sys.argv[1:] if argument != "--write"}
    now = {page: renewed(page) for page in PAGES if not names or page.name in names}
    if not names or PICTURE.name in names:
        now[PICTURE] = equation()
    differs = False
    for path, new in now.items():
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if "--write" in sys.argv:
            path.write_text(new, encoding="utf-8")
        elif new != old:
            differs = True
            lines = difflib.unified_diff(
                old.splitlines(), new.splitlines(), "as it stands", "as it is now", lineterm=""
            )
            print(path.name, *list(lines)[:60], sep="\n")
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
