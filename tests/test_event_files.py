"""Files of zones and lines, and of the events of a clip."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli, MakeVideo, Options, is_one_error
from test_events import LEFT_HALF, UPWARDS

from glom_video.events import (
    Places,
    Zone,
    places_from_plain,
    places_to_plain,
    read_places,
    write_places,
)
from glom_video.formats import read_events
from glom_video.structures import InvalidInput


def test_zones_come_back_from_their_file(tmp_path: Path) -> None:
    places = Places((replace(LEFT_HALF, source="rtsp://***@door/live"),), (UPWARDS,))
    write_places(tmp_path / "zones.json", places)
    assert read_places(tmp_path / "zones.json") == places
    assert places.of("rtsp://***@yard/live") == Places((), (UPWARDS,))
    assert places_from_plain(json.loads(json.dumps(places_to_plain(places)))) == places


def zone(**changed: Any) -> dict[str, Any]:
    return {"zones": [{"name": "a", "points": [[0, 0], [1, 0], [1, 1]], **changed}]}


@pytest.mark.parametrize(
    "stored",
    [
        [],
        {"zones": 3},
        {"regions": []},
        {"format_version": 2},
        zone(name=""),
        zone(name="x" * 41),
        zone(name="a\nb"),
        zone(points=[[0, 0], [1, 1]]),
        zone(points=[[0, 0], [1, 1], [0, float("nan")]]),
        zone(points=[[0, 0], [1, 1], [0, 1.5]]),
        zone(points=[[0, 0], [1, 1], [True, "1"]]),
        zone(points=[[0, 0], [1, 1], [10**400, 0]]),
        zone(colour="red"),
        {"lines": [{"name": "a", "points": [[0, 0], [0, 0]]}]},
        {"lines": [{"name": "a", "points": [[0, 0], [1, 1]]}] * 2},
        {"lines": [{"name": str(n), "points": [[0, 0], [1, 1]]} for n in range(33)]},
    ],
)
def test_what_is_no_zone_is_refused(stored: Any, tmp_path: Path, glom_video: Cli) -> None:
    (tmp_path / "zones.json").write_text(json.dumps(stored))
    ran = glom_video(
        "annotate", "a.mp4", "-o", tmp_path / "out", "--zones", tmp_path / "zones.json"
    )
    assert ran.code == 2
    assert is_one_error(ran.err), ran.err
    with pytest.raises(InvalidInput, match=r"zones\.json"):
        read_places(tmp_path / "zones.json")


def test_events_of_a_file(
    glom_video: Cli, make_video: MakeVideo, small_model: Options, tmp_path: Path
) -> None:
    """A row per event that says its time, its frame and its object; zones that hold all of the
    picture are entered by whatever appears."""
    everywhere = Zone("all", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    write_places(tmp_path / "zones.json", Places((everywhere,)))
    clip = make_video("clip.mp4", frames=40)
    common = ("annotate", clip, *small_model, "--min-score", 0, "--format", "events")
    ran = glom_video(*common, "-o", tmp_path / "out", "--zones", tmp_path / "zones.json")
    assert ran.code == 0, ran.err
    events = list(read_events(tmp_path / "out" / "clip.events.jsonl"))
    kinds = Counter(event.kind for event in events)
    assert kinds["appeared"] == kinds["entered_zone"] > 0
    assert all(event.pts_seconds == pytest.approx(event.frame / 25, abs=1e-3) for event in events)
    again = glom_video(*common, "-o", tmp_path / "out")
    assert "made from another source or with other settings" in again.err, "other zones"


def test_a_file_that_holds_no_events_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.events.jsonl").write_text('{"kind": "left"}\n')
    with pytest.raises(InvalidInput, match="cannot be read as events"):
        list(read_events(tmp_path / "a.events.jsonl"))
