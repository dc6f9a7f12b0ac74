"""Before the homework goes out: what a problem cannot show, why, and how to change it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attncli.diagnose.blind_spots import Search, Variants
from attncli.diagnose.repairs import enlarged, letters, random_setting, repairs
from attncli.errors import AttnError
from attncli.language import _
from attncli.result import SCHEMA

if TYPE_CHECKING:
    from attncli.diagnose.blind_spots import BlindSpot, Name
    from attncli.homework.key import Key


MOST_NUMBERS = 100_000  # of a page: every mistake has its own


@dataclass(frozen=True)
class Weakness:
    """Something that this problem cannot show; ``exact``: not even in full.

    ``why`` and ``how`` are its cause and the change that does away with it; "" where no single change helps.
    """

    spot: BlindSpot
    exact: bool
    why: str
    how: str

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
    weaknesses: tuple[Weakness, ...]
    always: tuple[BlindSpot, ...]

    def count(self, kind: str) -> int:
        """Count the blind spots of one kind: "hidden", "alike" or "faint"."""
        return sum(weakness.spot.kind == kind for weakness in self.weaknesses)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "schema": SCHEMA,
            "config": self.config,
            "decimals": self.decimals,
            "rows": list(self.rows),
            "mistakes": self.mistakes,
            "outside": self.outside,
            "blind_spots": [weakness.to_dict() for weakness in self.weaknesses],
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
    base = Variants(setting, shown)
    sized = [setting.problem.sizes, enlarged(setting, *letters(setting))]
    others = tuple(Variants(random_setting(setting, sizes), shown) for sizes in sized)
    search = Search(base, Variants(setting, shown, decimals), others)
    names = search.names()
    hidden = search.hidden(names)
    unseen = {name for spot in hidden for name in spot.names}
    alike, always = search.alike([name for name in names if name not in unseen])
    spots = [*hidden, *alike, *search.faint()]
    changes = repairs(search, spots, decimals)
    weaknesses = []
    for spot in spots:
        change = changes.get(spot)
        why, how = (change.why, change.how) if change else ("", "")
        weaknesses.append(Weakness(spot, spot.holds(base), why, how))
    everything = {
        (name.id, name.symbol) for name in base.mistakes if base.possible(name) or not base.values(name)
    }
    counted = {(name.id, name.symbol) for name in names}
    return Diagnosis(
        key.name,
        decimals,
        tuple(base.rows),
        len(counted),
        len(everything - counted) if rows is not None else 0,
        tuple(weaknesses),
        tuple(always),
    )


def refuse_size(key: Key) -> None:
    """Refuse a problem that nobody works out by hand: every mistake is worked out on it."""
    numbers = sum(value.size for value in key.values.values())
    if numbers > MOST_NUMBERS:
        raise AttnError(
            _("the page of this problem has {numbers:,} numbers", numbers=numbers),
            hint=_("at most {most:,} are searched for blind spots", most=MOST_NUMBERS),
        )
