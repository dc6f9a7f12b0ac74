"""How the catalogue is written: an entry says where a mistake is made, and what is computed there.

An entry stands in a table beside its sentence::

    Entry("scores-qq", "S", MATMUL, "q qᵀ, k kᵀ"): N_("One of Q and K was used twice: …"),

**Where** is the job that a quantity has on the page, named after the symbol that it mostly has: H is A·V and
O is C·Wo, whatever they are called (:meth:`Place.job`). **What goes in** are arguments, with a comma between
alternatives:

- ``0``, ``1``: the right row's own, counted from 0; ``…``: all of them; ``2…``: those from there on
- ``-N``, ``-V``: without N, or without the path by way of V
- ``q k v``: Q, K and V, or their heads; ``b``: what the softmax reads; ``z``: the same before the mask;
  ``free``: the same where there is no mask; ``s``: scores that are scaled later; ``mask``, ``added``: what
  the mask reads besides; ``heads``: h where there are several; ``w``: what the row is the gradient of;
  ``paths``: what goes into each path of a sum, not transposed
- ``n m d_k d_model …``: a size, given to the function as its last argument
- anything else is a symbol; ``ᵀ`` behind it transposes it, ``?`` allows for a page that does not have it

What a page does not have (a mask, another head, a symbol) is no mistake there, and neither is the right row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from attncli.mistakes.wrong import Wrong
from attncli.ops.heads import CONCAT
from attncli.ops.linear import DIVIDE, MULTIPLY
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

    ``together``: it is made in all these rows at once, by one slip. ``also``: as it looks elsewhere.
    """

    id: str
    jobs: str
    op: Operation
    args: str
    together: bool = False
    also: tuple[Entry, ...] = ()

    def or_at(self, jobs: str, op: Operation, args: str, *, together: bool = False) -> Entry:
        """Return the same mistake, which may be made in other rows too."""
        return replace(self, also=(*self.also, Entry(self.id, jobs, op, args, together)))

    def rows(self, right: Row, place: Place) -> Iterator[Row]:
        """Write down each wrong row that may stand where ``right`` should."""
        made = self.op if isinstance(self.op, Op | tuple) else self.op(right)
        for op in made if isinstance(made, tuple) else (made,):
            for pattern in self.args.split(", "):
                found = place.arguments(pattern, right)
                if op and found and (op, found.args) != (right.op, right.args):
                    sized = op.given(found.sizes) if isinstance(op, Wrong) and found.sizes else op
                    yield replace(right, op=sized, args=found.args)


class Arguments(NamedTuple):
    """What goes into a wrong row: symbols of the page, and sizes."""

    args: tuple[str, ...]
    sizes: tuple[int, ...]


class Place:
    """A page as the catalogue sees it; ``sizes``: n, m, d_model and so on, as far as there are."""

    def __init__(self, page: Page, sizes: Mapping[str, int]) -> None:
        self.page, self.sizes = page, sizes
        self.q, self.k, self.v = (f"{name}h" if f"{name}h" in page.row else name for name in "QKV")
        b = page.row["A"].args[0] if "A" in page.row else ""
        z, *mask = page.row["M"].args if b == "M" and b in page.row else [b]
        self.symbols = {
            "q": self.q,
            "k": self.k,
            "v": self.v,
            "b": b,
            "z": z,
            "free": "" if mask else b,
            "s": "S" if "Z" in page.row else "",
            "mask": "".join(mask[:1]),
            "added": "".join(mask[1:]),
            "heads": "h" if self.q == "Qh" else "",
        }

    def job(self, row: Row) -> str:
        """Tell what a row does, by the symbol that it mostly has; "" where nobody errs.

        ``dq``, ``dk`` and ``dv`` are gradients of what the heads read, ``db`` is one behind the softmax,
        ``path`` one way back to the embeddings, ``dX`` the sum of them.
        """
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
        """Tell what a gradient does."""
        if row.op is SOFTMAX_GRADIENT:
            return "db"
        if row.args[-1] in {"Wqᵀ", "Wkᵀ", "Wvᵀ"}:
            return "path"
        jobs = {
            self.q: "dq",
            self.k: "dk",
            self.v: "dv",
            "O": "dO" if row.args[0] in {"P", "O"} else "",
            "S": "dS" if row.op in {DIVIDE, MULTIPLY} else "",
            **dict.fromkeys(("Wq", "Wk", "Wv"), "dW"),
            **dict.fromkeys(EMBEDDINGS, "dX"),
        }
        return jobs.get(row.of, row.symbol)

    def arguments(self, pattern: str, right: Row) -> Arguments | None:
        """Find the arguments that a pattern stands for; None where this page does not have them."""
        args: list[str] = []
        sizes: list[int] = []
        for token in pattern.split():
            name = token.removesuffix("?")
            if name in self.sizes:
                sizes.append(self.sizes[name])
            elif name.endswith("…"):
                args += right.args[int(name[:-1] or 0) :]
            elif name.startswith("-"):
                left = [arg for arg in args if name[1:] not in {arg, self.via(arg)}]
                if left == args and name == token:
                    return None
                args = left
            else:
                symbols = self.symbols_of(name, right)
                if not symbols and name == token:
                    return None
                args += symbols
        return Arguments(tuple(args), tuple(sizes))

    def symbols_of(self, name: str, right: Row) -> list[str]:
        """Return what a name in a pattern stands for; nothing where the page has no such thing."""
        if name.endswith(TRANSPOSED):
            return [transpose(symbol) for symbol in self.symbols_of(name.removesuffix(TRANSPOSED), right)]
        if name == "paths":
            return [arg.removesuffix(TRANSPOSED) for path in right.args for arg in self.page.row[path].args]
        if name.isdecimal():
            return list(right.args[int(name) :][:1])
        symbol = right.of if name == "w" else self.symbols.get(name, name)
        return [symbol] if symbol else []

    def via(self, symbol: str) -> str:
        """Tell by way of which quantity a path goes; "" for what is no path."""
        return self.page.row[symbol].via if symbol in self.page.row else ""
