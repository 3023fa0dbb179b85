import re
import unicodedata

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.geo import coordinates, haversine_km

_SEPARATORS = re.compile(r"[,;、\s]+")
_PREFIX = re.compile(r"[0-9A-Z-]+")


class AftersalesZone(models.Model):
    """Region a service point answers for: by country, state, zip prefix, distance."""

    _name = "aftersales.zone"
    _description = "Service Zone"
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char()
    team_id = fields.Many2one(
        "aftersales.team",
        string="Service Point",
        required=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="team_id.company_id", store=True, index=True, precompute=True
    )
    country_id = fields.Many2one("res.country", ondelete="restrict")
    state_ids = fields.Many2many(
        "res.country.state",
        string="Provinces / States",
        domain="[('country_id', '=?', country_id)]",
    )
    zip_prefixes = fields.Char(
        help="Beginnings of postal codes, separated by commas: 310, 3112",
    )
    max_distance_km = fields.Float(
        string="Up To (km)",
        help="Straight-line distance from the address of the service point; "
        "0 for no limit. Needs the geographic position of both addresses.",
    )
    area = fields.Selection(
        [
            ("town", "In town"),
            ("suburb", "Suburbs"),
            ("country", "Elsewhere in the country"),
            ("remote", "Remote places"),
        ],
        "Kind of area",
        help="Promises on time may differ by it.",
    )
    travel_minutes = fields.Integer(
        string="Travel Time (min)", help="Usual time to a customer in this zone."
    )
    technician_ids = fields.Many2many(
        "aftersales.technician",
        "aftersales_technician_zone_rel",
        "zone_id",
        "technician_id",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _check_positive = models.Constraint(
        "CHECK (max_distance_km >= 0 AND travel_minutes >= 0)",
        "Distance and travel time cannot be negative.",
    )

    @api.constrains("zip_prefixes")
    def _check_zip_prefixes(self):
        for zone in self:
            for prefix in zone._get_zip_prefixes():
                if not _PREFIX.fullmatch(prefix):
                    raise ValidationError(
                        self.env._(
                            "“%(prefix)s” is no beginning of a postal code. Write "
                            "digits and letters separated by commas, e.g. 310, 3112.",
                            prefix=prefix,
                        )
                    )

    @api.constrains("country_id", "state_ids")
    def _check_states(self):
        for zone in self.filtered("country_id"):
            if foreign := zone.state_ids.filtered(
                lambda state, zone=zone: state.country_id != zone.country_id
            ):
                raise ValidationError(
                    self.env._(
                        "%(states)s is not in %(country)s.",
                        states=", ".join(foreign.mapped("name")),
                        country=zone.country_id.name,
                    )
                )

    # -- business ---------------------------------------------------------------

    @api.model
    def _normalize_zip(self, text):
        return unicodedata.normalize("NFKC", text or "").upper().strip()

    def _get_zip_prefixes(self):
        """The prefixes of one zone as a list."""
        self.ensure_one()
        text = self._normalize_zip(self.zip_prefixes)
        return [prefix for prefix in _SEPARATORS.split(text) if prefix]

    @api.model
    def _match(self, partners, company=None):
        """Find the zone of many addresses at once.

        The most specific zone wins: longest zip prefix, then state, then country,
        then the smaller distance limit, the nearer service point, the sequence. A
        distance limit excludes only addresses known to be farther away; a zone
        defined by distance alone needs the position of both ends.

        :param partners: addresses (res.partner)
        :param company: whose zones; default the current company
        :return: ``{partner id: zone (may be empty)}``
        """
        company = company or self.env.company
        zones = self.search([("company_id", "=", company.id)])
        rules = [zone._prepare_matching_rule() for zone in zones]
        found, result = {}, {}
        for partner in partners:
            address = partner._aftersales_matching_address()
            key = (
                address.country_id.id,
                address.state_id.id,
                self._normalize_zip(address.zip).replace(" ", ""),
                coordinates(address.partner_latitude, address.partner_longitude),
            )
            if key not in found:
                found[key] = self._best_match(rules, key)
            result[partner.id] = found[key]
        return result

    def _prepare_matching_rule(self):
        """What `_match` compares, read once per zone."""
        place = self.team_id.partner_id
        return {
            "zone": self,
            "country": self.country_id.id,
            "states": set(self.state_ids.ids),
            "prefixes": self._get_zip_prefixes(),
            "limit": self.max_distance_km,
            "origin": coordinates(place.partner_latitude, place.partner_longitude),
        }

    @api.model
    def _best_match(self, rules, key):
        scored = (
            (score, rule["zone"])
            for rule in rules
            if (score := self._score_rule(rule, key)) is not None
        )
        # max keeps the first of equals, and zones come in their own order.
        best = max(scored, key=lambda item: item[0], default=(None, self.browse()))
        return best[1]

    @api.model
    def _score_rule(self, rule, key):
        """How specifically a zone fits an address; None when it does not."""
        country, state, zip_code, position = key
        if rule["country"] and rule["country"] != country:
            return None
        if rule["states"] and state not in rule["states"]:
            return None
        length = max(
            (len(p) for p in rule["prefixes"] if zip_code.startswith(p)), default=0
        )
        if rule["prefixes"] and not length:
            return None
        distance = None
        if position and rule["origin"]:
            distance = haversine_km(rule["origin"], position)
        by_address = bool(rule["country"] or rule["states"] or length)
        if rule["limit"] and (
            distance > rule["limit"] if distance is not None else not by_address
        ):
            return None
        return (
            length,
            bool(rule["states"]),
            bool(rule["country"]),
            -rule["limit"] if rule["limit"] else float("-inf"),
            -distance if distance is not None else float("-inf"),
        )
