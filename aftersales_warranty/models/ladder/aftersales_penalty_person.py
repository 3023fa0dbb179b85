from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import READERS
from ...tools import ladder


class AftersalesPenaltyPerson(models.Model):
    """Who is fined for a complaint not settled in time, once each (WA-23).

    One of the supplier's people is fined from the deposit, by an entry of its own; one
    of ours on the score sheet, which reads the same complaints: here it is only listed.
    """

    _name = "aftersales.penalty.person"
    _description = "Person concerned in a supplier's complaint"
    _inherit = ["aftersales.guard.mixin"]
    _order = "due_on desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    complaint_id = fields.Many2one(
        "aftersales.complaint",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        groups=READERS,
    )
    complaint_name = fields.Char("Complaint number", compute="_compute_name")
    supplier_id = fields.Many2one(
        "res.partner", required=True, readonly=True, index=True, ondelete="restrict"
    )
    penalty_id = fields.Many2one(
        "aftersales.penalty", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    side = fields.Selection(
        [("ours", "Ours: score sheet"), ("supplier", "The supplier's: deposit")],
        required=True,
        readonly=True,
    )
    technician_id = fields.Many2one(
        "aftersales.technician", readonly=True, index="btree_not_null"
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    amount = fields.Monetary("Fine", readonly=True)
    due_on = fields.Date("Due since", required=True, readonly=True)
    entry_id = fields.Many2one(
        "aftersales.deposit.entry",
        "Deposit entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    entry_state = fields.Selection(related="entry_id.state", string="Entry")
    state = fields.Selection(
        [("due", "In force"), ("revoked", "Revoked")],
        default="due",
        required=True,
        readonly=True,
        index=True,
    )

    _technician_uniq = models.UniqueIndex(
        "(complaint_id, technician_id) WHERE technician_id IS NOT NULL",
        "This person is already listed for the complaint.",
    )
    _partner_uniq = models.UniqueIndex(
        "(complaint_id, partner_id, penalty_id) WHERE partner_id IS NOT NULL",
        "This person is already listed for the complaint.",
    )
    _one_person = models.Constraint(
        "CHECK ((side = 'ours') = (technician_id IS NOT NULL)"
        " AND (side = 'supplier') = (partner_id IS NOT NULL))",
        "A person is ours or the supplier's.",
    )

    @api.depends("technician_id", "partner_id", "complaint_id")
    def _compute_name(self):
        for row in self:
            # Safe: the name of the person and the number of the complaint.
            known = row.sudo()
            row.name = known.technician_id.name or known.partner_id.name
            row.complaint_name = known.complaint_id.name

    @api.depends("penalty_id", "company_id")
    def _compute_currency_id(self):
        for row in self:
            currency = row.company_id.currency_id
            if row.side == "supplier":
                currency = row.penalty_id.currency_id or currency
            row.currency_id = currency

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Fines are revoked, they are never deleted."))

    # -------------------------------------------------------------------------
    # EVALUATION: as superuser
    # -------------------------------------------------------------------------

    @api.model
    def _review(self, batch, touched):
        """Bring the list in line with the people named in touched complaints.

        :param touched: ``[(supplier, complaint)]`` as plain facts
        """
        if not batch.complaints:
            return
        recorded = self.search([("complaint_id", "in", batch.complaints)])
        known = {row._get_key(): row for row in recorded}
        due = self._get_due(batch, touched)
        gone = recorded.filtered(
            lambda row: row.state == "due" and row._get_key() not in due
        )
        gone._revoke()
        back = self.browse([known[key].id for key in due if key in known])
        back.filtered(lambda row: row.state != "due").write({"state": "due"})
        fresh = self.create([vals for key, vals in due.items() if key not in known])
        (fresh | back)._propose_fines()

    def _get_key(self):
        if self.technician_id:
            return self.complaint_id.id, "ours", self.technician_id.id
        return self.complaint_id.id, self.penalty_id.id, self.partner_id.id

    @api.model
    def _get_due(self, batch, touched):
        """:return: ``{key: values}`` of who is concerned in a late complaint"""
        due = {}
        rules = batch.rules.filtered(lambda rule: rule.trigger == "unsettled")
        latest = max(batch.limits.values())
        for rule in rules.filtered("person_fine"):
            late = [
                (partner, case)
                for partner, case in touched
                if ladder.is_late(case, rule.hours, batch.limits.get(partner, latest))
            ]
            due.update(self._get_due_by_rule(batch, rule, late))
        return due

    @api.model
    def _get_due_by_rule(self, batch, rule, late):
        complaints = self.env["aftersales.complaint"].browse([c.key for _p, c in late])
        penalties = {
            (penalty.complaint_id.id, penalty.partner_id.id): penalty
            for penalty in self.env["aftersales.penalty"].search(
                [("complaint_id", "in", complaints.ids), ("rule_id", "=", rule.id)]
            )
            if penalty.is_live
        }
        due = {}
        for (partner, case), complaint in zip(late, complaints, strict=True):
            penalty = penalties.get((complaint.id, partner))
            day = batch.local(fields.Datetime.add(case.received, hours=rule.hours))
            values = {
                "company_id": complaint.company_id.id,
                "supplier_id": partner,
                "complaint_id": complaint.id,
                "penalty_id": penalty.id if penalty else False,
                "due_on": day,
            }
            due.update(self._get_our_people(complaint, rule, values))
            if penalty:
                due.update(self._get_their_people(complaint, rule, penalty, values))
        return due

    @api.model
    def _get_our_people(self, complaint, rule, values):
        return {
            (complaint.id, "ours", person.id): {
                **values,
                "side": "ours",
                "technician_id": person.id,
                "amount": rule.person_fine,
            }
            for person in complaint.concerned_technician_ids
        }

    @api.model
    def _get_their_people(self, complaint, rule, penalty, values):
        """Contacts of this very supplier; others are not his to answer for."""
        people = complaint.concerned_partner_ids.filtered(
            lambda person: person.commercial_partner_id == penalty.partner_id
        )
        amount = penalty._convert(
            rule.person_fine, penalty.deposit_id, penalty.reached_on
        )
        return {
            (complaint.id, penalty.id, person.id): {
                **values,
                "side": "supplier",
                "partner_id": person.id,
                "amount": amount,
            }
            for person in people
        }

    def _revoke(self):
        """Named no longer, or the complaint is not late any more."""
        self.write({"state": "revoked"})
        for row in self.filtered("entry_id"):
            entry, why = row.entry_id, self.env._("No longer concerned: %s", row.name)
            if entry.state in ("proposed", "approved"):
                entry._cancel(why)
            elif entry.state == "posted" and not entry.give_back_reason:
                entry._ask_give_back(why)

    def _propose_fines(self):
        """The fine of the supplier's people, each by an entry of its own."""
        theirs = self.filtered(lambda row: row.side == "supplier")
        kept = theirs.filtered(
            lambda r: r.entry_id.state in ("posted", "approved", "proposed")
        )
        kept.entry_id.filtered("give_back_reason").write({"give_back_reason": False})
        todo = theirs - kept
        todo = todo.filtered(lambda r: r.penalty_id.deposit_id.state == "running")
        if not todo:
            return
        entries = self.env["aftersales.deposit.entry"]._propose(
            [row._prepare_entry() for row in todo]
        )
        for row, entry in zip(todo, entries, strict=True):
            row.entry_id = entry

    def _prepare_entry(self):
        penalty = self.penalty_id
        values = penalty._prepare_entry_values(
            "penalty", self.amount, f"{penalty._get_origin()}:{self.id}"
        )
        note = self.env._(
            "%(penalty)s fine of %(person)s", penalty=penalty.name, person=self.name
        )
        return {**values, "note": note}
