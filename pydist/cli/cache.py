"""`pydist cache`: what the store holds, and making it smaller."""

from __future__ import annotations

import argparse
import time

from rich.table import Table

from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.store import Node, Store

__all__ = ["configure", "run"]

_DAY = 86400


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
    if args.action == "path":
        terminal.result_json({"path": str(store.root)}) if args.json else terminal.result(str(store.root))
        return 0
    nodes = list(store.nodes()) if args.action == "list" else store.collect(older_than=args.older_than * _DAY)
    if args.json:
        terminal.result_json([{"key": str(node.key), "label": node.label, "bytes": node.size, "used": int(node.used)}
                              for node in nodes])  # fmt: skip
        return 0
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
