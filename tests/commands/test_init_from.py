"""``attncli init --from``: the config of a model's layer gives what the model's own library gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

import attncli
from tests.support.running import attncli as run

safetensors = pytest.importorskip("safetensors.numpy")

MODELS = Path(__file__).parents[1] / "data" / "models"
OUTPUTS = json.loads((MODELS / "outputs.json").read_text(encoding="utf-8"))
CASES = [
    (case, ending)
    for case in OUTPUTS
    for ending in (".safetensors", ".npz")
    if (MODELS / (case.split()[0] + ending)).exists()
]
ANGLES = 1e-6  # what is left of float32 angles
HEADS_UNSAID = {"mha/alone", "mha/encoder"}
TINY = "tiny_gpt2.safetensors"


@pytest.fixture(autouse=True)
def in_a_folder_with_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(MODELS, tmp_path / "models")
    monkeypatch.chdir(tmp_path)


def with_states(states: object, text: str | None = None) -> attncli.Result:
    """The written config's forward pass for the hidden states of the fixture."""
    text = text or Path("layer.yaml").read_text(encoding="utf-8")
    assert "\nembeddings: {init: gaussian, seed: 1}\n" in text
    np.save("hidden.npy", states)
    text = text.replace("embeddings: {init: gaussian, seed: 1}", "embeddings: {file: hidden.npy}")
    Path("mine.yaml").write_text(text, encoding="utf-8")
    return attncli.forward(attncli.load("mine.yaml"))


@pytest.mark.parametrize(("case", "ending"), CASES)
def test_the_config_gives_what_the_library_gives(case: str, ending: str) -> None:
    (name, layer), expected = case.split(), OUTPUTS[case]
    path = Path("models", name + ending)
    heads = ["--heads", str(expected["heads"])] if name in HEADS_UNSAID else []
    made = run("init", "layer.yaml", "--from", str(path), "--layer", layer, *heads)
    assert (made.code, made.out) == (0, ""), made.err
    assert run("forward", "layer.yaml", "--only", "A").code == 0
    assert run("backward", "layer.yaml", "--only", "dWq").code == 0
    result = with_states(expected["X"])
    assert result.problem.form.heads == expected["heads"]
    turned = "rope" in Path("layer.yaml").read_text(encoding="utf-8")
    assert np.abs(result["O"] - expected["O"]).max() < (ANGLES if turned else 1e-12)
    assert turned == ("self_attn.q_proj" in made.err)


def test_what_was_taken_for_what_stands_in_the_config_and_on_the_screen() -> None:
    made = run("init", "layer.yaml", "--from", f"models/{TINY}", "--layer", "1", COLUMNS="300")
    said = [line.removeprefix("note: ").strip() for line in made.err.splitlines()]
    assert said[-1] == "wrote layer.yaml; next: attncli forward layer.yaml"
    text = Path("layer.yaml").read_text(encoding="utf-8")
    for line in said[:-1]:
        assert f"# {line}\n" in text
    for line in (
        "h.1.attn is named as in GPT-2",
        "Wk = h.1.attn.c_attn.weight, 8 × 24, columns: [8, 16]",
        "weights lie in-out: one row a number of X, Q = X·Wq",
        "2 heads (n_head in config.json); d_model = 8, d_k = 4, d_v = 4",
        "mask: causal, as GPT-2 has it; the file does not say",
    ):
        assert line in said
    assert any("what else this layer has: ln_1.bias, ln_1.weight" in line for line in said)
    assert run("init", "quiet.yaml", "--from", f"models/{TINY}", "--layer", "1", "-q").err == ""
    assert Path("quiet.yaml").read_text(encoding="utf-8") == text


def test_large_weights_stay_in_the_file() -> None:
    width = 768
    arrays = {"c_attn.weight": np.zeros((width, 3 * width)), "c_proj.weight": np.zeros((width, width))}
    safetensors.save_file({f"h.11.attn.{key}": value for key, value in arrays.items()}, "big.safetensors")
    assert run("init", "layer.yaml", "--from", "big.safetensors", "--heads", "12").code == 0
    assert Path("layer.yaml").stat().st_size < 4000
    assert "columns: [768, 1536]}" in Path("layer.yaml").read_text(encoding="utf-8")
    assert run("forward", "layer.yaml", "--only", "A").code == 0


def test_a_prefix_of_any_kind_and_weights_turned() -> None:
    rng = np.random.default_rng(1)
    plain = {"c_attn.weight": rng.normal(size=(4, 12)), "c_proj.weight": rng.normal(size=(4, 4))}
    outputs = []
    for prefix in ("", "transformer.h.0.attn.", "net/block_0/attn/"):
        for turned in (False, True):  # nanoGPT keeps GPT-2's names and PyTorch's layout
            arrays = {
                prefix + key: np.ascontiguousarray(value.T if turned else value)
                for key, value in plain.items()
            }
            if turned:
                safetensors.save_file(arrays, "m.safetensors")
            else:
                np.savez("m.npz", **arrays)
            model = "m.safetensors" if turned else "m.npz"
            made = run("init", "layer.yaml", "--from", model, "--heads", "2", "--force")
            assert made.code == 0, made.err
            assert ("Q = X·Wqᵀ" in made.err) == turned
            text = Path("layer.yaml").read_text(encoding="utf-8")
            # A square Wo looks the same both ways; it lies as c_attn does.
            outputs.append(with_states(np.eye(5, 4), text)["O"])
    assert all(np.allclose(one, outputs[0], atol=1e-12) for one in outputs)


def test_options_that_go_with_a_model() -> None:
    options = ["--sentence", "no one on time", "--seed", "5", "--mask", "--heads", "2"]
    assert (
        run("init", "layer.yaml", "--from", "models/bert/model.safetensors", "--layer", "0", *options).code
        == 0
    )
    problem = attncli.load("layer.yaml")
    assert problem.tokens == ("no", "one", "on", "time")
    assert problem.mask is not None
    assert "seed: 5}" in Path("layer.yaml").read_text(encoding="utf-8")
    assert run("init", "-", "--from", "models/bert/model.safetensors", "--layer", "0").out.startswith("# One")


def test_cross_attention() -> None:
    shapes = {
        "q_proj_weight": (4, 4),
        "k_proj_weight": (4, 3),
        "v_proj_weight": (4, 5),
        "out_proj.weight": (4, 4),
    }
    safetensors.save_file({f"a.{key}": np.ones(shape) for key, shape in shapes.items()}, "m.safetensors")
    assert run("init", "layer.yaml", "--from", "m.safetensors", "--heads", "2").code == 0
    given = attncli.load("layer.yaml").givens
    assert [given[symbol].shape[1] for symbol in ("X", "E", "Ev")] == [4, 3, 5]
    assert run("forward", "layer.yaml").code == 0


def test_what_changes_attention_and_is_left_out_is_said_aloud() -> None:
    config = json.loads(Path("models/llama/config.json").read_text(encoding="utf-8"))
    config["rope_parameters"]["rope_type"] = "llama3"
    Path("models/llama/config.json").write_text(
        json.dumps(config | {"sliding_window": 4, "rope_scaling": {"factor": 2}}), encoding="utf-8"
    )
    arrays = {f"self_attn.{key}_proj.weight": np.ones((8, 8)) for key in "qkvo"} | {
        "self_attn.q_norm.weight": np.ones(2)
    }
    safetensors.save_file(arrays, "models/llama/other.safetensors")
    said = run("init", "layer.yaml", "--from", "models/llama/other.safetensors", COLUMNS="300").err
    assert "THOUGH THEY CHANGE ATTENTION: self_attn.q_norm.weight" in said
    assert (
        "THOUGH IT MAY CHANGE ATTENTION: rope_scaling, sliding_window, rope_parameters in config.json" in said
    )
    assert "rope_base: 500000" in Path("layer.yaml").read_text(encoding="utf-8")


def test_layers_of_other_kinds_in_the_same_file_are_passed_over() -> None:
    arrays = {f"text.layers.0.{key}_proj.weight": np.ones((8, 8)) for key in "qkvo"}
    arrays |= {f"vision.layers.0.{key}_proj.weight": np.ones((8, 8)) for key in ("q", "k", "v", "out")}
    safetensors.save_file(arrays, "m.safetensors")
    Path("config.json").write_text(json.dumps({"text_config": {"num_attention_heads": 2}}), encoding="utf-8")
    assert "text.layers.0 is named as in Llama" in run("init", "layer.yaml", "--from", "m.safetensors").err
    assert attncli.load("layer.yaml").form.heads == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--from", "models/nope.safetensors"], "there is no file 'models/nope.safetensors'"),
        (["--from", "models"], "ends in ''"),
        (["--from", "models/outputs.json"], "a model's file is one of .npz, .safetensors"),
        (["--from", "w.npy"], "ends in '.npy'"),
        (["--from", "nul\0.npz"], "cannot be read"),
        (["--from", "models/tiny_gpt2.safetensors", "--layer", "0", "--sentence", " "], "holds no words"),
        (["--from", "models/tiny_gpt2.safetensors"], "has 2 attention layers that this could be"),
        (["--from", "models/tiny_gpt2.safetensors", "--layer", "2"], "it has h.0.attn, h.1.attn"),
        (
            ["--from", "models/tiny_gpt2.safetensors", "--layer", "attn"],
            "by its number or its name: h.0.attn, h.1.attn",
        ),
        (
            ["--from", "models/tiny_gpt2.safetensors", "--layer", "0", "--heads", "3"],
            "Wq does not go with the others and heads = 3",
        ),
        (["--from", "models/mha/alone.safetensors"], "nothing says how many heads in_proj_weight has"),
        (
            ["--from", "models/keras/model.npz", "--layer", "1", "--heads", "2"],
            "a kernel of 3 heads, not of 2",
        ),
        (
            ["--from", "models/llama/model.safetensors", "--heads", "1"],
            "Wk does not go with the others and heads = 1",
        ),
        (
            ["--from", "models/llama/model.safetensors", "--heads", "16"],
            "RoPE turns pairs, and d_k = 1 is odd",
        ),
        (["--from", "models/tiny_gpt2.safetensors", "--d-k", "3"], "--d-k does not go with --from"),
        (
            ["--from", "models/tiny_gpt2.safetensors", "--template", "tiny"],
            "--template does not go with --from",
        ),
        (["--layer", "3"], "--layer needs --from"),
        (
            ["--from", "m.safetensors"],
            "holds no attention layer that is named as in one of nn.MultiheadAttention",
        ),
        (
            ["--from", "n.safetensors", "--heads", "1"],
            "attn.c_attn.weight is 4 × 13: queries, keys and values",
        ),
        (["--from", "o.safetensors", "--heads", "1"], "there is no attn.o_proj.weight"),
        (["--from", "p.safetensors", "--heads", "1"], "c_attn.weight is 4 × 3 × 4: that is not the shape"),
        (["--from", "q.safetensors", "--heads", "2"], "out_proj.weight is 6 × 5: Wo does not go with"),
        (["--from", "r.safetensors", "--heads", "2"], "in_proj_bias is 15: bq does not go with"),
        (
            ["--from", "s.safetensors"],
            "value.kernel is 4 × 3 × 2: Wv does not go with the others and heads = 2",
        ),
        (["--from", "broken.safetensors"], "cannot be read"),
        (["--from", "broken.npz"], "cannot be read"),
        (["--from", "config/tiny_gpt2.safetensors", "--layer", "0"], "config.json' cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(options: list[str], says: str) -> None:
    files = {
        "m": {"weight": (3, 3)},
        "n": {"attn.c_attn.weight": (4, 13), "attn.c_proj.weight": (4, 4)},
        "o": {f"attn.{key}_proj.weight": (4, 4) for key in "qkv"},
        "q": {"in_proj_weight": (12, 4), "out_proj.weight": (6, 5)},
        "r": {"in_proj_weight": (12, 4), "out_proj.weight": (4, 4), "in_proj_bias": (15,)},
        "s": {f"{key}.kernel": (4, 2, 3) for key in ("query", "key")}
        | {"value.kernel": (4, 3, 2), "attention_output.kernel": (2, 3, 4)},
        "p": {"c_attn.weight": (4, 3, 4), "c_proj.weight": (4, 4)},
    }
    for name, shapes in files.items():
        safetensors.save_file({key: np.ones(shape) for key, shape in shapes.items()}, f"{name}.safetensors")
    Path("broken.safetensors").write_bytes(b"\x08" + bytes(7) + b"notjson!")
    Path("broken.npz").write_bytes(b"PK")
    Path("config").mkdir()
    shutil.copy(f"models/{TINY}", "config")
    Path("config/config.json").write_text("[" * 100_000, encoding="utf-8")
    outcome = run("init", "layer.yaml", *options, COLUMNS="300")
    assert outcome.code == 2, outcome.err
    assert says in outcome.err
    assert "Traceback" not in outcome.err
    assert not Path("layer.yaml").exists()


def test_a_model_elsewhere_is_refused_with_what_to_do() -> None:
    Path("inner").mkdir()
    outcome = run("init", "inner/layer.yaml", "--from", f"models/{TINY}", "--layer", "0", COLUMNS="300")
    assert outcome.code == 2
    assert "lies outside the folder of 'inner/layer.yaml'" in outcome.err
    assert "write the config into 'models', or copy the model beside it" in outcome.err
    assert list(Path("inner").iterdir()) == []
    assert run("init", "models/layer.yaml", "--from", f"models/{TINY}", "--layer", "0").code == 0
    assert "{file: tiny_gpt2.safetensors, " in Path("models/layer.yaml").read_text(encoding="utf-8")


def test_names_from_a_file_do_nothing() -> None:
    prefix = 'a\x1b[31m"}: x\n- y.'
    shapes = {f"{prefix}c_attn.weight": (2, 6), f"{prefix}c_proj.weight": (2, 2), f"{prefix}[b]\x07": (2, 2)}
    safetensors.save_file({key: np.ones(shape) for key, shape in shapes.items()}, "no \u202e.safetensors")
    made = run("init", "layer.yaml", "--from", "no \u202e.safetensors", "--heads", "1")
    assert made.code == 0, made.err
    text = Path("layer.yaml").read_text(encoding="utf-8")
    assert all(char.isprintable() or char == "\n" for char in text + made.err)
    assert attncli.load("layer.yaml").givens["Wq"].shape == (2, 2)
    assert yaml.safe_load(text)["Wq"]["key"] == f"{prefix}c_attn.weight"  # of YAML 1.1 as well


def test_a_config_is_never_lost() -> None:
    Path("layer.yaml").write_text("mine", encoding="utf-8")
    options = ("init", "layer.yaml", "--from", f"models/{TINY}", "--layer", "0")
    assert run(*options).code == 2
    assert Path("layer.yaml").read_text(encoding="utf-8") == "mine"
    assert run(*options, "--force").code == 0


def test_in_vietnamese_the_comments_follow_and_the_config_is_the_same() -> None:
    for language in ("vi", "en"):
        options = ("--from", f"models/{TINY}", "--layer", "0", "--lang", language)
        assert run("init", f"{language}.yaml", *options).code == 0
    texts = [Path(f"{name}.yaml").read_text(encoding="utf-8").splitlines() for name in ("vi", "en")]
    bare = [[line.partition("#")[0].rstrip() for line in text] for text in texts]
    assert bare[0] == bare[1]
    assert texts[0] != texts[1]
