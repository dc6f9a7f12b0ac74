"""What other books and libraries call things gets a hint that says what to write here."""

import re

import pytest

import attncli
from attncli.errors import AttnError
from attncli.problem.foreign import OTHERWISE, SAME, folded, read_as
from attncli.problem.keys import KEYS

EYE = [[1, 0], [0, 1]]
BASE = {"X": EYE, "Wk": EYE, "Wv": EYE}


def errors(**config: object) -> list[str]:
    with pytest.raises(AttnError) as caught:
        attncli.Problem(**{**BASE, "Wq": EYE, **config})
    return [str(one) for one in caught.value.errors]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kv_heads", "under formulas, a line each: Kh = split(K, 2), Kg = repeat(Kh, 2), S = Qh·Kgᵀ"),
        ("num_key_value_heads", "under formulas, a line each: Kh = split(K, 2)"),
        ("alibi", "write it under formulas, a line each: Za = alibi(Z), A = softmax(Za)"),
        ("sliding_window", "write mask: [causal, {window: 3}]"),
        ("attn_logit_softcapping", "a line each: Zc = softcap(Z, 30), A = softmax(Zc)"),
        ("norm_first", "a line each: N = layernorm(R, γ, β)"),
        ("intermediate_size", "a line each: F = N·W1 + b1, G = relu(F)"),
        ("is_causal", "(write mask: true)"),
        ("causal", "(write mask: true)"),
        ("key_padding_mask", "write mask: {padding: […]}: the words to hide, or a 0 or a 1"),
        ("attn_mask", "write mask: [[1, 0], [1, 1]], 1 = may look; numbers to add go under {add: …}"),
        ("dropout", "there is none here: leave it out"),
        ("softcap", "write it under formulas, a line each: Zc = softcap(Z, 30)"),
        ("window", "write mask: [causal, {window: 3}]"),
        ("d_k", "it is the width of Wk, and read off that: leave it out"),
        ("head_dim", "it is the width of Wk"),
        ("d_model", "it is the width of embeddings"),
        ("hidden_size", "it is the width of embeddings"),
        ("in_proj_weight", "cut it into three equal parts: Wq: …, Wk: …, Wv: …"),
        ("query", "write Wq: …, or its product with the embeddings under given"),
        ("seq_len", "it is the number of tokens"),
        ("lr", "it is the option --lr of some commands"),
    ],
)
def test_what_has_another_sense_here(name: str, words: str):
    (error,) = errors(**{name: 2})
    assert error.startswith(f"Problem: unknown key {name!r} (")
    assert words in error


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *(("num_heads", "heads"), ("n_heads", "heads"), ("nhead", "heads"), ("h", "heads")),
        *(("W_q", "Wq"), ("W_Q", "Wq"), ("wq", "Wq"), ("q_proj.weight", "Wq"), ("w_query", "Wq")),
        *(("eps", "epsilon"), ("layer_norm_eps", "epsilon"), ("rope_theta", "rope_base")),
        *(("out_proj", "Wo"), ("inputs", "embeddings"), ("labels", "target"), ("grad_output", "upstream")),
    ],
)
def test_the_same_thing_by_another_name(name: str, key: str):
    assert read_as(name, KEYS) == (key, f"did you mean {key!r}?")


def test_it_is_read_as_the_key_so_that_nothing_else_seems_to_be_wrong():
    with pytest.raises(AttnError) as caught:
        attncli.Problem(**BASE, W_Q=EYE, num_heads=3)
    assert [one.message for one in caught.value.errors] == [
        "unknown key 'W_Q'",
        "unknown key 'num_heads'",
        "Wq has 2 columns, which 3 heads cannot share equally",
        "Wk has 2 columns, which 3 heads cannot share equally",
        "Wv has 2 columns, which 3 heads cannot share equally",
    ]


def test_the_tables_hold_names_as_they_are_looked_up_and_no_name_twice():
    assert not SAME.keys() & OTHERWISE.keys()
    assert {folded(name) for name in {*SAME, *OTHERWISE}} == {*SAME, *OTHERWISE}
    assert not {folded(key) for key in KEYS} & {*SAME, *OTHERWISE}
    assert set(SAME.values()) <= set(KEYS)
    for name in OTHERWISE:
        key, hint = read_as(name, KEYS)
        assert key is None
        assert hint
        assert not re.search(r"\{value\}|\{\{", hint)
