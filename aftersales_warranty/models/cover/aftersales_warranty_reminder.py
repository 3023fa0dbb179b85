from odoo import api, fields, models
from odoo.tools import format_date


class AftersalesWarrantyReminder(models.Model):
    """That a plan has told of a warranty: once, to whom, and how (WA-02)."""

    _name = "aftersales.warranty.reminder"
    _description = "Warranty Reminder"
    _inherit = ["aftersales.guard.mixin"]
    _order = "id desc"

    plan_id = fields.Many2one(
        "aftersales.warranty.reminder.plan",
        required=True,
        index=True,
        ondelete="restrict",
        readonly=True,
    )
    warranty_id = fields.Many2one(
        "aftersales.warranty",
        required=True,
        index=True,
        ondelete="cascade",
        readonly=True,
    )
    company_id = fields.Many2one(related="warranty_id.company_id", store=True)
    partner_id = fields.Many2one(related="warranty_id.partner_id")
    date_end = fields.Date(related="warranty_id.date_end")
    user_id = fields.Many2one("res.users", "Told", readonly=True, ondelete="set null")
    mailed = fields.Boolean("Customer written to", readonly=True)

    _once = models.UniqueIndex(
        "(warranty_id, plan_id)", "This plan has told of the warranty already."
    )

    @api.depends("plan_id", "warranty_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.plan_id.name} · {row.warranty_id.name}"

    @api.model
    def _tell(self, plan, warranties):
        """One reminder each, with the activity and the mail the plan asks for."""
        # Safe: runs as the scheduled action; nobody can write these rows by hand.
        reminders = self.sudo()
        people = {w: w._get_reminded_user(plan) for w in warranties}
        customers = warranties.filtered(
            lambda w: plan.to_customer and w._may_write_to_customer()
        )
        made = reminders.create(
            [
                {
                    "plan_id": plan.id,
                    "warranty_id": warranty.id,
                    "user_id": people[warranty].id,
                    "mailed": warranty in customers,
                }
                for warranty in warranties
            ]
        )
        made._schedule()
        for warranty in customers:
            plan.template_id.send_mail(warranty.id, force_send=False)
        return made

    def _schedule(self):
        """Activities of the sales people; one list for each, no mail for every one."""
        model_id = self.env["ir.model"]._get_id("aftersales.warranty")
        todo = self.env.ref("mail.mail_activity_data_todo", raise_if_not_found=False)
        # pylint: disable-next=context-overridden
        quiet = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        quiet.create(
            [row._prepare_activity(model_id, todo) for row in self if row.user_id]
        )

    def _prepare_activity(self, model_id, todo):
        user = self.user_id
        warranty = self.warranty_id.with_context(lang=user.lang)
        return {
            "res_model_id": model_id,
            "res_id": warranty.id,
            "activity_type_id": todo.id if todo else False,
            "user_id": user.id,
            "date_deadline": warranty.date_end,
            "summary": warranty.env._(
                "Warranty ends on %(day)s: offer an extension",
                day=format_date(warranty.env, warranty.date_end),
            ),
        }
