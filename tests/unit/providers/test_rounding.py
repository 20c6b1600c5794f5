"""Microsoft's rounding formula: what reproduces a subtotal and what does not."""

from __future__ import annotations

import pytest

from pipelines.money import Decimal
from pipelines.providers.rounding import follows_formula


@pytest.mark.parametrize(("price", "quantity", "rate", "subtotal", "follows"), [
    ("0.737586206896552", "29", "1", "21.39", True),
    ("0.737586206896551", "29", "1", "21.39", False),  # another price: 21.389999999999979 is cut
    ("0.7375862068965517", "29", "1", "21.39", True),  # the same quotient written with one digit more
    ("0.737757626", "210.950039", "1", "155.62", True),
    ("0.868", "29", "1", "25.17", True),
    ("0.868", "29", "1", "25.18", False),
    ("0.868", "29", "0.9153", "23.03", True),  # 25.17 x 0.9153 = 23.038…
    ("0.868", "29", "0.9153", "23.04", False),  # rounding up is not the formula
    ("0.868", "-29", "1", "-25.17", True),  # toward zero
    ("0.868", "-29", "1", "-25.18", False),
    ("0", "29", "1", "0", True),
])  # fmt: skip
def test_the_formula_cuts_twice_toward_zero(price: str, quantity: str, rate: str, subtotal: str, follows: bool) -> None:
    assert follows_formula(Decimal(price), Decimal(quantity), Decimal(rate), Decimal(subtotal)) is follows
