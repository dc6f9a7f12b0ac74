from collections import OrderedDict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.errors import AttnError
from attncli.names import locate, parse_cell, positions
from attncli.problem.initialise import METHODS, Init

EYE = [[1, 0], [0, 1]]
BASE: dict[str, Any] = {"X": [[1, 2], [3, 4], [5, 6]], "Wq": EYE, "Wk": EYE, "Wv": EYE}


def messages(config: object, *changes: str) -> list[str]:
    with pytest.raises(AttnError) as caught:
        attncli.load(config, changes)  # type: ignore[arg-type]
    return [str(one) for one in caught.value.errors]


def test_tokens_are_text_whatever_yaml_makes_of_them(tmp_path: Path):
    config = tmp_path / "config.yaml"
    config.write_text("tokens: [no, on, ~, 1:30, 012, 'a b']\ngiven: {O: [[1],[1],[1],[1],[1],[1]]}\n")
    assert attncli.load(config).tokens == ("no", "on", "~", "1:30", "012", "a b")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"tokens": "a b c"}, "tokens is 'a b c'; expected a list of words"),
        ({"tokens": []}, "tokens holds no words"),
        ({"sentence": " "}, "sentence holds no words"),
        ({"sentence": ["a"]}, "sentence is a list; expected text"),
        ({"tokens": ["a", None, ["b"]]}, "tokens[2] is blank; expected a word"),
        ({"tokens": ["a", ["b"], "c"]}, "tokens[2] is a list; expected a word"),
        ({"tokens": np.zeros((1, 3))}, "tokens is an array; expected a list"),
        ({"tokens": ["a", "b", "c"], "sentence": "a b c"}, "both sentence and tokens are given"),
        ({"tokens": ["a", "b"]}, "embeddings have 3 rows; tokens have 2 tokens (n = 2)"),
        ({"sentence": "a"}, "embeddings have 3 rows; the sentence has 1 word (n = 1)"),
        ({"heads": 3}, "Wq has 2 columns, which 3 heads cannot share equally"),
        ({"heads": 1.5}, "heads is '1.5'; expected a whole number from 1 to 4096"),
        ({"heads": [2]}, "heads is a list; expected a whole number"),
        ({"heads": True}, "heads is 'true'"),
        ({"heads": 1e999}, "heads is 'inf'"),
        ({"decimals": 16}, "decimals is '16'; expected a whole number from 0 to 15"),
        (
            {"loss": "BCE"},
            "loss is 'BCE'; expected bce, ce, mse, sum or upstream (did you mean 'bce'?)",
        ),
        ({"reduction": ["mean"]}, "reduction is a list; expected sum or mean"),
        ({"weights": "outin"}, "did you mean 'out-in'?"),
        ({"scale": "big"}, "scale is 'big'; expected true, false or a number"),
        ({"scale": [1]}, "scale is a list; expected a number"),
        ({"context": "x"}, "context is 'x'; expected a mapping"),
        ({"context": {"sentance": "a"}}, "context has no key 'sentance' (did you mean 'sentence'?)"),
        ({"bo": [1, 2]}, "bo needs Wo: it is the bias of O = C·Wo + bo"),
        ({"Wk": [[1], [0]]}, "Wk has 1 column; Wq has 2 columns (d_k = 2)"),
        ({"Wq": [[1, 0]] * 5}, "Wq has 5 rows; embeddings have 2 columns (d_model = 2)"),
        ({"Wo": EYE, "bo": [1]}, "bo has 1 number; Wo has 2 columns (d_out = 2)"),
        ({"Wq": 5}, "Wq is one number; expected a matrix (d_model × d_k)"),
        ({"Wq": [1, 0]}, "Wq is a flat list of numbers; expected a matrix"),
        ({"Wq": [EYE, EYE]}, "Wq is a list of 2 matrices; heads is 1"),
        ({"bq": [[[1, 2]]]}, "bq is a list of matrices; expected a flat list of numbers"),
        ({"given": {"S": [EYE, EYE]}}, "S is a list of matrices; expected a matrix (n × n)"),
        ({"given": [1]}, "given is a list; expected a mapping"),
        ({"given": {"q": EYE}}, "'q' is not a quantity of this problem (did you mean 'Q'?)"),
        ({"given": {"X": EYE}}, "write embeddings outside given"),
        ({"given": {"P": EYE}}, "P belongs to the loss"),
        ({"given": {"Q": None}}, "Q is blank; expected a number"),
        ({"given": {"K": EYE}}, "K has 2 rows; embeddings have 3 rows (n = 3)"),
        ({"Y": 1, "target": 1}, "Y and target are the same"),
        ({"E": EYE, "context": {"embeddings": EYE}}, "E and context.embeddings are the same"),
        ({"E": EYE, "context": 5}, "context is '5'; expected a mapping"),
        ({"wq": EYE}, "unknown key 'wq' (did you mean 'Wq'?)"),
        ({"zzz": 1}, "unknown key 'zzz' (the keys are sentence, tokens"),
        ({"Wq": {"init": "xavier"}}, "Wq: there is no initialiser 'xavier' (did you mean 'xavier_"),
        ({"Wq": {"init": ["ones"]}}, "Wq: there is no initialiser ''"),
        ({"Wq": {"init": "ones", "std": 1}}, "Wq (ones) has no key 'std'"),
        ({"Wq": {"init": "ones", "seed": -1}}, "Wq: seed is '-1'; expected a whole number"),
        ({"Wq": {"init": "ones", "shape": 3}}, "Wq: shape is '3'; expected two whole numbers"),
        ({"Wq": {"init": "ones", "shape": [2, 0]}}, "Wq: shape is '0'; expected a whole number from 1"),
        ({"Wq": {"init": "ones", "shape": [2]}}, "Wq is a flat list of numbers; expected a matrix"),
        ({"Wq": {"init": "ones", "shape": [2, 3]}}, "Wk has 2 columns; Wq has 3 columns"),
        ({"Wo": {"init": "ones"}}, "Wo is d_v × d_out, and nothing determines d_out"),
        (
            {"Wo": {"init": "ones", "shape": [2, 2**20]}, "bo": {"init": "identity"}},
            "bo: identity is a matrix",
        ),
        (
            {"Wo": {"init": "zeros", "shape": [2**20, 2**20]}, "Wv": EYE},
            "Wo has 1048576 rows; Wv has 2 columns",
        ),
        ({"Wq": {"file": ["a"]}}, "Wq has the file a list"),
        ({"Wq": {"flie": "a"}}, "Wq is a mapping without a file"),
        ({"Wq": {"file": "a.npz", "key": []}}, "Wq: key is a list"),
        ({"X": 1j}, "X is a complex"),
        ({"X": {1: 2}}, "X has the key 1"),
        ({"X": np.array([1j])}, "X is an array of complex128"),
        ({"X": [[object()]]}, "X is a object"),
        ({"heads": 10**5000}, "heads is '1e999'"),
    ],
)
def test_what_is_wrong_is_told_in_words(config: dict[str, Any], words: str):
    assert any(words in message for message in messages({**BASE, **config})), messages({**BASE, **config})


@pytest.mark.parametrize("config", [5, None, ["a"], "", {"": 1}], ids=repr)
def test_what_is_no_config_at_all(config: object):
    assert messages(config)


def test_scores_that_are_given_need_a_number_to_scale_by():
    given = {"given": {"S": EYE}, "X": EYE, "Wv": EYE}
    assert "nothing determines d_k in Z = S/√d_k" in messages(given)[0]
    assert attncli.load({**given, "scale": 0.5}).form.scale == "c"
    assert attncli.load({**given, "scale": False}).form.scale == ""


def test_what_is_missing_is_told_with_what_needs_it():
    told = messages({"tokens": ["a"], "Wq": [[1]]})
    assert told[0].startswith("config: embeddings is missing: Q = X·Wq needs it")
    assert len(told) == 3
    with pytest.raises(AttnError) as caught:
        attncli.load({"tokens": ["a"], "loss": "x"})
    assert caught.value.notes == ("still to write: embeddings, Wq, Wk, Wv",)


@pytest.mark.parametrize(
    ("scale", "symbol", "number"), [(True, "√d_k", None), ("no", "", None), ("1/2", "c", 0.5)]
)
def test_scale(scale: object, symbol: str, number: float | None):
    problem = attncli.Problem(**BASE, scale=scale)
    assert (problem.form.scale, problem.scale) == (symbol, number)


def test_weights_of_all_heads_or_one_matrix_a_head():
    wide = [[1, 2, 3, 4], [5, 6, 7, 8]]
    a = attncli.Problem(
        **{**BASE, "Wq": wide, "Wk": wide, "Wv": wide, "bq": [1, 2, 3, 4]}, heads=2, Wo=wide * 2
    )
    heads = [[[1, 2], [5, 6]], [[3, 4], [7, 8]]]
    flipped = np.swapaxes(heads, 1, 2)
    b = attncli.Problem(
        **{**BASE, "Wq": heads, "Wk": np.array(heads), "Wv": [np.array(head) for head in heads]},
        bq=[[1, 2], [3, 4]],
        heads=2,
        Wo=[wide, wide],
    )
    c = attncli.Problem(
        **{**BASE, "Wq": flipped, "Wk": np.transpose(wide), "Wv": flipped.tolist()},
        bq=[1, 2, 3, 4],
        heads=2,
        weights="out-in",
        Wo=np.transpose(wide * 2),
    )
    for symbol in ("Wq", "Wk", "Wv", "Wo", "bq"):
        assert np.array_equal(a.givens[symbol], b.givens[symbol]), symbol
        assert np.array_equal(a.givens[symbol], c.givens[symbol]), symbol
    assert not a.givens["Wq"].flags.writeable


def test_wrong_heads_are_not_told_twice():
    heads = [EYE, EYE]
    assert len(messages({**BASE, "Wq": heads, "Wk": heads, "Wv": heads, "heads": "two"})) == 1


def test_given_rows_and_symbols_at_the_top():
    problem = attncli.Problem(Q=EYE, K=[[1, 0]] * 3, V=EYE + EYE[:1], context={"tokens": ["x", "y", "z"]})
    assert problem.given_rows == {"Q", "K", "V"}
    assert problem.key_tokens == ("x", "y", "z")
    drawn = attncli.Problem(given={"Q": {"init": "ones"}, "K": EYE, "V": EYE}, mask=True, Wq=EYE)
    assert drawn.givens["Q"].tolist() == [[1, 1], [1, 1]]
    assert drawn.notes == ("Wq is not used: what it leads to is given",)
    masked = attncli.Problem(given={"M": [[0, -np.inf], [1, 2]]}, V=EYE, mask=True)
    assert masked.notes == ("mask is not used: what it leads to is given",)
    assert attncli.forward(masked)["A"][0].tolist() == [1, 0]


def test_context_may_only_name_the_keys():
    cross = {"tokens": ["a", "b", "c"], "context": None, "E": EYE, "Ev": [[1], [2]], "Wv": [[1, 2]]}
    problem = attncli.load({**BASE, **cross})
    assert problem.shape("A") == (3, 2)
    assert problem.context_tokens == ("1", "2")
    assert problem.labels("m") == ("1", "2")
    assert problem.labels("d_k") is None


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3)])
def test_initialisers(method: str, shape: tuple[int, ...]):
    values = Init(method, seed=7).fill("Wq", shape)
    assert values.shape == shape
    assert np.array_equal(values, Init(method, seed=7).fill("Wq", shape))
    exact = method in {"zeros", "ones", "identity"}
    assert np.array_equal(values, Init(method, seed=8).fill("Wq", shape)) is exact
    assert np.array_equal(values, Init(method, seed=7).fill("Wk", shape)) is exact
    limits = {
        "uniform": 1,
        "xavier_uniform": (6 / 7) ** 0.5,
        "he_uniform": 1.5**0.5,
        "lecun_uniform": 0.75**0.5,
    }
    assert np.abs(values).max() <= limits.get(method, 5)


@pytest.mark.parametrize(
    ("method", "deviation"),
    [
        ("xavier_normal", (2 / 500) ** 0.5),
        ("he_normal", (2 / 400) ** 0.5),
        ("lecun_normal", (1 / 400) ** 0.5),
        ("xavier_uniform", (6 / 500 / 3) ** 0.5),
        ("he_uniform", (6 / 400 / 3) ** 0.5),
        ("lecun_uniform", (3 / 400 / 3) ** 0.5),
    ],
)
def test_spread_of_the_initialisers(method: str, deviation: float):
    values = Init(method, seed=1).fill("Wq", (400, 100))  # n_in and n_out differ
    assert values.std() == pytest.approx(deviation, rel=0.02)


def test_too_large_a_draw():
    with pytest.raises(AttnError, match="too many to draw"):
        Init("ones").fill("Wq", (2**20, 2**20))
    with pytest.raises(AttnError, match="std is too large for float64"):
        Init("gaussian", spread=1e308).fill("Wq", (100, 100))


@pytest.mark.parametrize(
    ("change", "symbol", "index", "number"),
    [
        ("Wq[1,2]=1/2", "Wq", (0, 1), 0.5),
        ("X[b,2]=9", "X", (1, 1), 9),
        ("embeddings[a#2,1]=9", "X", (2, 0), 9),
        ('X["=",1]=7', "X", (3, 0), 7),
        ("X=[[1,1],[2,2],[3,3],[4,5]]", "X", (3, 1), 5),
        ("Wo={init: ones, shape: [2, 5]}", "Wo", (1, 4), 1),
        ("given.Q=[[1,1],[2,2],[3,3],[4,6]]", "Q", (3, 1), 6),
        ("Q=[[1,1],[2,2],[3,3],[4,6]]", "Q", (3, 1), 6),
    ],
)
def test_set(change: str, symbol: str, index: tuple[int, ...], number: float):
    config = {**BASE, "X": [[1, 2], [3, 4], [5, 6], [7, 8]], "tokens": ["a", "b", "a", "="]}
    assert attncli.load(config, [change]).givens[symbol][index] == number


def test_set_of_settings():
    config = {**BASE, "tokens": ["a", "b", "c"], "mask": True, "target": [0, 1]}
    problem = attncli.load(
        config, ["sentence=x y z", "mask.padding=[2]", "Y[2]=1/2", "loss=mse", "scale=", "E=[[1,2],[3,4]]"]
    )
    assert problem.tokens == ("x", "y", "z")
    assert problem.loss == "mse"
    assert problem.target is not None
    assert problem.target.values.tolist() == [0, 0.5]
    assert problem.form.context
    changed = attncli.load({**config, "U": 1}, ["upstream=2"])
    assert changed.upstream is not None
    assert changed.upstream.values == 2


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ("mask", "--set:1:1", "'mask' is not KEY=VALUE"),
        ("", "--set:1:1", "is not KEY=VALUE"),
        ("=3", "--set:1:1", "is not KEY=VALUE"),
        ("Wq[1,2]=x", "--set:1:9", "Wq is 'x', which is not a number"),
        ("Wq[1,9]=1", "--set:1:1", "Wq has no 9: it goes from 1 to 2"),
        ("Wq[1]=1", "--set:1:1", "a cell of it has 2 indices, not 1"),
        ("Wq[=1", "--set:1:1", "is not KEY=VALUE"),
        ("Wq[]=1", "--set:1:1", "'Wq[]' is not a cell"),
        ("A[1,1]=1", "--set:1:1", "A is not given in this problem"),
        ("Y[1]=1", "--set:1:1", "there is no target in this problem"),
        ("head=2", "--set:1:1", "unknown key 'head'"),
        ("heads=[1", "--set:1:9", "not YAML"),
        ("Wq=[[1, y]]", "--set:1:9", "Wq[1,2] is 'y'"),
    ],
)
def test_what_is_wrong_with_a_change(change: str, place: str, words: str):
    with pytest.raises(AttnError) as caught:
        attncli.load(BASE, [change])
    assert str(caught.value.errors[0].where) == place
    assert words in caught.value.errors[0].message


def test_all_changes_are_checked_in_one_go_and_a_list_takes_none():
    assert len(messages(BASE, "mask", "heads=x", "Wq=[[a]]")) == 3
    assert "this is a list" in messages([], "heads=1")[0]


class Awkward:
    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise RuntimeError("no")


def test_python_values_of_every_kind():
    config = OrderedDict(
        X=((np.float64(1.5), 2), [3, np.int8(4)]),
        Wq=[np.array([1, 0]), np.array([0, 1])],
        Wk=np.array(EYE, object),
        Wv=np.eye(2)[::-1].T,
        heads=np.int64(1),
        scale=np.float32(0.5),
        mask=np.True_,
        loss=np.str_("mse"),
        tokens=np.array(["a", "b"]),
        target=[None, np.array([1, 2])],
        decimals=None,
    )
    problem = attncli.load(MappingProxyType(config))
    assert problem.givens["X"].tolist() == [[1.5, 2], [3, 4]]
    assert problem.givens["Wq"].tolist() == EYE
    assert problem.mask is not None
    assert (problem.tokens, problem.scale, problem.loss) == (("a", "b"), 0.5, "mse")
    assert attncli.load({**config, "tokens": np.array([1, 2])}).tokens == ("1", "2")
    assert "that NumPy cannot make an array of: no" in messages({**config, "X": Awkward()})[0]
    assert "datetime64" in messages({**config, "X": np.array(["2020"], "M8[Y]")})[0]
    assert (
        "holds 10,000,000,000 numbers" in messages({**config, "X": np.broadcast_to(1.0, (10**5, 10**5))})[0]
    )


def test_python_paths_and_ragged_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    np.save("o.npy", [[5, 6]])
    assert attncli.Problem(O={"file": Path("o.npy")}).givens["O"].tolist() == [[5, 6]]
    assert messages({"X": [[1, 2], [3]]})[0].startswith("config: embeddings row 2 has 1 number")


def test_python_lists_without_an_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("attncli.problem.python.MAX_CELLS", 5_000)
    endless: list[Any] = []
    endless.append(endless)
    assert "nested more than 32 deep" in messages({"X": endless})[0]
    laughs: list[Any] = [1.0]
    for _ in range(30):
        laughs = [laughs] * 3
    assert "too large" in messages({"X": laughs})[0]


@pytest.mark.parametrize(
    ("text", "symbol", "indices"),
    [
        ("L", "L", []),
        (" A [ Death , wind ] ", "A", ["Death", "wind"]),
        ("A[2][1,5]", "A", ["2", "1", "5"]),
        ('A["a,b]", "1"]', "A", ['"a,b]', '"1']),
        (r'A["a\"\\",1]', "A", ['"a"\\', "1"]),
        ("A[,,x]", "A", [",", "x"]),
        ("A[the#2,1]", "A", ["the#2", "1"]),
    ],
)
def test_cells_as_a_person_names_them(text: str, symbol: str, indices: list[str]):
    assert parse_cell(text) == (symbol, indices)


@pytest.mark.parametrize(
    "text", ["", "1", "A[", "A[]", "A[1,]", "A[1]x", 'A["a]', "A[[1]]", "A]", "A[ ]", "A[1" * 9999]
)
def test_what_is_no_cell(text: str):
    with pytest.raises(AttnError, match="is not a cell"):
        parse_cell(text)


TOKENS = ("a", "b", "a", "7", "b#2")


@pytest.mark.parametrize(
    ("index", "place"), [("1", 0), ("5", 4), ("b", 1), ("a#2", 2), ('"7', 3), ("b#2", 4), ('"a#1', 0)]
)
def test_locate(index: str, place: int):
    assert locate("A", [index, "1"], (5, 1), [TOKENS, None]) == (place, 0)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ("a", "'a' stands in 2 places"),
        ("0", "A has no 0: it goes from 1 to 5"),
        ("6", "A has no 6"),
        ("9" * 5000, "A has no 999"),
        ("c", "A has no 'c'"),
        ("a#3", "A has no 'a#3'"),
        ("²", "A has no '²'"),
    ],
)
def test_no_such_cell(index: str, words: str):
    with pytest.raises(AttnError, match=words):
        locate("A", [index, "1"], (5, 1), [TOKENS, None])


def test_a_cell_of_the_wrong_depth_and_of_an_axis_without_names():
    with pytest.raises(AttnError, match="L is one number: a cell of it has 0 indices, not 1"):
        locate("L", ["1"], (), [])
    with pytest.raises(AttnError) as caught:
        locate("W", ["x"], (2,), [None])
    assert caught.value.hint == "count from 1 to 2"


def test_places_of_a_token():
    assert positions(TOKENS, "a") == [0, 2]
    assert positions(TOKENS, "b#2") == [4]
    assert positions(TOKENS, "a#2") == [2]
    for nowhere in ("c", "a#0", "a#3", "a#x", "a#", "#", "a" + "#1" * 20_000, "a#" + "1" * 5000):
        assert positions(TOKENS, nowhere) == []


def test_a_target_tells_how_wide_a_drawn_wo_is():
    config = {"X": [[1, 0], [0, 1]], "Wq": [[1], [1]], "Wk": [[1], [0]], "Wv": [[1], [2]]}
    problem = attncli.load({**config, "Wo": {"init": "ones"}, "target": [[1, 0, 1], [0, 1, 1]]})
    assert problem.givens["Wo"].shape == (1, 3)


def test_a_cell_of_the_target_may_be_named_by_its_token():
    problem = attncli.load("article", ["target[Death,1]=0", "Y[2,3]=1"])
    assert problem.target is not None
    assert problem.target.values[0].tolist() == [0, 0, 0]
    assert problem.target.values[1].tolist() == [0, 1, 1]


@pytest.mark.parametrize("length", [401, 20_000, 1_100_000])
def test_a_number_of_any_length_is_told_to_be_too_long(tmp_path: Path, length: int):
    config = tmp_path / "config.yaml"
    config.write_text(f"X: [[{'1' * length}]]\nWq: [[1]]\nWk: [[1]]\nWv: [[1]]\n")
    assert "embeddings[1,1] is written with " in messages(config)[0]


def test_keys_below_weights_are_told_to_stand_by_themselves():
    found = messages({"X": [[1]], "weights": {"Wq": [[1]], "Wk": [[1]], "Wv": [[1]]}})
    assert "left margin" in found[0]
