"""The keys of a config: their names, the page's symbols for them, and reading those that hold no matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attncli.choices import LAYOUTS
from attncli.language import _, either
from attncli.names import from_ascii
from attncli.problem.document import Leaf, Mapping, Node, Scalar, Sequence, kind
from attncli.problem.foreign import read_as
from attncli.problem.numbers import as_number, cell
from attncli.report import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from attncli.problem.dimensions import Dimensions
    from attncli.report import Report


WEIGHTS = ("Wq", "Wk", "Wv", "Wo")
BIASES = ("bq", "bk", "bv", "bo")
CONTEXT_KEYS = ("sentence", "tokens", "embeddings", "values")
KEYS = (
    *("sentence", "tokens", "embeddings", "heads", "mask", "weights", "layout", "scale", "context", "given"),
    *("target", "loss", "upstream", "reduction", "decimals"),
    *("formulas", "output", "epsilon", "rope_base"),
    *WEIGHTS,
    *BIASES,
)
ROWS = ("Q", "K", "V", "Qh", "Kh", "Vh", "S", "Z", "M", "A", "H", "C", "O")
PATHS = {
    "X": ("embeddings",),
    "Y": ("target",),
    "U": ("upstream",),
    "E": ("context", "embeddings"),
    "Ev": ("context", "values"),
    **{row: ("given", row) for row in ROWS},
}
"""Where the config keeps what the page calls by a symbol."""
SET = "--set"  # the source of what the command line puts in
# What formulas take unwritten: by its symbol the key that says it, and what it is without.
NUMBERS = {"ε": ("epsilon", 1e-5), "base": ("rope_base", 10_000.0)}
TRUE, FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})


def canonical(root: Node, symbols: Collection[str], report: Report) -> Mapping:
    """Return the document with every symbol under its key's name; unknown keys are errors.

    ``symbols`` are those that the document's own formulas read. A key that is close to a known one, or its
    name elsewhere, is read as if it were that one, so that one run finds everything that is wrong.
    """
    if isinstance(root, Scalar) and root.null:
        report.error(root, _("this config is empty"), _("start from a built-in one, e.g. article"))
        raise report.together()
    if not isinstance(root, Mapping):
        found = _("a word") if isinstance(root, Scalar) else kind(root)
        message = _("a config is a mapping of keys to values; this is {found}", found=found)
        report.error(root, message, _("write sentence: …, embeddings: …, Wq: …"))
        raise report.together()
    pairs = {key: pair for key, pair in root.pairs.items() if key in KEYS}
    known = (*KEYS, *symbols)
    for key, (node, value) in root.pairs.items():
        if key in PATHS:
            put_symbol(pairs, key, node, value, report)
        elif (symbol := from_ascii(key)) in symbols:
            if symbol in pairs:
                first = next(one for one in root.pairs if from_ascii(one) == symbol)
                message = _("{symbol} and {key} are the same", symbol=key, key=first)
                report.error(node, message, _("keep one of them"))
            pairs[symbol] = node, value
        elif key not in KEYS:
            meant, hint = read_as(key, known)
            hint = hint or _("the keys are {keys}", keys=", ".join(known))
            report.error(node, _("unknown key {key!r}", key=key[:40]), hint)
            pairs.setdefault(meant or "", (node, value))
    return root.holding(pairs)


def put_symbol(
    pairs: dict[str, tuple[Node, Node]], symbol: str, node: Node, value: Node, report: Report
) -> None:
    """Put the value of a symbol under the key, or the key in a key, that it stands for."""
    *outer, name = PATHS[symbol]
    inner = pairs
    for key in outer:
        at, held = pairs.get(key, (node, Mapping(node.source, node.line, node.column)))
        if isinstance(held, Scalar) and held.null:
            held = Mapping(held.source, held.line, held.column)
        if not isinstance(held, Mapping):
            return  # reported where that key is read
        inner = dict(held.pairs)
        pairs[key] = (at, held.holding(inner))
    if name in inner:
        message = _("{symbol} and {key} are the same", symbol=symbol, key=".".join(PATHS[symbol]))
        report.error(node, message, _("keep one of them"))
    else:
        inner[name] = (node, value)


def place_of(root: Mapping, path: Iterable[str]) -> Node:
    """Return where a key stands that holds nothing, or a key around it; the document where none does."""
    place: Node = root.holding({})
    for key in path:
        at, held = root.pairs.get(key, (None, None))
        place = at or place
        if not isinstance(held, Mapping):
            break
        root = held
    return place


def refuse_unknown(node: Mapping, name: str, known: tuple[str, ...], report: Report) -> None:
    """Add an error for every unknown key."""
    for key, (key_node, _value) in node.pairs.items():
        if key not in known:
            hint = did_you_mean(key, known, _("it has {keys}", keys=", ".join(known)))
            report.error(key_node, _("{name} has no key {key!r}", name=name, key=key[:40]), hint)


def choice(root: Mapping, key: str, known: tuple[str, ...], report: Report) -> str | None:
    """Read one of a few words; None where the key is absent or wrong."""
    node = root.get(key)
    if node is None:
        return None
    text = node.text if isinstance(node, Scalar) else ""
    if text in known:
        return text
    message = _("{name} is {found}; expected {wanted}", name=key, found=kind(node), wanted=either(known))
    hint = did_you_mean(text, known)
    if isinstance(node, Mapping):
        hint = _("keys of the config stand at the left margin, without {name}: above them", name=key)
    report.error(node, message, hint)
    return None


class Layout(NamedTuple):
    """Whether matrices lie, tokens as columns: as the config writes them, and as everything is shown."""

    written: bool = False
    shown: bool = False

    def lies(self, node: Node) -> bool:
        """Whether the matrix of a node lies: what the command line puts in is written as it is shown."""
        return self.shown if node.source.name == SET else self.written


def read_layout(root: Node, before: Node, report: Report) -> Layout:
    """Read which way round matrices lie; ``before`` is the config as it was before --set changed it.

    What --set says of it is how the problem is shown, and never turns the config's own matrices round.
    """
    layout = Layout()
    if isinstance(before, Mapping) and isinstance(root, Mapping):
        written = choice(before, "layout", LAYOUTS, report) == "columns"
        layout = Layout(written, written)
        if before.get("layout") is not root.get("layout"):
            layout = Layout(written, choice(root, "layout", LAYOUTS, report) == "columns")
    return layout


def read_context(root: Mapping, report: Report) -> Mapping | None:
    """Read the context of cross-attention, which keys and values come from."""
    node = root.get("context")
    if node is None:
        return None
    if not isinstance(node, Mapping):
        message = _("{name} is {found}; expected a mapping", name="context", found=kind(node))
        report.error(node, message, _("write context: {sentence: …, embeddings: …}"))
        return None
    refuse_unknown(node, "context", CONTEXT_KEYS, report)
    return node


def read_scale(root: Mapping, report: Report) -> tuple[str, float | None]:
    """Read the scale: the symbol that stands in the formula, and its number if it has one."""
    node = root.get("scale")
    text = node.text.lower() if isinstance(node, Scalar) else ""
    if node is None or text in TRUE:
        return "√d_k", None
    if text in FALSE:
        return "", None
    if isinstance(node, Scalar) and as_number(text) is None:
        message = _("scale is {found}; expected true, false or a number", found=kind(node))
        hint = _("write true for 1/√d_k, false for none, or the number to multiply by")
        report.error(node, message, hint)
        return "", None
    return "c", cell(node, "scale", report)


def read_tokens(
    holder: Mapping, prefix: str, letter: str, dims: Dimensions, report: Report
) -> tuple[str, ...] | None:
    """Read ``sentence`` or ``tokens``; None where there is neither. ``prefix`` is "" or "context."."""
    sentence, tokens = holder.get("sentence"), holder.get("tokens")
    name = f"{prefix}sentence" if tokens is None else f"{prefix}tokens"
    if sentence is not None and tokens is not None:
        message = _("both {sentence} and {tokens} are given", sentence=f"{prefix}sentence", tokens=name)
        report.error(tokens, message, _("tokens is the sentence cut into words: keep one"))
    if tokens is not None:
        words = words_of_list(tokens, name, report)
        dims_name, things = name, "tokens"
    elif isinstance(sentence, Scalar):
        words = sentence.text.split()
        dims_name, things = _("the {name}", name=name), "words"
    elif sentence is not None:
        message = _("{name} is {found}; expected text", name=name, found=kind(sentence))
        report.error(sentence, message, _("for a list of words write tokens: [Death, is, like]"))
        return None
    else:
        return None
    node = sentence if tokens is None else tokens
    if words == []:
        report.error(node, _("{name} holds no words", name=name), _("at least one token is needed"))
    if not words:
        return None
    dims.bind(dims_name, node, (letter,), (len(words),), (things,))
    return tuple(words)


def words_of_list(node: Node, name: str, report: Report) -> list[str] | None:
    """Read a list of words, each as it was written; None where it is not a list."""
    if isinstance(node, Leaf) and node.array.ndim == 1:
        return [str(item) for item in node.array.tolist()]
    if not isinstance(node, Sequence):
        message = _("{name} is {found}; expected a list of words", name=name, found=kind(node))
        report.error(node, message, _("write tokens: [Death, is, like], or sentence: Death is like"))
        return None
    words = []
    for i, item in enumerate(node.items, 1):
        word = item.text if isinstance(item, Scalar) else ""
        if not word.strip():
            found = _("blank") if isinstance(item, Scalar) else kind(item)
            message = _("{name} is {found}; expected a word", name=f"{name}[{i}]", found=found)
            report.error(item, message, _("every token is a word; put odd ones between quotes"))
        words.append(word)
    return words
