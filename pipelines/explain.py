"""The verb behind `rebill price explain`: which charges are meant, and which rule prices them on every edge.

What the question leaves open is taken from the month's build in a lake, if one is given: from the charge
keys with that SKU which belong to that tenant, as rating linked them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines import config as configuration
from pipelines.building import work_database
from pipelines.config.explain import Explainer
from pipelines.config.explained import Charge, EdgeExplanation
from pipelines.config.matching import FIELDS
from pipelines.config.vocabulary import SEPARATOR
from pipelines.errors import Problem, RebillError
from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod

PROFILES = 5
COLUMNS = {
    "provider": "x_Provider",
    "service_category": "ServiceCategory",
    "service": "ServiceName",
    "sku": "SkuId",
    "sku_price": "SkuPriceId",
    "region": "RegionId",
    "charge_category": "RuleCategory",
    "publisher": "x_PublisherName",
    "commitment": "CommitmentDiscountType",
    "sub_account": "SubAccountId",
    "invoice_type": "x_InvoiceType",
    "pricing_unit": "PricingUnit",
}


@dataclass(frozen=True)
class Question:
    """What somebody asks: a tenant, a day, and attributes of the charge as written; at least its SKU.

    A missing attribute is unknown, an empty one says that the charge has none. `tags` are by key. `commitment_id` says
    that the charge is a commitment's fee or usage that it covers.
    """

    tenant: str
    day: date
    values: Mapping[str, str]
    tags: Mapping[str, str]
    commitment_id: str | None = None


def read_question(
    tenant: str, day: str, given: Mapping[str, str | None], tags: Sequence[str], commitment_id: str | None = None
) -> Question:
    """A question as somebody types it: `given` by match field, None where nothing was said; tags as `key=value`.

    Raises RebillError with every argument that cannot be read.
    """
    problems = []
    when = date.min
    try:
        when = date.fromisoformat(day)
    except ValueError:
        problems.append(Problem("--date", f"{day!r} is not a date", "write YYYY-MM-DD"))
    parts = [text.partition("=") for text in tags]
    for text, (key, equals, _) in zip(tags, parts, strict=True):
        if not key or not equals:
            problems.append(Problem("--tag", f"{text!r} names no tag key and value", "write --tag key=value"))
    if problems:
        raise RebillError(problems)
    values = {name: value for name, value in given.items() if value is not None}
    return Question(tenant, when, values, {key: value for key, _, value in parts}, commitment_id)


@dataclass(frozen=True)
class PriceExplanation:
    """One kind of charge and its edges. `lines` counts the charges in the lake that look like it."""

    charge: Charge
    lines: int | None
    edges: list[EdgeExplanation]


@dataclass(frozen=True)
class Explanations:
    """The answer: the kinds of charges that are meant, most frequent first, and how many more there are."""

    tenant: str
    day: date
    found: list[PriceExplanation]
    more: int


def explain_price(
    question: Question, config: Path, *, lake: Path | None = None, period: str | None = None
) -> Explanations:
    """Explain the price of a charge on every edge.

    Raises BadConfig for an invalid configuration or an unknown tenant, RebillError if the lake holds no build
    of the month or no such charge.
    """
    explainer = Explainer(configuration.load(config), question.day)
    charges: Sequence[tuple[Charge, int | None]] = [(_charge(question), None)]
    if lake is not None:
        month = BillingPeriod(period or f"{question.day:%Y-%m}")
        charges = _charges_of(Lake(lake.resolve()), month, question)
    found = [
        PriceExplanation(charge, lines, explainer.explain(question.tenant, charge))
        for charge, lines in charges[:PROFILES]
    ]
    return Explanations(question.tenant, question.day, found, max(0, len(charges) - PROFILES))


def _charge(question: Question) -> Charge:
    """The charge as far as the question describes it: usage, unless it says otherwise or names a commitment."""
    values = {name: value.lower() for name, value in question.values.items()}
    if question.commitment_id is None:
        values.setdefault("commitment", "")
    is_commitment = question.commitment_id is not None or bool(values["commitment"])
    if is_commitment:
        values["charge_category"] = "purchase"  # rules see covered usage and a commitment's fees as purchases
    values.setdefault("charge_category", "usage")
    tags = {key: value.lower() for key, value in question.tags.items()}
    return Charge(values, tags, is_commitment, (question.commitment_id or "").lower() or None)


def _charges_of(lake: Lake, period: BillingPeriod, question: Question) -> list[tuple[Charge, int | None]]:
    """The distinct charges of the month that fit the question, with their number of lines, most frequent first."""
    database = _build_of(lake, period)
    fields = [name for name in FIELDS if name != "tag"]
    columns = ", ".join(f"coalesce(lower(k.{COLUMNS[name]}), '')" for name in fields)
    order = ", ".join(str(number) for number in range(1, len(fields) + 5))
    with connect() as con:
        con.execute(f"attach '{str(database).replace(chr(39), chr(39) * 2)}' as work (read_only)")
        keys = [row[0] for row in con.execute("select TagKey from work.config.tag_keys order by TagNo").fetchall()]
        rows = con.execute(
            f"""
            select {columns}, coalesce(k.x_TagValues, ''), k.IsCommitment, k.CommitmentId, c.OwnerTenantId,
                cast(sum(k.LineCount) as bigint)
            from work.rated.rated_charge_keys as k
            inner join work.rated.rated_key_tenants as t on t.KeyNo = k.KeyNo
            left join work.rated.rated_commitments as c
                on c.x_Provider = k.x_Provider and c.CommitmentId = k.CommitmentId and c.SegmentStart = k.SegmentStart
            where t.TenantId = ? and lower(k.SkuId) = ? and k.RuleCategory in ('Usage', 'Purchase')
                and not k.IsOnDemand
            group by all
            order by sum(k.LineCount) desc, {order}
            """,
            [question.tenant, question.values["sku"].lower()],
        ).fetchall()
    charges = []
    for *values, tags, is_commitment, commitment, owner, lines in rows:
        known = dict(zip(keys, (value.lower() for value in tags.split(SEPARATOR)), strict=False))
        charge = Charge(dict(zip(fields, values, strict=True)), known, is_commitment, commitment or "", owner)
        if _fits(charge, question):
            charges.append((charge, lines))
    if not charges:
        what = f"{period} has no priced charge of SKU {question.values['sku']} that belongs to {question.tenant}"
        what += " and fits the given attributes" if rows else ""
        raise RebillError(Problem(str(lake.root), what, "check the ids, or describe the charge without --lake"))
    return charges


def _fits(charge: Charge, question: Question) -> bool:
    values = all(charge.values[name] == value.lower() for name, value in question.values.items())
    is_of_it = question.commitment_id is None or charge.commitment_id == question.commitment_id.lower()
    return (
        values and is_of_it and all(charge.tags.get(key, "") == value.lower() for key, value in question.tags.items())
    )


def _build_of(lake: Lake, period: BillingPeriod) -> Path:
    """The working database of the month's build."""
    remedy = f"run `rebill build {period}` first, or describe the charge without --lake"
    found = Ledger(lake).current_build(period.label) if lake.root.is_dir() else None
    if found is None:
        raise RebillError(Problem(str(lake.root), f"the lake holds no build of {period}", remedy))
    database = work_database(lake, found["build_id"])
    if not database.is_file():
        raise RebillError(Problem(str(database), f"the tables of the build of {period} are gone", remedy))
    return database
