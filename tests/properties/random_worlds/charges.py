"""Random accounts, the links that say whose they are, and FOCUS rows of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.properties.random_worlds import pools
from tests.properties.random_worlds.pools import Draw, given, on, one, sometimes
from tests.properties.random_worlds.trees import OPERATOR, Tree

Record = dict[str, Any]
Row = dict[str, str | None]
LATE = ("2026-09-14", "2026-09-30")
DAYS = ("2026-10-05", "2026-10-01", "2026-10-10", "2026-10-11", "2026-10-15", "2026-10-16", "2026-10-31")


@dataclass(frozen=True)
class Account:
    """A provider's account and what stands around it."""

    provider: str
    payer: str
    id: str
    customer: str | None


@dataclass(frozen=True)
class Bought:
    """A commitment at a provider; `owner` is the provider's own id of who bought it."""

    provider: str
    id: str
    type: str
    owner: str | None


def accounts(draw: Draw, grown: Tree) -> tuple[list[Account], list[Record]]:
    """An account per customer and sometimes per reseller, and the links that cover them or do not."""
    found: list[Account] = []
    links: list[Record] = []
    owners = [*grown.customers, *(name for name in grown.resellers if sometimes(draw, 2))]
    for number, owner in enumerate(owners, start=1):
        same = found and on("shared_commitments") and sometimes(draw, 8)
        provider = found[0].provider if same else one(draw, pools.PROVIDERS)
        payer = "@payer" if on("own_payer") and sometimes(draw, 1) else f"payer-{provider}"
        account = Account(provider, payer, f"@acc-{number}", one(draw, (None, f"@key-{number}")))
        found.append(account)
        links += _account_links(draw, account, owner, [*grown.customers, *grown.resellers, OPERATOR])
        if payer == "@payer" and sometimes(draw, 7):
            covers = one(draw, (None, "all"))
            record = _link(provider, "billing_account", payer, owner)
            known = any(link["scope_id"] == payer and link["provider"] == provider for link in links)
            links += [] if known else [given(**record, covers=covers)]
    if on("tag_links"):
        everyone = [*grown.customers, *grown.resellers, OPERATOR]
        for pair in sorted(draw(st.sets(st.sampled_from(pools.TAG_PAIRS), max_size=2))):
            account = one(draw, found)
            within = account.id.upper() if sometimes(draw, 4) else None
            links.append(given(**_link(account.provider, "tag", f"{pair}", one(draw, everyone)), within=within))
    return found, links


def _link(provider: str, scope: str, scope_id: str, tenant: str) -> Record:
    return {"provider": provider, "scope": scope, "scope_id": scope_id, "tenant": tenant}


def _account_links(draw: Draw, account: Account, owner: str, everyone: list[str]) -> list[Record]:
    """By sub-account or customer; sometimes it goes to another tenant within the month, or a group does."""
    links: list[Record] = []
    scope, scope_id = "sub_account", account.id
    if account.customer and sometimes(draw, 5):
        scope, scope_id = "customer", account.customer
    if on("unlinked") and sometimes(draw, 1):
        return links
    link = _link(account.provider, scope, scope_id, owner)
    if on("link_changes") and sometimes(draw, 2):
        day = one(draw, pools.PERIOD_DAYS)
        links = [link | {"valid_to": day}, link | {"tenant": one(draw, everyone), "valid_from": day}]
    else:
        links = [link]
    if account.provider == "azure" and sometimes(draw, 2):
        links.append(_link("azure", "resource_group", f"{account.id}/@RG", one(draw, everyone)))
    return links


def row(draw: Draw, account: Account, bought: Sequence[Bought] = (), kind: str | None = None) -> Row:
    """One FOCUS row, of one of the commitments if it is of any."""
    service, category, publisher = one(draw, pools.SERVICES)
    currency = one(draw, ("EUR", "USD", "JPY")) if on("currencies") and (kind is None or sometimes(draw, 2)) else "EUR"
    kind = kind or one(draw, _kinds())
    start, end = _days(draw)
    base: Row = {
        "x_Provider": account.provider,
        "BillingAccountId": account.payer,
        "SubAccountId": account.id,
        "x_ProviderCustomerId": account.customer,
        "InvoiceId": f"{account.payer}-{currency}",
        "BillingCurrency": currency,
        "PricingCurrency": currency,
        "ChargePeriodStart": start,
        "ChargePeriodEnd": end,
        "ServiceName": service,
        "ServiceCategory": category,
        "x_PublisherName": publisher,
        "SkuId": one(draw, pools.SKUS),
        "SkuPriceId": one(draw, pools.SKU_PRICES),
        "RegionId": one(draw, pools.REGIONS),
        "PricingUnit": one(draw, pools.UNITS),
        "x_InvoiceType": one(draw, pools.INVOICE_TYPES),
        "Tags": one(draw, (*pools.TAGS, '{"Env": ""}') if on("empty_tags") else pools.TAGS),
        "x_PartnerBenefitAmount": "0",
    }
    if sometimes(draw, 1):
        base |= {"SubAccountId": None, "x_ProviderCustomerId": one(draw, (account.customer, None))}
    if account.provider == "azure":
        base["x_ResourceGroup"] = one(draw, (None, None, "@rg"))
    if on("provider_rates") and sometimes(draw, 4):
        base |= {"PricingCurrency": one(draw, pools.CURRENCIES), "x_ExchangeRate": one(draw, ("1.1", "0.0061", "0"))}
    if on("corrections") and sometimes(draw, 1):
        base |= {"ChargeClass": "Correction", "x_CorrectedInvoiceId": one(draw, (None, "OLD-1"))}
    return (
        base | _amounts(draw) | kind_of_row(draw, kind, [item for item in bought if item.provider == account.provider])
    )


def _kinds() -> tuple[str, ...]:
    kinds = ["usage", "usage", "usage", "purchase"]
    for feature in ("taxes", "credits", "adjustments", "benefits"):
        kinds += [feature] if on(feature) else []
    return (*kinds, "used", "unused", "bought") if on("commitments") else tuple(kinds)


def kind_of_row(draw: Draw, kind: str, bought: Sequence[Bought]) -> Row:
    """What makes a row a charge of its kind."""
    match kind:
        case "used" | "unused":
            status: Row = {"ChargeCategory": "Usage", "CommitmentDiscountStatus": kind.title(), "BilledCost": "0"}
            # A pool that weighs next to nothing would price its use beyond any amount of money.
            status["ListCost"] = one(draw, ("10", "33.335", "1234.567890123456", "-7.77", "0.005", "0"))
            if not on("unlisted_use") and status["ListCost"] == "0":
                status["ListCost"] = "12"
            return status | _commitment(draw, bought) | _benefit(draw, 1)
        case "bought":
            return {"ChargeCategory": "Purchase", "EffectiveCost": "0"} | _commitment(draw, bought) | _benefit(draw, 2)
        case "taxes":
            return {"ChargeCategory": "Tax", "PricingQuantity": None, "PricingUnit": None, "SkuId": None}
        case "credits":
            return {"ChargeCategory": "Credit", "x_CreditKind": one(draw, (*pools.CREDIT_KINDS, None))}
        case "adjustments":
            return {"ChargeCategory": "Adjustment", "PricingQuantity": None}
        case "benefits":
            kind = one(draw, ("SPP", "RESELLER_MARGIN")) if on("own_benefit_rows") else "SPP"
            owned: Row = {"x_PartnerBenefitKind": kind, "x_PartnerBenefitStatus": "earned"}
            money = one(draw, (("7.5", "-7.5"), ("33.333333333333", "-33.333333333333"), ("-2", "2")))
            amounts: Row = dict(zip(("x_PartnerBenefitAmount", "BilledCost"), money, strict=True))
            amounts |= {"ListCost": "0", "ContractedCost": "0", "EffectiveCost": money[1]}
            return {"ChargeCategory": "Credit"} | owned | amounts
    return {"ChargeCategory": kind.title()} | _benefit(draw, 3 if kind == "usage" else 1)


def _commitment(draw: Draw, bought: Sequence[Bought]) -> Row:
    """Of which commitment a row is, and whose that is; sometimes the provider says only what kind it is."""
    if not bought or sometimes(draw, 1):
        return {"CommitmentDiscountType": one(draw, pools.COMMITMENTS)}
    item = one(draw, bought)
    said = item.owner if not on("commitment_owners") or sometimes(draw, 8) else None
    return {"CommitmentDiscountId": item.id, "CommitmentDiscountType": item.type, "x_CommitmentOwnerId": said}


def _benefit(draw: Draw, tenths: int) -> Row:
    """A benefit that stands on the row itself, or the one that it missed."""
    if not on("benefits") or not sometimes(draw, tenths):
        return {}
    found: Row = {"x_PartnerBenefitKind": "PEC", "x_PartnerBenefitStatus": "earned"}
    if on("missed_benefits") and sometimes(draw, 3):
        return found | {"x_PartnerBenefitStatus": "missed", "x_PartnerBenefitMissed": _money(draw)}
    return found | {"x_PartnerBenefitAmount": _money(draw), "x_PartnerBenefitKind": one(draw, ("PEC", "EDP"))}


def _amounts(draw: Draw) -> Row:
    names = ("BilledCost", "ListCost", "ContractedCost", "EffectiveCost")
    quantity = one(draw, ("1", "3", "0.5", "60", "7.123456789012", "0", None))
    amounts: Row = {name: _money(draw) for name in names} | {"PricingQuantity": quantity}
    if on("negative_rows") and sometimes(draw, 2):
        amounts = {name: f"-{value}" if value not in (None, "0") else value for name, value in amounts.items()}
    return amounts


def _money(draw: Draw) -> str:
    return one(draw, ("10", "0", "0.005", "33.335", "0.000000000001", "1234.567890123456", "7.77"))


def _days(draw: Draw) -> tuple[str, str]:
    late = LATE if on("late_rows") and sometimes(draw, 1) else ()
    start = date.fromisoformat(one(draw, late or DAYS))
    length = one(draw, (7, 31, 30, 2, 365)) if on("long_rows") and sometimes(draw, 4) else 1
    if length == 1 and sometimes(draw, 1):
        return f"{start} 22:00:00", f"{start} 23:00:00"
    return str(start), str(start + timedelta(days=length))
