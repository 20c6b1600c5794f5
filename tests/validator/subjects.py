"""What is validated: a month's slices by provider, vendors' public files, and bundles with something special."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.generator.tenants import OPERATOR
from pipelines.providers.registry import FOCUS
from pipelines.renditions import rendered, write_rendition
from tests.unit.providers.focus.public_files import take

VENDORS = Path(__file__).parents[1] / "unit/providers/focus/public"
VENDOR_FILES = (
    "focus_sample_excerpt.csv",
    "costroid_focus-1.1.csv",
    "flexible_spend_plan_75pct_excerpt.csv",
    "costroid_focus-1.3.csv",
    "multi_model_invoice_excerpt.csv",
)
"""Public files of FOCUS 1.0 to 1.4 that the FOCUS room takes in whole."""
TO_RESELLER, TO_DIRECT, TO_CUSTOMER = "bundles to resellers", "bundles to direct customers", "bundles of resellers"
KINDS = {"managed": "managed bundles", "white_label": "white-label bundles"}


@dataclass(frozen=True)
class Subject:
    """One file in FOCUS 1.2 and the name that the reviewed list has for its kind."""

    name: str
    file: Path


def subjects(lake: Path, folder: Path, named: Mapping[tuple[str, str], str]) -> list[Subject]:
    """Write what is to be validated into `folder`; `named` is the entities of each edge."""
    return [*_slices(lake, folder), *_bundles(lake, folder, named)]


def _slices(lake: Path, folder: Path) -> Iterator[Subject]:
    for provider in sorted((lake / "focus").glob("provider=*")):
        yield _together(provider.name.partition("=")[2], provider, folder)
    vendors = folder / "vendors"
    for name in VENDOR_FILES:
        taken = take(VENDORS / name, vendors / name)
        assert taken.charges == taken.rows, taken.refusals
    yield _together(FOCUS.name, vendors, folder)


def _together(name: str, place: Path, folder: Path) -> Subject:
    """All charges below a place in one file."""
    paths = sorted(place.rglob("charges.parquet"))
    tables = [rendered(pq.read_table(path, partitioning=None)) for path in paths]
    pq.write_table(pa.concat_tables(tables), folder / f"{name}.parquet")
    return Subject(name, folder / f"{name}.parquet")


def _bundles(lake: Path, folder: Path, named: Mapping[tuple[str, str], str]) -> Iterator[Subject]:
    """Every bundle with a trait that none of its kind before had; the largest first, and as published in 1.2."""
    files = list((lake / "published").rglob("cost_and_usage.parquet"))
    edges = {file: (_part(file, "seller"), _part(file, "buyer")) for file in files}
    sellers = {seller for seller, _ in edges.values()}
    seen: dict[str, set[str]] = {}
    for file in sorted(files, key=lambda path: (-pq.read_metadata(path).num_rows, path)):
        seller, buyer = edges[file]
        role = TO_RESELLER if buyer in sellers else TO_DIRECT if seller == OPERATOR else TO_CUSTOMER
        kind = KINDS.get(named[seller, buyer], role)
        traits = _traits(pq.read_table(file, partitioning=None))
        if kind in seen and traits <= seen[kind]:
            continue
        seen[kind] = seen.get(kind, set()) | traits
        target = folder / f"{seller}-{buyer}.parquet"
        published = file.with_name("cost_and_usage_focus_1_2.parquet")
        if published.is_file():
            shutil.copy(published, target)
        else:
            write_rendition(file, target)
        yield Subject(kind, target)


def _part(path: Path, key: str) -> str:
    return next(part.partition("=")[2] for part in path.parts if part.startswith(f"{key}="))


def _traits(table: pa.Table) -> set[str]:
    """Providers, categories, corrections and the seller's own lines that a bundle has."""
    own = pc.and_(
        pc.equal(table["ServiceProviderName"], table["InvoiceIssuerName"]),
        pc.not_equal(table["ChargeCategory"], "Adjustment"),
    )
    names = ("ServiceProviderName", "ChargeCategory", "ChargeClass", "CommitmentDiscountStatus")
    found = {str(value) for name in names for value in table[name].unique().to_pylist() if value is not None}
    return found | ({"own lines"} if pc.any(own).as_py() else set())
