from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

FILE_DATES = {"aftersales_file_due_on", "aftersales_file_created_on"}


class ResPartnerFile(models.Model):
    """Customer file: all a service point knows of a customer, on one page (SV-83).

    ======== ========== =========================================================
    Action   Group      Restriction
    ======== ========== =========================================================
    print    user       customer readable; orders, complaints by the reader's rules
    confirm  operator   customer readable
    ======== ========== =========================================================
    """

    _name = "res.partner"
    _inherit = "res.partner"

    aftersales_file_due_on = fields.Date(
        "Customer File Due",
        company_dependent=True,
        copy=False,
        readonly=True,
        help="Set when the first service order of the customer is done.",
    )
    aftersales_file_created_on = fields.Date(
        "Customer File Made",
        company_dependent=True,
        copy=False,
        readonly=True,
        help="Somebody has looked through the file and completed it.",
    )
    aftersales_file_state = fields.Selection(
        [
            ("none", "Not started"),
            ("due", "Due"),
            ("late", "Overdue"),
            ("made", "Made"),
        ],
        "Customer File",
        compute="_compute_aftersales_file_state",
    )
    aftersales_file_gaps = fields.Char(
        "Missing in the File", compute="_compute_aftersales_file_gaps"
    )
    aftersales_history_ids = fields.One2many(
        "aftersales.order", "commercial_partner_id", string="Service History"
    )
    aftersales_complaint_ids = fields.One2many(
        "aftersales.complaint", "commercial_partner_id", string="Complaint History"
    )
    aftersales_followup_ids = fields.One2many(
        "aftersales.followup",
        "commercial_partner_id",
        string="Opinions",
        domain=[("state", "=", "answered")],
    )

    @api.depends("aftersales_file_due_on", "aftersales_file_created_on")
    @api.depends_context("company")
    def _compute_aftersales_file_state(self):
        today = self.env.company._aftersales_today()  # each company has its dates
        for partner in self:
            due = partner.aftersales_file_due_on
            if partner.aftersales_file_created_on:
                partner.aftersales_file_state = "made"
            elif due:
                partner.aftersales_file_state = "late" if due < today else "due"
            else:
                partner.aftersales_file_state = "none"

    @api.depends(
        "aftersales_service_months",
        "aftersales_next_service_on",
        "aftersales_wishes",
        "phone",
    )
    def _compute_aftersales_file_gaps(self):
        """What whoever makes the file should ask the customer for."""
        counts = self._aftersales_count("aftersales.asset")
        for partner in self:
            gaps = [
                label
                for value, label in (
                    (counts.get(partner.id), self.env._("installed products")),
                    (partner.phone, self.env._("telephone")),
                    (partner.aftersales_service_months, self.env._("service cycle")),
                    (partner.aftersales_next_service_on, self.env._("next service")),
                    (partner.aftersales_wishes, self.env._("wishes")),
                )
                if not value
            ]
            partner.aftersales_file_gaps = ", ".join(gaps)

    # -- CRUD -------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_aftersales_file_dates(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_aftersales_file_dates(vals)
        return super().write(vals)

    def _check_aftersales_file_dates(self, vals):
        """Whether a file was made in time is a figure: it is not typed."""
        if not self.env.su and FILE_DATES & vals.keys():
            raise AccessError(
                self.env._(
                    "The dates of the customer file are set by the first service and "
                    "by “File is complete”, not by hand."
                )
            )

    # -- actions ----------------------------------------------------------------

    def action_aftersales_confirm_file(self):
        """The file is complete: note the day, end the activity (SV-83)."""
        self.env["res.users"]._check_aftersales_role("operator")
        self.check_access("read")
        customers = self.commercial_partner_id
        # Safe: rights were checked; an operator keeps the files of the customers.
        todo = customers.sudo().filtered(lambda p: not p.aftersales_file_created_on)
        todo.aftersales_file_created_on = self.env.company._aftersales_today()
        todo.activity_feedback(["aftersales_service.mail_activity_type_customer_file"])

    def action_aftersales_print_file(self):
        """The file as PDF, in the customer's language."""
        self.check_access("read")
        report = self.env.ref("aftersales_service.action_report_customer_file")
        return report.report_action(self.commercial_partner_id)

    def action_aftersales_print_vip_list(self):
        """All VIP customers of the company on one list."""
        report = self.env.ref("aftersales_service.action_report_vip_list")
        return report.report_action(self.env.company)

    # -- business ---------------------------------------------------------------

    @api.model
    def _aftersales_file_due_domain(self):
        """Served for the first time, and no file yet."""
        return Domain("aftersales_file_due_on", "!=", False) & Domain(
            "aftersales_file_created_on", "=", False
        )

    def _plan_customer_files(self, users):
        """One to-do per customer.

        :param users: ``{partner id: user}``
        """
        kind = self.env.ref(
            "aftersales_service.mail_activity_type_customer_file",
            raise_if_not_found=False,
        )
        if not kind:
            return
        model = self.env["ir.model"]._get_id("res.partner")
        # Safe: a to-do about the file, for the supervisor of the service point.
        self.env["mail.activity"].sudo().with_context(
            mail_activity_quick_update=True
        ).create(
            [
                {
                    "res_model_id": model,
                    "res_id": partner.id,
                    "activity_type_id": kind.id,
                    "automated": True,
                    "summary": kind.summary,
                    "date_deadline": partner.aftersales_file_due_on,
                    "user_id": users[partner.id].id or self.env.uid,
                }
                for partner in self
            ]
        )
