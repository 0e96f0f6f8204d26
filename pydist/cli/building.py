"""Options of the commands that build: where scripts run, how many programs at once, what was downloaded before.

Beside `options.py`, which commands import that must not pay for the builder's imports.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pydist.build.box import BoxKind

__all__ = ["add_building"]


def add_building(parser: argparse.ArgumentParser) -> None:
    """Adds `box` (a `BoxKind`, or None for the default), `jobs` (0 for all cores) and `downloads`."""
    parser.add_argument(
        "--box", type=_box, choices=tuple(BoxKind),
        help="where build scripts run (default: container when a Docker engine answers, else host)",
    )  # fmt: skip
    parser.add_argument("-j", "--jobs", type=_jobs, default=0, metavar="N",
                        help="programs at once (default: 0, as many as there are cores)")  # fmt: skip
    parser.add_argument("--downloads", type=_folder, metavar="DIR",
                        help="folder with source archives to look into first (default: $PYDIST_DOWNLOADS)")  # fmt: skip


def _box(text: str) -> BoxKind:
    try:
        return BoxKind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected {' or '.join(BoxKind)}") from None


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r}: no such folder")
    return path


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number from 1, or 0 for all cores")
    return int(text)
