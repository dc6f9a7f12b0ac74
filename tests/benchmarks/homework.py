"""The homework figures: honest work earns full marks, mistakes and slips are named, nothing trivial passes.

All of it with ``python -m tests.benchmarks homework``; one category, in seconds, with what it was, how many
decimals and how many problems::

    python -m tests.benchmarks.homework honest 4 50 calculator star
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from tests.support.homework_consistent import consistent, gradient_error, mistakes
from tests.support.homework_honest import BY_DECIMALS, BY_DIGITS, FLOAT32, FULL, KINDS, honest_sheets
from tests.support.homework_problems import problems
from tests.support.homework_recognition import Trial, double, failures, final, honest, share, single
from tests.support.homework_slips import slips
from tests.support.homework_trivial import trivial

SEED = 2026
NAMED = {4: (0.99, 0.90), 3: (0.97, 0.85), 2: (0.90, 0.75)}
SLIPS_NAMED = {4: 0.95, 3: 0.9, 2: 0.8}
WIDTH = 200
SHOWN = 5  # sheets of a kind that are told about


def main() -> None:
    """Measure everything and print it."""
    rounded()
    for decimals in FULL:
        ways(decimals, 60, BY_DECIMALS)
    ways(3, 60, (*BY_DIGITS, *FLOAT32))
    for decimals in SLIPS_NAMED:
        slipped(decimals, 40)
    for decimals in FULL:
        followed(decimals, 40)
        nothing(decimals, 60)
    one_mistake()
    two_mistakes()
    final_answers()


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


def slipped(decimals: int, count: int, kinds: Collection[str] = ()) -> None:
    """Whole sheets with one slip, made after rounding."""
    print(f"One slip, made after rounding, {decimals} decimals")
    sheets = [*slips(SEED, count, decimals, kinds)]
    line("named", len(sheets), mean(one.named for one in sheets), SLIPS_NAMED[decimals])
    line("named alone (no target)", len(sheets), mean(one.alone for one in sheets), 0)
    line("nothing said of another row", len(sheets), mean(one.clean for one in sheets), 0.99)
    line("no mark lost in another row", len(sheets), mean(one.fair for one in sheets), 0.99)
    for kind in dict.fromkeys(one.kind for one in sheets):
        of = [one for one in sheets if one.kind == kind]
        line(f"{kind}: named", len(of), mean(one.named for one in of), 0.6)
        for what in ("named", "alone", "clean", "fair"):
            failed = [one for one in of if not getattr(one, what)]
            rows = Counter(one.symbol for one in failed)
            if rows:
                where = ", ".join(f"{symbol} {times}" for symbol, times in rows.most_common(8))
                print(f"    {len(failed)} not {what}, made in {where}")
            for one in failed[:2]:
                made = f"{one.problem} {one.symbol} {one.of}".strip()
                said = f"{sorted(one.here)}, elsewhere {one.elsewhere}, lost {' '.join(one.lost)}"
                print(f"      {made}: {said}"[:WIDTH])


def followed(decimals: int, count: int, ids: Collection[str] = ()) -> None:
    """Whole sheets with a wrong forward row, and the right gradients of that."""
    print(f"One wrong forward row and the right gradients of it, {decimals} decimals")
    error = max(
        gradient_error(key, wrong) for _, key in problems(SEED, 2) for wrong in mistakes(key).values()
    )
    print(f"  these gradients differ from small steps by {error:.0e} at most")
    sheets = [*consistent(SEED, count, decimals, ids)]
    for id_ in dict.fromkeys(one.id for one in sheets):
        of = [one for one in sheets if one.id == id_]
        line(f"{id_}: no mark lost in another row", len(of), mean(one.fair for one in of), 0.99)
        line(f"{id_}: named, and nothing else", len(of), mean(one.named and one.clean for one in of), 0.95)
        for one in [one for one in of if not (one.fair and one.named and one.clean)][:2]:
            said = f"{sorted(one.here)}, elsewhere {one.elsewhere}, lost {' '.join(one.lost)}"
            print(f"      {one.problem} {one.symbol}: {said}"[:WIDTH])


def nothing(decimals: int, count: int, kinds: Collection[str] = ()) -> None:
    """Sheets that nobody has worked on."""
    print(f"Trivial sheets, {decimals} decimals")
    sheets = [*trivial(SEED, count, decimals, kinds)]
    for kind in dict.fromkeys(one.kind for one in sheets):
        of = [one for one in sheets if one.kind == kind]
        line(f"{kind}: no trivial row passes", len(of), mean(not one.passed for one in of), 1)
        share = sum(one.score for one in of) / sum(one.most for one in of)
        rows = Counter(symbol for one in of for symbol in one.passed)
        where = ", ".join(f"{symbol} {times}" for symbol, times in rows.most_common(12))
        print(f"    {share:.0%} of all points{'; passed: ' if where else ''}{where}")
        for one in [one for one in of if one.passed][:2]:
            print(f"      {one.problem}: {' '.join(one.passed)}; {one.score:.2f} of {one.most:g}")


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


CATEGORIES: dict[str, Callable[..., None]] = {
    "honest": ways,
    "slips": slipped,
    "consistent": followed,
    "trivial": nothing,
}


def one(category: str, decimals: str = "4", count: str = "50", *kinds: str) -> None:
    """Measure one category on a few problems."""
    CATEGORIES[category](int(decimals), int(count), kinds)


if __name__ == "__main__":
    one(*sys.argv[1:])
