"""Make ../data/pages.json: problems with lines of their own, with the answers that PyTorch's autograd gives.

The file is an oracle, so this script reads the lines and works them out by itself and never imports the
package. Run it only to add a problem:

    pip install torch==2.14.0 numpy
    python tests/reference/make_pages.py

An entry has a `config`, the `loss` as a number, the `values` of every given and every row before it, and the
`gradients` of all on which the loss depends, both by their symbols. In values, "-inf" is −∞.
"""

import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

OUTPUT = Path(__file__).parents[1] / "data" / "pages.json"
SMALLEST_GRADIENT = 1e-6
TOKENS, D_MODEL, D_HEAD, HIDDEN, WORDS = 4, 6, 4, 5, 3  # lengths that are told apart
N, D, F = (TOKENS,), (D_MODEL,), (HIDDEN,)
SQUARE, UP, DOWN = (*D, *D), (*D, *F), (*F, *D)


def causal(n: int, m: int) -> np.ndarray:
    """Each row sees up to its own column."""
    return np.tri(n, m, dtype=bool)


def window(n: int, m: int, left: int, right: int) -> np.ndarray:
    """Each row sees so many columns on either side of its own."""
    apart = np.arange(m) - np.arange(n)[:, None]
    return (apart >= -left) & (apart <= right)


FULL: dict[str, tuple[Any, np.ndarray]] = {
    "causal": (True, causal(TOKENS, TOKENS)),
    "window": ({"window": 2}, window(TOKENS, TOKENS, 1, 0)),
    "both sides": ({"window": [1, 1]}, window(TOKENS, TOKENS, 1, 1)),
    "causal window": (["causal", {"window": [2, 2]}], window(TOKENS, TOKENS, 2, 0)),
    "padding": ({"padding": [0, 0, 0, 1]}, np.array([[1, 1, 1, 0]] * TOKENS, bool)),
}


class Problem:
    """A lesson with lines of one's own, and the shapes of what these need."""

    def __init__(  # noqa: PLR0913 - a problem has many sides
        self,
        name: str,
        lines: str,
        *,
        heads: int = 1,
        groups: int = 0,
        wo: bool = False,
        mask: str = "",
        loss: str = "upstream",
        output: str = "O",
        lesson: bool = True,
        context: int = 0,
        config: dict[str, Any] | None = None,
        **shapes: tuple[int, ...],
    ) -> None:
        self.name, self.heads, self.output, self.loss, self.mask = name, heads, output, loss, mask
        self.lines = [line.strip() for line in lines.strip().splitlines()]
        self.config = {"formulas": "\n".join(self.lines), "loss": loss, **(config or {})}
        if heads > 1:
            self.config["heads"] = heads
        if output != "O":
            self.config["output"] = output
        if mask:
            self.config["mask"] = FULL[mask][0]
        lesson_shapes: dict[str, tuple[int, ...]] = {"X": (TOKENS, D_MODEL)}
        if context:
            lesson_shapes["E"] = (context, D_MODEL)
        if lesson:
            wide, narrow = (heads * D_HEAD if heads > 1 else D_HEAD), (groups or heads) * D_HEAD
            lesson_shapes |= {"Wq": (D_MODEL, wide), "Wk": (D_MODEL, narrow), "Wv": (D_MODEL, narrow)}
            if wo:
                lesson_shapes["Wo"] = (wide, D_MODEL)
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.given = {
            symbol: np.round(rng.uniform(-1.2, 1.2, shape), 3)
            for symbol, shape in (lesson_shapes | shapes).items()
        }
        self.rng = rng

    def rows(self) -> dict[str, str]:
        """Return the lesson's rows, with the lines instead of them or beside them."""
        keys = "E" if "E" in self.given else "X"
        h = self.heads > 1
        q, k, v = ("Qh", "Kh", "Vh") if h else "QKV"
        rows = {"Q": "X·Wq", "K": f"{keys}·Wk", "V": f"{keys}·Wv"}
        for symbol in "QKV":
            if f"b{symbol.lower()}" in self.given:
                rows[symbol] += f" + b{symbol.lower()}"
            if h:
                rows[f"{symbol}h"] = f"split({symbol})"
        rows["S"] = f"{q}·{k}ᵀ"
        scores, scale = "S", self.config.get("scale", True)
        if scale:
            rows["Z"] = "S/√d_k" if scale is True else "S·c"
            scores = "Z"
        if self.mask:
            rows["M"] = f"mask({scores})"
            scores = "M"
        rows["A"] = f"softmax({scores})"
        last = "H" if h or "Wo" in self.given else "O"
        rows[last] = f"A·{v}"
        if h:
            rows["C" if "Wo" in self.given else "O"] = "concat(H)"
        if "Wo" in self.given:
            rows["O"] = f"{'C' if h else 'H'}·Wo" + (" + bo" if "bo" in self.given else "")
        own = (line.split(" = ") for line in self.lines)
        return rows | dict(own)


# ---------------------------------------------------------------- the operations, as they are read


class Evaluation:
    """Works rows out as they are asked for, and keeps the gradient of each."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.rows = problem, problem.rows()
        self.values: dict[str, Tensor] = {}

    def __getitem__(self, symbol: str) -> Any:
        """Return what a formula reads: a number, a matrix, or one that is transposed."""
        if symbol.endswith("ᵀ"):
            return self[symbol[:-1]].mT
        if re.fullmatch(r"[−\d.]+", symbol):
            return float(symbol.replace("−", "-"))
        if symbol == "h":
            return self.problem.heads
        if symbol == "√d_k":
            return (self["Q"].shape[-1] / self.problem.heads) ** 0.5
        if symbol == "c":
            return self.problem.config["scale"]
        if symbol not in self.values:
            given = self.problem.given.get(symbol)
            leaf = None if given is None else torch.tensor(given, requires_grad=True)
            value = self.formula(self.rows[symbol]) if leaf is None else leaf
            if value.requires_grad:  # not what only depends on the place
                value.retain_grad()
            self.values[symbol] = value
        return self.values[symbol]

    def formula(self, text: str) -> Tensor:
        """Work one operation out."""
        if call := re.fullmatch(r"(\w+)\((.*)\)", text):
            parts = call[2].split(" + ") if call[1] == "mask" else call[2].split(", ")
            pairs = parts[-1] == "pairs"
            args = [self[part] for part in (parts[:-1] if pairs else parts)]
            return getattr(self, f"of_{call[1]}")(*args, **({"pairs": True} if pairs else {}))
        if " + " in text:
            first, *others = text.split(" + ")
            total = self.formula(first) if "·" in first else self[first]
            for other in others:
                total = total + self[other]
            return total
        for sign, work in {" − ": torch.sub, "·": self.product, "∘": torch.mul, "/": torch.div}.items():
            if sign in text:
                return work(*(self[part] for part in text.split(sign)))
        raise ValueError(text)

    @staticmethod
    def product(a: Tensor | float, b: Tensor | float) -> Tensor:
        """Of matrices, or of one with a number."""
        return a @ b if isinstance(a, Tensor) and isinstance(b, Tensor) else a * b

    def of_mask(self, z: Tensor, r: Tensor | float = 0.0) -> Tensor:
        seen = torch.tensor(FULL[self.problem.mask][1])
        return (z + r).masked_fill(~seen, -torch.inf)

    @staticmethod
    def of_softmax(a: Tensor, s: Tensor | None = None) -> Tensor:
        if s is None:
            return a.softmax(-1)
        sinks = (s[:, None, None] if a.ndim > 2 else s).expand(*a.shape[:-1], 1)
        return torch.cat([a, sinks], -1).softmax(-1)[..., :-1]

    def of_split(self, a: Tensor, h: float = 0) -> Tensor:
        return torch.stack(a.chunk(int(h) or self.problem.heads, -1))

    def of_concat(self, a: Tensor) -> Tensor:
        return torch.cat(list(a), -1)

    def of_repeat(self, a: Tensor, r: float) -> Tensor:
        return a.repeat_interleave(int(r), 0)

    def of_layernorm(self, a: Tensor, *factors: Tensor) -> Tensor:
        return functional.layer_norm(a, a.shape[-1:], *factors, eps=self.problem.config.get("epsilon", 1e-5))

    def of_rmsnorm(self, a: Tensor, gamma: Tensor | float = 1.0) -> Tensor:
        epsilon = self.problem.config.get("epsilon", 1e-5)
        return a * (a.square().mean(-1, keepdim=True) + epsilon).rsqrt() * gamma

    def of_rope(self, a: Tensor, *, pairs: bool = False) -> Tensor:
        (n, d), base = a.shape[-2:], self.problem.config.get("rope_base", 10000)
        angle = torch.arange(n).double()[:, None] * base ** (-2 * torch.arange(d // 2).double() / d)
        numbers = torch.view_as_complex(
            (a.unflatten(-1, (-1, 2)) if pairs else torch.stack(a.chunk(2, -1), -1)).contiguous()
        )
        turned = torch.view_as_real(numbers * torch.polar(torch.ones_like(angle), angle))
        return turned.flatten(-2) if pairs else torch.cat([turned[..., 0], turned[..., 1]], -1)

    @staticmethod
    def of_positions(x: Tensor) -> Tensor:
        n, d = x.shape
        places = torch.zeros(n, d, dtype=torch.float64)
        for j in range(d):
            angle = torch.arange(n).double() / 10000 ** ((j - j % 2) / d)
            places[:, j] = angle.cos() if j % 2 else angle.sin()
        return places

    @staticmethod
    def of_alibi(a: Tensor) -> Tensor:
        h = a.shape[0] if a.ndim > 2 else 1
        slopes = 2.0 ** (-8 * torch.arange(1, h + 1).double() / h)
        n, m = a.shape[-2:]
        distance = (torch.arange(m) - torch.arange(n)[:, None]).double()
        return a + (slopes[:, None, None] * distance if a.ndim > 2 else slopes[0] * distance)

    of_σ = staticmethod(torch.sigmoid)
    of_tanh = staticmethod(torch.tanh)
    of_relu = staticmethod(torch.relu)
    of_silu = staticmethod(functional.silu)
    of_gelu = staticmethod(functional.gelu)
    of_gelu_tanh = staticmethod(lambda a: functional.gelu(a, approximate="tanh"))
    of_softcap = staticmethod(lambda a, c: c * (a / c).tanh())
    of_l2norm = staticmethod(lambda a: a / a.norm(dim=-1, keepdim=True))
    of_rowshare = staticmethod(lambda a: a / a.sum(-1, keepdim=True))


# ---------------------------------------------------------------- the problems

ROPE = "Qr = rope({q})\nKr = rope({k})\nS = Qr·Krᵀ"
SHARED = "Kh = split(K, 1)\nKr = repeat(Kh, 3)\nVh = split(V, 1)\nVr = repeat(Vh, 3)\nS = Qh·Krᵀ\nH = A·Vr"
GROUPED = "Kh = split(K, 2)\nKr = repeat(Kh, 2)\nVh = split(V, 2)\nVr = repeat(Vh, 2)\nS = Qh·Krᵀ\nH = A·Vr"
FEED_FORWARD = """R1 = X + O
    N1 = layernorm(R1, γ1, β1)
    F1 = N1·W1 + b1
    F2 = {act}(F1)
    F3 = F2·W2 + b2
    R2 = N1 + F3
    N2 = layernorm(R2, γ2, β2)"""
FEED_SHAPES = {"γ1": D, "β1": D, "W1": UP, "b1": F, "W2": DOWN, "b2": D, "γ2": D, "β2": D}
PRE = "N1 = layernorm(X, γ1, β1)\nQ = N1·Wq\nK = N1·Wk\nV = N1·Wv\nR1 = X + O"
GPT = """T = positions(X)
    X1 = X + T
    N1 = layernorm(X1, γ1, β1)
    Q = N1·Wq
    K = N1·Wk
    V = N1·Wv
    R1 = X1 + O
    N2 = layernorm(R1, γ2, β2)
    F1 = N2·W1 + b1
    F2 = gelu(F1)
    F3 = F2·W2 + b2
    R2 = R1 + F3
    N3 = layernorm(R2, γ3, β3)
    J = N3·Wu"""
GPT_SHAPES = {**FEED_SHAPES, "γ3": D, "β3": D, "Wu": (D_MODEL, WORDS)}
LLAMA = """N1 = rmsnorm(X, γ1)
    Q = N1·Wq
    K = N1·Wk
    V = N1·Wv
    Kh = split(K, 2)
    Vh = split(V, 2)
    Qr = rope(Qh)
    Kr = rope(Kh)
    Ks = repeat(Kr, 2)
    Vs = repeat(Vh, 2)
    S = Qr·Ksᵀ
    H = A·Vs
    R1 = X + O
    N2 = rmsnorm(R1, γ2)
    G1 = N2·Wg
    G2 = silu(G1)
    G3 = N2·W1
    F1 = G2∘G3
    F2 = F1·W2
    R2 = R1 + F2"""
LLAMA_SHAPES = {"γ1": D, "γ2": D, "Wg": UP, "W1": UP, "W2": DOWN}
TWO_LAYERS = """Q2 = O·Wq2
    K2 = O·Wk2
    V2 = O·Wv2
    S2 = Q2·K2ᵀ
    Z2 = S2/2
    A2 = softmax(Z2)
    O2 = A2·V2"""
PLAIN = {"lesson": False}

PROBLEMS = [
    Problem("softcap", "Zc = softcap(Z, 3)\nA = softmax(Zc)"),
    Problem("softcap-then-mask", "Zc = softcap(Z, 1.5)\nM = mask(Zc)", mask="causal", heads=2),
    Problem("mask-then-softcap", "Zc = softcap(M, 5)\nA = softmax(Zc)", mask="causal"),
    Problem("softcap-padding", "Zc = softcap(S, 2)\nM = mask(Zc)", mask="padding", heads=2, wo=True),
    Problem("sink", "A = softmax(Z, s)", s=(1,)),
    Problem("sinks-heads", "A = softmax(M, s)", heads=3, mask="causal", s=(3,)),
    Problem("alibi", "Zb = alibi(Z)\nA = softmax(Zb)"),
    Problem("alibi-heads", "Zb = alibi(Z)\nM = mask(Zb)", heads=3, mask="causal", wo=True),
    Problem("alibi-cross", "Zb = alibi(Z)\nA = softmax(Zb)", heads=2, context=5),
    Problem("window", "R = X + O", heads=2, mask="window", wo=True, output="R"),
    Problem("window-both-sides", "Zc = softcap(Z, 2)\nM = mask(Zc)", mask="both sides"),
    Problem("window-causal", "A = softmax(M, s)", mask="causal window", s=(1,)),
    Problem("rope", ROPE.format(q="Q", k="K")),
    Problem("rope-heads", ROPE.format(q="Qh", k="Kh"), heads=2, mask="causal"),
    Problem("rope-pairs", "Qr = rope(Q, pairs)\nKr = rope(K, pairs)\nS = Qr·Krᵀ", config={"rope_base": 20}),
    Problem("rope-cross", ROPE.format(q="Qh", k="Kh"), heads=2, context=3, wo=True),
    Problem("gqa", GROUPED, heads=4, groups=2, wo=True),
    Problem("gqa-causal", GROUPED, heads=4, groups=2, mask="causal", loss="mse"),
    Problem("mqa", SHARED, heads=3, groups=1, wo=True),
    Problem("residual", "R = X + O", wo=True, output="R", loss="mse"),
    Problem("residual-norm", "R = X + O\nN1 = layernorm(R, γ, β)", wo=True, output="N1", γ=D, β=D),
    Problem("norm-without-factors", "R = X + O\nN1 = layernorm(R)", wo=True, output="N1",
            config={"epsilon": 0.25}),
    Problem("norm-with-one-factor", "N1 = layernorm(O, γ)", output="N1", γ=(D_HEAD,)),
    Problem("block", FEED_FORWARD.format(act="relu"), heads=2, wo=True, output="N2", **FEED_SHAPES),
    Problem("block-gelu", FEED_FORWARD.format(act="gelu"), wo=True, output="N2", loss="mse", **FEED_SHAPES),
    Problem("block-gelu-tanh", FEED_FORWARD.format(act="gelu_tanh"), wo=True, output="N2", **FEED_SHAPES),
    Problem("block-silu", FEED_FORWARD.format(act="silu"), wo=True, output="N2", loss="sum", **FEED_SHAPES),
    Problem("block-tanh", FEED_FORWARD.format(act="tanh"), wo=True, output="N2", loss="bce", **FEED_SHAPES),
    Problem("pre-norm", PRE, heads=2, wo=True, output="R1", mask="causal", γ1=D, β1=D),
    Problem("gpt", GPT, heads=2, wo=True, output="J", mask="causal", loss="ce", **GPT_SHAPES),
    Problem("gpt-capped", GPT + "\nJc = softcap(J, 3)", wo=True, output="Jc", mask="causal", loss="ce",
            **GPT_SHAPES),
    Problem("llama", LLAMA, heads=4, groups=2, wo=True, output="R2", mask="causal", **LLAMA_SHAPES),
    Problem("linear-attention", "Q1 = σ(Q)\nK1 = σ(K)\nS = Q1·K1ᵀ\nA = rowshare(S)"),
    Problem("linear-attention-heads", "Q1 = σ(Qh)\nK1 = σ(Kh)\nS = Q1·K1ᵀ\nA = rowshare(S)", heads=2,
            wo=True),
    Problem("linear-attention-state", "T = Kᵀ·V\nO = Q·T"),
    Problem("cosine", "Qn = l2norm(Q)\nKn = l2norm(K)\nS = Qn·Knᵀ\nZ = 8·S"),
    Problem("query-norm", "Qn = rmsnorm(Qh, γ1)\nKn = rmsnorm(Kh, γ2)\nS = Qn·Knᵀ", heads=2,
            γ1=(D_HEAD,), γ2=(D_HEAD,)),
    Problem("learned-bias", "M = mask(Z + R)", mask="causal", R=(TOKENS, TOKENS)),
    Problem("learned-bias-shared", "M = mask(Z + R)", mask="causal", heads=2, R=(TOKENS, TOKENS)),
    Problem("learned-bias-heads", "M = mask(Z + R)", mask="padding", heads=2, R=(2, TOKENS, TOKENS)),
    Problem("mlp", "F1 = X·W1 + b1\nF2 = tanh(F1)\nF3 = F2·W2 + b2", output="F3", loss="mse", **PLAIN,
            W1=UP, b1=F, W2=DOWN, b2=D),
    Problem("mlp-classes", "F1 = X·W1 + b1\nF2 = σ(F1)\nF3 = F2·W2", output="F3", loss="ce", **PLAIN,
            W1=UP, b1=F, W2=(HIDDEN, WORDS)),
    Problem("two-layers", TWO_LAYERS, output="O2", Wq2=(D_HEAD, 4), Wk2=(D_HEAD, 4), Wv2=(D_HEAD, 3)),
    Problem("two-layers-residual", "X2 = X + O\n" + TWO_LAYERS.replace("O·W", "X2·W"), wo=True, output="O2",
            mask="causal", Wq2=(D_MODEL, 4), Wk2=(D_MODEL, 4), Wv2=SQUARE),
    Problem("differential", "Q2 = X·Wq2\nK2 = X·Wk2\nS2 = Q2·K2ᵀ\nZ2 = S2/√d_k\nA1 = softmax(Z)\n"
            "A2 = softmax(Z2)\nA3 = 0.6·A2\nA = A1 − A3", Wq2=(D_MODEL, D_HEAD), Wk2=(D_MODEL, D_HEAD)),
    Problem("gated-output", "G1 = X·Wg + bg\nG2 = σ(G1)\nR = O∘G2", wo=True, output="R", Wg=SQUARE, bg=D),
    Problem("layer-scale", "O1 = O∘g\nR = X + O1", wo=True, output="R", g=D),
    Problem("vectors", "X1 = X + b\nX2 = X1 − a\nQ = X2·Wq\nR = O∘a", wo=True, output="R", a=D, b=D),
    Problem("vectors-heads", "Q1 = Qh + a\nK1 = Kh − b\nV1 = Vh∘g\nS = Q1·K1ᵀ\nH = A·V1", heads=2,
            a=(D_HEAD,), b=(D_HEAD,), g=(D_HEAD,)),
    Problem("one-bias-twice", "Q = X·Wq + b\nV = X·Wv + b", b=(D_HEAD,)),
    Problem("squares", "X1 = X∘X\nR = X1 − O", wo=True, output="R"),
    Problem("attention-twice", "A1 = A·A\nO = A1·V"),
    Problem("difference-of-one", "R = X − X\nT = X + X\nR1 = R + T\nR2 = R1∘O", wo=True, output="R2"),
    Problem("covariance", "T = Xᵀ·X\nR = O·T", wo=True, output="R"),
    Problem("positions-odd", "T = positions(X)\nX1 = X + T\nQ = X1·Wq\nK = X1·Wk", X=(TOKENS, 5),
            Wq=(5, 4), Wk=(5, 4), Wv=(5, 4)),
    Problem("biases-and-scale", "Zc = softcap(Z, 4)\nA = softmax(Zc)", heads=2, wo=True,
            config={"scale": 0.3}, bq=(8,), bv=(8,), bo=D),
    Problem("scale-of-its-own", "Z = S/h\nR = 2·O", heads=2, output="R"),
    Problem("no-scale", "A = softmax(S, s)", heads=2, config={"scale": False}, s=(2,)),
    Problem("cross-norm", "E1 = layernorm(E, γ, β)\nK = E1·Wk\nV = E1·Wv", context=5, heads=2, γ=D, β=D),
    Problem("three-terms", "R = X + O + F1\nF1 = X·W1", wo=True, output="R", W1=SQUARE),
]  # fmt: skip


def answers(problem: Problem) -> dict[str, Any]:
    """Work a problem out, with its loss."""
    page = Evaluation(problem)
    output = page[problem.output]
    config = {**problem.config, **{symbol: value.tolist() for symbol, value in problem.given.items()}}
    if "E" in config:
        config["context"] = {"embeddings": config.pop("E")}
    shape = tuple(output.shape)
    match problem.loss:
        case "upstream":
            arriving = np.round(problem.rng.uniform(-1, 1, shape), 3)
            config["upstream"] = arriving.tolist()
            loss = (torch.tensor(arriving) * output).sum()
        case "mse":
            target = np.round(problem.rng.uniform(-1, 1, shape), 3)
            config["target"] = target.tolist()
            loss = (output - torch.tensor(target)).square().sum()
        case "bce":
            target = np.round(problem.rng.uniform(0.1, 0.9, shape), 3)
            config["target"] = target.tolist()
            page.rows["P"] = f"σ({problem.output})"
            y, p = torch.tensor(target), page["P"]
            loss = -(y * p.log() + (1 - y) * (1 - p).log()).sum()
        case "ce":
            classes = problem.rng.integers(0, shape[-1], shape[0])
            config["target"] = classes.tolist()
            page.rows["P"] = f"softmax({problem.output})"
            loss = -page["P"][torch.arange(shape[0]), torch.tensor(classes)].log().sum()
        case _:
            loss = output.sum()
    loss.backward()
    gradients = {symbol: value.grad for symbol, value in page.values.items() if value.grad is not None}
    for symbol, gradient in gradients.items():
        if gradient.abs().max() < SMALLEST_GRADIENT:
            print(problem.name, symbol, "has a gradient of", float(gradient.abs().max()))
    return {
        "name": problem.name,
        "config": config,
        "loss": loss.item(),
        "values": {symbol: listed(value) for symbol, value in page.values.items()},
        "gradients": {symbol: listed(gradient) for symbol, gradient in gradients.items()},
    }


def listed(value: Tensor) -> Any:
    """Return nested lists; −∞ as text."""

    def plain(item: Any) -> Any:
        return [plain(one) for one in item] if isinstance(item, list) else "-inf" if item == -np.inf else item

    return plain(value.tolist())


def main() -> None:
    """Work every problem out, and write the file: one a line."""
    entries = [answers(problem) for problem in PROBLEMS]
    assert len({one["name"] for one in entries}) == len(entries)
    lines = [json.dumps(one, allow_nan=False, ensure_ascii=False, separators=(",", ":")) for one in entries]
    OUTPUT.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} problems, {OUTPUT.stat().st_size / 1e6:.2f} MB: {OUTPUT}")


if __name__ == "__main__":
    main()
