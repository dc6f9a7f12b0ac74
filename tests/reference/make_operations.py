"""Make ../data/operations.json: each operation of the page with what PyTorch's autograd gives for it.

The file is an oracle, so this script works every operation out by itself and never imports the package.
Run it only to add a case:

    pip install torch==2.14.0 numpy mpmath
    python tests/reference/make_operations.py

A case has `rows`, each a symbol, an operation's name, how it is written and its operands; what is `given`;
the `numbers` and the `mask` that go in unwritten; U, the gradient that arrives at O, the last row; O itself,
and the `gradients` of Σ U∘O. Where digits are easily lost, `exact` has O and the gradients to 25 digits,
from a calculation in 80.
"""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import torch
from mpmath import mpf
from torch import Tensor
from torch.nn import functional

OUTPUT = Path(__file__).parents[1] / "data" / "operations.json"
SMALLEST_GRADIENT = 1e-4
DIGITS = 80
STEP = "1e-25"
EPSILON, BASE = 1e-5, 10000.0


@dataclass(frozen=True)
class Case:
    """A few rows, the shapes of what is given, and what stands out about the numbers."""

    name: str
    rows: tuple[tuple[str, str, str, str], ...]
    shapes: dict[str, tuple[int, ...]]
    numbers: dict[str, float] = field(default_factory=dict)
    mask: tuple[tuple[int, ...], ...] | None = None
    change: dict[str, Callable[[np.ndarray], np.ndarray]] = field(default_factory=dict)
    exact: bool = False

    def given(self) -> dict[str, np.ndarray]:
        """Draw numbers with three decimals; a new case leaves the others as they are."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        drawn = {symbol: np.round(rng.uniform(-2, 2, shape), 3) for symbol, shape in self.shapes.items()}
        return {symbol: self.change.get(symbol, lambda a: a)(value) for symbol, value in drawn.items()}


def one(name: str, op: str, written: str, operands: str, *shapes: tuple[int, ...], **more: Any) -> Case:
    """Return a case of one operation; operands that are numbers have no shape."""
    symbols = [symbol for symbol in dict.fromkeys(operands.replace("ᵀ", "").split()) if not number(symbol)]
    return Case(name, (("O", op, written, operands),), dict(zip(symbols, shapes, strict=True)), **more)


def number(symbol: str) -> bool:
    """Whether an operand is a number."""
    return symbol.replace(".", "").replace("-", "").isdigit()


FLAT, HEADS = (3, 4), (2, 3, 4)
SEEN = ((1, 0, 1, 1), (1, 1, 0, 1), (0, 1, 1, 1))
CELLS = {
    "LOGISTIC": "σ({})", "TANH": "tanh({})", "RELU": "relu({})", "GELU": "gelu({})",
    "GELU_TANH": "gelu_tanh({})", "SILU": "silu({})",
}  # fmt: skip
LAYERNORMS = {"layernorm({})": "A", "layernorm({}, {})": "A γ", "layernorm({}, {}, {})": "A γ β"}
RMSNORMS = {"rmsnorm({})": "A", "rmsnorm({}, {})": "A γ"}


def cases() -> list[Case]:
    """List them all."""
    linear = [
        one("product", "linear.MATMUL", "{}·{}", "A B", FLAT, (4, 5)),
        one("product-transposed", "linear.MATMUL", "{}·{}", "Aᵀ B", (4, 3), (4, 5)),
        one("product-heads", "linear.MATMUL", "{}·{}", "A Bᵀ", HEADS, (2, 5, 4)),
        one("product-square", "linear.MATMUL", "{}·{}", "A Aᵀ", FLAT),
        one("affine", "linear.AFFINE", "{}·{} + {}", "A W b", FLAT, (4, 5), (5,)),
        one("divide", "linear.DIVIDE", "{}/{}", "A 1.7", HEADS),
        one("multiply", "linear.MULTIPLY", "{}·{}", "A -0.3", FLAT),
        one("times", "linear.TIMES", "{}·{}", "2.5 A", FLAT),
        one("add", "linear.ADD", "{} + {}", "A B", HEADS, HEADS),
        one("add-three", "linear.ADD", "{} + {} + {}", "A B D", FLAT, FLAT, FLAT),
        one("add-twice", "linear.ADD", "{} + {}", "A A", FLAT),
        one("add-vector", "linear.ADD_VECTOR", "{} + {}", "A b", FLAT, (4,)),
        one("add-vector-heads", "linear.ADD_VECTOR", "{} + {}", "A b", HEADS, (4,)),
        one("subtract", "linear.SUBTRACT", "{} − {}", "A B", FLAT, FLAT),
        one("subtract-heads", "linear.SUBTRACT", "{} − {}", "A B", HEADS, HEADS),
        one("subtract-vector", "linear.SUBTRACT_VECTOR", "{} − {}", "A b", HEADS, (4,)),
        one("hadamard", "linear.HADAMARD", "{}∘{}", "A B", HEADS, HEADS),
        one("hadamard-square", "linear.HADAMARD", "{}∘{}", "A A", FLAT),
        one("hadamard-vector", "linear.HADAMARD_VECTOR", "{}∘{}", "A b", FLAT, (4,)),
        one("hadamard-vector-heads", "linear.HADAMARD_VECTOR", "{}∘{}", "A b", HEADS, (4,)),
    ]
    cells = [
        one(called(name, shape), f"cells.{name}", written, "A", shape)
        for name, written in CELLS.items()
        for shape in (FLAT, HEADS)
    ]
    caps = [
        one("softcap", "cells.SOFTCAP", "softcap({}, {})", "A 1.5", FLAT),
        one("softcap-heads", "cells.SOFTCAP", "softcap({}, {})", "A 30", HEADS),
    ]
    norms = [
        one(called(f"{name}-{len(operands)}", shape), f"norms.{name.upper()}", written, operands, shape,
            *[(4,)] * operands.count(" "), numbers={"ε": EPSILON})
        for name, forms in {"layernorm": LAYERNORMS, "rmsnorm": RMSNORMS}.items()
        for written, operands in forms.items()
        for shape in (FLAT, HEADS)
    ]  # fmt: skip
    norms += [
        one("layernorm-no-epsilon", "norms.LAYERNORM", "layernorm({})", "A", FLAT, numbers={"ε": 0.0}),
        one("layernorm-large-epsilon", "norms.LAYERNORM", "layernorm({}, {})", "A γ", FLAT, (4,),
            numbers={"ε": 0.5}),
        one("rmsnorm-large-epsilon", "norms.RMSNORM", "rmsnorm({}, {})", "A γ", FLAT, (4,),
            numbers={"ε": 0.5}),
        one("l2norm", "norms.L2NORM", "l2norm({})", "A", FLAT),
        one("l2norm-heads", "norms.L2NORM", "l2norm({})", "A", HEADS),
        one("rowshare", "norms.ROWSHARE", "rowshare({})", "A", FLAT, change={"A": lambda a: np.abs(a) + 0.1}),
        one("rowshare-heads", "norms.ROWSHARE", "rowshare({})", "A", HEADS,
            change={"A": lambda a: np.abs(a) + 0.1}),
    ]  # fmt: skip
    positions = [
        one(f"rope{'-pairs' * pairs}{'-heads' * (len(shape) == 3)}{'-base' * (base != BASE)}",
            f"positions.ROPE{'_PAIRS' * pairs}", "rope({}, pairs)" if pairs else "rope({})", "A", shape,
            numbers={"base": base})
        for pairs in (False, True)
        for shape, base in (((5, 6), BASE), ((2, 4, 8), BASE), ((4, 6), 20.0))
    ]  # fmt: skip
    places = ("T", "positions.POSITIONS", "positions({})", "X")
    positions += [
        Case("positions", (places, ("O", "linear.HADAMARD", "{}∘{}", "X T")), {"X": (4, 6)}),
        Case("positions-odd", (places, ("O", "linear.HADAMARD", "{}∘{}", "X T")), {"X": (5, 3)}),
        one("alibi", "positions.ALIBI", "alibi({})", "A", FLAT),
        one("alibi-heads", "positions.ALIBI", "alibi({})", "A", (4, 3, 5)),
        one("alibi-six-heads", "positions.ALIBI", "alibi({})", "A", (6, 3, 3)),
    ]  # fmt: skip
    heads = [
        one("split", "heads.SPLIT", "split({}, {})", "A 3", (4, 6)),
        one("split-one", "heads.SPLIT", "split({}, {})", "A 1", (4, 6)),
        one("concat", "heads.CONCAT", "concat({})", "A", (3, 4, 2), numbers={"h": 3}),
        one("repeat", "heads.REPEAT", "repeat({}, {})", "A 2", (3, 4, 2)),
        one("repeat-one", "heads.REPEAT", "repeat({}, {})", "A 3", (1, 3, 3)),
    ]
    masked = ("O", "softmax.SOFTMAX", "softmax({})", "M")
    softmax = [
        one("softmax", "softmax.SOFTMAX", "softmax({})", "A", HEADS),
        one("softmax-sink", "softmax.SOFTMAX_SINK", "softmax({}, {})", "A s", FLAT, (1,)),
        one("softmax-sink-heads", "softmax.SOFTMAX_SINK", "softmax({}, {})", "A s", HEADS, (2,)),
        Case("mask", (("M", "softmax.MASK_OUT", "mask({})", "Z"), masked), {"Z": FLAT}, mask=SEEN),
        Case("mask-plus", (("M", "softmax.MASK_PLUS", "mask({} + {})", "Z R"), masked),
             {"Z": FLAT, "R": FLAT}, mask=SEEN),
        Case("mask-plus-heads", (("M", "softmax.MASK_PLUS", "mask({} + {})", "Z R"), masked),
             {"Z": HEADS, "R": HEADS}, mask=SEEN),
        Case("mask-plus-shared", (("M", "softmax.MASK_PLUS_SHARED", "mask({} + {})", "Z R"), masked),
             {"Z": HEADS, "R": FLAT}, mask=SEEN),
        Case("mask-sink", (("M", "softmax.MASK_OUT", "mask({})", "Z"),
                           ("O", "softmax.SOFTMAX_SINK", "softmax({}, {})", "M s")),
             {"Z": HEADS, "s": (2,)}, mask=SEEN),
    ]  # fmt: skip
    return [*linear, *cells, *caps, *norms, *positions, *heads, *softmax, *hard()]


SIDES = {"saturated": lambda a: 4 * a + 12, "tail": lambda a: 2 * a - 8, "wide": lambda a: 3 * a}


def called(operation: str, shape: tuple[int, ...]) -> str:
    """Name a case."""
    return operation.lower().replace("_", "-") + "-heads" * (shape is HEADS)


def hard() -> list[Case]:
    """List the cases in which digits are easily lost."""
    found = [
        one(f"{called(name, FLAT)}-{side}", f"cells.{name}", written, "A", FLAT, exact=True,
            change={"A": change})
        for name, written in CELLS.items()
        if name != "RELU"
        for side, change in SIDES.items()
        if (name, side) != ("TANH", "tail")
    ]  # fmt: skip
    found += [
        one("softcap-saturated", "cells.SOFTCAP", "softcap({}, {})", "A 5", FLAT, exact=True,
            change={"A": lambda a: 20 * a + 60}),
        one("softcap-wide", "cells.SOFTCAP", "softcap({}, {})", "A 30", HEADS, exact=True,
            change={"A": lambda a: 20 * a}),
        one("layernorm-large-mean", "norms.LAYERNORM", "layernorm({}, {}, {})", "A γ β", (3, 6), (6,), (6,),
            exact=True, numbers={"ε": EPSILON}, change={"A": lambda a: a + 10000}),
        one("layernorm-small-spread", "norms.LAYERNORM", "layernorm({}, {})", "A γ", (3, 6), (6,),
            exact=True, numbers={"ε": EPSILON}, change={"A": lambda a: a / 1024 + 3}),
        one("layernorm-of-large", "norms.LAYERNORM", "layernorm({})", "A", HEADS,
            exact=True, numbers={"ε": EPSILON}, change={"A": lambda a: a * 1e6}),
        one("rmsnorm-of-equals", "norms.RMSNORM", "rmsnorm({}, {})", "A γ", (3, 6), (6,),
            exact=True, numbers={"ε": EPSILON}, change={"A": lambda a: a / 1024 + 3}),
        one("l2norm-of-small", "norms.L2NORM", "l2norm({})", "A", HEADS, exact=True,
            change={"A": lambda a: a * 1e-9}),
        one("l2norm-of-large", "norms.L2NORM", "l2norm({})", "A", FLAT, exact=True,
            change={"A": lambda a: a * 1e9}),
        one("rowshare-uneven", "norms.ROWSHARE", "rowshare({})", "A", FLAT, exact=True,
            change={"A": lambda a: 10.0 ** (3 * a)}),
        one("softmax-sink-large", "softmax.SOFTMAX_SINK", "softmax({}, {})", "A s", HEADS, (2,), exact=True,
            change={"A": lambda a: 6 * a, "s": lambda s: 6 * s}),
    ]  # fmt: skip
    return found


# ---------------------------------------------------------------- in PyTorch


def rope(a: Tensor, base: float, *, pairs: bool) -> Tensor:
    """Rotate each pair of a row by its place times base^(−2i/d)."""
    n, d = a.shape[-2:]
    speeds = base ** (-2 * torch.arange(d // 2, dtype=torch.float64) / d)
    angles = torch.arange(n, dtype=torch.float64)[:, None] * speeds
    x, y = (a[..., 0::2], a[..., 1::2]) if pairs else a.chunk(2, -1)
    turned = x * angles.cos() - y * angles.sin(), x * angles.sin() + y * angles.cos()
    return torch.stack(turned, -1).flatten(-2) if pairs else torch.cat(turned, -1)


def positions(x: Tensor) -> Tensor:
    """Sines and cosines in turn; an odd width ends in a sine."""
    n, d = x.shape
    place, column = torch.arange(n, dtype=torch.float64)[:, None], torch.arange(d)
    angle = place * 10000.0 ** (-(column // 2 * 2).double() / d)
    return torch.where(column % 2 == 0, angle.sin(), angle.cos())


def alibi(a: Tensor) -> Tensor:
    """Add slope·(key − query), with the slopes 2^(−8i/h) for the heads i = 1 … h."""
    h = a.shape[0] if a.ndim > 2 else 1
    slopes = 2.0 ** (-8 * torch.arange(1, h + 1, dtype=torch.float64) / h)
    n, m = a.shape[-2:]
    distance = (torch.arange(m) - torch.arange(n)[:, None]).double()
    return a + (slopes[:, None, None] * distance if a.ndim > 2 else slopes[0] * distance)


def softmax_sink(a: Tensor, s: Tensor) -> Tensor:
    """Give the sink a column of its own, and leave it out again."""
    sinks = (s[:, None, None] if a.ndim > 2 else s).expand(*a.shape[:-1], 1)
    return torch.cat([a, sinks], -1).softmax(-1)[..., :-1]


def mask(z: Tensor, r: Tensor | float = 0.0, *, seen: Tensor) -> Tensor:
    """Hide what is not seen."""
    return (z + r).masked_fill(~seen, -torch.inf)


def rmsnorm(a: Tensor, gamma: Tensor | float = 1.0, *, epsilon: float) -> Tensor:
    """Divide each row by the root of its mean square."""
    return a / (a.square().mean(-1, keepdim=True) + epsilon).sqrt() * gamma


IN_TORCH: dict[str, Callable[..., Tensor]] = {
    "linear.MATMUL": lambda a, b, **_: a @ b,
    "linear.AFFINE": lambda a, w, b, **_: a @ w + b,
    "linear.DIVIDE": lambda a, c, **_: a / c,
    "linear.MULTIPLY": lambda a, c, **_: a * c,
    "linear.TIMES": lambda c, a, **_: c * a,
    "linear.ADD": lambda *a, **_: sum(a[1:], a[0]),
    "linear.ADD_VECTOR": lambda a, b, **_: a + b,
    "linear.SUBTRACT": lambda a, b, **_: a - b,
    "linear.SUBTRACT_VECTOR": lambda a, b, **_: a - b,
    "linear.HADAMARD": lambda a, b, **_: a * b,
    "linear.HADAMARD_VECTOR": lambda a, b, **_: a * b,
    "cells.LOGISTIC": lambda a, **_: a.sigmoid(),
    "cells.TANH": lambda a, **_: a.tanh(),
    "cells.RELU": lambda a, **_: a.relu(),
    "cells.GELU": lambda a, **_: functional.gelu(a),
    "cells.GELU_TANH": lambda a, **_: functional.gelu(a, approximate="tanh"),
    "cells.SILU": lambda a, **_: functional.silu(a),
    "cells.SOFTCAP": lambda a, c, **_: c * (a / c).tanh(),
    "norms.LAYERNORM": lambda a, *factors, **n: functional.layer_norm(a, a.shape[-1:], *factors, eps=n["ε"]),
    "norms.RMSNORM": lambda a, *gamma, **n: rmsnorm(a, *gamma, epsilon=n["ε"]),
    "norms.L2NORM": lambda a, **_: a / a.norm(dim=-1, keepdim=True),
    "norms.ROWSHARE": lambda a, **_: a / a.sum(-1, keepdim=True),
    "positions.ROPE": lambda a, **n: rope(a, n["base"], pairs=False),
    "positions.ROPE_PAIRS": lambda a, **n: rope(a, n["base"], pairs=True),
    "positions.POSITIONS": lambda x, **_: positions(x),
    "positions.ALIBI": lambda a, **_: alibi(a),
    "heads.SPLIT": lambda a, h, **_: torch.stack(a.chunk(int(h), -1)),
    "heads.CONCAT": lambda a, **_: torch.cat(list(a), -1),
    "heads.REPEAT": lambda a, r, **_: a.repeat_interleave(int(r), 0),
    "softmax.SOFTMAX": lambda a, **_: a.softmax(-1),
    "softmax.SOFTMAX_SINK": lambda a, s, **_: softmax_sink(a, s),
    "softmax.MASK_OUT": lambda z, **n: mask(z, seen=n["mask"]),
    "softmax.MASK_PLUS": lambda z, r, **n: mask(z, r, seen=n["mask"]),
    "softmax.MASK_PLUS_SHARED": lambda z, r, **n: mask(z, r, seen=n["mask"]),
}

# ---------------------------------------------------------------- in eighty digits


def cellwise(function: Callable[[mpf], mpf]) -> Callable[..., np.ndarray]:
    """Apply a function to each cell."""
    work = np.frompyfunc(function, 1, 1)
    return lambda a, *_, **__: work(a)


def root(a: np.ndarray) -> np.ndarray:
    """The square root of each cell."""
    return np.frompyfunc(mpmath.sqrt, 1, 1)(a)


def mean(a: np.ndarray) -> np.ndarray:
    """The mean of each row."""
    return a.sum(-1, keepdims=True) / mpf(a.shape[-1])


def exact_layernorm(a: np.ndarray, *factors: np.ndarray, **numbers: Any) -> np.ndarray:
    """Each row less its mean, over the root of its variance."""
    gamma, beta = [*factors, *[mpf(1), mpf(0)][len(factors) :]]
    apart = a - mean(a)
    return apart / root(mean(apart * apart) + mpf(numbers["ε"])) * gamma + beta


def exact_sink(a: np.ndarray, s: np.ndarray, **_: Any) -> np.ndarray:
    """Powers over their sum and that of the sink."""
    power = np.frompyfunc(mpmath.exp, 1, 1)
    return power(a) / (power(a).sum(-1, keepdims=True) + power(s)[:, None, None])


EXACT: dict[str, Callable[..., np.ndarray]] = {
    "cells.LOGISTIC": cellwise(lambda x: 1 / (1 + mpmath.exp(-x))),
    "cells.TANH": cellwise(mpmath.tanh),
    "cells.GELU": cellwise(lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2),
    "cells.GELU_TANH": cellwise(
        lambda x: x / (1 + mpmath.exp(-2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpf(0.044715) * x**3)))
    ),
    "cells.SILU": cellwise(lambda x: x / (1 + mpmath.exp(-x))),
    "cells.SOFTCAP": lambda a, c, **_: mpf(c) * np.frompyfunc(mpmath.tanh, 1, 1)(a / mpf(c)),
    "norms.LAYERNORM": exact_layernorm,
    "norms.RMSNORM": lambda a, gamma, **n: a / root(mean(a * a) + mpf(n["ε"])) * gamma,
    "norms.L2NORM": lambda a, **_: a / root((a * a).sum(-1, keepdims=True)),
    "norms.ROWSHARE": lambda a, **_: a / a.sum(-1, keepdims=True),
    "softmax.SOFTMAX_SINK": exact_sink,
}


def exactly(case: Case, upstream: np.ndarray) -> dict[str, Any]:
    """Work a case of one row out to all digits; the gradients by differences, which are fine enough."""
    ((_, op, _, operands),) = case.rows

    def output(values: dict[str, np.ndarray]) -> np.ndarray:
        args = [float(name) if number(name) else values[name] for name in operands.split()]
        return EXACT[op](*args, **case.numbers)

    with mpmath.workdps(DIGITS):
        to_exact = np.frompyfunc(lambda x: mpf(float(x)), 1, 1)
        values = {symbol: to_exact(value) for symbol, value in case.given().items()}
        arriving = to_exact(upstream)
        slopes = {symbol: np.zeros_like(value) for symbol, value in values.items()}
        for symbol, value in values.items():
            for index in np.ndindex(value.shape):
                step = mpf(STEP) * max(abs(value[index]), mpf("1e-9"))
                losses = []
                for moved in (value[index] + step, value[index] - step):
                    other = value.copy()
                    other[index] = moved
                    losses.append((arriving * output(values | {symbol: other})).sum())
                slopes[symbol][index] = (losses[0] - losses[1]) / (2 * step)
        short = np.frompyfunc(lambda x: mpmath.nstr(x, 25), 1, 1)
        shown = {symbol: short(slope).tolist() for symbol, slope in slopes.items()}
        return {"O": short(output(values)).tolist(), "gradients": shown}


# ---------------------------------------------------------------- the file


def entry(case: Case) -> dict[str, Any]:
    """Work a case out."""
    given = case.given()
    values = {symbol: torch.tensor(value, requires_grad=True) for symbol, value in given.items()}
    leaves = dict(values)
    seen = None if case.mask is None else torch.tensor(case.mask, dtype=torch.bool)
    for symbol, op, _, operands in case.rows:
        args: list[Any] = []
        for name in operands.split():
            if number(name):
                args.append(float(name))
            else:
                value = values[name.removesuffix("ᵀ")]
                args.append(value.mT if name.endswith("ᵀ") else value)
        values[symbol] = IN_TORCH[op](*args, mask=seen, **case.numbers)
    output = values["O"]
    rng = np.random.default_rng(zlib.crc32(f"{case.name} arrives".encode()))
    upstream = np.round(rng.uniform(-1, 1, output.shape), 3)
    (torch.tensor(upstream) * output).sum().backward()
    gradients = {symbol: leaf.grad for symbol, leaf in leaves.items()}
    for symbol, gradient in gradients.items():
        assert gradient is not None
        if not case.exact:
            assert gradient.abs().max() > SMALLEST_GRADIENT, (case.name, symbol)
    found = {
        "name": case.name,
        "rows": [[symbol, op, written, operands.split()] for symbol, op, written, operands in case.rows],
        "given": {symbol: value.tolist() for symbol, value in given.items()},
        "numbers": case.numbers,
        "mask": case.mask,
        "U": upstream.tolist(),
        "O": output.tolist(),
        "gradients": {symbol: gradient.tolist() for symbol, gradient in gradients.items()},
    }
    return found | ({"exact": exactly(case, upstream)} if case.exact else {})


def main() -> None:
    """Work out every case, and write the file: one a line."""
    entries = [entry(case) for case in cases()]
    assert len({one["name"] for one in entries}) == len(entries)
    lines = [json.dumps(one, allow_nan=False, ensure_ascii=False, separators=(",", ":")) for one in entries]
    OUTPUT.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} cases, {OUTPUT.stat().st_size / 1e6:.2f} MB: {OUTPUT}")


if __name__ == "__main__":
    main()
