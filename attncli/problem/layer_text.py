"""The config of an attention layer of a model's file: what ``init --from`` writes, and what it says of it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from attncli.errors import AttnError
from attncli.files import read_small
from attncli.language import _
from attncli.ops.heads import MOST_HEADS
from attncli.problem.config_text import number, quote
from attncli.problem.layers import MATTERS, choose_layer, find_layers, widths_of
from attncli.problem.matrices import array_shapes, inside, key_list
from attncli.problem.starter import check_words
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.problem.layers import Layer, Taken, Widths


HEADS = ("num_attention_heads", "n_head", "num_heads", "n_heads", "nhead", "encoder_attention_heads")
# What a model's config says of its attention, and the config written here does not.
IDLE = (
    *("rope_scaling", "partial_rotary_factor", "sliding_window", "attn_logit_softcapping"),
    *("query_pre_attn_scalar", "scale_attn_by_inverse_layer_idx", "attention_multiplier"),
)
# A word that needs no quotes, and that no reader of YAML takes for a number or a truth value.
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*[._/][A-Za-z0-9_./-]*")
BASE, MOST_BASE = 10_000.0, 1e30
HOW_DRAWN, SEED = "gaussian", 1


@dataclass(frozen=True)
class Settings:
    """What the command line says of the config to write. Raises AttnError where the sentence has no words."""

    sentence: str = "Death is like the wind"
    heads: int | None = None
    masked: bool = False
    seed: int = SEED

    def __post_init__(self) -> None:
        """Check the sentence."""
        check_words(self.sentence)


class Model(NamedTuple):
    """What ``config.json`` beside a model says, and what it is called in messages."""

    path: str
    values: Mapping[str, Any]

    @property
    def heads(self) -> tuple[int, str] | None:
        """The number of heads, and the key that says it."""
        for key in HEADS:
            value = self.values.get(key)
            if type(value) is int and 1 <= value <= MOST_HEADS:
                return value, key
        return None

    @property
    def rope_base(self) -> float | None:
        """The base of RoPE's angles, which two versions of the libraries write in two places."""
        inner = self.values.get("rope_parameters")
        for values in (self.values, inner if isinstance(inner, dict) else {}):
            value: Any = values.get("rope_theta")
            if type(value) in {int, float} and 0 < value < MOST_BASE:
                return float(value)
        return None

    @property
    def idle(self) -> list[str]:
        """The keys that change attention, and that are not followed."""
        found = [key for key in IDLE if self.values.get(key) and self.values[key] != 1]
        inner = self.values.get("rope_parameters")
        usual = not isinstance(inner, dict) or (
            inner.get("rope_type", "default") == "default" and "rope_theta" in inner
        )
        unscaled = self.values.get("scale_attn_weights") is False
        return [*found, *["rope_parameters"] * (not usual), *["scale_attn_weights"] * unscaled]


def layer_text(
    file: str, model: str, wanted: str | None, settings: Settings, command: str
) -> tuple[str, list[str]]:
    """Return the config of one layer, to be written to ``file``, and what is said of it, line by line.

    Raises AttnError where the layer is not found, or is not clear, or the config could not read the model.
    """
    layers = find_layers(array_shapes(Path(model), repr(model)))
    named = beside(model, file)
    layer = choose_layer(layers, wanted, repr(model))
    beliefs = read_model(Path(model).with_name("config.json"))
    heads, because = heads_of(layer, settings, beliefs)
    widths = widths_of(layer, heads)
    said = [*about(layer, widths, because), *doubts(layer, beliefs)]
    comments = [f"# {sanitize(line)}" for line in said]
    text = [
        _("# One attention layer of {file}:", file=sanitize(named)),
        *comments,
        _("# Made by: {command}", command=sanitize(command)),
        "#",
        _("#   attncli forward FILE     every matrix, with the formula that made it"),
        _("#   attncli backward FILE    the loss and every gradient"),
        _("# FILE is the name of this file."),
        "",
        f"sentence: {quote(' '.join(settings.sentence.split()))}",
        "",
        *embeddings(layer, widths, settings),
        "",
        f"heads: {heads}",
        f"mask: {'causal' if layer.naming.causal or settings.masked else 'false'}",
        f"weights: {'out-in' if layer.out_in else 'in-out'}".ljust(19)
        + (
            _("# as they lie in the file: Q = X·Wqᵀ")
            if layer.out_in
            else _("# as they lie in the file: Q = X·Wq")
        ),
        *(f"{symbol}: {reference(named, taken)}" for symbol, taken in layer.matrices.items()),
        *formulas(layer, widths, beliefs),
        "",
        "loss: sum".ljust(19) + _("# or bce, ce, mse: these need a target"),
        "decimals: 4",
    ]
    return "\n".join(text) + "\n", said


def beside(model: str, file: str) -> str:
    """Return the model's name as the config writes it. Raises AttnError where it lies elsewhere."""
    folder = Path(file).parent if file != "-" else Path()
    try:
        name = Path(os.path.relpath(model, folder)).as_posix()
        inside(folder, name)
    except (AttnError, ValueError, OSError):
        message = _(
            "{model!r} lies outside the folder of {file!r}: no config could read it there",
            model=model,
            file=file,
        )
        hint = _(
            "write the config into {folder}, or copy the model beside it",
            folder=repr(str(Path(model).parent)),
        )
        raise AttnError(message, hint=hint) from None
    return name


def read_model(path: Path) -> Model:
    """Read the ``config.json`` that Hugging Face puts beside a model; nothing where there is none."""
    if not path.is_file():
        return Model(path.name, {})
    try:
        values = json.loads(read_small(str(path)))
    except (ValueError, RecursionError) as error:
        message = _("{file} cannot be read: {reason}", file=repr(str(path)), reason=f"{error!s:.80}")
        raise AttnError(message, hint=_("mend it, or take it away and say --heads")) from None
    values = values if isinstance(values, dict) else {}
    inner = values.get("text_config")  # of a model that also sees
    return Model(path.name, values | inner if isinstance(inner, dict) else values)


def heads_of(layer: Layer, settings: Settings, model: Model) -> tuple[int, str]:
    """Return the number of heads, and what says so. Raises AttnError where nothing does, or two things do."""
    queries = layer.matrices["Wq"]
    if queries.heads is not None:
        count = queries.shape[queries.heads]
        if settings.heads not in {None, count}:
            why = _("that is a kernel of {count} heads, not of {heads}", count=count, heads=settings.heads)
            raise layer.misfit(queries, why)
        return count, _("the kernels' shape")
    if settings.heads is not None:
        return settings.heads, "--heads"
    if model.heads is None:
        message = _("nothing says how many heads {layer} has: weights do not show it", layer=layer.name)
        hint = _("add --heads N, or put the model's config.json beside it")
        raise AttnError(message, hint=hint)
    count, key = model.heads
    return count, _("{key} in {file}", key=key, file=model.path)


def about(layer: Layer, widths: Widths, because: str) -> Iterator[str]:
    """Say what was taken for what, one thing a line."""
    yield _("{layer} is named as in {title}", **layer.about)
    for symbol, taken in layer.matrices.items():
        shape = " × ".join(map(str, taken.shape))
        yield f"{symbol} = {taken.key}, {shape}" + (f", {taken.part}" if taken.part else "")
    if layer.out_in:
        yield _("weights lie out-in, as PyTorch's: one row a number of the output, Q = X·Wqᵀ")
    else:
        yield _("weights lie in-out: one row a number of X, Q = X·Wq")
    if any("[" in taken.part for taken in layer.matrices.values()):
        yield _("rows and columns are counted from 0, the last one not taken, as in Python")
    yield _(
        "{heads} heads ({because}); d_model = {d_model}, d_k = {d_k}, d_v = {d_v}",
        because=because,
        **widths._asdict(),
    )
    if widths.shared < widths.heads:
        yield _(
            "grouped: keys and values have {shared} heads, each for {group} of the queries",
            shared=widths.shared,
            group=widths.heads // widths.shared,
        )
    missing = [f"b{end}" for end in "qkvo" if f"b{end}" not in layer.matrices]
    if missing:
        yield _("without {biases}: the file has none", biases=", ".join(missing))


def doubts(layer: Layer, model: Model) -> Iterator[str]:
    """Say what the names alone do not tell, and what was left out."""
    title = layer.naming.title
    if layer.naming.causal:
        yield _("mask: causal, as {title} has it; the file does not say", title=title)
    else:
        yield _("no mask: the file does not say; --mask if words must not look at later ones")
    if layer.naming.rope:
        base = number(model.rope_base or BASE)
        known = _("rope_theta in {file}", file=model.path) if model.rope_base else _("the usual one")
        yield _("queries and keys are turned by RoPE with the base {base} ({known})", base=base, known=known)
    left = layer.left_out
    if matters := [name for name in left if MATTERS.search(name)]:
        yield _("left out, THOUGH THEY CHANGE ATTENTION: {names}", names=key_list(matters))
    if model.idle:
        told = {"file": model.path, "names": key_list(model.idle)}
        yield _("left out, THOUGH IT MAY CHANGE ATTENTION: {names} in {file}", **told)
    if others := [name for name in left if name not in matters]:
        yield _("left out, what else this layer has: {names}", names=key_list(others))


def embeddings(layer: Layer, widths: Widths, settings: Settings) -> Iterator[str]:
    """Write what the layer reads, which is not in the file: drawn, for a person to replace."""
    drawn = f"{{init: {HOW_DRAWN}, seed: {settings.seed}}}"
    norm = layer.naming.before
    if norm:
        yield _(
            "# X: in {title} what the {norm} before the layer gives.", title=layer.naming.title, norm=norm
        )
    yield _("# The file has no hidden states: these are drawn. Put your own here, one row a word,")
    yield _(
        "# {d_model} numbers each: rows of numbers, or a file beside this one, {{file: hidden.npy}}",
        **widths._asdict(),
    )
    yield f"embeddings: {drawn}"
    if widths.d_context != widths.d_model or widths.d_values != widths.d_model:
        yield _("# Keys and values are as wide as other words: cross-attention.")
        yield "context:"
        yield f"  sentence: {quote(' '.join(settings.sentence.split()))}"
        yield f"  embeddings: {drawn}"
        yield from [f"  values: {drawn}"] * (widths.d_values != widths.d_context)


def reference(file: str, taken: Taken) -> str:
    """Write where a matrix is: ``{file: model.safetensors, key: c_attn.weight, columns: [0, 768]}``."""
    named, key = (text if PLAIN.fullmatch(text) else quote(text) for text in (file, taken.key))
    return f"{{file: {named}, key: {key}{taken.part and ', '}{taken.part}}}"


def formulas(layer: Layer, widths: Widths, model: Model) -> Iterator[str]:
    """Write the page's lines that the lesson has otherwise: shared heads, and RoPE."""
    split, group = widths.heads > 1, widths.heads // widths.shared
    end = "h" if split else ""
    names = {letter: f"{letter}{end}" for letter in "QKV"}
    lines = []
    if group > 1:
        lines += [f"{letter}h = split({letter}, {widths.shared})" for letter in "KV"]
    if layer.naming.rope:
        for letter in "QK":
            lines.append(f"{letter}r = rope({names[letter]})")
            names[letter] = f"{letter}r"
    if group > 1:
        for letter in "KV":
            lines.append(f"{letter}g = repeat({names[letter]}, {group})")
            names[letter] = f"{letter}g"
    if not lines:
        return
    yield ""
    if layer.naming.rope:
        yield f"rope_base: {number(model.rope_base or BASE)}"
    lines.append(f"S = {names['Q']}·{names['K']}ᵀ")
    if group > 1:
        lines.append(f"H = A·{names['V']}")
    yield from ["formulas: |", *(f"  {line}" for line in lines)]
