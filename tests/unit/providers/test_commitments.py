"""Commitments across months: what earlier slices bought is paid for by later ones, whatever came first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.providers import intake
from pipelines.providers.azure.export import AzureExport
from pipelines.schemas import slice_columns
from tests.unit.providers.azure.conftest import Bill

SEPTEMBER, OCTOBER, NOVEMBER = (BillingPeriod(f"2026-{month}") for month in ("09", "10", "11"))
RESERVATION = {
    "ReservationOrderId": "ORDER-1", "BillingFrequency": "OneTime", "ProductName": "Reserved VM Instance Dsv5 Series",
    "UnitType": "reservation", "Subtotal": "61", "UnitPrice": "61", "EffectiveUnitPrice": "61",
    "ChargeStartDate": "2026-09-01T00:00:00Z", "ChargeEndDate": "2026-10-31T00:00:00Z",
}  # fmt: skip
COVERED = {
    "BenefitOrderId": "order-1", "UnitPrice": "0", "BillingPreTaxTotal": "0", "EffectiveUnitPrice": "0",
    "Quantity": "12",
}  # fmt: skip
Line = dict[str, Any]


class Books:
    """A lake and a drop of CSP invoices of several months."""

    def __init__(self, root: Path, name: str = "lake") -> None:
        self.drop, self.lake = root / "drop", Lake(root / name)
        self.said: list[str] = []

    def deliver(
        self, period: BillingPeriod, lines: list[Line], usage: list[Line] = [], *,  # noqa: B006
        version: str = "1", invoice: str = "", currency: str = "EUR",
    ) -> None:  # fmt: skip
        """An invoice of a month; a higher version replaces a lower one."""
        number = invoice or f"G{period.label.replace('-', '')}"
        record = {"billingPeriodStartDate": f"{period.start}T00:00:00Z"}
        manifest = {"eTag": version, "createdDateTime": f"{period.end}T0{version}:00:00Z"}
        bill = Bill(self.drop / version, number, currency, manifest, record)
        days = {"ChargeStartDate": f"{period.start}T00:00:00Z", "ChargeEndDate": f"{period.end - timedelta(days=1)}"}
        own = {"InvoiceNumber": number}
        if usage:
            bill.usage(*({**own, "BillingCurrency": currency, **row} for row in usage))
        bill.lines(*({**own, "Currency": currency, **days, **row} for row in lines))
        # One provider folder holds all versions and months.
        target = self.drop / "azure" / version / number
        target.parent.mkdir(parents=True, exist_ok=True)
        bill.folder.rename(target)

    def ingest(self, period: BillingPeriod) -> intake.IngestReport:
        found = intake.ingest_rooms(
            self.lake, Ledger(self.lake), self.drop, period, [AzureExport()], lambda _, text: self.said.append(text)
        )
        assert found.refusals == ()
        return found

    def charges(self, period: BillingPeriod, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Columns of the month's current charges in the order of their places."""
        files = [
            str(self.lake.slice(row["provider"], row["account"], row["period"], row["slice_id"]) / "charges.parquet")
            for row in Ledger(self.lake).current_slices(period.label)
        ]
        with connect() as con:
            return con.execute(
                f"select {columns} from read_parquet({files!r}) where {where}"
                " order by InvoiceId, x_SourceFile, x_SourceRow, x_SourcePart"
            ).fetchall()

    def cost(self, period: BillingPeriod, status: str) -> Decimal:
        rows = self.charges(period, "EffectiveCost", f"CommitmentDiscountStatus = '{status}'")
        return sum((row[0] for row in rows), Decimal(0))


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


@pytest.fixture
def more(tmp_path: Path) -> Callable[[str], Books]:
    """Further lakes over the same drop."""
    return lambda name: Books(tmp_path, name)


def test_an_earlier_purchase_pays_for_the_month(books: Books) -> None:
    books.deliver(SEPTEMBER, [RESERVATION])
    books.deliver(OCTOBER, [{}], [COVERED])
    for period in (SEPTEMBER, OCTOBER):
        books.ingest(period)
    assert (books.cost(SEPTEMBER, "Used"), books.cost(SEPTEMBER, "Unused")) == (0, 30)
    assert (books.cost(OCTOBER, "Used"), books.cost(OCTOBER, "Unused")) == (Decimal("0.5"), Decimal("30.5"))
    unused = "x_Repairs->>'$.EffectiveCost.why' = 'unused'"
    rows = books.charges(OCTOBER, "InvoiceId, BilledCost, x_CommitmentOwnerId", unused)
    assert set(rows) == {("G202610", 0, "11111111-aaaa-4bbb-8ccc-000000000001")}
    (current,) = Ledger(books.lake).current_slices(OCTOBER.label)
    slice_json = books.lake.slice("azure", current["account"], OCTOBER.label, current["slice_id"]) / "slice.json"
    assert '"2026-09 G202609"' in slice_json.read_text()


def test_a_term_that_is_over_pays_for_nothing(books: Books) -> None:
    books.deliver(SEPTEMBER, [RESERVATION])
    books.deliver(NOVEMBER, [{}], [COVERED | {"UsageDate": "2026-11-05"}])
    for period in (SEPTEMBER, NOVEMBER):
        books.ingest(period)
    assert books.charges(NOVEMBER, "1", "CommitmentDiscountStatus = 'Unused'") == []
    assert books.said[-1].endswith("no delivery holds their purchase; their use has no effective cost")


def test_the_order_of_ingests_does_not_matter(books: Books, more: Callable[[str], Books]) -> None:
    books.deliver(SEPTEMBER, [RESERVATION])
    books.deliver(OCTOBER, [{}], [COVERED])
    backwards = more("backwards")
    for period in (SEPTEMBER, OCTOBER):
        books.ingest(period)
    for period in (OCTOBER, SEPTEMBER, OCTOBER):
        backwards.ingest(period)
    assert _current(books) == _current(backwards)
    assert books.cost(OCTOBER, "Used") == Decimal("0.5")


def test_a_restated_earlier_month_maps_the_later_one_again(books: Books, more: Callable[[str], Books]) -> None:
    books.deliver(SEPTEMBER, [RESERVATION])
    books.deliver(OCTOBER, [{}], [COVERED])
    for period in (SEPTEMBER, OCTOBER):
        books.ingest(period)
    before = _current(books)
    assert books.ingest(OCTOBER).units[0].status == "unchanged"
    books.deliver(SEPTEMBER, [RESERVATION | {"Subtotal": "122", "UnitPrice": "122"}], version="2")
    books.ingest(SEPTEMBER)
    assert books.ingest(OCTOBER).units[0].status == "superseded"
    assert books.cost(OCTOBER, "Used") == 1
    late = more("late")
    for period in (SEPTEMBER, OCTOBER):
        late.ingest(period)
    assert _current(late) == _current(books) != before


def test_a_restatement_that_leaves_commitments_alone_maps_nothing_again(books: Books) -> None:
    books.deliver(SEPTEMBER, [RESERVATION])
    books.deliver(OCTOBER, [{}], [COVERED])
    for period in (SEPTEMBER, OCTOBER):
        books.ingest(period)
    books.deliver(SEPTEMBER, [{"Subtotal": "7"}, RESERVATION], version="2")
    books.ingest(SEPTEMBER)
    assert books.ingest(OCTOBER).units[0].status == "unchanged"


def test_one_invoice_of_a_currency_bears_what_earlier_ones_bought(books: Books) -> None:
    books.deliver(SEPTEMBER, [RESERVATION])
    books.deliver(OCTOBER, [{}], [COVERED])
    books.deliver(OCTOBER, [{}], invoice="G999")
    books.deliver(OCTOBER, [{}], invoice="G111", currency="USD")
    for period in (SEPTEMBER, OCTOBER):
        books.ingest(period)
    assert books.cost(OCTOBER, "Used") + books.cost(OCTOBER, "Unused") == 31
    assert {row[0] for row in books.charges(OCTOBER, "InvoiceId", "x_Repairs is not null")} == {"G202610"}


def test_all_days_of_a_term_are_the_purchase(books: Books) -> None:
    year = {"ChargeStartDate": "2026-09-10T00:00:00Z", "ChargeEndDate": "2026-11-17T00:00:00Z", "Subtotal": "100"}
    books.deliver(SEPTEMBER, [RESERVATION | year | {"UnitPrice": "100"}])
    for period in (OCTOBER, NOVEMBER):
        books.deliver(period, [{}], [COVERED | {"UsageDate": str(period.start)}])
    for period in (SEPTEMBER, OCTOBER, NOVEMBER):
        books.ingest(period)
    parts = [books.cost(period, status) for period in (SEPTEMBER, OCTOBER, NOVEMBER) for status in ("Used", "Unused")]
    assert sum(parts) == 100
    days = [row[0].date() for p in (SEPTEMBER, OCTOBER, NOVEMBER) for row in books.charges(
        p, "distinct on (ChargePeriodStart) ChargePeriodStart", "CommitmentDiscountStatus is not null")]  # fmt: skip
    assert sorted(days) == [date(2026, 9, 10) + timedelta(days=number) for number in range(69)]


def _current(books: Books) -> list[tuple[Any, ...]]:
    """Every current charge of every month, with its slice."""
    names = ", ".join(column.id for column in slice_columns())
    found: list[tuple[Any, ...]] = []
    for period in (SEPTEMBER, OCTOBER):
        found += [(row["slice_id"],) for row in Ledger(books.lake).current_slices(period.label)]
        found += books.charges(period, names)
    return found
