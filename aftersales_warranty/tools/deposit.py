"""Arithmetic of a supplier's deposit: plain numbers, no database.

Amounts are rounded by the caller's ``rounded``; nothing here knows a currency.
"""


def split_deduction(amount, balance):
    """What the deposit pays and what becomes a receivable (Example 23 a).

    :return: (from the deposit, receivable from the supplier)
    """
    taken = max(0.0, min(amount, balance))
    return taken, amount - taken


def split_give_back(amount, receivable):
    """A give-back settles what the supplier owes first, the rest is his deposit.

    :return: (settles the receivable, back into the deposit)
    """
    settled = max(0.0, min(amount, receivable))
    return settled, amount - settled


def refundable(balance, reserved, receivable):
    """What may leave at exit: never what is disputed or owed (Example 23 c)."""
    return max(0.0, balance - reserved - max(0.0, receivable))


def is_below_alarm(balance, required, share, rounded):
    """The alarm looks at the balance, strictly below the share of what is agreed."""
    return rounded(balance) < rounded(required * share / 100.0)
