"""The attention layers of a model's file, recognised by the names that libraries give their weights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from attncli.errors import AttnError
from attncli.language import _
from attncli.problem.matrices import key_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


# What changes the numbers of an attention layer and is not read here, by the end of its name.
MATTERS = re.compile(r"(^|\.)([qk]_(layer)?norm|bias_[kv]|sinks|relative_\w+)(\.\w+)?$")
NUMBER = re.compile(r"(?:^|[._])([0-9]{1,9})(?=\.|$)")


class Naming(NamedTuple):
    """How a library names a layer's weights, behind a prefix; one name for three: they lie side by side.

    A ``/`` in a file's names is read as a point; a ``:0`` at their end says nothing.
    """

    title: str
    weights: tuple[str, ...]
    biases: tuple[str, ...]
    output: tuple[str, str]
    out_in: bool = True
    causal: bool = False
    rope: bool = False
    before: str = ""  # what is applied to the hidden states before the layer reads them


NAMINGS = (
    Naming(
        "nn.MultiheadAttention",
        ("in_proj_weight",),
        ("in_proj_bias",),
        ("out_proj.weight", "out_proj.bias"),
    ),
    Naming(
        "nn.MultiheadAttention",
        ("q_proj_weight", "k_proj_weight", "v_proj_weight"),
        ("in_proj_bias",),
        ("out_proj.weight", "out_proj.bias"),
    ),
    Naming(
        "BERT",
        ("self.query.weight", "self.key.weight", "self.value.weight"),
        ("self.query.bias", "self.key.bias", "self.value.bias"),
        ("output.dense.weight", "output.dense.bias"),
    ),
    Naming(
        "GPT-2",
        ("c_attn.weight",),
        ("c_attn.bias",),
        ("c_proj.weight", "c_proj.bias"),
        out_in=False,
        causal=True,
        before="LayerNorm",
    ),
    Naming(
        "Llama",
        ("q_proj.weight", "k_proj.weight", "v_proj.weight"),
        ("q_proj.bias", "k_proj.bias", "v_proj.bias"),
        ("o_proj.weight", "o_proj.bias"),
        causal=True,
        rope=True,
        before="RMSNorm",
    ),
    Naming(
        "Keras",
        ("query.kernel", "key.kernel", "value.kernel"),
        ("query.bias", "key.bias", "value.bias"),
        ("attention_output.kernel", "attention_output.bias"),
        out_in=False,
    ),
)


class Taken(NamedTuple):
    """A matrix of the config: an array of the file, or which third of it along an axis."""

    key: str
    shape: tuple[int, ...]
    third: int | None = None
    axis: int = 0
    heads: int | None = None  # which axis counts them, where one does

    @property
    def size(self) -> tuple[int, ...]:
        """The shape of what is taken: a third of the array, or its heads beside each other."""
        shape = list(self.shape)
        if self.third is not None:
            shape[self.axis] //= 3
        if self.heads is not None:
            shape[self.heads : self.heads + 2] = [shape[self.heads] * shape[self.heads + 1]]
        return tuple(shape)

    @property
    def part(self) -> str:
        """What the config says of the part: ``columns: [0, 768]``."""
        if self.third is not None:
            width = self.size[self.axis]
            word = "columns" if self.axis == len(self.shape) - 1 else "rows"
            return f"{word}: [{self.third * width}, {(self.third + 1) * width}]"
        return "" if self.heads is None else "split: heads"


@dataclass(frozen=True)
class Layer:
    """An attention layer: all that stands behind one prefix; ``keys`` are the file's, by dotted names."""

    naming: Naming
    prefix: str
    keys: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]

    @property
    def name(self) -> str:
        """What the layer is called in the file."""
        return self.prefix.rstrip(".") or self.naming.weights[0]

    @property
    def number(self) -> int:
        """The last number in its name: 3 of ``h.3.attn``, 1 of ``multi_head_attention_1``, else 0."""
        found = NUMBER.findall(self.prefix.rstrip("."))
        return int(found[-1]) if found else 0

    @cached_property
    def out_in(self) -> bool:
        """Whether weights lie as in PyTorch; three side by side show it by their shape."""
        shape = self.shapes[self.keys[self.prefix + self.naming.weights[0]]]
        if len(self.naming.weights) == 1 and len(shape) == 2 and shape[0] != shape[1]:  # noqa: PLR2004 - a matrix
            return shape[0] > shape[1]
        return self.naming.out_in

    @cached_property
    def matrices(self) -> dict[str, Taken]:
        """The weights and biases, by symbol. Raises AttnError where one is missing or misshapen."""
        output, bias = self.naming.output
        found = dict(self.three("W", self.naming.weights))
        found["Wo"] = self.take(output, (2, 3), heads=0)
        if any(self.prefix + name in self.keys for name in self.naming.biases):
            found |= self.three("b", self.naming.biases)
        if self.prefix + bias in self.keys:
            found["bo"] = self.take(bias, (1,), heads=None)
        return found

    def three(self, letter: str, names: tuple[str, ...]) -> Iterator[tuple[str, Taken]]:
        """Yield the matrices of queries, keys and values, or their biases."""
        axes, heads = ((2, 3), 1) if letter == "W" else ((1, 2), 0)
        for i, symbol in enumerate(f"{letter}{end}" for end in "qkv"):
            if len(names) > 1:
                if letter == "W" or self.prefix + names[i] in self.keys:  # Whisper's keys have no bias
                    yield symbol, self.take(names[i], axes, heads)
                continue
            whole = self.take(names[0], axes[:1], None)
            axis = 0 if self.out_in else len(whole.shape) - 1
            if whole.shape[axis] % 3:
                raise self.misfit(whole, _("queries, keys and values do not share that equally"))
            yield symbol, whole._replace(third=i, axis=axis)

    def take(self, name: str, axes: tuple[int, ...], heads: int | None) -> Taken:
        """Return an array behind the prefix, which has so many axes; with one more, that counts the heads."""
        key = self.keys.get(self.prefix + name)
        if key is None:
            message = _(
                "{layer} is named as in {title}, but there is no {name}",
                name=self.prefix + name,
                **self.about,
            )
            raise AttnError(
                message, hint=_("a model may be cut into several files: name the one that holds it")
            )
        shape = self.shapes[key]
        taken = Taken(key, shape, heads=heads if len(shape) == axes[-1] != axes[0] else None)
        if len(shape) not in axes or 0 in shape:
            raise self.misfit(taken, _("that is not the shape of such a weight"))
        return taken

    def misfit(self, taken: Taken, why: str) -> AttnError:
        """Return the error that an array's shape cannot be that of what its name says."""
        shape = " × ".join(map(str, taken.shape))
        message = _("{key} is {shape}: {why}", key=taken.key, shape=shape, why=why)
        return AttnError(message, hint=_("{layer} is named as in {title}", **self.about))

    @property
    def about(self) -> dict[str, str]:
        """Return what messages say of the layer."""
        return {"layer": self.name[:80], "title": self.naming.title}

    @property
    def left_out(self) -> list[str]:
        """What else the file holds of this layer, by the names behind its number, in the file's order."""
        number = list(NUMBER.finditer(self.prefix.rstrip(".")))
        root = self.prefix[: number[-1].end() + 1] if number else ""
        taken = {one.key for one in self.matrices.values()}
        return [
            name.removeprefix(root)
            for name, key in self.keys.items()
            if name.startswith(root) and key not in taken
        ]


class Widths(NamedTuple):
    """A layer's sizes; ``shared`` is how many heads keys and values have."""

    d_model: int
    heads: int
    shared: int
    d_k: int
    d_v: int
    d_context: int
    d_values: int


def widths_of(layer: Layer, heads: int) -> Widths:
    """Return a layer's sizes. Raises AttnError where its matrices do not fit together, or the heads."""
    inner, outer = (1, 0) if layer.out_in else (0, 1)
    sizes = {symbol: taken.size for symbol, taken in layer.matrices.items()}
    queries, keys, values = (sizes[symbol][outer] for symbol in ("Wq", "Wk", "Wv"))
    d_k = queries // heads
    shared = keys // d_k if d_k else 0
    d_v = values // shared if shared else 0
    fits = {
        "Wq": queries == heads * d_k,
        "Wk": keys == shared * d_k > 0 == heads % max(shared, 1),
        "Wv": values == shared * d_v,
        "Wo": sizes["Wo"][inner] == heads * d_v,
    } | {f"b{end}": sizes[f"b{end}"] == (sizes[f"W{end}"][outer],) for end in "qkvo" if f"b{end}" in sizes}
    for symbol, taken in layer.matrices.items():
        if not fits[symbol] or (taken.heads is not None and taken.shape[taken.heads] != heads):
            why = _("{symbol} does not go with the others and heads = {heads}", symbol=symbol, heads=heads)
            raise layer.misfit(taken, why)
    if layer.naming.rope and d_k % 2:
        raise layer.misfit(layer.matrices["Wq"], _("RoPE turns pairs, and d_k = {d_k} is odd", d_k=d_k))
    d_model, d_context, d_values = (sizes[symbol][inner] for symbol in ("Wq", "Wk", "Wv"))
    return Widths(d_model, heads, shared, d_k, d_v, d_context, d_values)


def find_layers(shapes: Mapping[str, tuple[int, ...]]) -> list[Layer]:
    """Return the attention layers of a file, in its order."""
    keys = {key.replace("/", ".").removesuffix(":0"): key for key in shapes}
    found = []
    for name in keys:
        for naming in NAMINGS:
            prefix = name.removesuffix(naming.weights[0])
            if prefix != name and (not prefix or prefix.endswith(".")):
                found.append(Layer(naming, prefix, keys, shapes))
    # Vision towers and BART name their inputs as Llama does, and their output otherwise.
    complete = [layer for layer in found if layer.prefix + layer.naming.output[0] in keys]
    return sorted(complete or found, key=lambda layer: layer.number)


def choose_layer(layers: list[Layer], wanted: str | None, file: str) -> Layer:
    """Return the layer of a number, or whose name holds a text; None: the only one.

    Raises AttnError where there is none, or several.
    """
    if not layers:
        titles = key_list(list(dict.fromkeys(naming.title for naming in NAMINGS)))
        message = _(
            "{file} holds no attention layer that is named as in one of {titles}", file=file, titles=titles
        )
        raise AttnError(message, hint=_("write the config yourself: Wq: {file: …, key: …}"))
    fitting = layers
    if wanted is not None:
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 10 else None  # noqa: PLR2004 - as in NUMBER
        name = wanted.replace("/", ".")
        fitting = [
            one for one in layers if (one.number == number if number is not None else name in one.name)
        ]
    if len(fitting) == 1:
        return fitting[0]
    known = key_list([layer.name for layer in fitting or layers])
    if not fitting:
        message = _("{file} has no attention layer {wanted!r}", file=file, wanted=(wanted or "")[:40])
        raise AttnError(message, hint=_("it has {names}", names=known))
    message = _("{file} has {count} attention layers that this could be", file=file, count=len(fitting))
    raise AttnError(
        message, hint=_("choose one with --layer, by its number or its name: {names}", names=known)
    )
