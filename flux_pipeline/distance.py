"""Distances between places on Earth."""

from math import asin, cos, radians, sin, sqrt

# Earth's mean radius.
EARTH_KM = 6371.0


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the great-circle distance of two points (degrees), in km; NaN if a coordinate is NaN.

    Haversine formula (Sinnott, Virtues of the Haversine, 1984).
    """
    one, other = radians(latitude), radians(other_latitude)
    half = sin((one - other) / 2) ** 2
    half += cos(one) * cos(other) * sin(radians(longitude - other_longitude) / 2) ** 2
    # Rounding may exceed 1. In this order, a NaN stays one.
    return 2 * EARTH_KM * asin(sqrt(min(half, 1.0)))
