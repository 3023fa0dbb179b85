from odoo import api, fields, models


class AftersalesDiscountLimit(models.Model):
    """How far a role may leave the price list without asking (SV-50).

    The source's example: 10 % on 5 orders a week.
    """

    _name = "aftersales.discount.limit"
    _description = "Discount Limit"
    _order = "percent desc, id"

    group_id = fields.Many2one(
        "res.groups",
        "Role",
        required=True,
        ondelete="cascade",
        domain=lambda self: self._domain_group_id(),
    )
    company_id = fields.Many2one("res.company", help="Empty: all companies.")
    percent = fields.Float(
        "Up to % below list", required=True, default=10.0, digits="Discount"
    )
    orders_per_week = fields.Integer(
        required=True, default=5, help="0: no limit on the number of orders."
    )
    active = fields.Boolean(default=True)

    _percent_range = models.Constraint(
        "CHECK (percent > 0 AND percent <= 100)", "The share lies between 0 and 100 %."
    )
    _orders_positive = models.Constraint(
        "CHECK (orders_per_week >= 0)", "The number of orders cannot be negative."
    )

    @api.model
    def _domain_group_id(self):
        category = self.env.ref("aftersales_service.module_category_aftersales")
        return [("privilege_id.category_id", "=", category.id)]

    @api.depends("group_id", "percent")
    def _compute_display_name(self):
        for limit in self:
            limit.display_name = f"{limit.group_id.name}: {limit.percent:g} %"

    @api.model
    def _granted(self, lines):
        """Lines whose price lies within the user's own limit of this week.

        :return: ``aftersales.order.line`` records; gifts are never within a limit
        """
        granted = lines.browse()
        for company, company_lines in lines.grouped("company_id").items():
            limit = self._get_limit(company)
            if not limit:
                continue
            used = self.env["aftersales.approval"]._count_orders_by_limit(
                self.env.user, company
            )
            for line in company_lines:
                order = line.order_id
                if line._is_charged() and self._is_within(
                    limit, used, order, line.deviation
                ):
                    granted |= line
                    used.add(order.id)
        return granted

    @api.model
    def _is_within(self, limit, used, order, deviation):
        """Whether the limit still covers that share of that order.

        :param set used: ids of the orders granted by limit this week
        """
        full = limit.orders_per_week and len(used) >= limit.orders_per_week
        return (order.id in used or not full) and -limit.percent <= deviation <= 0

    @api.model
    def _get_limit(self, company):
        """The widest limit of the user's roles in that company."""
        # Safe: settings that only widen what this very user may do.
        limits = self.sudo().search([("company_id", "in", [company.id, False])])
        roles = self.env.user.all_group_ids
        return limits.filtered(lambda limit: limit.group_id in roles)[:1]
