"""`pydist build`."""

from __future__ import annotations

import argparse
from pathlib import Path

from pydist.build.build import build
from pydist.cli.building import add_building
from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.manifest.convert import encode
from pydist.policy import defaults, options, recipes, targets

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    rows = (f"  {triple:30}{row.default}" for triple, row in targets.load().items())
    parser.epilog = (
        "example: pydist build --python 3.14 --target x86_64-unknown-linux-musl --output dist\n\n"
        "targets, each with its default options:\n" + "\n".join(rows)
    )
    releases = ", ".join(release.version for release in recipes.load("cpython").releases)
    parser.add_argument("--python", metavar="VERSION", default=defaults.PYTHON,
                        help=f"version or series: {releases} (default %(default)s)")  # fmt: skip
    parser.add_argument("--target", metavar="TRIPLE", default=defaults.TARGET,
                        help="where it runs: a target of the list below (default %(default)s)")  # fmt: skip
    parser.add_argument("--source", type=Path, metavar="DIR",
                        help="a CPython source tree of your own, in place of a release")  # fmt: skip
    parser.add_argument("--options", default="", metavar="WORDS",
                        help=f"{options.KNOWN} (default: those of the target)")  # fmt: skip
    parser.add_argument("--profile", type=Path, metavar="FILE",
                        help="what pgo optimises by, as an archive of pydist has it (default: a training)")  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, default=Path("dist"), metavar="DIR",
                        help="where the archives go (default %(default)s)")  # fmt: skip
    parser.add_argument("--tag", help="release tag in the file names (default: today, YYYYMMDD)")
    parser.add_argument("--times", action="store_true",
                        help="let the provenance statement tell when the build ran")  # fmt: skip
    add_building(parser)
    add_quiet(parser)
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    result = build(
        python=args.python, target=args.target, options=args.options, source=args.source, output=args.output,
        tag=args.tag, times=args.times, box=args.box, jobs=args.jobs, downloads=args.downloads, profile=args.profile,
        reporter=terminal,
    )  # fmt: skip
    if args.json:
        terminal.result_json(encode(result))
        return 0
    for archive in (result.full, result.install_only, result.sbom, result.provenance):
        terminal.result(f"{archive.path}  {archive.size / 1e6:.1f} MB")
    terminal.result(
        f"{result.extensions} extension modules built in, {result.left_out} left out, {result.seconds:.1f} s"
    )
    return 0
