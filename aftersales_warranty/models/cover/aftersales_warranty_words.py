from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.tools import format_date

from ...tools import cover as c

COVERED, REFUSED = "cover", "refusal"


class AftersalesWarrantyWords(models.AbstractModel):
    """Says in the reader's language what is covered and why (WA-05).

    What is stored are facts: ids, codes and days. The words are made here each time
    they are read, so that everybody reads them in the own language.
    """

    _name = "aftersales.warranty.words"
    _description = "Warranty: cover in words"

    # -- facts --------------------------------------------------------------------

    @api.model
    def _prepare_facts(self, kind, item):
        """A cover or a refusal as JSON.

        :param kind: what it is about: part, labour, travel or freight
        :param item: ``Cover`` or ``Refusal``
        """
        # Safe: days, shares and names of terms, as printed on the certificate.
        warranty = item.warranty.sudo()
        facts = {
            "kind": kind,
            "warranty": warranty.id,
            "number": warranty.name,
            "term": warranty.term_id.id,
            "event": "invoice" if warranty.invoiced_on else warranty.start_event,
            "began": self._to_text(warranty.invoiced_on or warranty.date_start),
        }
        if isinstance(item, c.Refusal):
            return {
                **facts,
                "type": REFUSED,
                "reason": item.reason,
                "day": self._to_text(item.day),
                "waits": warranty.waiting_events or "",
            }
        return {**facts, **self._prepare_cover_facts(item)}

    def _prepare_cover_facts(self, cover):
        row = cover.record.sudo()  # Safe: see `_prepare_facts`.
        facts = {
            "type": COVERED,
            "by": cover.by,
            "source": cover.source,
            "share": cover.share,
            "start": self._to_text(cover.date_start),
            "end": self._to_text(cover.date_end),
            "left": cover.days_left,
            "added": cover.extended_days,
            "product": row.product_id.id,
        }
        if cover.source == "scope":
            facts.update(role=row.role, categ=row.categ_id.id, **self._length(row))
        return facts

    def _length(self, scope):
        """The row's own length, else that of its term."""
        own = scope.term_line_id._get_length()
        length = own or scope.warranty_id.term_id._get_length()
        return {"length": length.value, "unit": length.unit, "own": bool(own)}

    def _to_text(self, day):
        return fields.Date.to_string(day) if day else False

    # -- words --------------------------------------------------------------------

    @api.model
    def _describe(self, facts):
        """“Warranty pays: bought 2 March 2024, Boards 24 months, …”."""
        if not isinstance(facts, dict):
            return ""
        if facts.get("type") == REFUSED:
            return self._describe_refusal(facts)
        return self.env._(
            "%(what)s: %(why)s",
            what=self._describe_share(facts),
            why=", ".join(self._get_reasons(facts)),
        )

    def _describe_share(self, facts):
        share = facts.get("share") or 0.0
        if share >= 100:
            return self.env._("Warranty")
        return self.env._("Warranty pays %(share)g %%", share=share)

    def _get_reasons(self, facts):
        """The single facts in words, in the order people ask for them."""
        rows = [
            self._describe_start(facts),
            self._describe_row(facts),
            self._describe_left(facts),
            self._describe_added(facts),
            self._describe_term(facts),
        ]
        return [text for text in rows if text]

    def _describe_start(self, facts):
        if facts.get("source") == "part":
            text = self.env._("part fitted %(day)s")
            return text % {"day": self._day(facts.get("start"))}
        if not facts.get("began"):
            return ""
        texts = {
            "invoice": self.env._("bought %(day)s"),
            "delivery": self.env._("delivered %(day)s"),
            "installation": self.env._("installed %(day)s"),
            "acceptance": self.env._("accepted %(day)s"),
            "trial": self.env._("trial run ended %(day)s"),
            "exchange": self.env._("exchanged %(day)s"),
        }
        text = texts.get(facts.get("event")) or self.env._("since %(day)s")
        return text % {"day": self._day(facts["began"])}

    def _describe_row(self, facts):
        """“Boards 24 months”, “12 months”."""
        if not facts.get("length"):
            return ""
        length = self._describe_length(facts["length"], facts.get("unit"))
        name = self._get_name("product.product", facts.get("product"))
        name = name or self._get_name("product.category", facts.get("categ"))
        return f"{name} {length}" if name else length

    @api.model
    def _get_name(self, model, record_id):
        """The name in the reader's language; nothing for what was deleted since."""
        try:
            # Safe: the name of a product, category or term, as on the certificate.
            record = self.env[model].sudo().browse(record_id or [])
            return (model.endswith("term") and record.code) or record.name or ""
        except MissingError:
            return ""

    @api.model
    def _describe_length(self, value, unit):
        texts = {
            "day": self.env._("%(count)s days"),
            "month": self.env._("%(count)s months"),
            "year": self.env._("%(count)s years"),
        }
        return texts.get(unit, texts["month"]) % {"count": value}

    def _describe_left(self, facts):
        if facts.get("by") == "repair":
            return self.env._("reported during a repair under warranty")
        if facts.get("by") == "waiting":
            return self.env._("delivered, the period has not begun yet")
        left = facts.get("left") or 0
        if left == 0:
            return self.env._("last day")
        if left == 1:
            return self.env._("1 day left")
        return self.env._("%(count)s days left", count=left)

    def _describe_added(self, facts):
        added = facts.get("added") or 0
        if added == 1:
            return self.env._("1 repair day added")
        return self.env._("%(count)s repair days added", count=added) if added else ""

    def _describe_term(self, facts):
        name = self._get_name("aftersales.warranty.term", facts.get("term"))
        return self.env._("term %(name)s", name=name) if name else ""

    def _describe_refusal(self, facts):
        day = self._day(facts.get("day"))
        number = facts.get("number") or ""
        texts = {
            c.VOID: self.env._("warranty %(number)s is void since %(day)s"),
            c.PENDING: self.env._("warranty %(number)s has not begun yet"),
            c.BEFORE_START: self.env._("warranty %(number)s begins on %(day)s"),
            c.EXPIRED: self.env._("warranty %(number)s ended on %(day)s"),
            c.USAGE: self.env._(
                "warranty %(number)s ended on %(day)s: the counter passed its limit"
            ),
            c.EXCLUDED: self.env._("excluded by warranty %(number)s"),
            c.NOT_IN_SCOPE: self.env._("not part of warranty %(number)s"),
        }
        text = texts.get(facts.get("reason"), texts[c.NOT_IN_SCOPE])
        return self.env._("Charged: %(why)s", why=text % {"number": number, "day": day})

    def _day(self, text):
        return format_date(self.env, text) if text else "–"
