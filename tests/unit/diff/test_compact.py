"""Installed trees that say what they are are compared by that, with each other and with full archives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydist.diff import diff
from pydist.diff.report import ValueChange
from pydist.repack import Request, repack
from pydist.repack.profile import profile_named
from tests.support import tiny


def full(folder: Path, options: str, zlib: str) -> Path:
    def change(manifest: dict[str, Any], _: tiny.Members) -> None:
        manifest["build_options"] = manifest["optimizations"] = options

    folder.mkdir()
    content = tiny.distribution(change)
    record = json.loads(bytes(content["python/build/pydist.json"]))  # type: ignore[arg-type]  # it is no link
    record["sources"] = [{"name": "zlib", "version": zlib, "sha256": "a" * 64, "licenses": [], "license_paths": []}]
    record["options"] = options
    content["python/build/pydist.json"] = json.dumps(record).encode()
    return tiny.pack(folder / "a.tar", content)


def installed(path: Path) -> Path:
    request = Request(source=path, profile=profile_named("install-only"), output=str(path.with_name("b.tar.gz")))
    return Path(repack(request).output)


def test_options_and_libraries_of_installed_trees_are_compared(tmp_path: Path) -> None:
    one, other = full(tmp_path / "1", "noopt+static", "1.3"), full(tmp_path / "2", "lto+static", "1.4")
    expected = (
        ValueChange(path="source of zlib", first="1.3", second="1.4"),
        ValueChange(path="options", first="noopt+static", second="lto+static"),
    )
    small, less = installed(one), installed(other)
    for first, second in ((one, other), (small, less), (one, less)):
        assert diff(first, second).identity == expected


def test_an_archive_and_what_was_made_of_it_are_the_same_python(tmp_path: Path) -> None:
    one = full(tmp_path / "1", "noopt+static", "1.3")
    assert diff(one, installed(one)).identity == ()
