"""Events of a live run: listed, logged, and of zones and lines that are drawn while it runs."""

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import SMALL, Cli, MakeVideo, decoded, is_one_error, json_lines
from live_walks import SOURCE, walk, zone

from glom_video.events import Places, read_places
from glom_video.formats import read_events
from glom_video.structures import InvalidInput
from glom_video.track import TrackSettings
from glom_video_pipelines.stream import StreamOptions, run_stream
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.events.event_log import EventLog
from glom_video_pipelines.stream.events.live_events import LISTED, LiveEvents
from glom_video_pipelines.stream.events.zone_store import ZoneStore
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.recording import StreamRecorder

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from glom_video_pipelines.stream.web.zones import zones_state


def test_events_are_listed_counted_and_logged(tmp_path: Path) -> None:
    store = ZoneStore(None)
    store.change(added=Places((zone("left third", 0, 0.33),)))
    log = EventLog(tmp_path / "events.jsonl")
    live = LiveEvents(SOURCE, store, log)
    for index in range(400):
        live.add(walk(index))
    log.close()
    rows = json_lines(tmp_path / "events.jsonl")
    assert [{"number": number, **row} for number, row in enumerate(rows, 1)] == live.newest_rows()
    assert [(row["kind"], row["id"]) for row in rows] == [
        ("appeared", 3),
        ("entered_zone", 3),
        ("appeared", 7),
        ("left_zone", 3),
        ("entered_zone", 3),
        ("left_zone", 3),
        ("entered_zone", 3),
    ][: len(rows)]
    assert live.counts(live.places)["left third"]["inside"] == 1
    assert {row["source"] for row in rows} == {SOURCE}
    assert rows[0]["at"].endswith("+00:00"), "of the world's clock, wherever it is read"


def test_the_list_is_bounded() -> None:
    live = LiveEvents(SOURCE, ZoneStore(None))
    live.change_places(added=Places((zone("left third", 0, 0.33),)))
    for index in range(60 * LISTED // 2 + 60):
        live.add(walk(index, period=60))
    assert len(live.newest_rows()) == LISTED
    assert live.newest_rows()[-1]["number"] > LISTED


def test_zones_of_each_source_are_kept_apart(tmp_path: Path) -> None:
    store = ZoneStore(tmp_path / "zones.json")
    one, other = (LiveEvents(name, store, is_only=False) for name in ("a.mp4", "b.mp4"))
    mine, theirs = (Places((zone("door", 0, 0.5, name),)) for name in ("a.mp4", "b.mp4"))
    one.change_places(added=mine)
    other.change_places(added=theirs)
    assert [each.points[0] for each in one.places.zones] == [(0.0, 0.0)]
    again = ZoneStore(tmp_path / "zones.json")
    assert again.places == store.places
    assert len(again.places.zones) == 2
    with pytest.raises(InvalidInput, match="of another source"):
        one.change_places(added=theirs)
    with pytest.raises(InvalidInput, match="of another source"):
        one.change_places(removed=theirs)
    one.change_places(removed=mine)
    assert [each.source for each in read_places(tmp_path / "zones.json").zones] == ["b.mp4"]


def test_zones_that_are_not_there_are_refused_where_none_can_be_drawn(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    """A mistyped name gave no events of zones, without a word."""
    clip, absent = make_video("clip.mp4", frames=2), tmp_path / "absent.json"
    ran = glom_video("stream", clip, "--view", "none", "--zones", absent, "--weights", "nowhere")
    assert (ran.code, is_one_error(ran.err)) == (2, True)
    assert f"the zones {absent} cannot be read" in ran.err


def test_zones_that_two_runs_draw_into_one_file_are_all_kept(tmp_path: Path) -> None:
    """The one that drew last wrote over what the other had drawn."""
    path = tmp_path / "zones.json"
    one, other = ZoneStore(path), ZoneStore(path)
    left, right = Places((zone("l", 0, 0.5),)), Places((zone("r", 0.5, 1),))
    one.change(added=left)
    other.change(added=right)
    assert [each.name for each in read_places(path).zones] == ["l", "r"]
    path.write_text("an editor's half")
    with pytest.raises(InvalidInput, match="are no JSON"):
        one.change(removed=left)
    assert path.read_text() == "an editor's half"
    path.unlink()
    other.change(removed=left)
    assert [each.name for each in read_places(path).zones] == ["r"]


def test_a_log_that_cannot_be_written_is_told_once_and_ends_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        EventLog(tmp_path / "nowhere" / "events.jsonl")
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    log = EventLog(full)
    live = LiveEvents(SOURCE, ZoneStore(None), log)
    for index in range(13):
        live.add(walk(index))
    with pytest.raises(InvalidInput, match="No space left"):
        live.add(walk(13))
    live.add(walk(14))
    log.close()
    assert [row["kind"] for row in live.newest_rows()] == ["appeared", "appeared"]


@pytest.mark.parametrize("held", [b"\x00\x00\x00 ftypisom\n", b'{"zones": []}\n', b"3\n", b"[\n"])
def test_no_event_is_appended_to_what_holds_something_else(held: bytes, tmp_path: Path) -> None:
    """As to the source itself, which it would damage."""
    (tmp_path / "clip.mp4").write_bytes(held)
    with pytest.raises(InvalidInput, match="something other than events"):
        EventLog(tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == held


def test_an_earlier_log_is_continued(tmp_path: Path) -> None:
    for kind in ("appeared", "left"):
        log = EventLog(tmp_path / "events.jsonl")
        log.write({"kind": kind})
        log.close()
    rows = json_lines(tmp_path / "events.jsonl")
    assert [row["kind"] for row in rows] == ["appeared", "left"]


def test_a_line_that_a_killed_run_has_cut_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"kind": "appeared"}\n{"kind": "le')
    log = EventLog(path)
    log.write({"kind": "left"})
    log.write({"kind": "split"})
    log.close()
    assert path.read_text().splitlines()[1:] == [
        '{"kind": "le',
        '{"kind": "left"}',
        '{"kind": "split"}',
    ]


def test_a_stream_logs_its_events_and_records_them(
    make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = str(make_video("clip.mp4", frames=40))
    options = StreamOptions(
        view="none",
        policy="every",
        record=tmp_path / "live.mp4",
        formats=("events",),
        events=tmp_path / "events.jsonl",
        weights=str(tiny_weights),
        settings=replace(SMALL, track=TrackSettings(min_score=0.0)),
    )
    assert run_stream(clip, options) == 0
    rows = json_lines(tmp_path / "events.jsonl")
    recorded = list(read_events(tmp_path / "live.events.jsonl"))
    assert [(row["kind"], row["id"], row["frame"]) for row in rows] == [
        (event.kind, event.id, event.frame) for event in recorded
    ]
    assert rows
    assert len(decoded(tmp_path / "live.mp4")) == 40
    if Path("/dev/full").exists():
        lost = replace(options, record=None, formats=(), events=Path("/dev/full"))
        assert run_stream(clip, lost) == 1, "as where a recording is lost"


def test_what_a_page_is_told_of_zones_is_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was taken away meanwhile was listed without counts, at which the page stopped."""
    live = Live(SOURCE, Controls(), StreamRecorder("0", None, ()))
    given = iter([Places((zone("door", 0, 1),)), Places(), Places()])
    monkeypatch.setattr(LiveEvents, "places", property(lambda _: next(given)))
    told = zones_state(live)
    assert [each["name"] for each in told["zones"]] == list(told["counts"]) == ["door"]


def test_a_zone_drawn_while_no_frame_comes_counts_at_once(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    live = LiveEvents(SOURCE, ZoneStore(None), log)
    live.apply_changed_places()
    for index in range(30):
        live.add(walk(index))
    live.change_places(added=Places((zone("right half", 0.5, 1),)))
    live.apply_changed_places()
    live.apply_changed_places()
    log.close()
    assert live.counts(live.places)["right half"] == {"inside": 1, "entered": 1, "left": 0}
    last = json_lines(tmp_path / "events.jsonl")[-1]
    assert (last["kind"], last["id"], last["frame"]) == ("entered_zone", 7, 29)
