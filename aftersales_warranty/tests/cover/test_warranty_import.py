from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..common import WarrantyCommon

D = date.fromisoformat
FIELDS = ["asset_id", "opening_date", "opening_reason", "term_id"]


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestWarrantyImport(WarrantyCommon):
    """Old warranties come in as a table (Reliability 44)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for number in range(20):
            cls._create_machine(f"IMP-{number:02}")

    def _rows(self):
        return [
            [f"IMP-{number:02}", "2026-01-10", "Taken over", "12 months"]
            for number in range(20)
        ]

    def _load(self, rows, role="supervisor"):
        warranties = self.as_user(role, self.env["aftersales.warranty"])
        return warranties.load(FIELDS, rows)

    def test_a_table_opens_warranties_from_the_given_day(self):
        result = self._load(self._rows())
        self.assertFalse(result["messages"])
        warranties = self.env["aftersales.warranty"].browse(result["ids"])
        self.assertEqual(len(warranties), 20)
        self.assertEqual(set(warranties.mapped("date_end")), {D("2027-01-10")})
        self.assertEqual(warranties.start_user_id, self.users["supervisor"])

    @mute_logger("odoo.sql_db", "odoo.models.unlink")
    def test_three_bad_rows_are_named_and_nothing_is_half_done(self):
        rows = self._rows()
        rows[3][0] = "UNKNOWN"
        rows[7][1] = "soon"
        rows[11][2] = ""
        before = self.env["aftersales.warranty"].search_count([])
        result = self._load(rows)
        self.assertFalse(result["ids"])
        bad = {
            row
            for message in result["messages"]
            for row in range(message["rows"]["from"], message["rows"]["to"] + 1)
        }
        self.assertEqual(bad, {3, 7, 11})
        self.assertEqual(self.env["aftersales.warranty"].search_count([]), before)

    @mute_logger("odoo.sql_db")
    def test_a_second_import_of_the_same_table_opens_none(self):
        self._load(self._rows())
        result = self._load(self._rows()[:2])
        self.assertFalse(result["ids"])
        self.assertIn("has a warranty already", result["messages"][0]["message"])

    def test_the_import_cannot_write_guarded_fields(self):
        warranties = self.as_user("supervisor", self.env["aftersales.warranty"])
        with self.assertRaises(AccessError):
            warranties.create([{"asset_id": self.asset.id, "date_end": "2036-01-01"}])
        self.assertEqual(self._load(self._rows(), "operator")["ids"], False)
