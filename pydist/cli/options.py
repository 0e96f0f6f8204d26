"""Options that several commands share, one function each, so that they read and behave alike everywhere."""

from __future__ import annotations

import argparse

from pydist.policy import defaults

__all__ = ["add_json", "add_python", "add_quiet", "add_target"]


def add_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but results and errors")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON (its schema is in schema/)")


def add_python(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--python", metavar="VERSION", default=defaults.PYTHON, help="version or series (default %(default)s)"
    )


def add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target", metavar="TRIPLE", default=defaults.TARGET, help="where it runs (default %(default)s)"
    )
