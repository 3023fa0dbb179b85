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
    aftersales_followup_consent = fields.Selection(
        [("given", "Agreed"), ("refused", "Refused")],
        string="Follow-up Contact",
        copy=False,
        help="Refused: nobody calls or writes to ask for an opinion. The follow-up of "
        "an order is still counted, as refused.",
    )
    aftersales_followup_consent_on = fields.Date(
        string="Said On", readonly=True, copy=False
    )
    aftersales_followup_consent_by_id = fields.Many2one(
        "res.users",
        string="Written Down By",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    aftersales_followup_count = fields.Integer(
        string="Follow-ups", compute="_compute_aftersales_followup_count"
    )
    aftersales_order_count = fields.Integer(
        string="Service Orders", compute="_compute_aftersales_order_count"
    )
    aftersales_complaint_count = fields.Integer(
        string="Complaints", compute="_compute_aftersales_complaint_count"
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

    @api.depends_context("uid", "company")
    def _compute_aftersales_order_count(self):
        counts = self._aftersales_count("aftersales.order")
        for partner in self:
            partner.aftersales_order_count = counts.get(partner.id, 0)

    @api.depends_context("uid", "company")
    def _compute_aftersales_complaint_count(self):
        counts = self._aftersales_count("aftersales.complaint", ["partner_id"])
        for partner in self:
            partner.aftersales_complaint_count = counts.get(partner.id, 0)

    @api.depends_context("uid", "company")
    def _compute_aftersales_followup_count(self):
        followups = self.env["aftersales.followup"]
        groups = (
            followups._read_group(
                [
                    ("commercial_partner_id", "in", self.commercial_partner_id.ids),
                    ("state", "!=", "cancelled"),
                ],
                ["commercial_partner_id"],
                ["__count"],
            )
            if followups.has_access("read")
            else []
        )
        counts = {partner.id: count for partner, count in groups}
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

    def action_view_aftersales_orders(self):
        """Open the service orders of the customer and its addresses."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        action["domain"] = self._aftersales_family_domain()
        action["context"] = {"default_partner_id": self[:1].id}
        return action

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

    def action_view_aftersales_complaints(self):
        """Open the complaints of the customer and its contacts."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_complaint_action"
        )
        action["domain"] = [("partner_id", "child_of", self.ids)]
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

    def _aftersales_site_blockers(self, day=None):
        """Why a site cannot be visited on a day (SV-24).

        :return: ``{partner id: reason}``, only for sites that are closed to us
        """
        day = day or fields.Date.context_today(self)
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

    # -- follow-up --------------------------------------------------------------

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
            vals["aftersales_followup_consent_on"] = said and fields.Date.today()
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
