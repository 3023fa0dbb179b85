from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.aftersales_service.tools.records import count_by

CHUNK = 200


class AftersalesWarrantyReminderPlan(models.Model):
    """Who is told how long before a warranty ends: a lead for sales (WA-02).

    Each plan tells of each warranty once. Customers who refused contact and
    warranties that go on with an extended one are left out.
    """

    _name = "aftersales.warranty.reminder.plan"
    _description = "Plan of Warranty Reminders"
    _order = "company_id, days desc, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    days = fields.Integer("Days before the end", required=True, default=60)
    to_salesperson = fields.Boolean(
        "Salesperson of the customer",
        default=True,
        help="Gets an activity on the warranty; nobody known: the person below.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Sales lead",
        check_company=True,
        domain=[("share", "=", False)],
        help="Gets the activity where the customer has no salesperson.",
    )
    to_customer = fields.Boolean(
        "Mail to the customer", help="Only to customers who did not refuse contact."
    )
    template_id = fields.Many2one(
        "mail.template",
        "Mail",
        domain=[("model", "=", "aftersales.warranty")],
        default=lambda self: self._default_template_id(),
        ondelete="restrict",
    )
    categ_ids = fields.Many2many(
        "product.category",
        "aftersales_warranty_reminder_plan_categ_rel",
        "plan_id",
        "categ_id",
        string="Product categories",
        help="Empty: all products.",
    )
    reminder_count = fields.Integer("Reminded", compute="_compute_reminder_count")

    _days_positive = models.Constraint(
        "CHECK (days BETWEEN 1 AND 1000)", "Remind between 1 and 1000 days before."
    )

    @api.model
    def _default_template_id(self):
        return self.env.ref(
            "aftersales_warranty.mail_template_reminder", raise_if_not_found=False
        )

    @api.constrains("to_salesperson", "user_id", "to_customer", "template_id")
    def _check_somebody(self):
        for plan in self:
            if not (plan.to_salesperson or plan.user_id or plan.to_customer):
                raise ValidationError(
                    self.env._("%s reminds nobody: choose who is told.", plan.name)
                )
            if plan.to_customer and not plan.template_id:
                raise ValidationError(
                    self.env._("Choose the mail that %s sends.", plan.name)
                )

    def _compute_reminder_count(self):
        counts = count_by(self.env["aftersales.warranty.reminder"], "plan_id", self)
        for plan in self:
            plan.reminder_count = counts.get(plan.id, 0)

    def action_view_due(self):
        """The warranties this plan would tell of today."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_warranty_action"
        )
        domain = self._get_due_domain()
        found = self.env["aftersales.warranty"].search(domain)
        return {**action, "domain": [("id", "in", found.ids)], "context": {}}

    # -- cron -----------------------------------------------------------------------

    @api.model
    def _cron_remind(self):
        """Tell of what ends soon; safe beside a second worker, restartable."""
        # pylint: disable-next=no-search-all
        for plan in self.search([]):
            if not plan._remind():
                return

    def _get_due_domain(self):
        """By the index on the end: cost follows what ends soon, not what is open."""
        self.ensure_one()
        today = self.company_id._aftersales_today()
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("date_end", ">=", today)
        domain &= Domain("date_end", "<=", today + timedelta(days=self.days))
        domain &= Domain("is_void", "=", False) & Domain("usage_ended_on", "=", False)
        domain &= Domain("child_ids", "not any", [("is_void", "=", False)])
        domain &= Domain("reminder_ids", "not any", [("plan_id", "=", self.id)])
        if self.categ_ids:
            domain &= Domain("product_categ_id", "child_of", self.categ_ids.ids)
        return domain

    def _remind(self):
        """:return: False when the time is used up"""
        domain = self._get_due_domain()
        warranties = self.env["aftersales.warranty"]
        progress = self.env["ir.cron"]
        last_id = 0
        while chunk := warranties.search(
            domain & Domain("id", ">", last_id), order="id", limit=CHUNK
        ):
            last_id = chunk[-1].id
            mine = chunk.try_lock_for_update()
            mine = mine.search(domain & Domain("id", "in", mine.ids))
            self.env["aftersales.warranty.reminder"]._tell(self, mine)
            if not progress._commit_progress(len(mine)):
                return False
        return True
