"""Before the homework goes out: what a problem cannot show, why, and how to change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attncli.diagnose import repairs
from attncli.diagnose.blind_spots import Faint, Outcomes, Search
from attncli.diagnose.repairs import drawn, enlarged, letters
from attncli.errors import AttnError
from attncli.language import _
from attncli.result import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from attncli.diagnose.blind_spots import Alike, BlindSpot, Name
    from attncli.diagnose.repairs import Change
    from attncli.homework.key import Key


MOST_NUMBERS = 100_000  # of a page: every mistake has its own


@dataclass(frozen=True)
class Finding:
    """Something that this problem cannot show; ``exact``: not even in full.

    ``change`` does away with it; None where no single change helps.
    """

    spot: BlindSpot
    exact: bool
    change: Change | None

    @property
    def why(self) -> str:
        """The cause, where one is known."""
        return self.change.why if self.change else ""

    @property
    def how(self) -> str:
        """How to change it, where that is known."""
        return self.change.how if self.change else ""

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON tells of it."""
        return {
            "kind": self.spot.kind,
            "exact": self.exact,
            "rows": list(self.spot.rows),
            "mistakes": [record(name) for name in self.spot.names],
            "says": self.spot.says,
            "why": self.why,
            "change": self.how,
        }


@dataclass(frozen=True)
class Diagnosis:
    """What a problem cannot show of ``mistakes`` many, in the ``rows`` that are handed in.

    ``always`` are those that no problem of this form tells apart, ``outside`` counts those made where
    no row that is handed in could show them.
    """

    config: str
    decimals: int
    rows: tuple[str, ...]
    mistakes: int
    outside: int
    findings: tuple[Finding, ...]
    always: tuple[Alike, ...]

    def count(self, kind: str) -> int:
        """Count the blind spots of one kind: "hidden", "alike" or "faint"."""
        return sum(finding.spot.kind == kind for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "schema": SCHEMA,
            "config": self.config,
            "decimals": self.decimals,
            "rows": list(self.rows),
            "mistakes": self.mistakes,
            "outside": self.outside,
            "blind_spots": [finding.to_dict() for finding in self.findings],
            "always_alike": [[record(name) for name in group.names] for group in self.always],
        }


def record(name: Name) -> dict[str, str]:
    """Return what JSON tells of a mistake."""
    return {"id": name.id, "row": name.symbol, "formula": ", ".join(name.formulas)}


def diagnose(key: Key, *, decimals: int = 4, rows: Collection[str] | None = None) -> Diagnosis:
    """Tell what a problem cannot show where students hand in these rows (None: all) at these decimals.

    Raises AttnError where the problem is too large for that.
    """
    refuse_size(key)
    setting, shown = key.setting, key.symbols if rows is None else rows
    base = Outcomes(setting, shown)
    sized = [setting.problem.sizes, enlarged(setting, *letters(setting))]
    others = [Outcomes(drawn(setting, sizes), shown) for sizes in sized]
    search = Search(base, Outcomes(setting, shown, decimals), others, decimals)
    names = search.names()
    hidden = [*search.hidden(names)]
    unseen = {name for spot in hidden for name in spot.names}
    seen = [name for name in names if name not in unseen]
    alike, always = search.alike(seen)
    spots: list[BlindSpot] = [*hidden, *alike, *search.faint()]
    found = explained(search, spots)
    everything = {
        (name.id, name.symbol) for name in base.mistakes if base.possible(name) or not base.of(name)
    }
    counted = {(name.id, name.symbol) for name in names}
    return Diagnosis(
        key.name,
        decimals,
        tuple(base.rows),
        len(counted),
        len(everything - counted) if rows is not None else 0,
        tuple(Finding(spot, spot.holds(base), found.get(spot)) for spot in spots),
        tuple(always),
    )


def refuse_size(key: Key) -> None:
    """Refuse a problem that nobody works out by hand: every mistake is worked out on it."""
    numbers = sum(value.size for value in key.values.values())
    if numbers > MOST_NUMBERS:
        raise AttnError(
            _("the page of this problem has {numbers:,} numbers", numbers=numbers),
            hint=_("{most:,} are the most that are looked through for blind spots", most=MOST_NUMBERS),
        )


def explained(search: Search, spots: Iterable[BlindSpot]) -> dict[BlindSpot, Change]:
    """Find for each blind spot a change that does away with it, the likeliest tried first."""
    setting, decimals, rows = search.exact.setting, search.decimals, search.exact.rows
    sized = [spot for spot in spots if spot.holds(search.others[0])]
    exact = [spot for spot in spots if spot not in sized and spot.holds(search.exact)]
    vague = [spot for spot in spots if spot not in sized and spot not in exact]
    large = [spot.symbol for spot in spots if isinstance(spot, Faint) and spot.how == "saturated"]
    found: dict[BlindSpot, Change] = {}

    def tried(remaining: list[BlindSpot], candidates: Iterable[Change]) -> list[BlindSpot]:
        for change in candidates:
            if not remaining:
                break
            gone = removed(change, remaining, rows)
            found.update(dict.fromkeys(gone, change))
            remaining = [spot for spot in remaining if spot not in gone]
        return remaining

    tried(sized, repairs.sizes(setting))
    exact = tried(exact, repairs.special(setting, search.exact.right, decimals))
    vague = tried([*vague, *exact], repairs.precise(setting, decimals, large))
    tried(vague, repairs.ordinary(setting, decimals))
    return united(found, rows)


def removed(change: Change, spots: list[BlindSpot], rows: Collection[str]) -> list[BlindSpot]:
    """Tell which blind spots a change does away with, in full and at its decimals."""
    try:
        outcomes = [Outcomes(change.setting, rows, decimals) for decimals in {None, change.decimals}]
    except AttnError:  # the changed numbers grow too large
        return []
    near = [spot for spot in spots if change.reaches(spot.rows[0])]
    return [spot for spot in near if not any(map(spot.holds, outcomes))]


def united(found: Mapping[BlindSpot, Change], rows: Collection[str]) -> dict[BlindSpot, Change]:
    """Where several changes have one cause, and the last of them does it all, leave it alone there."""
    causes: dict[str, list[BlindSpot]] = {}
    for spot, change in found.items():
        causes.setdefault(change.why, []).append(spot)
    kept = dict(found)
    for spots in causes.values():
        last = found[spots[-1]]
        if len(removed(last, spots, rows)) == len(spots):
            kept.update(dict.fromkeys(spots, last))
    return kept
