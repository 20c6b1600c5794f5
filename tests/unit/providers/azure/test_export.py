"""Finding CSP deliveries: what a manifest and its invoice record say, and what is refused from them alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.errors import BadDelivery
from pipelines.providers.azure.export import AzureExport

ROOM = AzureExport()


def test_a_delivery_is_what_its_manifest_and_invoice_say(bill: Any) -> None:
    bill.manifest = {"partnerTenantId": "0E195B37-4574-4539-BC42-0E3A2E5A0001"}
    (found,) = ROOM.find(bill.usage({}).root)
    assert (found.provider, found.kind, found.period, found.unit) == ("azure", "usage", "2026-10", "G016907411")
    assert (found.account, found.version) == ("0e195b37-4574-4539-bc42-0e3a2e5a0001", "tag-usage")
    assert [file.name for file in found.files] == ["part-0.json.gz"]
    assert found.attributes["currency"] == "EUR"
    assert "secret" not in repr(found)


def test_both_exports_book_the_invoice(bill: Any) -> None:
    kinds = {delivery.kind for delivery in ROOM.find(bill.usage({}).lines({}).root)}
    assert ROOM.books[0] == ("usage", "reconciliation")
    assert kinds == set(ROOM.books[0])


def test_versions_sort_in_the_order_of_their_creation(another_bill: Callable[..., Any]) -> None:
    stamps = [
        "2026-11-07T04:12:17Z", "2026-11-07T04:12:17.12Z", "2026-11-07T04:12:17.1234567Z", "2026-11-07T06:12:18+02:00",
    ]  # fmt: skip
    orders = []
    for number, stamp in enumerate(stamps):
        bill = another_bill(invoice=f"G{number}", manifest={"createdDateTime": stamp}).usage({})
        orders.append(next(item.order for item in ROOM.find(bill.folder)))
    assert orders == sorted(orders)


@pytest.mark.parametrize(("manifest", "said"), [
    ({"blobCount": 2}, "promises 2 files and names 1"),
    ({"blobs": [{"name": "../part-0.json.gz"}]}, "outside the delivery's folder"),
    ({"blobs": [{"name": "/etc/part-0.json.gz"}]}, "outside the delivery's folder"),
    ({"blobs": [{}]}, "outside the delivery's folder"),
    ({"rootDirectory": "https://x/v1/Fragment=basic/PartitionType=default"}, "basic attribute set"),
    ({"rootDirectory": "https://x/unbilledusage/v1/Fragment=full"}, "an estimate without an invoice"),
    ({"createdDateTime": "yesterday"}, "'yesterday' is not a date"),
    ({"eTag": ""}, "has no eTag"),
])  # fmt: skip
def test_a_bad_manifest_is_refused(bill: Any, manifest: dict[str, object], said: str) -> None:
    bill.manifest = manifest
    with pytest.raises(BadDelivery, match=said):
        list(ROOM.find(bill.usage({}).root))


def test_an_invoice_record_is_needed(bill: Any) -> None:
    (bill.usage({}).folder / "invoice.json").unlink()
    with pytest.raises(BadDelivery, match=r"invoice\.json: the invoice record is missing"):
        list(ROOM.find(bill.root))


def test_sound_deliveries_come_before_the_refusal(another_bill: Callable[..., Any]) -> None:
    another_bill(invoice="G1", manifest={"blobCount": 7}).usage({})
    good = another_bill(invoice="G2").usage({})
    found = ROOM.find(good.root)
    assert next(found).unit == "G2"
    with pytest.raises(BadDelivery, match="promises 7 files"):
        next(found)


def test_manifests_of_others_are_left_alone(bill: Any) -> None:
    other = bill.root / "else"
    other.mkdir(parents=True)
    (other / "manifest.json").write_text(json.dumps({"files": []}))
    assert list(ROOM.find(bill.root)) == []


def test_a_manifest_in_the_wrong_folder_is_refused(bill: Any) -> None:
    with pytest.raises(BadDelivery, match="lies in a folder named invoices"):
        list(ROOM.find(bill.deliver("invoices", []).root))
