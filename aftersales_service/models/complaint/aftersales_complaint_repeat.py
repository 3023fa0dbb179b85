from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

NOT_COUNTED = ("withdrawn", "rejected", "merged")


class AftersalesComplaint(models.Model):
    """Repeats are flagged and linked, duplicates counted once (SV-63)."""

    _inherit = "aftersales.complaint"

    parent_id = fields.Many2one(
        "aftersales.complaint",
        "Repeat of",
        index="btree_not_null",
        copy=False,
        tracking=True,
        check_company=True,
        ondelete="set null",
        help="Earlier complaint of the same customer about the same issue and machine; "
        "found by itself, corrected by the supervisor.",
    )
    child_ids = fields.One2many("aftersales.complaint", "parent_id", "Repeats")
    is_repeat = fields.Boolean(
        "Repeat", compute="_compute_is_repeat", store=True, copy=False
    )
    duplicate_of_id = fields.Many2one(
        "aftersales.complaint",
        "Duplicate of",
        index="btree_not_null",
        copy=False,
        readonly=True,
        check_company=True,
        ondelete="restrict",
    )
    duplicate_ids = fields.One2many(
        "aftersales.complaint", "duplicate_of_id", "Duplicates"
    )

    @api.depends("parent_id")
    def _compute_is_repeat(self):
        for complaint in self:
            complaint.is_repeat = bool(complaint.parent_id)

    # -- repeats --------------------------------------------------------------------

    @api.model
    def _get_repeat_facts(self):
        """Fields that decide whether two complaints are about the same thing."""
        return {
            "asset_id",
            "category_id",
            "order_id",
            "partner_id",
            "product_id",
            "received_at",
        }

    def _get_repeat_key(self):
        """Same issue, same customer, same machine; else the same product."""
        return (
            self.company_id.id,
            self.category_id.id,
            self.commercial_partner_id.id,
            self.asset_id.id or False,
            False if self.asset_id else self.product_id.id,
        )

    def _detect_repeats(self):
        """Link each complaint to the one before it about the same thing."""
        counted = self.filtered(lambda c: c.state not in NOT_COUNTED)
        keyed = counted.filtered("category_id")
        earlier = keyed._get_comparable().grouped(lambda c: c._get_repeat_key())
        for parent, complaints in counted.grouped(
            lambda c: c._get_repeat_parent(earlier)
        ).items():
            changed = complaints.filtered(lambda c, p=parent: c.parent_id != p)
            # Safe: found by rule, whoever registers the complaint.
            changed.sudo().write({"parent_id": parent.id})

    def _get_comparable(self):
        """Complaints these may repeat, themselves included; one query."""
        if not self:
            return self
        days = max(self.company_id.sudo().mapped("aftersales_repeat_days"))  # Safe: n.
        since = min(self.mapped("received_at")) - timedelta(days=days)
        domain = (
            Domain("category_id", "in", self.category_id.ids)
            & Domain("commercial_partner_id", "in", self.commercial_partner_id.ids)
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("received_at", ">=", since)
            & Domain("state", "not in", NOT_COUNTED)
        )
        # Safe: whether a customer complains again must not depend on who registers.
        return self.sudo().search_fetch(
            domain,
            ["asset_id", "category_id", "product_id", "received_at"],
            order="received_at desc, id desc",
        )

    def _get_repeat_parent(self, earlier):
        """The latest of the earlier ones within the company's window."""
        if not self.category_id:
            return self.browse()
        # Safe: a number of days.
        days = self.company_id.sudo().aftersales_repeat_days
        since = self.received_at - timedelta(days=days)
        own = (self.received_at, self.id)
        found = next(
            (
                other
                for other in earlier.get(self._get_repeat_key(), ())
                if (other.received_at, other.id) < own and other.received_at >= since
            ),
            None,
        )
        return self.browse(found.id if found else [])

    def _detect_repeats_after(self):
        """One of them counts no longer, or again: look at what followed it."""
        # Safe: see `_get_comparable`.
        followers = self.sudo().search(
            Domain("parent_id", "in", self.ids) & Domain("state", "not in", NOT_COUNTED)
        )
        followers._detect_repeats()

    # -- duplicates -----------------------------------------------------------------

    def action_merge(self, duplicates):
        """Count several reports of one matter once; this one goes on (SV-60).

        :param duplicates: complaints, or their ids, that become duplicates
        """
        self.ensure_one()
        if not isinstance(duplicates, models.BaseModel):
            duplicates = self.browse(duplicates)
        duplicates -= self
        (self | duplicates)._begin("merge")
        self._check_can_merge(duplicates)
        first = min((self | duplicates).mapped("received_at"))
        if first < self.received_at:
            # Safe: rights were checked; the promise runs from the first report.
            self.sudo().write({"received_at": first})
        self._take_over(duplicates)
        duplicates._transition("merge")
        # Safe: as above.
        duplicates.sudo().write({"duplicate_of_id": self.id})
        duplicates._end(self.env._("Duplicate of %s", self.name), "")
        self._log_reason(self.env._("Merged"), ", ".join(duplicates.mapped("name")))
        duplicates._after_withdraw()

    def _check_can_merge(self, duplicates):
        if not duplicates:
            raise UserError(self.env._("Choose at least two complaints."))
        others = duplicates.filtered(
            lambda c: (
                c.commercial_partner_id != self.commercial_partner_id
                or c.company_id != self.company_id
            )
        )
        if others:
            raise UserError(
                self.env._(
                    "Only complaints of the same customer are duplicates; "
                    "%(complaints)s come from somebody else.",
                    complaints=", ".join(others[:5].mapped("name")),
                )
            )

    def _take_over(self, duplicates):
        """What was written and attached goes on with the main complaint."""
        domain = [("model", "=", self._name), ("res_id", "in", duplicates.ids)]
        # Safe: the supervisor may write all of these complaints; what belongs to them
        # moves among them.
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(domain + [("message_type", "in", ("comment", "email"))])
        )
        messages.write({"res_id": self.id})
        self.env["ir.attachment"].sudo().search(  # Safe: as above.
            [("res_model", "=", self._name), ("res_id", "in", duplicates.ids)]
        ).write({"res_id": self.id})
        main = self.sudo()  # Safe: as above.
        main.write(
            {
                "photo_ids": [(4, photo.id) for photo in duplicates.sudo().photo_ids],
                "technician_ids": [(4, t.id) for t in duplicates.technician_ids],
            }
        )
        main.message_subscribe(duplicates.sudo().message_partner_ids.ids)
        duplicates.sudo().started_order_ids.write({"origin_complaint_id": self.id})
