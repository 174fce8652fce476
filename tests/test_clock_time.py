"""How times and durations are written for people."""

import pytest

from glom_video.formats.clock_time import clock_time


@pytest.mark.parametrize(
    ("seconds", "decimals", "text"),
    [
        (5.2, 0, "0:05"),
        (65.0, 0, "1:05"),
        (3599.6, 0, "1:00:00"),
        (7325.0, 0, "2:02:05"),
        (7.04, 1, "0:07.0"),
        (59.96, 1, "1:00.0"),
        (3671.25, 1, "1:01:11.2"),
        (-0.5, 1, "-0:00.5"),
        (-0.02, 1, "0:00.0"),
    ],
)
def test_a_time_is_written_in_minutes_and_from_an_hour_on_in_hours(
    seconds: float, decimals: int, text: str
) -> None:
    assert clock_time(seconds, decimals) == text
