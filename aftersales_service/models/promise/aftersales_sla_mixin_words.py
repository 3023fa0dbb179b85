from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

BANDS = (("overdue", 0), ("1h", 1), ("4h", 4), ("24h", 24))


class AftersalesSlaMixin(models.AbstractModel):
    """Promises in words, and the time left in lists."""

    _inherit = "aftersales.sla.mixin"

    # -------------------------------------------------------------------------
    # TIME LEFT: in SQL, never computed over all records
    # -------------------------------------------------------------------------

    @api.depends("sla_due_at")
    def _compute_sla_left(self):
        now = fields.Datetime.now()
        for document in self:
            due = document.sla_due_at
            left = (due - now).total_seconds() / 3600 if due else 0.0
            document.sla_left = left
            document.sla_band = due and next(
                (band for band, hours in BANDS if left < hours), "later"
            )

    @api.model
    def _search_sla_left(self, operator, value):
        """Hours left compared with a number: a range of the indexed deadline."""
        if operator not in ("<", ">", "<=", ">=") or isinstance(value, bool):
            return NotImplemented
        limit = fields.Datetime.now() + timedelta(hours=value)
        return Domain("sla_due_at", operator, limit)

    @api.model
    def _search_sla_band(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        limits = {band: now + timedelta(hours=hours) for band, hours in BANDS}
        names = [*limits, "later"]
        domains = [Domain("sla_due_at", "=", False)] if False in value else []
        for previous, name in zip([None, *names], names, strict=False):
            if name in value:
                low = Domain("sla_due_at", ">=", limits[previous]) if previous else None
                high = (
                    Domain("sla_due_at", "<", limits[name]) if name in limits else None
                )
                domains.append(Domain.AND([part for part in (low, high) if part]))
        return Domain.OR(domains)

    def _field_to_sql(self, alias, field_expr, query=None):
        """Sort and group by the time left without reading the records."""
        if field_expr not in ("sla_left", "sla_band"):
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        due = self._field_to_sql(alias, "sla_due_at", query)
        left = SQL("EXTRACT(EPOCH FROM %s - %s) / 3600", due, fields.Datetime.now())
        if field_expr == "sla_left":
            return SQL("(%s)", left)
        whens = [
            SQL("WHEN %s < %s THEN %s", left, hours, band) for band, hours in BANDS
        ]
        return SQL(
            "(CASE WHEN %s IS NULL THEN NULL %s ELSE 'later' END)",
            due,
            SQL(" ").join(whens),
        )

    # -------------------------------------------------------------------------
    # WHAT IS MISSING
    # -------------------------------------------------------------------------

    @api.depends(lambda self: self._get_sla_fact_fields())
    @api.depends_context("lang")
    def _compute_sla_missing(self):
        """Facts that nobody has entered and a promise depends on."""
        over = self.filtered(lambda document: document._is_sla_over())
        over.sla_missing = False
        running = self - over
        if not running:
            return
        # Safe: which facts are missing does not depend on who looks.
        facts = running.sudo()._get_facts_by_document()
        engine = running._get_sla_engine(facts.values(), fields.Datetime.now())
        for document in running:
            known = facts[document.sudo()]
            missing = engine.missing(known)
            for name, promise in engine.match(known).items():
                if document._get_step_start(name, promise, True) is False:
                    missing.add("workshop")
            labels = document._get_missing_labels(missing)
            document.sla_missing = "; ".join(labels) or False

    def _get_missing_labels(self, missing):
        """Sentences for facts that are not known, in words of what to enter."""
        labels = []
        zone = "zone_id" in self._fields and self.sudo().zone_id  # Safe: its name.
        if missing & {"zone_id", "area"} and not zone:
            labels.append(self.env._("the service zone of the site"))
        elif "area" in missing:
            labels.append(
                self.env._("the kind of area of zone “%(zone)s”", zone=zone.name)
            )
        if "distance" in missing:
            labels.append(
                self.env._("the position of the site and of the service point")
            )
        if "workshop" in missing:
            labels.append(self.env._("when the machine arrived in the workshop"))
        return labels

    # -------------------------------------------------------------------------
    # IN WORDS
    # -------------------------------------------------------------------------

    @api.depends("answer_deadline", "arrive_deadline", "resolve_deadline")
    @api.depends_context("lang", "tz")
    def _compute_sla_explanation(self):
        history = self._get_sla_history()
        for document in self:
            agreements = history.get(document._origin.id, ([], {}))[1]
            lines = [
                document._explain_step(name, agreements.get(name))
                for name in self.SLA_MILESTONES
            ]
            document.sla_explanation = "\n".join(line for line in lines if line)

    def _explain_step(self, name, agreed):
        """One sentence: until when, by which promise, and why this one."""
        reason = self._get_sla_reason(name)
        deadline = self[f"{name}_deadline"]
        if not reason and not deadline:
            return ""
        label = self.env["aftersales.sla.policy"]._get_milestone_label(name)
        if not deadline:
            return self.env._(
                "%(label)s: no deadline, the working hours of “%(reason)s” are empty",
                label=label,
                reason=reason,
            )
        line = self.env._(
            "%(label)s by %(deadline)s: %(reason)s",
            label=label,
            deadline=self._format_sla(deadline),
            reason=reason or self.env._("agreed with the customer"),
        )
        if not agreed:
            return line
        if agreed.is_reopening:
            return self._explain_reopening(line, agreed)
        return self.env._(
            "%(line)s. Agreed anew: %(why)s; it was %(old)s before.",
            line=line,
            why=agreed.reason,
            old=self._format_sla(agreed.old_deadline) or self.env._("not promised"),
        )

    def _explain_reopening(self, line, row):
        values = {
            "line": line,
            "when": self._format_sla(row.agreed_at),
            "old": self._format_sla(row.old_deadline),
        }
        if not row.old_deadline or not row.reached_at:
            return self.env._(
                "%(line)s. Counted from %(when)s, opened again.",
                line=line,
                when=values["when"],
            )
        if row.was_late:
            return self.env._(
                "%(line)s. Counted from %(when)s, opened again; the first promise, "
                "%(old)s, was missed.",
                **values,
            )
        return self.env._(
            "%(line)s. Counted from %(when)s, opened again; the first promise, "
            "%(old)s, was kept.",
            **values,
        )

    def _get_sla_reason(self, name):
        """“Policy (what it promises; why it applies)”, empty without a policy."""
        # Safe: what was promised to the customer of a document the user may read.
        policy = self[f"{name}_policy_id"].sudo()
        if not policy:
            return ""
        grade = self.sudo()._get_all_facts().get("grade_id")
        target = policy._describe_promised(name, grade)
        return f"{policy.name} ({target}; {policy._describe_reason(grade)})"

    def _get_sla_reasons(self):
        """``{milestone: why this policy}`` in words, for the bar."""
        self.ensure_one()
        return {name: self._get_sla_reason(name) for name in self.SLA_MILESTONES}

    def _format_sla(self, instant):
        """In the user's time zone, else in that of the company."""
        if not instant:
            return ""
        tz = (
            self.env.context.get("tz")
            or self.env.user.tz
            or self._get_sla_company()._aftersales_zone().zone
        )
        return format_datetime(self.env, instant, tz=tz, dt_format="short")
