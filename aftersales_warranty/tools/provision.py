"""Arithmetic of the warranty provision (Example 24): plain numbers."""

from decimal import Decimal

from .amount import money


def provision(sales, rate, used, accrued, rounded=money):
    """What the sales of a period still need, and what has to be booked.

    :param rate: per cent of the sales
    :param used: what repairs have cost so far
    :param accrued: what was set aside, releases taken off
    :param rounded: rounds half up to the unit of the currency
    :return: (left, needed, to book); to book below zero is a release
    """
    left = accrued - used
    # The estimate is an amount of money: rounded before anything is taken off.
    estimate = float(rounded(Decimal(str(sales)) * Decimal(str(rate)) / 100))
    needed = max(0.0, estimate - used)
    return left, needed, needed - left
