"""`pydist cache`: what the store holds, and making it smaller."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from rich.table import Table

from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.errors import EnvironmentLacking
from pydist.manifest.convert import doc, encode
from pydist.store import Store
from pydist.store.collect import Area, Item, collect, contents

__all__ = ["ItemFacts", "Report", "configure", "run"]

_DAY = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """Something in the store or in the container engine: a result, a download, unfinished work, a cache, an image."""

    area: Area = field(
        metadata=doc("The folder of the store that it is in; images and volumes are in the container engine.")
    )
    path: str = field(metadata=doc("Where it is, below the folder of the store; in the engine its name."))
    key: str | None = field(default=None, metadata=doc("Of a result: kind and digest of everything it was made from."))
    label: str = field(metadata=doc("What it is, for people."))
    size: int = field(metadata=doc("Size in bytes."))
    used: int = field(
        metadata=doc("When it was last used, in seconds since 1970; of images and volumes when it was made.")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the store holds, or what was removed from it."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    path: str = field(metadata=doc("Folder of the store."))
    action: Literal["list", "collect", "path"] = field(metadata=doc("What was asked for."))
    size: int = field(metadata=doc("Size of all items in bytes."))
    items: tuple[ItemFacts, ...] = field(metadata=doc("What is there, or what was removed by collect."))


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: pydist cache collect --older-than 7"
    parser.add_argument(
        "action", choices=("list", "collect", "path"), help="list what is there, remove what is old, or say where"
    )
    parser.add_argument(
        "--older-than",
        type=float,
        default=30,
        metavar="DAYS",
        help="collect: what was not used for so long (default %(default)s), and images and volumes of the container "
        "engine that were made so long ago; results that have a name stay",
    )
    add_quiet(parser)
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    store = Store.default()
    items: list[Item] = []
    if args.action != "path":
        # The engine's SDK takes longer to import than everything else here, and `path` stands in Makefiles and scripts.
        from pydist.build.kept import collect_kept, kept
    if args.action == "list":
        items = [*contents(store), *_of_engine(kept, terminal)]
    elif args.action == "collect":
        seconds = args.older_than * _DAY
        items = [*collect(store, older_than=seconds)]
        items += _of_engine(partial(collect_kept, older_than=seconds), terminal)
    if args.json:
        terminal.result_json(encode(_report(store, args.action, items)))
    elif args.action == "path":
        terminal.result(str(store.root))
    else:
        terminal.result(_table(items, "removed" if args.action == "collect" else "kept"))
    return 0


def _of_engine(ask: Callable[[], list[Item]], terminal: Terminal) -> list[Item]:
    """What the container engine has or gave up. One that fails keeps nobody from the store."""
    try:
        return ask()
    except EnvironmentLacking as error:
        terminal.note(f"without images and volumes: {' '.join(str(error).split())}")
        return []


def _report(store: Store, action: Literal["list", "collect", "path"], items: list[Item]) -> Report:
    rows = (
        ItemFacts(
            area=item.area,
            path=(item.path.relative_to(store.root) if item.path.is_absolute() else item.path).as_posix(),
            key=None if item.key is None else str(item.key),
            label=item.label,
            size=item.size,
            used=int(item.used),
        )
        for item in items
    )
    return Report(path=str(store.root), action=action, size=sum(item.size for item in items), items=tuple(rows))


def _table(items: list[Item], title: str) -> Table:
    now = time.time()
    sums = ", ".join(
        f"{area} {_megabytes(item for item in items if item.area is area)}"
        for area in Area
        if any(item.area is area for item in items)
    )
    table = Table(title=f"{len(items)} {title}, {_megabytes(items)} MB", title_justify="left", caption=sums or None)
    for heading in ("area", "name", "what", "MB", "used or made"):
        table.add_column(heading, justify="right" if heading == "MB" else "left")
    for item in sorted(items, key=lambda item: -item.size):
        name = str(item.key) if item.key else re.sub(r"([0-9a-f]{12})[0-9a-f]+", r"\1", item.path.name)
        used = f"{max(0.0, now - item.used) / _DAY:.1f} days ago"
        table.add_row(item.area, name, item.label, _megabytes([item]), used)
    return table


def _megabytes(items: Iterable[Item]) -> str:
    return f"{sum(item.size for item in items) / 1e6:,.1f}"
