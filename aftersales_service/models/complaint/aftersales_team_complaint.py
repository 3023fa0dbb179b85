from odoo import api, fields, models


class AftersalesTeam(models.Model):
    """The second address of a service point: mail to it is a complaint (SV-60)."""

    _inherit = "aftersales.team"

    complaint_alias_id = fields.Many2one(
        "mail.alias", "Alias of complaints", copy=False, readonly=True
    )
    complaint_alias_name = fields.Char(
        "Complaints by e-mail",
        compute="_compute_complaint_alias_name",
        inverse="_inverse_complaint_alias_name",
        help="Mail sent to this address becomes a complaint.",
    )
    complaint_alias_email = fields.Char(
        "Address of complaints", compute="_compute_complaint_alias_email"
    )

    @api.depends("complaint_alias_id.alias_name")
    def _compute_complaint_alias_name(self):
        for team in self:
            alias = team.complaint_alias_id.sudo()  # Safe: a public address.
            team.complaint_alias_name = alias.alias_name

    # Apart from the name: what shares its compute stays as it was when it is typed.
    @api.depends("complaint_alias_id.alias_name", "complaint_alias_id.alias_domain_id")
    def _compute_complaint_alias_email(self):
        for team in self:
            alias = team.complaint_alias_id.sudo()  # Safe: a public address.
            team.complaint_alias_email = alias.alias_name and alias.alias_full_name

    def _inverse_complaint_alias_name(self):
        for team in self:
            alias = team.complaint_alias_id.sudo()  # Safe: the team may be written.
            if alias:
                alias.alias_name = team.complaint_alias_name
            elif team.complaint_alias_name:
                # The alias makes complaints of this team only.
                created = alias.create(team._prepare_complaint_alias_values())
                team._write_guarded({"complaint_alias_id": created.id})

    def _prepare_complaint_alias_values(self):
        model = self.env["ir.model"]._get_id
        return {
            "alias_name": self.complaint_alias_name,
            "alias_domain_id": self.company_id.alias_domain_id.id,
            "alias_model_id": model("aftersales.complaint"),
            "alias_parent_model_id": model("aftersales.team"),
            "alias_parent_thread_id": self.id,
            "alias_defaults": repr({"team_id": self.id}),
            "alias_contact": "everyone",
        }

    def unlink(self):
        aliases = self.complaint_alias_id.sudo()  # Safe: they serve these teams only.
        result = super().unlink()
        aliases.unlink()
        return result
