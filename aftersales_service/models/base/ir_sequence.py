from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class IrSequence(models.Model):
    _inherit = "ir.sequence"

    @api.model
    def _aftersales_number(self, code, vals_list, get_company=None):
        """Put numbers into the values of new records, each from its own company.

        :param code: code of the sequence
        :param get_company: company behind the values of one record; default: the one
            they name, else the current one, which the record will have then
        """
        groups = {}
        for vals in vals_list:
            company = get_company and get_company(vals)
            company_id = company.id if company else vals.get("company_id")
            groups.setdefault(company_id or self.env.company.id, []).append(vals)
        for company_id, group in groups.items():
            company = self.env["res.company"].browse(company_id)
            numbers = self._aftersales_next_numbers(code, company, len(group))
            for vals, number in zip(group, numbers, strict=True):
                vals["name"] = number

    @api.model
    def _aftersales_next_numbers(self, code, company, count):
        """Draw ``count`` numbers of a sequence with one query instead of one each.

        :param code: code of the sequence
        :param company: its own sequence is preferred to the shared one
        :param count: how many numbers
        :return: list of rendered numbers, in order
        :raise UserError: when the sequence has been deleted
        """
        if not count:
            return []
        # Safe: numbers are drawn for a record the caller is allowed to create.
        sequence = self.sudo().search(
            [("code", "=", code), ("company_id", "in", [company.id, False])],
            order="company_id",
            limit=1,
        )
        if not sequence:
            raise UserError(
                self.env._(
                    "The number sequence “%(code)s” is missing. Create it under "
                    "Settings › Technical › Sequences.",
                    code=code,
                )
            )
        if sequence.use_date_range or sequence.implementation != "standard":
            return [sequence.next_by_id() for _i in range(count)]
        rows = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                count,
            )
        )
        prefix, suffix = sequence._get_prefix_suffix()
        return [f"{prefix}{n:0{sequence.padding}d}{suffix}" for (n,) in rows]
