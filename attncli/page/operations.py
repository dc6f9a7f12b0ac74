"""Every operation that can be written on a page, by how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.ops import cells, linear, norms, positions, softmax
from attncli.ops.heads import CONCAT, REPEAT, SPLIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from attncli.ops.op import Op


# Of those that are written alike the one for matrices comes first.
OPERATIONS: tuple[Op, ...] = (
    linear.MATMUL,
    linear.AFFINE,
    linear.MULTIPLY,
    linear.TIMES,
    linear.DIVIDE,
    linear.ADD,
    linear.ADD_VECTOR,
    linear.SUBTRACT,
    linear.SUBTRACT_VECTOR,
    linear.HADAMARD,
    linear.HADAMARD_VECTOR,
    softmax.SOFTMAX,
    softmax.SOFTMAX_SINK,
    softmax.MASK_OUT,
    softmax.MASK_PLUS,
    softmax.MASK_PLUS_SHARED,
    SPLIT,
    CONCAT,
    REPEAT,
    norms.LAYERNORM,
    norms.RMSNORM,
    norms.L2NORM,
    norms.ROWSHARE,
    positions.ROPE,
    positions.ROPE_PAIRS,
    positions.POSITIONS,
    positions.ALIBI,
    *cells.SLOPES,
)
TEMPLATES = [template for op in OPERATIONS for template in op.written]
FUNCTIONS = tuple(dict.fromkeys(template.partition("(")[0] for template in TEMPLATES if "(" in template))
WORDS = frozenset({"pairs"})  # stand in a template as they are


def written_so(template: str) -> list[tuple[Op, list[str]]]:
    """Return the operations that are written so, and the arguments that it stands for.

    ``softmax({})`` stands for the first operand, ``split({})`` for that and h.
    """
    found = ((op, op.arguments(template)) for op in OPERATIONS)
    return [(op, pattern.split()) for op, pattern in found if pattern is not None]


def ways_to_write(function: str) -> list[str]:
    """List how an operation with a name is written: ``softmax(A)``, ``softmax(A, B)``."""
    ways: dict[str, str] = {}
    for op in OPERATIONS:
        for template, pattern in op.written.items():
            if template.startswith(f"{function}("):
                axes = dict(zip(pattern.split(), op.axes.split(), strict=False))
                operands = [axes[i] for i in sorted(axes) if i.isdecimal()]
                ways[template] = template.format(*names(operands))
    return list(ways.values())


def names(axes: Iterable[str]) -> Iterator[str]:
    """Name operands after what they are: matrices A and B, vectors γ and β, a number c, one a head s."""
    matrices, vectors = iter("ABCD"), iter("γβ")
    for one in axes:
        if one in {".", "h"}:
            yield "c" if one == "." else "s"
        else:
            yield next(vectors if len(one.strip("*")) == 1 else matrices)
