"""The datasets of FOCUS that a vendor may deliver beside its charges: kept with them, never taken for charges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.errors import BadDelivery, Problem
from pipelines.providers.export import Delivery, SourceFile

CHARGES = "CostAndUsage"
COMPANIONS = {
    "InvoiceDetail": "InvoiceIssueStatus",
    "ContractCommitment": "ContractCommitmentId",
    "BillingPeriod": "BillingPeriodStatus",
    "SkuPrice": "SkuPriceEffectiveStart",
}
"""Datasets of FOCUS 1.3, 1.4 and the drafts after it (SkuPrice, price lists), each with a column that no other has."""


def charge_files(delivery: Delivery) -> tuple[SourceFile, ...]:
    """The files of a delivery that hold charges; its companions come after them."""
    beside = set(delivery.attributes.get("companions", "").split("\n"))
    return tuple(file for file in delivery.files if file.name not in beside)


def refuse(headers: Iterable[str], file: str) -> None:
    """Raise BadDelivery if a file that should hold charges is another dataset of FOCUS."""
    found = {header.strip().casefold().replace("_", "") for header in headers}
    for dataset, column in COMPANIONS.items():
        if column.casefold() in found and "chargeperiodstart" not in found:
            what = f"the file is the FOCUS dataset {dataset}, not Cost and Usage"
            remedy = f'name it in the manifest as {{"name": "{file}", "dataset": "{dataset}"}}: it is kept, not booked'
            raise BadDelivery(Problem(file, what, remedy, column=column))


def dataset_of(entry: object) -> str:
    """What a manifest says of one of its files: a dataset's name, with or without blanks and whatever its case."""
    stated = entry.get("dataset") if isinstance(entry, dict) else None
    words = {name.casefold(): name for name in (CHARGES, *COMPANIONS)}
    return words.get(str(stated or CHARGES).casefold().replace(" ", ""), "")


def known() -> Sequence[str]:
    """Every name that `dataset` may have."""
    return (CHARGES, *COMPANIONS)
