from odoo import api, models

WISHES = [
    "上门前一天电话确认，机房需登记身份证。",
    "周末不安排上门。",
    "备件更换后留旧件。",
]
VIPS = 3
DUE = 2


class AftersalesDemo(models.AbstractModel):
    _inherit = "aftersales.demo"

    @api.model
    def _play_files(self, company):
        """The files of the customers are made, but for those served last (SV-83)."""
        partners = self.env["res.partner"].with_company(company)
        customers = partners.search(partners._aftersales_file_due_domain())
        customers = customers.sorted("aftersales_file_due_on")
        customers[:VIPS].aftersales_vip = True
        for number, customer in enumerate(customers[:-DUE]):
            customer.write(
                {
                    "aftersales_service_months": (3, 6, 12)[number % 3],
                    "aftersales_next_service_on": self._moment(-10 * number - 5, 9),
                    "aftersales_wishes": WISHES[number % len(WISHES)],
                }
            )
            customer.action_aftersales_confirm_file()
            customer.aftersales_file_created_on = customer.aftersales_file_due_on
        for number, customer in enumerate(customers[-DUE:]):
            due = self._moment(-number, 9).date()
            customer.aftersales_file_due_on = due
            customer.activity_ids.filtered("automated").date_deadline = due
