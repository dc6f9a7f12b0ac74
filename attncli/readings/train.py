"""Plain gradient descent: W ← W − lr·dW, again and again, and the loss as it falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli import calculation
from attncli.errors import AttnError
from attncli.language import N_, _, plural
from attncli.page.attention import EMBEDDINGS
from attncli.problem.keys import ROWS
from attncli.result import SCHEMA, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from attncli.ops.op import Array
    from attncli.problem.problem import Problem
    from attncli.result import Result


SMALLER = N_("take smaller steps: a smaller --lr")


@dataclass(frozen=True)
class Training:
    """What was trained, and how it went; ``losses`` holds the loss before each step and after the last."""

    before: Problem
    after: Problem
    trained: tuple[str, ...]
    lr: float
    losses: tuple[float, ...]

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.losses) - 1


def train(
    problem: Problem,
    *,
    steps: int,
    lr: float,
    embeddings: bool = False,
    progress: Callable[[int, float], None] = lambda _step, _loss: None,
) -> Training:
    """Take so many steps of gradient descent on the weights and biases that are given.

    The loss and the reduction are the problem's own. ``embeddings``: these learn as well. Every step
    uses all of the target, so the same problem gives the same numbers. ``progress`` is told the step
    and its loss. Raises AttnError where there is nothing to train, or the numbers grow without end.
    """
    trained = tuple(
        symbol
        for symbol in problem.letters
        if symbol in problem.givens and (is_parameter(symbol) or (embeddings and symbol in EMBEDDINGS))
    )
    if not trained:
        raise AttnError(
            _("there is nothing to train: no weights or biases are given in this problem"),
            hint=_("--embeddings trains the embeddings")
            if "X" in problem.givens and not embeddings
            else _("add Wq, Wk or Wv"),
        )
    gradients = {symbol: f"d{symbol}" for symbol in trained}
    shown, problem = problem, problem.changed(lying=False)
    losses: list[float] = []
    now = problem
    for step in range(steps):
        result = attempt(now, ("L", *gradients.values()), step)
        losses.append(float(result["L"]))
        progress(step, losses[-1])
        old = now.givens
        new = {symbol: step_down(old[symbol], result[d], lr, step) for symbol, d in gradients.items()}
        now = now.changed(givens={**old, **new})
    losses.append(float(attempt(now, ("L",), steps)["L"]))
    return Training(shown, now.changed(lying=shown.lying), trained, lr, tuple(losses))


def is_parameter(symbol: str) -> bool:
    """Whether a given is learned: a weight, a bias, or one of one's own, but no words and no quantity."""
    return symbol not in {*EMBEDDINGS, *ROWS, "Y", "U"}


def attempt(problem: Problem, only: tuple[str, ...], step: int) -> Result:
    """Work out the loss and the gradients; where training diverged, say so."""
    try:
        result = calculation.backward(problem, only=only)
    except AttnError as error:
        if step == 0:  # the problem itself, before anything was changed
            raise
        raise diverged(step, error.message) from None
    if step and not np.isfinite(result["L"]):
        raise diverged(step, _("L is {value}", value=result["L"]))
    return result


def step_down(value: Array, gradient: Array, lr: float, step: int) -> Array:
    """Go one step down the slope."""
    with np.errstate(over="ignore", invalid="ignore"):
        new = value - lr * gradient
    if not np.isfinite(new).all():
        raise diverged(step, _("a weight grew beyond float64"))
    new.setflags(write=False)
    return new


def diverged(step: int, reason: str) -> AttnError:
    """Return the error that says that the numbers grew without end."""
    message = plural(
        "training diverged after {n} step: {reason}",
        "training diverged after {n} steps: {reason}",
        step,
        reason=reason,
    )
    return AttnError(message, hint=_(SMALLER))


def record(training: Training) -> dict[str, Any]:
    """Return what ``train --json`` prints."""
    problem = training.after
    return {
        "schema": SCHEMA,
        "config": problem.name,
        "loss": {"name": problem.loss, "reduction": problem.reduction},
        "steps": training.steps,
        "lr": training.lr,
        "trained": list(training.trained),
        "losses": [plain(np.asarray(loss)) for loss in training.losses],
        "values": {symbol: plain(problem.shown_given(symbol)) for symbol in training.trained},
    }
