"""Plain decimals of the oracle: reading numbers exactly, the 12-decimal rounding, minor units, text.

The oracle is the second opinion on the engine, so it shares no line with it: it imports `decimal`
itself and has its own rounding, its own table of minor units and its own idea of a number's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

WIDE = Context(prec=120)
ZERO = Decimal(0)
ONE = Decimal(1)
GRID_12 = Decimal("0.000000000001")
MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
# ISO 4217 currencies whose minor unit is not two decimals.
MINOR_UNITS = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
}


def number(value: object) -> Decimal:
    """The exact number a source states: text, JSON Decimal or int as they are, a double by its shortest text.

    Absent values (None, empty text) are 0. Raises ValueError for anything that is not a finite number.
    """
    if value is None or value == "":
        return ZERO
    if isinstance(value, Decimal):
        result = value
    elif isinstance(value, float):
        result = Decimal(repr(value))
    else:
        try:
            result = Decimal(str(value).strip())
        except InvalidOperation:
            raise ValueError(f"not a number: {value!r}") from None
    if not result.is_finite():
        raise ValueError(f"not a finite number: {value!r}")
    return result


def r12(value: Decimal) -> Decimal:
    """Round to 12 decimals, half away from zero."""
    return value.quantize(GRID_12, rounding=ROUND_HALF_UP, context=WIDE)


def money(value: object) -> Decimal:
    """A source number as the lake keeps it: at 12 decimals."""
    return r12(number(value))


def divided(amount: Decimal, by: Decimal) -> Decimal:
    """A quotient at 12 decimals, half away from zero."""
    return r12(WIDE.divide(amount, by))


def minor_units(currency: str) -> int:
    """Decimals of a currency's minor unit."""
    return MINOR_UNITS.get(currency, 2)


def round_minor(value: Decimal, currency: str, mode: str) -> Decimal:
    """Round an amount to its currency's minor unit with a named mode (half_up, half_even, down)."""
    return value.quantize(ONE.scaleb(-minor_units(currency)), rounding=MODES[mode], context=WIDE)


def text(value: Decimal) -> str:
    """An amount as plain digits without trailing zeros: 1200, 0.5, -0.000000000001."""
    if value == 0:
        return "0"
    digits = format(value, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def sign(value: Decimal) -> int:
    """1, 0 or -1."""
    return (value > 0) - (value < 0)


def share(units: int, weights: Sequence[int]) -> list[int]:
    """Divide whole units by whole weights: each its part toward minus infinity, the rest by largest remainder.

    The first of equal remainders comes first, so the caller orders the weights. Raises ValueError if the
    weights add up to nothing.
    """
    total = sum(weights)
    if not total:
        raise ValueError("nothing to divide by: the weights add up to zero")
    ways = [-weight for weight in weights] if total < 0 else list(weights)
    parts, rests = zip(*(divmod(abs(units) * weight, abs(total)) for weight in ways), strict=True)
    left = abs(units) - sum(parts)
    first = set(sorted(range(len(ways)), key=lambda index: (-rests[index], index))[:left])
    return [(part + (index in first)) * (1 if units > 0 else -1) for index, part in enumerate(parts)]


def share_money(amount: Decimal, weights: Sequence[Decimal], decimals: int) -> list[Decimal]:
    """Divide an amount of so many decimals by weights of 12 decimals."""
    parts = share(int(amount.scaleb(decimals, WIDE)), [int(r12(weight).scaleb(12, WIDE)) for weight in weights])
    return [Decimal(part).scaleb(-decimals, WIDE) for part in parts]
