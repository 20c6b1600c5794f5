"""The SQL of moves: on which days the tenants above a provider scope change, where a contract divides such days.

`PATHS` is a step of the compiler, `MOVE_TABLES` are files. Without a contract that says `move_proration: daily` all
of them are empty, and no charge is ever cut.
"""

from __future__ import annotations

# Grain: tenant x segment: itself and everyone above it, and whether the contract it buys on divides moves by days.
PATHS = """
    select r.TenantId, r.SegmentStart,
        concat(r.TenantId, string_agg(chr(31) || e.SellerTenantId, '' order by e.Depth desc)) as Path,
        coalesce(bool_or(e.Depth = e.EdgeCount and c.MoveProration = 'daily'), false) as IsDaily
    from reach as r
    left join edges as e on e.TenantId = r.TenantId and e.SegmentStart = r.SegmentStart
    left join in_contracts as c on c.ContractId = e.ContractId
    where exists (select 1 from used_contracts as u where u.MoveProration = 'daily')
    group by r.TenantId, r.SegmentStart
"""

MOVE_TABLES = {
    "tenant_paths": "select TenantId, SegmentStart, Path, IsDaily from paths order by TenantId, SegmentStart",
    # Grain: provider scope x day on which what it is linked to, or anything above that, changes.
    "cuts": """
        with linked as (
            select l.Provider, l.ScopeType, l.ScopeId, s.SegmentStart, concat(p.Path, chr(31), l.CoversNarrower) as Path
            from in_links as l
            inner join in_segments as s on l.ValidFrom <= s.OnDay and s.OnDay < l.ValidTo
            inner join paths as p on p.TenantId = l.TenantId and p.SegmentStart = s.SegmentStart
        ),
        days as (
            select distinct l.Provider, l.ScopeType, l.ScopeId, s.SegmentStart
            from linked as l
            cross join in_segments as s
        ),
        changes as (
            select d.Provider, d.ScopeType, d.ScopeId, d.SegmentStart as CutDate, l.Path,
                lag(l.Path) over scope as PathBefore, row_number() over scope as SegmentNo
            from days as d
            left join linked as l
                on l.Provider = d.Provider and l.ScopeType = d.ScopeType and l.ScopeId = d.ScopeId
                and l.SegmentStart = d.SegmentStart
            window scope as (partition by d.Provider, d.ScopeType, d.ScopeId order by d.SegmentStart)
        )
        select Provider, ScopeType, ScopeId, CutDate
        from changes
        where SegmentNo > 1 and Path is distinct from PathBefore
        order by Provider, ScopeType, ScopeId, CutDate
    """,
}
