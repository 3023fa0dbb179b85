"""Weighted mark of a technician, fair to small numbers (Example 25)."""


def weighted_mean(values, weights):
    """Mean of values between 0 and 100; what is missing drops out with its weight.

    :param values: ``{name: value or None}``
    :param weights: ``{name: weight}``
    :return: the mean, None where nothing is left
    """
    pairs = [
        (min(100.0, max(0.0, values[name])), weight)
        for name, weight in weights.items()
        if weight and values.get(name) is not None
    ]
    total = sum(weight for _value, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total else None


def shrink(value, count, mean, strength=10.0):
    """Pull a mark of few answers towards the mean of the team.

    ``(n·x + k·m) / (n + k)``: four answers of 100 in a team of 86 make 90.
    """
    if value is None or mean is None or count + strength <= 0:
        return value
    return (count * value + strength * mean) / (count + strength)
