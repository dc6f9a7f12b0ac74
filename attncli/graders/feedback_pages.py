"""Pages of feedback, one for each sheet: HTML that stands alone, and Markdown as GitHub reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from attncli.files import open_text
from attncli.graders.feedback import (
    cells_line,
    opening,
    out_of,
    points_line,
    remarks,
    row_line,
    score_line,
)
from attncli.graders.records import file_path, records, student_of, write_each
from attncli.homework.marks import Verdict
from attncli.language import _, active
from attncli.untrusted import code, html_start, in_markdown, in_markup, page_style

if TYPE_CHECKING:
    from attncli.graders.records import Course, Record, Written


HTML = ".html"
LIGHT, DARK = "--right: #1a7f37; --wrong: #b3261e", "--right: #56d37b; --wrong: #ff8a80"
STYLE = page_style(LIGHT, DARK, "60rem") + Path(__file__).with_suffix(".css").read_text(encoding="utf-8")

# How each kind of what there is to say about a row is written.
MARKDOWN: Mapping[str, Callable[..., str]] = {
    "text": in_markdown,
    "cells": lambda *cells: "\n".join(f"- {in_markdown(cell)}" for cell in cells),
    "formula": code,
    "cause": in_markdown,
    "look": lambda command: f"{in_markdown(_('To see where it comes from:'))} {code(command)}",
}
MARKUP: Mapping[str, Callable[..., str]] = {
    "text": lambda text: f"<p>{in_markup(text)}</p>\n",
    "cells": lambda *cells: f"<ul>{''.join(f'<li>{in_markup(cell)}</li>' for cell in cells)}</ul>\n",
    "formula": lambda formula: f"<p><code>{in_markup(formula)}</code></p>\n",
    "cause": lambda says: f'<p class="says">{in_markup(says)}</p>\n',
    "look": lambda command: (
        f"<p>{in_markup(_('To see where it comes from:'))} <code>{in_markup(command)}</code></p>\n"
    ),
}


def markdown_page(view: Record) -> str:
    """Return one sheet's page in Markdown."""
    return "\n\n".join(markdown_blocks(view)) + "\n"


def markdown_blocks(view: Record) -> Iterator[str]:
    """Yield what stands on the page between blank lines."""
    yield f"# {in_markdown(student_of(view))}"
    of_config = [] if view["config"] is None else [in_markdown(view["config"])]  # there may be none for them
    yield " · ".join([f"**{score_line(view)}**", *of_config])
    yield from map(in_markdown, opening(view))
    if view["rows"]:
        lines = [(_("quantity"), "", _("verdict"), _("right cells"), _("points")), ["---"] * 5]
        for row in view["rows"]:
            verdict, symbol = Verdict(row["verdict"]), in_markdown(row["symbol"])
            lines.append((symbol, verdict.sign, _(verdict.word), cells_line(row), points_line(row)))
        yield "\n".join(f"| {' | '.join(line)} |" for line in lines)
    for row in view["rows"]:
        if said := remarks(row, view):
            yield f"## {in_markdown(row['symbol'])} {Verdict(row['verdict']).sign}"
            yield from (MARKDOWN[kind](*texts) for kind, texts in said)


def write_html(results: Path, folder: Path, course: Course) -> Written:
    """Write a page for each sheet, and an index of them for the teacher."""
    pages = write_each(HTML, lambda view: "".join(html_page(view)), results, folder, course)
    with open_text(folder / "index.html") as stream:
        stream.writelines(html_index(results, course))
    return pages


def html_page(view: Record) -> Iterator[str]:
    """Yield one sheet's page, piece by piece."""
    yield html_start(student_of(view), STYLE, active())
    yield f"<header><h1>{in_markup(student_of(view))}</h1>\n"
    yield f'<p class="score">{in_markup(score_line(view))}</p>\n'
    lines = (view["config"] or "", *opening(view))
    yield "".join(f"<p>{in_markup(line)}</p>\n" for line in lines if line)
    yield "</header>\n<main>\n"
    if view["rows"]:
        yield table_start(_("quantity"), _("verdict"), _("right cells"), _("points"))
        for row in view["rows"]:
            yield f'<tr><th scope="row">{in_markup(row["symbol"])}</th>{verdict_cell(row)}'
            yield f"<td>{in_markup(cells_line(row))}</td><td>{in_markup(points_line(row))}</td></tr>\n"
        yield "</tbody></table>\n"
    for row in view["rows"]:
        if said := remarks(row, view):
            verdict = f'<i class="{in_markup(row["verdict"])}">{in_markup(row_line(row))}</i>'
            yield f"<section>\n<h2>{in_markup(row['symbol'])} {verdict}</h2>\n"
            yield from (MARKUP[kind](*texts) for kind, texts in said)
            yield "</section>\n"
    yield "</main>\n</body>\n</html>\n"


def html_index(results: Path, course: Course) -> Iterator[str]:
    """Yield the teacher's list of all sheets."""
    yield html_start(course.assignment, STYLE, active())
    yield f"<header><h1>{in_markup(course.assignment)}</h1></header>\n<main>\n"
    yield table_start(_("student"), _("sheet"), _("verdict"), _("points"))
    for record in records(results):
        link = quote(file_path(record["file"], HTML).as_posix().encode("utf-8", "surrogateescape"))
        yield f'<tr><th scope="row">{in_markup(student_of(record))}</th>'
        yield f'<td><a href="{link}">{in_markup(record["file"])}</a></td>{verdict_cell(record)}'
        yield f"<td>{in_markup(out_of(record['score'], record['max_score']))}</td></tr>\n"
    yield "</tbody></table>\n</main>\n</body>\n</html>\n"


def table_start(*names: str) -> str:
    """Return the beginning of a table with these columns."""
    heads = "".join(f'<th scope="col">{in_markup(name)}</th>' for name in names)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>\n"


def verdict_cell(record: Record) -> str:
    """Return the cell with the verdict on a row or on a sheet."""
    return f'<td class="{in_markup(record["verdict"])}">{in_markup(row_line(record))}</td>'
