"""Linear equations in exact fractions."""

from __future__ import annotations

from fractions import Fraction


def solve(rows: list[list[Fraction]], wanted: list[Fraction]) -> list[Fraction]:
    """A linear form that agrees with as many independent rows as there are; unknowns that are free are 0."""
    width = len(rows[0])
    basis: dict[int, list[Fraction]] = {}
    for row, want in zip(rows, wanted, strict=True):
        line = [*row, want]
        for pivot, known in basis.items():
            if line[pivot]:
                line = [a - line[pivot] * b for a, b in zip(line, known, strict=True)]
        pivot = max(range(width), key=lambda index: abs(line[index]))
        # What is left of a rounding in the 12th decimal is no new direction.
        if abs(line[pivot]) < Fraction(1, 10**9):
            continue
        line = [value / line[pivot] for value in line]
        basis = {
            at: [a - known[pivot] * b for a, b in zip(known, line, strict=True)] for at, known in basis.items()
        } | {pivot: line}
        if len(basis) == width:
            break
    return [basis[index][-1] if index in basis else Fraction(0) for index in range(width)]
