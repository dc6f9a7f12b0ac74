"""What a sheet loses that came in late: by the time of its file, or by a column of the roster."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from attncli.language import _, either
from attncli.problem.document import Mapping, Scalar, kind
from attncli.problem.keys import refuse_unknown
from attncli.problem.numbers import cell

if TYPE_CHECKING:
    from attncli.problem.document import Node
    from attncli.report import Report


KEYS = ("due", "penalty", "per", "grace", "most", "by")
PERIODS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
FILE, COLUMN = "file", "column"
DATE_ORDERS = DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
YEAR_FIRST = "ymd"
MONTHS, NOON = 12, 12
_DATE = re.compile(
    r"(?<![0-9])(?:[0-9]{1,2}(?P<sign>[/.-])[0-9]{1,2}(?P=sign)[0-9]{4}"
    r"|[0-9]{4}(?P<dash>[/.-])[0-9]{1,2}(?P=dash)[0-9]{1,2})(?![0-9])"
)
_CLOCK = re.compile(  # sáng and chiều are Vietnamese for am and pm
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?: ?(?P<half>am|pm|sa|ch))?"
    r"(?: ?(?P<zone>z|[+-][0-9]{2}:?[0-9]{2}))?",
    re.IGNORECASE,
)
_GRACE = re.compile(r"([0-9]{1,6}) *(minute|hour|day)s?")
_EXAMPLE = "2026-03-01T23:59:00+07:00"


@dataclass(frozen=True)
class Late:
    """When sheets are due, and what a late one loses.

    ``penalty`` is the share of the score that is lost for each started ``per`` (a key of PERIODS) after
    ``due``, which knows its time zone; at most the share ``most``. Up to ``grace`` after it nothing is
    lost. ``column``: where the roster tells when a sheet came in; None: its file tells.
    """

    due: datetime
    penalty: float
    per: str = "day"
    grace: timedelta = timedelta()
    most: float = 1.0
    column: str | None = None

    def of(self, submitted: datetime) -> dict[str, Any] | None:
        """Return what the record tells of a late sheet; None: it came in time."""
        over = submitted - self.due
        if over <= max(self.grace, timedelta()):
            return None
        periods = -(-over // PERIODS[self.per])
        return {
            "submitted": submitted.isoformat(),
            "due": self.due.isoformat(),
            "per": self.per,
            "periods": periods,
            "penalty": round(min(self.most, self.penalty * periods), 6),
        }


def read_time(text: str, zone: Any = None, order: str | None = None) -> datetime | None:  # noqa: ANN401 - a tzinfo, or nothing
    """Read ``2026-03-01T23:59:00+07:00``, or ``01/03/2026 23:59`` in this order of day and month.

    A time without a zone is in ``zone``. None: it is no such time, or could be two.
    """
    try:
        time = datetime.fromisoformat(iso_text(text, order))
    except ValueError:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone)
    return time if time.tzinfo is not None and ":" in text else None


def iso_text(text: str, order: str | None) -> str:
    """Return a date and a time as ISO 8601 writes them; what is written otherwise as it is."""
    text = " ".join(text.replace(",", " ").split())
    written = WrittenDate.of(text)
    if written is None:
        return re.sub(r" (?=[+-][0-9]{2}:?[0-9]{2}$)", "", text)  # as Gradescope writes the zone
    clock = _CLOCK.fullmatch(written.rest)
    order = order or written.order
    if clock is None or order is None:
        return text
    hour, half = int(clock[1]), (clock["half"] or "").casefold()
    if half and hour <= NOON:
        hour = hour % NOON + NOON * (half in {"pm", "ch"})
    zone = (clock["zone"] or "").strip().upper()
    return f"{written.day(order)}T{hour:02}:{clock[2]}:{clock[3] or '00'}{zone}"


class WrittenDate(NamedTuple):
    """A date as people write it: its numbers in their order, with a sign between them.

    ``order``: in which order they must be read; None where day and month may be either way round, and the
    day another one then. ``rest`` is what stands before and after the date.
    """

    numbers: tuple[str, ...]
    sign: str
    order: str | None
    rest: str

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Find the date in a cell that holds it alone, or with a time; None where there is none."""
        found = _DATE.search(text)
        if found is None:
            return None
        rest = f"{text[: found.start()]} {text[found.end() :]}".strip()
        if rest and not _CLOCK.fullmatch(rest):
            return None
        numbers = tuple(re.findall(r"[0-9]+", found[0]))
        if not found["sign"]:
            return cls(numbers, "", YEAR_FIRST, rest)
        first, second, order = int(numbers[0]), int(numbers[1]), None
        if first > MONTHS or first == second:
            order = DAY_FIRST
        elif second > MONTHS:
            order = MONTH_FIRST
        return cls(numbers, found["sign"], order, rest)

    @property
    def tells(self) -> bool:
        """Whether it tells in which order others with its sign are to be read."""
        return bool(self.order and self.sign) and int(self.numbers[0]) != int(self.numbers[1])

    def day(self, order: str) -> str:
        """Return the date in ISO 8601, read in this order."""
        order = self.order if self.order == YEAR_FIRST else order
        at = dict(zip(order, self.numbers, strict=True))
        return f"{at['y']}-{at['m']:0>2}-{at['d']:0>2}"


def read_late(node: Node | None, report: Report) -> Late | None:
    """Read the rubric's key ``late``; None where it is absent, or wrong, which is noted."""
    if node is None:
        return None
    if not isinstance(node, Mapping):
        message = _("{name} is {found}; expected a mapping", name="late", found=kind(node))
        report.error(node, message, f"late: {{due: {_EXAMPLE}, penalty: 0.1}}")
        return None
    refuse_unknown(node, "late", KEYS, report)
    due, penalty = read_due(node, report), read_share(node.get("penalty"), "penalty", report)
    if node.get("penalty") is None:
        message = _("{name} is missing", name="penalty")
        report.error(node, message, _("the share of the score that is lost a day, like penalty: 0.1"))
    most = read_share(node.get("most"), "most", report)
    per, grace, column = read_per(node, report), read_grace(node, report), read_by(node, report)
    if due is None or penalty is None:
        return None
    return Late(due, penalty, per, grace, 1.0 if most is None else most, column)


def read_share(node: Node | None, name: str, report: Report) -> float | None:
    """Read a number from 0 to 1; None where there is none, or it is none, which is noted."""
    if node is None:
        return None
    count = len(report.errors)
    number = cell(node, name, report)
    if len(report.errors) > count:
        return None
    if not 0 <= number <= 1:
        message = _("{name} is {number:g}; expected a share from 0 to 1", name=name, number=number)
        report.error(node, message, _("0.5 is half"))
        return None
    return number


def read_due(late: Mapping, report: Report) -> datetime | None:
    """Read the time at which sheets are due, with its time zone."""
    node = late.get("due")
    if node is None:
        report.error(late, _("{name} is missing", name="due"), f"due: {_EXAMPLE}")
        return None
    due = read_time(node.text) if isinstance(node, Scalar) else None
    if due is None:
        message = _("due is {found}; expected a date, a time and a time zone", found=kind(node))
        report.error(node, message, _("like {example}", example=_EXAMPLE))
    return due


def read_per(late: Mapping, report: Report) -> str:
    """Read what the penalty is for: each started day or hour."""
    node = late.get("per")
    text = node.text if isinstance(node, Scalar) else "day"
    if node is not None and (not isinstance(node, Scalar) or text not in PERIODS):
        message = _(
            "{name} is {found}; expected {wanted}", name="per", found=kind(node), wanted=either(PERIODS)
        )
        report.error(node, message)
        return "day"
    return text


def read_grace(late: Mapping, report: Report) -> timedelta:
    """Read how long after the due time nothing is lost."""
    node = late.get("grace")
    if node is None:
        return timedelta()
    found = _GRACE.fullmatch(node.text.strip()) if isinstance(node, Scalar) else None
    if found is None:
        message = _("grace is {found}; expected a number of minutes, hours or days", found=kind(node))
        report.error(node, message, _("like {example}", example="grace: 15 minutes"))
        return timedelta()
    return timedelta(**{f"{found[2]}s": int(found[1])})


def read_by(late: Mapping, report: Report) -> str | None:
    """Read what tells when a sheet came in: the name of the roster's column, or None for its file."""
    node = late.get("by")
    if node is None or (isinstance(node, Scalar) and node.text == FILE):
        return None
    column = node.get(COLUMN) if isinstance(node, Mapping) else None
    if isinstance(node, Mapping):
        refuse_unknown(node, "by", (COLUMN,), report)
    if isinstance(column, Scalar) and column.text.strip():
        return column.text.strip()
    message = _("by is {found}; expected file, or a column of the roster", found=kind(node))
    report.error(node, message, _("like {example}", example="by: {column: submitted}"))
    return None
