"""One attention layer, forward and backward, again and again: ``ours|fused|eager n dtype mask``."""

from __future__ import annotations

import gc
import json
import mmap
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

D_MODEL, HEADS = 512, 8
WANTED = ("dX", "dWq", "dWk", "dWv", "dWo")


def layer(n: int, dtype: str) -> dict[str, np.ndarray]:
    """The same numbers for everybody."""
    rng = np.random.default_rng(n)
    numbers = {"X": rng.standard_normal((n, D_MODEL))}
    for name in ("Wq", "Wk", "Wv", "Wo"):
        numbers[name] = rng.standard_normal((D_MODEL, D_MODEL)) / np.sqrt(D_MODEL)
    numbers["Y"] = (rng.random((n, D_MODEL)) > 0.5).astype(float)
    return {name: value.astype(dtype) for name, value in numbers.items()}


def ours(numbers: dict[str, np.ndarray], dtype: str, *, causal: bool):
    import attncli.calculation

    target = numbers.pop("Y")
    problem = attncli.Problem(**numbers, heads=HEADS, mask=causal, target=target)
    numbers.clear()

    def work() -> list[np.ndarray]:
        result = attncli.backward(problem, only=WANTED, dtype=dtype)
        return [result[name] for name in WANTED]

    return work


def torch_layer(numbers: dict[str, np.ndarray], *, causal: bool, fused: bool):
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, scaled_dot_product_attention

    torch.set_num_threads(2)
    given = {name: torch.from_numpy(value) for name, value in numbers.items()}
    leaves = [given[name].requires_grad_() for name in ("X", "Wq", "Wk", "Wv", "Wo")]
    x, wq, wk, wv, wo = leaves
    n = len(x)
    hidden = torch.ones(n, n, dtype=torch.bool).triu(1) if causal and not fused else None

    def attend(q, k, v):
        if fused:
            return scaled_dot_product_attention(q[None], k[None], v[None], is_causal=causal)[0]
        scores = q @ k.transpose(1, 2) / (D_MODEL // HEADS) ** 0.5
        if hidden is not None:
            scores = scores.masked_fill(hidden, float("-inf"))
        return scores.softmax(-1) @ v

    def work() -> list[np.ndarray]:
        q, k, v = ((x @ w).view(n, HEADS, -1).transpose(0, 1) for w in (wq, wk, wv))
        output = attend(q, k, v).transpose(0, 1).reshape(n, D_MODEL) @ wo
        loss = binary_cross_entropy_with_logits(output, given["Y"], reduction="sum")
        return [gradient.numpy() for gradient in torch.autograd.grad(loss, leaves)]

    return work


def peak() -> int:
    """The most memory that this process has had, in bytes; not what its parent had, as ru_maxrss may say."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def touch(size: int) -> float:
    """Return the seconds that it takes to write into each page of so much new memory of NumPy's, once."""
    start = time.perf_counter()
    np.empty(size, np.uint8)[:: mmap.PAGESIZE] = 1
    return time.perf_counter() - start


def main() -> None:
    kind, n, dtype, mask = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    numbers, causal = layer(n, dtype), mask == "causal"
    if kind == "ours":
        work = ours(numbers, dtype, causal=causal)
    else:
        work = torch_layer(numbers, causal=causal, fused=kind == "fused")
    gc.collect()
    before, beyond, results = peak(), 0, 0
    print(json.dumps({"ready": 1}), flush=True)
    for line in sys.stdin:
        if line == "touch\n":  # what the call before this one had to take for itself and its results
            print(json.dumps({"seconds": touch(beyond + results)}), flush=True)
            continue
        taken, cpu = [], time.process_time()
        for _ in range(int(line)):
            gradients = None
            start = time.perf_counter()
            gradients = work()
            taken.append(time.perf_counter() - start)
        cpu = time.process_time() - cpu
        results = sum(gradient.nbytes for gradient in gradients)
        beyond = max(peak() - before - results, 0)
        checks = [float(np.abs(gradient.astype(float)).sum()) for gradient in gradients]
        answer = {"seconds": median(taken), "cpu": cpu, "beyond": beyond, "peak": peak(), "sums": checks}
        print(json.dumps(answer), flush=True)
        del gradients


if __name__ == "__main__":
    main()
