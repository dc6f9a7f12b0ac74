"""One small layer, forward and backward, again and again: ``small_worker ours|eager``."""

from __future__ import annotations

import json
import sys
import time
from statistics import median

import numpy as np

N, WIDE, HEADS = 8, 8, 2
CALLS = 400  # of each turn; its median counts
WEIGHTS = ("Wq", "Wk", "Wv", "Wo")


def layer() -> dict[str, np.ndarray]:
    """The same numbers for everybody."""
    rng = np.random.default_rng(0)
    numbers = {"X": rng.standard_normal((N, WIDE))}
    numbers |= {name: rng.standard_normal((WIDE, WIDE)) for name in WEIGHTS}
    return numbers | {"Y": (rng.random((N, WIDE)) > 0.5).astype(float)}


def ours(numbers: dict[str, np.ndarray]):
    import attncli

    problem = attncli.Problem(
        **{name: numbers[name] for name in ("X", *WEIGHTS)}, heads=HEADS, target=numbers["Y"]
    )

    def work() -> list[np.ndarray]:
        result = attncli.backward(problem)
        return [result[f"d{name}"] for name in ("X", *WEIGHTS)]

    return work


def eager(numbers: dict[str, np.ndarray]):
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    torch.set_num_threads(1)  # more of them make it slower
    leaves = [torch.from_numpy(numbers[name]).requires_grad_() for name in ("X", *WEIGHTS)]
    x, wq, wk, wv, wo = leaves
    target = torch.from_numpy(numbers["Y"])

    def work() -> list[np.ndarray]:
        q, k, v = ((x @ w).view(N, HEADS, -1).transpose(0, 1) for w in (wq, wk, wv))
        weights = (q @ k.transpose(1, 2) / (WIDE // HEADS) ** 0.5).softmax(-1)
        output = (weights @ v).transpose(0, 1).reshape(N, WIDE) @ wo
        loss = binary_cross_entropy_with_logits(output, target, reduction="sum")
        return [gradient.numpy() for gradient in torch.autograd.grad(loss, leaves)]

    return work


def main() -> None:
    work = {"ours": ours, "eager": eager}[sys.argv[1]](layer())
    print(json.dumps({"ready": 1}), flush=True)
    for _line in sys.stdin:
        taken, cpu = [], time.process_time()
        for _call in range(CALLS):
            start = time.perf_counter()
            gradients = work()
            taken.append(time.perf_counter() - start)
        sums = [float(np.abs(gradient).sum()) for gradient in gradients]
        cpu = time.process_time() - cpu
        print(json.dumps({"seconds": median(taken), "cpu": cpu, "sums": sums}), flush=True)


if __name__ == "__main__":
    main()
