from odoo.exceptions import UserError, ValidationError
from odoo.tests import BaseCase, tagged

from ...tools.geo import coordinates, haversine_km
from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestGeo(BaseCase):
    def test_haversine_known_distance(self):
        hangzhou, shanghai = (30.2741, 120.1551), (31.2304, 121.4737)
        self.assertAlmostEqual(haversine_km(hangzhou, shanghai), 164.6, delta=1.0)
        self.assertEqual(haversine_km(hangzhou, hangzhou), 0.0)

    def test_zero_zero_means_not_located(self):
        self.assertIsNone(coordinates(0.0, 0.0))
        self.assertEqual(coordinates(30.0, 0.0), (30.0, 0.0))


@tagged("post_install", "-at_install")
class TestZone(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.zone"].search([]).active = False
        cls.china = cls.env.ref("base.cn")
        cls.zhejiang = cls.env["res.country.state"].search(
            [("country_id", "=", cls.china.id)], limit=1
        )
        cls.team.partner_id = cls.env["res.partner"].create(
            {
                "name": "Point",
                "partner_latitude": 30.27,
                "partner_longitude": 120.15,
            }
        )

    @classmethod
    def _zone(cls, name, **values):
        return cls.env["aftersales.zone"].create(
            {"name": name, "team_id": cls.team.id, **values}
        )

    @classmethod
    def _address(cls, **values):
        values.setdefault("country_id", cls.china.id)
        return cls.env["res.partner"].create({"name": "Site", **values})

    def _match(self, partner):
        return self.env["aftersales.zone"]._match(partner)[partner.id]

    def test_most_specific_wins(self):
        country = self._zone("Country", country_id=self.china.id)
        state = self._zone("State", state_ids=self.zhejiang.ids)
        prefix = self._zone("Town", zip_prefixes="310、 320")
        longer = self._zone("Quarter", zip_prefixes="3100")
        for expected, values in (
            (longer, {"zip": "310012", "state_id": self.zhejiang.id}),
            (prefix, {"zip": "310200", "state_id": self.zhejiang.id}),
            (prefix, {"zip": "３２０ 000"}),
            (state, {"zip": "999999", "state_id": self.zhejiang.id}),
            (country, {"zip": "999999"}),
        ):
            with self.subTest(values=values):
                self.assertEqual(self._match(self._address(**values)), expected)

    def test_no_zone_fits(self):
        self._zone("Town", zip_prefixes="310")
        self.assertFalse(self._match(self._address(zip="200000")))

    def test_distance_limits(self):
        town = self._zone("Town", max_distance_km=30)
        suburbs = self._zone("Suburbs", max_distance_km=100)
        elsewhere = self._zone("Elsewhere", country_id=self.china.id)
        near = self._address(partner_latitude=30.3, partner_longitude=120.2)
        middle = self._address(partner_latitude=30.9, partner_longitude=120.15)
        far = self._address(partner_latitude=39.9, partner_longitude=116.4)
        unknown = self._address()
        self.assertEqual(self._match(far), elsewhere)
        self.assertEqual(self._match(unknown), elsewhere)
        elsewhere.active = False
        self.assertEqual(self._match(near), town)
        self.assertEqual(self._match(middle), suburbs)
        self.assertFalse(self._match(far))
        self.assertFalse(self._match(unknown))

    def test_zip_with_unknown_distance_still_fits(self):
        town = self._zone("Town", zip_prefixes="310", max_distance_km=30)
        self.assertEqual(self._match(self._address(zip="310012")), town)
        far = self._address(zip="310012", partner_latitude=39, partner_longitude=116)
        self.assertFalse(self._match(far))

    def test_contact_without_address_uses_the_company(self):
        town = self._zone("Town", zip_prefixes="310")
        company = self._address(zip="310012", is_company=True)
        contact = self.env["res.partner"].create(
            {"name": "Ms Cui", "parent_id": company.id, "type": "other"}
        )
        self.assertEqual(self._match(contact), town)

    def test_zones_of_other_companies_do_not_count(self):
        other = self.env["res.company"].create({"name": "Other"})
        team = self.env["aftersales.team"].create(
            {"name": "There", "company_id": other.id}
        )
        zone = self.env["aftersales.zone"].create(
            {"name": "There", "team_id": team.id, "country_id": self.china.id}
        )
        address = self._address()
        zones = self.env["aftersales.zone"]
        self.assertEqual(zone.company_id, other)
        self.assertFalse(zones._match(address)[address.id])
        found = zones._match(address, other)
        self.assertEqual(found[address.id], zone)

    def test_wrong_input_refused(self):
        with self.assertRaisesRegex(ValidationError, "postal code"):
            self._zone("Bad", zip_prefixes="310*")
        with self.assertRaisesRegex(ValidationError, "not in"):
            self._zone(
                "Bad",
                country_id=self.env.ref("base.de").id,
                state_ids=self.zhejiang.ids,
            )
        with self.assertRaises(UserError):
            self.as_user("supervisor", self._zone("Fine")).name = "Changed"

    def test_queries_do_not_grow(self):
        self._zone("Town", zip_prefixes="310")
        self._zone("Country", country_id=self.china.id)
        partners = self.env["res.partner"].create(
            [{"name": f"P{n}", "zip": f"31{n:04d}"} for n in range(100)]
        )
        counts = []
        for size in (10, 100):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["aftersales.zone"]._match(partners[:size])
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(*counts)
