"""Arithmetic of the warranty provision (Example 24): plain numbers."""


def provision(sales, rate, used, accrued):
    """What the sales of a period still need, and what has to be booked.

    :param rate: per cent of the sales
    :param used: what repairs have cost so far
    :param accrued: what was set aside, releases taken off
    :return: (left, needed, to book); to book below zero is a release
    """
    left = accrued - used
    needed = max(0.0, sales * rate / 100.0 - used)
    return left, needed, needed - left
