"""The smallest configuration that bills a hand-written drop: everybody buys from the operator at its own price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

OPERATOR = "op"


def write_config(
    folder: Path, customers: Mapping[str, str], links: Iterable[tuple[str, str, str, str]], currency: str = "USD"
) -> None:
    """`customers`: tenant -> rounding mode, all at pass_through; `links`: provider, scope, scope id, tenant."""
    (folder / "plans").mkdir(parents=True)
    files = {
        "operator.yaml": [f"operator: {OPERATOR}", f"home_currency: {currency}"],
        "plans/pass.yaml": ["plan: pass", "rules:", "  - {rule: pass, action: pass_through}"],
        "tenants.csv": [
            "tenant,name,kind,parent,home_currency",
            f"{OPERATOR},Operator,operator,,{currency}",
            *(f"{name},{name.title()},customer,{OPERATOR},{currency}" for name in customers),
        ],
        "contracts.csv": [
            "contract,seller,buyer,currency,plan,rounding",
            *(f"c-{name},{OPERATOR},{name},{currency},pass,{mode}" for name, mode in customers.items()),
        ],
        "account_links.csv": [
            "provider,scope,scope_id,tenant,covers",
            *(f"{provider},{scope},{scope_id},{tenant}," for provider, scope, scope_id, tenant in links),
        ],
        "fx_rates.csv": [
            "billing_period,from_currency,to_currency,rate,source,as_of",
            "2026-10,EUR,USD,1.1,ECB,2026-10-31",
        ],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_control(root: Path, provider: str, *rows: tuple[str, str, str]) -> None:
    """An invoice control file; a row is invoice id, billing account, net. No tax, in dollars."""
    header = "invoice_id,billing_account_id,issuer,billing_period,currency,net,tax,total"
    lines = [f"{invoice},{account},issuer,2026-10,USD,{net},0,{net}" for invoice, account, net in rows]
    (root / provider).mkdir(parents=True, exist_ok=True)
    (root / provider / "invoices.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
