"""Where a problem comes from: a file, standard input, or a built-in one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attncli.errors import AttnError
from attncli.problem.document import MAX_BYTES, parse
from attncli.problem.report import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attncli.problem.document import Node
    from attncli.problem.problem import Problem

DEFAULT = "config.yaml"


@dataclass(frozen=True)
class Text:
    """A config's text, its name in messages and in results, and the folder for files it names."""

    text: str
    shown: str
    name: str
    folder: Path


def configs_folder() -> Path:
    """Return the folder of the built-in problems: in the wheel, or beside the package."""
    package = Path(__file__).parent.parent
    carried = package / "configs"
    return carried if carried.is_dir() else package.parent / "configs"


def builtin_names() -> list[str]:
    """Name the built-in problems."""
    return sorted(path.stem for path in configs_folder().glob("*.yaml"))


def load(source: str | Path | Mapping[str, Any], assignments: Sequence[str] = ()) -> Problem:
    """Load a problem: a path, ``-`` for standard input, a built-in's name, or a mapping.

    ``assignments`` are changes such as ``mask=true`` or ``Wq[1,2]=0.5``. Raises AttnError, or
    AttnErrors with everything that is wrong.
    """
    from attncli.problem.assign import assign  # noqa: PLC0415 - these bring in NumPy
    from attncli.problem.build import build  # noqa: PLC0415
    from attncli.problem.problem import Problem  # noqa: PLC0415
    from attncli.problem.python import from_python  # noqa: PLC0415

    root: Node
    if isinstance(source, str | Path):
        read = read_text(str(source))
        root, name, folder = parse(read.text, read.shown), read.name, read.folder
    else:
        root, name, folder = from_python(dict(source), "config"), "config", Path()
    root, cells = assign(root, assignments)
    return Problem.of(build(root, name, folder, cells))


def default_source() -> tuple[str, str]:
    """Return the config of a command that names none, and the sentence that says which it is."""
    if Path(DEFAULT).is_file():
        return DEFAULT, f"using {DEFAULT} of this folder"
    return "article", "using the built-in problem 'article'; name a CONFIG for another"


def read_text(source: str) -> Text:
    """Read the text of a config, whatever kind of source it is.

    Raises AttnError where it cannot be read, is not UTF-8 or is too large.
    """
    if source == "-":
        return Text(decode(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>"), "<stdin>", "<stdin>", Path())
    path = Path(source)
    name = source
    if source in builtin_names() and not path.is_file():
        path, name = configs_folder() / f"{source}.yaml", source
    try:
        with path.open("rb") as stream:
            return Text(decode(stream.read(MAX_BYTES + 1), source), source, name, path.parent)
    except FileNotFoundError:
        names = builtin_names()
        built_in = f"the built-in problems are {', '.join(names)}"
        raise AttnError(f"there is no file {source!r}", hint=did_you_mean(source, names, built_in)) from None
    except IsADirectoryError:
        raise AttnError(
            f"{source!r} is a folder", hint=f"name the config in it, like {path / DEFAULT}"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AttnError(
            f"{source!r} cannot be read: {reason}", hint="check its name and its permissions"
        ) from None


def decode(data: bytes, name: str) -> str:
    """Turn bytes into text."""
    if len(data) > MAX_BYTES:
        raise AttnError(
            f"{name} is larger than {MAX_BYTES // 2**20} MiB",
            hint="keep large matrices in a file beside the config: {file: weights.npz, key: Wq}",
        )
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AttnError(
            f"{name} is not UTF-8: byte 0x{data[error.start]:02x} in line {line}", hint="save it as UTF-8"
        ) from None
