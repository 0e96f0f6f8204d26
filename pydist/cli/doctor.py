"""`pydist doctor`: what this machine lacks for pydist, and, when asked, installing it."""

from __future__ import annotations

import argparse

from rich.text import Text

from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.policy import needs

__all__ = ["configure", "run"]


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
        needs.install([state.need for state in states if not state.present], terminal)
        states = needs.look(wanted)
    lacking = [state for state in states if not state.present]
    if args.json:
        terminal.result_json(_report(states))
    elif not args.quiet:
        terminal.result(_lines(states))
    if lacking and not args.json:
        terminal.error(needs.sentence([state.need for state in lacking]))
    return 3 if lacking else 0


def _report(states: list[needs.State]) -> dict[str, object]:
    rows = [
        {
            "name": state.need.name,
            "kind": str(state.need.kind),
            "present": state.present,
            "where": state.where,
            "why": state.need.why,
            "verbs": list(state.need.verbs),
            "remedy": state.need.remedy,
        }
        for state in states
    ]
    return {"format_version": 1, "complete": all(state.present for state in states), "needs": rows}


def _lines(states: list[needs.State]) -> Text:
    text = Text()
    width = max(len(state.need.name) for state in states)
    for state in states:
        text.append("ok      " if state.present else "lacking ", style="green" if state.present else "bold red")
        text.append(f" {state.need.name:<{width}}  ")
        text.append(state.where if state.present else f"{state.need.remedy}  ({state.need.why})")
        text.append("\n" if state is not states[-1] else "")
    return text
