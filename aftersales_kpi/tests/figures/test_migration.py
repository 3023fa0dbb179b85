import importlib.util

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path

from ...models.quality.aftersales_cause import UNITS


def load(script):
    """A migration script as a module: its name is none Python could import."""
    path = file_path(f"aftersales_kpi/migrations/{script}.py")
    spec = importlib.util.spec_from_file_location("migration", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@tagged("post_install", "-at_install")
class TestMigration(TransactionCase):
    """Databases of 1.0 get what new ones are installed with."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.script = load("19.0.1.1.0/post-causes")
        cls.causes = cls.env["aftersales.cause"].concat(
            *(cls.env.ref(f"aftersales_service.aftersales_cause_{n}") for n in UNITS)
        )
        cls.env.flush_all()
        # As 1.0 left them: the column is new and empty.
        cls.env.cr.execute("UPDATE aftersales_cause SET unit_id = NULL")
        cls.env.invalidate_all()

    def _migrate(self):
        self.env.flush_all()
        self.script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.cr.execute("SELECT id, unit_id, write_date FROM aftersales_cause")
        return sorted(self.env.cr.fetchall())

    def test_shipped_causes_get_their_units(self):
        self._migrate()
        self.assertTrue(all(cause.unit_id for cause in self.causes))
        for cause, unit in zip(self.causes, UNITS.values(), strict=True):
            expected = self.env.ref(f"aftersales_service.aftersales_unit_{unit}")
            self.assertEqual(cause.unit_id, expected)

    def test_a_cause_of_ones_own_stays_without(self):
        own = self.env["aftersales.cause"].create({"name": "Lightning"})
        self._migrate()
        self.assertFalse(own.unit_id)

    def test_a_unit_chosen_by_people_is_kept(self):
        finance = self.env.ref("aftersales_service.aftersales_unit_finance")
        self.causes[0].unit_id = finance
        self._migrate()
        self.assertEqual(self.causes[0].unit_id, finance)

    def test_a_deleted_cause_or_unit_does_not_stop_it(self):
        names = [f"aftersales_cause_{name}" for name in list(UNITS)[:2]]
        self.env["ir.model.data"].search(
            [("module", "=", "aftersales_service"), ("name", "in", names)]
        ).unlink()
        self._migrate()
        self.assertFalse(self.causes[:2].unit_id)
        self.assertTrue(self.causes[2:].unit_id)

    def test_a_second_run_changes_nothing(self):
        first = self._migrate()
        self.assertEqual(self._migrate(), first)


@tagged("post_install", "-at_install")
class TestHistoryLeaves(TransactionCase):
    """A database of 1.1 with a demo history keeps nothing of its machinery."""

    TABLES = (
        "aftersales_history",
        "aftersales_history_mark",
        "aftersales_history_wizard",
    )

    def _migrate(self):
        self.env.flush_all()
        load("19.0.2.0.0/pre-history").migrate(self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()

    def test_tables_and_rule_go_twice_without_a_word(self):
        cr = self.env.cr
        cr.execute("CREATE TABLE aftersales_history (id serial PRIMARY KEY)")
        cr.execute(
            "CREATE TABLE aftersales_history_mark ("
            " history_id integer REFERENCES aftersales_history ON DELETE CASCADE)"
        )
        cr.execute("CREATE TABLE aftersales_history_wizard (id serial PRIMARY KEY)")
        model = self.env["ir.model"]._get("aftersales.kpi.plan")
        rule = self.env["ir.rule"].create({"name": "History", "model_id": model.id})
        name = "aftersales_kpi.aftersales_history_rule_company"
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": name, "record": rule, "noupdate": True}]
        )
        for _turn in range(2):
            self._migrate()
            cr.execute("SELECT to_regclass(t) FROM unnest(%s) t", [list(self.TABLES)])
            self.assertEqual({found for (found,) in cr.fetchall()}, {None})
            self.assertFalse(rule.exists())
            self.assertFalse(self.env.ref(name, raise_if_not_found=False))
