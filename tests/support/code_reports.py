"""Reports about code, made by hand: what the screens and the files of ``attncli test`` are tried on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attncli.code.report import Ability, Example, Failure, Named, Report

RIGHT = np.array([[0.25, -1.0], [1 / 3, 0.0]])
OFF = np.array([[0.25, -1.0], [1 / 3 + 2e-6, np.nan]])
SPLIT = Named(
    "heads-split-reshape",
    "Qh = reshape(Q, h × n × d_k)",
    "Qh = split(Q)",
    "The numbers were cut as they lie in memory.",
    5,
    5,
)
TINY = {
    "tokens": ["a", "b"],
    "embeddings": [[1, 0], [0, 1]],
    "heads": 2,
    "Wq": [[1, 0.5], [0, 1]],
    "Wk": [[1, 0], [0.25, 1]],
    "Wv": [[1, 0], [0, 2]],
}
WRONG = Report(
    "my_attention.py",
    "attention",
    "forward",
    verdict="wrong",
    problems=14,
    right=9,
    abilities=(
        Ability("one-head", 4, 4, "right"),
        Ability("several-heads", 4, 0, "wrong", "1 of 4 raises ValueError: no, line 12"),
        Ability("cross", 0, 0, "not-taken"),
        Ability("dWq", 2, 0, "failed", "raises"),
    ),
    mistakes=(SPLIT,),
    first_wrong="O",
    convention=None,
    example=Example(TINY, {"O": OFF}, {"O": RIGHT}, "several-heads"),
    failures=(Failure("ValueError: no", 12, 3, ("several-heads", "masked-row")),),
)
UNKNOWN = replace(WRONG, mistakes=())
GOOD = replace(
    UNKNOWN,
    verdict="right",
    first_wrong=None,
    example=None,
    abilities=(
        *WRONG.abilities[:1],
        Ability("dv", 2, 0, "failed"),
        Ability("masked-row", 1, 1, "right", "NaN"),
    ),
    failures=(),
)
FAILED = replace(
    GOOD,
    verdict="failed",
    right=0,
    abilities=(Ability("one-head", 4, 0, "failed", "ValueError: no"),),
    failures=(Failure("ValueError: no", 12, 4, ("one-head",)),),
)
