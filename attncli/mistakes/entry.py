"""How the catalogue is written: an entry says where a mistake is made, and what is computed there.

An entry stands in a table beside its sentence::

    Entry("scores-qq", "S", MATMUL, "q qᵀ, k kᵀ"): N_("One of Q and K was used twice: …"),

**Where** is the job that a quantity has on the page, named after the symbol that it mostly has: H is A·V and
O is C·Wo, whatever they are called (:mod:`attncli.mistakes.jobs`). **What goes in** are arguments, with a
comma between alternatives:

- ``0``, ``1``: the right row's own, counted from 0; ``…``: all of them; ``2…``: those from there on
- ``-N``, ``-V``: without N, or without the path by way of V; ``viaV``: that path
- ``q k v``: Q, K and V, or their heads; ``b``: what the softmax reads; ``z``: the same before the mask;
  ``free``: the same where there is no mask; ``s``: scores that are scaled later; ``divisor``, ``factor``:
  what they are divided or multiplied by; ``mask``, ``added``: what the mask reads besides; ``av``: A·V;
  ``heads``: h where there are several; ``x``: what Q is made from; ``ds``: the gradient of the scores
- ``w``: what the row is the gradient of; ``dw``: the gradient of the weight beside that bias; ``dc``: what
  arrives where the heads stand side by side; ``paths``: what goes into each path of a sum, not transposed;
  ``arriving``: the gradients among that
- ``skip``: what a sum takes from before what it is added to, or the positions; ``branch``: its other terms;
  ``-skip``: without the path past the sublayer; ``other``: each quantity that might be taken for the one that
  is skipped; ``next``: the product that reads what comes behind; ``cap``: the c of the softcap before the
  mask; ``halves``, ``pairs``: base, where Q and K are turned so and V is not; ``out``: what the loss is taken
  of; ``pe``: the positions
- ``n m d_k d_model …``: a size, given to the function as its last argument
- ``+heads``, ``+context``: only on a page that has several heads, or a context; nothing goes in. So are
  ``+onehead``, ``+alone``: no context, and ``+longer``: a context with more tokens than the sentence
- anything else is a symbol; ``ᵀ`` behind it transposes it, ``?`` allows for a page that does not have it

What a page does not have (a mask, another head, a symbol) is no mistake there, and neither is the right row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from attncli.mistakes.jobs import Jobs
from attncli.mistakes.wrong import Wrong
from attncli.ops.linear import ADD
from attncli.ops.op import TRANSPOSED, Op, transpose
from attncli.page.attention import count_of
from attncli.page.page import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.page.page import Page


Way = tuple[str, int, int]  # which of an entry's places, of its ops, and of its arguments
Made = Op | tuple[Op, ...] | None  # one operation, or several, each another way
Operation = Made | Callable[[Row], Made]  # that, or what makes it from the right row


@dataclass(frozen=True)
class Entry:
    """One mistake: its stable id, the jobs of the rows it is made in, and what is computed there.

    ``together``: it is made in all these rows at once, by one slip; a word for each way, where there are
    several. ``code``: it is met in code rather than on paper. ``also``: as it looks elsewhere.
    """

    id: str
    jobs: str
    op: Operation
    args: str
    together: bool | str = False
    code: bool = False
    also: tuple[Entry, ...] = ()
    number: int = 0  # among these

    def or_at(
        self, jobs: str, op: Operation, args: str, *, together: bool | str = False, code: bool = False
    ) -> Entry:
        """Return the same mistake, which may be made in other rows, or in another way, too."""
        code, number = code or self.code, len(self.also) + 1
        return replace(self, also=(*self.also, Entry(self.id, jobs, op, args, together, code, number=number)))

    def ways(self, right: Row, place: Place) -> Iterator[tuple[Way, Row]]:
        """Write down each wrong row that may stand where ``right`` should, and which of the ways it is."""
        made = self.op(right) if callable(self.op) else self.op
        for i, op in enumerate(made if isinstance(made, tuple) else (made,)):
            for j, pattern in enumerate(self.args.split(", ")):
                for found in place.alternatives(pattern, right):
                    if op and (op, found.args) != (right.op, right.args):
                        sized = op.given(found.sizes) if isinstance(op, Wrong) and found.sizes else op
                        yield (
                            (f"{self.together or self.number}", i, j),
                            replace(right, op=sized, args=found.args),
                        )


class Arguments(NamedTuple):
    """What goes into a wrong row: symbols of the page, and sizes."""

    args: tuple[str, ...]
    sizes: tuple[int, ...]


class Place:
    """A page as the catalogue sees it; ``sizes``: n, m, d_model and so on, as far as there are."""

    def __init__(self, page: Page, sizes: Mapping[str, int]) -> None:
        self.page, self.sizes, self.jobs = page, sizes, Jobs(page)
        self.job = self.jobs.job
        context = "E" in page.reads
        self.conditions = {
            "N": count_of(page.row),
            "out": self.jobs.output,
            "pe": next((arg for row in page.rows if row.op is ADD for arg in self.jobs.positions(row)), ""),
            "context": "E" if context or sizes.get("n") != sizes.get("m") else "",
            "alone": "" if context else "X",
            "longer": "V" if sizes.get("m", 0) > sizes.get("n", 0) else "",
        }

    def alternatives(self, pattern: str, right: Row) -> list[Arguments]:
        """Find what a pattern stands for: nothing where this page does not have it, with ``other`` a list."""
        if "other" not in pattern.split():
            found = [self.arguments(pattern, right, "")]
        else:
            found = [self.arguments(pattern, right, symbol) for symbol in self.jobs.stream(right)]
        return [one for one in found if one is not None]

    def arguments(self, pattern: str, right: Row, other: str) -> Arguments | None:
        """Find the arguments that a pattern stands for; None where this page does not have them."""
        args: list[str] = []
        sizes: list[int] = []
        for token in pattern.split():
            name = token.removesuffix("?")
            if name in self.sizes:
                sizes.append(self.sizes[name])
            elif name == "other":
                args.append(other)
            elif name.endswith("…"):
                args += right.args[int(name[:-1] or 0) :]
            elif name.startswith("-"):
                gone = self.conditions.get(name[1:], name[1:])
                left = [arg for arg in args if gone not in self.called(arg, right)]
                if left == args and name == token:
                    return None
                args = left
            elif name.startswith("+"):
                if not self.word(name[1:], right):
                    return None
            else:
                symbols = self.symbols_of(name, right)
                if not symbols and name == token:
                    return None
                args += symbols
        return Arguments(tuple(args), tuple(sizes)) if args else None

    def word(self, name: str, right: Row) -> str | None:
        """Return the symbol that a word stands for on this page; None where it is no word."""
        found = self.conditions.get(name)
        return self.jobs.around(right).words.get(name) if found is None else found

    def symbols_of(self, name: str, right: Row) -> list[str]:  # noqa: PLR0911 - one a word
        """Return what a name in a pattern stands for; nothing where the page has no such thing."""
        if name.endswith(TRANSPOSED):
            return [transpose(symbol) for symbol in self.symbols_of(name.removesuffix(TRANSPOSED), right)]
        if name in {"paths", "arriving"}:
            rows = [self.page.row[path] for path in right.args if path in self.page.row]
            if name == "arriving":
                return [row.args[0] for row in rows]
            pairs = all(len(row.args) == 2 for row in rows)  # noqa: PLR2004 - a gradient, and a weight
            return [arg.removesuffix(TRANSPOSED) for row in rows for arg in row.args] if pairs else []
        if name.startswith("via"):
            return [path for path in right.args if self.via(path) == name.removeprefix("via")]
        if name in {"skip", "branch"}:
            skipped = self.jobs.skipped(right)
            return skipped if name == "skip" else [arg for arg in right.args if arg not in skipped]
        if name == "next":
            return self.jobs.behind(right.args[0].removeprefix("d"))
        if name.isdecimal():
            return list(right.args[int(name) :][:1])
        own = {"w": right.of, "dw": f"dW{right.of[1:]}"}
        symbol = own.get(name) or self.word(name, right)
        symbol = name if symbol is None else symbol
        return [symbol] if symbol else []

    def called(self, arg: str, right: Row) -> set[str]:
        """Return what an argument is called: by its name, by where its path goes, and ``skip``."""
        via = self.page.row.get(self.via(arg))
        skips = via is not None and right.of in self.jobs.skipped(via) and via.op is ADD
        return {arg, self.via(arg), "skip" if skips else arg}

    def via(self, symbol: str) -> str:
        """Tell by way of which quantity a path goes; "" for what is no path."""
        return self.page.row[symbol].via if symbol in self.page.row else ""
