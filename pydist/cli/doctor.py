"""`pydist doctor`: what this machine lacks for pydist, and, when asked, installing it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from typing import Literal

from rich.text import Text

from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.manifest.convert import doc, encode
from pydist.policy import needs

__all__ = ["NeedRow", "Report", "configure", "run"]


# By whether it is there, and whether it is optional.
_WORDS = {
    (True, True): ("ok", "green"),
    (True, False): ("ok", "green"),
    (False, True): ("without", "yellow"),
    (False, False): ("lacking", "bold red"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRow:
    """One thing that pydist needs of a machine."""

    name: str = field(metadata=doc("The command or the Python module."))
    kind: needs.NeedKind = field(metadata=doc("What it is."))
    optional: bool = field(metadata=doc("Whether pydist does without it, if in another way."))
    present: bool = field(metadata=doc("Whether the machine has it, and it works."))
    where: str = field(metadata=doc("Its path, or what is wrong with it, or empty."))
    why: str = field(metadata=doc("Who asks for it."))
    verbs: tuple[str, ...] = field(metadata=doc("The commands of pydist that need it."))
    remedy: str = field(metadata=doc("The command that provides it."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `pydist doctor` found."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    complete: bool = field(metadata=doc("Whether nothing lacks but what is optional."))
    needs: tuple[NeedRow, ...] = field(metadata=doc("Every need, in the order of the table."))


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: pydist doctor --for link\n\nexit code 0: everything is there; 3: something lacks"
    parser.add_argument("--for", dest="verb", choices=["build", "link"], help="look only for what this command needs")
    parser.add_argument("--install", action="store_true", help="install what lacks by apt-get (as root, on Debian)")
    add_json(parser)
    add_quiet(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    wanted = [need for need in needs.load() if args.verb is None or args.verb in need.verbs]
    states = needs.look(wanted)
    if args.install:
        needs.install([state.need for state in states if _lacks(state)], terminal)
        states = needs.look(wanted)
    lacking = [state for state in states if _lacks(state)]
    if args.json:
        terminal.result_json(encode(_report(states)))
    elif not args.quiet:
        terminal.result(_lines(states))
    if lacking and not args.json:
        terminal.error(needs.sentence([state.need for state in lacking]))
    return 3 if lacking else 0


def _lacks(state: needs.State) -> bool:
    return not state.present and not state.need.optional


def _report(states: list[needs.State]) -> Report:
    rows = (
        NeedRow(
            name=state.need.name,
            kind=state.need.kind,
            optional=state.need.optional,
            present=state.present,
            where=state.where,
            why=state.need.why,
            verbs=state.need.verbs,
            remedy=state.need.remedy,
        )
        for state in states
    )
    return Report(complete=not any(map(_lacks, states)), needs=tuple(rows))


def _lines(states: list[needs.State]) -> Text:
    text = Text()
    width = max(len(state.need.name) for state in states)
    for state in states:
        word, style = _WORDS[state.present, state.need.optional]
        text.append(f"{word:<8}", style=style)
        text.append(f" {state.need.name:<{width}}  ")
        text.append(state.where if state.present else f"{state.need.remedy}  ({state.need.why})")
        text.append("\n" if state is not states[-1] else "")
    return text
