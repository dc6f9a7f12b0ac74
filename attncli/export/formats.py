"""Every format that a result can be written in: one registry."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

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
    """One format: the functions of this room that write results and explanations in it.

    They are named as ``module.function``; ``explainer`` is empty where there are no explanations in it.
    ``kind``: "text", "bytes", or "folder" of texts. Formats that hold every number at full precision
    name the options that would do nothing there: ``idle``.
    """

    name: str
    writer: str
    explainer: str = ""
    kind: Literal["text", "bytes", "folder"] = "text"
    idle: tuple[str, ...] = ()

    def write(self, shown: Shown) -> Content:
        """Write a result: text piece by piece, or what writes bytes, or a folder's texts by file name."""
        return cast("Content", function(self.writer)(shown))

    def explain(self, explained: Sequence[Explained], looks: Looks) -> Iterable[str]:
        """Write explanations of cells and symbols."""
        return cast("Iterable[str]", function(self.explainer)(explained, looks))


def function(path: str) -> Callable[..., object]:
    """Return a function of this room; imported when needed: JSON needs no Rich, and --help none of them."""
    module, _, name = path.partition(".")
    return cast("Callable[..., object]", getattr(import_module(f"attncli.export.{module}"), name))


IDLE = ("--head", "--decimals", "--full")
FORMATS = {
    format_.name: format_
    for format_ in (
        Format("text", "text.write", "text.explain"),
        Format("plain", "plain_text.write", "plain_text.explain"),
        Format("json", "data.write_json", "data.explain_json", idle=IDLE),
        Format("csv", "data.write_csv", kind="folder", idle=IDLE[1:]),
        Format("npz", "data.write_npz", kind="bytes", idle=IDLE),
        Format("markdown", "markdown.write", "markdown.explain"),
        Format("latex", "latex.write", "latex.explain"),
        Format("html", "html.write", "html.explain"),
        Format("svg", "svg.write", "svg.explain"),
    )
}
