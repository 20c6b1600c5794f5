"""AWS deliveries: CUR 2.0 (Parquet) and the legacy report (CSV) of every payer account, with their manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

import duckdb
import pyarrow as pa

from pipelines.generator import aws_columns, aws_fees, catalog, controls, engine
from pipelines.generator.accounts import Account, Payer
from pipelines.generator.aws_books import Books, Line, Total
from pipelines.generator.aws_reports import Report, span_of, write_manifests
from pipelines.generator.aws_tables import account_table, commitments_of, product_table
from pipelines.generator.controls import Invoice
from pipelines.generator.dice import Dice
from pipelines.generator.scene import Scene
from pipelines.money import ZERO

ISSUER = "Amazon Web Services EMEA SARL"


def write(scene: Scene) -> int:
    """Write all AWS reports below `root`; returns the number of lines booked."""
    invoices: list[Invoice] = []
    rows = 0
    for payer in scene.estate.payers:
        accounts = [account for account in scene.estate.of("aws") if account.billing == payer.id]
        if accounts:
            found, booked = _write_payer(scene, payer, accounts)
            invoices += found
            rows += booked
    controls.write(scene.root / "invoices.csv", scene.period, invoices)
    return rows


def _write_payer(scene: Scene, payer: Payer, accounts: Sequence[Account]) -> tuple[list[Invoice], int]:
    dice = Dice(f"{scene.dice.seed}/aws/{payer.id}")
    products = catalog.products("aws")
    discounted = payer is scene.estate.payers[1]
    commitments = commitments_of(scene, accounts)
    month = scene.period.end + timedelta(days=2)
    variables = engine.month_variables(scene.period, dice.seed) | {
        "payer": payer.id, "payer_name": payer.name, "invoice": f"EUINV{month:%y}-{dice.digits(8, 'invoice')}",
        "market_invoice": dice.digits(10, "market invoice"),
    }  # fmt: skip
    tables = {
        "resources": engine.resources("aws", accounts, products, variables, lambda account: account.number % 3),
        "accounts": account_table(accounts, commitments, discounted=discounted),
        "products": product_table(products),
        "systems": engine.systems(),
    }
    report = Report(scene.root / payer.id, payer, dice.guid("execution"), dice.guid("assembly"))
    count = engine.parts(tables["resources"])
    results = engine.parallel([partial(_write_usage, scene, report, part, tables, variables) for part in range(count)])
    totals = [total for found in results for total in found]
    books = Books(scene.period, payer, accounts, commitments, totals, discounted, dice)
    fees = aws_fees.all_fees(books)
    con = _connection(tables, {**variables, "part": count})
    types = {name: kind for name, kind in _line_types(con).items() if any(name in fee for fee in fees)}
    con.register("fees", engine.table(fees, types))
    con.execute("insert into lines by name select * from fees")
    _export(scene, report, con, count)
    con.close()
    rows = [sum(total.line_count for total in found) for found in results] + [len(fees)]
    write_manifests(scene, report, rows)
    return _invoices(payer, variables, totals, fees), sum(rows)


def _connection(tables: Mapping[str, pa.Table], variables: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
    con = engine.connect(variables)
    for name, content in tables.items():
        con.register(name, content)
    con.execute(engine.sql("aws_lines"))
    con.execute(engine.sql("aws_wide"))
    return con


def _line_types(con: duckdb.DuckDBPyConnection) -> dict[str, pa.DataType]:
    schema = con.execute("select * from lines limit 0").to_arrow_table().schema
    return dict(zip(schema.names, schema.types, strict=True))


def _write_usage(
    scene: Scene, report: Report, part: int, tables: Mapping[str, pa.Table], variables: Mapping[str, object]
) -> list[Total]:
    con = _connection(tables, {**variables, "part": part})
    con.execute("insert into lines by name " + engine.sql("aws_usage"))
    con.execute("insert into lines by name " + engine.sql("aws_negations"))
    _export(scene, report, con, part)
    found = [Total(*values) for values in con.execute(engine.sql("aws_totals")).fetchall()]
    con.close()
    return found


def _export(scene: Scene, report: Report, con: duckdb.DuckDBPyConnection, part: int) -> None:
    """Write the lines of one part in every shape the payer gets."""
    for kind in report.payer.exports:
        if kind == "cur2":
            path, select, options = report.cur2(scene.period.label, part), aws_columns.cur2_select(), "format parquet"
        else:
            path, select = report.legacy(span_of(scene), part), aws_columns.legacy_select()
            options = "format csv, header true, compression gzip"
        path.parent.mkdir(parents=True, exist_ok=True)
        con.execute(f"copy ({select}) to '{path}' ({options})")


def _invoices(
    payer: Payer, variables: Mapping[str, object], totals: Sequence[Total], fees: Sequence[Line]
) -> list[Invoice]:
    """The usage invoice and the marketplace invoice; net is exact, credits included, tax apart."""
    net = {"invoice": sum((total.billed for total in totals), ZERO), "market_invoice": ZERO}
    tax = ZERO
    for fee in fees:
        cost = fee["unblended"]
        if fee["line_type"] == "Tax":
            tax += cost
        else:
            net["market_invoice" if fee["from_marketplace"] else "invoice"] += cost
    found = [Invoice(str(variables["invoice"]), payer.id, ISSUER, "USD", net["invoice"], tax)]
    if net["market_invoice"]:
        found.append(Invoice(str(variables["market_invoice"]), payer.id, ISSUER, "USD", net["market_invoice"], ZERO))
    return found
