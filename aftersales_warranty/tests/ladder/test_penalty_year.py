from collections import Counter

from odoo.tests import tagged

from ..deposit.test_deposit import DepositCommon
from .ladder_year import Year, check_month


@tagged("post_install", "-at_install")
class TestPenaltyYear(DepositCommon):
    """A year in small; the whole one is in tests/faults/test_ladder.py."""

    def test_a_year_gives_what_the_rules_say(self):
        year = Year(self.env, suppliers=12, complaints=900, booked=3, seed=7, step=4)
        year.play(check_month)
        kinds = Counter(key[0] for key in year.recorded_penalties())
        for kind in ("deduction", "warning", "ultimatum", "withdrawal", "fund"):
            self.assertTrue(kinds[kind], kinds)
