from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools.phone import phone_digits, phone_needle


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_grade_id = fields.Many2one(
        "aftersales.grade", string="Service Grade", ondelete="restrict"
    )
    aftersales_vip = fields.Boolean(string="VIP")
    aftersales_wishes = fields.Text(
        string="Service Wishes", help="What this customer wants from our service."
    )
    aftersales_service_months = fields.Integer(
        string="Service Cycle (months)", help="0 when no regular service is agreed."
    )
    aftersales_next_service_on = fields.Date(string="Next Service", copy=False)
    aftersales_zone_id = fields.Many2one(
        "aftersales.zone", string="Service Zone", compute="_compute_aftersales_zone_id"
    )
    aftersales_chosen_zone_id = fields.Many2one(
        "aftersales.zone",
        string="Zone Chosen by Hand",
        company_dependent=True,
        domain="[('company_id', '=', allowed_company_ids[0])]",
        help="Holds instead of the zone found by the address.",
    )
    aftersales_safety_agreement_required = fields.Boolean(
        string="Safety Agreement Required",
        help="No visit is planned to this site before the agreement is signed.",
    )
    aftersales_safety_agreement_date = fields.Date(
        string="Safety Agreement Signed On", copy=False
    )
    aftersales_site_pass_ids = fields.Many2many(
        "aftersales.certificate.type",
        "aftersales_site_pass_rel",
        "partner_id",
        "type_id",
        string="Site Passes Needed",
        domain="[('is_site_pass', '=', True)]",
        help="Certificates every technician needs on this site.",
    )
    aftersales_phone_digits = fields.Char(
        string="Telephone Digits",
        compute="_compute_aftersales_phone_digits",
        store=True,
        index="trigram",
    )
    aftersales_asset_ids = fields.One2many(
        "aftersales.asset", "partner_id", string="Installed Products"
    )
    aftersales_asset_count = fields.Integer(
        string="Number of Installed Products",
        compute="_compute_aftersales_asset_count",
    )

    @api.depends("phone")
    def _compute_aftersales_phone_digits(self):
        for partner in self:
            partner.aftersales_phone_digits = phone_digits(partner.phone)

    @api.depends(
        "country_id",
        "state_id",
        "zip",
        "city",
        "street",
        "street2",
        "partner_latitude",
        "partner_longitude",
        "aftersales_chosen_zone_id",
    )
    @api.depends_context("company")
    def _compute_aftersales_zone_id(self):
        zones = self.env["aftersales.zone"]
        found = zones._match(self) if zones.has_access("read") else {}
        for partner in self:
            partner.aftersales_zone_id = found.get(partner.id)

    @api.depends_context("uid", "company")
    def _compute_aftersales_asset_count(self):
        counts = self._aftersales_count("aftersales.asset")
        for partner in self:
            partner.aftersales_asset_count = counts.get(partner.id, 0)

    @api.model
    def _search_display_name(self, operator, value):
        """Find a customer by telephone number, however it was typed (SV-01)."""
        domain = Domain(super()._search_display_name(operator, value))
        if not operator.endswith("like") or not isinstance(value, str):
            return domain
        by_phone = self._aftersales_phone_domain(value)
        if by_phone.is_false():
            return domain
        if operator in Domain.NEGATIVE_OPERATORS:
            return domain & ~by_phone
        return domain | by_phone

    @api.model
    def _commercial_fields(self):
        return super()._commercial_fields() + ["aftersales_grade_id", "aftersales_vip"]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_aftersales_assets(self):
        # Safe: only existence is tested, also in companies the user cannot see.
        assets = self.env["aftersales.asset"].sudo().with_context(active_test=False)
        domain = ["|", ("partner_id", "in", self.ids), ("site_id", "in", self.ids)]
        if count := assets.search_count(domain):
            raise UserError(
                self.env._(
                    "%(count)s installed products belong to these contacts or stand "
                    "there. Archive the contacts, or give the products to a new owner "
                    "first.",
                    count=count,
                )
            )

    # -- actions ----------------------------------------------------------------

    def action_view_aftersales_assets(self):
        """Open the installed products of the customer and its addresses."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_asset_action"
        )
        action["domain"] = self._aftersales_family_domain()
        action["context"] = {"default_partner_id": self[:1].id}
        return action

    # -- business ---------------------------------------------------------------

    @api.model
    def _aftersales_phone_domain(self, text):
        """Partners whose number contains what was typed; FALSE when no number."""
        country = self.env.company.country_id
        if needle := phone_needle(text, country.phone_code):
            return Domain("aftersales_phone_digits", "ilike", needle)
        return Domain.FALSE

    def _aftersales_family_domain(self):
        """Records of the partner or its contacts, or at one of its addresses."""
        return [
            "|",
            ("partner_id", "child_of", self.ids),
            ("site_id", "child_of", self.ids),
        ]

    def _aftersales_count(self, model, fnames=("partner_id", "site_id")):
        """Records per partner, those of contacts and sites included; one grouping.

        :param model: name of a model
        :param fnames: its fields that name a partner
        :return: ``{partner id: count}``
        """
        records = self.env[model]
        if not records.has_access("read") or not self.ids:
            return {}
        family = self.with_context(active_test=False).search_fetch(
            [("id", "child_of", self.ids)], ["parent_id"]
        )
        parents = {partner.id: partner.parent_id.id for partner in family}
        groups = records._read_group(
            Domain.OR(Domain(name, "in", family.ids) for name in fnames),
            list(fnames),
            ["__count"],
        )
        counts = dict.fromkeys(self.ids, 0)
        for *partners, count in groups:
            chain = set()
            for current in (partner.id for partner in partners):
                while current in parents and current not in chain:
                    chain.add(current)
                    current = parents[current]
            for partner_id in chain & counts.keys():
                counts[partner_id] += count
        return counts

    def _aftersales_matching_address(self):
        """The address itself, or the company's for a contact without one."""
        self.ensure_one()
        own = self.zip or self.city or self.state_id or self.partner_latitude
        if own or not self.parent_id:
            return self
        return self.commercial_partner_id

    def _aftersales_get_chosen_zone(self, company):
        """The zone a person chose for this address, or for that it stands for."""
        self.ensure_one()
        # Safe: a zone of the company asked for, whoever may see the contact's others.
        address = self.sudo().with_company(company)
        zone = address.aftersales_chosen_zone_id
        if not zone:
            zone = address._aftersales_matching_address().aftersales_chosen_zone_id
        if zone.company_id == company and zone.active:
            return zone.sudo(False)
        return self.env["aftersales.zone"]

    def _aftersales_site_blockers(self, day):
        """Why a site cannot be visited on a day (SV-24).

        :return: ``{partner id: reason}``, only for sites that are closed to us
        """
        return {
            site.id: self.env._(
                "%(site)s requires a signed safety agreement before a visit. Enter the "
                "date it was signed on the contact.",
                site=site.display_name,
            )
            for site in self.filtered("aftersales_safety_agreement_required")
            if not site.aftersales_safety_agreement_date
            or site.aftersales_safety_agreement_date > day
        }
