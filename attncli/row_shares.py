"""Working out a whole row of the page by several threads: a share of the matrix's rows each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.ops.linear import MatMul
from attncli.ops.loss import LossOp
from attncli.page import strict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.ops.op import Array
    from attncli.page import Row
    from attncli.threads import Crew

WORTH_IT = 2**15  # numbers: fewer are sooner done by one
MATRIX = 2


def in_shares(row: Row, values: Mapping[str, Any], crew: Crew) -> Array:
    """Compute a row from whole values, as :meth:`Row.compute` does.

    Raises AttnError where the result is beyond the largest number of its type.
    """
    args = row.operands(values)
    sliced = row.op.by_row
    if crew.workers == 1 or not sliced or args[sliced[0]].ndim != MATRIX or args[sliced[0]].size < WORTH_IT:
        return row.compute(values)
    first = args[sliced[0]]
    edges = np.linspace(0, len(first), crew.workers + 1).astype(int).tolist()
    adds_up = isinstance(row.op, LossOp)
    width = (args[1] if isinstance(row.op, MatMul) else first).shape[-1]
    result = np.zeros(crew.workers if adds_up else (len(first), width), first.dtype)

    def work(worker: int) -> None:
        rows = slice(edges[worker], edges[worker + 1])
        own = [arg[rows] if i in sliced else arg for i, arg in enumerate(args)]
        with strict():
            row.op.write(result[worker : worker + 1] if adds_up else result[rows], *own)

    try:
        crew.each(work)
    except FloatingPointError:
        return row.compute(values)
    return np.asarray(result.sum()) if adds_up else result
