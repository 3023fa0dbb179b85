from odoo.tests import freeze_time, tagged

from ..common import FiguresCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestFigures(FiguresCommon):
    def test_every_shipped_definition_can_be_computed(self):
        self._answer(self._create_done(), "satisfied")
        self._compute_figures()
        self.assertEqual(self._value("SATISFACTION"), (1, 1, "100.00 %"))
        self.assertEqual(self._value("ORDERS")[0], 1)

    def test_a_mark_computes_its_own_month_and_person_only(self):
        order = self._create_done()
        other = self._create_done(people=self.other)
        self._answer(other, "dissatisfied")
        self._compute_figures()
        self._answer(order, "very_satisfied")
        self._work_off()
        self.assertEqual(self._value("SATISFACTION"), (1, 2, "50.00 %"))
