"""Times and durations for people to read."""


def clock_time(seconds: float, decimals: int = 0) -> str:
    """Minutes and seconds, from an hour on with hours, rounded to ``decimals`` digits after the
    point.

    >>> clock_time(7.04), clock_time(3671.25), clock_time(3671.25, decimals=1)
    ('0:07', '1:01:11', '1:01:11.2')
    >>> clock_time(59.96, decimals=1), clock_time(-0.5, decimals=1)
    ('1:00.0', '-0:00.5')
    """
    rounded = round(abs(seconds), decimals)
    sign = "-" if seconds < 0 < rounded else ""
    hours, rest = divmod(rounded, 3600)
    minutes, rest = divmod(rest, 60)
    digits = f"{rest:0{2 + (decimals > 0) + decimals}.{decimals}f}"
    if hours:
        return f"{sign}{hours:.0f}:{minutes:02.0f}:{digits}"
    return f"{sign}{minutes:.0f}:{digits}"
