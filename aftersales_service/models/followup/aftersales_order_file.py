from datetime import timedelta

from odoo import fields, models


class AftersalesOrder(models.Model):
    """The first service of a customer starts the customer's file (SV-83)."""

    _inherit = "aftersales.order"

    def _after_complete(self):
        super()._after_complete()
        self._start_customer_files()

    def _start_customer_files(self):
        """Customers served for the first time get a date for their file.

        One activity per customer, for the supervisor of the service point; nothing
        happens for customers whose file is made or already due.
        """
        served = self.filtered(lambda order: order.service_type != "internal")
        for company, orders in served.grouped("company_id").items():
            customers = orders.with_company(company).commercial_partner_id
            # Safe: only the dates of the file, by whoever may complete the order.
            new = customers.sudo().filtered(
                lambda partner: (
                    not partner.aftersales_file_due_on
                    and not partner.aftersales_file_created_on
                )
            )
            if new:
                orders._start_files_of(new, company)

    def _start_files_of(self, customers, company):
        days = timedelta(days=company.aftersales_file_days)
        by_day = {}
        first = {}
        for order in self.sorted("done_at", reverse=True):
            first[order.commercial_partner_id.id] = order
        for customer in customers:
            order = first[customer.id]
            done = company._aftersales_day(order.done_at or fields.Datetime.now())
            by_day.setdefault(done + days, []).append(customer.id)
        for day, ids in by_day.items():
            customers.browse(ids).aftersales_file_due_on = day
        customers._plan_customer_files(
            {
                customer.id: first[customer.id]._get_supervisor()
                for customer in customers
            }
        )
