"""Every format that a result can be written in: one registry."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.console import RenderableType

    from attncli.files import Writer
    from attncli.result import Result
    from attncli.show.display import Display
    from attncli.show.explain import Explained


Content: TypeAlias = "Iterable[RenderableType] | Iterable[str] | Writer | Mapping[str, Iterable[str]]"
LONGEST_NAME = 48  # of a row or a column, where no screen is too narrow for it
SUFFIXES = {
    ".txt": "text", ".json": "json", ".csv": "csv", ".tsv": "csv", ".npz": "npz", ".md": "markdown",
    ".markdown": "markdown", ".tex": "latex", ".latex": "latex", ".html": "html", ".htm": "html",
    ".svg": "svg",
}  # fmt: skip


class Shown(NamedTuple):
    """A result, and what of it is to be shown, and how."""

    result: Result
    symbols: Sequence[str]
    display: Display
    head: int | None = None
    quiet: bool = False
    tabs: bool = False  # and not commas, in tables for other programs

    @property
    def paper(self) -> Display:
        """How the matrices of a document are shown."""
        return self.display._replace(room=LONGEST_NAME)


class Format(NamedTuple):
    """One format: the functions of this room that write results and explanations in it.

    They are named as ``module.function``; ``explainer`` is empty where there are no explanations in it.
    ``kind``: parts of a "screen", "text", "bytes", or a "folder" of texts. Formats that hold every number
    at full precision name the options that would do nothing there: ``idle``.
    """

    name: str
    writer: str
    explainer: str = ""
    kind: Literal["screen", "text", "bytes", "folder"] = "text"
    idle: tuple[str, ...] = ()

    def write(self, shown: Shown) -> Content:
        """Write a result: parts of a screen, text, what writes bytes, or the texts of a folder by name."""
        return cast("Content", function(self.writer)(shown))

    def explain(self, explained: Sequence[Explained], display: Display) -> Iterable[RenderableType]:
        """Write explanations of cells and symbols."""
        return cast("Iterable[RenderableType]", function(self.explainer)(explained, display))


def function(path: str) -> Callable[..., object]:
    """Return a function of this room; imported when needed: JSON needs no Rich, and --help none of them."""
    module, _, name = path.partition(".")
    return cast("Callable[..., object]", getattr(import_module(f"attncli.export.{module}"), name))


IDLE = ("--head", "--decimals", "--full")
FORMATS = {
    format_.name: format_
    for format_ in (
        Format("text", "screen.write", "screen.explain", "screen"),
        Format("plain", "text.write", "text.explain"),
        Format("json", "data.write_json", "data.explain_json", idle=IDLE),
        Format("csv", "data.write_csv", kind="folder", idle=IDLE[1:]),
        Format("npz", "data.write_npz", kind="bytes", idle=IDLE),
        Format("markdown", "markdown.write", "markdown.explain"),
        Format("latex", "latex.write", "latex.explain"),
        Format("html", "html.write", "html.explain"),
        Format("svg", "svg.write", "svg.explain"),
    )
}
