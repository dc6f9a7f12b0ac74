"""Problems in which nothing coincides, and what ``diagnose`` says of others."""

from __future__ import annotations

import shlex

import numpy as np

import attncli
from attncli.diagnose.diagnosis import Diagnosis, diagnose
from attncli.homework.key import Key

SIZES = {"n": 4, "d_model": 5, "d_k": 3, "d_v": 2}


def plain(seed: int = 3, **sizes: int) -> dict:
    """A config in which nothing coincides: numbers with one decimal, all sizes different."""
    random = np.random.RandomState(seed)
    size = SIZES | sizes

    def numbers(rows: str, columns: str) -> np.ndarray:
        return np.round(random.uniform(-1, 1, (size[rows], size[columns])), 1)

    return {
        "embeddings": numbers("n", "d_model"),
        "Wq": numbers("d_model", "d_k"),
        "Wk": numbers("d_model", "d_k"),
        "Wv": numbers("d_model", "d_v"),
        "target": random.randint(0, 2, (size["n"], size["d_v"])),
    }


def looked(config: dict, *changes: str, decimals: int = 4, rows: tuple[str, ...] | None = None) -> Diagnosis:
    return diagnose(Key.of(attncli.load(config, changes)), decimals=decimals, rows=rows)


def spots(found: Diagnosis) -> dict[tuple[str, ...], tuple[str, str]]:
    """For each blind spot, its kind, its row and its mistakes: why, and how to change it."""
    return {
        (weakness.spot.kind, weakness.spot.rows[0], *sorted({name.id for name in weakness.spot.names})): (
            weakness.why,
            weakness.how,
        )
        for weakness in found.weaknesses
    }


def assigned(how: str) -> str:
    """The assignment in ``--set 'Wk[1,2]=1'``."""
    option, assignment = shlex.split(how)
    assert option == "--set"
    return assignment
