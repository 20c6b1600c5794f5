"""Charges that their tenant's move divides: cut at the day, each part with its share of the amounts.

A charge belongs whole to the tenant linked on its first day. Where the contract of that day says
`move_proration: daily`, a charge longer than a day is cut at every day on which its tenant or anyone above it
changes. A part gets amount x its days / all days, toward zero at 12 decimals; the last part gets what is left,
so the parts add up to the charge in every column.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines import tags
from pipelines.hashing import sha256_json
from pipelines.lake import Lake, connect, write_parquet
from pipelines.schemas import slice_columns

PART = 1000  # x_SourcePart of the k-th further part: 1000 * k + that of the charge
DIVIDED = ("Cost", "Quantity", "Amount", "Missed")
END_DAY = "cast(ChargePeriodEnd - interval 1 microsecond as date) + 1"  # the first day after the charge
LONG = "ChargePeriodEnd > ChargePeriodStart + interval 1 day"

# The scopes of the charges longer than a day, as account links write them. Wider scopes say whether the charge has a
# narrower key than they are.
SCOPES = """
    create temp table scopes as
    with long as (
        select distinct c.x_RateKey, {values} as x_TagValues, k.x_Provider as Provider,
            lower(k.SubAccountId) as Account, lower(k.x_ResourceGroup) as ResourceGroup,
            lower(k.x_ProviderCustomerId) as Customer, lower(k.BillingAccountId) as Payer,
            k.x_ProviderCustomerId is not null
                or (k.SubAccountId is not null and k.SubAccountId <> k.BillingAccountId) as IsNarrow
        from read_parquet('{charges}', hive_partitioning = false) as c
        inner join read_parquet('{keys}', hive_partitioning = false) as k on c.x_RateKey = k.x_RateKey
        where {long} and (k.x_ProviderCustomerId is not null or k.SubAccountId is not null)
    ),
    tagged as (
        select long.*, t.TagKey || '=' || lower(split_part(x_TagValues, chr(31), t.TagNo)) as Tag
        from long
        inner join (select unnest({tag_keys}) as TagKey, generate_subscripts({tag_keys}, 1) as TagNo) as t
            on split_part(x_TagValues, chr(31), t.TagNo) <> ''
    )
    select x_RateKey, x_TagValues, Provider, 'tag' as ScopeType, Tag as ScopeId, false as HasNarrower from tagged
    union all
    select x_RateKey, x_TagValues, Provider, 'tag', Account || chr(31) || Tag, false from tagged
    where Account is not null
    union all
    select x_RateKey, x_TagValues, Provider, 'resource_group', Account || '/' || ResourceGroup, false from long
    where Account is not null and ResourceGroup is not null
    union all
    select x_RateKey, x_TagValues, Provider, 'sub_account', Account, ResourceGroup is not null from long
    where Account is not null
    union all
    select x_RateKey, x_TagValues, Provider, 'customer', Customer, Account is not null from long
    where Customer is not null
    union all
    select x_RateKey, x_TagValues, Provider, 'billing_account', Payer, IsNarrow from long
"""
# Grain: rate key x tag values x stretch of first days: the days at which a charge that begins in it is cut.
CUTS = """
    with moving as (
        select distinct s.x_RateKey, s.x_TagValues
        from scopes as s
        inner join cuts as c on s.Provider = c.Provider and s.ScopeType = c.ScopeType and s.ScopeId = c.ScopeId
    ),
    linked as (
        select s.x_RateKey, s.x_TagValues, l.SegmentStart, l.TenantId, rank() over (
            partition by s.x_RateKey, s.x_TagValues, l.SegmentStart order by l.Specificity) as Nearness
        from scopes as s
        inner join moving as m on s.x_RateKey = m.x_RateKey and s.x_TagValues = m.x_TagValues
        inner join account_links as l on s.Provider = l.Provider and s.ScopeType = l.ScopeType and s.ScopeId = l.ScopeId
        where l.CoversNarrower or not s.HasNarrower
    ),
    owned as (
        select x_RateKey, x_TagValues, SegmentStart, min(TenantId) as TenantId
        from linked
        where Nearness = 1
        group by x_RateKey, x_TagValues, SegmentStart
        having count(distinct TenantId) = 1
    ),
    stretches as (
        select m.x_RateKey, m.x_TagValues, s.SegmentStart, s.SegmentEnd, p.Path, p.IsDaily,
            lag(p.Path) over of_key as PathBefore, row_number() over of_key as SegmentNo
        from moving as m
        cross join segments as s
        left join owned as o
            on m.x_RateKey = o.x_RateKey and m.x_TagValues = o.x_TagValues and s.SegmentStart = o.SegmentStart
        left join tenant_paths as p on o.TenantId = p.TenantId and s.SegmentStart = p.SegmentStart
        window of_key as (partition by m.x_RateKey, m.x_TagValues order by s.SegmentStart)
    ),
    days as (
        select x_RateKey, x_TagValues, list(SegmentStart order by SegmentStart) as CutDates
        from stretches
        where SegmentNo > 1 and Path is distinct from PathBefore
        group by x_RateKey, x_TagValues
    )
    select s.x_RateKey, s.x_TagValues, s.SegmentStart, s.SegmentEnd,
        list_filter(d.CutDates, lambda day: day > s.SegmentStart) as CutDates
    from stretches as s
    inner join days as d on s.x_RateKey = d.x_RateKey and s.x_TagValues = d.x_TagValues
    where s.IsDaily and len(list_filter(d.CutDates, lambda day: day > s.SegmentStart)) > 0
    order by s.x_RateKey, s.x_TagValues, s.SegmentStart
"""


def last_day(slice_dirs: Sequence[Path]) -> date:
    """The last day that any charge of these slices covers: moves up to it may cut one."""
    files = ", ".join(f"'{directory / 'charges.parquet'}'" for directory in slice_dirs)
    with connect() as con:
        row = con.execute(
            "select max(cast(greatest(ChargePeriodEnd - interval 1 microsecond, ChargePeriodStart) as date)) "
            f"from read_parquet([{files}], hive_partitioning = false)"
        ).fetchone()
    assert row is not None
    found: date = row[0]
    return found


def find_cuts(lake: Lake, slice_id: str, slice_dir: Path, config_tables: Path, tag_keys: Sequence[str]) -> Path | None:
    """Write (or find) where charges of one slice are cut; None if none is, and then nothing is read of it.

    Grain: x_RateKey, x_TagValues, SegmentStart of a charge's first day. The file's name is the hash of what it says.
    """
    with connect() as con:
        for name in ("cuts", "account_links", "segments", "tenant_paths"):
            path = config_tables / f"{name}.parquet"
            con.execute(f"create view {name} as select * from read_parquet('{path}', hive_partitioning = false)")
        if con.execute("select 1 from cuts limit 1").fetchone() is None:
            return None
        keys = "[" + ", ".join("'" + key.replace("'", "''") + "'" for key in tag_keys) + "]::varchar[]"
        con.execute(
            SCOPES.format(
                values=tags.values_expression(tag_keys, "c.Tags"),
                charges=slice_dir / "charges.parquet",
                keys=slice_dir / "keys.parquet",
                long=LONG,
                tag_keys=keys,
            )
        )
        con.execute(f"create temp table found as {CUTS}")
        rows = con.execute("select * from found order by all").fetchall()
        if not rows:
            return None
        path = lake.cuts(slice_id, sha256_json([[str(value) for value in row] for row in rows]))
        if not path.exists():
            write_parquet(con, "select * from found order by x_RateKey, x_TagValues, SegmentStart", path)
        return path


def charges_source(slice_dir: Path, cuts: Path | None, tag_keys: Sequence[str]) -> str:
    """SQL of a slice's charges, for a FROM clause; those that `cuts` names come in parts, the others as they are."""
    charges = f"read_parquet('{slice_dir / 'charges.parquet'}', hive_partitioning = false)"
    if cuts is None:
        return charges
    found = f"read_parquet('{cuts}', hive_partitioning = false)"
    columns = [c.id for c in slice_columns() if c.storage.startswith("DECIMAL") and c.id.endswith(DIVIDED)]
    portions = ", ".join(f"{_portion(name)} as {name}" for name in columns)
    return f"""(
        select * from {charges} where x_RateKey not in (select x_RateKey from {found})
        union all
        select * exclude (Days, Part, PartCount, PartDays, AllDays) replace (
            cast(case when Part = 1 then ChargePeriodStart else Days[Part] end as timestamp) as ChargePeriodStart,
            cast(case when Part = PartCount then ChargePeriodEnd else Days[Part + 1] end as timestamp)
                as ChargePeriodEnd,
            cast({PART} * (Part - 1) + x_SourcePart as integer) as x_SourcePart,
            {portions}
        )
        from (
            select *, len(Days) - 1 as PartCount, Days[Part + 1] - Days[Part] as PartDays, Days[-1] - Days[1] as AllDays
            from (
                select c.*, list_concat([cast(ChargePeriodStart as date)], list_filter(coalesce(f.CutDates, []), lambda
                    day: {LONG} and day < ChargePeriodEnd), [{END_DAY}]) as Days,
                    unnest(range(1, len(Days))) as Part
                from (select * from {charges} where x_RateKey in (select x_RateKey from {found})) as c
                left join {found} as f
                    on c.x_RateKey = f.x_RateKey and {tags.values_expression(tag_keys, "c.Tags")} = f.x_TagValues
                    and cast(c.ChargePeriodStart as date) >= f.SegmentStart
                    and cast(c.ChargePeriodStart as date) < f.SegmentEnd
            )
        )
    )"""


def _portion(column: str) -> str:
    """The part's share of a column, in whole numbers of its 12th decimal."""
    units = (
        f"(cast(floor({column}) as hugeint) * 1000000000000 + cast(cast({column} - floor({column}) as decimal(18, 12))"
        " * 1000000000000 as hugeint))"
    )
    before = (
        "list_sum(list_transform(range(1, PartCount), "
        f"lambda part: ({units} * (Days[part + 1] - Days[part])) // AllDays))"
    )
    part = f"case when Part < PartCount then ({units} * PartDays) // AllDays else {units} - {before} end"
    return (
        f"case when PartCount = 1 then {column} "
        f"else cast(cast({part} as decimal(38, 0)) * 0.000000000001 as decimal(38, 12)) end"
    )
