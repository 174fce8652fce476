"""``glom-video study``: one command per question."""

from pathlib import Path
from typing import Annotated

import typer

from glom_video_pipelines.cli.app import AsJson, Device, Photos, Weights, app, sides
from glom_video_pipelines.cli.config_option import App
from glom_video_pipelines.cli.headings import GroupedCommand, Heading
from glom_video_pipelines.cli.study_options import Clips, Frames, GivenStudy, Size, takes_study

study = App(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(
    study,
    name="study",
    help="Find out what the parts of the model are worth: ablation, pose, time, families, score.",
    short_help="Find out what the parts of the model are worth.",
)


@study.command(cls=GroupedCommand, short_help="Train and score the model with each switch changed.")
def ablation(
    config: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG", help="TOML file of a training run: the small budget of every variant."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="RUN",
            help="Folder with a run per variant and seed. Finished runs are not repeated.",
        ),
    ],
    clips: Clips = 8,
    frames: Frames = 16,
    variant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only this row of the table, beside the base; repeatable. Default: all.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=3,
            help="Train each row so many times. Default: three times what the spread decides, and "
            "the others once.",
        ),
    ] = None,
    only_table: Annotated[
        bool,
        typer.Option("--only-table", help="Train nothing; print the table of the existing runs."),
    ] = False,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Train the model with each switch changed, and the control, and score each on held-out
    clips."""
    from glom_video_pipelines.study.ablation import run_ablation
    from glom_video_pipelines.study.variants import chosen

    variants = chosen(variant, seeds)
    try:
        code = run_ablation(
            config,
            out,
            clips=clips,
            frames=frames,
            device=device,
            as_json=as_json,
            only_table=only_table,
            variants=variants,
        )
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


@study.command(
    cls=GroupedCommand, short_help="Compare the pose read by the model with the true one."
)
@takes_study(clips=4, frames=16, size="384x216")
def pose(study: GivenStudy) -> None:
    """Compare the pose read by the model with the true one, and with where it should go when the
    clip is shifted, turned or zoomed."""
    from glom_video_pipelines.study.pose import run_pose

    raise typer.Exit(run_pose(study.options()))


@study.command(
    cls=GroupedCommand, short_help="Measure whether ids survive stops, occlusions and cuts."
)
@takes_study(clips=4, size="384x216")
def time(
    study: GivenStudy,
    all_on: Annotated[
        bool,
        typer.Option(
            "--all-on",
            help="Measure only with all temporal features on.",
            rich_help_panel=Heading.MODEL,
        ),
    ] = False,
    script: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only this script, by its name in the table; repeatable. Default: all.",
            rich_help_panel=Heading.INPUT,
        ),
    ] = None,
) -> None:
    """Measure whether ids survive a stop, an occlusion, a cut, dropped frames and a meeting, with
    each temporal feature on and off. --clips counts clips of each script."""
    from glom_video_pipelines.study.time import FEATURES, chosen_scripts, run_time

    features, scripts = FEATURES[:1] if all_on else FEATURES, chosen_scripts(script)
    raise typer.Exit(run_time(study.options(), features, scripts))


@study.command(
    cls=GroupedCommand, short_help="Score rendered clips of each family of the renderer."
)
@takes_study(clips=8, frames=16, size="384x216")
def families(study: GivenStudy) -> None:
    """Score rendered clips of each family of the renderer, held out or not, one row per family."""
    from glom_video_pipelines.study.families import run_families

    raise typer.Exit(run_families(study.options()))


@study.command(
    cls=GroupedCommand,
    short_help="Measure whether scores are the probabilities that they should be.",
)
def score(
    trees: Annotated[
        list[Path] | None,
        typer.Argument(metavar="TREE", help="DAVIS trees whose truth has all objects."),
    ] = None,
    only_main: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="TREE",
            help="DAVIS tree whose truth has only the main object: masks elsewhere are "
            "left out; repeatable.",
            rich_help_panel=Heading.INPUT,
        ),
    ] = None,
    clips: Annotated[
        int,
        typer.Option(min=0, help="Rendered clips of each family.", rich_help_panel=Heading.INPUT),
    ] = 4,
    frames: Annotated[
        int | None,
        typer.Option(
            min=3,
            help="Frames per clip. Default: 12 of rendered clips, all of those in trees.",
            rich_help_panel=Heading.INPUT,
        ),
    ] = None,
    size: Size = "384x216",
    photos: Photos = None,
    fit: Annotated[
        Path | None,
        typer.Option(
            metavar="JSON",
            help=(
                "Fit the score first and write it here. The one in use is "
                "glom_video/weights/objectness.json."
            ),
            rich_help_panel=Heading.OUTPUT,
        ),
    ] = None,
    weights: Weights = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Measure whether a track's score is the probability that it is correct, and what it hides; or
    fit it."""
    from glom_video_pipelines.study.score import run_score

    raise typer.Exit(
        run_score(
            trees=trees or (),
            only_main=only_main or (),
            clips=clips,
            frames=frames,
            size=sides(size),
            photos=photos or (),
            fit=fit,
            weights=weights,
            device=device,
            as_json=as_json,
        )
    )
