"""What became of each source of a batch, as a table: ``python docs/manifest_table.py OUT``."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from glom_video_pipelines.annotate.manifest import read_manifest


def main() -> None:
    lines = read_manifest(Path(sys.argv[1])).values()
    table = Table("file", "status", "frames", "declared", "corrupt", "reason, notes")
    for line in lines:
        said = "; ".join(str(text) for text in (line.get("reason"), *line.get("notes", ())) if text)
        table.add_row(
            *(
                str(line.get(name, ""))
                for name in ("source", "status", "frames", "frames_declared", "corrupt_frames")
            ),
            said,
        )
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
