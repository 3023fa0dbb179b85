from odoo import api, fields, models

from ...tools import cover as c
from ...tools.cover import CoverRequest
from ...tools.period import local_date

KINDS = ("part", "labour", "travel")
# The refusal that is told, when several warranties do not pay.
TOLD = (c.VOID, c.PENDING, c.BEFORE_START, c.USAGE, c.EXPIRED)
STATES = {
    c.VOID: "void",
    c.PENDING: "pending",
    c.BEFORE_START: "pending",
    c.USAGE: "expired",
    c.EXPIRED: "expired",
}


class AftersalesWarrantyCard(models.AbstractModel):
    """One line on a machine: what is free, what is charged, until when and why.

    For the call desk, the order, the phone and the portal; ``{"state", "short",
    "text"}`` in the language of the reader, for any number of machines at once.
    """

    _name = "aftersales.warranty.card"
    _description = "Warranty: card of a machine"

    @api.model
    def _get_cards(self, assets, at=None):
        """``{asset: card}`` for a report at that instant, now by default."""
        at = at or fields.Datetime.now()
        cards = self._make_cards([{"asset": asset, "at": at} for asset in assets])
        return dict(zip(assets, cards, strict=True))

    @api.model
    def _get_order_cards(self, orders):
        """``{order: card}`` on the day of each report; empty without a machine."""
        asked = orders.filtered(lambda o: o.asset_id or o.sale_warranty_id)
        subjects = [
            {
                "asset": order.asset_id._origin or None,
                "warranties": order.sale_warranty_id._origin or None,
                "at": order.called_at or fields.Datetime.now(),
            }
            for order in asked
        ]
        cards = dict(zip(asked, self._make_cards(subjects), strict=True))
        return {order: cards.get(order, {}) for order in orders}

    def _make_cards(self, subjects):
        """:param subjects: dicts with ``asset`` or ``warranties``, and ``at``"""
        requests = [
            CoverRequest(
                kind,
                subject["at"],
                asset=subject["asset"],
                warranties=subject.get("warranties"),
            )
            for subject in subjects
            for kind in KINDS
        ]
        answers = self.env["aftersales.warranty"]._get_cover(requests)
        size = len(KINDS)
        return [
            self._make_card(
                dict(zip(KINDS, answers[n * size : (n + 1) * size], strict=True)),
                subject["at"],
            )
            for n, subject in enumerate(subjects)
        ]

    def _make_card(self, answers, at):
        keys = self._get_longer(answers, at)
        best = {kind: answer.best for kind, answer in answers.items() if answer.best}
        if not best and not keys:
            return self._make_refused(answers)
        shares = {kind: answer.share for kind, answer in answers.items()}
        full = shares["part"] >= 100 and shares["labour"] >= 100
        return {
            "state": "active" if full else "partly",
            "short": self._describe_short(answers, keys, at),
            "text": self._describe_long(shares, best, keys),
        }

    def _get_longer(self, answers, at):
        """Key parts, and parts fitted before, with a cover of their own.

        :return: rows of scopes and parts, the longest cover first
        """
        refused = {
            refusal.warranty
            for answer in answers.values()
            for refusal in answer.refusals
            if refusal.reason in (c.VOID, c.PENDING, c.BEFORE_START)
        }
        items = [i for a in answers.values() for i in (*a.covers, *a.refusals)]
        rows = []
        for warranty in dict.fromkeys(item.warranty for item in items):
            if warranty not in refused:
                rows += self._get_longer_rows(warranty, at)
        return sorted(rows, key=lambda row: (-row.date_end.toordinal(), row.id))

    def _get_longer_rows(self, warranty, at):
        # Safe: names of parts and the last days of their cover.
        warranty = warranty.sudo()
        day = local_date(at, warranty.tz)
        scopes = warranty.scope_ids.filtered(
            lambda row: (
                row.role == "key"
                and row.share
                and row.date_start
                and row.date_start <= day <= row.date_end
                and not (row.usage_ended_on and row.usage_ended_on <= day)
            )
        )
        parts = warranty.part_ids.filtered(
            lambda row: row.date_end and row.fitted_on <= day <= row.date_end
        )
        ends = warranty.date_end
        return [*scopes, *parts.filtered(lambda row: not ends or row.date_end > ends)]

    # -- words ------------------------------------------------------------------------

    def _get_kind_names(self):
        return {
            "part": self.env._("parts"),
            "labour": self.env._("labour"),
            "travel": self.env._("travel"),
        }

    def _describe_short(self, answers, keys, at):
        """“parts free 41 d · labour ✓ · travel charged”."""
        names, texts = self._get_kind_names(), []
        for kind, answer in answers.items():
            texts.append(self._describe_kind(kind, names[kind], answer))
        if keys and not answers["part"].best:
            day = local_date(at, keys[0].warranty_id.tz)
            texts[0] = self.env._(
                "%(part)s free %(days)s d",
                part=self._get_row_name(keys[0]),
                days=(keys[0].date_end - day).days,
            )
        return " · ".join(texts)

    def _describe_kind(self, kind, name, answer):
        if not answer.best:
            return self.env._("%(what)s charged", what=name)
        if answer.share < 100:
            return self.env._("%(what)s %(share)g %%", what=name, share=answer.share)
        if kind != "part":
            return f"{name} ✓"
        best = answer.best
        if best.by != "period":
            return self.env._("%(what)s free", what=name)
        if not best.days_left:
            return self.env._("%(what)s free, last day", what=name)
        return self.env._("%(what)s free %(days)s d", what=name, days=best.days_left)

    def _describe_long(self, shares, best, keys):
        """“Parts free, labour charged: bought …, Boards 24 months, 41 days left, …”."""
        words = self.env["aftersales.warranty.words"]
        heads = self._describe_heads(shares)
        reasons = []
        if best:
            kind = "part" if "part" in best else next(iter(best))
            facts = words._prepare_facts(kind, best[kind])
            reasons = words._get_reasons(facts)
        position = 2 if best else 0
        reasons[position:position] = [self._describe_key(row) for row in keys[:3]]
        text = ", ".join(heads)
        text = text[:1].upper() + text[1:]
        return self.env._("%(what)s: %(why)s", what=text, why=", ".join(reasons))

    def _describe_heads(self, shares):
        names = self._get_kind_names()
        rows = []
        for kind, share in shares.items():
            if share >= 100:
                rows.append(self.env._("%(what)s free", what=names[kind]))
            elif share:
                rows.append(
                    self.env._("%(what)s %(share)g %%", what=names[kind], share=share)
                )
            else:
                rows.append(self.env._("%(what)s charged", what=names[kind]))
        return rows

    def _describe_key(self, row):
        """“Boards 5 years until 2 March 2029”, “Fan until 3 May 2026”."""
        words = self.env["aftersales.warranty.words"]
        if "fitted_on" in row:
            return self.env._(
                "%(part)s until %(day)s",
                part=self._get_row_name(row),
                day=words._day(row.date_end),
            )
        length = words._length(row)
        return self.env._(
            "%(part)s %(length)s until %(day)s",
            part=self._get_row_name(row),
            length=words._describe_length(length["length"], length["unit"]),
            day=words._day(row.date_end),
        )

    def _get_row_name(self, row):
        # Safe: the name of a product or a category.
        row = row.sudo().with_context(lang=self.env.context.get("lang"))
        return row.product_id.name or ("categ_id" in row and row.categ_id.name) or ""

    def _make_refused(self, answers):
        refusals = [r for answer in answers.values() for r in answer.refusals]
        told = (
            sorted(
                (refusal for refusal in refusals if refusal.reason in TOLD),
                key=lambda refusal: TOLD.index(refusal.reason),
            )
            or refusals
        )
        if not told:
            text = self.env._("no warranty")
            return {"state": "none", "short": text, "text": self._no_warranty()}
        words = self.env["aftersales.warranty.words"]
        text = words._describe(words._prepare_facts("part", told[0]))
        state = STATES.get(told[0].reason, "none")
        return {"state": state, "short": self._get_short(state), "text": text}

    def _no_warranty(self):
        return self.env._("No warranty is known for this machine: charged")

    def _get_short(self, state):
        return {
            "void": self.env._("warranty void"),
            "pending": self.env._("warranty not begun"),
            "expired": self.env._("warranty ended"),
        }.get(state, self.env._("no warranty"))
