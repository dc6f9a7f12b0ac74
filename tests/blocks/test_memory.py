"""The memory of a call: laid out before it starts, once, and never shared with what comes out."""

from __future__ import annotations

import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attncli
from attncli import calculation
from attncli.blocks import memory, streaming
from attncli.blocks.memory import LINE, Layout, Piece
from attncli.blocks.threads import Crew

WANTED = ("dX", "dWq", "dWk", "dWv", "dWo")
N, D = 3000, 64


def layer(n: int = N, mask: object = None) -> attncli.Problem:
    rng = np.random.default_rng(n)
    weights = {name: rng.normal(size=(D, D)) / 8 for name in ("Wq", "Wk", "Wv", "Wo")}
    target = rng.random((n, D))
    return attncli.Problem(X=rng.normal(size=(n, D)), **weights, heads=4, mask=mask, target=target)


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12),
    st.sampled_from(["float32", "float64"]),
)
def test_what_is_in_use_at_the_same_time_does_not_overlap(pieces: list[tuple[int, ...]], dtype: str) -> None:
    named = {str(i): Piece(count, min(one, two), max(one, two)) for i, (count, one, two) in enumerate(pieces)}
    layout = Layout(named, np.dtype(dtype))
    arrays = layout.arrays(memory.memory_of(layout.nbytes))
    for time in range(7):
        used = [name for name, piece in named.items() if piece.first <= time <= piece.last]
        for name in used:
            arrays[name].fill(int(name))
        assert all((arrays[name] == int(name)).all() for name in used)
    assert all(array.ctypes.data % LINE == 0 for array in arrays.values())
    assert layout.nbytes <= sum(map(layout.size, named))


def test_memory_is_used_again_as_soon_as_it_can_be() -> None:
    pieces = {"long": Piece(100, 0, 3), "early": Piece(800, 0, 1), "late": Piece(800, 2, 3)}
    layout = Layout(pieces, np.dtype("float64"))
    assert layout.places["early"] == layout.places["late"]
    assert layout.nbytes == layout.size("long") + layout.size("early")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("mask", [None, "causal"])
def test_a_call_takes_what_was_foreseen(mask: object, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "processors", lambda: workers)
    problem, foreseen, took = layer(mask=mask), [], memory.memory_of
    attncli.backward(problem, only=WANTED)  # what is kept for later calls: the schedule
    monkeypatch.setattr(memory, "memory_of", lambda nbytes: (foreseen.append(nbytes), took(nbytes))[1])
    tracemalloc.start()
    try:
        result = attncli.backward(problem, only=WANTED)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    results = sum(value.nbytes for value in result.values.values())
    assert max(foreseen) > 4 * N * D * 8
    # What a block needs beside it, such as the steps of its loss, is smaller than a matrix of the problem.
    assert 0 <= peak - results - max(foreseen) < N * D * 8


def test_a_call_gives_its_memory_back_at_once() -> None:
    problem = layer()
    attncli.backward(problem, only=WANTED)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        result = attncli.backward(problem, only=WANTED)
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    results = sum(value.nbytes for value in result.values.values())
    assert results <= left < results + N * D * 8


def test_a_call_leaves_numpy_s_buffer_as_it_was() -> None:
    before = np.getbufsize()
    attncli.backward(layer(), only=WANTED)
    assert np.getbufsize() == before


def test_results_share_no_memory_with_a_workspace() -> None:
    problem, other = layer(), layer(900)
    plain = attncli.backward(problem, only=WANTED)
    with attncli.workspace():
        first = attncli.backward(problem, only=WANTED)
        kept = {symbol: first[symbol].copy() for symbol in WANTED}
        attncli.backward(other, only=WANTED)
        attncli.backward(problem, only="O")
        again = attncli.backward(problem, only=WANTED)
    for symbol in WANTED:
        assert np.array_equal(first[symbol], kept[symbol])
        assert np.abs(again[symbol] - plain[symbol]).max() <= 1e-12 * np.abs(plain[symbol]).max()
        assert not np.shares_memory(first[symbol], again[symbol])


def test_a_workspace_keeps_its_memory_until_it_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, took = [], memory.memory_of
    monkeypatch.setattr(memory, "memory_of", lambda nbytes: (sizes.append(nbytes), took(nbytes))[1])
    with attncli.workspace():
        for n in (1200, 1200, 900):
            attncli.backward(layer(n), only="dX")
    assert sum(size > 0 for size in sizes) == 1
    for _ in range(2):
        attncli.backward(layer(900), only="dX")
    assert sum(size > 0 for size in sizes) == 3


def test_calls_at_the_same_time_each_have_their_own_memory() -> None:
    problems = [layer(n) for n in (700, 800, 900)]
    plain = [attncli.backward(problem, only="dX")["dX"] for problem in problems]

    def work(i: int) -> np.ndarray:
        with attncli.workspace():
            return [attncli.backward(problems[i], only="dX")["dX"] for _ in range(3)][-1]

    with ThreadPoolExecutor(3) as pool:
        for found, wanted in zip(pool.map(work, range(3)), plain, strict=True):
            assert np.abs(found - wanted).max() <= 1e-12 * np.abs(wanted).max()


def test_a_failed_call_gives_the_workspace_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calculation, "LARGE", 0)
    huge = attncli.Problem(X=np.full((9, 2), 1e200), Wq=np.eye(2) * 1e200, Wk=np.eye(2), Wv=np.eye(2))
    with attncli.workspace():
        with pytest.raises(attncli.AttnError, match="too large"):
            attncli.forward(huge, only="O")
        assert attncli.forward(layer(), only="O")["O"].shape == (N, D)


def test_the_first_worker_that_fails_says_why_and_the_others_stop() -> None:
    crew, seen = Crew(3), []

    def work(worker: int) -> None:
        crew.meet(worker)
        if worker == 1:
            raise ValueError("no")
        crew.meet(worker)
        seen.append(worker)

    with pytest.raises(ValueError, match="no"):
        crew.run(work)
    assert not seen
