"""Working out a whole product of the page by several threads: a share of the matrix's rows each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.ops.linear import MatMul
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
    if not isinstance(row.op, MatMul) or args[0].ndim != MATRIX or args[0].size < WORTH_IT:
        return row.compute(values)
    a, b, *bias = args
    edges = np.linspace(0, len(a), crew.workers + 1).astype(int).tolist()
    result = np.empty((len(a), b.shape[-1]), a.dtype)

    def work(worker: int) -> None:
        rows = slice(edges[worker], edges[worker + 1])
        with strict():
            row.op.write(result[rows], a[rows], b, *bias)

    try:
        crew.each(work)
    except FloatingPointError:
        return row.compute(values)
    return result
