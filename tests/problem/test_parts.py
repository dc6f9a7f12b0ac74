"""Parts of a file's array: rows, columns, transpose, split; and files of the library safetensors."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import attncli
from attncli.errors import AttnError
from attncli.problem.matrices import MAX_ARRAY_BYTES

safetensors = pytest.importorskip("safetensors.numpy")

KERNEL = np.arange(24.0).reshape(4, 3, 2)  # d × h × d_k
WIDE = np.arange(24.0).reshape(4, 6)


def written(kind: str, values: np.ndarray, dtype: str = "<f8") -> str:
    """Write an array beside the config, and return how it is named."""
    values = values.astype(dtype)
    if kind == "npz":
        np.savez("w.npz", other=np.eye(2), **{"h.0.W": values})
        return "file: w.npz, key: h.0.W"
    if kind == "safetensors":
        safetensors.save_file({"h.0.W": values, "other": np.eye(2)}, "w.safetensors")
        return "file: w.safetensors, key: h.0.W"
    np.save("w.npy", values)
    return "file: w.npy"


def read(how: str) -> np.ndarray:
    Path("c.yaml").write_text(f"given: {{O: {{{how}}}}}\n")
    return attncli.load("c.yaml").givens["O"]


def weight(how: str, symbol: str = "Wq") -> np.ndarray:
    """Read a weight of a problem of three heads, d_model = 4 and d_k = d_v = 2, or a bias."""
    shapes = {"Wq": [4, 6], "Wk": [4, 6], "Wv": [4, 6], "Wo": [6, 2]}
    others = [f"{key}: {{init: ones, shape: {shape}}}" for key, shape in shapes.items() if key != symbol]
    lines = ["embeddings: {init: ones, shape: [1, 4]}", "heads: 3", *others, f"{symbol}: {{{how}}}"]
    Path("c.yaml").write_text("\n".join(lines))
    return attncli.load("c.yaml").givens[symbol]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors"])
def test_parts_of_files_of_every_kind(kind: str):
    square = written(kind, np.arange(64.0).reshape(8, 8))
    full = np.arange(64.0).reshape(8, 8)
    for how, expected in {
        "rows: [2, 6], columns: [0, 6]": full[2:6, 0:6],
        "rows: [0, 6], columns: [1, 5], transpose: true": full[0:6, 1:5].T,
        "rows: [0, 4], columns: [2, 8], transpose: false": full[0:4, 2:8],
        "rows: [4, 8], columns: [0, 6], transpose: no": full[4:8, 0:6],
    }.items():
        assert np.array_equal(weight(f"{square}, {how}"), expected), how


def test_parts_of_a_csv():
    np.savetxt("w.csv", np.arange(64.0).reshape(8, 8), delimiter=",")
    assert weight("file: w.csv, rows: [4, 8], columns: [2, 8]")[0].tolist() == [34, 35, 36, 37, 38, 39]


@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors"])
def test_kernels_with_an_axis_of_heads(kind: str):
    how = written(kind, KERNEL)
    assert np.array_equal(weight(f"{how}, split: heads"), WIDE)
    assert np.array_equal(
        weight(written(kind, np.arange(12.0).reshape(3, 2, 2)) + ", split: heads", "Wo")[3], [6, 7]
    )
    both = written(kind, np.arange(36.0).reshape(6, 3, 2))
    taken = weight(f"{both}, split: heads, rows: [1, 5]")
    assert np.array_equal(taken, np.arange(36.0).reshape(6, 6)[1:5])
    turned = weight(written(kind, np.arange(24.0).reshape(6, 2, 2)) + ", split: heads, transpose: true")
    assert np.array_equal(turned, np.arange(24.0).reshape(6, 4).T)


def test_vectors():
    bias = written("safetensors", np.arange(18.0))
    for how in ("columns: [6, 12]", "rows: [6, 12]"):
        assert weight(f"{bias}, {how}", "bq").tolist() == [6, 7, 8, 9, 10, 11]
    heads = written("npy", np.arange(6.0).reshape(3, 2))
    assert weight(f"{heads}, split: heads", "bq").tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<f2", "i1", "<i8", "u1", "<u2", "bool"])
def test_numbers_of_every_kind(dtype: str):
    how = written("safetensors", np.arange(24).reshape(4, 6) % 2, dtype)
    assert np.array_equal(weight(how), np.arange(24).reshape(4, 6) % 2)


def raw(shape: list[int], data: bytes, dtype: str = "BF16", **more: object) -> None:
    """Write a file by hand: the length of the header, the header, the numbers."""
    tensor = {"dtype": dtype, "shape": shape, "data_offsets": [0, len(data)], **more}
    header = json.dumps({"__metadata__": {"format": "pt"}, "W": tensor}).encode()
    Path("w.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + data)


def test_bfloat16():
    values = np.array([[1, -2.5, 3, 1e30], [0, 1e-30, 7, 8]] * 4, np.float32)
    upper = (values.view(np.uint32) >> 16).astype("<u2")
    exact = (upper.astype(np.uint32) << 16).view(np.float32)
    raw([8, 4], upper.tobytes())
    assert np.array_equal(read("file: w.safetensors, key: W, rows: [1, 2], columns: [1, 3]"), exact[1:2, 1:3])


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("rows: [0, 9]", "c.yaml:4:45: error: Wq: rows: [0, 9], but the array is 4 × 6"),
        ("columns: [6, 7]", "Wq: columns: [6, 7], but the array is 4 × 6"),
        ("columns: [3, 3]", "Wq: columns: [3, 3] is empty"),
        ("columns: [3, 1]", "Wq: columns: [3, 1] is empty"),
        ("columns: [-3, 1]", "Wq: columns is '-3'; expected a whole number, 0 or more"),
        ("columns: [0, 1.5]", "Wq: columns is '1.5'; expected a whole number"),
        ("columns: 3", "Wq: columns is '3'; expected two whole numbers"),
        ("rows: [1, 2, 3]", "Wq: rows is a list; expected two whole numbers"),
        ("rows: {a: 1}", "Wq: rows is a mapping; expected two whole numbers"),
        ("transpose: maybe", "Wq: transpose is 'maybe'; expected true or false"),
        ("transpose: [1]", "Wq: transpose is a list; expected true or false"),
        ("split: head", "did you mean 'heads'?"),
        ("split: heads", "Wq: the array is 4 × 6; split: heads joins the heads of d × h × d_k"),
        ("row: [0, 1]", "Wq has no key 'row'"),
    ],
)
def test_bad_parts_get_a_caret(how: str, says: str, capsys: pytest.CaptureFixture[str]):
    from attncli.commands.app import run

    name = written("safetensors", WIDE)
    lines = ["embeddings: [[1, 2, 3, 4]]", "Wk: {init: ones}", "Wv: {init: ones, shape: [4, 2]}"]
    Path("c.yaml").write_text("\n".join([*lines, f"Wq: {{{name}, {how}}}"]))
    assert run(["forward", "c.yaml"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert says in told
    assert "c.yaml:4:" in told
    assert "^" in told


def test_a_vector_has_no_rows_and_columns_and_is_not_turned():
    bias = written("safetensors", np.arange(18.0))
    for how, says in {
        "rows: [0, 1], columns: [0, 6]": "the array is a vector of 18, which has no rows and columns",
        "columns: [0, 6], transpose: true": "transpose needs a matrix; the array is a vector of 6",
        "split: heads": "the array is a vector of 18; split: heads joins",
        "columns: [0, 19]": "bq: columns: [0, 19], but the array is a vector of 18",
    }.items():
        with pytest.raises(AttnError, match=r"c\.yaml:7") as caught:
            weight(f"{bias}, {how}", "bq")
        assert says in str(caught.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot be read"),
        (b"\xff" * 8, "its header is too large"),
        (b"\x05" + bytes(7) + b"hello", "cannot be read"),
        ((100).to_bytes(8, "little") + b"{}", "cannot be read"),
        ((2**25 + 1).to_bytes(8, "little") + b"{}", "its header is too large"),
    ],
)
def test_broken_files(data: bytes, says: str):
    Path("w.safetensors").write_bytes(data)
    with pytest.raises(AttnError, match=says):
        read("file: w.safetensors, key: W")


def test_headers_that_promise_what_is_not_there():
    raw([2**20, 2**20], bytes(8))
    with pytest.raises(AttnError, match="cannot be read"):
        read("file: w.safetensors, key: W")
    raw([1, 4], bytes(8), "F8_E4M3")
    with pytest.raises(AttnError, match=r"cannot be read|holds numbers of the kind"):
        read("file: w.safetensors, key: W")
    raw([0, 4], b"")
    with pytest.raises(AttnError, match="the shape"):
        read("file: w.safetensors, key: W")


def test_of_a_large_file_no_more_is_read_than_is_wanted():
    size = 2 * MAX_ARRAY_BYTES
    raw([size // 4096, 2048], b"", data_offsets=[0, size])
    with Path("w.safetensors").open("r+b") as stream:
        stream.truncate(stream.seek(0, 2) + size)  # a sparse file: it takes no room on the disk
    with pytest.raises(AttnError, match="take some of its rows or columns"):
        read("file: w.safetensors, key: W")
    assert read("file: w.safetensors, key: W, rows: [131000, 131001], columns: [0, 3]").tolist() == [
        [0, 0, 0]
    ]


def test_a_key_is_chosen_as_in_an_npz():
    written("safetensors", WIDE)
    with pytest.raises(AttnError, match=r"holds 2 arrays \(add a key: one of"):
        read("file: w.safetensors")
    with pytest.raises(AttnError, match=r"did you mean 'h.0.W'"):
        read("file: w.safetensors, key: h.0.w")


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    written("safetensors", WIDE)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(AttnError) as caught:
        weight("file: w.safetensors, key: h.0.W")
    assert "pip install 'attncli[io]'" in str(caught.value)
    assert "which is not installed" in str(caught.value)


def test_from_python():
    np.save("w.npy", WIDE)
    made = attncli.Problem(
        X=np.ones((1, 4)), Wq={"file": "w.npy", "columns": [0, 2]}, Wk=np.ones((4, 2)), Wv=np.ones((4, 2))
    )
    assert np.array_equal(made.givens["Wq"], WIDE[:, :2])
