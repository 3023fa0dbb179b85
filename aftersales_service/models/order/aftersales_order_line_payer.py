from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.payer import Decision


class AftersalesOrderLine(models.Model):
    """Who pays a line and why: ordered deciders, the first wins (SV-02, SV-55)."""

    _inherit = "aftersales.order.line"

    @api.model
    def _get_payer_deciders(self):
        """Names of the deciders in order; the first that answers wins.

        A decider takes the lines still undecided and returns ``{line: Decision}``
        for those it decides. Later add-ons insert theirs.
        """
        return [
            "_decide_override",
            "_decide_misuse",
            "_decide_contract",
            "_decide_free",
            "_decide_internal",
            "_decide_customer",
        ]

    def _decide_payer(self):
        """Who pays each line, with the rule and the reason in words.

        :return: ``{line: (rule, Decision)}``
        """
        decisions, undecided = {}, self
        for name in self._get_payer_deciders():
            if not undecided:
                break
            rule = name.removeprefix("_decide_")
            found = getattr(undecided, name)()
            for line, decision in found.items():
                decisions[line] = (rule, decision)
            undecided = undecided.filtered(lambda line, found=found: line not in found)
        return decisions

    def _decide_override(self):
        return {
            line: Decision(line.payer_override, line.payer_override_reason)
            for line in self
            if line.payer_override
        }

    @api.model
    def _get_rule_reasons(self):
        """``{rule: sentence}`` of the rules that need no facts to be explained."""
        return {
            "misuse": self.env._("Misuse or force majeure: charged to the customer"),
            "contract": self.env._("Order under maintenance contract"),
            "free": self.env._("Order registered as free of charge"),
            "internal": self.env._("Internal work of the company"),
            "customer": self.env._("Chargeable service"),
        }

    def _decide_misuse(self):
        decision = Decision("customer", self._get_rule_reasons()["misuse"])
        return {line: decision for line in self if line.order_id.misuse}

    def _decide_contract(self):
        return self._decide_by_type("contract", "contract")

    def _decide_free(self):
        return self._decide_by_type("free", "goodwill")

    def _decide_internal(self):
        return self._decide_by_type("internal", "goodwill")

    def _decide_customer(self):
        decision = Decision("customer", self._get_rule_reasons()["customer"])
        return dict.fromkeys(self, decision)

    def _decide_by_type(self, service_type, payer):
        decision = Decision(payer, self._get_rule_reasons()[service_type])
        return {
            line: decision
            for line in self
            if line.order_id.service_type == service_type
        }

    def action_override_payer(self, payer, reason):
        """A manager decides otherwise than the rules, with a reason (WA-05).

        :param payer: one of the payers, or False to let the rules decide again
        :param reason: shown to the accountant
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("manager")
        self.order_id._lock_for_action()
        self._check_editable()
        if payer and payer not in dict(self._fields["payer"].selection):
            raise UserError(self.env._("Unknown payer “%s”.", payer))
        if payer and not (reason or "").strip():
            raise UserError(self.env._("Say why this payer is chosen."))
        # Safe: only managers get here and the order is neither closed nor invoiced.
        lines = self.sudo()
        lines.write(
            {
                "payer_override": payer,
                "payer_override_reason": (reason or "").strip() or False,
                "payer_decided_by_id": self.env.uid,
                "payer_decided_at": fields.Datetime.now(),
            }
        )
        lines._approve_as_decided()
        for line in self:
            line.order_id._log_reason(
                self.env._("Payer of %(line)s: %(payer)s", line=line.name, payer=payer),
                reason,
            )

    def _approve_as_decided(self):
        """A manager's own decision needs no second approval."""
        for line in self:
            line.approved_price = line._get_net_price()
            line.approved_payer = line.payer
