"""Options that several commands share, one function each, so that they read and behave alike everywhere."""

from __future__ import annotations

import argparse

__all__ = ["add_json", "add_python", "add_quiet", "add_target"]

DEFAULT_PYTHON = "3.14"
DEFAULT_TARGET = "x86_64-unknown-linux-musl"


def add_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but results and errors")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON (its schema is in schema/)")


def add_python(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--python", metavar="VERSION", default=DEFAULT_PYTHON, help="version or series (default %(default)s)"
    )


def add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target", metavar="TRIPLE", default=DEFAULT_TARGET, help="where it runs (default %(default)s)"
    )
