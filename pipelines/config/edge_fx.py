"""Exchange rates into a contract's currency: what the contract fixes, else the table's, with its markup.

FxPlain is the rate without markup, FxRate the one prices use, FxPinned the table's rate whatever the
contract says; margins compare with it.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipelines.config.arrow import NUMBER, TEXT, table
from pipelines.config.fx import Pair
from pipelines.money import CONTEXT, ONE, Decimal, r12

PAIRS = """
    select p.ContractId, p.FromCurrency, p.ToCurrency, r.Rate as Fixed, c.FxMarkupFactor
    from contract_pairs as p
    inner join used_contracts as c on c.ContractId = p.ContractId
    left join in_contract_rates as r on r.ContractId = p.ContractId and r.FromCurrency = p.FromCurrency
    order by p.ContractId, p.FromCurrency
"""
COLUMNS = [
    ("ContractId", TEXT),
    ("FromCurrency", TEXT),
    ("FxRate", NUMBER),
    ("FxPlain", NUMBER),
    ("FxPinned", NUMBER),
]


def contract_rates(con: duckdb.DuckDBPyConnection, rates: dict[Pair, Decimal]) -> pa.Table:
    """The rates of every currency that a contract's prices can start from. Grain: ContractId x FromCurrency."""
    rows = []
    for contract, source, target, fixed, factor in con.execute(PAIRS).fetchall():
        pinned = rates[source, target]
        plain, marked = _contract_rate(source == target, pinned, fixed, factor)
        rows.append((contract, source, marked, plain, pinned))
    return table(COLUMNS, rows)


def _contract_rate(is_same: bool, pinned: Decimal, fixed: Decimal | None, factor: Decimal) -> tuple[Decimal, Decimal]:
    if is_same:
        return ONE, ONE
    plain = pinned if fixed is None else fixed
    return plain, r12(CONTEXT.multiply(plain, factor))
