"""A small valid configuration directory that each test bends in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FILES = {
    "operator.yaml": "operator: dist\nhome_currency: EUR\n",
    "tenants.csv": """\
tenant,name,kind,parent,home_currency,valid_from,valid_to
dist,Distributor SE,operator,,EUR,,
north,North IT,reseller,dist,EUR,,
gulf,Gulf Cloud,reseller,dist,KWD,,
acme,Acme GmbH,customer,north,,,2026-10-16
acme,Acme AG,customer,gulf,,2026-10-16,
direct,Direct Ltd,customer,dist,,,
""",
    "account_links.csv": """\
provider,scope,scope_id,tenant,covers,valid_from,valid_to
azure,billing_account,P-1,dist,,,
azure,customer,ACME-GUID,acme,,,
aws,sub_account,111122223333,direct,,,
azure,resource_group,Sub-1/RG-Web,direct,,2026-10-10,
""",
    "contracts.csv": """\
contract,seller,buyer,currency,plan,rounding,tax,credits,partner_benefit_share,commitments,billing_basis,payment_terms,purchase_order,valid_from,valid_to
d-north,dist,north,EUR,wholesale,,,,,,,,,,
d-gulf,dist,gulf,USD,wholesale,,,,,,,,,,
d-direct,dist,direct,EUR,wholesale,half_even,at_cost,pass,0,as_applied,as_invoiced,Net 14,PO-7,,
n-acme,north,acme,EUR,retail,,,,,,,,,,2026-10-16
g-acme,gulf,acme,KWD,retail,,,,,,,,,2026-10-16,
""",
    "plans/wholesale.yaml": """\
plan: wholesale
rules:
  - rule: base
    action: discount
    basis: list
    percent: 10
  - rule: market
    match: {publisher: "*any", provider: azure}
    priority: 5
    action: markup
    basis: cost
    percent: 2.5
""",
    "plans/retail.yaml": """\
plan: retail
extends: standard
rules:
  - rule: vm
    match: {provider: azure, sku: DZH318Z0BQ35}
    action: unit_price
    price: 0.090000000001
    currency: USD
""",
    "plans/standard.yaml": """\
plan: standard
rules:
  - rule: rest
    action: discount
    basis: list
    percent: 4
""",
    "fx_rates.csv": """\
billing_period,from_currency,to_currency,rate,source,as_of
2026-10,EUR,USD,1.17,ECB,2026-10-30
2026-10,KWD,USD,3.26,CBK,2026-10-30
2026-10,EUR,KWD,0.3589,CBK,2026-10-30
""",
}
Edit = Callable[[str, str, str], None]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A valid configuration: two tiers, a customer that changes its reseller on 2026-10-16."""
    root = tmp_path / "config"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def edit(directory: Path) -> Edit:
    """Replace a piece of one file; an empty `old` appends, an absent file is made."""

    def apply(name: str, old: str, new: str) -> None:
        path = directory / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert old in text, f"{old!r} is not in {name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")

    return apply
