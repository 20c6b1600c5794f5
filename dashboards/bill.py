"""One bill's questions, asked of that edge's own bundle only: what its buyer may see, nothing more."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.data import Bundle, Filter, Reader, Row, table

CENTRES = "cost_centres.parquet"
SEARCHED = ("x_ServiceName", "SubAccount", "x_TenantName", "x_SkuId", "InvoiceDetailDescription")


@dataclass(frozen=True)
class Bill:
    """The published bill of one seller -> buyer edge and month."""

    reader: Reader
    bundle: Bundle

    @property
    def lines_table(self) -> str:
        """`invoice_detail.parquet`, with the account by its name where it has one, and what each line is for.

        A line of the contract's own, or one coarser than a service, says that by its description.
        """
        path = self.bundle.file("invoice_detail.parquet")
        label = "case when x_Provider is not null then x_ServiceName end, InvoiceDetailDescription"
        names = f"coalesce(x_SubAccountName, x_SubAccountId) as SubAccount, coalesce({label}) as Label"
        return f"(select *, {names} from {table(path)})"

    def invoices(self) -> list[Row]:
        """One row per invoice of the bundle: its header and the exact sum of its published lines."""
        return self.reader.rows(f"""
            select InvoiceId, InvoiceIssuerName, BillingAccountId, BillingCurrency, InvoiceIssueStatus,
                   PaymentTerms, PurchaseOrderNumber, BillingPeriodStart, BillingPeriodEnd,
                   count(*) as LineCount, sum(BilledCost) as BilledCost
            from {self.lines_table} group by all order by InvoiceId
        """)

    def lines(self, where: Filter, limit: int, offset: int = 0) -> list[Row]:
        """Invoice lines, largest first."""
        clause, values = where.sql()
        return self.reader.rows(
            f"select * from {self.lines_table}{clause}"
            f" order by abs(BilledCost) desc, InvoiceDetailId limit {int(limit)} offset {int(offset)}",
            values,
        )

    def total(self, where: Filter) -> Row:
        """How many lines a filter leaves and what they come to, exactly."""
        clause, values = where.sql()
        return self.reader.rows(
            f"select count(*) as LineCount, coalesce(sum(BilledCost), 0) as BilledCost from {self.lines_table}{clause}",
            values,
        )[0]

    def choices(self, name: str, where: Filter) -> list[str]:
        """The distinct values of one column among an invoice's lines."""
        return self.reader.choices(self.bundle.file("invoice_detail.parquet"), name, where)

    def cost_centres(self, invoice_id: str) -> list[Row]:
        """What each of the buyer's cost centres bears of an invoice; empty where it has none."""
        if not self.bundle.has(CENTRES):
            return []
        return self.reader.rows(
            "select CostCentreId, CostCentreName, BillingCurrency, count(*) as LineCount, sum(BilledCost) as BilledCost"
            f" from {table(self.bundle.file(CENTRES))} where InvoiceId = ? group by all order by CostCentreId",
            [invoice_id],
        )

    def cost_centre_total(self, invoice_id: str) -> Row:
        """What they bear together, exactly."""
        return self.reader.rows(
            "select BillingCurrency, sum(BilledCost) as BilledCost"
            f" from {table(self.bundle.file(CENTRES))} where InvoiceId = ? group by BillingCurrency",
            [invoice_id],
        )[0]

    def daily(self, currency: str) -> list[Row]:
        """Cost per day and provider at the buyer's prices, unrounded."""
        return self.reader.rows(
            "select ChargeDate, x_Provider, BillingCurrency, sum(ExactCost) as Cost"
            f" from {table(self.bundle.file('daily_costs.parquet'))}"
            " where BillingCurrency = ? group by all order by ChargeDate, x_Provider",
            [currency],
        )
