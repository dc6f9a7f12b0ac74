"""Mistakes of projections, heads, output and dropout: each against a plain formula, and its gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.homework.key import Key
from attncli.mistakes import heads as ops
from attncli.mistakes.catalogue import Mistake
from attncli.mistakes.consistent import consistent_page
from attncli.page.lazy import IMPOSSIBLE, LazyPage

Arrays = dict[str, Any]
Plain = Callable[[Arrays], Any]

FORMS = [
    pytest.param(heads, wo, biases, id=f"{heads}{' Wo' * wo}{' biases' * biases}")
    for heads in (1, 2, 3)
    for wo in (True, False)
    for biases in (True, False)
]


def drawn(
    heads: int,
    *,
    wo: bool = True,
    biases: bool = True,
    context: int = 0,
    sizes: tuple[int, ...] = (4, 5, 3, 2, 7),
) -> Arrays:
    """Draw a problem; sizes are n, d_model, d_k, d_v and d_out; 0 for d_model or d_out: as wide as V."""
    random = np.random.default_rng([heads, wo, biases, context, *sizes])
    n, d_model, d_k, d_v, d_out = sizes
    d_model, d_out = d_model or heads * d_v, d_out or heads * d_v
    shapes: dict[str, tuple[int, ...]] = {"X": (n, d_model)}
    if context:
        shapes["E"] = (context, d_model)
    for name, width in (("q", d_k), ("k", d_k), ("v", d_v)):
        shapes[f"W{name}"] = (d_model, heads * width)
        if biases:
            shapes[f"b{name}"] = (heads * width,)
    if wo:
        shapes["Wo"] = (heads * d_v, d_out)
        if biases:
            shapes["bo"] = (d_out,)
    shapes["U"] = (n, d_out if wo else heads * d_v)
    return {"h": heads, **{name: random.normal(size=shape) for name, shape in shapes.items()}}


def key_of(p: Arrays) -> Key:
    """Write the same as a problem of ours."""
    names = {"U": "upstream", "h": "heads"}
    config = {names.get(name, name): value for name, value in p.items() if name != "E"}
    if "E" in p:
        config["context"] = {"embeddings": p["E"]}
    return Key.of(attncli.Problem(**config, loss="upstream"))


def softmax(scores: Any) -> Any:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def project(p: Arrays, x: Any, name: str, weight: str = "", bias: str = "") -> Any:
    return x @ p[f"W{weight or name}"] + p.get(f"b{bias or name}", 0)


def blocks(matrix: Any, heads: int) -> list[Any]:
    return np.split(matrix, heads, axis=1)


def attend(q: Any, k: Any, v: Any) -> Any:
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def side_by_side(heads: list[Any]) -> Any:
    return np.concatenate(heads, axis=1)


def out(p: Arrays, c: Any) -> Any:
    return c @ p["Wo"] + p.get("bo", 0) if "Wo" in p else c


def attention(
    p: Arrays,
    q: Any = None,
    k: Any = None,
    v: Any = None,
    split: Callable[[Any, int], Any] = blocks,
    head: Callable[[Any, Any, Any], Any] = attend,
    join: Callable[[list[Any]], Any] = side_by_side,
    output: Callable[[Arrays, Any], Any] = out,
) -> Any:
    """Work attention out as a textbook has it, one step of it done otherwise."""
    keys = p.get("E", p["X"])
    q = project(p, p["X"], "q") if q is None else q
    k = project(p, keys, "k") if k is None else k
    v = project(p, keys, "v") if v is None else v
    each = zip(*(split(one, p["h"]) for one in (q, k, v)), strict=True)
    return output(p, join([head(*one) for one in each]))


def by_reshape(matrix: Any, heads: int) -> Any:
    return matrix.ravel().reshape(heads, len(matrix), -1)


def in_turn(matrix: Any, heads: int) -> list[Any]:
    return [matrix[:, i::heads] for i in range(heads)]


def interleaved(heads: list[Any]) -> Any:
    return np.stack([one[:, j] for j in range(heads[0].shape[1]) for one in heads], axis=1)


def last_one_left(heads: list[Any]) -> Any:
    joined = side_by_side(heads)
    for one in heads:
        joined[:, : one.shape[1]] = one
    joined[:, heads[0].shape[1] :] = 0
    return joined


def each_product(p: Arrays, c: Any) -> list[Any]:
    rows = np.split(p["Wo"], p["h"], axis=0)
    return [one @ wo for one, wo in zip(blocks(c, p["h"]), rows, strict=True)]


def averaged(p: Arrays, c: Any) -> Any:
    return sum(each_product(p, c)) / p["h"] + p.get("bo", 0)


def maximum(p: Arrays, c: Any) -> Any:
    best = each_product(p, c)[0]
    for one in each_product(p, c):
        best = np.where(one > best, one, best)
    return best + p.get("bo", 0)


def heads_look_at_heads(p: Arrays) -> Any:
    rows = []
    for x, e in zip(p["X"], p.get("E", p["X"]), strict=True):
        q, k, v = (
            project(p, one[None], name).reshape(p["h"], -1) for one, name in ((x, "q"), (e, "k"), (e, "v"))
        )
        rows.append((softmax(q @ k.T / np.sqrt(q.shape[1])) @ v).ravel())
    return out(p, np.array(rows))


def triples(p: Arrays) -> Any:
    whole = np.hstack([project(p, p["X"], name) for name in "qkv"])
    return out(
        p, side_by_side([attend(*np.split(block, 3, axis=1)) for block in np.split(whole, p["h"], axis=1)])
    )


def twice(p: Arrays, x: Any, name: str) -> Any:
    return project(p, project(p, x, name), name)


def relu(p: Arrays, x: Any, name: str) -> Any:
    return np.where(project(p, x, name) < 0, 0, project(p, x, name))


def first_values(q: Any, k: Any, v: Any) -> Any:  # noqa: ARG001
    return attend(q, q, v[: len(q)])


def own_value(q: Any, k: Any, v: Any) -> Any:
    return np.array([sum(row) * v[i] for i, row in enumerate(softmax(q @ k.T / np.sqrt(q.shape[1])))])


SQUARE = {"sizes": (4, 0, 2, 2, 0)}
EQUAL = {"sizes": (4, 5, 3, 3, 0)}
MANY, FEW = {"context": 6}, {"context": 4}
CASES: list[tuple[str, str, dict[str, Any], Plain]] = [
    # id, symbols of the rows done otherwise, what the problem must be like, the plain formula
    (
        "projection-missing",
        "V",
        {"sizes": (4, 9, 3, 2, 5)},
        lambda p: attention(p, v=p["X"][:, : p["Wv"].shape[1]]),
    ),
    ("projection-missing", "V", SQUARE, lambda p: attention(p, v=p["X"])),
    ("projection-swapped", "V", EQUAL, lambda p: attention(p, v=project(p, p["X"], "v", weight="k"))),
    ("projection-swapped", "K", {}, lambda p: attention(p, k=project(p, p["X"], "k", weight="q"))),
    ("projection-transposed", "Q", SQUARE, lambda p: attention(p, q=p["X"] @ p["Wq"].T + p.get("bq", 0))),
    ("projection-relu", "Q", {}, lambda p: attention(p, q=relu(p, p["X"], "q"))),
    ("projection-relu", "K", MANY, lambda p: attention(p, k=relu(p, p["E"], "k"))),
    ("projection-relu", "V", {}, lambda p: attention(p, v=relu(p, p["X"], "v"))),
    ("projection-twice", "Q", SQUARE, lambda p: attention(p, q=twice(p, p["X"], "q"))),
    ("projection-twice", "K", SQUARE, lambda p: attention(p, k=twice(p, p["X"], "k"))),
    ("projection-twice", "V", {**SQUARE, **MANY}, lambda p: attention(p, v=twice(p, p["E"], "v"))),
    ("scores-qq", "S", {}, lambda p: attention(p, k=project(p, p["X"], "q"))),
    ("scores-qq", "S H", MANY, lambda p: attention(p, head=first_values)),
    ("scores-with-v", "S", EQUAL, lambda p: attention(p, head=lambda q, k, v: attend(q, v, v))),  # noqa: ARG005
    ("scores-swapped", "S", {}, lambda p: attention(p, head=lambda q, k, v: attend(k, q, v))),
    ("output-at-v", "H", {}, lambda p: attention(p, head=lambda q, k, v: attend(q, k, np.eye(len(k))).T @ v)),
    ("output-with-k", "H", EQUAL, lambda p: attention(p, head=lambda q, k, v: attend(q, k, k))),  # noqa: ARG005
    ("output-own-value", "H", {}, lambda p: attention(p, head=own_value)),
    ("values-first-row", "H", {}, lambda p: attention(p, head=lambda q, k, v: attend(q, k, v[[0] * len(v)]))),
    (
        "values-first-row",
        "H",
        MANY,
        lambda p: attention(p, head=lambda q, k, v: attend(q, k, v[[0] * len(v)])),
    ),
    ("dropout-weights-shrunk", "H", {}, lambda p: attention(p, head=lambda q, k, v: 0.95 * attend(q, k, v))),
    (
        "wo-transposed",
        "O",
        {"sizes": (4, 5, 3, 2, 0)},
        lambda p: attention(p, output=lambda p, c: c @ p["Wo"].T + p.get("bo", 0)),
    ),
    ("wo-missing", "O", {"sizes": (4, 5, 3, 2, 0)}, lambda p: attention(p, output=lambda _, c: c)),
    ("context-keys-only", "V", FEW, lambda p: attention(p, v=project(p, p["X"], "v"))),
    ("bias-missing", "Q", {}, lambda p: attention(p, q=p["X"] @ p["Wq"])),
    ("bias-missing", "O", {}, lambda p: attention(p, output=lambda p, c: c @ p["Wo"])),
    (
        "biases-swapped",
        "Q K",
        {},
        lambda p: attention(p, q=project(p, p["X"], "q", bias="k"), k=project(p, p["X"], "k", bias="q")),
    ),
    ("bo-per-head", "O", {}, lambda p: attention(p) + (p["h"] - 1) * p["bo"]),
    ("heads-split-reshape", "Qh Kh Vh", {}, lambda p: attention(p, split=by_reshape)),
    ("heads-split-reshape", "Qh Kh Vh", MANY, lambda p: attention(p, split=by_reshape)),
    ("heads-split-interleaved", "Qh Kh Vh", {}, lambda p: attention(p, split=in_turn)),
    (
        "heads-merge-reshape",
        "C",
        {},
        lambda p: attention(p, join=lambda heads: np.array(heads).ravel().reshape(len(p["X"]), -1)),
    ),
    ("heads-interleaved", "C", {}, lambda p: attention(p, join=interleaved)),
    ("heads-overwritten", "C", {}, lambda p: attention(p, join=last_one_left)),
    ("heads-averaged", "O", {}, lambda p: attention(p, output=averaged)),
    ("heads-averaged", "C", {}, lambda p: attention(p, join=lambda heads: sum(heads) / len(heads))),
    ("heads-maximum", "O", {}, lambda p: attention(p, output=maximum)),
    ("heads-attend-each-other", "S H", {}, heads_look_at_heads),
    ("heads-attend-each-other", "S H", FEW, heads_look_at_heads),
    ("qkv-triples", "Qh Kh Vh", EQUAL, triples),
    ("residual-added", "O", {"sizes": (4, 0, 3, 2, 0)}, lambda p: attention(p) + p["X"]),
    ("residual-added", "O", {"sizes": (4, 0, 3, 2, 0), **MANY}, lambda p: attention(p) + p["X"]),
]
NEEDS_HEADS = {id_ for id_, *_ in CASES if id_.startswith("heads-")} | {"qkv-triples", "bo-per-head"}
NEEDS_WO = {"wo-transposed", "wo-missing", "heads-maximum", "bo-per-head"}
NEEDS_BIASES = {"bias-missing", "biases-swapped", "bo-per-head"}
STEP = 1e-4


def exists(id_: str, symbols: str, heads: int, *, wo: bool, biases: bool) -> bool:
    """Whether the table has a mistake for such a problem."""
    at_output = id_ in NEEDS_WO or (id_ in {"heads-averaged", "bias-missing"} and symbols == "O")
    return (
        (heads > 1 or id_ not in NEEDS_HEADS)
        and (wo or not at_output)
        and (biases or id_ not in NEEDS_BIASES)
        and not (id_ == "heads-averaged" and symbols == "C" and wo)  # Wo has too many rows for it
    )


def made(key: Key, id_: str, symbols: str) -> Iterator[Mistake]:
    """Find a mistake in these rows, or in those that do their job on this page."""
    last = "O" if "Wo" not in key.page.reads else ""
    if last and symbols == "O" and id_ == "heads-averaged":
        return  # that is C's
    alone = key.problem.form.heads == 1
    jobs = {"C": last or "C", "H": last if alone and last else "H"}
    wanted = tuple(jobs.get(symbol, symbol) for symbol in symbols.split())
    for row in key.catalogue.values():
        for mistake in row:
            if mistake.id == id_ and tuple(one.symbol for one in mistake.rows) == wanted:
                yield mistake


def output_with(key: Key, mistake: Mistake) -> Any:
    page = LazyPage(key.page, key.given, mistake.rows)
    try:
        return page["O"]
    except IMPOSSIBLE:
        return None


@pytest.mark.parametrize(("heads", "wo", "biases"), FORMS)
@pytest.mark.parametrize(
    ("id_", "symbols", "like", "plain"), CASES, ids=lambda one: one if isinstance(one, str) else ""
)
def test_each_gives_the_numbers_of_its_plain_formula(
    *, id_: str, symbols: str, like: dict[str, Any], plain: Plain, heads: int, wo: bool, biases: bool
) -> None:
    p = drawn(heads, wo=wo, biases=biases, **like)
    key = key_of(p)
    np.testing.assert_allclose(key.values["O"], attention(p), atol=1e-12)
    found = [one for one in made(key, id_, symbols) if output_with(key, one) is not None]
    if not exists(id_, symbols, heads, wo=wo, biases=biases):
        assert found == []
        return
    expected = plain(p)
    outputs = [output_with(key, one) for one in found]
    fitting = [
        one
        for one, output in zip(found, outputs, strict=True)
        if output.shape == expected.shape and np.allclose(output, expected, atol=1e-12)
    ]
    assert fitting, (found, outputs, expected)
    if expected.shape == p["U"].shape:
        assert any(agrees_with_differences(key, one, p, plain) for one in fitting)


def agrees_with_differences(key: Key, mistake: Mistake, p: Arrays, plain: Plain) -> bool:
    """Whether the page derived from a mistake has the gradients of the plain formula."""
    page = consistent_page(key.page, mistake.rows)
    assert page is not None
    values = LazyPage(page, key.given)
    random = np.random.default_rng(5)
    for symbol in sorted(p.keys() - {"h", "U"}):
        direction = random.normal(size=p[symbol].shape)
        one, other, two, far = (
            (plain({**p, symbol: p[symbol] + k * STEP * direction}) * p["U"]).sum() for k in (1, -1, 2, -2)
        )
        slope = (8 * (one - other) - (two - far)) / (12 * STEP)
        gradient = values[f"d{symbol}"] if f"d{symbol}" in values.rows else np.zeros_like(direction)
        assert gradient.shape == direction.shape
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-7, atol=1e-8, err_msg=symbol)
    return True


@pytest.mark.parametrize("heads", [1, 2])
def test_a_bias_of_the_keys_changes_no_output(heads: int) -> None:
    key = key_of(drawn(heads))
    missing, *_ = made(key, "bias-missing", "K")
    swapped, *_ = made(key, "biases-swapped", "Q K")
    assert missing.id in {one.id for one in key.mistakes["K"]}
    np.testing.assert_allclose(output_with(key, missing), key.values["O"], atol=1e-12)
    only_q = Mistake(swapped.id, swapped.rows[:1])
    np.testing.assert_allclose(output_with(key, only_q), output_with(key, swapped), atol=1e-12)


def test_biases_can_only_be_swapped_where_there_are_both() -> None:
    p = drawn(2)
    for name in ("bq", "bk"):
        key = key_of({symbol: value for symbol, value in p.items() if symbol != name})
        assert [one for row in key.catalogue.values() for one in row if one.id == "biases-swapped"] == []


def test_heads_do_not_look_at_each_other_behind_a_mask() -> None:
    """The scores of heads with heads have another shape than the mask."""
    p = drawn(2)
    key = Key.of(
        attncli.Problem(**{name: p[name] for name in ("X", "Wq", "Wk", "Wv")}, heads=2, mask=True, loss="sum")
    )
    ids = {one.id for row in key.catalogue.values() for one in row}
    assert "heads-attend-each-other" not in ids
    assert "heads-split-reshape" in ids


def test_triples_need_q_k_and_v_of_one_sentence() -> None:
    for like in (EQUAL | FEW, {"sizes": (4, 5, 2, 5, 7)}):  # with a context; with d_v and d_k that differ
        key = key_of(drawn(2, wo=False, **like))
        found = [one for row in key.catalogue.values() for one in row if one.id == "qkv-triples"]
        assert [output_with(key, one) for one in found if output_with(key, one) is not None] == []


def test_what_is_written_of_each() -> None:
    key, p = key_of(drawn(2)), drawn(2, sizes=(4, 0, 3, 2, 0), context=6)
    formulas = {row.formula for one in key.catalogue.values() for mistake in one for row in mistake.rows}
    formulas |= {
        row.formula for one in key_of(p).catalogue.values() for mistake in one for row in mistake.rows
    }
    assert formulas >= {
        "Q = max(0, X·Wq + bq)",
        "Q = (X·Wq + bq)·Wq + bq",
        "Q = X·Wq + bk",
        "V = X·Wv + bv",
        "Qh = reshape(Q, h × n × d_k)",
        "Vh = reshape(V, h × m × d_v)",
        "Kh = split([Q K V])[d_k+1 … 2·d_k]",
        "S = Qh·Khᵀ among the heads of each token",
        "H = A·(the first n rows of Vh)",
        "H = 0.9·A·Vh",
        "H = rowsum(A)∘Vh",
        "C = reshape(H, n × h·d_v)",
        "O = C·Wo/h + bo",
        "O = C·Wo + h·bo",
        "O = max(Hᵢ·Woᵢ) + bo",
        "O = C·Wo + bo + X",
    }


@pytest.mark.parametrize(
    ("op", "plain"),
    [
        (ops.OWN_VALUE, lambda a, v: np.array([sum(row) * one for row, one in zip(a, v, strict=True)])),
        (ops.FIRST_ROW, lambda a, v: np.array([sum(row) * v[0] for row in a])),
    ],
)
def test_weights_need_not_sum_to_one(op: Any, plain: Any) -> None:
    """A row that is masked wholly, or was scaled after the softmax, does not."""
    random = np.random.default_rng(3)
    a, v, g = random.normal(size=(4, 4)), random.normal(size=(4, 3)), random.normal(size=(4, 3))
    np.testing.assert_allclose(op.value(a, v), plain(a, v))
    known = {"A": a, "V": v, "dH": g, "H": plain(a, v)}
    for path in op.gradients("H", "dH", "A", "V"):
        gradient = path.op.value(*(known[name] for name in path.args))
        for index in np.ndindex(*known[path.of].shape):
            step = np.zeros_like(known[path.of])
            step[index] = 1
            moved = {**known, path.of: known[path.of] + step}  # linear in each of them
            slope = ((plain(moved["A"], moved["V"]) - known["H"]) * g).sum()
            assert gradient[index] == pytest.approx(slope)


@pytest.mark.parametrize(
    ("op", "shapes"),
    [
        (ops.OWN_VALUE, [(4, 4), (1, 3)]),
        (ops.COMPARED, [(2, 4, 3), (2, 1, 3)]),
        (ops.AMONG, [(1, 2, 2), (2, 4, 3)]),
        (ops.FIRST_COLUMNS, [(4, 3), (3, 3)]),
        (ops.FIRST_COLUMNS, [(4, 3), (3, 5)]),
    ],
)
def test_shapes_that_do_not_fit_are_refused(op: Any, shapes: list[tuple[int, ...]]) -> None:
    """NumPy would take a single row, or fewer columns, for what is meant."""
    with pytest.raises(ValueError, match="shapes differ"):
        op.value(*map(np.ones, shapes))


def test_embeddings_of_one_number_are_not_added_to_every_column() -> None:
    p = drawn(1, sizes=(4, 1, 3, 2, 5))
    found = [*made(key_of(p), "residual-added", "O")]
    assert found
    assert output_with(key_of(p), found[0]) is None


@pytest.mark.parametrize(("context", "times"), [(0, 1), (3, 1), (4, 1), (6, 2)])
def test_the_first_values_are_taken_only_where_there_are_more(context: int, times: int) -> None:
    found = {one for row in key_of(drawn(1, context=context)).catalogue.values() for one in row}
    rows = [one.rows for one in found if one.id == "scores-qq"]
    assert len([one for one in rows if one[0].args == ("Q", "Qᵀ")]) == times
    assert len([one for one in rows if one[-1].symbol == "H"]) == times - 1
