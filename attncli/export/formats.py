"""Every format that a result can be written in: one registry."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from attncli.export.entries import Shown
    from attncli.files import Writer
    from attncli.show.explain import Explained
    from attncli.show.matrix import Looks


Content: TypeAlias = "Iterable[str] | Writer | Mapping[str, Iterable[str]]"
SUFFIXES = {
    ".txt": "text", ".json": "json", ".csv": "csv", ".npz": "npz", ".md": "markdown", ".markdown": "markdown",
    ".tex": "latex", ".html": "html", ".htm": "html", ".svg": "svg",
}  # fmt: skip


class Format(NamedTuple):
    """One format: the module beside this one that writes it, and what it makes.

    ``kind``: "text", "bytes", or "folder" of texts. Formats that hold every number at full precision
    name the options that would do nothing there: ``idle``. ``explains``: it can write explanations too.
    """

    name: str
    module: str
    kind: Literal["text", "bytes", "folder"] = "text"
    idle: tuple[str, ...] = ()
    explains: bool = True

    def write(self, shown: Shown) -> Content:
        """Write a result: text piece by piece, or what writes bytes, or a folder's texts by file name."""
        return cast("Content", self._call("write", shown))

    def explain(self, explained: Sequence[Explained], looks: Looks) -> Iterable[str]:
        """Write explanations of cells and symbols."""
        return cast("Iterable[str]", self._call("explain", explained, looks))

    def _call(self, function: str, *arguments: object) -> object:
        # Imported when needed: JSON needs no Rich, and --help none of them.
        return getattr(import_module(f"attncli.export.{self.module}"), function)(*arguments)


FORMATS = {
    found.name: found
    for found in (
        Format("text", "text"),
        Format("plain", "plain_text"),
        Format("json", "json_record", idle=("--head", "--decimals", "--full")),
        Format("csv", "data", "folder", idle=("--decimals", "--full"), explains=False),
        Format("npz", "npz", "bytes", idle=("--head", "--decimals", "--full"), explains=False),
        Format("markdown", "markdown"),
        Format("latex", "latex"),
        Format("html", "html"),
        Format("svg", "svg"),
    )
}
