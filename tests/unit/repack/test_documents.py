"""Documents of a tree of which something was left out: right, and in time that grows with the tree alone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from pydist.archive.source import open_source
from pydist.manifest.load import load_any
from pydist.repack import Request, repack
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


def test_build_details_name_nothing_that_was_left_out(tmp_path: Path) -> None:
    library = "python/install/lib/python3.14"
    said = {
        "base_prefix": "../..",
        "base_interpreter": "bin/python3.14",
        "libpython": {"dynamic": "lib/libmissing.so", "static": "lib/libpython3.14.a", "link_to_libpython": False},
        "c_api": {"headers": "include/python3.14", "pkgconfig_path": "lib/pkgconfig"},
    }

    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content[f"{library}/build-details.json"] = json.dumps(said).encode()
        content[f"{library}/test/build-details.json"] = b"[]"
        content["python/install/lib/libpython3.14.a"] = b"!<arch>\n"
        content["python/install/include/python3.14/Python.h"] = b""
        content["python/install/lib/pkgconfig/python-3.14.pc"] = b""

    found = dict[str, dict[str, Any]]()
    full = tiny.pack(tmp_path / "a.tar", tiny.distribution(change))
    for profile in ("install-only", "minimal"):
        path = Path(
            repack(Request(source=full, profile=profile_named(profile), output=f"{tmp_path}/{profile}.tar.gz")).output
        )
        with open_source(path) as source:
            (data,) = [member.read() for member in source.members()
                       if member.entry.path == "python/lib/python3.14/build-details.json"]  # fmt: skip
        found[profile] = json.loads(data)
    # What was not there before is not our doing.
    library_left = {"dynamic": "lib/libmissing.so", "link_to_libpython": False}
    assert found["install-only"] == said | {"libpython": library_left}
    assert "c_api" not in found["minimal"]
    assert found["minimal"]["base_interpreter"] == "bin/python3.14"
