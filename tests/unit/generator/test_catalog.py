from __future__ import annotations

import pytest

from pipelines.generator import catalog
from pipelines.generator.azure_lines import product_ids


@pytest.mark.parametrize("provider", ["azure", "aws", "gcp"])
def test_products_are_many_and_cheap_enough_for_fifteen_digits(provider: str) -> None:
    products = catalog.products(provider)
    assert len(catalog.read(f"{provider}.csv")) >= 40
    assert [product.number for product in products] == list(range(len(products)))
    for product in products:
        assert 0 < product.low <= product.high
        assert product.price * product.high < 10_000 * 10**product.scale


def test_ids_tell_products_and_regions_apart() -> None:
    products = catalog.products("azure")
    assert len({product_ids(product) for product in products}) == len(products)
