"""The README's transcripts and its picture, made from real runs.

    python tests/readme.py            compare them with what the commands print now
    python tests/readme.py --write    write them anew

A transcript is a block that begins with ```console; each of its lines that begins with ``$ `` is run
in a folder that holds a copy of configs/, and what it prints, errors included, stands under it.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / ".github" / "terminal.svg"
PICTURED = "attncli forward article --only S,A"
BLOCK = re.compile(r"(?<=```console\n)(.*?)(?=```)", re.DOTALL)
OURS = {"COLUMNS": "80", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
NOT_OURS = {"NO_COLOR", "FORCE_COLOR", "TERM"}


def run(command: str, **environment: str) -> str:
    """Run one command as a person would in the project's folder, and return what they would see."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "configs", Path(folder) / "configs")
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


def picture() -> str:
    """Draw the terminal as it looks after one command; no fonts are fetched."""
    console = Console(record=True, width=80, file=StringIO(), force_terminal=True, color_system="truecolor")
    screen = run(f"{PICTURED} --color always --width 80")
    console.print(Text.from_ansi(f"$ {PICTURED}\n{screen.rstrip()}"), end="")
    svg = console.export_svg(title="attncli", theme=MONOKAI, unique_id="terminal")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    lines = svg.replace("Fira Code, monospace", "monospace").split("\n")
    return "\n".join(line.rstrip() for line in lines)


def main() -> int:
    """Compare or write; the exit code says whether anything differed."""
    text = README.read_text(encoding="utf-8")
    now = {README: BLOCK.sub(lambda match: transcript(match[0]), text), PICTURE: picture()}
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
