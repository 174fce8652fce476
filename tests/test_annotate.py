"""``glom-video annotate`` end to end, with a tiny model that has learnt nothing and clips of a few
frames."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import Cli, MakeVideo, decoded, is_one_error, manifest, moving_square
from PIL import Image

from glom_video_pipelines.annotate.frame_size import scaled_size
from glom_video_pipelines.annotate.progress import PlainLines
from glom_video_pipelines.annotate.reports import Snapshot
from glom_video_pipelines.annotate.results import result_line
from glom_video_pipelines.annotate.tally import Tally


def sound_seconds(path: Path) -> float:
    with av.open(str(path)) as container:
        return (
            sum(
                float(packet.duration * packet.time_base)
                for packet in container.demux(audio=0)
                if packet.duration
            )
            if container.streams.audio
            else 0.0
        )


def picture_size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_annotate_keeps_frames_times_and_sound(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip = make_video("clip.mp4", frames=12, with_sound=True)
    ran = annotate(clip, out=tmp_path / "out")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [str(tmp_path / "out" / "clip.mp4")]
    assert decoded(tmp_path / "out" / "clip.mp4") == pytest.approx(decoded(clip), abs=1e-4)
    assert sound_seconds(tmp_path / "out" / "clip.mp4") == pytest.approx(
        sound_seconds(clip), abs=0.07
    )
    assert manifest(tmp_path / "out")["clip"]["status"] == "done"
    assert "12 frames" in ran.err
    silent = annotate(clip, "--no-audio", out=tmp_path / "silent")
    assert silent.code == 0
    assert sound_seconds(tmp_path / "silent" / "clip.mp4") == 0


def test_annotate_writes_a_davis_tree_in_the_sources_size(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=6), tmp_path / "out"
    ran = annotate(clip, "--size", "64", out=out, formats=("davis", "mp4"))
    assert ran.code == 0, ran.err
    for level in ("part", "object"):
        masks = sorted((out / "Annotations" / level / "clip").iterdir())
        assert [mask.name for mask in masks] == [f"{index:05d}.png" for index in range(6)]
        assert all(picture_size(mask) == (128, 96) for mask in masks)
    with av.open(str(out / "clip.mp4")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (64, 48)


def test_all_formats_come_out_of_one_run_and_agree(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    import csv

    clip, out = make_video("a.clip.mp4", frames=3), tmp_path / "out"
    formats = ("coco", "ytvis", "csv", "parquet", "mots-png", "davis")
    assert annotate(clip, out=out, formats=formats).code == 0
    named = {path.name for path in out.iterdir()}
    assert named == {
        "a.clip.coco.json",
        "a.clip.ytvis.json",
        "a.clip.csv",
        "a.clip.parquet",
        "Annotations",
        "Parents",
        "mots",
        "manifest.jsonl",
        "index.html",
    }
    rows = list(csv.DictReader((out / "a.clip.csv").read_text().splitlines()))
    coco = json.loads((out / "a.clip.coco.json").read_text())
    assert sorted(int(row["area"]) for row in rows) == sorted(
        each["area"] for each in coco["annotations"]
    )
    mask = np.array(Image.open(out / "Annotations" / "part" / "a.clip" / "00002.png"))
    assert {
        int(row["id"]): int(row["area"])
        for row in rows
        if (row["frame"], row["level"]) == ("2", "part")
    } == {int(id_): int((mask == id_).sum()) for id_ in np.unique(mask[mask > 0])}
    assert np.array_equal(
        np.array(Image.open(out / "mots" / "part" / "a.clip" / "instances" / "00002.png")) % 1000,
        mask,
    )


def test_a_library_that_a_format_lacks_is_named_before_the_weights(
    glom_video: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import glom_video_pipelines.annotate.jobs as jobs

    monkeypatch.setattr(jobs, "find_spec", lambda name: None)
    ran = glom_video(
        "annotate",
        tmp_path / "clip.mp4",
        "-o",
        tmp_path / "out",
        "--format",
        "parquet",
        "--weights",
        tmp_path / "absent",
    )
    assert (ran.code, is_one_error(ran.err)) == (2, True)
    assert "needs pyarrow" in ran.err
    assert "glom-video[parquet]" in ran.err


def test_annotate_takes_image_folders_and_names_masks_after_images(
    annotate: Cli, tmp_path: Path
) -> None:
    folder, out = tmp_path / "walk", tmp_path / "out"
    folder.mkdir()
    for number, image in zip((2, 10, 1), moving_square(3), strict=True):
        Image.fromarray(image).save(folder / f"shot{number}.png")
    ran = annotate(folder, "--level", "object", out=out, formats=("davis",))
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in (out / "Annotations" / "object" / "walk").iterdir()) == [
        "shot1.png",
        "shot10.png",
        "shot2.png",
    ]
    assert not (out / "Annotations" / "part").exists()
    assert not (out / "walk.mp4").exists()


def test_start_end_and_stride_keep_the_frames_own_times(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=20), tmp_path / "out"
    ran = annotate(clip, "--stride", 3, "--end", "0:00.6", out=out, formats=("davis", "mp4"))
    assert ran.code == 0, ran.err
    assert decoded(out / "clip.mp4") == pytest.approx(
        [index / 25 for index in (0, 3, 6, 9, 12)], abs=1e-4
    )
    assert len(list((out / "Annotations" / "part" / "clip").iterdir())) == 5


@pytest.mark.parametrize(
    ("layout", "size"), [("side-by-side", (256, 96)), ("levels", (256, 192)), ("mask", (128, 96))]
)
def test_layouts(
    annotate: Cli,
    make_video: MakeVideo,
    tmp_path: Path,
    layout: str,
    size: tuple[int, int],
) -> None:
    ran = annotate(make_video("clip.mp4", frames=2), "--layout", layout, out=tmp_path / "out")
    assert ran.code == 0, ran.err
    with av.open(str(tmp_path / "out" / "clip.mp4")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == size


def test_json_is_one_object_with_times_by_stage(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    ran = annotate(make_video("clip.mp4", frames=4), "--json", out=tmp_path / "out")
    result = json.loads(ran.out)
    assert (result["exit_code"], result["frames"], len(result["sources"])) == (0, 4, 1)
    assert {"decode", "motion", "glom", "islands", "track", "draw", "encode"} <= set(
        result["stage_ms"]
    )
    threads = {"glom": 2}  # frames are encoded in one and columns updated in another
    for stage, spent in result["stage_ms"].items():
        assert spent <= threads.get(stage, 1) * 1000 * result["seconds"] / 4, (
            "stages run side by side, and no thread takes longer than all"
        )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--weights", "absent.safetensors"),
        ("--device", "cuda:7"),
        ("--size", "wide"),
        ("--start", "soon"),
        ("--layout", "cubist"),
        ("--format", "avi"),
        ("--stride", "0"),
        ("--level", "scene"),
    ],
)
def test_wrong_options_are_usage_errors(
    glom_video: Cli,
    make_video: MakeVideo,
    tiny_weights: Path,
    tmp_path: Path,
    arguments: tuple[str, str],
) -> None:
    weights = () if "--weights" in arguments else ("--weights", tiny_weights)
    ran = glom_video(
        "annotate", make_video("clip.mp4", frames=2), "-o", tmp_path / "out", *weights, *arguments
    )
    assert ran.code == 2, ran.err
    assert "Traceback" not in ran.err
    assert not list((tmp_path / "out").glob("*.mp4"))


@pytest.mark.parametrize(
    ("size", "frame", "expected"),
    [
        (None, (97, 33), (97, 33)),
        ("640", (1080, 1920), (360, 640)),
        ("64x64", (480, 640), (48, 64)),
    ],
)
def test_size_keeps_the_aspect_and_never_enlarges(
    size: str | None, frame: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert scaled_size(size, *frame) == expected
    assert scaled_size("4000", *frame) == frame


@pytest.mark.parametrize(("frames", "is_compared"), [(1, False), (2, True)])
def test_a_single_frame_is_not_compared_with_real_time(frames: int, is_compared: bool) -> None:
    """It has no duration: times real time would be 0."""
    tally = Tally(frames=frames, first_pts_seconds=3.0, last_pts_seconds=2.0 + frames)
    line = {"name": "clip", "status": "done", "reason": "", "outputs": [], "notes": []}
    assert ("real time" in result_line({**line, **tally.results()})) is is_compared


def test_progress_in_a_log_names_damage_only_where_there_is_some(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glom_video_pipelines.annotate.progress.PLAIN_INTERVAL_SECONDS", 0.0)
    with PlainLines(2) as lines:
        lines.begin("clip", 100)
        for corrupt in (0, 3):
            lines.advance("clip", Snapshot(50, corrupt, 5.0, 0.4, 1, 8))
    first, second = capsys.readouterr().err.splitlines()
    assert first == (
        "[1/2] clip: frame 50/100 (50%, 0:05 left)  10.0 fps  0.40x real time  1 object  8 parts"
    )
    assert second == f"{first}  3 corrupt"


def test_clips_at_hand_together_have_numbers_of_their_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("glom_video_pipelines.annotate.progress.PLAIN_INTERVAL_SECONDS", 0.0)
    now = Snapshot.of(Tally(frames=1))
    with PlainLines(3) as lines:
        for name in "ab":
            lines.begin(name, None)
        lines.advance("b", now)
        lines.advance("a", now)
        lines.finish("a", "done a")
        lines.begin("c", None)
        lines.advance("c", now)
        lines.advance("b", now)
    told = [line.split(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert told == ["[2/3] b", "[1/3] a", "done a", "[3/3] c", "[2/3] b"]
