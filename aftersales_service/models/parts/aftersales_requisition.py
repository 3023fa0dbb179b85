from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesRequisition(models.Model):
    """Parts asked for by a service order, given out by the parts keeper (SV-40).

    ======== ========================= =============================================
    Action   Group                     Restriction
    ======== ========================= =============================================
    request  technician, operator      from the order: ``action_request_parts``
    approve  supervisor, manager       when the company approves; never the own one
    issue    parts keeper              approved; everything reserved
    cancel   parts keeper, asker       not issued
    ======== ========================= =============================================
    """

    _name = "aftersales.requisition"
    _description = "Parts Requisition"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _order = "requested_at desc, id desc"
    _check_company_auto = True

    name = fields.Char("Number", readonly=True, copy=False, default="/", index=True)
    company_id = fields.Many2one("res.company", required=True, index=True, guarded=True)
    order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        readonly=True,
    )
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    team_id = fields.Many2one(related="order_id.team_id", store=True, index=True)
    technician_id = fields.Many2one(
        "aftersales.technician",
        "For",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("requested", "Waiting for approval"),
            ("approved", "To issue"),
            ("issued", "Issued"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    method = fields.Selection(
        [("van", "To the van"), ("hand", "Handed over")],
        "Way of issue",
        required=True,
        default="hand",
        readonly=True,
    )
    location_id = fields.Many2one(
        "stock.location",
        "From",
        ondelete="restrict",
        check_company=True,
        readonly=True,
    )
    location_dest_id = fields.Many2one(
        "stock.location",
        "Van",
        ondelete="restrict",
        check_company=True,
        readonly=True,
    )
    line_ids = fields.One2many(
        "aftersales.order.line", "requisition_id", "Parts", readonly=True
    )
    picking_ids = fields.One2many(
        "stock.picking",
        "aftersales_requisition_id",
        "Transfers",
        readonly=True,
        groups="stock.group_stock_user",
    )
    stock_state = fields.Selection(
        [("available", "Reserved"), ("short", "Parts missing")],
        "Stock",
        compute="_compute_stock_state",
        compute_sudo=True,
    )
    note = fields.Text()
    requested_by_id = fields.Many2one("res.users", "Requested by", readonly=True)
    requested_at = fields.Datetime("Requested on", readonly=True)
    approved_by_id = fields.Many2one("res.users", "Approved by", readonly=True)
    approved_at = fields.Datetime("Approved on", readonly=True)
    issued_by_id = fields.Many2one("res.users", "Issued by", readonly=True)
    issued_at = fields.Datetime("Issued on", readonly=True)
    gate_pass = fields.Char("Gate pass", readonly=True, copy=False, index=True)

    _to_issue_idx = models.Index("(team_id, requested_at) WHERE state = 'approved'")

    @api.depends("state", "line_ids.move_ids.state")
    def _compute_stock_state(self):
        for requisition in self:
            moves = requisition._get_open_moves()
            requisition.stock_state = (
                False
                if requisition.state != "approved"
                else "available"
                if all(move.state == "assigned" for move in moves)
                else "short"
            )

    def _get_open_moves(self):
        kind = "transfer" if self.method == "van" else "issue"
        return self.line_ids._get_open_moves().filtered(
            lambda move: move.aftersales_kind == kind
        )

    @api.model
    def _prepare_guarded_values(self, vals_list):
        by_company = {}
        for vals in vals_list:
            by_company.setdefault(vals["company_id"], []).append(vals)
        for company_id, company_vals in by_company.items():
            numbers = self.env["ir.sequence"]._aftersales_next_numbers(
                "aftersales.requisition",
                self.env["res.company"].browse(company_id),
                len(company_vals),
            )
            for vals, number in zip(company_vals, numbers, strict=True):
                vals["name"] = number
        return super()._prepare_guarded_values(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if kept := self.filtered(lambda req: req.state not in ("draft", "cancelled")):
            raise UserError(
                self.env._(
                    "%(names)s is in use; cancel it instead of deleting it.",
                    names=", ".join(kept[:5].mapped("name")),
                )
            )

    # -------------------------------------------------------------------------
    # TRANSITIONS
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "request": (("draft",), "requested"),
            "approve": (("draft", "requested"), "approved"),
            "issue": (("approved",), "issued"),
            "cancel": (("draft", "requested", "approved"), "cancelled"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        values.update(
            {
                "approve": self._prepare_approval_values(),
                "issue": {"issued_by_id": self.env.uid, "issued_at": now},
            }.get(name, {})
        )
        return values

    def _prepare_approval_values(self):
        """Nobody has approved what needs no approval."""
        if any(requisition.state == "draft" for requisition in self):
            return {}
        return {"approved_by_id": self.env.uid, "approved_at": fields.Datetime.now()}

    @api.model
    def _request_lines(self, order, lines):
        """Ask for the lines; approved at once unless the company wants a decision."""
        # Safe: the order's action has checked rights and state.
        requisition = self.sudo().create(self._prepare_request_values(order))
        lines.sudo().write({"requisition_id": requisition.id})
        if order.company_id.aftersales_requisition_approval:
            requisition._transition("request")
            self.env["aftersales.approval"]._request(
                "requisition",
                requisition,
                f"{requisition.name} · {order.name}",
                order,
                ", ".join(lines.product_id.mapped("display_name")),
            )
        else:
            requisition._approve()
        return requisition.with_env(self.env)

    @api.model
    def _prepare_request_values(self, order):
        # Safe: places of the order's own service point and technician.
        order = order.sudo()
        van = order.technician_id.van_location_id
        return {
            "company_id": order.company_id.id,
            "order_id": order.id,
            "technician_id": order.technician_id.id,
            "method": "van" if van else "hand",
            "location_id": order._get_point_locations()[order].id,
            "location_dest_id": van.id,
            "requested_by_id": self.env.uid,
            "requested_at": fields.Datetime.now(),
        }

    def _approval_decided(self, approval):
        """The queue has decided: reserve, or give the parts up."""
        self.ensure_one()
        if self.state != "requested":
            return
        if approval.state == "approved":
            self._approve()
        else:
            self._give_up(approval.decision_note)

    def _approve(self):
        self._transition("approve")
        self._reserve()

    def _reserve(self):
        """Reserve at the service point, ahead of others of the same date."""
        # Safe: the requisition is approved.
        requisition = self.sudo()
        lines = requisition.line_ids
        if requisition.method == "hand":
            lines.source_location_id = requisition.location_id
            lines._reserve()
        else:
            requisition._reserve_transfer(lines, requisition.location_id)

    def _reserve_transfer(self, lines, location):
        """The parts on their way from a place into the van, ahead of others."""
        # Safe: the requisition is approved.
        requisition = self.sudo()
        pickings = self.env["stock.picking"].sudo()
        picking = pickings.create(
            {**requisition._prepare_picking_values(), "location_id": location.id}
        )
        moves = (
            self.env["stock.move"]
            .sudo()
            .create(
                [
                    {
                        **line._prepare_move_values(
                            "transfer",
                            location,
                            requisition.location_dest_id,
                            line._get_quantity_to_issue(),
                        ),
                        "picking_id": picking.id,
                        "picking_type_id": picking.picking_type_id.id,
                        "partner_id": False,
                    }
                    for line in lines
                ]
            )
        )
        moves._action_confirm(merge=False)
        moves._aftersales_assign_first()

    def _prepare_picking_values(self):
        return self.order_id._prepare_transfer_values(
            self.location_id,
            self.location_dest_id,
            aftersales_requisition_id=self.id,
            origin=f"{self.name} · {self.order_id.name}",
        )

    def action_approve(self):
        """Decide the waiting request here instead of in the queue."""
        self._get_approvals().action_approve()

    def action_reject(self, reason=False):
        """Refuse the waiting request with a reason."""
        self._get_approvals().action_reject(reason)

    def _get_approvals(self):
        self.check_access("read")
        approvals = self.env["aftersales.approval"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("state", "=", "pending"),
            ]
        )
        if not approvals:
            raise UserError(self._blocked_message("approve", self))
        return approvals

    def action_check_stock(self):
        """Try again to reserve what was missing."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("parts")
        self._check_transition("issue")
        for requisition in self:
            requisition._reserve_missing()

    def _reserve_missing(self):
        """Parts that have come since are reserved; what is reserved stays so."""
        # Safe: rights and state were checked by the action.
        self.sudo()._get_open_moves()._aftersales_assign_first()

    def action_issue(self):
        """The parts leave the shelf: into the van, or into the technician's hands."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("parts")
        self._lock_for_action()
        self._check_transition("issue")
        for requisition in self:
            requisition._reserve_missing()
            requisition._check_reserved()
            requisition._do_issue()
        self._transition("issue")
        self._draw_gate_pass()

    def _check_reserved(self):
        # Safe: reads the state of the requisition's own moves.
        requisition = self.sudo()
        waiting = requisition._get_open_moves().filtered(
            lambda move: move.state != "assigned"
        )
        if waiting:
            raise UserError(
                self.env._(
                    "%(name)s: not enough stock in %(location)s for %(parts)s. Use "
                    "“Missing parts” on the order, or cancel the requisition.",
                    name=self.name,
                    location=", ".join(waiting.location_id.mapped("display_name")),
                    parts=", ".join(waiting.product_id.mapped("display_name")),
                )
            )

    def _do_issue(self):
        # Safe: rights, state and reservation were checked by the action.
        requisition = self.sudo()
        moves = requisition._get_open_moves()
        lines = requisition.line_ids
        if requisition.method == "hand":
            lines._take_lots_of(moves)
            return
        moves.picked = True
        moves.picking_id._action_done()
        lines = moves.aftersales_order_line_id
        lines._take_lots_of(moves)
        lines.write({"source_location_id": requisition.location_dest_id.id})
        lines._reserve()

    def _draw_gate_pass(self):
        for company, requisitions in self.grouped("company_id").items():
            numbers = self.env["ir.sequence"]._aftersales_next_numbers(
                "aftersales.gate_pass", company, len(requisitions)
            )
            for requisition, number in zip(requisitions, numbers, strict=True):
                # Safe: part of the issue action.
                requisition.sudo().gate_pass = number

    def action_cancel(self, reason=False):
        """Give the reservation back; the lines stay on the order."""
        self.check_access("read")
        own = self.filtered(lambda req: req.requested_by_id == self.env.user)
        if self - own:
            self.env["res.users"]._check_aftersales_role("parts")
        self._lock_for_action()
        self._check_transition("cancel")
        for requisition in self:
            requisition._give_up(reason)

    def _give_up(self, reason):
        # Safe: rights and state were checked by the caller.
        requisition = self.sudo()
        requisition.line_ids._release()
        pending = (
            self.env["aftersales.approval"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("state", "=", "pending"),
                ]
            )
        )
        pending.write({"state": "obsolete"})
        self._transition("cancel")
        if (reason or "").strip():
            self.message_post(body=reason.strip())
