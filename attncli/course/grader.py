"""From one sheet of a folder to its line of results.jsonl; whatever the sheet holds, there is a line."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from attncli.course.sheets import path_text, read_submission
from attncli.errors import AttnError
from attncli.homework.key import NEEDS_TARGET, Key
from attncli.homework.marking import mark
from attncli.homework.marks import Verdict, rounded
from attncli.homework.sheet import read_sheet
from attncli.homework.student import folded
from attncli.language import _
from attncli.page.chain_rule import whole_page
from attncli.problem.sources import load
from attncli.result import SCHEMA

if TYPE_CHECKING:
    from attncli.course.late import Late
    from attncli.course.sheets import Submission
    from attncli.homework.policy import Policy
    from attncli.problem.problem import Problem


MOST_REASONS = 3


@dataclass
class OneKey:
    """One problem for all: ``of`` a student, whose file has this stem, the ``only`` key that there is."""

    problem: Problem
    loss: str | None = None
    reduction: str | None = None

    @cached_property
    def only(self) -> Key:
        """The key of everybody: the problem is worked out once a process."""
        return Key.of(self.problem, self.loss, self.reduction)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The rows that can be answered."""
        return self.only.symbols

    def of(self, _student: str, _stem: str) -> Key:
        """Return it."""
        return self.only

    def __getstate__(self) -> dict[str, Any]:
        """Send another process the problem alone."""
        return {"problem": self.problem, "loss": self.loss, "reduction": self.reduction}


@dataclass
class KeyEach:
    """A problem for each student: ``configs`` has the file of each, ``changes`` what ``--set`` says."""

    configs: Mapping[str, Path]
    changes: tuple[str, ...] = ()
    loss: str | None = None
    reduction: str | None = None
    last: tuple[Path, Key] | None = field(default=None, repr=False)

    @property
    def only(self) -> None:
        """There is none that is everybody's."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The rows of the first page that there is, with a target if one has any.

        Raises AttnError: what is wrong with the first config.
        """
        errors = []
        first = None
        for student in self.configs:
            try:
                key = self.of(student, student)
            except AttnError as error:
                errors.append(error)
                continue
            if not untargeted(key):
                return key.symbols
            first = first or key
        if first is None:
            raise errors[0]
        return first.symbols

    def of(self, student: str, stem: str) -> Key:
        """Work out the problem of one student; raises AttnError where there is none, or it cannot be."""
        path = self.configs.get(student) or self.configs.get(stem)
        if path is None:
            raise AttnError(_("there is no config for {student!r}", student=student[:40]))
        if self.last is None or self.last[0] != path:
            problem = load(str(path), self.changes)
            loss = None if problem.target is None and self.loss in NEEDS_TARGET else self.loss
            self.last = path, Key.of(problem, loss, self.reduction)
        return self.last[1]

    def __getstate__(self) -> dict[str, Any]:
        """Send another process what to work out, not what was."""
        return {**vars(self), "last": None}


@dataclass(frozen=True)
class Grader:
    """All that a sheet's line depends on besides the sheet: it is the same in every process.

    ``times``: when each student's sheet came in; None: the file's own time counts. ``version``: of attncli.
    """

    folder: Path
    keys: OneKey | KeyEach
    policy: Policy
    late: Late | None = None
    times: Mapping[str, datetime] | None = None
    version: str = ""

    def line(self, file: str) -> str:
        """Read and mark one sheet, and return its line."""
        handed_in = None
        try:
            handed_in = read_submission(self.folder, file)
            return self.mark(file, handed_in)
        except AttnError as error:
            return self.unreadable(file, handed_in, reason_of(error))
        except Exception as fault:  # noqa: BLE001 - whatever it is, a user gets a sentence
            kind = type(fault).__name__
            reason = _("internal error: {kind}: {fault}", kind=kind, fault=f"{fault!s:.200}")
            return self.unreadable(file, handed_in, reason)

    def mark(self, file: str, handed_in: Submission) -> str:
        """Return the line of a sheet that can be read; raises AttnError where it cannot be marked."""
        sheet = read_sheet(handed_in.data, path_text(file))
        student = sheet.student if sheet.student and folded(sheet.student) else stem_of(file)
        key = self.keys.of(student, stem_of(file))
        lacking, due = untargeted(key), self.policy.due
        left_out = [symbol for symbol in dict.fromkeys((*(due or ()), *sheet.answers)) if symbol in lacking]
        policy = self.policy
        if left_out:
            answers = {symbol: answer for symbol, answer in sheet.answers.items() if symbol not in lacking}
            sheet = replace(sheet, answers=answers)
            policy = replace(policy, due=due and tuple(symbol for symbol in due if symbol not in lacking))
        for symbol in policy.due or ():
            if symbol not in key.symbols:
                message = _("the quantity {symbol}, which is due, is not on the page of {config}")
                raise AttnError(message.format(symbol=symbol, config=key.name))
        record = mark(replace(sheet, student=student), key, policy).to_dict()
        record |= {"file": path_text(file), "sheet": digest(handed_in.data)}
        if self.keys.only is None:
            record["problem"] = digest_of(key)
        if left_out:
            record["not_counted"] = left_out
            note = _("not counted, as the problem has no target: {symbols}", symbols=", ".join(left_out))
            record["notes"] = [*record.get("notes", ()), note]
        late = self.lateness(student, handed_in)
        if late is not None:
            record["late"] = {**late, "raw_score": record["score"]}
            record["score"] = rounded(record["score"] * (1 - late["penalty"]))
        if self.times is not None and student not in self.times:
            record["notes"] = [*record.get("notes", ()), _("the roster does not say when this sheet came in")]
        return json.dumps(record, allow_nan=False) + "\n"

    def lateness(self, student: str, handed_in: Submission) -> dict[str, Any] | None:
        """Return what the record says of a sheet that came in late; None: it did not."""
        if self.late is None:
            return None
        if self.times is None:
            seconds = math.floor(handed_in.time)
            return self.late.of(datetime.fromtimestamp(seconds, self.late.due.tzinfo))
        time = self.times.get(student)
        return None if time is None else self.late.of(time)

    def unreadable(self, file: str, handed_in: Submission | None, reason: str) -> str:
        """Return the line of a sheet that cannot be marked."""
        key, policy = self.keys.only, self.policy
        record = {
            "schema": SCHEMA,
            "student": stem_of(file),
            "config": key and key.name,
            "key": key and key.digest,
            "verdict": str(Verdict.UNREADABLE),
            "score": 0.0,
            "max_score": None if policy.due is None else rounded(sum(policy.due_points.values())),
            "rows": [],
            "reason": reason,
            "file": path_text(file),
            "sheet": handed_in and digest(handed_in.data),
        }
        return json.dumps(record, allow_nan=False) + "\n"

    def still(self, file: str, line: bytes) -> bool:
        """Whether a line that was written earlier is what this sheet would get again."""
        try:
            record = json.loads(line)
            if record["file"] != path_text(file):
                return False
            handed_in = read_submission(self.folder, file)
            return record["sheet"] == digest(handed_in.data) and self.still_holds(
                file, handed_in, record, line
            )
        except AttnError as error:
            return self.unreadable(file, None, reason_of(error)).encode() == line
        except (ValueError, TypeError, KeyError):
            return False

    def still_holds(self, file: str, handed_in: Submission, record: dict[str, Any], line: bytes) -> bool:
        """Whether the record of a sheet that has not changed is of the same problem, and as late."""
        each = self.keys.only is None
        if "reason" in record:
            return not each or self.line(file).encode() == line
        student = record["student"]
        if each and record["problem"] != digest_of(self.keys.of(student, stem_of(file))):
            return False
        late = {**record["late"]} if "late" in record else None
        if late is not None:
            late.pop("raw_score", None)
        return late == self.lateness(student, handed_in)


def digest(data: bytes) -> str:
    """``sha256:…`` of a sheet's bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_of(key: Key) -> str:
    """``sha256:…`` of all that a sheet's line depends on of the problem it is marked against."""
    problem = key.problem
    return digest(repr((key.name, key.digest, problem.tokens, problem.context_tokens)).encode())


def untargeted(key: Key) -> frozenset[str]:
    """Return the rows that the page would have besides if its problem had a target: L and the gradients."""
    if key.setting.loss is not None:
        return frozenset()
    problem = key.problem
    page = whole_page(problem.form, problem.given_rows, problem.loss, mean=False)
    return frozenset(row.symbol for row in page.rows) - frozenset(key.symbols)


def stem_of(file: str) -> str:
    """Return a file's name without its folder and its ending."""
    return PurePosixPath(path_text(file)).stem


def reason_of(error: AttnError) -> str:
    """Return in one text why a sheet cannot be marked: the first few reasons where there are many."""
    reasons = [f"{one.where}: {one.message}" if one.where else one.message for one in error.errors]
    more = len(reasons) - MOST_REASONS
    last = [_("… and {count} more", count=more)] if more > 0 else []
    return "; ".join([*reasons[:MOST_REASONS], *last])
