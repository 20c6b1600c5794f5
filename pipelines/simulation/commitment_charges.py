"""Charges under a bought commitment, as SQL: those it covers, and its fees and unused parts.

A charge `c` is covered as `p`, a row of the table `pieces`; a new one `a`, a row of the table `added`, takes what is
not said here from the charge that it resembles.
"""

from __future__ import annotations

from typing import NamedTuple

from pipelines.proration import DIVIDED
from pipelines.providers.staging import identifier, literal
from pipelines.schemas import slice_columns
from pipelines.simulation.charges import LABELLED, SCOPES, in_pricing_currency
from pipelines.simulation.cover import ROW
from pipelines.simulation.offer import Offer

SPLIT = 100  # x_SourcePart of a covered part: 100 for the first purchase of a simulation, 200 for the second
DIVISIBLE = tuple(c.id for c in slice_columns() if c.storage.startswith("DECIMAL") and c.id.endswith(DIVIDED))
SAME_CHARGE = " and ".join(f"c.{name} = p.{name}" for name in ROW)
NO_BENEFIT = {
    "x_PartnerBenefitKind": "null",
    "x_PartnerBenefitStatus": "null",
    "x_PartnerBenefitAmount": "0",
    "x_PartnerBenefitMissed": "0",
}
NOT_OF_A_FEE = (
    *("AllocatedMethodId", "AllocatedResourceId", "ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice"),
    *("ListUnitPrice", "PricingCurrencyContractedUnitPrice", "PricingCurrencyListUnitPrice", "ResourceName"),
    *("ResourceType", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "x_CreditKind", "x_Extras"),
)
FEE_OR_UNUSED = "case when a.IsPurchase then 'Simulated: fee of ' else 'Simulated: unused part of ' end"
FREQUENCY = "case when a.IsUpfront then 'One-Time' when a.IsPurchase then 'Recurring' else 'Usage-Based' end"


class Article(NamedTuple):
    """A bought commitment: its id, the number of the purchase from 1, the account of its charges if not the template's.

    `template` is the charge that new ones resemble, by the columns ROW.
    """

    offer: Offer
    name: str
    number: int
    account: str | None
    template: tuple[int, ...]

    @property
    def home(self) -> int:
        """The number of the slice in which its new charges stand."""
        return self.template[0]

    @property
    def is_template(self) -> str:
        """SQL that is true for the template."""
        return " and ".join(f"c.{name} = {value}" for name, value in zip(ROW, self.template, strict=True))


def charges_with(article: Article, part: int) -> str:
    """SQL of all charges of one slice with the commitment."""
    names = [column.id for column in slice_columns() if column.id != "x_RateKey"]
    pieces = {name: f"case when p.IsPart then p.{identifier(name)} else c.{identifier(name)} end" for name in DIVISIBLE}
    covered, added = _covered(article), _added(article)
    there = []
    for name in names:
        as_it_was = pieces.get(name, f"c.{identifier(name)}")
        value = f"case when p.IsCovered then {covered[name]} else {as_it_was} end" if name in covered else as_it_was
        there.append(f"{value} as {identifier(name)}")
    query = (
        f"select {', '.join(there)} from charges as c left join pieces as p on {SAME_CHARGE} where c.PartNo = {part}"
    )
    if part != article.home:
        return query
    new = ", ".join(f"{added.get(name, f'c.{identifier(name)}')} as {identifier(name)}" for name in names)
    return f"{query}\nunion all\nselect {new} from charges as c cross join added as a where {article.is_template}"


def _commitment(article: Article) -> dict[str, str]:
    offer = article.offer
    in_units = offer.quantity is not None
    return {
        **LABELLED,
        **NO_BENEFIT,
        "CommitmentDiscountCategory": "'Usage'" if in_units else "'Spend'",
        "CommitmentDiscountId": literal(article.name),
        "CommitmentDiscountName": literal(article.name),
        "CommitmentDiscountType": literal(offer.kind),
        "CommitmentDiscountUnit": "c.PricingUnit" if in_units else literal(offer.currency),
        "x_CommitmentOwnerId": literal(offer.account) if offer.account else "null",
    }


def _covered(article: Article) -> dict[str, str]:
    """Columns of a covered charge that differ from those of the charge on demand."""
    return {
        **_commitment(article),
        "BilledCost": "0",
        "EffectiveCost": "p.Cost",
        "PricingCurrencyEffectiveCost": in_pricing_currency("p.Cost", "0"),
        "PricingCategory": "'Committed'",
        "CommitmentDiscountStatus": "'Used'",
        "CommitmentDiscountQuantity": "p.Covered",
        "x_SourcePart": f"c.x_SourcePart + case when p.IsPart then {SPLIT * article.number} else 0 end",
    }


def _added(article: Article) -> dict[str, str]:
    """Columns of a fee or an unused part that differ from those of the template."""
    elsewhere = {**dict.fromkeys(SCOPES, "null"), "SubAccountId": literal(article.account)} if article.account else {}
    return {
        **_commitment(article),
        **dict.fromkeys(NOT_OF_A_FEE, "null"),
        **elsewhere,
        **dict.fromkeys(("BilledCost", "ContractedCost", "ListCost"), "a.Billed"),
        "EffectiveCost": "a.Effective",
        "PricingCurrencyEffectiveCost": in_pricing_currency("a.Effective", "0"),
        "ChargeCategory": "case when a.IsPurchase then 'Purchase' else 'Usage' end",
        "ChargeDescription": f"{FEE_OR_UNUSED} || {literal(article.name)}",
        "ChargeFrequency": FREQUENCY,
        "ChargePeriodStart": "a.Since",
        "ChargePeriodEnd": "a.Until",
        "CommitmentDiscountStatus": "case when not a.IsPurchase then 'Unused' end",
        "CommitmentDiscountQuantity": "null",
        "PricingCategory": "case when a.IsPurchase then 'Standard' else 'Committed' end",
        "PricingQuantity": "case when a.IsPurchase then 1 end",
        "PricingUnit": "case when a.IsPurchase then 'Each' end",
        "ResourceId": literal(article.name),
        "SkuId": literal(article.name),
        "x_LineType": "'simulated'",
        "x_SourceFile": "(select max(x_SourceFile) + 1 from charges where PartNo = c.PartNo)",
        "x_SourceRow": "a.No",
        "x_SourcePart": "0",
    }
