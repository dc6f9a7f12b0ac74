"""One sentence for each mistake and each slip, for whoever made it: it gives no number away."""

from __future__ import annotations

from attncli.homework.sayings_backward import BACKWARD
from attncli.homework.sayings_forward import FORWARD
from attncli.language import N_, _

SLIPS = {
    "slip-transposed": N_(
        "The numbers are right, but the matrix lies on its side: its rows and columns changed places."
    ),
    "slip-sign": N_("Right but for a sign: plus and minus were mixed up."),
    "slip-factor": N_(
        "Every number is off by the same factor: look for a constant that came in or got lost on the way."
    ),
    "slip-rows-permuted": N_("The rows are right, but in another order."),
    "slip-columns-permuted": N_("The columns are right, but in another order."),
    "slip-heads-permuted": N_("The heads are right, but in another order."),
    "slip-power-of-ten": N_("The decimal point is in the wrong place."),
    "slip-digits-swapped": N_(
        "Two neighbouring digits changed places: compare with what you wrote down before."
    ),
    "slip-one-cell": N_("One cell is wrong and the others are right: work out that one again."),
    "slip-truncated": N_(
        "The numbers were cut off, not rounded: if the first digit that is dropped is 5 or more, the last"
        " one kept goes up."
    ),
    "slip-few-digits": N_("Right as far as it goes, but with fewer decimals than were asked for."),
}
SAYINGS: dict[str, str] = FORWARD | BACKWARD | SLIPS


def say(id: str) -> str:  # noqa: A002 - it is what a mistake's name is called everywhere
    """Say what was done and what to do instead; raises KeyError for what is no mistake's or slip's name."""
    return _(SAYINGS[id])
