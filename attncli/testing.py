"""Attention code in a test suite: the message of a failed assertion is the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attncli.errors import AttnError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["assert_attention"]


def assert_attention(function: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - as attncli.test's
    """Assert that a function computes attention, or its gradients, rightly.

    The options are those of ``attncli.test``. Raises AssertionError where it is wrong or fails, and AttnError
    where it cannot be tried.
    """
    __tracebackhide__ = True
    from attncli.code.trial import test  # noqa: PLC0415 - a suite is collected without it

    try:
        report = test(function, **options)
    except AttnError as error:
        raise error.with_traceback(None) from None  # where it was raised in here helps nobody
    if report.verdict != "right":
        raise AssertionError(str(report))
