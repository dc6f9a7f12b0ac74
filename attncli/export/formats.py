"""Every format that a result can be written in: one registry."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import RenderableType

    from attncli.files import Writer
    from attncli.result import Result
    from attncli.show.display import Display
    from attncli.show.explain import Explained


Content: TypeAlias = "Iterable[RenderableType] | Iterable[str] | Writer | Mapping[str, Iterable[str]]"
SUFFIXES = {
    ".txt": "text", ".json": "json", ".csv": "csv", ".npz": "npz", ".md": "markdown", ".markdown": "markdown",
    ".tex": "latex", ".html": "html", ".htm": "html", ".svg": "svg",
}  # fmt: skip


LONGEST_NAME = 48  # of a row or a column, where no screen is too narrow for it


class Shown(NamedTuple):
    """A result, and what of it is to be shown, and how."""

    result: Result
    symbols: Sequence[str]
    display: Display
    head: int | None = None
    quiet: bool = False

    @property
    def paper(self) -> Display:
        """How the matrices of a document are shown."""
        return self.display._replace(room=LONGEST_NAME)


class Format(NamedTuple):
    """One format: the module beside this one that writes it, and what it makes.

    ``kind``: parts of a "screen", "text", "bytes", or a "folder" of texts. Those at full precision
    name the options that would do nothing: ``idle``. ``explains``: it can write explanations too.
    """

    name: str
    module: str
    kind: Literal["screen", "text", "bytes", "folder"] = "text"
    idle: tuple[str, ...] = ()
    explains: bool = True

    def write(self, shown: Shown) -> Content:
        """Write a result: text piece by piece, or what writes bytes, or a folder's texts by file name."""
        return cast("Content", self._call("write", shown))

    def explain(self, explained: Sequence[Explained], display: Display) -> Content:
        """Write explanations of cells and symbols."""
        return cast("Content", self._call("explain", explained, display))

    def _call(self, function: str, *arguments: object) -> object:
        # Imported when needed: JSON needs no Rich, and --help none of them.
        return getattr(import_module(f"attncli.export.{self.module}"), function)(*arguments)


FORMATS = {
    found.name: found
    for found in (
        Format("text", "screen", "screen"),
        Format("plain", "text"),
        Format("json", "json_record", idle=("--head", "--decimals", "--full")),
        Format("csv", "data", "folder", idle=("--decimals", "--full"), explains=False),
        Format("npz", "npz", "bytes", idle=("--head", "--decimals", "--full"), explains=False),
        Format("markdown", "markdown"),
        Format("latex", "latex"),
        Format("html", "html"),
        Format("svg", "svg"),
    )
}
