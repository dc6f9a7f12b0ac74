"""What a sheet loses that came in late: by the time of its file, or by a column of the roster."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

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

    def file_time(self, seconds: float) -> datetime:
        """Return the time of a file, to the second, in the time zone of ``due``."""
        return datetime.fromtimestamp(math.floor(seconds), self.due.tzinfo)


def read_time(text: str, zone: Any = None) -> datetime | None:  # noqa: ANN401 - a tzinfo, or nothing
    """Read ``2026-03-01T23:59:00+07:00``; one without a zone is in ``zone``. None: it is no such time."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone)
    return time if time.tzinfo is not None and ":" in text else None


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
