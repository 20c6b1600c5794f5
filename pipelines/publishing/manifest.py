"""manifest.json of a bundle: what its files are and what they must add up to.

A buyer's manifest speaks of its edge only; hashes of the whole month stand in the operator's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from pipelines.hashing import sha256_file
from pipelines.period import BillingPeriod
from pipelines.publishing.edges import Edge
from pipelines.publishing.versions import bundle_hash

FOCUS_VERSION = "1.4"
Invoices = dict[int, list[dict[str, Any]]]


def read_invoices(con: duckdb.DuckDBPyConnection) -> Invoices:
    """EdgeNo -> its invoices with currency, billed total (text), lines."""
    rows = con.execute("""
        select EdgeNo, InvoiceId, BillingCurrency, cast(sum(BilledCost) as varchar), count(*)
        from lines
        group by EdgeNo, InvoiceId, BillingCurrency
        order by EdgeNo, InvoiceId, BillingCurrency
    """).fetchall()
    found: Invoices = {}
    for number, invoice, currency, billed, count in rows:
        record = {"InvoiceId": invoice, "BillingCurrency": currency, "BilledCost": billed, "Lines": count}
        found.setdefault(number, []).append(record)
    return found


def edge_manifest(period: BillingPeriod, edge: Edge, directory: Path, invoices: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest of one buyer's bundle."""
    return {
        "BillingPeriod": period.label,
        "SellerTenantId": edge.seller,
        "BuyerTenantId": edge.buyer,
        "FocusVersion": FOCUS_VERSION,
        "InvoiceIssueStatus": "Open",
        "IsPreview": True,
        "Invoices": invoices,
        **_files(directory),
    }


def operator_manifest(
    period: BillingPeriod, directory: Path, build_dir: Path, content: str, verdict: str
) -> dict[str, Any]:
    """The manifest of the operator's bundle: with the hashes of inputs, configuration, FX and code."""
    return {
        "BillingPeriod": period.label,
        "Inputs": json.loads((build_dir / "build.json").read_text(encoding="utf-8")),
        "Content": content,
        "Verdict": verdict,
        **_files(directory),
    }


def _files(directory: Path) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for path in sorted(directory.iterdir()):
        record = {"Sha256": sha256_file(path), "Bytes": path.stat().st_size}
        twin = path.with_suffix(".parquet")  # a CSV has the rows of the Parquet file of its name
        files[path.name] = record | ({"Rows": pq.read_metadata(twin).num_rows} if twin.is_file() else {})
    return {"Files": files, "Bundle": bundle_hash({name: record["Sha256"] for name, record in files.items()})}
