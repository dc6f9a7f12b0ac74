"""``attncli diagnose``: what a problem cannot show, before the homework goes out."""

from __future__ import annotations

from attncli.choices import MOST_DECIMALS
from attncli.commands.environment import Environment
from attncli.commands.marking_options import due_rows
from attncli.commands.options import Changes, Json, Source, check_number, command, option
from attncli.language import N_

HELP = N_("""Before homework goes out: which mistakes this problem cannot reveal, and how to change it.

Where n = d_k, a student who divides by √n gets the right numbers; where Wk is Wq, so does one who writes
K·Qᵀ. Every mistake that check can name is made on this problem, in full and rounded at each step to the
decimals asked for. Listed are the mistakes that still give the right numbers, those that cannot be told
apart, and quantities that say little (a softmax of 0 and 1, a gradient of zeros), each with its cause and
a change that helps. A mistake that no problem of this form could reveal is left out. The exit code is 0,
whatever was found.

\b
Examples:
  attncli diagnose mine.yaml                       at 4 decimals, every quantity handed in
  attncli diagnose mine.yaml --decimals 2          for students who keep two decimals
  attncli diagnose mine.yaml --rows S,A,O,dWq      only these are handed in
  attncli diagnose mine.yaml --set 'Wk[1,2]=1'     what a change would do
  attncli diagnose mine.yaml --json | jq .blind_spots""")


@command(quiet=N_("Show only the verdict, and no notes about the problem."))
def diagnose(
    *,
    source: Source,
    decimals: int = option("--decimals -d", "N", N_("To how many decimals students round each step."), 4),
    rows: str | None = option(
        "--rows", "SYMBOLS", N_("The quantities that students hand in: --rows S,A,dWq. Default: all.")
    ),
    changes: Changes,
    json: Json = False,
    environment: Environment,
) -> None:
    """Parse, work every mistake out, show."""
    check_number("--decimals", decimals, 0, MOST_DECIMALS)
    problem = source.load(environment, changes.with_loss())
    from attncli.diagnose import diagnosis
    from attncli.homework.key import Key

    key = Key.of(problem, changes.loss, changes.reduction)
    found = diagnosis.diagnose(key, decimals=decimals, rows=due_rows(rows, key.symbols))
    if json:
        environment.write_json(found.to_dict())
        return
    from attncli.show.diagnose import screen

    environment.show(screen(found, quiet=environment.quiet))
