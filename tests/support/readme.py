"""The READMEs' transcripts and the picture, made from real runs.

    python tests/support/readme.py            compare them with what the commands print now
    python tests/support/readme.py --write    write them anew

A transcript is a block that begins with ```console; each of its lines that begins with ``$ `` is run
in a folder that holds copies of configs/ and tests/data/sheets, and what it prints, errors included,
stands under it.
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

from attncli.export.svg import picture

ROOT = Path(__file__).parents[2]
READMES = (ROOT / "README.md", ROOT / "README.vi.md")
PICTURE = ROOT / ".github" / "terminal.svg"
PICTURED = "attncli forward article --only S,A"
COPIED = ("configs", "tests/data/sheets")
BLOCK = re.compile(r"(?<=```console\n)(.*?)(?=```)", re.DOTALL)
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
    return done.stdout.decode("utf-8")


def transcript(block: str) -> str:
    """Return a block with every command's output as it is now."""
    parts = []
    for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        output = run(command)
        parts.append(f"$ {command}\n{output.rstrip()}\n" if output.strip() else f"$ {command}\n")
    return "\n".join(parts)


def drawing() -> str:
    """Draw the terminal as it looks after one command."""
    screen = run(f"{PICTURED} --color always --width 80")
    return picture(f"$ {PICTURED}\n{screen}", "attncli", 80)


def main() -> int:
    """Compare or write; the exit code says whether anything differed."""
    now = {PICTURE: drawing()}
    for readme in READMES:
        text = readme.read_text(encoding="utf-8")
        now[readme] = BLOCK.sub(lambda match: transcript(match[0]), text)
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
