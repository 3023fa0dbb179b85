from odoo import api, fields, models
from odoo.exceptions import ValidationError

MOMENTS = {
    "history_answered_at": "answer_at",
    "history_arrived_at": "arrive_at",
    "history_done_at": "done_at",
}


class AftersalesOrder(models.Model):
    """Calls of years past come in as what they are: over (SV-01).

    An import may bring state and moments; nothing follows from what is over: no
    promise, no task, no mail, no follow-up. Managers only, and only by import.
    """

    _inherit = "aftersales.order"

    PAST_MOMENTS = ("called_at", *MOMENTS)

    history_state = fields.Selection(
        [("done", "Done"), ("closed", "Closed"), ("cancelled", "Cancelled")],
        "State of old calls",
        store=False,
        help="Only for imports: the call is over.",
    )
    history_answered_at = fields.Datetime(
        "Answered on (old calls)", store=False, help="Only for imports."
    )
    history_arrived_at = fields.Datetime(
        "Arrived on (old calls)", store=False, help="Only for imports."
    )
    history_done_at = fields.Datetime(
        "Done on (old calls)", store=False, help="Only for imports."
    )
    history_amount = fields.Monetary(
        "Amount of old calls",
        copy=False,
        readonly=False,
        help="What the customer paid for a call that was imported; no invoice.",
    )

    @api.model
    def _get_import_key(self):
        return ("called_at", "partner_id", "serial", "description")

    @api.model
    def _is_repeat_meant(self, vals):
        return bool(vals.get("duplicate_confirmed"))

    @api.model_create_multi
    def create(self, vals_list):
        """Old calls apart: they are made as they ended."""
        if not self._is_import():
            names = {"history_state", *MOMENTS}
            vals_list = [
                {k: v for k, v in vals.items() if k not in names} for vals in vals_list
            ]
            return super().create(vals_list)
        fresh = [vals for vals in vals_list if not vals.get("history_state")]
        if len(fresh) == len(vals_list):
            return super().create(vals_list)
        self.env["res.users"]._check_aftersales_role("manager")
        self._check_imported(vals_list)
        self.check_access("create")
        quiet = self.with_context(
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
            mail_notrack=True,
            tracking_disable=True,
            mail_activity_quick_update=True,
        )
        made = iter(super().create(fresh)) if fresh else iter(())
        # Safe: rights were checked; states and moments are written in no other way.
        old = super(AftersalesOrder, quiet.sudo()).create(
            [
                self._prepare_old_call(vals)
                for vals in vals_list
                if vals.get("history_state")
            ]
        )
        over = iter(old.with_env(self.env))
        over_records = [
            next(over if vals.get("history_state") else made) for vals in vals_list
        ]
        return self.browse(record.id for record in over_records)

    @api.model
    def _prepare_old_call(self, vals):
        """State and moments in the fields that actions write."""
        self._check_guarded_values([vals])
        state = vals["history_state"]
        values = {
            name: value
            for name, value in vals.items()
            if name not in {"history_state", *MOMENTS}
        }
        for name, target in MOMENTS.items():
            if vals.get(name):
                values[target] = vals[name]
        values.update(state=state, duplicate_confirmed=True)
        done = values.get("done_at") or values.get("called_at")
        if state == "cancelled":
            values["cancelled_at"] = values.pop("done_at", done)
        else:
            values["done_at"] = values["resolve_at"] = done
        if state == "closed":
            values["closed_at"] = done
        self._check_order_of_times(vals, done)
        return values

    def _check_order_of_times(self, vals, done):
        begin = fields.Datetime.to_datetime(vals.get("called_at"))
        moments = [fields.Datetime.to_datetime(vals.get(name)) for name in MOMENTS]
        end = fields.Datetime.to_datetime(done)
        if not begin or any(m and not begin <= m <= end for m in moments):
            raise ValidationError(
                self.env._(
                    "An old call needs the moment of the call, and nothing of it "
                    "before that or after it was done."
                )
            )
