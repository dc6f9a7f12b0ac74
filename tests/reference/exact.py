"""Work the problems of ../data/autograd.json to 50 digits, with the gradients written by hand.

A reference for PyTorch's answers and for ours: the textbook's formulas over plain lists of
mpmath numbers, one loop a sum, nothing shared with the package or with make_vectors.py.

    pip install mpmath
    python tests/reference/exact.py

prints how far each problem's float64 numbers are from the exact ones.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mpmath import exp, inf, isfinite, log, mpf, sqrt, workdps

Entry = dict[str, Any]
Nested = Any  # a matrix, a list of matrices (one a head), a vector or a number
Matrix = list[list[mpf]]
Rows = dict[str, Nested]  # by symbol

DIGITS = 50
VECTORS = Path(__file__).parents[1] / "data" / "autograd.json"
LARGEST_DISAGREEMENT = 1e-13

# ---------------------------------------------------------------- matrices


def matmul(left: Matrix, right: Matrix) -> Matrix:
    """Return left·right."""
    inner = range(len(right))
    columns = range(len(right[0]))
    return [[sum((row[k] * right[k][j] for k in inner), mpf(0)) for j in columns] for row in left]


def transpose(matrix: Matrix) -> Matrix:
    """Exchange rows and columns."""
    return [list(column) for column in zip(*matrix, strict=True)]


def cellwise(function: Callable[..., mpf], *matrices: Matrix) -> Matrix:
    """Apply a function to the cells that stand in the same place."""
    return [[function(*cells) for cells in zip(*rows, strict=True)] for rows in zip(*matrices, strict=True)]


def column_sums(matrix: Matrix) -> list[mpf]:
    """Return one sum a column."""
    return [sum(column, mpf(0)) for column in zip(*matrix, strict=True)]


def split(matrix: Matrix, heads: int) -> list[Matrix]:
    """Cut a matrix into blocks of columns, one a head."""
    width = len(matrix[0]) // heads
    return [[row[h * width : (h + 1) * width] for row in matrix] for h in range(heads)]


def concat(matrices: list[Matrix]) -> Matrix:
    """Put the heads' matrices side by side."""
    return [[cell for row in rows for cell in row] for rows in zip(*matrices, strict=True)]


def softmax_row(row: list[mpf]) -> list[mpf]:
    """Return e^x over its sum; zeros if every x is -inf."""
    powers = [exp(x) if isfinite(x) else mpf(0) for x in row]
    total = sum(powers, mpf(0))
    return [power / total if total else mpf(0) for power in powers]


def softmax(matrix: Matrix) -> Matrix:
    """Return softmax along each row."""
    return [softmax_row(row) for row in matrix]


def softmax_gradient(a: Matrix, da: Matrix) -> Matrix:
    """Return the gradient of what softmax read: A_ij times (dA_ij - sum over k of A_ik dA_ik)."""
    return [
        [p * (dp - sum((x * dx for x, dx in zip(row, drow, strict=True)), mpf(0))) for p, dp in cells]
        for row, drow in zip(a, da, strict=True)
        for cells in [list(zip(row, drow, strict=True))]
    ]


def numbers(nested: Nested) -> Nested:
    """Turn nested lists of numbers and "-inf" into mpf, exactly; null stays null."""
    if isinstance(nested, list):
        return [numbers(part) for part in nested]
    return nested if nested is None else mpf(nested)


# ---------------------------------------------------------------- forward


def each_head(heads: int, function: Callable[..., Matrix], *operands: Nested) -> Nested:
    """Apply a function once, or once a head where the operands are lists of matrices."""
    if heads == 1:
        return function(*operands)
    return [function(*matrices) for matrices in zip(*operands, strict=True)]


def affine(rows: Rows, source: str, letter: str) -> Matrix:
    """Return source·W, plus b on every row if there is one."""
    product = matmul(rows[source], rows[f"W{letter}"])
    bias = rows.get(f"b{letter}", [mpf(0)] * len(product[0]))
    return [[cell + b for cell, b in zip(row, bias, strict=True)] for row in product]


def masked(scores: Matrix, allowed: list[list[int]], added: Matrix) -> Matrix:
    """Return scores + added where allowed, -inf elsewhere."""
    return cellwise(lambda x, ok, more: x + more if ok else -inf, scores, allowed, added)


def scale_factor(entry: Entry, rows: Rows) -> mpf:
    """Return what S is multiplied by to make Z: 1/sqrt(d_k), or the number asked for."""
    scale = entry["resolved"]["scale"]
    if scale != "sqrt":
        return mpf(scale)
    a_query = rows["Qh"][0][0] if "Qh" in rows else rows["Q"][0]
    return 1 / sqrt(mpf(len(a_query)))


def read_by_softmax(rows: Rows) -> str:
    """Name the row that softmax reads."""
    return next(symbol for symbol in ("M", "Z", "S") if symbol in rows)


def forward(entry: Entry) -> Rows:
    """Return the givens and every forward row."""
    resolved = entry["resolved"]
    heads = resolved["heads"]
    h = "h" if heads > 1 else ""
    sources = resolved["sources"]
    rows: Rows = {symbol: numbers(entry["values"][symbol]) for symbol in resolved["given"]}

    def work_out_masked() -> Nested:
        scores = rows[read_by_softmax(rows)]
        return each_head(heads, masked, scores, resolved["allowed"], numbers(resolved["added"]))

    def work_out_output() -> Matrix:
        if "Wo" in rows:
            return affine(rows, "C" if heads > 1 else "H", "o")
        return concat(rows["H"]) if heads > 1 else matmul(rows["A"], rows["V"])

    rules: dict[str, Callable[[], Nested]] = {
        "Q": lambda: affine(rows, sources["Q"], "q"),
        "K": lambda: affine(rows, sources["K"], "k"),
        "V": lambda: affine(rows, sources["V"], "v"),
        "Qh": lambda: split(rows["Q"], heads),
        "Kh": lambda: split(rows["K"], heads),
        "Vh": lambda: split(rows["V"], heads),
        "S": lambda: each_head(heads, lambda q, k: matmul(q, transpose(k)), rows[f"Q{h}"], rows[f"K{h}"]),
        "Z": lambda: times(heads, scale_factor(entry, rows), rows["S"]),
        "M": work_out_masked,
        "A": lambda: each_head(heads, softmax, rows[read_by_softmax(rows)]),
        "H": lambda: each_head(heads, matmul, rows["A"], rows[f"V{h}"]),
        "C": lambda: concat(rows["H"]),
        "O": work_out_output,
        "P": lambda: probabilities(entry["config"]["loss"], rows["O"]),
    }
    for symbol, rule in rules.items():
        if symbol in entry["values"] and symbol not in rows:
            rows[symbol] = rule()
    return rows


def times(heads: int, factor: mpf, matrices: Nested) -> Nested:
    """Multiply every cell by a number."""
    return each_head(heads, lambda matrix: cellwise(lambda x: factor * x, matrix), matrices)


# ---------------------------------------------------------------- loss


def probabilities(loss: str, output: Matrix) -> Matrix:
    """Return softmax of each row for ce, the sigmoid of each cell for bce."""
    return softmax(output) if loss == "ce" else cellwise(lambda x: 1 / (1 + exp(-x)), output)


def loss_and_gradients(entry: Entry, rows: Rows) -> Rows:
    """Return L, dO and, for bce and ce, dP. A target row of nulls counts nowhere."""
    name = entry["config"]["loss"]
    output = rows["O"]
    if name == "upstream":
        upstream = numbers(entry["config"]["upstream"])
        return {"L": total(cellwise(lambda g, o: g * o, upstream, output)), "dO": upstream}

    target = numbers(entry["resolved"]["target"]) or cellwise(lambda _: mpf(0), output)
    counted = [row for row in target if row[0] is not None]
    is_mean = entry["config"]["reduction"] == "mean"
    divisor = len(counted) * (1 if name == "ce" else len(output[0])) if is_mean else 1
    zeros = [mpf(0)] * len(output[0])
    found: dict[str, Matrix] = {"L": [], "dP": [], "dO": []}
    for i, y in enumerate(target):
        row: dict[str, list[mpf]] = dict.fromkeys(found, zeros)
        if y[0] is not None:
            row = LOSSES[name](rows["P"][i] if "P" in rows else output[i], y)
        for symbol, cells in row.items():
            found[symbol].append([cell / divisor for cell in cells])
    gradients = {"dO": found["dO"]} | ({"dP": found["dP"]} if "P" in rows else {})
    return {"L": total(found["L"]), **gradients}


def bce_row(p: list[mpf], y: list[mpf]) -> dict[str, list[mpf]]:
    """Return binary cross-entropy and its gradients, of one row of P = sigmoid(O)."""
    pairs = list(zip(p, y, strict=True))
    return {
        "L": [-(t * log(q) + (1 - t) * log(1 - q)) for q, t in pairs],
        "dP": [(q - t) / (q * (1 - q)) for q, t in pairs],
        "dO": [q - t for q, t in pairs],
    }


def ce_row(p: list[mpf], y: list[mpf]) -> dict[str, list[mpf]]:
    """Return cross-entropy and its gradients, of one row of P = softmax(O)."""
    pairs = list(zip(p, y, strict=True))
    return {
        "L": [-t * log(q) for q, t in pairs],
        "dP": [-t / q for q, t in pairs],
        "dO": [q * sum(y, mpf(0)) - t for q, t in pairs],
    }


def mse_row(o: list[mpf], y: list[mpf]) -> dict[str, list[mpf]]:
    """Return squared differences and their gradient, of one row of O."""
    differences = [x - t for x, t in zip(o, y, strict=True)]
    return {"L": [d * d for d in differences], "dO": [2 * d for d in differences]}


def sum_row(o: list[mpf], _: list[mpf]) -> dict[str, list[mpf]]:
    """Return the row itself, and its gradient."""
    return {"L": o, "dO": [mpf(1)] * len(o)}


LOSSES = {"bce": bce_row, "ce": ce_row, "mse": mse_row, "sum": sum_row}


def total(matrix: Matrix) -> mpf:
    """Return the sum of all cells."""
    return sum((cell for row in matrix for cell in row), mpf(0))


# ---------------------------------------------------------------- backward


def backward(entry: Entry, rows: Rows) -> Rows:
    """Return L and the gradient of every row: from O back to the givens."""
    d = loss_and_gradients(entry, rows)
    d |= output_gradients(entry, rows, d["dO"])
    d |= score_gradients(entry, rows, d)
    for symbol in ("Qh", "Kh", "Vh"):  # Qh = split(Q)
        if symbol in rows and symbol[0] in rows:
            d[f"d{symbol[0]}"] = concat(d[f"d{symbol}"])
    return d | projection_gradients(entry, rows, d)


def output_gradients(entry: Entry, rows: Rows, d_output: Matrix) -> Rows:
    """Return the gradients from O back to A and V."""
    heads = entry["resolved"]["heads"]
    d: Rows = {}
    if "Wo" in rows:  # O = C·Wo + bo
        joined = "C" if heads > 1 else "H"
        d["dWo"] = matmul(transpose(rows[joined]), d_output)
        if "bo" in rows:
            d["dbo"] = column_sums(d_output)
        d[f"d{joined}"] = matmul(d_output, transpose(rows["Wo"]))
    if "H" in rows and heads > 1:  # C = concat(H), or O = concat(H)
        d["dH"] = split(d.get("dC", d_output), heads)
    if "A" in rows:  # H = A·V
        dh = d.get("dH", d_output)
        v = "Vh" if heads > 1 else "V"
        d["dA"] = each_head(heads, lambda g, values: matmul(g, transpose(values)), dh, rows[v])
        d[f"d{v}"] = each_head(heads, lambda a, g: matmul(transpose(a), g), rows["A"], dh)
    return d


def score_gradients(entry: Entry, rows: Rows, d: Rows) -> Rows:
    """Return the gradients from A back to Q and K."""
    heads = entry["resolved"]["heads"]
    q, k = ("Qh", "Kh") if heads > 1 else ("Q", "K")
    computed = set(rows) - set(entry["resolved"]["given"])
    found: Rows = {}
    if "A" in computed:  # A = softmax(M)
        read = read_by_softmax(rows)
        found[f"d{read}"] = each_head(heads, softmax_gradient, rows["A"], d["dA"])
    if "M" in computed:  # M = mask(Z + B); dM is 0 already where Z may not be looked at
        found["dZ" if "Z" in rows else "dS"] = found["dM"]
    if "Z" in computed:  # Z = c S
        found["dS"] = times(heads, scale_factor(entry, rows), found["dZ"])
    if "S" in computed:  # S = Q·K^T
        ds = found["dS"]
        found[f"d{q}"] = each_head(heads, matmul, ds, rows[k])
        found[f"d{k}"] = each_head(heads, lambda g, qs: matmul(transpose(g), qs), ds, rows[q])
    return found


def projection_gradients(entry: Entry, rows: Rows, d: Rows) -> Rows:
    """Return the gradients of weights, biases and embeddings: Q = X·Wq + bq, and so on."""
    found: Rows = {}
    paths: dict[str, dict[str, Matrix]] = {}
    for symbol, source in entry["resolved"]["sources"].items():
        letter = symbol.lower()
        gradient = d[f"d{symbol}"]
        found[f"dW{letter}"] = matmul(transpose(rows[source]), gradient)
        if f"b{letter}" in rows:
            found[f"db{letter}"] = column_sums(gradient)
        path = matmul(gradient, transpose(rows[f"W{letter}"]))
        paths.setdefault(source, {})[symbol] = path
    for source, parts in paths.items():
        if len(parts) > 1:
            found |= {f"d{source}_{symbol}": part for symbol, part in parts.items()}
        found[f"d{source}"] = cellwise(lambda *cells: sum(cells, mpf(0)), *parts.values())
    return found


def exact(entry: Entry) -> Rows:
    """Return L, the givens, every forward row and every gradient of one problem, to 50 digits."""
    with workdps(DIGITS):
        rows = forward(entry)
        return rows | backward(entry, rows)


# ---------------------------------------------------------------- comparison


def flat(nested: Nested) -> list[mpf]:
    """List the numbers of nested lists."""
    return [x for part in nested for x in flat(part)] if isinstance(nested, list) else [nested]


def disagreement(found: Nested, expected: Nested, yardstick: Nested) -> float:
    """Return the largest difference, relative to the largest number of the yardstick."""
    pairs = list(zip(flat(numbers(found)), flat(expected), strict=True))
    if any(f != e for f, e in pairs if not isfinite(e)):
        return float("inf")
    largest = max(abs(x) for x in flat(yardstick) if isfinite(x))
    return float(max(abs(f - e) for f, e in pairs if isfinite(e)) / largest)


def disagreements(entry: Entry) -> dict[str, float]:
    """Return how far each of an entry's rows is from the exact one, relative to its largest number.

    dbk is exactly 0, so it is measured against dK, whose columns it sums.
    """
    right = exact(entry)
    found = entry["values"] | entry["gradients"] | {"L": entry["loss"]}
    if set(found) != set(right):
        message = f"{entry['name']}: {set(found) ^ set(right)} on one side only"
        raise ValueError(message)
    with workdps(DIGITS):
        return {
            symbol: disagreement(found[symbol], right[symbol], right["dK" if symbol == "dbk" else symbol])
            for symbol in right
        }


def main() -> None:
    """Print the worst row of every problem; fail if one is further off than rounding explains."""
    worst = 0.0
    for entry in json.loads(VECTORS.read_text(encoding="utf-8")):
        distances = disagreements(entry)
        symbol = max(distances, key=distances.__getitem__)
        worst = max(worst, distances[symbol])
        print(f"{entry['name']:42} {len(distances):3} rows, worst {symbol:5} {distances[symbol]:.1e}")
    print(f"worst of all: {worst:.1e}")
    if worst > LARGEST_DISAGREEMENT:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
