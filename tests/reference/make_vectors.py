"""Make ../data/autograd.json: attention problems with the answers that PyTorch's autograd gives.

The file is the oracle that the package's own numbers are tested against, so this script reads a
config and works it out by itself and never imports the package. Run it only to add a problem:

    pip install torch==2.13.0
    python tests/reference/make_vectors.py

Each entry holds a `config`, the `loss`, the `values` of every given and every forward row, the
`gradients` of all of them ("dQ" is dL/dQ), and under `resolved` what the config means once its
mask, target and scale are written out in full (exact.py works from that).

dK's columns sum to zero whatever the problem, because softmax ignores a constant added to a row
of scores: the gradient `dbk` is 0, and what stands in the file is rounding. Compare it with an
absolute tolerance. No other gradient is zero.
"""

import json
import math
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot, scaled_dot_product_attention
from torch.testing import assert_close

Config = dict[str, Any]
Nested = Any  # a number, or lists of numbers as deep as the row has axes

OUTPUT = Path(__file__).parents[1] / "data" / "autograd.json"
WORDS = ("the", "cat", "saw", "the", "small", "dog")
CONTEXT_WORDS = ("by", "my", "side", "by", "day", "now")
FORWARD_ORDER = (
    *("X", "E", "Ev", "Wq", "Wk", "Wv", "bq", "bk", "bv", "Wo", "bo"),
    *("Q", "K", "V", "Qh", "Kh", "Vh", "S", "Z", "M", "A", "H", "C", "O", "P"),
)
EMBEDDINGS = {"X": "embeddings", "E": "embeddings", "Ev": "values"}  # their keys in a config
ALWAYS_ZERO = "dbk"
SMALLEST_GRADIENT = 1e-4

# ---------------------------------------------------------------- problems, as plain configs


class Draw:
    """Numbers with three decimals, the same on every machine (a linear congruential generator)."""

    def __init__(self, name: str) -> None:
        """Start from the problem's name, so that a new problem leaves the others as they are."""
        self._state = zlib.crc32(name.encode())

    def below(self, bound: int) -> int:
        """Return a whole number from 0 up to, not including, bound."""
        self._state = (6364136223846793005 * self._state + 1442695040888963407) % 2**64
        return (self._state >> 33) % bound

    def numbers(self, *shape: int) -> Nested:
        """Return nested lists of numbers from -1.2 to 1.2."""
        if not shape:
            return (self.below(2401) - 1200) / 1000
        return [self.numbers(*shape[1:]) for _ in range(shape[0])]

    def distributions(self, *shape: int) -> Nested:
        """Return nested lists whose last axis sums to exactly 1, in positive eighths."""
        if len(shape) > 1:
            return [self.distributions(*shape[1:]) for _ in range(shape[0])]
        eighths = [1] * shape[0]
        for _ in range(8 - shape[0]):
            eighths[self.below(shape[0])] += 1
        return [count / 8 for count in eighths]


def transposed(matrix: list[Nested]) -> list[Nested]:
    """Exchange rows and columns."""
    return [list(column) for column in zip(*matrix, strict=True)]


def row_blocks(matrix: list[Nested], heads: int) -> list[Nested]:
    """Cut a matrix into one block of rows a head."""
    size = len(matrix) // heads
    return [matrix[start : start + size] for start in range(0, len(matrix), size)]


@dataclass(frozen=True)
class Plan:
    """What one problem is to look like; `config` draws its numbers."""

    name: str
    n: int = 4
    m: int | None = None  # a number makes it cross-attention
    d_model: int = 4
    d_context: int = 5
    d_values: int | None = None  # a number gives the context values of their own
    heads: int = 1
    d_k: int = 3
    d_v: int = 2
    d_out: int | None = None  # a number gives it a Wo
    biases: str = ""
    given: str = ""
    without: str = ""
    loss: str = "bce"
    reduction: str = "sum"
    target: str = "matrix"  # or decimals, row, number, classes, distributions
    skipped: tuple[int, ...] = ()  # target rows that are ~
    per_head: bool = False  # weights written as lists of matrices
    out_in: bool = False
    mask: Nested = None
    scale: Nested = None
    more: Config = field(default_factory=dict)  # further keys, as they stand

    def config(self) -> Config:
        """Return the config mapping."""
        draw = Draw(self.name)
        config: Config = {
            "tokens": list(WORDS[: self.n]),
            "embeddings": draw.numbers(self.n, self.d_model),
            **self._weights(draw),
            "heads": self.heads,
            **self._context(draw),
            **self._given(draw),
            **({} if self.mask is None else {"mask": self.mask}),
            **({} if self.scale is None else {"scale": self.scale}),
            "loss": self.loss,
            "reduction": self.reduction,
            **self._target(draw),
            **self.more,
        }
        return {key: value for key, value in config.items() if key not in self.without.split()}

    @property
    def width_out(self) -> int:
        """The number of the output's columns."""
        return self.heads * self.d_v if self.d_out is None else self.d_out

    def _weights(self, draw: Draw) -> Config:
        from_keys = self.d_model if self.m is None else self.d_context
        shapes = {
            "Wq": (self.d_model, self.heads * self.d_k),
            "Wk": (from_keys, self.heads * self.d_k),
            "Wv": (self.d_values or from_keys, self.heads * self.d_v),
        }
        if self.d_out is not None:
            shapes["Wo"] = (self.heads * self.d_v, self.d_out)
        weights = {w: self._written(w, draw.numbers(*shapes[w])) for w in shapes}
        biases = {b: draw.numbers(shapes[f"W{b[1]}"][1]) for b in self.biases.split()}
        return weights | biases | ({"weights": "out-in"} if self.out_in else {})

    def _written(self, symbol: str, weight: list[Nested]) -> list[Nested]:
        """Write a weight as the config asks: whole or a matrix a head, in-out or out-in."""
        if not self.per_head:
            return transposed(weight) if self.out_in else weight
        if symbol == "Wo":
            matrices = row_blocks(weight, self.heads)
        else:
            matrices = [transposed(b) for b in row_blocks(transposed(weight), self.heads)]
        return [transposed(b) for b in matrices] if self.out_in else matrices

    def _context(self, draw: Draw) -> Config:
        if self.m is None:
            return {}
        context: Config = {"tokens": list(CONTEXT_WORDS[: self.m])}
        if "context.embeddings" not in self.without.split():
            context["embeddings"] = draw.numbers(self.m, self.d_context)
        if self.d_values is not None:
            context["values"] = draw.numbers(self.m, self.d_values)
        return {"context": context}

    def _given(self, draw: Draw) -> Config:
        m = self.m or self.n
        head = (self.heads,) if self.heads > 1 else ()
        all_k, all_v = self.heads * self.d_k, self.heads * self.d_v
        scores = (*head, self.n, m)
        shapes = {
            "Q": (self.n, all_k),
            "K": (m, all_k),
            "V": (m, all_v),
            "Qh": (*head, self.n, self.d_k),
            "Kh": (*head, m, self.d_k),
            "Vh": (*head, m, self.d_v),
            "S": scores,
            "Z": scores,
            "M": scores,
            "A": scores,
            "H": (*head, self.n, self.d_v),
            "C": (self.n, all_v),
            "O": (self.n, self.width_out),
        }
        given = {symbol: draw.numbers(*shapes[symbol]) for symbol in self.given.split()}
        if "A" in given:
            given["A"] = draw.distributions(*scores)
        if "M" in given:
            given["M"][0][1] = "-inf"
        return {"given": given} if given else {}

    def _target(self, draw: Draw) -> Config:
        n, width = self.n, self.width_out
        if self.loss == "upstream":
            return {"upstream": draw.numbers(n, width)}
        if self.loss == "sum":
            return {}
        target: Nested = 0.25
        match self.target:
            case "matrix":
                target = [[draw.below(2) for _ in range(width)] for _ in range(n)]
            case "decimals":
                target = draw.numbers(n, width)
            case "row":
                target = [draw.below(1001) / 1000 for _ in range(width)]
            case "classes":
                target = [draw.below(width) for _ in range(n)]
            case "distributions":
                target = draw.distributions(n, width)
        for row in self.skipped:
            target[row] = None
        return {"target": target}


LOOK = [[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 1, 1], [1, 0, 0, 1]]
DEAD_ROW = [[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 0, 1], [0, 1, 1, 1]]
ADDED = [[0, -1.5, 0.25, 1], [0.5, 0, -0.75, 0], [-1, 2, 0, 0.125], [0, 0, 1.5, -2]]
ADDED_INF = [["-inf", 0.5, 0, 0], [0, 0, "-inf", 1], [0.25, 0, 0, 0], ["-inf", "-inf", -1, 0]]
ADDED_DEAD = [[0, 0.5, 0, 0], ["-inf", "-inf", "-inf", "-inf"], [0.25, 0, 0, 0], [0, 0, -1, 0]]
NO_PROJECTIONS = "embeddings Wq Wk Wv"
NOTHING_PROJECTED = f"{NO_PROJECTIONS} context.embeddings"
ALL_BIASES = "bq bk bv bo"
MSE: Config = {"loss": "mse", "target": "decimals"}
CE: Config = {"loss": "ce", "target": "classes"}
MEAN: Config = {"reduction": "mean"}
TWO: Config = {"heads": 2, "d_out": 3}
THREE: Config = {"heads": 3, "d_k": 2, "d_out": 4}
MHA: Config = {"heads": 2, "d_k": 2, "d_out": 4, "biases": ALL_BIASES, "out_in": True}

BINARY = {
    "embeddings": [[1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 0, 1], [0, 0, 1, 1]],
    "Wq": [[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]],
    "Wk": [[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 0, 1]],
    "Wv": [[0, 1], [1, 0], [1, 1], [0, 1]],
}


PLANS = (
    # Losses, reductions and targets.
    Plan("bce-sum-matrix"),
    Plan("bce-sum-binary-weights", more=BINARY),
    Plan("bce-mean-row", **MEAN, target="row", n=5),
    Plan("bce-sum-number", target="number"),
    Plan("bce-sum-skipped", skipped=(1,)),
    Plan("bce-mean-skipped", **MEAN, skipped=(0, 2), n=5),
    Plan("mse-sum-matrix", **MSE),
    Plan("mse-mean-row", loss="mse", **MEAN, target="row"),
    Plan("mse-sum-number", loss="mse", target="number"),
    Plan("mse-mean-skipped", **MSE, **MEAN, skipped=(3,)),
    Plan("sum-sum", loss="sum"),
    Plan("sum-mean", loss="sum", **MEAN, n=3),
    Plan("upstream-sum", loss="upstream"),
    Plan("upstream-mean", loss="upstream", **MEAN),  # the reduction changes nothing
    Plan("ce-sum-classes", **CE, d_v=3),
    Plan("ce-mean-classes-skipped", **CE, **MEAN, d_v=3, skipped=(2,)),
    Plan("ce-mean-distributions", loss="ce", **MEAN, target="distributions", d_v=4),
    Plan("ce-sum-distributions-skipped", loss="ce", target="distributions", d_v=4, skipped=(0,)),
    # Weights, biases, output weight, scale, orientation.
    Plan("biases", biases="bq bk bv"),
    Plan("bias-q-only", biases="bq", n=3, d_k=2),
    Plan("wo", d_out=3, d_v=4),
    Plan("wo-biases", d_out=3, biases=ALL_BIASES, **CE),
    Plan("out-in", out_in=True, d_out=5, biases="bv bo"),
    Plan("scale-false", scale=False),
    Plan("scale-true", scale=True, d_k=5),
    Plan("scale-number", scale=0.4, **MSE),
    Plan("sentence", n=6, more={"sentence": "the cat saw the small dog"}, without="tokens"),
    Plan("fewest-keys", without="tokens heads"),
    # Masks with one head.
    Plan("mask-false", mask=False),
    Plan("mask-true", mask=True),
    Plan("mask-causal-ce", mask="causal", **CE, d_v=3, n=5),
    Plan("mask-causal-no-scale", mask="causal", scale=False, n=5),
    Plan("mask-causal-cross", mask="causal", n=3, m=5),
    Plan("mask-causal-bottom-right-wide", mask="causal-bottom-right", n=3, m=5),
    Plan("mask-causal-bottom-right-tall-dead-rows", mask="causal-bottom-right", n=5, m=3),
    Plan("mask-padding-flags", mask={"padding": [0, 1, 0, 0, 1]}, n=5),
    Plan("mask-padding-words-repeated", mask={"padding": ["the", "small"]}, n=5),
    Plan("mask-padding-one-place", mask={"padding": ["the#2"]}, n=5),
    Plan("mask-matrix", mask=LOOK),
    Plan("mask-matrix-dead-row", mask=DEAD_ROW, **MEAN),
    Plan("mask-matrix-dead-row-biases", mask=DEAD_ROW, d_out=3, biases=ALL_BIASES),
    Plan("mask-matrix-dead-row-ce", mask=DEAD_ROW, d_v=3, **CE),
    Plan("mask-add", mask={"add": ADDED}),
    Plan("mask-add-inf", mask={"add": ADDED_INF}, **MSE),
    Plan("mask-add-dead-row", mask={"add": ADDED_DEAD}, scale=0.75),
    Plan("mask-list", mask=["causal", {"padding": ["cat"]}], n=5),
    Plan("mask-list-adds", mask=[{"add": ADDED}, LOOK, {"add": ADDED_INF}], biases="bk"),
    # Several heads.
    Plan("heads-2", heads=2),
    Plan("heads-2-wo", heads=2, d_out=4, **MEAN),
    Plan("heads-2-scale-number", **TWO, scale=1.25),
    Plan("heads-2-out-in", **TWO, out_in=True),
    Plan("heads-2-weight-lists", **TWO, per_head=True, biases=ALL_BIASES),
    Plan("heads-3-weight-lists-out-in", **THREE, per_head=True, out_in=True, n=3),
    Plan("heads-3-biases-ce", **THREE, biases=ALL_BIASES, **CE),
    Plan("heads-3-no-scale", heads=3, n=3, d_k=2, scale=False, **MSE),
    Plan("heads-4-wo-skipped", heads=4, n=3, d_k=2, d_v=1, d_out=3, **MEAN, skipped=(1,)),
    Plan("heads-8-wo", heads=8, n=3, d_k=2, d_v=1, d_out=4),
    Plan("heads-2-mask-true", mask=True, heads=2, d_out=4),
    Plan("heads-2-mask-dead-row", mask=DEAD_ROW, **TWO, biases="bo"),
    Plan("heads-2-mask-each-head", mask=[LOOK, transposed(LOOK)], **TWO),
    Plan("heads-2-mask-one-head-dead-row", mask=[DEAD_ROW, LOOK], heads=2, loss="upstream"),
    Plan("heads-2-add", mask={"add": ADDED_INF}, **TWO, **MEAN),
    Plan("heads-2-add-each-head", mask={"add": [ADDED, transposed(ADDED)]}, **TWO),
    Plan("heads-2-add-inf-each-head", mask={"add": [ADDED_INF, ADDED_DEAD]}, heads=2, loss="sum"),
    Plan(
        "heads-2-mask-list",
        mask=["causal", {"add": [ADDED, ADDED_INF]}, {"padding": [0, 1, 0, 0]}, LOOK],
        **TWO,
    ),
    Plan("heads-4-mask-causal", mask="causal", heads=4, n=3, d_k=2, d_v=1, biases="bq bk"),
    Plan("heads-8-mask-padding", mask={"padding": ["cat"]}, heads=8, n=3, d_k=1, d_v=1),
    # Cross-attention.
    Plan("cross", m=5),
    Plan("cross-few-keys", n=5, m=3, biases="bq bk bv", **MEAN),
    Plan("cross-values", n=3, m=4, d_values=3),
    Plan("cross-heads-2", n=3, m=5, heads=2, d_out=4),
    Plan("cross-heads-3-values", m=3, d_values=2, **THREE, biases=ALL_BIASES),
    Plan("cross-mask-padding-words", mask={"padding": ["by"]}, n=3, m=5),
    Plan("cross-heads-2-mask-bottom-right", mask="causal-bottom-right", n=3, m=4, **TWO),
    # Rows that are given.
    Plan("given-qkv", given="Q K V", without=NO_PROJECTIONS),
    Plan("given-qkv-masked", mask="causal", given="Q K V", without=NO_PROJECTIONS, d_out=3),
    Plan("given-qkv-heads-2", given="Q K V", without=NO_PROJECTIONS, **TWO),
    Plan("given-qkv-cross", given="Q K V", without=NOTHING_PROJECTED, m=5, n=3),
    Plan("given-kv-cross", given="K V", without="Wk Wv context.embeddings", m=3),
    Plan("given-q", given="Q", without="Wq"),
    Plan("given-q-unused-wq", given="Q"),
    Plan("given-qh-kh-vh", given="Qh Kh Vh", without=NO_PROJECTIONS, **TWO),
    Plan("given-kh", given="Kh", without="Wk", heads=2),
    Plan("given-s", mask=True, given="S", without="Wq Wk", scale=0.5),
    Plan("given-s-v", given="S V", without=NO_PROJECTIONS, scale=False),
    Plan("given-s-heads-3", given="S", without="Wq Wk", heads=3, n=3, d_out=3, scale=0.7),
    Plan("given-z", mask=LOOK, given="Z", without="Wq Wk"),
    Plan("given-m", given="M", without="Wq Wk"),
    Plan("given-a", given="A", without="Wq Wk"),
    Plan("given-a-v-heads-2", given="A V", without=NO_PROJECTIONS, **TWO),
    Plan("given-h", given="H", without=NO_PROJECTIONS, **TWO),
    Plan("given-c", given="C", without=NO_PROJECTIONS, **TWO, biases="bo"),
    Plan("given-o", given="O", without=NO_PROJECTIONS, d_v=3, **CE),
    # Problems that torch.nn.MultiheadAttention can work as well (see check_against_mha).
    Plan("mha-self", **MHA),
    Plan("mha-masked", mask=["causal", {"add": ADDED}], **MHA),
    Plan("mha-cross", m=5, d_values=3, **MHA),
)

# ---------------------------------------------------------------- reading a config


def tensor(nested: Nested) -> Tensor:
    """Turn nested lists of numbers, some perhaps "-inf", into a float64 tensor."""

    def floats(part: Nested) -> Nested:
        return [floats(item) for item in part] if isinstance(part, list) else float(part)

    return torch.tensor(floats(nested), dtype=torch.float64)


def lists(values: Tensor) -> Nested:
    """Turn a tensor into nested lists that JSON can hold, with "-inf" as text."""
    if values.dim():
        return [lists(part) for part in values]
    number = values.item()
    return "-inf" if number == -math.inf else number


def read_weight(config: Config, symbol: str) -> Tensor:
    """Return a weight as one in-out matrix, the heads side by side (in Wo one above another)."""
    weight = tensor(config[symbol])
    if config.get("weights") == "out-in":
        weight = weight.mT
    if weight.dim() == 3:
        weight = torch.cat(list(weight), dim=0 if symbol == "Wo" else 1)
    return weight


def hidden_columns(config: Config, padding: list[int] | list[str]) -> list[bool]:
    """Say of each key token whether a padding mask hides it."""
    if all(isinstance(item, int) for item in padding):
        return [bool(item) for item in padding]
    tokens = config.get("context", config)["tokens"]
    places = [f"{word}#{tokens[: i + 1].count(word)}" for i, word in enumerate(tokens)]
    return [word in padding or place in padding for word, place in zip(tokens, places, strict=True)]


def read_mask(config: Config, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return which scores may be looked at, and what is added to them."""
    mask = config["mask"]
    is_list_of_masks = isinstance(mask, list) and not all(isinstance(part, list) for part in mask)
    n, m = scores.shape[-2:]
    allowed = torch.ones_like(scores, dtype=torch.bool)
    added = torch.zeros_like(scores)
    for part in mask if is_list_of_masks else [mask]:
        if part is True or part == "causal":
            allowed &= torch.ones(n, m).tril().bool()
        elif part == "causal-bottom-right":
            allowed &= torch.ones(n, m).tril(m - n).bool()
        elif isinstance(part, list):
            allowed &= tensor(part).bool()
        elif "padding" in part:
            allowed &= ~torch.tensor(hidden_columns(config, part["padding"]))
        else:
            addend = tensor(part["add"])
            allowed &= addend.isfinite()
            added += addend.where(addend.isfinite(), 0)
    return allowed, added


def read_target(config: Config, output: Tensor) -> tuple[Tensor, Tensor]:
    """Return the target as a matrix like O, and a column that says which of its rows count."""
    target = config["target"]
    n, width = output.shape
    if not isinstance(target, list):
        return torch.full_like(output, target), torch.ones(n, 1, dtype=torch.bool)
    if config["loss"] != "ce" and not any(isinstance(row, list) for row in target):
        target = [target] * n
    counted = torch.tensor([[row is not None] for row in target])
    if any(isinstance(row, list) for row in target):
        return tensor([[0] * width if row is None else row for row in target]), counted
    classes = torch.tensor([0 if row is None else row for row in target])
    return one_hot(classes, width).to(output.dtype) * counted, counted


# ---------------------------------------------------------------- the page, by autograd


class Page:
    """The rows of one problem as tensors, each worked out when it is first asked for.

    A row that only feeds a given row is therefore never made.
    """

    def __init__(self, config: Config) -> None:
        """Work out every row that the loss needs, and then all gradients."""
        self.config = config
        self.heads: int = config.get("heads", 1)
        self.given: dict[str, Any] = config.get("given", {})
        self.rows: dict[str, Tensor] = {}
        self.leaves: list[str] = []
        self.paths: dict[str, dict[str, Tensor]] = {}  # X: {Q: the copy of X that feeds Q, ...}
        self.mask: tuple[Tensor, Tensor] | None = None
        self.loss = self.work_out_loss()
        self.loss.backward()

    def __getitem__(self, symbol: str) -> Tensor:
        """Return a row, worked out at the first call and kept from then on."""
        if symbol not in self.rows:
            leaf = self.read(symbol)
            if leaf is not None:
                self.leaves.append(symbol)
                value = leaf.requires_grad_()
            else:
                value = self.work_out(symbol)
                value.retain_grad()
            self.rows[symbol] = value
        return self.rows[symbol]

    def read(self, symbol: str) -> Tensor | None:
        """Return what the config says of a symbol, or None if it is to be worked out."""
        if symbol in self.given:
            return tensor(self.given[symbol])
        if symbol in EMBEDDINGS:
            where = self.config if symbol == "X" else self.config["context"]
            return tensor(where[EMBEDDINGS[symbol]])
        if symbol in ("Wq", "Wk", "Wv", "Wo"):
            return read_weight(self.config, symbol)
        return tensor(self.config[symbol]) if symbol in ("bq", "bk", "bv", "bo") else None

    def work_out(self, symbol: str) -> Tensor:
        """Return one forward row."""
        rules = {
            "Q": lambda: self.affine(self.embeddings_for("Q"), "q"),
            "K": lambda: self.affine(self.embeddings_for("K"), "k"),
            "V": lambda: self.affine(self.embeddings_for("V"), "v"),
            "Qh": lambda: self.split(self["Q"]),
            "Kh": lambda: self.split(self["K"]),
            "Vh": lambda: self.split(self["V"]),
            "S": lambda: self[self.by_head("Q")] @ self[self.by_head("K")].mT,
            "Z": lambda: self["S"] * self.scale(),
            "M": lambda: self.masked(self[self.before_mask()]),
            "A": lambda: self.softmax(self[self.before_softmax()]),
            "H": lambda: self["A"] @ self[self.by_head("V")],
            "C": lambda: self.concat(self["H"]),
            "O": self.output,
        }
        return rules[symbol]()

    def by_head(self, letter: str) -> str:
        """Name the queries, keys or values as the scores read them."""
        return f"{letter}h" if self.heads > 1 else letter

    def split(self, rows: Tensor) -> Tensor:
        """Cut blocks of columns apart, one a head."""
        return rows.reshape(len(rows), self.heads, -1).transpose(0, 1)

    def concat(self, by_head: Tensor) -> Tensor:
        """Put the heads side by side again."""
        return by_head.transpose(0, 1).flatten(1)

    def scale(self) -> float:
        """Return what the scores are multiplied by."""
        scale = self.config.get("scale", True)
        if scale is True:
            return 1 / math.sqrt(self[self.by_head("Q")].shape[-1])
        return 1.0 if scale is False else float(scale)

    def source(self, symbol: str) -> str:
        """Name the embeddings that Q, K or V is made from."""
        if symbol == "Q" or "context" not in self.config:
            return "X"
        return "Ev" if symbol == "V" and "values" in self.config["context"] else "E"

    def embeddings_for(self, symbol: str) -> Tensor:
        """Return a copy of the embeddings for one path alone, whose gradient is kept."""
        source = self.source(symbol)
        copy = self[source].clone()
        copy.retain_grad()
        self.paths.setdefault(source, {})[symbol] = copy
        return copy

    def affine(self, rows: Tensor, letter: str) -> Tensor:
        """Return rows times W, plus b if there is one."""
        product = rows @ self[f"W{letter}"]
        return product + self[f"b{letter}"] if f"b{letter}" in self.config else product

    def before_mask(self) -> str:
        """Name the row that the mask is laid on."""
        return "Z" if "Z" in self.given or self.config.get("scale", True) is not False else "S"

    def before_softmax(self) -> str:
        """Name the row that softmax reads."""
        return "M" if self.is_masked() else self.before_mask()

    def is_masked(self) -> bool:
        """Say if there is a row M."""
        return "M" in self.given or self.config.get("mask", False) is not False

    def masked(self, scores: Tensor) -> Tensor:
        """Return scores plus the additive masks, -inf where not allowed."""
        self.mask = allowed, added = read_mask(self.config, scores)
        return torch.where(allowed, scores + added, -math.inf)

    def float_mask(self) -> Tensor | None:
        """Return the mask as PyTorch's own attention takes it: added to the scores."""
        if self.mask is None:
            return None
        allowed, added = self.mask
        return added.masked_fill(~allowed, -math.inf)

    def softmax(self, scores: Tensor) -> Tensor:
        """Return softmax along each row; a row of -inf alone gives zeros, and zero gradients."""
        alive = (scores > -math.inf).any(-1, keepdim=True)
        return torch.where(alive, torch.where(alive, scores, 0).softmax(-1), 0)

    def output(self) -> Tensor:
        """Return O, whatever the last step is."""
        if "Wo" in self.config:
            return self.affine(self["C" if self.heads > 1 else "H"], "o")
        if self.heads > 1:
            return self.concat(self["H"])
        return self["A"] @ self["V"]

    def work_out_loss(self) -> Tensor:
        """Return L from O, through a P that is a row of its own under bce and ce."""
        name, output = self.config["loss"], self["O"]
        if name == "upstream":
            return (tensor(self.config["upstream"]) * output).sum()
        if name == "sum":
            return output.sum() / (output.numel() if self.config["reduction"] == "mean" else 1)
        target, counted = read_target(self.config, output)
        match name:
            case "bce":
                p = self.rows["P"] = output.sigmoid()
                cells = -(target * p.log() + (1 - target) * (1 - p).log())
            case "ce":
                p = self.rows["P"] = output.softmax(1)
                cells = -target * p.log()
            case _:
                cells = (output - target) ** 2
        self.rows.get("P", output).retain_grad()
        number = int(counted.sum()) * (1 if name == "ce" else output.shape[1])
        return cells.where(counted, 0).sum() / (number if self.config["reduction"] == "mean" else 1)

    def gradients(self) -> dict[str, Tensor]:
        """Return the gradient of every row, and of each path where a row has several."""
        symbols = [symbol for symbol in FORWARD_ORDER if symbol in self.rows]
        found = {f"d{symbol}": self.rows[symbol].grad for symbol in symbols}
        for source, copies in self.paths.items():
            if len(copies) > 1:
                found |= {f"d{source}_{symbol}": copy.grad for symbol, copy in copies.items()}
        return {name: gradient for name, gradient in found.items() if gradient is not None}

    def resolved(self) -> Config:
        """Return what the config means, written out in full."""
        allowed, added = self.mask or (None, None)
        target = None
        if "target" in self.config:
            matrix, counted = read_target(self.config, self["O"])
            rows = zip(matrix.tolist(), counted.flatten().tolist(), strict=True)
            target = [row if counts else [None] * len(row) for row, counts in rows]
        scale = self.config.get("scale", True)
        projected = [s for s in ("Q", "K", "V") if s in self.rows and s not in self.leaves]
        return {
            "given": [symbol for symbol in FORWARD_ORDER if symbol in self.leaves],
            "sources": {symbol: self.source(symbol) for symbol in projected},
            "heads": self.heads,
            "scale": ("sqrt" if scale is True else scale) if "S" in self.rows and scale else None,
            "allowed": None if allowed is None else allowed.int().tolist(),
            "added": None if added is None else added.tolist(),
            "target": target,
        }

    def entry(self, name: str) -> Config:
        """Return the problem as it stands in the file."""
        symbols = [symbol for symbol in FORWARD_ORDER if symbol in self.rows]
        return {
            "name": name,
            "config": self.config,
            "loss": self.loss.item(),
            "values": {symbol: lists(self.rows[symbol].detach()) for symbol in symbols},
            "gradients": {name: lists(gradient) for name, gradient in self.gradients().items()},
            "resolved": self.resolved(),
        }


# ---------------------------------------------------------------- checks


def check_gradients(name: str, page: Page) -> None:
    """Refuse gradients that are missing, not finite or zero: a test against them could not fail."""
    gradients = page.gradients()
    missing = {f"d{symbol}" for symbol in page.rows} - set(gradients)
    if missing:
        message = f"{name}: no gradient for {missing}"
        raise ValueError(message)
    for symbol, gradient in gradients.items():
        largest = gradient.abs().max().item()
        if not (largest > SMALLEST_GRADIENT or symbol == ALWAYS_ZERO) or not math.isfinite(largest):
            message = f"{name}: the largest number of {symbol} is {largest}"
            raise ValueError(message)


def check_against_fused_attention(page: Page) -> bool:
    """Compare Q, K, V -> A·V and its gradients with PyTorch's own attention; say if it applies."""
    # A second opinion from kernels that share no code with Page: forward, mask, scale, gradients.
    symbols = [page.by_head(letter) for letter in "QKV"]
    if not all(symbol in page.rows for symbol in symbols):
        return False
    last = page.rows["H" if "H" in page.rows else "O"]
    q, k, v = (page.rows[symbol].detach().clone().requires_grad_() for symbol in symbols)
    fused = scaled_dot_product_attention(q, k, v, attn_mask=page.float_mask(), scale=page.scale())
    assert_close(fused, last, rtol=1e-12, atol=1e-13)
    fused.backward(last.grad)
    for symbol, operand in zip(symbols, (q, k, v), strict=True):
        assert_close(operand.grad, page.rows[symbol].grad, rtol=1e-12, atol=1e-13)
    return True


def as_mha_names(projections: list[Tensor]) -> dict[str, Tensor]:
    """Name the three input weights as MultiheadAttention does: packed in one if all are square."""
    if all(weight.shape[0] == weight.shape[1] for weight in projections):
        return {"in_proj_weight": torch.cat(projections)}
    names = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
    return dict(zip(names, projections, strict=True))


def check_against_mha(page: Page) -> None:
    """Compare the whole layer with torch.nn.MultiheadAttention, which stores weights out-in."""
    config = page.config
    queries = tensor(config["embeddings"])
    context = config.get("context", config)
    keys = tensor(context["embeddings"])
    values = tensor(context.get("values", context["embeddings"]))
    width = queries.shape[1]
    layer = torch.nn.MultiheadAttention(
        width, page.heads, kdim=keys.shape[1], vdim=values.shape[1], dtype=torch.float64
    )
    projections = [tensor(config[symbol]) for symbol in ("Wq", "Wk", "Wv")]
    parameters = {
        "in_proj_bias": torch.cat([tensor(config[symbol]) for symbol in ("bq", "bk", "bv")]),
        "out_proj.weight": tensor(config["Wo"]),
        "out_proj.bias": tensor(config["bo"]),
    }
    layer.load_state_dict(parameters | as_mha_names(projections))

    mask = page.float_mask()
    output, weights = layer(queries, keys, values, attn_mask=mask, average_attn_weights=False)
    output.backward(page.rows["O"].grad)
    found = {name: parameter.grad for name, parameter in layer.named_parameters()}
    gradients = page.gradients()
    projected = [gradients[symbol].mT for symbol in ("dWq", "dWk", "dWv")]
    expected = {
        "in_proj_bias": torch.cat([gradients[symbol] for symbol in ("dbq", "dbk", "dbv")]),
        "out_proj.weight": gradients["dWo"].mT,
        "out_proj.bias": gradients["dbo"],
    }
    assert_close(output, page.rows["O"], rtol=1e-12, atol=1e-13)
    assert_close(weights, page.rows["A"], rtol=1e-12, atol=1e-13)
    assert_close(found, expected | as_mha_names(projected), rtol=1e-12, atol=1e-13)


def main() -> None:
    """Work out and check every problem, and write the file: one problem a line."""
    lines = []
    fused = 0
    for plan in PLANS:
        page = Page(plan.config())
        check_gradients(plan.name, page)
        fused += check_against_fused_attention(page)
        if plan.name.startswith("mha-"):
            check_against_mha(page)
        lines.append(json.dumps(page.entry(plan.name), allow_nan=False, separators=(",", ":")))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    size = OUTPUT.stat().st_size / 1e6
    print(f"{len(lines)} problems, {fused} compared with fused attention, {size:.2f} MB: {OUTPUT}")


if __name__ == "__main__":
    main()
