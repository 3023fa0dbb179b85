import re
import unicodedata
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.geo import coordinates, haversine_km
from ...tools.place import count_parts, has_city, parse_places

_SEPARATORS = re.compile(r"[,;、\s]+")
_PREFIX = re.compile(r"[0-9A-Z-]+")


class Address(NamedTuple):
    """What zones are matched with."""

    country: int | bool
    state: int | bool
    zip: str
    position: tuple | None
    city: str
    street: str


class AftersalesZone(models.Model):
    """Region a service point answers for: country, state, zip, city, distance."""

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
    places = fields.Char(
        "Cities and districts",
        help="Separated by commas; a district after its city and a slash: Ningbo, "
        "Hangzhou/Xiaoshan. An address fits by its postal code or by its city.",
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

        What a person chose for an address holds. Else the most specific zone wins:
        longest zip prefix, then city and district, state, country, then the smaller
        distance limit, the nearer service point, the sequence.

        Unknown never means far: where a fact that a more specific zone asks for is
        missing, nothing is found, and ``_get_unknown`` tells what to ask.

        :param partners: addresses (res.partner)
        :param company: whose zones; default the current company
        :return: ``{partner id: zone (may be empty)}``
        """
        company = company or self.env.company
        rules = self._get_matching_rules(company)
        found, result = {}, {}
        for partner in partners.with_company(company):
            chosen = partner._aftersales_get_chosen_zone(company)
            if not chosen:
                key = self._get_address_key(partner, company)
                if key not in found:
                    found[key] = self._best_match(rules, key)
                chosen = found[key]
            result[partner.id] = self.browse(chosen.id)
        return result

    @api.model
    def _get_unknown(self, partner, company=None):
        """Names of the facts without which the zone of an address is not known.

        :return: some of ``zip``, ``state``, ``position``; empty when a zone is found
            or none can be
        """
        company = company or self.env.company
        if not partner or partner._aftersales_get_chosen_zone(company):
            return set()
        rules = self._get_matching_rules(company)
        return self._judge_rules(rules, self._get_address_key(partner, company))[1]

    @api.model
    def _get_matching_rules(self, company):
        zones = self.search([("company_id", "=", company.id)])
        return [zone._prepare_matching_rule() for zone in zones]

    @api.model
    def _get_address_key(self, partner, company):
        """What is known of an address; a missing country is that of the company."""
        address = partner._aftersales_matching_address()
        return Address(
            address.country_id.id or company.country_id.id,
            address.state_id.id,
            self._normalize_zip(address.zip).replace(" ", ""),
            coordinates(address.partner_latitude, address.partner_longitude),
            address.city or "",
            " ".join(filter(None, (address.street, address.street2))),
        )

    def _prepare_matching_rule(self):
        """What `_match` compares, read once per zone."""
        place = self.team_id.partner_id
        return {
            "zone": self,
            "country": self.country_id.id,
            "states": set(self.state_ids.ids),
            "prefixes": self._get_zip_prefixes(),
            "places": parse_places(self.places),
            "limit": self.max_distance_km,
            "origin": coordinates(place.partner_latitude, place.partner_longitude),
        }

    @api.model
    def _best_match(self, rules, key):
        zone, unknown = self._judge_rules(rules, key)
        return self.browse() if unknown else zone

    @api.model
    def _judge_rules(self, rules, key):
        """The best zone that fits, and what is missing to know a better one.

        :return: ``(zone, {missing facts})``
        """
        best, zone, open_rules = None, self.browse(), []
        for rule in rules:
            score, missing = self._score_rule(rule, key)
            if missing:
                open_rules.append((score, missing))
            # The first of equals stays, and zones come in their own order.
            elif score is not None and (best is None or score > best):
                best, zone = score, rule["zone"]
        unknown = [
            missing for score, missing in open_rules if best is None or score > best
        ]
        return zone, set().union(*unknown)

    @api.model
    def _score_rule(self, rule, key):
        """How specifically a zone fits an address, and what is missing to know.

        :return: ``(None, ())`` when it does not fit
        """
        if rule["country"] and rule["country"] != key.country:
            return None, ()
        length = max(
            (len(p) for p in rule["prefixes"] if key.zip.startswith(p)), default=0
        )
        parts = max(
            (count_parts(place, key.city, key.street) for place in rule["places"]),
            default=0,
        )
        located = bool(length or parts)
        near, distance = self._judge_distance(
            rule, key, located or rule["country"] or rule["states"]
        )
        verdicts = (self._judge_place(rule, key, located), near)
        if "no" in verdicts:
            return None, ()
        missing = {verdict for verdict in verdicts if verdict}
        if "zip" in missing:
            length = max(map(len, rule["prefixes"]), default=1)
        score = (
            length,
            parts,
            bool(rule["states"]),
            bool(rule["country"]),
            -rule["limit"] if rule["limit"] else float("-inf"),
            -distance if distance is not None else float("-inf"),
        )
        return score, missing

    @api.model
    def _judge_place(self, rule, key, located):
        """Empty when the address fits, ``no``, or the fact that is missing."""
        elsewhere = rule["states"] and key.state and key.state not in rule["states"]
        if located:
            return "no" if elsewhere else ""
        if rule["prefixes"] or rule["places"]:
            known = key.zip or (rule["places"] and has_city(key.city, key.street))
            return "no" if known or elsewhere else "zip"
        if not rule["states"] or key.state in rule["states"]:
            return ""
        return "no" if elsewhere or key.zip else "state"

    @api.model
    def _judge_distance(self, rule, key, by_address):
        """The same for the distance limit, and the distance where it is known."""
        distance = None
        if key.position and rule["origin"]:
            distance = haversine_km(rule["origin"], key.position)
        if not rule["limit"] or (distance is None and by_address):
            return "", distance
        if distance is None:
            return "position" if rule["origin"] else "no", distance
        return "" if distance <= rule["limit"] else "no", distance
