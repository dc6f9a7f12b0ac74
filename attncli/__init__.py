"""attncli: an attention calculator that shows its working."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attncli.blocks.memory import workspace
    from attncli.calculation import backward, forward
    from attncli.code.trial import test
    from attncli.errors import AttnError, AttnErrors
    from attncli.homework.marking import check
    from attncli.problem.problem import Problem
    from attncli.problem.sources import load
    from attncli.result import Result
    from attncli.rounding import Rounding


__version__ = "0.1.0"
__all__ = [
    "AttnError",
    "AttnErrors",
    "Problem",
    "Result",
    "Rounding",
    "backward",
    "check",
    "forward",
    "load",
    "test",
    "workspace",
]

_HOME = {
    "AttnError": "errors",
    "AttnErrors": "errors",
    "Problem": "problem.problem",
    "Result": "result",
    "Rounding": "rounding",
    "backward": "calculation",
    "check": "homework.marking",
    "forward": "calculation",
    "load": "problem.sources",
    "test": "code.trial",
    "workspace": "blocks.memory",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import a public name when it is first used: ``attncli --version`` needs no NumPy."""
    if name not in _HOME:
        raise AttributeError(f"module 'attncli' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"attncli.{_HOME[name]}"), name)  # asked for once
    return found


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
