"""Amounts that depend on time and use; money in Decimal, half up to the cent."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def money(value, unit=CENT):
    """Rounded half up to the currency's smallest unit."""
    return Decimal(value).quantize(unit, rounding=ROUND_HALF_UP)


def use_fee(price, counter, percent, per=1000, unit=CENT):
    """Fee for the use of a car given back: price × km/1000 × n %."""
    share = Decimal(str(counter)) / per * Decimal(str(percent)) / 100
    return money(min(Decimal(str(price)), Decimal(str(price)) * share), unit)


def depreciation(price, percent_per_day, days, repair_days=0, unit=CENT):
    """Daily depreciation of goods given back by choice, days in repair left out."""
    used = max(0, days - repair_days)
    fee = Decimal(str(price)) * Decimal(str(percent_per_day)) / 100 * used
    return money(min(Decimal(str(price)), fee), unit)


def pro_rata(price, months, used, free=0, unit=CENT):
    """Credit for the remaining months; in full until the free months are over."""
    price = Decimal(str(price))
    if used <= free:
        return money(price, unit)
    remaining = max(0, months - used)
    return (
        money(price * remaining / (months - free), unit) if months > free else money(0)
    )
