from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from ..common import AftersalesCommon

COLUMNS = ["called_at", "partner_id/.id", "serial", "description"]
HISTORY = ["history_state", "history_answered_at", "history_done_at", "remedy"]


@tagged("post_install", "-at_install")
class TestHistoryImport(AftersalesCommon):
    """What is over comes in as over; what is there already is asked about."""

    def _load(self, columns, rows, role="manager"):
        orders = self.env["aftersales.order"].with_user(self.users[role])
        return orders.with_context(import_file=True).load(columns, rows)

    def _row(self, *more, called="2024-03-04 02:00:00", text="Amber light"):
        return [called, str(self.customer.id), "Q7C", text, *more]

    def test_old_calls_fire_nothing(self):
        self.env["aftersales.sla.policy"].create({"name": "P", "answer_value": 1})
        rows = [
            self._row("closed", "2024-03-04 03:00:00", "2024-03-05 03:00:00", "Fixed"),
            self._row("cancelled", "", "2024-03-05 03:00:00", "", text="Other"),
            self._row("", "", "", "", text="Open still"),
        ]
        mails = self.env["mail.mail"].search_count([])
        result = self._load([*COLUMNS, *HISTORY], rows)
        self.assertFalse(result["messages"])
        old, dropped, fresh = self.env["aftersales.order"].browse(result["ids"])
        self.assertEqual(
            (old.state, dropped.state, fresh.state), ("closed", "cancelled", "new")
        )
        self.assertEqual(str(old.done_at), "2024-03-05 03:00:00")
        self.assertEqual(str(old.answer_at), "2024-03-04 03:00:00")
        self.assertEqual(old.remedy, "Fixed")
        over = old | dropped
        self.assertFalse(any(over.mapped("answer_deadline")))
        self.assertFalse(any(over.mapped("next_check_at")))
        self.assertFalse(any(over.mapped("sla_missed")))
        self.assertFalse(over.activity_ids)
        followups = self.env["aftersales.followup"].search_count(
            [("order_id", "in", over.ids)]
        )
        self.assertFalse(followups)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertTrue(fresh.answer_deadline)

    def test_managers_only_and_only_by_import(self):
        row = self._row("closed", "", "2024-03-05 03:00:00", "Fixed")
        result = self._load([*COLUMNS, *HISTORY], [row], role="operator")
        self.assertFalse(result["ids"])
        orders = self.env["aftersales.order"].with_user(self.users["manager"])
        order = orders.create({**self._order_values(), "history_state": "closed"})
        self.assertEqual(order.state, "new")
        with self.assertRaises(AccessError):
            orders.create({**self._order_values(), "state": "closed"})

    def test_times_in_order(self):
        row = self._row("done", "2024-03-06 03:00:00", "2024-03-05 03:00:00", "x")
        result = self._load([*COLUMNS, *HISTORY], [row])
        self.assertIn("before", result["messages"][0]["message"])

    def test_same_file_twice(self):
        rows = [self._row(), self._row(text="Fan is loud")]
        self.assertTrue(self._load(COLUMNS, rows)["ids"])
        again = self._load(COLUMNS, rows)
        self.assertFalse(again["ids"])
        self.assertEqual({message["record"] for message in again["messages"]}, {0, 1})
        meant = self._load(
            [*COLUMNS, "duplicate_confirmed"], [[*row, "1"] for row in rows]
        )
        self.assertTrue(meant["ids"])

    def test_dates_nobody_means(self):
        for called in ("2036-03-04 02:00:00", "1900-03-04 02:00:00", "206-03-04"):
            with self.subTest(called):
                rows = [self._row(text="Good"), self._row(called=called)]
                result = self._load(COLUMNS, rows)
                self.assertFalse(result["ids"])
                self.assertEqual({m["record"] for m in result["messages"]}, {1})

    def test_one_machine_however_its_serial_is_typed(self):
        self._create_asset("SN-001")
        for serial in ("sn-001", "ＳＮ－００１", "SN -001"):
            with self.subTest(serial), self.assertRaises(ValidationError):
                self._create_asset(serial)
        desk = self.env["aftersales.call.desk"].with_user(self.users["operator"])
        self.assertEqual(desk.lookup("ｓｎ－００１")[0]["title"], "SN-001")

    def test_columns_of_our_own_templates_are_matched(self):
        """Every label with a slash, of every model that offers a template."""
        wizard = self.env["base_import.import"]
        for model in ("aftersales.asset", "aftersales.order", "aftersales.complaint"):
            tree = wizard.get_fields_tree(model)
            for field in tree:
                if "/" not in field["string"]:
                    continue
                found = wizard._get_mapping_suggestion(field["string"], tree, [], {})
                self.assertEqual(found["field_path"], [field["name"]])
