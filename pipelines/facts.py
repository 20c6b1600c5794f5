"""Facts: the base amounts of a slice, summed per rate key, date segment and declared tag values.

A cache beside the slice, keyed by (slice id, segment boundaries, declared tag keys, cuts by moves): prices change
without touching it, and everything but the daily mart and the published detail is computed from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines import tags
from pipelines.errors import Problem, RebillError
from pipelines.hashing import sha256_json
from pipelines.lake import Lake, connect, write_parquet
from pipelines.proration import charges_source

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


def write_facts(
    lake: Lake,
    slice_id: str,
    slice_dir: Path,
    boundaries: Sequence[date],
    tag_keys: Sequence[str] = (),
    cuts: Path | None = None,
) -> Path:
    """Write (or find) the facts of one slice for these boundaries, declared tag keys and cuts by moves.

    Grain: x_RateKey, SegmentStart, x_TagValues. Sums are DECIMAL(38,12) in the slice's BillingCurrency of that key.
    UnlistedCount counts covered rows that use something without a list price.
    """
    segments = sorted(str(day) for day in boundaries)
    spec = sha256_json({"Segments": segments, "Tags": list(tag_keys), "Cuts": cuts.name if cuts else None})
    path = lake.facts(slice_id, spec)
    if path.exists():
        return path
    sums = ",\n".join(f"guarded(sum({name})) as {name}" for name in MEASURES)
    grain = "x_RateKey, SegmentStart" + (", x_TagValues" if tag_keys else "")
    # Whether a commitment covers a row is part of its key: joined, not read row by row.
    query = f"""
        with sums as (
            select
                x_RateKey,
                {segment_expression(boundaries)} as SegmentStart,
                {tags.values_expression(tag_keys)} as x_TagValues,
                count(*) as LineCount,
                {sums},
                guarded(sum(x_PartnerBenefitAmount)) as PartnerBenefitAmount,
                guarded(sum(x_PartnerBenefitMissed)) as PartnerBenefitMissed,
                -- A quantity may be large (bytes are): what it is multiplied to is guarded where it is priced.
                cast(coalesce(sum(PricingQuantity), 0) as decimal(38, 12)) as PricingQuantity,
                count(*) filter (where ListCost = 0 and PricingQuantity <> 0) as UnlistedCount
            from {charges_source(slice_dir, cuts, tag_keys)}
            group by {grain}
        )
        select sums.* replace (
            case when keys.CommitmentDiscountStatus = 'Used' then UnlistedCount else 0 end as UnlistedCount
        )
        from sums
        inner join read_parquet('{slice_dir / "keys.parquet"}', hive_partitioning = false) as keys using (x_RateKey)
        order by {grain}
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
