"""focus_metadata.json of a bundle: who made it, which FOCUS datasets it holds, their schemas, how fresh and complete.

Names of sections and properties are those of FOCUS metadata; what is ours begins with `x_`. Everything follows from the
files, the edge and the period: no clock, so dates of data are the end of the billing period, as on the invoice lines. A
part is complete when everything of it rests on final data of the providers; whether it may still be replaced says
BillingPeriodStatus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.config.vocabulary import PROVIDERS
from pipelines.hashing import sha256_json
from pipelines.lake import write_json
from pipelines.period import BillingPeriod
from pipelines.publishing.audience import schema_created
from pipelines.publishing.edges import Edge
from pipelines.schemas import VERSION, dataset, dataset_id, dataset_types

FILE = "focus_metadata.json"
COST_AND_USAGE = "cost_and_usage"
NAMES = {
    COST_AND_USAGE: "Cost and Usage",
    "invoice_detail": "Invoice Detail",
    "billing_period": "Billing Period",
    "contract_commitment": "Contract Commitment",
}
NOTES = {
    "contract_commitment": "what the buyer promised the seller; commitments with the cloud are in Cost and Usage only"
}
# FOCUS type, or that of a column of ours, as metadata writes it.
TYPES = {"String": "STRING", "JSON": "JSON", "Decimal": "DECIMAL", "Date/Time": "DATETIME"}


@dataclass(frozen=True)
class Origin:
    """What a bundle rests on: its issuer, whether any of it is an estimate, keys of tags that its providers set."""

    issuer: str
    has_estimates: bool
    versions: tuple[str, ...]
    tag_prefixes: tuple[str, ...]


def read_origins(con: duckdb.DuckDBPyConnection) -> dict[int, Origin]:
    """EdgeNo -> origin, for every edge of `edges.mount`."""
    rows = con.execute("""
        select e.EdgeNo, min(i.InvoiceIssuerName), bool_or(b.HasEstimates), min(b.FocusVersions),
            (select list(distinct d.x_Provider) from marts_daily_costs as d
            where d.SellerTenantId = e.SellerTenantId and d.BuyerTenantId = e.BuyerTenantId and not e.IsWhiteLabel)
        from edges as e
        inner join marts_bundles as b on e.SellerTenantId = b.SellerTenantId and e.BuyerTenantId = b.BuyerTenantId
        inner join marts_invoices as i on e.SellerTenantId = i.SellerTenantId and e.BuyerTenantId = i.BuyerTenantId
        group by all
        order by e.EdgeNo
    """).fetchall()
    return {
        number: Origin(issuer, estimates, tuple(filter(None, versions.split(";"))), tag_prefixes(providers or ()))
        for number, issuer, estimates, versions, providers in rows
    }


def tag_prefixes(providers: Sequence[str | None] = PROVIDERS) -> tuple[str, ...]:
    """Beginnings of the keys of tags that these providers themselves set; only settings of rooms are imported."""
    rooms = [import_module(f"pipelines.providers.{name}.config") for name in PROVIDERS if name in providers]
    return tuple(sorted({prefix for room in rooms for prefix in room.TAG_PREFIXES}))


def rendition(version: str) -> str:
    """File name, without ending, of charges in another FOCUS version: 1.2 -> cost_and_usage_focus_1_2."""
    return f"{COST_AND_USAGE}_focus_{version.replace('.', '_')}"


def write_metadata(directory: Path, period: BillingPeriod, edge: Edge, origin: Origin) -> None:
    """Describe the FOCUS files that `directory` holds."""
    files = {name: (name, VERSION) for name in NAMES}
    files |= {rendition(version): (COST_AND_USAGE, version.replace(".", "_")) for version in origin.versions}
    instances, recency, schemas = [], [], []
    for file, (name, version) in files.items():
        identity = _guid([edge.seller, edge.buyer, file])
        instances.append(_instance(identity, file, name, version))
        recency.append(_recency(identity, name, period, origin))
        columns = _columns(pq.read_schema(directory / f"{file}.parquet"), name, version, origin.tag_prefixes)
        schemas.append(_schema(identity, file, version, columns))
    sections = {"DatasetInstance": instances, "Recency": recency, "Schema": schemas}
    write_json(directory / FILE, {"DataGenerator": {"DataGenerator": origin.issuer}, **sections})


def _instance(identity: str, file: str, name: str, version: str) -> dict[str, Any]:
    shown = NAMES[name] if version == VERSION else f"{NAMES[name]}, FOCUS {_dotted(version)}"
    found = {"DatasetInstanceId": identity, "DatasetInstanceName": shown, "FocusDatasetId": dataset_id(name)}
    note = {"x_Note": NOTES[name]} if name in NOTES else {}
    return {**found, "x_FileName": f"{file}.parquet", **note}


def _recency(identity: str, name: str, period: BillingPeriod, origin: Origin) -> dict[str, Any]:
    """Charges lie on days and have time sectors, one per billing period; the other datasets are as a whole complete."""
    start, end = (f"{day.isoformat()}T00:00:00Z" for day in (period.start, period.end))
    is_complete = name not in (COST_AND_USAGE, "invoice_detail") or not origin.has_estimates
    found = {"DatasetInstanceId": identity, "DatasetInstanceLastUpdated": end, "RecencyLastUpdated": end}
    if name != COST_AND_USAGE:
        return {**found, "DatasetInstanceComplete": is_complete}
    sector = {"TimeSectorStart": start, "TimeSectorEnd": end, "TimeSectorLastUpdated": end}
    return {**found, "TimeSectors": [{**sector, "TimeSectorComplete": is_complete}]}


def _schema(identity: str, file: str, version: str, columns: list[dict[str, Any]]) -> dict[str, Any]:
    """A schema's id follows from its columns; the prefixes of tags are those of the bundle and no part of it."""
    bare = [{name: value for name, value in column.items() if name != "ProviderTagPrefixes"} for column in columns]
    return {
        "SchemaId": _guid([_dotted(version), bare]),
        "DatasetInstanceId": identity,
        "FocusVersion": _dotted(version),
        "CreationDate": f"{schema_created(file)}T00:00:00Z",
        "ColumnDefinition": columns,
    }


def _columns(schema: pa.Schema, name: str, version: str, prefixes: Sequence[str]) -> list[dict[str, Any]]:
    types = dataset_types(name, version)
    nulls = {column.id: column.nulls for column in dataset(name, version)}
    found = []
    for field in schema:
        focus_type = TYPES.get(types.get(field.name, ""), "")
        column: dict[str, Any] = {
            "ColumnName": field.name,
            "DataType": focus_type or _own_type(field.type),
            "x_AllowsNulls": nulls.get(field.name, True),
        }
        if pa.types.is_decimal(field.type):
            column |= {"NumericPrecision": field.type.precision, "NumberScale": field.type.scale}
        if pa.types.is_string(field.type):
            column["StringEncoding"] = "UTF-8"
        if field.name == "Tags":
            column["ProviderTagPrefixes"] = list(prefixes)
        found.append(column)
    return found


def _own_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return "DECIMAL"
    if pa.types.is_integer(kind):
        return "INTEGER"
    return "DATETIME" if pa.types.is_timestamp(kind) else "STRING"


def _dotted(version: str) -> str:
    return version.replace("_", ".")


def _guid(value: object) -> str:
    return str(UUID(sha256_json(value)[:32]))
