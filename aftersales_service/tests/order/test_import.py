import csv
import time
from pathlib import Path

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.misc import file_open, file_path

from ..common import GROUP, AftersalesCommon

CALLS = """called_on,symptom,model,customer,cause,service_grade
2009-01-08,4块硬盘黄灯常亮,7979Q7C,数据中心甲,RAID卡故障,5x9
2008-10-08,硬盘无法识别(自检界面),888798X,信息公司乙,硬盘物理损坏,5x9
2008-10-28,开机加电无显示,6623ISN,汽车集团丙,内存报废,7x24x8
2008-12-24,开机无显示,8840CFG,省级机关丁,主板故障,7x24x4
2009-02-12,RAID卡自检不过,7979R01,网吧戊,插槽松动,5x9
2008-07-16,开机无显示,7974Q3F,银行己,主板故障,7x24x4
2008-10-12,报DIMM1错 内存黄灯亮,7979A11,饮料公司庚,内存损坏,7x24x8
2009-02-17,开机即蓝屏,867512D,工程公司辛,主板和内存均损坏,5x9
2009-03-18,BOARD报错,7979F3A,农信系统壬,PCI板故障,7x24x4
2008-09-19,硬盘黄灯常亮,867071X,外资银行癸,硬盘逻辑掉线,7x24x8
"""
CREATED = {"partner_id": True, "product_id": True, "symptom_id": True, "cause_id": True}
OPTIONS = {
    "has_headers": True,
    "quoting": '"',
    "separator": ",",
    "encoding": "utf-8",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
    "date_format": "%Y-%m-%d",
    "datetime_format": "%Y-%m-%d %H:%M:%S",
    "advanced": False,
}


class ImportCommon(AftersalesCommon):
    """Imports as the client does: preview, proposed columns, execution."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.importer = new_test_user(
            cls.env,
            "as_importer",
            groups=f"{GROUP}manager,product.group_product_manager,base.group_allow_export",
            company_id=cls.company.id,
            tz="Asia/Shanghai",
        )
        cls.team.user_ids += cls.importer
        cls.orders = cls.env["aftersales.order"].with_user(cls.importer)

    def _wizard(self, text):
        return (
            self.env["base_import.import"]
            .with_user(self.importer)
            .create(
                {
                    "res_model": "aftersales.order",
                    "file": text.encode(),
                    "file_type": "text/csv",
                    "file_name": "calls.csv",
                }
            )
        )

    def _import(self, text, **options):
        """Preview, take the proposed columns, import: what the client does."""
        wizard = self._wizard(text)
        preview = wizard.parse_preview({**OPTIONS, **options})
        self.assertFalse(preview.get("error"), preview.get("error"))
        headers = preview["headers"]
        matches = preview["matches"] or {}
        fields = [
            "/".join(matches[index]) if index in matches else False
            for index in range(len(headers))
        ]
        result = wizard.execute_import(
            fields, headers, {**OPTIONS, **preview["options"], **options}
        )
        return fields, result


@tagged("post_install", "-at_install")
class TestImport(ImportCommon):
    def test_ten_calls_come_in_with_the_columns_as_they_are(self):
        fields, result = self._import(CALLS, name_create_enabled_fields=CREATED)
        self.assertEqual(
            fields,
            [
                "called_at",
                "symptom_id",
                "product_id",
                "partner_id",
                "cause_id",
                "grade_id",
            ],
        )
        self.assertFalse(result["messages"])
        orders = self.orders.browse(result["ids"])
        self.assertEqual(len(orders), 10)
        self.assertEqual(len(set(orders.mapped("name"))), 10)
        self.assertEqual(orders.team_id, self.team)
        self.assertEqual(set(orders.mapped("state")), {"new"})
        first, last = orders[0], orders[-1]
        self.assertEqual(first.partner_id.name, "数据中心甲")
        self.assertEqual(first.product_id.name, "7979Q7C")
        self.assertEqual(str(first.called_at), "2009-01-07 16:00:00")
        self.assertEqual(first.grade_id, self.env.ref(f"{NAME}_5x9"))
        self.assertEqual(orders[3].grade_id, self.env.ref(f"{NAME}_7x24x4"))
        # Known words of callers name the symptom of the catalogue.
        catalogue = self.env.ref("aftersales_service.aftersales_symptom_disk_amber")
        self.assertEqual(last.symptom_id, catalogue)
        self.assertEqual(first.symptom_id.name, "4块硬盘黄灯常亮")

    @mute_logger("odoo.sql_db")
    def test_names_are_created_only_on_request(self):
        _fields, result = self._import(CALLS)
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])
        self.assertFalse(self.env["res.partner"].search([("name", "=", "银行己")]))

    def test_three_bad_rows_keep_nothing_and_are_named(self):
        rows = CALLS.splitlines()
        rows[2] = rows[2].replace("5x9", "9x9")
        rows[5] = rows[5].replace("2009-02-12,", "2009-02-12,").replace("5x9", "zzz")
        rows[8] = rows[8].replace("5x9", "?")
        before = self.orders.search_count([])
        _fields, result = self._import(
            "\n".join(rows), name_create_enabled_fields=CREATED
        )
        self.assertFalse(result["ids"])
        named = sorted(
            message["rows"]["from"]
            for message in result["messages"]
            if message["type"] == "error"
        )
        self.assertEqual(named, [1, 4, 7])
        self.assertEqual(self.orders.search_count([]), before)

    def test_protected_columns_are_refused(self):
        for name, value in (
            ("state", "closed"),
            ("name", "SV/1"),
            ("answer_at", "2026-01-01 00:00:00"),
            ("source_key", "x"),
            ("signed_by", "me"),
        ):
            with self.subTest(name):
                result = self.orders.load(
                    ["partner_id/.id", name], [[str(self.customer.id), value]]
                )
                self.assertFalse(result["ids"])
                self.assertIn("rights", result["messages"][0]["message"])

    def test_template_is_offered_and_can_be_imported(self):
        [template] = self.env["aftersales.order"].get_import_templates()
        path = file_path(template["template"].lstrip("/"))
        self.assertTrue(Path(path).is_file())
        self._create_product("Server X3650 M4")
        with file_open(template["template"].lstrip("/")) as file:
            text = file.read()
        headers = next(csv.reader(text.splitlines()))
        fields, result = self._import(text, name_create_enabled_fields=CREATED)
        self.assertEqual(fields, headers)
        self.assertFalse(result["messages"])
        order = self.orders.browse(result["ids"])
        self.assertEqual(order.fault_level, "2")
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(order.grade_id, self.env.ref(f"{NAME}_7x24x4"))

    def test_grades_are_found_however_they_are_spelled(self):
        grade = self.env.ref(f"{NAME}_7x24x4")
        for text in (
            "7x24x4",
            "7X24X4",
            "7×24×4",
            "7 × 24 × 4",
            "7*24*4",
            "７×２４×４",
        ):
            found = self.env["aftersales.grade"].name_search(text, operator="=")
            self.assertEqual([grade_id for grade_id, _n in found], [grade.id], text)
        self.assertFalse(self.env["aftersales.grade"].name_search("x", operator="="))

    def test_thousand_rows_in_reasonable_time(self):
        rows = [
            [f"2026-01-0{n % 9 + 1} 08:00:00", "Data Centre A", "Amber light", str(n)]
            for n in range(1000)
        ]
        started, queries = time.monotonic(), self.cr.sql_log_count
        result = self.orders.load(
            ["called_at", "partner_id", "symptom_id", "description"], rows
        )
        self.assertEqual(len(result["ids"]), 1000, result["messages"][:3])
        self.env.flush_all()
        self.assertLess(time.monotonic() - started, 30)
        self.assertLess((self.cr.sql_log_count - queries) / 1000, 0.2)


NAME = "aftersales_service.aftersales_grade"
