"""The keys that are words and single numbers: scale, context, and choices out of a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.language import _, either
from attncli.problem.keys import CONTEXT_KEYS, refuse_unknown
from attncli.problem.nodes import Mapping, Scalar, kind
from attncli.problem.numbers import as_number, cell
from attncli.problem.report import did_you_mean

if TYPE_CHECKING:
    from attncli.problem.report import Report

TRUE, FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})


def choice(root: Mapping, key: str, known: tuple[str, ...], report: Report) -> str | None:
    """Read a word out of a few; None where the key is absent or wrong."""
    node = root.get(key)
    if node is None:
        return None
    text = node.text if isinstance(node, Scalar) else ""
    if text in known:
        return text
    message = _("{name} is {found}; expected {wanted}", name=key, found=kind(node), wanted=either(known))
    report.error(node, message, did_you_mean(text, known))
    return None


def read_context(root: Mapping, report: Report) -> Mapping | None:
    """Read what keys and values come from in cross-attention."""
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
