"""What pydist keeps with a container engine: images, and the compiler's cache as volumes.

Invariant: only what has a name of ours is touched, and of that nothing that the present code would use or that a
container uses now.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import APIError

from pydist.build.container_box import volumes
from pydist.build.image import BASE_IMAGES, BOX_IMAGES, image_names
from pydist.errors import EnvironmentLacking
from pydist.policy import engine, toolchain
from pydist.store.collect import Area, Item

__all__ = ["collect_kept", "kept"]

_VOLUMES = "pydist-toolchain-"
_GONE_OR_USED = (404, 409)
_SECONDS = 60  # an engine measures all that it keeps before it answers


def kept() -> list[Item]:
    """All images and volumes of ours; none where no engine answers. `used` is when they were made: engines know no
    more. Images are made of layers that they share, so sizes add up to more than there is. Raises `EnvironmentLacking`
    when the engine that answers fails, as `collect_kept` does."""
    with _engine() as client:
        return list(_of(client.df())) if client else []


def collect_kept(*, older_than: float) -> list[Item]:
    """Remove what the present code does not name and what was made more than `older_than` seconds ago; return what was
    removed. Nothing is where no engine answers, or where no compiler is installed that says what is named."""
    limit, removed = time.time() - older_than, []
    with _engine() as client:
        if client is None:
            return []
        try:
            compiler = toolchain.locate()
        except EnvironmentLacking:
            return []
        named = {*image_names(compiler), *volumes(compiler)}
        for item in _of(client.df()):
            if item.path.name not in named and item.used <= limit and _removed(client, item):
                removed.append(item)
    return removed


def _of(answer: Mapping[str, Any]) -> Iterator[Item]:
    """The items in an engine's account of its disk; boxes before the bases that they are made on."""
    tagged = [(tag, row) for row in answer.get("Images") or () for tag in row.get("RepoTags") or ()]
    for kind, label in ((BOX_IMAGES, "container box"), (BASE_IMAGES, "base of container boxes")):
        for tag, row in _named(tagged, f"{kind}:"):
            yield Item(area=Area.IMAGES, path=Path(tag), label=label, size=row["Size"], used=row["Created"])
    found = ((row["Name"], row) for row in answer.get("Volumes") or ())
    for name, row in _named(found, _VOLUMES):
        # Without the time, which not every driver tells, it counts as made now: it is listed, and stays.
        said = row.get("CreatedAt")
        made = datetime.datetime.fromisoformat(said).timestamp() if said else time.time()
        size = max(0, (row.get("UsageData") or {}).get("Size", 0))  # -1 where the engine does not know
        yield Item(area=Area.VOLUMES, path=Path(name), label="compiler cache", size=size, used=made)


def _named(rows: Iterable[tuple[str, Mapping[str, Any]]], prefix: str) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(((name, row) for name, row in rows if name.startswith(prefix)), key=lambda pair: pair[0])


def _removed(client: APIClient, item: Item) -> bool:
    """Remove it; False when something uses it, or somebody else was faster."""
    try:
        if item.area is Area.IMAGES:
            client.remove_image(item.path.name)
        else:
            client.remove_volume(item.path.name)
    except APIError as error:
        if error.status_code not in _GONE_OR_USED:
            raise
        return False
    return True


@contextmanager
def _engine() -> Iterator[APIClient | None]:
    """A connection to the engine, or None where none answers."""
    if engine.look() is None:
        yield None
        return
    with engine.connected(seconds=_SECONDS) as client:
        yield client
