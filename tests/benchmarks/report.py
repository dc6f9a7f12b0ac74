"""Tables of what was measured."""

from __future__ import annotations


class Table:
    """Plain text, one row a measurement."""

    def __init__(self, *names: str) -> None:
        self.rows: list[tuple[str, ...]] = [names]

    def add(self, *cells: object) -> None:
        self.rows.append(tuple(map(str, cells)))

    def show(self, title: str) -> None:
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        print(f"\n{title}\n")
        for row in self.rows:
            print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        print(flush=True)


def met(target: object) -> str:
    """Say whether a target is met."""
    return "met" if target else "missed"
