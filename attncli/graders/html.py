"""HTML: a page of feedback for each sheet that stands alone, and an index for the teacher."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from attncli.files import fresh
from attncli.graders.feedback import (
    SIGNS,
    WORDS,
    cells_line,
    opening,
    out_of,
    points_line,
    remarks,
    row_line,
    score_line,
    seems,
)
from attncli.graders.html_style import STYLE
from attncli.graders.records import Written, each_sheet, place, records, who
from attncli.language import _, active
from attncli.untrusted import in_markup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from attncli.graders.feedback import Remarks
    from attncli.graders.records import Course, Record


ENDING = ".html"


def write(results: Path, out: Path, course: Course) -> Written:
    """Write a page for each sheet into out/html, and an index of them."""
    folder = out / "html"
    each_sheet(results, folder, ENDING, course, render)
    with fresh(folder / "index.html") as stream:
        stream.writelines(index(results, course))
    return Written((folder,))


def render(view: Record) -> str:
    """Write one sheet's page."""
    return "".join(page(view))


def start(title: str) -> str:
    """Write what stands before a page."""
    return (
        f'<!DOCTYPE html>\n<html lang="{active()}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{in_markup(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )


def page(view: Record) -> Iterator[str]:
    """Write one sheet's page, piece by piece."""
    yield start(who(view))
    yield f"<header><h1>{in_markup(who(view))}</h1>\n"
    yield f'<p class="score">{in_markup(score_line(view))}</p>\n'
    yield "".join(f"<p>{in_markup(line)}</p>\n" for line in (view["config"], *opening(view)))
    yield "</header>\n<main>\n"
    if view["rows"]:
        yield from table(view)
    for row in view["rows"]:
        yield from section(row, remarks(row, view))
    yield "</main>\n</body>\n</html>\n"


def table(view: Record) -> Iterator[str]:
    """Write the table of rows."""
    yield head(_("row"), _("verdict"), _("cells right"), _("points"))
    for row in view["rows"]:
        symbol = f'<th scope="row">{in_markup(row["symbol"])}</th>'
        earned = points_line(row)
        yield f"<tr>{symbol}{verdict_cell(row)}<td>{in_markup(cells_line(row))}</td>"
        yield f"<td>{in_markup(earned)}</td></tr>\n"
    yield "</tbody></table>\n"


def head(*names: str) -> str:
    """Begin a table."""
    heads = "".join(f'<th scope="col">{in_markup(name)}</th>' for name in names)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>\n"


def verdict_cell(record: Record) -> str:
    """Write the verdict on a row or on a sheet."""
    return f'<td class="{in_markup(record["verdict"])}">{in_markup(row_line(record))}</td>'


def section(row: Record, said: Remarks) -> Iterator[str]:
    """Write what is to be said about a row that is not right."""
    if said == type(said)():
        return
    verdict = row["verdict"]
    yield f'<section>\n<h2>{in_markup(row["symbol"])} <i class="{in_markup(verdict)}">{SIGNS[verdict]}'
    yield f" {in_markup(_(WORDS[verdict]))}</i></h2>\n"
    if said.says:
        yield f"<p>{in_markup(said.says)}</p>\n"
    if said.cells:
        items = (*said.cells, said.more) if said.more else said.cells
        yield "<ul>" + "".join(f"<li>{in_markup(item)}</li>" for item in items) + "</ul>\n"
    if said.causes:
        yield f"<p>{in_markup(seems(said.causes))}</p>\n"
    for cause in said.causes:
        yield f"<p><code>{in_markup(cause.formula)}</code></p>\n" if cause.formula else ""
        yield f'<p class="says">{in_markup(cause.says)}</p>\n'
    if said.look:
        yield f"<p>{in_markup(_('To see where it comes from:'))} <code>{in_markup(said.look)}</code></p>\n"
    yield "</section>\n"


def index(results: Path, course: Course) -> Iterator[str]:
    """Write the teacher's list of all sheets."""
    yield start(course.assignment)
    yield f"<header><h1>{in_markup(course.assignment)}</h1></header>\n<main>\n"
    yield head(_("student"), _("sheet"), _("verdict"), _("points"))
    for record in records(results):
        link = quote(place(record["file"], ENDING).as_posix().encode("utf-8", "surrogateescape"))
        yield f'<tr><th scope="row">{in_markup(who(record))}</th>'
        yield f'<td><a href="{link}">{in_markup(record["file"])}</a></td>{verdict_cell(record)}'
        yield f"<td>{in_markup(out_of(record['score'], record['max_score']))}</td></tr>\n"
    yield "</tbody></table>\n</main>\n</body>\n</html>\n"
