"""Make ../data/models: small models as libraries save them, and what their attention layers give.

The files are what ``attncli init --from`` is tested on, so this script asks the libraries themselves and
never imports the package. Run it only to add a model:

    pip install torch transformers safetensors keras
    KERAS_BACKEND=torch python tests/reference/make_models.py

Each model is drawn, saved as its library saves it, in float32 (one in bfloat16), and widened to float64, in
which its attention layer then works out what outputs.json holds: the hidden states ``X`` that it was given,
and the output ``O``. Transformers turns queries and keys (RoPE) by angles in float32: O has fewer digits.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel, GPT2Config, GPT2Model, LlamaConfig, LlamaModel
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

FOLDER = Path(__file__).parents[1] / "data" / "models"
WORDS = 5
KEPT = ("model_type", "n_head", "num_attention_heads", "num_key_value_heads", "rope_parameters")
OUTPUTS: dict[str, dict[str, Any]] = {}


def save(name: str, model: nn.Module, config: Any = None, dtype: torch.dtype = torch.float32) -> nn.Module:
    """Save a model in a file, and what its config says of attention beside it; return it in float64."""
    torch.manual_seed(len(OUTPUTS))
    for parameter in model.parameters():  # libraries begin with biases of 0
        nn.init.normal_(parameter, std=0.5)
    model = model.to(dtype).eval()
    path = FOLDER / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, path)
    if config is not None:
        told = {key: value for key, value in config.to_dict().items() if key in KEPT}
        (path.parent / "config.json").write_text(json.dumps(told) + "\n", encoding="utf-8")
    return model.double()


def hidden(width: int) -> Tensor:
    """Draw hidden states with few digits."""
    return torch.randn(1, WORDS, width, dtype=torch.float64).round(decimals=3)


def note(name: str, states: Any, output: Any, **options: Any) -> None:
    """Keep what went in and what came out."""
    rows = {"X": np.asarray(states)[0].tolist(), "O": np.asarray(output)[0].tolist()}
    OUTPUTS[name] = {**options, **rows}


def gpt2() -> None:
    config = GPT2Config(n_embd=8, n_head=2, n_layer=2, n_inner=8, vocab_size=5, n_positions=WORDS)
    config._attn_implementation = "sdpa"  # noqa: SLF001 - the other one calculates the softmax in float32
    model = save("tiny_gpt2", GPT2Model(config), config)
    for layer, block in enumerate(model.h):
        states = hidden(8)
        note(f"tiny_gpt2 {layer}", states, block.attn(states)[0], heads=2)


def bert() -> None:
    config = BertConfig(
        hidden_size=8, num_attention_heads=2, num_hidden_layers=2, vocab_size=5, intermediate_size=8,
        max_position_embeddings=WORDS,
    )  # fmt: skip
    config._attn_implementation = "sdpa"  # noqa: SLF001
    model = save("bert/model", BertModel(config), config)
    for layer, block in enumerate(model.encoder.layer):
        states = hidden(8)
        mixed = block.attention.self(states)[0]
        note(f"bert/model {layer}", states, block.attention.output.dense(mixed), heads=2)


def llama(name: str, heads: int, shared: int, dtype: torch.dtype, base: float) -> None:
    config = LlamaConfig(
        hidden_size=16, num_attention_heads=heads, num_key_value_heads=shared, num_hidden_layers=1,
        vocab_size=5, intermediate_size=8, rope_parameters={"rope_theta": base, "rope_type": "default"},
        bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    config._attn_implementation = "sdpa"  # noqa: SLF001
    model = save(f"{name}/model", LlamaModel(config), config, dtype)
    states = hidden(16)
    model.rotary_emb = LlamaRotaryEmbedding(config)  # its own was rounded to the weights' precision
    angles = model.rotary_emb(states, torch.arange(WORDS)[None])
    output = model.layers[0].self_attn(states, position_embeddings=angles, attention_mask=None)[0]
    note(f"{name}/model 0", states, output, heads=heads, shared=shared)


def torch_layers() -> None:
    alone = save("mha/alone", nn.MultiheadAttention(6, 3, batch_first=True))
    states = hidden(6)
    note("mha/alone 0", states, alone(states, states, states)[0], heads=3)
    encoder = nn.TransformerEncoderLayer(6, 2, dim_feedforward=4, batch_first=True, bias=False)
    stack = save("mha/encoder", nn.TransformerEncoder(encoder, 2, enable_nested_tensor=False))
    for layer, block in enumerate(stack.layers):
        states = hidden(6)
        note(f"mha/encoder {layer}", states, block.self_attn(states, states, states)[0], heads=2)


def keras_layers() -> None:
    keras.utils.set_random_seed(1)
    arrays: dict[str, np.ndarray] = {}
    for layer, (heads, width) in enumerate(((2, 4), (3, 2))):
        states = hidden(6)
        attention = keras.layers.MultiHeadAttention(heads, width, value_dim=3, dtype="float64")
        attention.build(states.shape, states.shape)
        for weight in attention.weights:
            weight.assign(np.random.default_rng(len(arrays)).normal(size=weight.shape).astype(np.float32))
            # Keras gives a second layer the name multi_head_attention_1.
            arrays[weight.path] = weight.numpy().astype(np.float32)
        # Without its weights it is worked out by a kernel that has 1/√d_k in float32.
        output, _weights = attention(states, states, return_attention_scores=True)
        note(f"keras/model {layer}", states, output.detach(), heads=heads)
    (FOLDER / "keras").mkdir(exist_ok=True)
    np.savez(FOLDER / "keras" / "model.npz", **arrays)
    save_arrays(arrays, FOLDER / "keras" / "model.safetensors")


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    gpt2()
    bert()
    llama("llama", 4, 2, torch.bfloat16, 500000.0)
    llama("one_key", 4, 1, torch.float32, 10000.0)
    llama("ungrouped", 2, 2, torch.float32, 10000.0)
    torch_layers()
    keras_layers()
    for path in FOLDER.rglob("*.safetensors"):
        path.chmod(0o644)
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(output)}" for name, output in OUTPUTS.items())
    (FOLDER / "outputs.json").write_text(f"{{\n{text}\n}}\n", encoding="utf-8")
    print(f"wrote {len(OUTPUTS)} outputs to {FOLDER}")
