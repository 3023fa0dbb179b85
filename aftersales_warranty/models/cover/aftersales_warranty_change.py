from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.aftersales_service.tools.records import require_reason

from .aftersales_warranty import EVENT_FIELDS


class AftersalesWarranty(models.Model):
    """What people change on a running warranty, with a reason."""

    _inherit = "aftersales.warranty"

    # -------------------------------------------------------------------------
    # actions
    # -------------------------------------------------------------------------

    def action_void(self, reason):
        """Nothing is covered any more, with the reason on record (WA-04)."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        reason = require_reason(self.env, reason)
        self._lock_for_action()
        if void := self.filtered("is_void"):
            raise UserError(self.env._("%s is void already.", void[0].display_name))
        self._void(reason)

    def action_restore(self, reason):
        """Voided by mistake: in force again."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("manager")
        reason = require_reason(self.env, reason)
        self._lock_for_action()
        if valid := self.filtered(lambda warranty: not warranty.is_void):
            raise UserError(self.env._("%s is not void.", valid[0].display_name))
        self._check_no_other()
        values = dict.fromkeys(("void_reason", "void_user_id", "void_at"), False)
        # Safe: only managers get here, the reason goes to the chatter.
        self.sudo().write({"is_void": False, **values})
        self._log_text(self.env._("In force again: %s", reason))
        self._refresh_periods()
        self._decide_orders()

    def action_change_start(self, day, reason):
        """Another start than the events say, with reason and person on record."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        reason = require_reason(self.env, reason)
        day = fields.Date.to_date(day)
        if not day:
            raise UserError(self.env._("Say on which day the warranty starts."))
        self._lock_for_action()
        if void := self.filtered("is_void"):
            raise UserError(self.env._("%s is void.", void[0].display_name))
        # Safe: only supervisors get here; who and why is written with it.
        self.sudo().write(self._prepare_start_values(day, reason))
        for warranty in self:
            warranty._log_text(
                self.env._(
                    "Start set to %(day)s: %(reason)s",
                    day=format_date(self.env, day),
                    reason=reason,
                )
            )
        self._refresh_periods()
        self._decide_orders()

    def action_set_event(self, event, day):
        """An event of a warranty without a serial: installed, accepted (WA-02)."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator")
        day = fields.Date.to_date(day)
        if event not in EVENT_FIELDS or not day:
            raise UserError(self.env._("Say what happened, and on which day."))
        if wrong := self.filtered("asset_id"):
            raise UserError(
                self.env._(
                    "Enter the day on the installed product %s.",
                    wrong[0].asset_id.display_name,
                )
            )
        self._lock_for_action()
        self._set_event(event, day)

    def action_assign(self, asset):
        """An extended warranty gets the machine it was bought for (WA-04)."""
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator")
        asset = self.env["aftersales.asset"].browse(getattr(asset, "id", asset))
        asset.check_access("read")
        self._lock_for_action()
        if self.kind != "extended" or self.asset_id:
            raise UserError(
                self.env._("Only an extended warranty without a machine is assigned.")
            )
        if asset.company_id != self.company_id:
            raise UserError(self.env._("The machine belongs to another company."))
        owner, buyer = asset.partner_id, self.partner_id
        if owner.commercial_partner_id != buyer.commercial_partner_id:
            raise UserError(
                self.env._(
                    "%(asset)s belongs to %(owner)s, the warranty was bought by "
                    "%(buyer)s.",
                    asset=asset.display_name,
                    owner=owner.display_name,
                    buyer=buyer.display_name,
                )
            )
        self._assign(asset)

    def action_ask_reason(self):
        """Open the dialog that asks for the reason and calls the named action."""
        method = self.env.context.get("reason_method")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reason"),
            "res_model": "aftersales.reason",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_res_model": self._name,
                "default_res_ids": self.ids,
                "default_method": method,
            },
        }

    # -------------------------------------------------------------------------
    # business
    # -------------------------------------------------------------------------

    @api.model
    def _register_repair(self, orders):
        """The time of these orders' repairs, and what it adds to the warranties."""
        return orders._register_warranty_repair()

    @api.model
    def _register_parts(self, vals_list):
        """Parts handed over under warranty, each with its own cover."""
        return self.env["aftersales.warranty.part"]._register_parts(vals_list)

    def _check_no_other(self):
        """A product has one standard warranty in force at a time."""
        standard = self.filtered(lambda w: w.kind == "standard" and w.asset_id)
        # Safe: only whether there is another one.
        others = self.sudo().search(
            [
                ("asset_id", "in", standard.asset_id.ids),
                ("kind", "=", "standard"),
                ("is_void", "=", False),
            ],
            limit=1,
        )
        if others:
            raise UserError(self.env._("%s was opened meanwhile.", others.display_name))

    def _void(self, reason):
        """Void without asking for rights; the caller has, or it is a consequence."""
        valid = self.filtered(lambda warranty: not warranty.is_void)
        if not valid:
            return
        # Safe: the callers have checked who may; reason and person are written.
        valid.sudo().write(
            {
                "is_void": True,
                "void_reason": reason,
                "void_user_id": self.env.uid,
                "void_at": fields.Datetime.now(),
            }
        )
        # Another one may be opened at once; the database allows one in force.
        valid.flush_recordset(["is_void"])
        valid._log_text(self.env._("Void: %s", reason))
        valid._decide_orders()

    def _decide_orders(self):
        """Running orders about these machines: who pays is decided again (WA-05)."""
        self.env["aftersales.order"]._decide_open_orders(self)

    def _log_text(self, text):
        """One note on each, in one batch."""
        # Safe: a note about an action the caller was allowed to do.
        self.sudo()._message_log_batch(bodies=dict.fromkeys(self.ids, text))
