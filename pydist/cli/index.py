"""`pydist index`: make a folder of archives one that others can fetch from."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydist.cli.files import write_whole
from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.fetch.offer import METADATA, offer
from pydist.manifest.convert import Digest, doc, encode

__all__ = ["IndexReport", "configure", "run"]

_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """What `pydist index` wrote."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    written: tuple[str, ...] = field(metadata=doc("The indexes."))
    archives: Mapping[str, Digest] = field(metadata=doc("SHA-256 of every archive, by file name."))
    metadata: Mapping[str, str] = field(metadata=doc("File names in the download metadata, by uv's keys."))
    left_out: Mapping[str, str] = field(metadata=doc("Why other files are not in the download metadata, by name."))


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  pydist index dist/ --url https://example.org/pythons/\n"
        "  UV_PYTHON_DOWNLOADS_JSON_URL=https://example.org/pythons/download-metadata.json uv python install 3.14\n"
        "  pydist fetch 3.14 --index https://example.org/pythons/\n\n"
        "What the names of archives say is believed here; `pydist validate` compares it with what is in them."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of archives; the indexes are written there")
    parser.add_argument("--url", default="", help="where the folder will be found (default: where it is, file://…)")
    add_json(parser)
    add_quiet(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    made = offer(args.folder, args.url, terminal)
    for name, data in made.files.items():
        write_whole(args.folder / name, data)
    paths = tuple(str(args.folder / name) for name in made.files)
    if args.json:
        report = IndexReport(written=paths, archives=made.sums, metadata=made.metadata, left_out=made.left_out)
        terminal.result_json(encode(report))
        return 0
    for path in paths:
        terminal.result(path)
    for number, (name, reason) in enumerate(made.left_out.items()):
        if number == _SHOWN:
            terminal.note(f"{len(made.left_out) - _SHOWN:,} more files were left out; --json has all")
            break
        terminal.note(f"not in {METADATA}: {name}: {reason}")
    return 0
