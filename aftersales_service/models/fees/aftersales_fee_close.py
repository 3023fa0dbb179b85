from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.records import require_reason


class AftersalesFeeClose(models.Model):
    """Day or month of a service point that accounting has signed off (SV-54).

    ============ =================== ===============================================
    Action       Group               Restriction
    ============ =================== ===============================================
    close        accountant          accounting rights; no exception left unaccepted
    reopen       accounting manager  the latest close of the service point; reason
    ============ =================== ===============================================

    A close covers everything of the service point up to its last day. The row of the
    service point is locked and changed with it; who takes money or completes an order
    at the same moment waits and then sees the day closed.
    """

    _name = "aftersales.fee.close"
    _description = "Close of Service Fees"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _order = "date_to desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    kind = fields.Selection(
        [("day", "Day"), ("month", "Month")], required=True, readonly=True
    )
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("To", required=True, readonly=True)
    state = fields.Selection(
        [("closed", "Closed"), ("reopened", "Opened again")],
        default="closed",
        required=True,
        readonly=True,
        tracking=True,
    )
    closed_by_id = fields.Many2one(
        "res.users", "Closed by", readonly=True, ondelete="restrict"
    )
    closed_at = fields.Datetime("Closed on", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    figures = fields.Json(readonly=True)
    order_count = fields.Integer("Orders", readonly=True)
    accepted_count = fields.Integer("With accepted exceptions", readonly=True)
    amount_agreed = fields.Monetary("Agreed", readonly=True)
    amount_invoiced = fields.Monetary("Invoiced", readonly=True)
    amount_credited = fields.Monetary("Credited", readonly=True)
    amount_written_off = fields.Monetary("Written off", readonly=True)
    amount_collected = fields.Monetary("Taken on site", readonly=True)
    amount_open = fields.Monetary("Open", readonly=True)
    amount_covered = fields.Monetary("Covered", readonly=True)

    _once = models.UniqueIndex(
        "(team_id, date_to, kind) WHERE state = 'closed'",
        "This day is already closed.",
    )
    _days_in_order = models.Constraint(
        "CHECK (date_from <= date_to)", "The first day lies after the last one."
    )

    @api.depends("team_id", "kind", "date_from", "date_to")
    def _compute_display_name(self):
        for close in self:
            span = (
                fields.Date.to_string(close.date_to)[:7]
                if close.kind == "month"
                else fields.Date.to_string(close.date_to)
            )
            close.display_name = f"{close.team_id.name} {span}"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A close is never deleted; open it again instead."))

    # -------------------------------------------------------------------------
    # CLOSE
    # -------------------------------------------------------------------------

    @api.model
    def action_close_period(self, team_id, day, kind="day"):
        """Sign off a service point up to a day, or a whole month.

        :param int team_id: service point
        :param day: the day, or any day of the month
        :param kind: ``day`` or ``month``
        :return: aftersales.fee.close
        :raise UserError: exceptions are left, or the day is closed or not over
        """
        self.env["res.users"]._check_aftersales_role("accountant")
        self.env["aftersales.collection"]._check_accounting()
        team = self.env["aftersales.team"].browse(team_id).exists()
        if not team or kind not in ("day", "month"):
            raise UserError(self.env._("Choose the service point and the day."))
        team.check_access("read")
        start, end = self._get_period(team, day, kind)
        # Safe: rights were checked; the close is written in no other way.
        team = team.sudo()
        self._lock_team(team)
        self._check_can_close(team, start, end, kind)
        return self.sudo()._do_close(team, start, end, kind).sudo(False)

    def _get_period(self, team, day, kind):
        day = fields.Date.to_date(day) if day else False
        if not day:
            raise UserError(self.env._("Choose the service point and the day."))
        today = team.company_id._aftersales_today()
        if kind == "day":
            start = end = day
            late = day > today
        else:
            start = fields.Date.start_of(day, "month")
            end = fields.Date.end_of(day, "month")
            late = end >= today
        if late:
            raise UserError(
                self.env._(
                    "%s is not over yet and cannot be closed.",
                    end if kind == "day" else fields.Date.to_string(end)[:7],
                )
            )
        return start, end

    def _lock_team(self, team):
        if team.try_lock_for_update() != team:
            raise LockError(
                self.env._(
                    "%s is being worked on by another user, try again in a moment.",
                    team.name,
                )
            )
        team.invalidate_recordset(["fee_lock_date"])

    def _check_can_close(self, team, start, end, kind):
        lock = team.fee_lock_date
        again = kind == "day" and lock and end <= lock
        month = kind == "month" and self.search_count(
            [
                ("team_id", "=", team.id),
                ("kind", "=", "month"),
                ("state", "=", "closed"),
                ("date_to", ">=", end),
            ]
        )
        if again or month:
            raise UserError(
                self.env._(
                    "%(team)s is already closed up to %(day)s.",
                    team=team.name,
                    day=lock,
                )
            )
        self._check_no_exceptions(team, end)

    @api.model
    def _get_left(self, team, end):
        """What stands in the way of closing a day: the one count of exceptions.

        :return: ``aftersales.fee.line`` and ``aftersales.fee.orphan`` records; orders
            of days closed before as well, once something has changed on them
        """
        lines = self.env["aftersales.fee.line"]
        left = lines.search(lines._get_left_domain(team, end))
        orphans = self.env["aftersales.fee.orphan"].search(
            Domain("state", "=", "exception")
            & Domain("company_id", "=", team.company_id.id)
            & Domain("day", "<=", end)
        )
        return left, orphans

    def _check_no_exceptions(self, team, end):
        left, orphans = self._get_left(team, end)
        if not left and not orphans:
            return
        names = [f"{line.name}: {line.exceptions}" for line in left[:10]]
        texts = dict(orphans._fields["code"]._description_selection(self.env))
        names += [f"{line.name}: {texts[line.code]}" for line in orphans[:10]]
        raise UserError(
            self.env._(
                "%(team)s cannot be closed: %(count)s exceptions are neither mended "
                "nor accepted.\n%(lines)s",
                team=team.name,
                count=len(left) + len(orphans),
                lines="\n".join(names),
            )
        )

    def _do_close(self, team, start, end, kind):
        """One row, the orders marked with it, and the last closed day moved on."""
        if kind == "day":
            start = self._get_first_day(team, end)
        close = self.create(
            {
                "company_id": team.company_id.id,
                "team_id": team.id,
                "kind": kind,
                "date_from": start,
                "date_to": end,
                "closed_by_id": self.env.uid,
                "closed_at": fields.Datetime.now(),
            }
        )
        close._mark_orders()
        close._freeze()
        team.write({"fee_lock_date": max(end, team.fee_lock_date or end)})
        close.flush_recordset()
        close._attach_xlsx()
        return close

    def _get_first_day(self, team, end):
        """The day after the last close; at the first one the oldest day it takes."""
        previous = self.search(
            [("team_id", "=", team.id), ("state", "=", "closed")], limit=1
        )
        if previous:
            return min(fields.Date.add(previous.date_to, days=1), end)
        [(first,)] = self.env["aftersales.order"]._read_group(
            [("team_id", "=", team.id), ("fee_day", "<=", end)], [], ["fee_day:min"]
        )
        return first or end

    def _mark_orders(self):
        """Orders changed meanwhile by somebody else make this transaction repeat.

        None has an exception left, so they leave the list with the close; whatever
        changes on one later brings it back.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE aftersales_order SET fee_close_id = %s, fee_rank = 1
                 WHERE team_id = %s AND fee_day <= %s AND fee_close_id IS NULL
                """,
                self.id,
                self.team_id.id,
                self.date_to,
            )
        )
        self.env["aftersales.order"].invalidate_model(["fee_close_id", "fee_rank"])

    def _lines_domain(self):
        """Lines this close speaks for: its own, a month's also those of its days."""
        domain = Domain("team_id", "=", self.team_id.id)
        if self.kind == "month":
            return domain & (
                Domain("close_id", "=", self.id)
                | Domain("day", ">=", self.date_from)
                & Domain("day", "<=", self.date_to)
            )
        return domain & Domain("close_id", "=", self.id)

    def _get_lines(self):
        return self.env["aftersales.fee.line"].search(
            self._lines_domain(), order="day, id"
        )

    def _freeze(self):
        """Keep the figures of the moment; the papers are printed from them."""
        figures = self.env["aftersales.fee.tie_out"]._get_close_figures(self)
        totals = figures["totals"]
        self.write(
            {
                "figures": figures,
                "order_count": totals["orders"],
                "accepted_count": totals["accepted"],
                **{
                    f"amount_{name}": totals[name]
                    for name in (
                        "agreed",
                        "invoiced",
                        "credited",
                        "written_off",
                        "collected",
                        "open",
                        "covered",
                    )
                },
            }
        )

    # -------------------------------------------------------------------------
    # REOPEN
    # -------------------------------------------------------------------------

    def action_reopen(self, reason=False):
        """Open the latest close again; what it said stays on record."""
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("accountant")
        if not self.env.su and not self.env.user.has_group(
            "account.group_account_manager"
        ):
            raise AccessError(
                self.env._("Only the head of accounting opens a closed day again.")
            )
        reason = require_reason(
            self.env, reason, self.env._("Say why the day is opened again.")
        )
        close = self.sudo()  # Safe: rights were checked above.
        self._lock_team(close.team_id)
        close._lock_for_action()
        close._check_can_reopen()
        close._do_reopen(reason)

    def _check_can_reopen(self):
        latest = self.search(
            [("team_id", "=", self.team_id.id), ("state", "=", "closed")],
            order="date_to desc, id desc",
            limit=1,
        )
        if self != latest:
            raise UserError(
                self.env._(
                    "Only the latest close can be opened again: %s.",
                    latest.display_name or "–",
                )
            )

    def _do_reopen(self, reason):
        self.state = "reopened"
        self.flush_recordset()
        orders = self.env["aftersales.order"].search([("fee_close_id", "=", self.id)])
        orders.write({"fee_close_id": False})
        previous = self.search(
            [("team_id", "=", self.team_id.id), ("state", "=", "closed")],
            order="date_to desc, id desc",
            limit=1,
        )
        self.team_id.write({"fee_lock_date": previous.date_to or False})
        self.message_post(body=reason)

    # -------------------------------------------------------------------------
    # PAPERS
    # -------------------------------------------------------------------------

    def action_print(self):
        self.ensure_one()
        return self.env.ref("aftersales_service.action_report_fee_close").report_action(
            self
        )

    def action_download(self):
        """The workbook as it was made when the period was closed."""
        self.ensure_one()
        self.check_access("read")
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("mimetype", "=like", "%spreadsheetml%"),
            ],
            limit=1,
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }

    def _attach_xlsx(self):
        self.env["ir.attachment"].create(
            {
                "name": f"{self.display_name}.xlsx",
                "raw": self.env["aftersales.fee.tie_out"]._make_workbook(self),
                "res_model": self._name,
                "res_id": self.id,
            }
        )

    def action_view_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_fee_line_action"
        )
        return {**action, "domain": list(self._lines_domain()), "context": {}}
