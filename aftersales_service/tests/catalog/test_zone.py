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

    def _seven_zones(self):
        """Town and suburbs by zip and district, two cities, province, country."""
        state = self.env.ref("base.state_cn_ZJ")
        china = self.china.id
        return {
            "town": self._zone(
                "Town", country_id=china, zip_prefixes="3100", places="杭州"
            ),
            "suburb": self._zone(
                "Suburbs",
                country_id=china,
                zip_prefixes="311",
                places="杭州/萧山区、杭州/余杭区",
            ),
            "ningbo": self._zone(
                "Ningbo", country_id=china, zip_prefixes="315", places="宁波, 余姚"
            ),
            "wenzhou": self._zone(
                "Wenzhou", country_id=china, zip_prefixes="325", places="温州"
            ),
            "province": self._zone("Rest", country_id=china, state_ids=state.ids),
            "country": self._zone("Elsewhere", country_id=china),
        }

    def test_city_and_district_tell_the_zone(self):
        zones = self._seven_zones()
        state = self.env.ref("base.state_cn_ZJ").id
        for name, values in (
            ("town", {"city": "杭州", "street": "文三路 18 号", "state_id": state}),
            ("town", {"city": "杭州市", "zip": "310012"}),
            ("suburb", {"city": "杭州", "street": "萧山区建设一路 66 号"}),
            ("suburb", {"city": "杭州", "zip": "311215"}),
            ("suburb", {"city": "杭州市余杭区", "street": "文一西路"}),
            ("ningbo", {"city": "宁波", "street": "中山东路 7 号", "state_id": state}),
            ("ningbo", {"city": "余姚市"}),
            ("ningbo", {"street": "浙江省宁波市海曙区解放路 3 号"}),
            ("town", {"city": "杭州", "street": "宁波路 5 号"}),
            ("country", {"zip": "200001", "city": "上海", "street": "宁波路 5 号"}),
            ("province", {"zip": "312000", "city": "绍兴", "state_id": state}),
            ("wenzhou", {"zip": "325000", "city": "温州"}),
        ):
            with self.subTest(**values):
                self.assertEqual(self._match(self._address(**values)), zones[name])

    def test_unknown_is_never_far(self):
        """Independent of the rule: no fact taken away makes an address farther."""
        zones = self._seven_zones()
        far = zones["province"] | zones["country"]
        full = {
            "zip": "315000",
            "city": "宁波",
            "street": "中山东路 7 号",
            "state_id": self.env.ref("base.state_cn_ZJ").id,
        }
        for mask in range(1 << len(full)):
            values = {
                name: value
                for bit, (name, value) in enumerate(full.items())
                if mask >> bit & 1
            }
            with self.subTest(known=list(values)):
                found = self._match(self._address(**values))
                self.assertNotIn(found, far)
                if "zip" in values or "city" in values:
                    self.assertEqual(found, zones["ningbo"])

    def test_a_zone_chosen_by_hand_holds(self):
        zones = self._seven_zones()
        site = self._address()
        self.assertFalse(self._match(site))
        self.assertIn("zip", self.env["aftersales.zone"]._get_unknown(site))
        site.aftersales_chosen_zone_id = zones["ningbo"]
        self.assertEqual(self._match(site), zones["ningbo"])
        self.assertFalse(self.env["aftersales.zone"]._get_unknown(site))
        self.assertEqual(site.aftersales_zone_id, zones["ningbo"])

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
