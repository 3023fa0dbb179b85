from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from .aftersales_myday import OLD_PARTS, WORK_STATES


class AftersalesMyday(models.AbstractModel):
    """One order on the phone, and the next step."""

    _inherit = "aftersales.myday"

    # -------------------------------------------------------------------------
    # ORDER
    # -------------------------------------------------------------------------

    @api.model
    def get_order(self, order_id):
        """All the phone shows about one own order."""
        order = self._get_own_order(order_id)
        visit = self._get_visit(order)
        missing = self._get_missing(order)
        return {
            **self._prepare_facts(order),
            "id": order.id,
            "state": order.state,
            "state_label": self._get_label(order, "state"),
            "service_type_label": self._get_label(order, "service_type"),
            "editable": order.state in WORK_STATES and not order.signed_at,
            "working": order.state in WORK_STATES,
            "visit": self._prepare_visit(visit),
            "hours_before": self._get_hours_before(order, visit),
            "missing": missing,
            "step": self._get_step(order, visit, missing),
            "report": self._prepare_report(order),
            "photos": self._prepare_photos(order),
            "lines": [self._prepare_line(line) for line in order.line_ids],
            **self._prepare_money(order),
            **self._prepare_collections(order),
            **self._get_choices(order),
        }

    def _get_visit(self, order):
        """The visit the user is on or has next; else the last one."""
        technicians = self._get_technicians()
        visits = order.visit_ids.filtered(
            lambda visit: (
                visit.state != "cancelled"
                and (visit.technician_ids | visit.lead_id) & technicians
            )
        )
        for state in ("arrived", "departed", "planned"):
            found = visits.filtered(lambda visit, state=state: visit.state == state)
            if found:
                return found.sorted("planned_start")[0]
        return visits.sorted("planned_start")[-1:]

    def _prepare_visit(self, visit):
        if not visit:
            return False
        names = ("planned_start", "planned_end", "departed_at", "arrived_at", "left_at")
        return {
            "id": visit.id,
            "state": visit.state,
            "state_label": self._get_label(visit, "state"),
            "outcome": visit.outcome,
            "outcome_label": self._get_label(visit, "outcome"),
            "trip_state": visit.trip_state,
            "trip_label": self._get_label(visit, "trip_state"),
            "note": visit.note or "",
            **{name: self._to_utc(visit[name]) for name in names},
        }

    def _get_hours_before(self, order, visit):
        """Hours on site of earlier visits, to read beside the running clock."""
        earlier = (order.visit_ids - visit).filtered(
            lambda other: other.arrived_at and other.left_at
        )
        return sum(
            (other.left_at - other.arrived_at).total_seconds() / 3600.0
            for other in earlier
        )

    def _prepare_report(self, order):
        return {
            "cause_id": order.cause_id.id,
            "cause_name": order.cause_id.name or "",
            "remedy": order.remedy or "",
            "misuse": order.misuse,
            "misuse_evidence": order.misuse_evidence or "",
            "customer_opinion": order.customer_opinion,
            "customer_note": order.customer_note or "",
        }

    def _prepare_photos(self, order):
        return [
            {"id": photo.id, "name": photo.name, "mimetype": photo.mimetype}
            for photo in order.photo_ids
        ]

    def _prepare_line(self, line):
        paying = line._is_charged()
        return {
            "id": line.id,
            "kind": line.kind,
            "kind_label": self._get_label(line, "kind"),
            "name": line.name or line.product_id.display_name,
            "product_id": line.product_id.id,
            "tracking": line.product_id.tracking,
            "quantity": line.quantity,
            "uom": line.uom_id.name or "",
            "lot": line.lot_id.name or "",
            "location": line.source_location_id.display_name or "",
            "list_price": line.list_price,
            "price_unit": line.price_unit,
            "net_price": line._get_net_price(),
            "discount": line.discount,
            "payer": line.payer,
            "payer_label": self._get_label(line, "payer"),
            "payer_reason": line.payer_text or "",
            "off_list": bool(
                line._compare_price(line._get_net_price(), line.list_price)
            ),
            "total": line.customer_total if paying else 0.0,
            "paying": paying,
            "approval_state": line.approval_state,
            "approval_label": self._get_label(line, "approval_state"),
            "old_part_state": line.old_part_state,
            "old_part_label": self._get_label(line, "old_part_state"),
            "old_part_note": line.old_part_note or "",
            "old_part_open": line.old_part_state in OLD_PARTS,
            **self._prepare_stock(line),
        }

    def _prepare_stock(self, line):
        """Where the part is, and when it comes if it is not at hand."""
        if line.kind != "part":
            return {"short": False, "stock_label": "", "can_request": False}
        return {
            "short": line.stock_state == "short",
            "stock_label": self._get_label(line, "stock_state"),
            "expected_on": format_date(self.env, line.expected_date),
            "can_request": line in line.order_id._get_lines_to_request(),
        }

    def _prepare_money(self, order):
        return {
            "currency_id": order.currency_id.id,
            "amount_untaxed": order.amount_untaxed,
            "amount_tax": order.amount_tax,
            "amount_customer": order.amount_customer,
            "approval_state": order.approval_state,
            "approval_label": self._get_label(order, "approval_state"),
            "quote_state": order.quote_state,
            "quote_label": self._get_label(order, "quote_state"),
            "quote_by": order.quote_decided_by or "",
            "can_quote": self._can_quote(order),
            "signed_by": order.signed_by or "",
            "signed_at": self._to_utc(order.signed_at),
            "signature_required": order._is_signature_required(),
            "photo_max_mb": order.company_id.aftersales_photo_max_mb,
        }

    def _can_quote(self, order):
        """Something to pay that the customer has not decided on or signed."""
        return (
            order.state in WORK_STATES
            and order.quote_state in ("none", "sent")
            and not order.signed_at
            and order.approval_state not in ("pending", "rejected")
            and not order.currency_id.is_zero(order.amount_customer)
        )

    def _prepare_collections(self, order):
        """Money taken on site, and what may still be taken (SV-52)."""
        taken = order.collection_ids.filtered(lambda row: row.state != "cancelled")
        return {
            "collections": [
                {
                    "id": row.id,
                    "amount": row.amount,
                    "currency_id": row.currency_id.id,
                    "method_label": row._get_method_name(),
                    "reference": row.reference or "",
                }
                for row in taken
            ],
            "amount_open": order.amount_to_collect,
            "can_collect": order.state in (*WORK_STATES, "done")
            and order.approval_state not in ("pending", "rejected")
            and order.currency_id.compare_amounts(order.amount_to_collect, 0.0) > 0,
            "collect_methods": self._get_methods(order),
        }

    def _get_methods(self, order):
        """Ways of paying: code, name, and whether a reference is needed."""
        methods = self.env["aftersales.collection.method"]._get_methods(
            order.company_id
        )
        return [[m.code, m.display_name, m.needs_reference] for m in methods]

    def _get_choices(self, order):
        """Selections the page offers, in the user's language."""
        return {"opinions": self._get_selection(order, "customer_opinion")}

    # -------------------------------------------------------------------------
    # next step
    # -------------------------------------------------------------------------

    def _get_step(self, order, visit, missing):
        """The one thing to do next, shown on the big button."""
        if order.state == "cancelled":
            return {"key": "none", "label": self.env._("Cancelled")}
        if order.state in ("done", "closed"):
            if visit and visit.state == "arrived":
                return {"key": "leave", "label": self.env._("Leave")}
            return {"key": "none", "label": self.env._("Done")}
        if visit and visit.state == "planned":
            return {"key": "depart", "label": self.env._("Set out")}
        if visit and visit.state == "departed":
            return {"key": "arrive", "label": self.env._("Arrive")}
        if order.state == "dispatched" and not visit:
            return {"key": "start", "label": self.env._("Start work")}
        return self._get_paper_step(order, missing)

    def _get_paper_step(self, order, missing):
        """Once at work: report, approval, quotation, signature, done."""
        if any(item["section"] == "report" for item in missing):
            return {"key": "report", "label": self.env._("Report")}
        if order.approval_state in ("pending", "rejected"):
            label = self._get_label(order, "approval_state")
            return {"key": "approval", "label": label}
        if any(item["field"] == "quote" for item in missing):
            return {"key": "quote", "label": self.env._("Quotation")}
        if order._is_signature_required() and not order.signed_at:
            return {"key": "sign", "label": self.env._("Sign")}
        return {"key": "done", "label": self.env._("Done")}

    def _get_missing(self, order):
        """What completion still asks for, each with the section that holds it."""
        if order.state not in WORK_STATES:
            return []
        sections = self._get_missing_sections()
        sentences = order._get_missing_for_completion().get(order, [])
        return [
            {"text": text, **sections.get(text, {"section": "parts", "field": ""})}
            for text in sentences
        ]

    def _get_missing_sections(self):
        """Where on the page a sentence of the completion check is answered."""
        return {
            self.env._("the cause"): {"section": "report", "field": "cause"},
            self.env._("the remedy"): {"section": "report", "field": "remedy"},
            self.env._("the customer's opinion"): {
                "section": "report",
                "field": "opinion",
            },
            self.env._("the evidence of misuse"): {
                "section": "report",
                "field": "evidence",
            },
            self.env._("the approval of a price or gift"): {
                "section": "money",
                "field": "approval",
            },
            self.env._("the customer's answer to the quotation"): {
                "section": "money",
                "field": "quote",
            },
            self.env._("the customer's signature"): {
                "section": "sign",
                "field": "signature",
            },
        }

    # -------------------------------------------------------------------------
    # reference data
    # -------------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_causes(self, order_id, text=""):
        """Causes to choose from, those of the order's symptom first (SV-03)."""
        order = self._get_own_order(order_id)
        domain = Domain.TRUE
        words = self._clean_text(text).split()[:5]
        for word in words:
            domain &= Domain("display_name", "ilike", word[:64])
        causes = self.env["aftersales.cause"].search(domain, limit=300)
        likely = causes.filtered(lambda cause: order.symptom_id in cause.symptom_ids)
        return [
            {
                "id": cause.id,
                "name": cause.name,
                "code": cause.code or "",
                "remedy": cause.remedy or "",
                "is_misuse": cause.is_misuse,
                "likely": cause in likely,
            }
            for cause in (likely + (causes - likely))[:60]
        ]
