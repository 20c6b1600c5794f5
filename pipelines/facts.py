"""Facts: the base amounts of a slice, summed per rate key and date segment.

A cache beside the slice, keyed by (slice id, segment boundaries): prices change without touching it, and
everything but the daily mart and the published detail is computed from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines.errors import Problem, RebillError
from pipelines.lake import Lake, connect, write_parquet

FIRST_SEGMENT = date(1900, 1, 1)
MEASURES = ("ListCost", "ContractedCost", "BilledCost", "EffectiveCost")
LIMIT = "10000000000000"  # DuckDB sums near the type's edge can wrap silently: refuse long before


def segment_expression(boundaries: Sequence[date], column: str = "ChargePeriodStart") -> str:
    """SQL giving the SegmentStart of a charge's day; `boundaries` are the starts after the first."""
    branches = "".join(
        f" when cast({column} as date) >= date '{day}' then date '{day}'"
        for day in sorted(boundaries, reverse=True)
        if day > FIRST_SEGMENT
    )
    first = f"date '{FIRST_SEGMENT}'"
    return f"case{branches} else {first} end" if branches else first


def write_facts(lake: Lake, slice_id: str, slice_dir: Path, boundaries: Sequence[date]) -> Path:
    """Write (or find) the facts of one slice for these boundaries.

    Grain: x_RateKey, SegmentStart. Sums are DECIMAL(38,12) in the slice's BillingCurrency of that key.
    """
    spec = hashlib.sha256(repr([str(day) for day in sorted(boundaries)]).encode()).hexdigest()
    path = lake.facts(slice_id, spec)
    if path.exists():
        return path
    sums = ",\n".join(f"guarded(sum({name})) as {name}" for name in MEASURES)
    query = f"""
        select
            x_RateKey,
            {segment_expression(boundaries)} as SegmentStart,
            count(*) as LineCount,
            {sums},
            guarded(sum(x_PartnerBenefitAmount)) as PartnerBenefitAmount,
            -- A quantity may be large (bytes are): what it is multiplied to is guarded where it is priced.
            cast(coalesce(sum(PricingQuantity), 0) as decimal(38, 12)) as PricingQuantity
        from read_parquet('{slice_dir / "charges.parquet"}', hive_partitioning = false)
        group by x_RateKey, SegmentStart
        order by x_RateKey, SegmentStart
    """
    with connect() as con:
        con.execute(
            "create macro guarded(x) as case when abs(x) < "
            f"{LIMIT} then cast(x as decimal(38,12)) else error('a sum of money is beyond 1e13: ' || x) end"
        )
        try:
            write_parquet(con, query, path)
        except duckdb.Error as error:
            raise RebillError(
                Problem(str(slice_dir), str(error), "look for the amount in the delivery; ask the provider")
            ) from error
    return path
