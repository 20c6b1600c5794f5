"""Custom lines from the configuration to the buyers' files: judged, published, and equal in detail and invoice."""

from __future__ import annotations

from pathlib import Path

from pipelines import building, conformance, gates
from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.publishing import publish
from tests.support.slices import add_slice, read_csv

CASE = Path(__file__).parent.parent / "golden" / "credit_note_and_bundle" / "given"
OCTOBER = BillingPeriod("2026-10")


def test_custom_lines_reach_their_buyer_and_nobody_else(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    ledger = Ledger(lake)
    add_slice(lake, [_priced(row) for row in read_csv(CASE / "charges.csv")])
    checked = conformance.check_slices(lake, ledger, OCTOBER)
    building.build(lake, ledger, OCTOBER, CASE / "config", silent, checked)
    assert gates.check(lake, ledger, OCTOBER, silent).status == "pass"
    bundles = {placed.folder: placed for placed in publish(lake, ledger, OCTOBER, silent).published}
    assert bundles.keys() == {
        "seller=dist/buyer=reseller",
        "seller=reseller/buyer=north",
        "seller=reseller/buyer=idle",
    }
    found = {folder: _read(lake.published(OCTOBER) / folder / "version=1") for folder in bundles}
    assert found["seller=reseller/buyer=idle"] == (
        [("bundle", "Security bundle", "Purchase", Decimal("99.8000"))],
        [("Purchase", "Security bundle", Decimal("99.8"), Decimal("49.9"))],
    )
    lines, detail = found["seller=dist/buyer=reseller"]
    assert lines == [
        ("bundle", "Security bundle", "Purchase", Decimal("25.0000")),
        ("outage", "Credit for the outage of 8 October", "Credit", Decimal("-150.0000")),
    ]
    assert detail == [
        ("Purchase", "Security bundle", Decimal(25), Decimal(25)),
        ("Credit", "Credit for the outage of 8 October", Decimal(-150), None),
    ]


def _priced(row: dict[str, str]) -> dict[str, str]:
    """A charge with all that the FOCUS rules want of usage."""
    return row | {"ContractedUnitPrice": row["ContractedCost"], "SkuPriceId": "PRICE-1"}


def _read(bundle: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The custom lines of a bundle's invoice, and its detail rows for nothing that a provider charged."""
    with connect() as con:
        lines = con.execute(
            "select x_CustomLineId, InvoiceDetailDescription, ChargeCategory, BilledCost "
            f"from read_parquet('{bundle / 'invoice_detail.parquet'}') where x_CustomLineId is not null order by 1"
        ).fetchall()
        detail = con.execute(
            "select ChargeCategory, ChargeDescription, BilledCost, ContractedUnitPrice "
            f"from read_parquet('{bundle / 'cost_and_usage.parquet'}') where ServiceCategory = 'Other' order by 2 desc"
        ).fetchall()
    return lines, detail
