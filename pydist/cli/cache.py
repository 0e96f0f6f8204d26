"""`pydist cache`: what the store holds, and making it smaller."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from typing import Literal

from rich.table import Table

from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.manifest.convert import doc, encode
from pydist.store import Node, Store

__all__ = ["Report", "configure", "run"]

_DAY = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """One result of the store."""

    key: str = field(metadata=doc("Kind and digest of everything that it was made from."))
    label: str = field(metadata=doc("What it is, for people."))
    size: int = field(metadata=doc("Size in bytes."))
    used: int = field(metadata=doc("When it was last used, in seconds since 1970."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the store holds, or what was removed from it."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    path: str = field(metadata=doc("Folder of the store."))
    action: Literal["list", "collect", "path"] = field(metadata=doc("What was asked for."))
    nodes: tuple[NodeFacts, ...] = field(metadata=doc("Results that are there, or that were removed by collect."))


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: pydist cache collect --older-than 7"
    parser.add_argument(
        "action", choices=("list", "collect", "path"), help="list results, remove old ones, or say where"
    )
    parser.add_argument(
        "--older-than",
        type=float,
        default=30,
        metavar="DAYS",
        help="collect: results not used for so long (default %(default)s); named ones stay",
    )
    add_quiet(parser)
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    store = Store.default()
    nodes: list[Node] = []
    if args.action == "list":
        nodes = list(store.nodes())
    elif args.action == "collect":
        nodes = store.collect(older_than=args.older_than * _DAY)
    if args.json:
        rows = tuple(
            NodeFacts(key=str(node.key), label=node.label, size=node.size, used=int(node.used)) for node in nodes
        )
        terminal.result_json(encode(Report(path=str(store.root), action=args.action, nodes=rows)))
    elif args.action == "path":
        terminal.result(str(store.root))
    else:
        terminal.result(_table(nodes, "removed" if args.action == "collect" else "results"))
    return 0


def _table(nodes: list[Node], title: str) -> Table:
    now = time.time()
    table = Table(title=f"{len(nodes)} {title}, {sum(node.size for node in nodes) / 1e6:.1f} MB", title_justify="left")
    for heading in ("key", "what", "MB", "used"):
        table.add_column(heading, justify="right" if heading == "MB" else "left")
    for node in sorted(nodes, key=lambda node: -node.size):
        table.add_row(str(node.key), node.label, f"{node.size / 1e6:.1f}", f"{(now - node.used) / _DAY:.1f} days ago")
    return table
