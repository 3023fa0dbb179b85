from odoo import api, models

from ...tools import cover as c
from ...tools.period import is_within, local_date


class AftersalesWarranty(models.Model):
    """Answers "is it covered, by what, until when": for any number at once (WA-05)."""

    _inherit = "aftersales.warranty"

    @api.model
    def _get_cover(self, requests):
        """One `CoverAnswer` per `CoverRequest`, with a fixed number of queries.

        Decided on the reported instant, in the time zone of the machine.
        """
        # Safe: the answer says what is covered; prices and costs are not in it.
        warranties = self.sudo()._find_asked(requests)
        by_asset = warranties.grouped("asset_id")
        parts = self._get_parts_by_warranty(warranties)
        repairs = warranties._get_repairs()
        none = warranties.browse()
        return [
            self._answer(
                request,
                by_asset.get(request.asset, none)
                if request.asset
                else request.warranties or none,
                parts,
                repairs,
            )
            for request in requests
        ]

    @api.model
    def _find_asked(self, requests):
        assets = {request.asset.id for request in requests if request.asset}
        given = self.browse().union(*(r.warranties for r in requests if r.warranties))
        found = self.search([("asset_id", "in", list(assets))], order="date_start, id")
        return (found | given.sudo()).with_prefetch()  # Safe: see `_get_cover`.

    @api.model
    def _get_parts_by_warranty(self, warranties):
        rows = self.env["aftersales.warranty.part"].sudo()  # Safe: see `_get_cover`.
        rows = rows.search([("warranty_id", "in", warranties.ids)])
        return rows.grouped("warranty_id")

    def _answer(self, request, warranties, parts, repairs):
        covers, refusals = [], []
        for warranty in warranties:
            warranty = warranty.sudo()  # Safe: see `_get_cover`.
            found = warranty._ask(
                request, parts.get(warranty, ()), repairs.get(warranty, ())
            )
            for item in found:
                (covers if isinstance(item, c.Cover) else refusals).append(item)
        return c.CoverAnswer(tuple(sorted(covers, key=c.rank)), tuple(refusals))

    def _ask(self, request, parts, repairs):
        """Covers and refusals of one warranty for one request."""
        self.ensure_one()
        day = local_date(request.reported_at, self.tz)
        if self.is_void:
            return [
                c.Refusal(
                    self, c.VOID, self.void_at and local_date(self.void_at, self.tz)
                )
            ]
        if not self.date_start or day < self.date_start:
            return self._ask_waiting(request, day)
        scopes = self._match_scopes(request.kind, request.product)
        found = [self._ask_scope(scope, request, day, repairs) for scope in scopes]
        found += self._ask_parts(request, day, parts)
        return found or [c.Refusal(self, c.NOT_IN_SCOPE)]

    def _ask_waiting(self, request, day):
        """Delivered, but the period has not begun: covered where the term says so."""
        if not self._covers_before_start(day):
            reason = c.BEFORE_START if self.date_start else c.PENDING
            return [c.Refusal(self, reason, self.date_start or None)]
        return [
            c.Cover(
                self,
                scope,
                "scope",
                "waiting",
                scope.share,
                scope.date_start or None,
                scope.date_end or None,
                (scope.date_end - day).days if scope.date_end else 0,
            )
            if scope.share
            else c.Refusal(self, c.EXCLUDED, record=scope)
            for scope in self._match_scopes(request.kind, request.product)
        ] or [c.Refusal(self, c.NOT_IN_SCOPE)]

    def _covers_before_start(self, day):
        """Delivered, waiting for its start, and the term covers that time as well."""
        return bool(
            self.kind == "standard"
            and self.term_id.cover_before_start
            and self.delivered_on
            and self.delivered_on <= day
            and not (self.date_start and self.date_start <= day)
        )

    def _ask_scope(self, scope, request, day, repairs):
        if not scope.share:
            return c.Refusal(self, c.EXCLUDED, record=scope)
        if scope.usage_ended_on and scope.usage_ended_on <= day:
            return c.Refusal(self, c.USAGE, scope.usage_ended_on, scope)
        by = "period"
        if day > scope.date_end:
            counted = self._get_counted(scope, repairs, request)
            if not is_within(
                scope.date_start, scope.date_end, request.reported_at, self.tz, counted
            ):
                return c.Refusal(self, c.EXPIRED, scope.date_end, scope)
            by = "repair"
        return c.Cover(
            self,
            scope,
            "scope",
            by,
            scope.share,
            scope.date_start,
            scope.date_end,
            max(0, (scope.date_end - day).days),
            scope.extended_days,
        )

    def _get_counted(self, scope, repairs, request):
        """Covered repairs of this scope that were reported before this request."""
        return [
            repair
            for repair in repairs
            if repair.reported_at < request.reported_at
            and is_within(scope.date_start, scope.date_end, repair.reported_at, self.tz)
        ]

    def _ask_parts(self, request, day, parts):
        """The own cover of the part that was fitted before."""
        if request.kind != "part" or not request.product:
            return []
        return [
            c.Cover(
                self,
                part,
                "part",
                "period",
                part.share,
                part.fitted_on,
                part.date_end,
                (part.date_end - day).days,
            )
            for part in parts
            if part.product_id.id == request.product.id
            and (not request.lot or not part.lot_id or part.lot_id == request.lot)
            and part.date_end
            and part.fitted_on <= day <= part.date_end
        ]

    def _match_scopes(self, kind, product=None):
        """The rows that decide on a thing, the most specific first.

        A row for a product or category replaces the general one; a key part keeps
        the general cover besides its own, whichever is better.
        """
        self.ensure_one()
        ranked = sorted(
            (
                (rank, scope)
                for scope in self.scope_ids
                if scope.scope == kind
                and (rank := scope._get_rank(product)) is not None
            ),
            key=lambda pair: -pair[0],
        )
        found = self.env["aftersales.warranty.scope"]
        for _rank, scope in ranked:
            found |= scope
            if scope.role != "key":
                break
        return found

    def _mark_counted(self):
        """Say on each repair whether it was reported in cover."""
        repairs = self.env["aftersales.warranty.repair"]
        rows = repairs.search(
            [
                "|",
                ("asset_id", "in", self.asset_id.ids),
                ("warranty_id", "in", self.ids),
            ]
        )
        counted = repairs
        for warranty in self.filtered("date_start"):
            counted |= rows.filtered(
                lambda row, warranty=warranty: (
                    row.covered
                    and (row.asset_id or row.warranty_id)
                    in (warranty.asset_id, warranty)
                    and is_within(
                        warranty.date_start,
                        warranty.date_last_end,
                        row.reported_at,
                        warranty.tz,
                    )
                )
            )
        (counted.filtered(lambda row: not row.counted)).counted = True
        ((rows - counted).filtered("counted")).counted = False
