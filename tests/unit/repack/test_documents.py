"""Documents of a tree of which something was left out: right, and in time that grows with the tree alone."""

from __future__ import annotations

import time
from pathlib import Path

from pydist.manifest.load import load_any
from pydist.repack.documents import documents
from pydist.repack.plan import Item, Plan
from pydist.repack.profile import Form, profile_named
from pydist.repack.tree import MANIFEST, Node, Tree
from tests.support import tiny

MANY = 20_000


def test_leaving_out_many_files_of_many_takes_no_longer_for_each() -> None:
    manifest = tiny.distribution()["python/PYTHON.json"]
    assert isinstance(manifest, bytes)
    names = [f"install/lib/{part}/{number}" for part in ("kept", "gone") for number in range(MANY)]
    tree = Tree(root=Path(), form=Form.FULL, nodes=dict.fromkeys([MANIFEST, *names], Node()), manifest=manifest,
                loaded=load_any(manifest, MANIFEST))  # fmt: skip
    items = tuple(Item(name=name, source=name) for name in names[:MANY])
    begin = time.process_time()
    assert MANIFEST in documents(tree, Plan(profile=profile_named("full"), items=items, left_out=()), {})
    assert time.process_time() - begin < 5
