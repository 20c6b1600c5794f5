"""What a FOCUS export of Azure is about, in the words of the Azure room: so that no cost is booked from two exports.

A claim is an invoice, a partner and currency, or an account and currency.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.errors import BadDelivery
from pipelines.lake import connect
from pipelines.providers.export import SourceFile
from pipelines.providers.focus.quirks import text_files
from pipelines.providers.staging import identifier, literal

WITH_CLAIMS = "azure"
"""The provider whose FOCUS export holds costs that other exports of it hold too, under other units."""

COLUMNS = ("BillingAccountId", "BillingCurrency", "InvoiceId", "x_InvoiceId", "x_InvoiceIssuerId")


def of_focus_files(provider: str, files: Sequence[SourceFile]) -> dict[str, str]:
    """The attribute `claims` of a delivery; none for other providers, and for files that cannot be read yet."""
    if provider != WITH_CLAIMS:
        return {}
    found: set[str] = set()
    for file in files:
        try:
            found |= _of_file(file)
        except (BadDelivery, OSError, ValueError, EOFError):
            continue  # staging says what is wrong with the file
    return {"claims": "\n".join(sorted(found))}


def _of_file(file: SourceFile) -> set[str]:
    with connect() as con:
        if file.path.name.lower().endswith(".parquet"):
            source = f"read_parquet({literal(file.path)}, hive_partitioning = false)"
            headers = [str(row[0]) for row in con.execute(f"describe select * from {source}").fetchall()]
            places = {name.casefold(): identifier(name) for name in headers}
        else:
            headers = text_files.headers(file.path, file.name)
            source = text_files.relation(file.path, headers)
            places = {name.casefold(): f"c{number}" for number, name in enumerate(headers)}
        columns = [f"nullif(lower(cast({places.get(name.casefold(), 'null')} as varchar)), '')" for name in COLUMNS]
        rows = con.execute(f"select distinct {', '.join(columns)} from {source}").fetchall()
    claims: set[str] = set()
    for account, currency, invoice, older, issuer in rows:
        money = str(currency or "").upper()
        claims |= {f"account:{account.rpartition('/')[2]}/{money}"} if account else set()
        claims |= {f"partner:{issuer}/{money}"} if issuer else set()
        claims |= {f"invoice:{number}" for number in (invoice, older) if number}
    return claims
