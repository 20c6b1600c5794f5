from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.generator.azure_lines import down, effective_price


@pytest.mark.parametrize(
    ("price", "quantity", "amount", "start"),
    [
        ("0.868", "29", "21.39", "0.7375862068965"),
        ("0.868", "210.950039", "155.63", "0.737757626"),
        ("148.68", "-3.5", "-442.32", "126.37714285714"),
        ("0.0000016", "9999999.9999", "13.59", "0.000001359"),
    ],
)
def test_the_effective_price_reproduces_the_amount(price: str, quantity: str, amount: str, start: str) -> None:
    units, priced = Decimal(quantity), down(Decimal(price) * Decimal(quantity) * Decimal("0.85"))
    assert priced == Decimal(amount)
    found = effective_price(priced, units, Decimal(price))
    assert f"{found:f}".startswith(start)
    assert down(found * units) == priced
    assert len(found.normalize().as_tuple().digits) <= 15


def test_an_amount_below_a_cent_costs_nothing() -> None:
    assert effective_price(Decimal(0), Decimal("0.5"), Decimal("0.001")) == 0
