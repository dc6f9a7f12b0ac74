"""Where a problem comes from: a file, standard input, or a built-in one."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from attncli.errors import AttnError
from attncli.files import MAX_BYTES, STDIN, decode, read_bytes, unreadable
from attncli.language import _
from attncli.report import MAX_COMPARED, Report, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attncli.problem.assign import CellValue
    from attncli.problem.problem import Problem


DEFAULT = "config.yaml"
SUFFIXES = (".yaml", ".yml", ".json")


class Text(NamedTuple):
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
    """Return the names of the built-in problems."""
    return sorted(path.stem for path in configs_folder().glob("*.yaml"))


def load(source: str | os.PathLike[str] | Mapping[str, Any], assignments: Sequence[str] = ()) -> Problem:
    """Load a problem: a path, ``-`` for standard input, a built-in's name, or a mapping.

    ``assignments`` are changes such as ``mask=true`` or ``Wq[1,2]=0.5``. Raises AttnError, or
    AttnErrors with everything that is wrong.
    """
    # The names of the built-in problems need neither YAML nor NumPy; most configs are files as they are.
    from attncli.problem.document import parse  # noqa: PLC0415
    from attncli.problem.problem import build  # noqa: PLC0415

    report = Report()
    if isinstance(source, str | os.PathLike):
        read = read_text(str(source))
        root, name, folder = parse(read.text, read.shown, report=report), read.name, read.folder
    else:
        from attncli.problem.python import from_python  # noqa: PLC0415

        root, name, folder = from_python(source, "config"), "config", Path()
    written = root
    cells: Sequence[CellValue] = ()
    if assignments:
        from attncli.problem.assign import assign  # noqa: PLC0415

        root, cells = assign(root, assignments, report)
    return build(root, name, folder, cells, report, written)


def default_source() -> tuple[str, str]:
    """Return the config of a command that names none, and the sentence that says which it is."""
    if Path(DEFAULT).is_file():
        return DEFAULT, _("using {file} of this folder", file=DEFAULT)
    return "article", _("using the built-in problem 'article'; name a CONFIG for another")


def read_text(source: str) -> Text:
    """Read the text of a config, whatever kind of source it is.

    Raises AttnError where it cannot be read, is not UTF-8 or is too large.
    """
    shown = "<stdin>" if source == STDIN else source
    path = Path(source)
    try:
        if source in builtin_names() and not path.is_file():
            path = configs_folder() / f"{source}.yaml"
        data = read_bytes(source if source == STDIN else path, MAX_BYTES)
    except FileNotFoundError:
        names = builtin_names()
        known = _("the built-in problems are {names}", names=", ".join(names))
        files = beside(path)
        close = nearest(stem(path.name), [*files, *names])
        hint = _("did you mean {close!r}?", close=files.get(close, close)) if close else known
        raise AttnError(_("there is no file {file!r}", file=source), hint=hint) from None
    except IsADirectoryError:
        hint = _("name the config in it, like {file}", file=path / DEFAULT)
        if source == STDIN:
            hint = _("pass a file")
        raise AttnError(_("{file} is a folder", file=repr(shown)), hint=hint) from None
    except (OSError, ValueError) as error:
        raise unreadable(shown, error) from None
    hint = _("keep large matrices in a file beside the config: {file: weights.npz, key: Wq}")
    return Text(decode(data, shown, MAX_BYTES, hint), shown, shown, path.parent)


def beside(path: Path) -> dict[str, str]:
    """Return the configs in a missing file's folder, by their names without ending."""
    try:
        found = (file.name for file in path.parent.iterdir() if is_config(file.name))
        names = sorted(islice(found, MAX_COMPARED))
    except (OSError, ValueError):
        return {}
    return {stem(name): str(path.with_name(name)) for name in names}


def is_config(name: str) -> bool:
    """Whether a file is named as a config is."""
    return name.lower().endswith(SUFFIXES)


def stem(name: str) -> str:
    """Return the name of a config without its ending."""
    return Path(name).stem if is_config(name) else name
