"""Invoice control files: what each provider says its invoices add up to."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines import lake
from pipelines.generator.engine import json_value
from pipelines.money import Decimal
from pipelines.period import BillingPeriod

HEADER = ("invoice_id", "billing_account_id", "issuer", "billing_period", "currency", "net", "tax", "total")


@dataclass(frozen=True)
class Invoice:
    """One provider invoice; amounts in `currency`, credits included in net, exact."""

    id: str
    account: str
    issuer: str
    currency: str
    net: Decimal
    tax: Decimal
    period: BillingPeriod | None = None
    """The month that it bills, if that is not the month of the others."""

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def write(path: Path, period: BillingPeriod, invoices: Iterable[Invoice]) -> None:
    """Write the invoices.csv of one provider."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    for one in invoices:
        amounts = [json_value(amount) for amount in (one.net, one.tax, one.total)]
        writer.writerow([one.id, one.account, one.issuer, (one.period or period).label, one.currency, *amounts])
    lake.write_text(path, stream.getvalue())
