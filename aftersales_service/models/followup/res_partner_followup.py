from odoo import api, fields, models

from ...tools.records import count_by


class ResPartner(models.Model):
    """Whether a customer may be asked for an opinion, and what was said (SV-80)."""

    _inherit = "res.partner"

    aftersales_followup_consent = fields.Selection(
        [("given", "Agreed"), ("refused", "Refused")],
        string="Follow-up Contact",
        copy=False,
        help="Refused: nobody calls or writes to ask for an opinion. The follow-up of "
        "an order is still counted, as refused.",
    )
    # Open: stamped in write, which drops what a caller gives.
    aftersales_followup_consent_on = fields.Date(
        string="Said On", readonly=True, copy=False, guarded=False
    )
    # Open: stamped in write, which drops what a caller gives.
    aftersales_followup_consent_by_id = fields.Many2one(
        "res.users",
        string="Written Down By",
        readonly=True,
        copy=False,
        ondelete="set null",
        guarded=False,
    )
    aftersales_followup_count = fields.Integer(
        string="Follow-ups", compute="_compute_aftersales_followup_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_followup_count(self):
        followups = self.env["aftersales.followup"]
        counts = {}
        if followups.has_access("read"):
            customers, kept = self.commercial_partner_id, [("state", "!=", "cancelled")]
            counts = count_by(followups, "commercial_partner_id", customers, kept)
        for partner in self:
            partner.aftersales_followup_count = counts.get(
                partner.commercial_partner_id.id, 0
            )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._aftersales_stamp_consent(v) for v in vals_list])

    def write(self, vals):
        result = super().write(self._aftersales_stamp_consent(vals))
        if vals.get("aftersales_followup_consent") == "refused":
            self._aftersales_refuse_followups()
        return result

    def action_view_aftersales_followups(self):
        """Open the follow-ups of the customer."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_followup_action"
        )
        action["domain"] = [
            ("commercial_partner_id", "in", self.commercial_partner_id.ids)
        ]
        action["context"] = {}
        return action

    @api.model
    def _aftersales_stamp_consent(self, vals):
        """Who wrote down the customer's word, and when; nobody types that."""
        vals = {
            name: value
            for name, value in vals.items()
            if name
            not in (
                "aftersales_followup_consent_on",
                "aftersales_followup_consent_by_id",
            )
        }
        if "aftersales_followup_consent" in vals:
            said = bool(vals["aftersales_followup_consent"])
            vals["aftersales_followup_consent_on"] = (
                said and self.env.company._aftersales_today()
            )
            vals["aftersales_followup_consent_by_id"] = said and self.env.uid
        return vals

    def _is_aftersales_contact_refused(self):
        """Refused by the person, or by the company for all its people."""
        self.ensure_one()
        return "refused" in (
            self.aftersales_followup_consent,
            self.commercial_partner_id.aftersales_followup_consent,
        )

    def _aftersales_refuse_followups(self):
        """The word of the customer holds for what is already planned."""
        # Safe: nothing is shown; the open questions are only taken off the lists.
        open_ones = (
            self.env["aftersales.followup"]
            .sudo()
            .search(
                [
                    ("state", "=", "planned"),
                    "|",
                    ("partner_id", "in", self.ids),
                    ("commercial_partner_id", "in", self.ids),
                ]
            )
        )
        open_ones._transition("refuse")
