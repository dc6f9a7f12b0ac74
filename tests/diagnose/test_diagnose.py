"""What a problem cannot show is found, and the change which is named does away with it."""

from __future__ import annotations

import re

import numpy as np
import pytest

import attncli
from attncli.diagnose.blind_spots import Variants
from attncli.diagnose.diagnosis import diagnose
from attncli.homework.answer import read_answer
from attncli.homework.key import Key
from attncli.homework.marking import mark
from attncli.homework.marks import Verdict
from attncli.homework.sheet import Sheet
from tests.support.diagnosed import assigned, looked, plain, spots
from tests.support.running import attncli as run


def test_a_problem_without_blind_spots() -> None:
    found = looked(plain())
    assert found.weaknesses == ()
    assert found.always == ()
    assert (found.mistakes, found.outside) == (97, 0)


@pytest.mark.parametrize("name", ["article", "masked", "cross"])
def test_most_built_in_problems_have_none(name: str) -> None:
    outcome = run("diagnose", name)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{name}, at 4 decimals: nothing to change: all ")
    assert "can be detected" in outcome.out
    # hiding the diagonal of a causal mask as well is the mask one place off
    assert ("mask-diagonal (M)" in outcome.out) == (name == "masked")


def test_heads_that_give_one_number_each() -> None:
    key = Key.of(attncli.load("multihead"))
    assert spots(diagnose(key)) == {
        ("hidden", "C", "heads-interleaved"): ("d_v = 1", "take other sizes, like d_v = 3 (Wv, Wo)")
    }


SIZE_CASES = [
    ({"d_k": 4}, ("hidden", "Z", "scale-by-n"), "d_k = n = 4", "d_k = "),
    ({"d_k": 5}, ("hidden", "Z", "scale-by-dmodel"), "d_k = d_model = 5", "d_k = "),
    (
        {"d_k": 3, "d_model": 9},
        ("alike", "Z", "scale-by-dk", "scale-by-dmodel"),
        "d_k = √d_model = 3",
        "d_k = ",
    ),
    ({"d_model": 4}, ("alike", "Z", "scale-by-dmodel", "scale-by-n"), "d_model = n = 4", "d_model = "),
    ({"d_v": 1}, ("alike", "L", "loss-mean", "loss-per-row"), "d_v = 1", "d_v = "),
    ({"d_v": 1}, ("alike", "dO", "dout-averaged", "dout-per-row"), "d_v = 1", "d_v = "),
]


@pytest.mark.parametrize(("sizes", "spot", "why", "letter"), SIZE_CASES)
def test_sizes_that_coincide(sizes: dict, spot: tuple[str, ...], why: str, letter: str) -> None:
    found = spots(looked(plain(**sizes)))
    assert found[spot][0] == why
    how = found[spot][1]
    assert letter in how
    better = {name: int(size) for name, size in re.findall(r"(\w+) = (\d+)", how)}
    assert spot not in spots(looked(plain(**sizes | better)))


def test_several_sizes_that_coincide_at_once() -> None:
    """√d_model, √n and d_k are all 2: no single other size tells the three apart."""
    spot = ("alike", "Z", "scale-by-dk", "scale-by-dmodel", "scale-by-n")
    sizes = {"n": 4, "d_model": 4, "d_k": 2}
    why, how = spots(looked(plain(**sizes)))[spot]
    assert "d_model = n" in why
    better = {name: int(size) for name, size in re.findall(r"(\w+) = (\d+)", how)}
    assert len(better) == 2
    assert not [found for found in spots(looked(plain(**sizes | better))) if found[1] == "Z"]


def test_the_size_that_is_proposed_coincides_with_no_other() -> None:
    found = spots(looked(plain(n=2, d_k=2, d_model=9)))
    assert found["hidden", "Z", "scale-by-n"] == (
        "d_k = d_v = n = 2",
        "take other sizes, like d_k = 5 (Wq, Wk)",
    )


def test_as_many_numbers_count_as_there_are_tokens() -> None:
    """Two of four rows count, with two numbers each: N is n, and no larger problem has that."""
    config = plain()
    config["target"] = [[1, 0], None, [0, 1], None]
    found = spots(looked(config))
    assert "d_v = 6" in found["alike", "L", "loss-mean", "loss-per-row"][1]


def test_numbers_of_which_nothing_special_is_known() -> None:
    """X·Wq is X where the rows of Wq that X does not use are whatever they like."""
    config = plain(d_k=5)
    config["embeddings"][:, 1:] = 0
    config["Wq"][0] = [1, 0, 0, 0, 0]
    spot = ("hidden", "Q", "projection-missing")
    why, how = spots(looked(config))[spot]
    assert why == "the numbers of X make it so by chance"
    assert spot not in spots(looked(config, assigned(how)))


def doubled(config: dict) -> dict:
    return {"Wq": 2 * config["Wk"]}


NUMBER_CASES = [
    (lambda c: {"Wk": c["Wq"]}, ("hidden", "S", "scores-swapped"), "Wq and Wk are the same"),
    (lambda c: {"Wk": c["Wq"]}, ("hidden", "Q", "projection-swapped"), "Wq and Wk are the same"),
    (lambda c: {"Wk": c["Wq"]}, ("alike", "O", "output-with-k", "output-with-q"), "Wq and Wk are the same"),
    (doubled, ("hidden", "S", "scores-swapped"), "S is symmetric"),
    (lambda _: {"bq": [0, 0, 0]}, ("hidden", "Q", "bias-missing"), "bq is all zeros"),
    (lambda _: {"scale": 1}, ("hidden", "Z", "scale-missing"), "the scale is 1"),
    (
        lambda c: {"target": np.ones_like(c["target"])},
        ("hidden", "L", "loss-positive-only"),
        "Y are the same",
    ),
    (lambda _: {"mask": np.ones((4, 4))}, ("hidden", "M", "mask-missing"), "the mask hides nothing"),
    (lambda c: {"embeddings": c["embeddings"][[1] * 4]}, ("faint", "A"), "all rows of X are the same"),
    (lambda c: {"Wv": 0 * c["Wv"]}, ("faint", "dA"), "Wv is all zeros"),
]


@pytest.mark.parametrize(("change", "spot", "why"), NUMBER_CASES)
def test_numbers_that_coincide(change, spot: tuple[str, ...], why: str) -> None:
    config = plain()
    config |= change(config)
    found = spots(looked(config))
    assert why in found[spot][0]
    assert spot not in spots(looked(config, assigned(found[spot][1])))


def test_a_square_weight_that_is_symmetric() -> None:
    config = plain(d_k=5)
    config["Wq"] = config["Wq"] + config["Wq"].T
    spot = ("hidden", "Q", "projection-transposed")
    why, how = spots(looked(config))[spot]
    assert why == "Wq is symmetric"
    assert spot not in spots(looked(config, assigned(how)))


def test_a_saturated_softmax() -> None:
    config = plain()
    config["Wq"] = 500 * config["Wq"]
    found = spots(looked(config, decimals=2))
    assert found["faint", "A"][0] == "A is 0 and 1 at 2 decimals"
    assert found["hidden", "A", "softmax-argmax"] == found["faint", "A"]
    assert ("faint", "dZ") in found
    factor = int(re.fullmatch(r"divide Wq by (\d+)", found["faint", "A"][1])[1])
    better = spots(looked(config | {"Wq": config["Wq"] / factor}, decimals=2))
    assert ("faint", "A") not in better
    assert ("hidden", "A", "softmax-argmax") not in better


def test_a_first_row_that_sees_only_itself_is_not_saturated() -> None:
    config = plain(n=3, d_v=4) | {"mask": True}
    assert ("faint", "A") not in spots(looked(config, decimals=2))
    config["Wq"] = 500 * config["Wq"]
    assert ("faint", "A") in spots(looked(config, decimals=2))


def test_numbers_that_agree_only_when_rounded() -> None:
    config = plain()
    config["bq"] = [0.0004, 0, 0]
    spot = ("hidden", "Q", "bias-missing")
    weakness = next(one for one in looked(config, decimals=2).weaknesses if one.spot.kind == "hidden")
    assert not weakness.exact
    found = spots(looked(config, decimals=2))
    assert found[spot][0] == "2 decimals are too few"
    more = int(re.search(r"\d+", found[spot][1])[0])
    assert spot in spots(looked(config, decimals=more - 1))
    assert spot not in spots(looked(config, decimals=more))


def test_what_every_such_problem_has_is_no_blind_spot() -> None:
    """With ce each row of the target counts once, so that N is n."""
    found = diagnose(Key.of(attncli.load("article", ["loss=ce"])))
    assert found.weaknesses == ()
    assert [{name.id for name in group.names} for group in found.always] == [
        {"loss-mean", "loss-per-row"},
        {"dout-averaged", "dout-per-row"},
    ]
    blank = "target=[[1,0,0],[0,1,0],[0,1,0],[0,1,0],[1,0,0],~,[0,0,1],[0,0,1],[1,0,0]]"
    assert diagnose(Key.of(attncli.load("article", ["loss=ce", blank]))).always == ()


def test_a_gradient_that_is_always_zero_is_not_faint() -> None:
    """Softmax does not notice the bias of the keys, whatever the numbers are."""
    key = Key.of(attncli.load("masked"))
    assert np.abs(Variants(key.setting, key.symbols, 15).right["dbk"]).max() < 1e-12
    assert ("faint", "dbk") not in spots(diagnose(key, decimals=15))


def test_only_the_rows_that_are_handed_in_count() -> None:
    found = looked(plain(), rows=("S", "A", "O"))
    assert found.weaknesses == ()
    assert found.rows == ("S", "A", "O")
    assert found.outside > 0
    alike = {"scale-missing", "scale-subtracted", "softmax-unscaled"}
    assert alike in [{name.id for name in group.names} for group in found.always]
    assert looked(plain(), rows=("Q", "K", "V", "S", "Z", "A", "O")).always == ()
    same = plain() | {"Wk": plain()["Wq"]}
    assert ("hidden", "S", "scores-swapped") in spots(looked(same, rows=("A", "O")))
    assert ("hidden", "dQ", "dq-with-q") not in spots(looked(same, rows=("A", "O")))


def test_marking_is_as_blind_as_is_said() -> None:
    """A sheet with a hidden mistake is right; one with mistakes that are alike names them all."""
    config = plain() | {"Wk": plain()["Wq"]}
    key = Key.of(attncli.load(config))
    found = diagnose(key)
    right = Variants(key.setting, key.symbols, 4)

    def marked(name) -> attncli.homework.marks.RowMark:
        wrong = {symbol: value for symbol, value in right.values(name).items() if value is not None}
        rows = {symbol: wrong.get(symbol, right.right[symbol]) for symbol in key.symbols}
        answers = {symbol: read_answer(texts(value)) for symbol, value in rows.items()}
        return next(row for row in mark(Sheet(None, answers), key).rows if row.symbol == name.symbol)

    seen = 0
    for weakness in found.weaknesses:
        for name in weakness.spot.names:
            row, seen = marked(name), seen + 1
            if weakness.spot.kind == "hidden":
                assert row.verdict is Verdict.CORRECT, name
            else:
                assert {other.id for other in weakness.spot.names} <= {mistake.id for mistake in row.mistakes}
    assert seen > 5
    hidden = {name for weakness in found.weaknesses for name in weakness.spot.names}
    others = [name for name in right.mistakes if right.possible(name) and name not in hidden]
    for name in others[::7]:
        assert marked(name).verdict is Verdict.WRONG, name


def texts(value: np.ndarray) -> object:
    """The cells of a matrix as a student with four decimals writes them."""
    if value.ndim:
        return [texts(row) for row in value]
    return f"{value:.4f}" if np.isfinite(value) else "-inf"


def test_a_problem_that_nobody_works_out_by_hand() -> None:
    random = np.random.RandomState(0)
    config = {"embeddings": random.rand(200, 2)} | {name: random.rand(2, 2) for name in ("Wq", "Wk", "Wv")}
    with pytest.raises(attncli.AttnError, match="has 121,600 numbers"):
        looked(config)


def test_without_a_target_the_forward_pass_is_looked_through() -> None:
    config = {key: value for key, value in plain().items() if key != "target"}
    found = looked(config)
    assert found.weaknesses == ()
    assert found.rows == ("Q", "K", "V", "S", "Z", "A", "O")


@pytest.mark.parametrize(
    "change",
    [
        {"given": {"S": [[1, 2], [3, 4]]}, "scale": 0.5},
        {"given": {"A": [[0.5, 0.5], [0.1, 0.9]]}},
        {"mask": {"padding": [0, 1]}},
        {"mask": [True, {"add": [[0, 1], [1, 0]]}]},
        {"context": {"embeddings": [[1, 2], [0, 1], [2, 2]]}},
        {"heads": 2, "Wo": [[1], [2]], "target": [[1], [0]]},
        {"loss": "upstream", "upstream": [[1, 2], [3, 4]], "reduction": "mean"},
        {"loss": "ce", "target": [0, 1]},
        {"embeddings": [[0, 0], [0, 0]]},
    ],
)
def test_every_form_of_problem(change: dict) -> None:
    square = {name: [[1, 2], [3, 4]] for name in ("Wq", "Wk", "Wv")}
    config = {"embeddings": [[1, 2], [3, 4]], **square, "target": [[1, 0], [0, 1]]} | change
    record = looked(config, decimals=2).to_dict()
    assert record["blind_spots"]
    assert all(spot["mistakes"] or spot["kind"] == "faint" for spot in record["blind_spots"])
