"""Whom bundles name along a chain; and that white label tells nothing of the cloud, to the last byte."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest

from tests.leaks.test_twins import Press, Published
from tests.oracle.worlds import World, chain, row, rule
from tests.properties.harness import Engine
from tests.support.compiled import compile_project

pytestmark = pytest.mark.slow
CLOUD = {"ServiceProviderName": "Microsoft", "HostProviderName": "Microsoft"}
SAAS = {"ServiceProviderName": "Datadog, Inc.", "HostProviderName": "null", "x_PublisherName": "Datadog, Inc."}
EARNED = {"x_PartnerBenefitKind": "PEC", "x_PartnerBenefitStatus": "earned", "x_PartnerBenefitAmount": "2"}
NAMES = ("ServiceProviderName", "HostProviderName", "InvoiceIssuerName")
# Entities of op > res and res > cus; what each edge says of a charge of the cloud and of one of a SaaS vendor.
CHAINS: list[tuple[tuple[str, str], set[tuple[str | None, ...]], set[tuple[str | None, ...]]]] = [
    (
        ("", ""),
        {("Microsoft", "Microsoft", "Op AG"), ("Datadog, Inc.", None, "Op AG")},
        {("Microsoft", "Microsoft", "Res"), ("Datadog, Inc.", None, "Res")},
    ),
    (
        ("managed", "resale"),
        {("Op AG", "Microsoft", "Op AG"), ("Op AG", "Datadog, Inc.", "Op AG")},
        {("Op AG", "Microsoft", "Res"), ("Op AG", "Datadog, Inc.", "Res")},
    ),
    (
        ("resale", "managed"),
        {("Microsoft", "Microsoft", "Op AG"), ("Datadog, Inc.", None, "Op AG")},
        {("Res", "Microsoft", "Res"), ("Res", "Datadog, Inc.", "Res")},
    ),
    (("white_label", "resale"), {("Op AG", "Op AG", "Op AG")}, {("Op AG", "Op AG", "Res")}),
    (("white_label", "managed"), {("Op AG", "Op AG", "Op AG")}, {("Res", "Op AG", "Res")}),
    (
        ("resale", "white_label"),
        {("Microsoft", "Microsoft", "Op AG"), ("Datadog, Inc.", None, "Op AG")},
        {("Res", "Res", "Res")},
    ),
    (("white_label", "white_label"), {("Op AG", "Op AG", "Op AG")}, {("Res", "Res", "Res")}),
]


def world(first: str, second: str) -> World:
    """op > res > cus with a charge of the cloud, one of a vendor, and a commitment; op has a legal name."""
    resource = {"ResourceId": "vm-1", "ResourceName": "vm-1", "ResourceType": "microsoft.compute/virtualmachines"}
    own = {"ServiceSubcategory": "Virtual Machines", "SubAccountType": "Azure Subscription", "Tags": '{"env":"prod"}'}
    plan = {
        "CommitmentDiscountId": "/capacity/r-1",
        "CommitmentDiscountType": "Reservation",
        "CommitmentDiscountCategory": "Usage",
        "CommitmentDiscountStatus": "Used",
    }
    rows = [
        row("12.34", **CLOUD, **resource, **own),
        row("7", **CLOUD, **own, ServiceName="Disks", SkuId="SKU-2"),
        row("3.21", **SAAS, ServiceName="Monitoring", ChargeCategory="Purchase", SkuId="SKU-3"),
        row("0", **CLOUD, **resource, **own, **plan) | {"ListCost": "3", "EffectiveCost": "2"},
        row("8", **CLOUD, **own, SkuId="SKU-4", **EARNED) | {"ListCost": "10", "ContractedCost": "10"},
    ]
    links = [{"provider": "gcp", "scope": "sub_account", "scope_id": "acc-cus", "tenant": "cus"}]
    found = chain(
        [rule("first", "discount", basis="list", percent="10")],
        [rule("second", "discount", basis="list", percent="5")],
        rows=rows,
        c1={"entities": first, "partner_benefit_share": "50", "focus_versions": "1.2"},
        c2={"entities": second, "partner_benefit_share": "50", "focus_versions": "1.2"},
        more={"account_links": links},
    )
    found.records["tenants"][0]["legal_name"] = "Op AG"
    return found


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    root = tmp_path_factory.mktemp("labels")
    with pytest.MonkeyPatch.context() as patch:
        engine = Engine(compile_project(tmp_path_factory.mktemp("compiled")), root, patch)
        yield Press(engine, root, ("op > res", "res > cus"))


def named(published: Published) -> set[tuple[str | None, ...]]:
    """Service provider, host and issuer of the provider's charges in a bundle."""
    rows = pq.read_table(io.BytesIO(published["cost_and_usage.parquet"])).to_pylist()
    return {tuple(row[name] for name in NAMES) for row in rows if row["ChargeCategory"] in ("Usage", "Purchase")}


@pytest.mark.parametrize(("entities", "above", "below"), CHAINS, ids=[str(entities) for entities, *_ in CHAINS])
def test_each_edge_names_whom_it_may(
    press: Press, entities: tuple[str, str], above: set[tuple[str | None, ...]], below: set[tuple[str | None, ...]]
) -> None:
    found = press.bundles(world(*entities))
    assert named(found["op > res"]) == above
    assert named(found["res > cus"]) == below


def other_cloud(month: World) -> None:
    """The same month of another provider: everything that names it is different, products and places are not."""
    names = {
        "Microsoft": "Google Cloud",
        "Datadog, Inc.": "Elastic N.V.",
        "Azure Subscription": "Project",
        "microsoft.compute/virtualmachines": "instances",
        "/capacity/r-1": "projects/7/commitments/9",
        "Reservation": "CUD",
        "PEC": "RESELLER_MARGIN",
        '{"env":"prod"}': '{"env":"prod","goog-gke-node":"x"}',
    }
    for charge in month.rows:
        charge |= {name: names.get(str(value), value) for name, value in charge.items()}
        charge |= {"x_Provider": "gcp", "InvoiceId": "G-1"}


@pytest.mark.parametrize(
    ("entities", "hidden"),
    [
        (("white_label", "white_label"), {"op > res", "res > cus"}),
        (("white_label", "resale"), {"op > res", "res > cus"}),
        (("white_label", "managed"), {"op > res", "res > cus"}),
        (("resale", "white_label"), {"res > cus"}),
        (("managed", "managed"), set()),
    ],
    ids=["white-white", "white-resale", "white-managed", "resale-white", "managed-managed"],
)
def test_white_label_is_the_same_bytes_on_any_cloud(press: Press, entities: tuple[str, str], hidden: set[str]) -> None:
    twin = world(*entities)
    other_cloud(twin)
    one, other = press.bundles(world(*entities)), press.bundles(twin)
    assert {edge for edge in one if one[edge] == other[edge]} == hidden
