from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.tools.records import labels

from ...tools import entitlement
from ...tools.period import Length

NAMED = 5


class AftersalesReturn(models.Model):
    """Does the rule really give what is asked for? (WA-10)

    The assistant offers only what holds, but a return can also be typed in or come by
    RPC. So the server asks the rule itself: at the request, and again at the approval.
    Only the general manager grants more than the rule gives, with a reason.
    """

    _inherit = "aftersales.return"

    drafted_on = fields.Date(
        "Entered on",
        readonly=True,
        copy=False,
        default=lambda self: self.env.company._aftersales_today(),
    )
    refusal_text = fields.Text(
        "Against the rule", compute="_compute_refusal_text", compute_sudo=False
    )

    @api.depends("rule_id", "kind", "date", "state", "order_id", "line_ids.asset_id")
    def _compute_refusal_text(self):
        for row in self:
            saved = row._origin
            asked = row.state in ("draft", "requested") and saved.line_ids
            row.refusal_text = asked and "\n".join(saved._get_refusals()) or False

    def _check_requestable(self):
        """Refuse what no rule gives, unless the general manager is asked with a reason.

        :raise UserError: one sentence per reason, with the machines it concerns
        """
        for row in self:
            refusals = row._get_refusals()
            if refusals and not (row.exception_reason or "").strip():
                raise UserError(
                    self.env._(
                        "%(name)s: “%(rule)s” does not give this.\n%(reasons)s\n\n"
                        "Choose another rule, or say under “Why an exception” why the "
                        "general manager should grant it all the same.",
                        name=row.name,
                        rule=row.rule_id.name,
                        reasons="\n".join(refusals),
                    )
                )

    def _check_approvable(self, note):
        """What changed since the request counts: the approval looks again."""
        self.ensure_one()
        refusals = self._get_refusals(final=True)
        if refusals and not (note or "").strip():
            raise UserError(
                self.env._(
                    "%(name)s: “%(rule)s” does not give this.\n%(reasons)s\n\n"
                    "Open the return and use “Approve as an exception”, with a reason.",
                    name=self.name,
                    rule=self.rule_id.name,
                    reasons="\n".join(refusals),
                )
            )

    def _get_refusals(self, final=False):
        """Sentences why the rule does not give it; empty when it does.

        :param final: a finding of our engineer must be confirmed by now
        """
        self.ensure_one()
        # Safe: facts of the return's own machines and documents, told as sentences.
        row = self.sudo()
        if not row.rule_id:
            return []
        texts = row._get_header_refusals()
        by_text = {}
        for line, text in row._get_line_refusals(final):
            by_text.setdefault(text, []).append(line.display_name)
        for text, names in by_text.items():
            more = " …" if len(names) > NAMED else ""
            texts.append(f"{', '.join(names[:NAMED])}{more}: {text}")
        return texts

    def _get_header_refusals(self):
        """The kind must be the rule's, and nobody chooses the day that suits."""
        texts = []
        kinds = labels(self.rule_id, "kind")
        if self.rule_id.kind != self.kind:
            texts.append(
                self.env._("The rule is for: %s", kinds[self.rule_id.kind].lower())
            )
        first = self.drafted_on or self.date
        if called_at := self.order_id.called_at:
            first = min(first, self.company_id._aftersales_day(called_at))
        # One day of grace: the machine may stand in another time zone.
        grace = timedelta(days=1)
        if self.date < first - grace:
            texts.append(
                self.env._(
                    "It was entered later than the day it was asked for. Choose the "
                    "service order of that day."
                )
            )
        elif self.date > self.company_id._aftersales_today() + grace:
            texts.append(self.env._("The day it was asked for lies in the future."))
        return texts

    def _get_line_refusals(self, final):
        """``[(line, sentence)]``, with a fixed number of queries."""
        rule = self.rule_id
        sets = self.env["aftersales.entitlement.set"]._find_sets(
            self.line_ids.product_id, self.company_id
        )
        facts = self._get_line_facts()
        allowed = {entitlement.OPEN} if final else {entitlement.OPEN, "confirm"}
        found = []
        for line in self.line_ids:
            if rule not in sets[line.product_id][0].rule_ids:
                text = self.env._("The rule does not hold for this product.")
                found.append((line, text))
                continue
            result = entitlement.evaluate([rule._as_rule()], facts[line])[0]
            if result.state not in allowed:
                text = line.asset_id._explain_possibility(result, facts[line])
                found.append((line, text))
        return found

    def _get_line_facts(self):
        """``{line: tools.entitlement.Facts}``; without a machine, of the documents."""
        assets = self.line_ids.asset_id
        orders = dict.fromkeys(assets, self.order_id) if self.order_id else {}
        facts = assets._get_entitlement_facts(self.date, orders) if assets else {}
        loose = self.line_ids.filtered(lambda line: not line.asset_id)
        warranties = loose._get_sale_warranties()
        return {
            line: facts[line.asset_id]
            if line.asset_id
            else self._prepare_document_facts(line, warranties[line])
            for line in self.line_ids
        }

    def _prepare_document_facts(self, line, warranties):
        order = self.order_id
        standard = warranties.filtered(lambda row: row.kind == "standard")[:1]
        term = standard.term_id
        return entitlement.Facts(
            day=self.date,
            events={
                "invoice": line.invoice_line_id.move_id.invoice_date or None,
                "delivery": line._get_delivered_on(),
            },
            warranty_end=max(filter(None, warranties.mapped("date_end")), default=None),
            before_start=standard._covers_before_start(self.date)
            if standard
            else False,
            warranty_months=Length(term.duration, term.duration_unit).months,
            finding=order.finding or None,
            misuse=order.misuse,
            severe=order.fault_level == "1",
        )
