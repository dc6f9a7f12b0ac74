"""How the catalogue is written: an entry says where a mistake is made, and what is computed there.

An entry stands in a table beside its sentence::

    Entry("scores-qq", "S", MATMUL, "q qᵀ, k kᵀ"): N_("One of Q and K was used twice: …"),

**Where** is the job that a row has on the page, by the symbol that it has where every row is there: H is
A·V whatever it is called, O is C·Wo (:meth:`Place.job`). **What goes in** are arguments, with a comma
between alternatives (:meth:`Place.arguments`):

- ``0``, ``1``: the right row's own, counted from 0; ``…``: all of them, ``2…``: those from there on
- ``-N``, ``-V``: leaves N out again, or the path by way of V
- ``q k v``: Q, K and V, or their heads; ``b``: what the softmax reads; ``z``: the same before the mask;
  ``free``: the same where there is no mask; ``s``: scores that are scaled later; ``mask``, ``added``: what the
  mask reads besides; ``heads``: h where there are several; ``w``: what the row is the gradient of;
  ``paths``: what goes into each path of a sum, not transposed
- ``n m d_k d_model …``: a size, given to the function as its last argument
- anything else is a symbol; ``ᵀ`` behind it transposes it, ``?`` behind it takes it only if it is there

What cannot be written on a page (it has no mask, no other head, no such symbol) is no mistake there, and
neither is what would be the right row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from attncli.mistakes.wrong import Wrong
from attncli.ops.heads import CONCAT
from attncli.ops.linear import ADD, DIVIDE, MULTIPLY
from attncli.ops.op import TRANSPOSED, Op, transpose
from attncli.ops.softmax import SOFTMAX_GRADIENT
from attncli.page.attention import EMBEDDINGS
from attncli.page.page import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.page.page import Page


Operation = Op | tuple[Op, ...] | Callable[[Row], Op | None]  # one, several, or made from the right row


@dataclass(frozen=True)
class Entry:
    """One mistake: its stable id, the jobs of the rows it is made in, and what is computed there.

    ``together``: it is made in all these rows at once, by one slip.
    """

    id: str
    jobs: str
    op: Operation
    args: str
    together: bool = False
    also: tuple[Entry, ...] = ()

    def or_at(self, jobs: str, op: Operation, args: str, *, together: bool = False) -> Entry:
        """Return the same mistake as it looks in another row too."""
        return replace(self, also=(*self.also, Entry(self.id, jobs, op, args, together)))

    def rows(self, right: Row, place: Place) -> Iterator[Row]:
        """Write down each wrong row that may stand where ``right`` should."""
        op = self.op if isinstance(self.op, Op | tuple) else self.op(right)
        for one in op if isinstance(op, tuple) else (op,) if op else ():
            for pattern in self.args.split(", "):
                found = place.arguments(pattern, right)
                if found and (one, found.args) != (right.op, right.args):
                    bound = one.given(found.sizes) if isinstance(one, Wrong) and found.sizes else one
                    yield replace(right, op=bound, args=found.args)


class Arguments(NamedTuple):
    """What goes into a wrong row: symbols of the page, and sizes."""

    args: tuple[str, ...]
    sizes: tuple[int, ...]


class Place:
    """A page, and what its rows are to the catalogue; ``sizes``: n, m, d_model and so on, where there are."""

    def __init__(self, page: Page, sizes: Mapping[str, int]) -> None:
        self.page, self.sizes = page, sizes
        self.q, self.k, self.v = (f"{name}h" if f"{name}h" in page.row else name for name in "QKV")
        reads = page.row["A"].args[0] if "A" in page.row else ""
        masked = page.row["M"].args if reads == "M" and "M" in page.row else ()
        self.symbols = {
            **{"q": self.q, "k": self.k, "v": self.v},
            "b": reads,
            "z": masked[0] if masked else "" if reads == "M" else reads,
            "free": "" if masked else reads,
            "s": "S" if "Z" in page.row else "",
            "mask": "mask" if masked else "",
            "added": "".join(masked[2:]),
            "heads": "h" if "Qh" in page.row else "",
        }

    def job(self, row: Row) -> str:
        """Tell what a row does, by the symbol that it has on a page with every row; ``db`` leaves a softmax."""
        if row.backward:
            return self.backward_job(row)
        if row.op is CONCAT:
            return "C"
        if row.args[0] == "A":
            return "H"
        if "Wo" in row.args:
            return "O"
        return "" if row.args[0] == "U" else row.symbol

    def backward_job(self, row: Row) -> str:
        """Tell what a gradient row does: ``path`` is one way back to the embeddings, ``dX`` their sum."""
        of = gradient_of(row)
        if of == "O":
            return "dO" if row.args[0] in {"P", "O"} else ""
        if of in {self.q, self.k, self.v}:
            return {self.q: "dq", self.k: "dk", self.v: "dv"}[of]
        if row.op is SOFTMAX_GRADIENT:
            return "db"
        if of == "S":
            return "dS" if row.op in {DIVIDE, MULTIPLY} else ""
        if of in {"Wq", "Wk", "Wv"}:
            return "dW"
        if row.args[-1] in {"Wqᵀ", "Wkᵀ", "Wvᵀ"}:
            return "path"
        return "dX" if row.op is ADD and of in EMBEDDINGS else f"d{of}"

    def arguments(self, pattern: str, right: Row) -> Arguments | None:
        """Find the arguments that a pattern stands for; None where this page does not have them."""
        args: list[str] = []
        sizes: list[int] = []
        for token in pattern.split():
            name = token.removesuffix("?")
            if name in self.sizes:
                sizes.append(self.sizes[name])
            elif name.startswith("-"):
                kept = [arg for arg in args if name[1:] not in {arg, self.via(arg)}]
                if kept == args and name == token:
                    return None
                args = kept
            else:
                found = self.symbols_for(name, right)
                if not found and name == token:
                    return None
                args += found
        return Arguments(tuple(args), tuple(sizes))

    def symbols_for(self, name: str, right: Row) -> list[str]:
        """Return the symbols that a name in a pattern stands for; none where the page has none."""
        if name.endswith("…"):
            return list(right.args[int(name[:-1] or 0) :])
        if name == "paths":
            paths = [self.page.row[path] for path in right.args]
            return [arg.removesuffix(TRANSPOSED) for path in paths for arg in path.args]
        if name.endswith(TRANSPOSED):
            return [transpose(symbol) for symbol in self.symbols_for(name[:-1], right)]
        if name.isdecimal():
            return list(right.args[int(name) :][:1])
        if name == "N?"
        symbol = right.of if name == "w" else self.names.get(name, name)
        return [symbol] if symbol else []

def gradient_of(row: Row) -> str:
    """Tell of what a gradient row, or one path of it, is the gradient."""
    return row.symbol.removeprefix("d")
