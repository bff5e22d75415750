"""The Gregorian calendar in whole numbers, of NumPy, TensorFlow or Python alike."""

from typing import Any


def full_year(short: Any) -> Any:
    """The year that two digits stand for, from 1969 to 2068."""
    return 1900 + short + 100 * (1 - (short + 31) // 100)


def days(year: Any, month: Any, day: Any) -> Any:
    """Days from 1970-01-01 to a date of the Gregorian calendar.

    Years are counted from March, so that a leap day is the last of its year.

    Args:
        year: Year.
        month: From 1; 13 is January of the next year.
        day: From 1.
    """
    early = (14 - month) // 12  # 1 in January and February
    year, month = year - early, month + 12 * early - 3
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 719469


def month_length(year: Any, month: Any) -> Any:
    """Days of a month, from 28 to 31."""
    return days(year, month + 1, 1) - days(year, month, 1)


def civil(day: Any) -> tuple[Any, Any, Any]:
    """Year, month and day of the days that `days` returns."""
    day = day + 719468  # since 1 March of the year 0
    era, day = day // 146097, day % 146097
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day = day - (365 * year + year // 4 - year // 100)
    month = (5 * day + 2) // 153
    day, month = day - (153 * month + 2) // 5 + 1, (month + 2) % 12 + 1
    return year + 400 * era + (14 - month) // 12, month, day
