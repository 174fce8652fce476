"""The report of a clip: what is gathered in bounded memory, that the page stands alone, and that
two reports can be compared."""

import json
import re
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli, MakeVideo
from evaluated_trees import Tree, tree, write_report

from glom_video.structures import InvalidInput
from glom_video_pipelines.evaluate import EvaluateOptions, run_evaluate
from glom_video_pipelines.evaluate.clip_report.moments import APART, MOST, Moments
from glom_video_pipelines.evaluate.clip_report.spans import RESOLUTION, LevelSpans
from glom_video_pipelines.evaluate.clip_report.timeline import BINS, Timeline
from glom_video_pipelines.evaluate.compare import compare, run_compare

__all__ = ["tree"]

# --- what is gathered


def test_a_timeline_keeps_means_and_totals_however_long_the_clip() -> None:
    short, long = Timeline(), Timeline()
    for place in range(10):
        short.add(place, {"agreement": place / 10, "births": 1, "unknown": None})
    assert short.places == list(range(10))
    assert short.means("agreement") == [place / 10 for place in range(10)]
    assert short.means("unknown") == [None] * 10
    for place in range(5 * BINS):
        long.add(place, {"agreement": float(place >= 4 * BINS), "births": 1})
    assert len(long.places) <= BINS
    assert sum(long.totals("births")) == 5 * BINS
    assert (long.means("agreement")[0], long.means("agreement")[-1]) == (0.0, 1.0)


def test_spans_know_gaps_and_changes() -> None:
    lines = LevelSpans()
    for place, states in enumerate([{1: 7}, {1: 7, 2: 7}, {1: 8}, {}, {1: 8}]):
        lines.add(place, states, births=int(place < 2))
    longest = lines.longest(5)
    assert lines.ids_seen == 2
    assert longest[1].spans == [[0, 1, 7], [2, 2, 8], [4, 4, 8]]
    assert longest[2].spans == [[1, 1, 7]]
    assert list(lines.longest(1)) == [1]


def test_spans_of_ids_that_flicker_forever_are_bounded() -> None:
    lines = LevelSpans()
    for place in range(6000):
        lines.add(place, {1: place % 2, place + 2: 0}, births=1)
    assert lines.ids_seen == 6000
    assert len(lines.longest(10_000)) <= 1000
    assert len(lines.longest(1)[1].spans) <= RESOLUTION
    assert lines.longest(1)[1].frames == 6000


def test_the_worst_moments_are_the_worst_and_apart() -> None:
    badness = np.random.default_rng(0).random(2000) / 2
    badness[[700, 1500]] = 0.9, 0.8
    badness[702] = 0.85  # beside a worse one
    drawn: list[int] = []
    moments = Moments()

    def draw(place: int) -> tuple[str, str]:
        drawn.append(place)
        return "before", "after"

    for place, value in enumerate(badness.tolist()):
        moments.add(place, f"{place:05d}", place / 25, value, 1 - value, partial(draw, place))
    kept = moments.worst_first()
    assert [moment.place for moment in kept[:2]] == [700, 1500]
    assert len(kept) == MOST
    places = sorted(moment.place for moment in kept)
    assert min(b - a for a, b in pairwise(places)) >= APART
    assert len(drawn) < 300, "pictures are drawn for those that are kept only"


# --- the page


@pytest.fixture(scope="module")
def page(report: Path) -> str:
    return (report / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def report(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report folder of a small clip."""
    return write_report(tmp_path_factory.mktemp("evaluated"), tiny_weights)


def test_the_page_holds_everything_and_asks_nobody(page: str) -> None:
    without_library = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"(?:src|href)=.?https?:", without_library)
    assert page.count("<script") == 3
    reports = json.loads(
        re.findall(r"<script type='application/json' id='reports'>(.*?)</script>", page, re.DOTALL)[
            0
        ]
    )
    (report,) = reports
    titles = [plot["title"] for plot in report["plots"]]
    assert titles[:3] == ["Stability over time", "Id events, objects", "Id events, parts"]
    assert {
        "Island lifelines, objects",
        "Parse tree over time",
        "Drift",
        "Parts and their objects",
    } <= set(titles)
    assert [frame["place"] for frame in report["kept"]] == list(range(12))
    assert all(frame["picture"].startswith("data:image/jpeg;base64,") for frame in report["kept"])


def test_the_page_keeps_the_families_apart_and_says_whose_stability_is_none(page: str) -> None:
    assert "self-consistency, which is not accuracy" in page
    assert "accuracy against truth" not in page, "there was no truth"
    assert (
        "Maps that never change are stable by construction, which is no merit: one island (no "
        "truth at this level; coverage 1.00" in page
    )


def test_the_table_on_disk_says_what_the_json_says(report: Path) -> None:
    from pyarrow import parquet

    scores = json.loads((report / "metrics.json").read_text())["clips"]
    rows = parquet.read_table(report / "metrics.parquet").to_pylist()
    assert len(rows) == sum(len(score["figures"]) for score in scores)
    named = {
        (row["method"], row["level"], row["clip"], row["metric"]): row["value"] for row in rows
    }
    assert all(
        named[score["method"], score["level"], score["clip"], name] == value
        for score in scores
        for name, value in score["figures"].items()
    )
    assert {row["family"] for row in rows} == {"self-consistency"}


def test_a_report_folder_that_cannot_be_written_costs_nothing(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    ran = glom_video(
        "evaluate",
        make_video("clip.mp4"),
        "-o",
        tmp_path / "taken" / "report",
        "--weights",
        tmp_path / "none",
    )
    assert ran.code == 2
    assert "cannot be written" in ran.err.splitlines()[0], "said before the weights are looked for"


def test_a_file_of_the_user_is_not_replaced_by_a_report(tree: Tree, tmp_path: Path) -> None:
    """metrics.json is a common name; a report of its own is renewed."""
    options = EvaluateOptions((tree.predictions,), out=tmp_path / "report")
    assert run_evaluate(options) == run_evaluate(options) == 0
    for name in ("metrics.json", "report.html"):
        own = tmp_path / f"with {name}"
        own.mkdir()
        (own / name).write_text("{}")
        with pytest.raises(InvalidInput, match=f"{name}, which is of no whole report"):
            run_evaluate(EvaluateOptions((tree.predictions,), out=own))
        assert [(path.name, path.read_text()) for path in own.iterdir()] == [(name, "{}")]


# --- comparing


def made(clips: dict[str, dict[str, float]], method: str = "glom-video") -> dict[str, object]:
    """A report of one method at the object level, by clip."""
    scores = [
        {
            "method": method,
            "level": "object",
            "clip": clip,
            "frames": 9,
            "true_frames": 9,
            "figures": own,
        }
        for clip, own in clips.items()
    ]
    control = {
        "method": "one island",
        "level": "object",
        "clip": "a",
        "frames": 9,
        "true_frames": 9,
        "figures": {"HOTA": 0.9},
    }
    return {"format_version": 2, "clips": [*scores, control]}


@pytest.mark.parametrize(
    ("metric", "before", "after", "verdict"),
    [
        pytest.param("HOTA", 0.5, 0.47, "worse", id="accuracy fell"),
        pytest.param("HOTA", 0.5, 0.485, "same", id="within tolerance"),
        pytest.param("HOTA", 0.5, 0.6, "better", id="accuracy rose"),
        pytest.param("flicker", 0.1, 0.2, "worse", id="flicker rose"),
        pytest.param("flicker", 0.2, 0.1, "better", id="flicker fell"),
        pytest.param("coverage", 0.2, 0.9, "changed", id="coverage has no better direction"),
        pytest.param("IDSW", 50.0, 50.9, "same", id="counts are compared relatively"),
        pytest.param("IDSW", 50.0, 52.0, "worse", id="more switches"),
        pytest.param("life", 100.0, 90.0, "worse", id="shorter lives"),
    ],
)
def test_verdicts(metric: str, before: float, after: float, verdict: str) -> None:
    (change,) = compare(made({"a": {metric: before}}), made({"a": {metric: after}}), 0.02)
    assert change.verdict == verdict


def test_only_common_clips_count_and_a_lost_metric_is_a_fall() -> None:
    old = made({"a": {"HOTA": 0.5, "AQ": 0.5}, "b": {"HOTA": 0.1}, "c": {"HOTA": 0.3}})
    changes = {
        change.metric: change
        for change in compare(old, made({"a": {"HOTA": 0.6}, "b": {"HOTA": 0.2}}), 0.02)
    }
    hota = changes["HOTA"]
    assert (hota.before, hota.after) == pytest.approx((0.3, 0.4))
    assert hota.verdict == "better"
    assert hota.interval == pytest.approx((0.1, 0.1))
    assert (changes["AQ"].after, changes["AQ"].verdict) == (None, "gone")


def test_a_lost_level_is_a_fall() -> None:
    """A method that finds no parts any more measures none of their metrics."""
    parts = made({"a": {"HOTA": 0.5}})
    for score in parts["clips"]:  # type: ignore[attr-defined]
        score["level"] = "part"
    objects = made({"a": {"HOTA": 0.5}})
    both = {**objects, "clips": objects["clips"] + parts["clips"]}  # type: ignore[operator]
    told = {change.level: change.verdict for change in compare(both, objects, 0.02)}
    assert told == {"object": "same", "part": "gone"}


def test_two_methods_of_other_names_are_compared(tmp_path: Path) -> None:
    assert (
        len(compare(made({"a": {"HOTA": 0.5}}, "mine"), made({"a": {"HOTA": 0.5}}, "yours"), 0.02))
        == 1
    )


def test_the_gate(report: Path, glom_video: Cli, tmp_path: Path) -> None:
    same = glom_video("evaluate", "--compare", report / "metrics.json", report / "metrics.json")
    assert (same.code, "0 fell" in same.out) == (0, True)
    worse = json.loads((report / "metrics.json").read_text())
    for score in worse["clips"]:
        score["figures"] = {
            name: value - 0.1 if name == "warp_agreement" else value
            for name, value in score["figures"].items()
        }
    (tmp_path / "worse.json").write_text(json.dumps(worse))
    fell = glom_video("evaluate", "--compare", report / "metrics.json", tmp_path / "worse.json")
    assert fell.code == 1
    assert re.search(r"warp agreement.*worse", fell.out)
    lenient = glom_video(
        "evaluate",
        "--compare",
        report / "metrics.json",
        tmp_path / "worse.json",
        "--tolerance",
        "0.2",
        "--json",
    )
    assert (lenient.code, json.loads(lenient.out)["fell"]) == (0, 0)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{", "is no JSON file"),
        ("{}", "is no report"),
        ('{"clips": [], "format_version": 99}', "newer version"),
        ('{"clips": [], "format_version": "1"}', "is no whole report"),
        ('{"clips": [{}], "format_version": 1}', "is no whole report"),
        ('{"clips": null, "format_version": 1}', "is no whole report"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, cause: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InvalidInput, match=cause):
        run_compare(tmp_path / "a.json", tmp_path / "a.json", tolerance=0.02, as_json=False)


def test_evaluate_without_anything_is_a_usage_error(glom_video: Cli) -> None:
    ran = glom_video("evaluate")
    assert (ran.code, "--compare" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "ignored",
    [
        ("clip.mp4",),
        ("--truth", "tree"),
        ("--controls",),
        ("-o", "out"),
        ("--weights", "other.safetensors"),
        ("--min-score", 0),
    ],
)
def test_comparing_takes_nothing_that_it_would_ignore(
    glom_video: Cli, ignored: tuple[str | int, ...]
) -> None:
    ran = glom_video("evaluate", *ignored, "--compare", "a.json", "b.json")
    assert (ran.code, "scores nothing: leave" in ran.err) == (2, True)


def test_a_tolerance_is_for_comparing(glom_video: Cli) -> None:
    """It was ignored."""
    ran = glom_video("evaluate", "clip.mp4", "--tolerance", 0.1)
    assert (ran.code, "--tolerance: it is for --compare" in ran.err) == (2, True)
