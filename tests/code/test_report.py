"""A report about code: its record is strict JSON of a fixed form, its text says all that the screen says."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from attncli import language
from attncli.code.report import Ability, Example, Failure, Named, differ
from tests.support.code_reports import FAILED, GOOD, OFF, RIGHT, SPLIT, UNKNOWN, WRONG

KEYS = (
    *("schema", "file", "name", "pass", "verdict", "problems", "right", "abilities", "mistakes"),
    *("first_wrong", "convention", "example", "failures"),
)


def test_the_record():
    record = WRONG.to_dict()
    assert tuple(record) == KEYS
    assert (record["schema"], record["pass"]) == (1, "forward")
    assert record["abilities"][0] == {"name": "one-head", "problems": 4, "right": 4, "verdict": "right"}
    assert record["abilities"][1]["says"].startswith("1 of 4 raises")
    (mistake,) = record["mistakes"]
    assert tuple(mistake)[:5] == ("id", "formula", "says", "explains", "could_show")
    assert "with" not in mistake
    assert record["failures"] == [
        {"says": "ValueError: no", "line": 12, "problems": 3, "abilities": ["several-heads", "masked-row"]}
    ]
    assert tuple(record["example"])[:3] == ("config", "yours", "expected")
    assert record["example"]["expected"]["O"] == RIGHT.tolist()
    assert replace(WRONG, notes=("n",)).to_dict()["notes"] == ["n"]
    assert GOOD.to_dict()["example"] is None


def test_the_record_is_strict_json():
    config = {**WRONG.example.config, "mask": [{"add": [[0.0, -np.inf]]}], "scale": np.float64(np.inf)}
    given = Example(config, {"O": np.array([[np.nan, np.inf]], np.float16)}, {"O": RIGHT[:1]}, "causal")
    record = json.loads(json.dumps(replace(WRONG, example=given).to_dict(), allow_nan=False))
    assert record["example"]["config"]["mask"] == [{"add": [[0.0, "-inf"]]}]
    assert record["example"]["config"]["scale"] == "inf"
    assert record["example"]["yours"]["O"] == [["nan", "inf"]]


def test_two_mistakes_that_were_made_together():
    other = replace(SPLIT, id="scale-missing", formula="Z = S", right="Z = S/√d_k", together=(SPLIT.id,))
    both = replace(WRONG, mistakes=(replace(SPLIT, together=(other.id,)), other))
    assert [mistake["with"] for mistake in both.to_dict()["mistakes"]] == [[other.id], [SPLIT.id]]
    assert both.heading.endswith("wrong: heads-split-reshape + scale-missing")
    assert str(both).count("What seems to have been done") == 1
    assert "Or:" not in str(both)
    assert "explain -c example.yaml Qh Z 'O[2,1]'" in str(both)


def test_one_slip_in_several_rows_is_told_once():
    rows = [
        replace(SPLIT, formula=f"{s} = X·W{s}ᵀ", right=f"{s} = X·W{s}", together=(SPLIT.id,) * 2)
        for s in "QKV"
    ]
    text = str(replace(WRONG, mistakes=tuple(rows)))
    assert "wrong: heads-split-reshape\n" in text
    assert text.count("instead of") == 3
    assert text.count(SPLIT.says) == 1
    assert "explain -c example.yaml Q K V 'O[2,1]'" in text


def test_two_pairs_that_share_a_mistake():
    a, b, c = (replace(SPLIT, id=id_) for id_ in "abc")
    pairs = [replace(one, together=(other.id,)) for one, other in ((a, b), (b, a), (a, c), (c, a))]
    assert replace(WRONG, mistakes=tuple(pairs)).heading.endswith("wrong: a + b or a + c")


def test_mistakes_that_give_the_same_numbers():
    same = Named("other", "X = 1", "X = 2", "Not so.", 5, 5, same=True)
    text = str(replace(WRONG, mistakes=(SPLIT, same)))
    assert "wrong: heads-split-reshape or other\n" in text
    assert "Gives the same numbers: other\n  X = 1   instead of   X = 2\n  Not so." in text
    assert "Or: another" in str(replace(WRONG, mistakes=(SPLIT, replace(same, id="another", same=False))))


def test_the_text():
    lines = str(WRONG).splitlines()
    assert lines[0] == "my_attention.py, attention: wrong: heads-split-reshape"
    assert lines[4] == "one head         ✓ right      4 of 4"
    assert lines[5] == "several heads    ✗ wrong      0 of 4"
    assert lines[6] == "cross-attention  – not taken"
    assert "  Qh = reshape(Q, h × n × d_k)   instead of   Qh = split(Q)" in lines
    assert "  It gives the same numbers on 5 of 5 problems that could show it." in lines
    assert "The smallest problem that shows it (several heads), O:" in lines
    assert "  attncli test my_attention.py:attention --example example.yaml" in lines
    assert lines[-1] == "  attncli explain -c example.yaml Qh 'O[2,1]'"


def test_wrong_numbers_can_be_seen_to_be_wrong():
    """They are off in the sixth decimal, and carry a sign; NaN is what it is."""
    assert "  ✗0.333335  ✗NaN   0.333333   0" in str(WRONG)
    assert differ(OFF, RIGHT).tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize(
    ("dtype", "by", "wrong"),
    [
        ("float64", 1e-9, 0),
        ("float64", 1e-6, 4),
        ("float32", 1e-6, 0),
        ("float16", 1e-3, 0),
        ("float16", 0.1, 4),
    ],
)
def test_numbers_are_compared_as_what_they_are(dtype: str, by: float, wrong: int):
    assert differ((RIGHT + by).astype(dtype), RIGHT).sum() == wrong


def test_a_large_negative_number_will_do_for_minus_infinity():
    assert differ(np.array([-1e9, -1e30, -np.inf, 0.0]), np.full(4, -np.inf)).tolist() == [0, 0, 0, 1]


def test_a_wrong_shape_is_said():
    shown = replace(WRONG.example, yours={"O": OFF[:1]})
    text = str(replace(WRONG, example=shown))
    assert "Its shape is 1 × 2, and should be 2 × 2." in text
    assert "  0.2500  -1   0.2500  -1" in text  # no sign: where would it stand?
    assert "explain -c example.yaml Qh 'O[1,1]'" in text


def test_of_heads_a_wrong_one_is_shown():
    heads = np.stack([RIGHT, OFF])
    example = Example({}, {"A": heads, "O": OFF}, {"A": np.stack([RIGHT, RIGHT]), "O": RIGHT}, "causal")
    text = str(replace(WRONG, first_wrong="A", example=example))
    assert "yours, head 2" in text
    assert "Also wrong: O" in text
    assert "'A[2][2,1]'" in text


def test_nothing_that_is_known_fits():
    text = str(UNKNOWN)
    assert text.startswith("my_attention.py, attention: wrong\n")
    assert "This is not among the mistakes known here." in text
    assert "The first wrong quantity: O" in text
    assert "What is right: one head\n" in text


def test_right_and_failed():
    assert str(GOOD).splitlines()[0] == "my_attention.py, attention: right"
    assert "known here" not in str(GOOD)
    hides = replace(GOOD, convention="true in the mask means hidden")
    assert hides.heading == "my_attention.py, attention: right, where true in the mask means hidden"
    assert FAILED.heading == "my_attention.py, attention: failed: line 12: ValueError: no"
    assert "It fails on" not in str(FAILED)  # that is in the heading


def test_right_code_is_not_accused_of_what_it_need_not_do():
    assert "✗" not in str(GOOD)
    assert [line[1:] for line in GOOD.table[2:]] == [["– not taken", ""], ["– NaN", ""]]
    rows = (Failure("AssertionError", 3, 1, ("masked-row",)),)
    raises = replace(
        GOOD, abilities=(Ability("masked-row", 1, 0, "failed", "AssertionError"),), failures=rows
    )
    assert raises.table[1] == ["a wholly masked row", "– failed", ""]
    nothing = "\nWhere it fails, which decides nothing: a wholly masked row\n  line 3: AssertionError"
    assert nothing in str(raises)
    assert nothing in str(replace(raises, verdict="wrong"))


def test_code_that_is_right_where_it_does_not_fail():
    abilities = (*WRONG.abilities[:1], Ability("causal", 1, 0, "failed"), Ability("padding", 2, 0, "failed"))
    failures = (
        Failure("AttributeError: no masked_fill", 9, 2, ("causal", "padding")),
        Failure("it returns None", 0, 1, ("padding",)),
    )
    text = str(replace(UNKNOWN, abilities=abilities, failures=failures, example=None))
    assert text.startswith("my_attention.py, attention: wrong: it fails on causal mask, padding mask\n")
    assert "\nIt fails on causal mask, padding mask:\n  line 9: AttributeError: no masked_fill\n" in text
    assert "\nIt fails on padding mask:\n  it returns None" in text
    assert "known here" not in text


def test_the_convention_of_wrong_code_and_notes_are_said():
    text = str(replace(WRONG, convention="true in the mask means hidden", notes=("X was changed",)))
    assert "\nJudged by this convention: true in the mask means hidden\n" in text
    assert text.endswith("\nnote: X was changed")


def test_a_function_without_a_file_has_no_command_to_go_on():
    assert "attncli test" not in str(replace(WRONG, file="<stdin>", name="<lambda>"))


def test_what_the_code_says_is_harmless():
    nasty = Ability("one-head", 1, 0, "failed", "ValueError: \x1b[31m<b>")
    text = str(replace(WRONG, file="\x1b.py", abilities=(nasty,), notes=("\x1b]0;",)))
    assert "\x1b" not in text
    html = replace(WRONG, abilities=(nasty,))._repr_html_()
    assert "<b>" not in html
    assert "heads-split-reshape" in html


def test_in_vietnamese():
    language.use("vi")
    try:
        assert "What seems" not in str(WRONG)
        assert "một head" in str(WRONG)
    finally:
        language.use(None)
