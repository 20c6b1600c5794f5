"""The benchmark of rule resolution: many price rules over many rate keys, from compiled configuration to prices.

    python -m pipelines.benchmark_rules --rules 10000 --keys 5000000

Rate keys and their facts are made in place of a month's slices (1,000 customers under 20 resellers, two edges per
key); the configuration is written as files and compiled; dbt then runs every rated model up to the prices. The
table shows where the time went; the peak memory is that of the whole process.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipelines import config as configuration
from pipelines.config.vocabulary import PROVIDERS
from pipelines.dbt import run_dbt
from pipelines.lake import Lake, connect
from pipelines.mount import Month, MountedSlice, mount
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.schemas import rate_key_columns, slice_columns

PERIOD = BillingPeriod("2026-10")
CUSTOMERS, RESELLERS, SERVICES, REGIONS = 1_000, 20, 200, 25


def write_config(directory: Path, rules: int, skus: int) -> None:
    """A valid configuration whose distribution plan has `rules` rules: exact, prefixed and combined matches."""
    (directory / "plans").mkdir(parents=True)
    (directory / "operator.yaml").write_text("operator: op\nhome_currency: EUR\n", encoding="utf-8")
    resellers = [f"r{number}" for number in range(RESELLERS)]
    customers = [(f"c{number}", resellers[number % RESELLERS]) for number in range(CUSTOMERS)]
    tenants = ["tenant,name,kind,parent", "op,Operator,operator,", *(f"{r},{r},reseller,op" for r in resellers)]
    tenants += [f"{customer},{customer},customer,{reseller}" for customer, reseller in customers]
    contracts = ["contract,seller,buyer,currency,plan", *(f"k-{r},op,{r},EUR,distribution" for r in resellers)]
    contracts += [f"k-{customer},{reseller},{customer},EUR,resale" for customer, reseller in customers]
    links = ["provider,scope,scope_id,tenant"]
    links += [
        f"{PROVIDERS[0]},sub_account,account-{number},{customer}" for number, (customer, _) in enumerate(customers)
    ]
    for name, lines in {"tenants": tenants, "contracts": contracts, "account_links": links}.items():
        (directory / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    plan = ["plan: distribution", "rules:", *(_rule(number, skus) for number in range(rules - 1))]
    plan.append("  - {rule: else, action: discount, basis: list, percent: 1}")
    (directory / "plans" / "distribution.yaml").write_text("\n".join(plan) + "\n", encoding="utf-8")
    resale = "plan: resale\nrules:\n  - {rule: all, action: markup, basis: parent, percent: 5}\n"
    (directory / "plans" / "resale.yaml").write_text(resale, encoding="utf-8")


def _rule(number: int, skus: int) -> str:
    """One of four kinds of match, in turn; every rule has another value."""
    kind, place = number % 4, number // 4
    service, region = f"service-{place % SERVICES}", f"region-{place // SERVICES % REGIONS}"
    match = (
        f"{{sku: sku-{place % skus}}}",
        f'{{sku: "sku-{place % skus}*", region: region-{place % REGIONS}}}',
        f"{{sku: sku-{place % skus}, region: region-{(place + 1) % REGIONS}}}",
        f"{{service: {service}, region: {region}}}",
    )[kind]
    # The one kind that runs out of values gets a priority of its own, so that no two rules tie.
    priority = place // (SERVICES * REGIONS) if kind == 3 else 0
    percent = number % 20
    return (
        f"  - {{rule: r{number}, match: {match}, priority: {priority}, action: discount, basis: list, "
        f"percent: {percent}}}"
    )


def write_slice(directory: Path, keys: int, skus: int) -> MountedSlice:
    """Rate keys with one fact each, and no charges: prices are computed from facts alone."""
    directory.mkdir(parents=True)
    text = {
        "BillingAccountId": "'payer'",
        "BillingCurrency": "'EUR'",
        "ChargeCategory": "'Usage'",
        "ServiceCategory": "'Compute'",
        "ServiceName": f"'service-' || (n % {SERVICES})",
        "SkuId": f"'sku-' || (n % {skus})",
        "RegionId": f"'region-' || (n // {skus} % {REGIONS})",
        "PricingUnit": "'Hours'",
        "SubAccountId": f"'account-' || (n // {skus * REGIONS} % {CUSTOMERS})",
        "x_Provider": f"'{PROVIDERS[0]}'",
    }
    storage = {column.id: column.storage for column in slice_columns()}
    columns = ", ".join(f"cast({text.get(name, 'null')} as {storage[name]}) as {name}" for name in rate_key_columns())
    money = "cast(n % 9973 as decimal(38, 12))"
    with connect() as con:
        con.execute(
            f"copy (select cast(n as integer) as x_RateKey, {columns} from range({keys}) as r(n)) "
            f"to '{directory / 'keys.parquet'}' (format parquet)"
        )
        con.execute(
            f"copy (select cast(n as integer) as x_RateKey, date '1900-01-01' as SegmentStart, '' as x_TagValues, "
            f"cast(1 as bigint) as LineCount, {money} as ListCost, {money} as ContractedCost, {money} as BilledCost, "
            f"{money} as EffectiveCost, cast(0 as decimal(38, 12)) as PartnerBenefitAmount, "
            f"cast(0 as decimal(38, 12)) as PartnerBenefitMissed, {money} as PricingQuantity, "
            f"cast(0 as bigint) as UnlistedCount "
            f"from range({keys}) as r(n)) to '{directory / 'facts.parquet'}' (format parquet)"
        )
        empty = ", ".join(f"cast(null as {column.storage}) as {column.id}" for column in slice_columns())
        con.execute(f"copy (select {empty} limit 0) to '{directory / 'charges.parquet'}' (format parquet)")
    manifest = {"SliceId": "bench", "Provider": PROVIDERS[0], "Account": "payer", "Unit": "bench", "IsFinal": True}
    return MountedSlice(1, directory, directory / "facts.parquet", {**manifest, "RawTotals": []})


def main(
    rules: Annotated[int, typer.Option("--rules", help="Price rules in the distribution plan.")] = 10_000,
    keys: Annotated[int, typer.Option("--keys", help="Rate keys of the month.")] = 5_000_000,
    root: Annotated[Path | None, typer.Option("--root", help="Keep everything in this folder.")] = None,
) -> None:
    """Measure compiling, mounting and every rated model, and the peak memory."""
    console = Console()
    place = Path(tempfile.mkdtemp(prefix="rebill-rules-", dir=root))
    seen: list[tuple[str, float]] = []
    mark = time.monotonic()

    def lap(what: str) -> None:
        nonlocal mark
        seen.append((what, time.monotonic() - mark))
        mark = time.monotonic()

    try:
        skus = max(1, rules // 4)
        write_config(place / "config", rules, skus)
        month_slice = write_slice(place / "slice", keys, skus)
        mark = time.monotonic()
        loaded = configuration.load(place / "config")
        lap(f"read and check {rules:,} rules")
        days = {"charge_min": date(2026, 10, 1), "charge_max": date(2026, 10, 31)}
        compiled = configuration.compile_config(
            loaded, Lake(place / "lake"), period=PERIOD, billing_currencies=["EUR"], **days
        )
        lap("compile")
        mount(place / "work.duckdb", Month(PERIOD, [month_slice], [], compiled.path, []))
        run_dbt("run", place / "work.duckdb", place, silent, "--select", "rated_charge_keys")
        lap("mount, start dbt, join keys and facts")
        models: list[str] = []

        def note(layer: str, text: str) -> None:
            models.append(f"{layer}: {text}")

        steps = ("--select", "+rated_prices", "--exclude", "rated_charge_keys")
        run_dbt("run", place / "work.duckdb", place, note, *steps)
        lap("resolve rules, multiply the chain, price")
        with connect(place / "work.duckdb") as con:
            found = con.execute("select count(*), count(distinct RuleNo) from rated.rated_edge_rules").fetchone()
        _show(console, f"{rules:,} rules, {keys:,} rate keys: {found}", seen, models)
    finally:
        if root is None:
            shutil.rmtree(place, ignore_errors=True)


def _show(console: Console, title: str, seen: list[tuple[str, float]], models: list[str]) -> None:
    table = Table("step", title=title, title_justify="left")
    table.add_column("wall s", justify="right")
    for what, seconds in seen:
        table.add_row(what, f"{seconds:,.1f}")
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024  # ru_maxrss: KiB on Linux, bytes on macOS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    table.add_row("peak memory, MiB", f"{peak:,.0f}", style="bold")
    console.print(table)
    for text in models:
        console.print(f"[dim]{text}[/]", highlight=False)


if __name__ == "__main__":
    typer.run(main)
