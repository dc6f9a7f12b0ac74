"""The page of a form of problem: the lesson's rows and those that the chain rule derives from them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from attncli.attention import Form, attention_rows, loss_rows
from attncli.chain_rule import gradient_rows
from attncli.page import Page

if TYPE_CHECKING:
    from collections.abc import Collection


def forward_page(form: Form, given: Collection[str]) -> Page:
    """Return the rows from the embeddings to the output, less those that are given or not needed then."""
    return Page(tuple(attention_rows(form))).without(given).needed_for(["O"])


@lru_cache(maxsize=256)
def whole_page(form: Form, given: frozenset[str], loss: str | None, *, mean: bool) -> Page:
    """Return every row of such a problem: forward, and with a loss backward as well."""
    forward = forward_page(form, given)
    if loss is None:
        return forward
    rows = (*forward.rows, *loss_rows(loss, mean=mean))
    return Page((*rows, *gradient_rows(rows)))
