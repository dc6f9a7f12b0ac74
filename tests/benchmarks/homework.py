"""The homework figures: full marks for honest work, mistakes and slips named, nothing trivial passed, and speed.

All of it with ``python -m tests.benchmarks homework``; one category, in seconds, with what it was, how many
decimals and how many problems::

    python -m tests.benchmarks.homework honest 4 50 calculator star
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from tests.support.homework_honest import BY_DECIMALS, BY_DIGITS, FLOAT32, FULL, KINDS, honest_sheets
from tests.support.homework_recognition import Trial, double, failures, final, honest, share, single

from . import homework_speed

SEED = 2026
NAMED = {4: (0.99, 0.90), 3: (0.97, 0.85), 2: (0.90, 0.75)}
SHOWN = 5  # sheets of a kind that are told about


def main() -> None:
    """Measure everything and print it."""
    rounded()
    for decimals in FULL:
        ways(decimals, 60, BY_DECIMALS)
    ways(3, 60, (*BY_DIGITS, *FLOAT32))
    one_mistake()
    two_mistakes()
    final_answers()
    homework_speed.main()


def line(what: str, sheets: int, figure: float, target: float) -> None:
    """Print one figure beside its target."""
    met = "met" if figure >= target else "MISSED"
    print(f"  {what:44} {sheets:6,} sheets  {figure:7.2%}  target {target:4.0%}  {met}", flush=True)


def rounded() -> None:
    """Right sheets, rounded at each step."""
    print("Right, but rounded at every step")
    for decimals, target in FULL.items():
        sheets = [*honest(SEED, 250, decimals)]
        line(f"{decimals} decimals: full marks", len(sheets), mean(one.full for one in sheets), target)
        line(
            f"{decimals} decimals: accused of nothing",
            len(sheets),
            mean(not one.accused for one in sheets),
            1,
        )
        for one in sheets:
            if one.accused or not one.full:
                print(f"    problem {one.problem}, {one.hand}: {sorted(one.accused)}")


def ways(decimals: int, count: int, kinds: Collection[str] = ()) -> None:
    """Right sheets, worked and written in every honest way."""
    kinds = kinds or KINDS
    print(f"Right, worked in other ways, {decimals} decimals where the way leaves them open")
    sheets = [*honest_sheets(SEED, count, decimals, kinds)]
    for kind in kinds:
        of = [one for one in sheets if one.kind == kind]
        failed = [one for one in of if not one.full or one.accused]
        line(f"{kind}: full marks", len(of), mean(one.full for one in of), FULL[decimals])
        line(f"{kind}: accused of nothing", len(of), mean(not one.accused for one in of), 1)
        rows = Counter(symbol for one in failed for symbol in one.lost)
        if rows:
            print("    lost in " + ", ".join(f"{symbol} {times}" for symbol, times in rows.most_common(8)))
        for one in failed[:SHOWN]:
            print(f"    problem {one.problem}: {' '.join(one.lost)} {one.accused or ''}")


def one_mistake() -> None:
    """Whole sheets with one mistake."""
    for decimals, (named, alone) in NAMED.items():
        trials = [*single(SEED, 400, decimals, 30)]
        ids = {trial.ids for trial in trials if trial.found is not None}
        print(f"One mistake of {len(ids)}, {decimals} decimals ({hidden(trials)})")
        line("named", seen(trials), share(trials, "named"), named)
        tell(trials, "named")
        line("named alone", seen(trials), share(trials, "alone"), alone)
        tell(trials, "alone")


def two_mistakes() -> None:
    """Whole sheets with two mistakes."""
    trials = [*double(SEED, 200, 4, 15)]
    print(f"Two mistakes in different rows, 4 decimals ({hidden(trials)})", flush=True)
    line("both named", seen(trials), mean(trial.named for trial in trials if trial.found is not None), 0.95)
    tell(trials, "named")


def final_answers() -> None:
    """Sheets with nothing but the last results."""
    trials = [*final(SEED, 120, 4, 15)]
    print(f"Only L, dWq, dWk, dWv and dX, one mistake, 4 decimals ({hidden(trials)})")
    line("named", seen(trials), share(trials, "named"), 0.95)
    tell(trials, "named")
    line("named alone (no target)", seen(trials), share(trials, "alone"), 0)


def tell(trials: Sequence[Trial], what: str) -> None:
    """Print which mistakes are not always named, or not always alone."""
    for ids, count, of, trial in failures(trials, what):
        found = ", ".join(sorted(trial.found or ())) or "nothing"
        print(f"    {' + '.join(ids)}: {count} of {of}; in problem {trial.problem}, {found}")


def seen(trials: Sequence[Trial]) -> int:
    """Count the sheets whose mistakes show."""
    return sum(trial.found is not None for trial in trials)


def hidden(trials: Sequence[Trial]) -> str:
    """Tell how many sheets do not count."""
    return f"{len(trials) - seen(trials)} sheets left out: the mistake changes no digit"


def mean(of: Iterable[bool]) -> float:
    """Return the share that holds; 1 of nothing."""
    held = list(of)
    return sum(held) / len(held) if held else 1.0


CATEGORIES: dict[str, Callable[..., None]] = {"honest": ways}


def one(category: str, decimals: str = "4", count: str = "50", *kinds: str) -> None:
    """Measure one category on a few problems."""
    CATEGORIES[category](int(decimals), int(count), kinds)


if __name__ == "__main__":
    one(*sys.argv[1:])
