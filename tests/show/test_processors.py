"""The screens are the same whatever processor OpenBLAS takes the machine for, on any number of threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SNAPSHOTS = "tests/show/test_tables.py"
LOOKED_AT = "test_the_screen_is_the_one_that_was_looked_at"
CPUINFO = Path("/proc/cpuinfo")
FEATURES = set(CPUINFO.read_text(encoding="utf-8").split()) if CPUINFO.exists() else set()
NEEDS = {"Haswell": "avx2", "SkylakeX": "avx512f"}
NOT_INHERITED = {"ATTNCLI_WRITE_SCREENS", "PYTEST_ADDOPTS"}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("processor", NEEDS)
def test_the_screens_are_those_of_any_processor(processor: str, threads: int) -> None:
    if NEEDS[processor] not in FEATURES:
        pytest.skip(f"this processor has no {NEEDS[processor]}")
    chosen = {"OPENBLAS_CORETYPE": processor, "OPENBLAS_NUM_THREADS": str(threads)}
    kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SNAPSHOTS, "-k", LOOKED_AT],
        cwd=ROOT,
        env=kept | chosen,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
