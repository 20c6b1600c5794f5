"""Each mask of white label is needed: a month whose rows name the cloud wherever they can, searched for its names."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from pipelines.errors import RebillError
from pipelines.publishing.audience import rules
from tests.leaks.bundle import Bundle
from tests.leaks.drill import audience_with, publish_anew, without_mask
from tests.unit.publishing.month import Month, allow, make_month

CLOUD = re.compile("nimbus", re.IGNORECASE)
CHARGE = {
    "ServiceProviderName": "'Reseller Ltd'",
    "ChargeDescription": "'Shared benefit of Nimbus'",
    "CommitmentDiscountType": "case when Commitment is not null then 'Nimbus Plan' end",
    "CommitmentDiscountCategory": "case when Commitment is not null then 'Spend' end",
    "CommitmentDiscountId": "case when Commitment = 'commitment/own-1' then 'nimbus:plan/1' end",
    "HostProviderName": "case when RowNo % 2 = 0 then 'Reseller Ltd' end",
    "ResourceId": "case when RowNo % 3 = 0 then 'nimbus:vm/' || RowNo end",
    "ResourceType": "case when RowNo % 3 = 0 then 'nimbus.compute' end",
    "ServiceSubcategory": "'Virtual Machines'",
    "SubAccountType": "'Nimbus Subscription'",
    "Tags": """'{"env":"prod","goog-made-by":"nimbus"}'""",
}
PUBLISHER = "update marts_invoice_lines set x_Provider = 'nimbus'; update marts_daily_costs set x_Provider = 'nimbus';"
PLANTED = {
    "cost_and_usage": {"CommitmentDiscountType", "ResourceId", "ResourceType", "SubAccountType", "Tags"},
    "invoice_detail": {"x_Provider"},
    "daily_costs": {"x_Provider"},
}


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    found = make_month(tmp_path_factory.mktemp("month"), PUBLISHER, charge=CHARGE)
    allow(found)
    return found


def said(month: Month) -> Iterator[str]:
    """Where the white-labelled bundle names the cloud."""
    publish_anew(month)
    bundle = Bundle("op > other", month.bundle("op", "other"))
    yield from (f"{place}: {text}" for text, place in bundle.texts.items() if CLOUD.search(text))


def test_with_every_mask_nothing_names_the_cloud(month: Month) -> None:
    assert list(said(month)) == []


def test_without_white_label_it_is_named(month: Month) -> None:
    list(said(month))
    bundle = Bundle("op > res", month.bundle("op", "res"))
    assert any(CLOUD.search(text) for text in bundle.texts)


@pytest.mark.parametrize(("file", "column"), [(f, c) for f, columns in PLANTED.items() for c in sorted(columns)])
def test_a_column_without_its_mask_names_it(month: Month, file: str, column: str) -> None:
    with without_mask(file, column):
        assert list(said(month))


def test_every_mask_is_tried_or_needs_no_name_of_the_cloud() -> None:
    """Hosts, publishers and descriptions are proved by months that differ only in their cloud (tests/leaks)."""
    masked = {file: {rule.column for rule in rules(file) if rule.mask} for file in PLANTED}
    elsewhere = {"ChargeDescription", "HostProviderName", "x_PublisherName", "x_CustomLineId"}
    assert {file: columns - elsewhere for file, columns in masked.items()} == PLANTED


def test_a_mask_on_nothing_is_refused() -> None:
    with audience_with("cost_and_usage", "x_PublisherName", "null"), pytest.raises(RebillError, match="masks no such"):
        rules("cost_and_usage")
