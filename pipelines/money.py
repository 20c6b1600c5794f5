"""Money in Python: the only module that imports Decimal.

Amounts, quantities, rates and coefficients have 12 decimals (DECIMAL(38,12) in the lake); products and
their sums 24. R12 is rounding to 12 decimals, half away from zero: the one rounding a coefficient gets
at each step of the chain. Python's default context has 28 digits, too few for a (38,24) product, so
every operation here runs in a wider one.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

from pipelines.errors import Problem, RebillError

__all__ = [
    "CONTEXT",
    "HUNDRED",
    "ONE",
    "R12_GRID",
    "ZERO",
    "Decimal",
    "InvalidOperation",
    "invert",
    "parse",
    "r12",
    "round_to",
]

CONTEXT = Context(prec=80)
ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
R12_GRID = Decimal("1e-12")
MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}


def parse(text: str | int | Decimal, where: str = "amount") -> Decimal:
    """Read a decimal from its text; floats, NaN and infinities are refused."""
    if isinstance(text, float):
        raise RebillError(Problem(where, f"{text!r} is a float", "write the number as text"))
    try:
        value = Decimal(str(text).strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise RebillError(Problem(where, f"{text!r} is not a decimal number", "write digits, e.g. 0.15"))
    return value


def r12(value: Decimal) -> Decimal:
    """Round to 12 decimals, half away from zero."""
    return value.quantize(R12_GRID, rounding=ROUND_HALF_UP, context=CONTEXT)


def invert(rate: Decimal) -> Decimal:
    """1 / rate at 12 decimals: the one place where a stored rate changes direction."""
    return r12(CONTEXT.divide(ONE, rate))


def round_to(value: Decimal, minor_units: int, mode: str) -> Decimal:
    """Round to a currency's minor unit with a named mode: half_up, half_even or down."""
    return value.quantize(Decimal(1).scaleb(-minor_units), rounding=MODES[mode], context=CONTEXT)
