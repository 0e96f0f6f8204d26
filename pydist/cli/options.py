"""Options that several commands share, one function each, so that they read and behave alike everywhere."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["STANDARD_OUTPUT", "add_file", "add_json", "add_quiet", "add_rules", "words"]

STANDARD_OUTPUT = Path("-")
"""Where `add_file` options write in place of the text for people."""


def add_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but results and errors")


def add_file(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    """An option for a document that is written beside the text."""
    where = "; -: to standard output, in place of the text"
    parser.add_argument(name, type=Path, metavar="FILE", help=f"{what}{where}")


def add_rules(parser: argparse.ArgumentParser, select: str, ignore: str) -> None:
    """`--select` and `--ignore`; `words` takes them apart. `select` and `ignore` say what that does to a rule."""
    for name, what in (("--select", select), ("--ignore", ignore)):
        about = f"{what} this rule or family; more of them with commas, or by repeating it"
        parser.add_argument(name, action="append", default=[], metavar="R[,R…]", help=about)


def words(given: list[str]) -> list[str]:
    """What an option of `add_rules` names."""
    return [word.strip() for item in given for word in item.split(",") if word.strip()]


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON (its schema is in schema/)")
