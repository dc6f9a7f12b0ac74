"""Every operation that can be written has a sentence for each of its gradients."""

from __future__ import annotations

import pytest

from attncli.ops.op import Op
from attncli.page.operations import OPERATIONS
from attncli.page.page import Row
from attncli.show.glossary import rule


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: type(op).__name__)
def test_every_gradient_says_where_it_comes_from(op: Op) -> None:
    for pattern in op.written.values():
        for gradient in op.gradients("y", "dy", *(f"a{i}" for i, _ in enumerate(pattern.split()))):
            assert rule(Row("da", gradient.op, gradient.args, "a0"))
