"""How the catalogue is written: an entry says where a mistake is made, and what is computed there.

An entry stands in a table beside its sentence::

    Entry("scores-qq", "S", MATMUL, "q qᵀ, k kᵀ"): N_("One of Q and K was used twice: …"),

**Where** is the job that a quantity has on the page, named after the symbol that it mostly has: H is A·V and
O is C·Wo, whatever they are called (:meth:`Place.job`). **What goes in** are arguments, with a comma between
alternatives:

- ``0``, ``1``: the right row's own, counted from 0; ``…``: all of them; ``2…``: those from there on
- ``-N``, ``-V``: without N, or without the path by way of V; ``viaV``: that path
- ``q k v``: Q, K and V, or their heads; ``b``: what the softmax reads; ``z``: the same before the mask;
  ``free``: the same where there is no mask; ``s``: scores that are scaled later; ``divisor``, ``factor``:
  what they are divided or multiplied by; ``mask``, ``added``: what the mask reads besides; ``av``: A·V;
  ``heads``: h where there are several
- ``w``: what the row is the gradient of; ``dw``: the gradient of the weight beside that bias; ``dc``: what
  arrives where the heads stand side by side; ``paths``: what goes into each path of a sum, not transposed;
  ``arriving``: the gradients among that
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

from attncli.mistakes.wrong import Wrong
from attncli.ops.heads import CONCAT, SPLIT
from attncli.ops.linear import DIVIDE, MULTIPLY
from attncli.ops.op import TRANSPOSED, Op, transpose
from attncli.ops.softmax import KEEP_ALLOWED, SOFTMAX_GRADIENT
from attncli.page.attention import EMBEDDINGS
from attncli.page.page import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.page.page import Page


Way = tuple[str, int, int]  # which of an entry's places, of its ops, and of its arguments
NAMED: dict[Op, str] = {SOFTMAX_GRADIENT: "db", KEEP_ALLOWED: "dm", SPLIT: "dh"}
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
                found = place.arguments(pattern, right)
                if op and found and (op, found.args) != (right.op, right.args):
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
        self.page, self.sizes = page, sizes
        self.q, self.k, self.v = (f"{name}h" if f"{name}h" in page.row else name for name in "QKV")
        b = page.row["A"].args[0] if "A" in page.row else ""
        z, *mask = page.row["M"].args if b == "M" and b in page.row else [b]
        av = next((row.symbol for row in page.rows if row.args[0] == "A" and not row.backward), "")
        joined = next((row.symbol for row in page.rows if row.op is CONCAT and not row.backward), av)
        scale = page.row.get("Z")
        self.symbols = {
            "q": self.q,
            "k": self.k,
            "v": self.v,
            "b": b,
            "z": z,
            "free": "" if mask else b,
            "s": "S" if "Z" in page.row else "",
            "divisor": scale.args[1] if scale and scale.op is DIVIDE else "",
            "factor": scale.args[1] if scale and scale.op is MULTIPLY else "",
            "mask": "".join(mask[:1]),
            "added": "".join(mask[1:]),
            "av": av,
            "dc": f"d{joined}",
            "heads": "h" if self.q == "Qh" else "",
            "context": "E" if "E" in page.reads or sizes.get("n") != sizes.get("m") else "",
            "onehead": "" if self.q == "Qh" else self.q,
            "alone": "" if "E" in page.reads else "X",
            "longer": self.v if sizes.get("m", 0) > sizes.get("n", 0) else "",
        }

    def job(self, row: Row) -> str:
        """Tell what a row does, by the symbol that it mostly has; "" where nobody errs.

        ``dq``, ``dk`` and ``dv`` are gradients of what the heads read, ``db`` is one behind the softmax,
        ``dm`` one behind the mask, ``dC`` that of what Wo was multiplied by, ``dh`` that of the heads, cut
        out of it, ``path`` one way back to the embeddings, ``dX`` the sum of them.
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
        if row.op in NAMED:
            return NAMED[row.op]
        if row.args[-1] in {"Wqᵀ", "Wkᵀ", "Wvᵀ", "Woᵀ"}:
            return "dC" if row.args[-1] == "Woᵀ" else "path"
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
            elif name.startswith("+"):
                if not self.symbols[name[1:]]:
                    return None
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
        if name.startswith("via"):
            return [path for path in right.args if self.via(path) == name.removeprefix("via")]
        if name == "arriving":
            return [self.page.row[path].args[0] for path in right.args]
        if name.isdecimal():
            return list(right.args[int(name) :][:1])
        own = {"w": right.of, "dw": f"dW{right.of[1:]}"}
        symbol = own.get(name) or self.symbols.get(name, name)
        return [symbol] if symbol else []

    def via(self, symbol: str) -> str:
        """Tell by way of which quantity a path goes; "" for what is no path."""
        return self.page.row[symbol].via if symbol in self.page.row else ""
