"""Options that several commands share, one function each, so that they read and behave alike everywhere."""

from __future__ import annotations

import argparse

__all__ = ["add_json", "add_quiet"]


def add_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but results and errors")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON (its schema is in schema/)")
