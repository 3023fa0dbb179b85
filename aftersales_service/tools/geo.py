"""Distances on the globe, without the ORM."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088


def haversine_km(start, end):
    """Great-circle distance between two ``(latitude, longitude)`` pairs in degrees."""
    lat1, lon1, lat2, lon2 = map(radians, (*start, *end))
    half = sin((lat2 - lat1) / 2) ** 2
    half += cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, half)))


def coordinates(latitude, longitude):
    """The pair, or None for the 0/0 with which Odoo writes "not located"."""
    if not latitude and not longitude:
        return None
    return latitude, longitude
