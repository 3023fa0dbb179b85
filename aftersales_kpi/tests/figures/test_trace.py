"""What is counted again, and when: months compared with the facts they came from."""

from odoo.tests import BaseCase, freeze_time, tagged

from ...tools.figures import get_changes
from ..common import APRIL, MARCH, FiguresCommon
from .test_migration import load

JOBS = (
    *("ir_cron_compute_figures", "ir_cron_compute_all_figures"),
    *("ir_cron_compute_scores", "ir_cron_compute_all_scores"),
)


class TestChanges(BaseCase):
    """Two traces differ by what came, went or changed, of whom."""

    def test_what_differs(self):
        old = {"done": {"1": "7", "2": "8"}, "line": {"1": "5"}}
        new = {"done": {"1": "7", "2": "9", "3": "1"}, "visit": {"0": "4"}}
        self.assertEqual(
            get_changes(old, new), {"done": {"2", "3"}, "line": {"1"}, "visit": {"0"}}
        )
        self.assertEqual(get_changes(old, dict(old)), {})
        self.assertEqual(get_changes({}, {}), {})


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestTrace(FiguresCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_done()
        cls.card = cls._answer(cls.order, "satisfied")
        cls._create_done(people=cls.other)
        cls._work_off()

    def test_a_fact_nobody_wrote_by_the_orm_is_found(self):
        self._set(self.card, overall="fair")
        people = {str(self.technician.id)}
        self.assertEqual(
            self._changes(), {MARCH: {"followup": people, "asked": people}}
        )
        self._work_off()
        self.assertEqual(self._value("SATISFACTION"), (0, 1, "0.00 %"))

    def test_what_is_no_fact_of_a_figure_changes_nothing(self):
        self.order.write({"description": "Rack 4", "remedy": "Fan cleaned"})
        self.labour.standard_price = 77.0
        self.assertEqual(self._changes(), {})

    def test_nothing_changed_writes_nothing(self):
        before = self.periods.search([]).mapped("version")
        self._work_off()
        self.assertEqual(self.periods.search([]).mapped("version"), before)

    def test_an_order_entered_late_makes_its_month(self):
        self.assertFalse(self._month("ORDERS", "2025-11-01"))
        self._create_done(done="2025-11-10 04:00:00")
        self._work_off()
        self.assertEqual(self._value("ORDERS", "2025-11-01")[0], 1)

    def test_a_fact_that_leaves_a_closed_month_is_revised(self):
        period = self._period()
        period._do_close()
        self.order.done_at = "2026-04-02 04:00:00"
        self._work_off()
        row = self._month("ORDERS", level="technician", technician_id=self.technician)
        self.assertEqual((row.numerator, row.revised), (0, True))
        self.assertEqual(self._value("ORDERS", APRIL)[0], 1)

    def test_a_month_closed_before_traces_were_kept_is_known_from_then_on(self):
        period = self._period()
        period._do_close()
        period.trace = False
        self._work_off()
        self.assertFalse(self.values.search([("revised", "=", True)]))
        self._create_done()
        self._work_off()
        self.assertEqual(self._value("ORDERS")[0], 3)
        self.assertTrue(self._month("ORDERS").revised)

    def test_a_month_closed_late_counts_what_the_clock_has_changed(self):
        """A promise of March, broken after the last run of the job."""
        order = self._create_order(called_at="2026-03-30 02:00:00", place="onsite")
        self._set(order, arrive_deadline="2026-03-31 10:00:00", arrive_at=None)
        with freeze_time("2026-03-31 08:00:00"):
            self._work_off(clock=True)
            self.assertFalse(self._value("TIMELY")[1])
        self._period()._do_close()
        self.assertEqual(self._value("TIMELY")[:2], (0, 1))
        self.assertFalse(self.values.search([("revised", "=", True)]))

    def test_looking_at_a_month_costs_the_same_for_many_orders(self):
        counts = []
        for _round in range(2):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._period()._compute_changes()
            counts.append(self.env.cr.sql_log_count - before)
            self._multiply(self.order, 100, name="name || n")
            self._work_off()
        self.assertEqual(counts[0], counts[1])

    def test_all_jobs_run(self):
        with self.enter_registry_test_mode():
            for job in JOBS:
                with self.subTest(job=job):
                    self.env.ref(f"aftersales_kpi.{job}").method_direct_trigger()

    def test_jobs_of_an_earlier_version_are_repointed(self):
        crons = {name: self.env.ref(f"aftersales_kpi.{name}") for name in JOBS}
        now = {name: (cron.model_id, cron.code) for name, cron in crons.items()}
        for cron in crons.values():
            cron.write({"code": "model._old()", "interval_number": 6})
        crons[JOBS[3]].interval_number = 5
        load("19.0.2.0.0/post-jobs").migrate(self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()
        self.assertEqual(
            {name: (cron.model_id, cron.code) for name, cron in crons.items()}, now
        )
        self.assertEqual(crons[JOBS[1]].interval_number, 1)
        self.assertEqual(crons[JOBS[3]].interval_number, 5, "chosen by somebody")
