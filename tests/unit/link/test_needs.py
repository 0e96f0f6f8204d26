"""What modules need of the system is told apart from what only plugins need."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pydist.errors import InputError
from pydist.link.bring import brought_part
from pydist.link.collect import Collected, collect
from pydist.link.dist import Distribution
from pydist.link.needs import Needs, needs_of
from pydist.link.part import Part, TreeFile, make_part
from pydist.target import Target
from tests.support.dist import distribution, rows
from tests.support.elf import make_elf

SITE = "lib/python3.14/site-packages"
FILES = {
    "fast.so": ("PyInit_fast", ["libown.so", "libc.so.6", "libstdc++.so.6"]),
    "p.libs/libown.so": ("own", ["libdeep.so", "libz.so.1"]),
    "p.libs/libdeep.so": ("deep", ["libdeep.so.9"]),
    "plugins/libqx.so": ("plug", ["libX11.so.6", "libz.so.1", "libown.so"]),
    "plugins/liby.so": ("plug", ["libX11.so.6", "libmvec.so.1"]),
}


def elf(function: str, needed: list[str], **changes: Any) -> bytes:
    search = "$ORIGIN/p.libs:$ORIGIN/../p.libs"
    given: dict[str, Any] = {"kind": 3, "needed": needed, "defined": [function], "runpath": search, "loadable": True}
    return make_elf(**given | changes)


def gnu() -> Distribution:
    made = distribution()
    manifest = replace(made.manifest, python_suffixes={"extension": (".so",)})
    return replace(made, manifest=manifest, target=Target.parse("x86_64-unknown-linux-gnu"))


def part(files: dict[str, bytes]) -> Part:
    return make_part("p", tuple(TreeFile(path=path, data=data) for path, data in files.items()), Path(sys.executable))


def parts() -> Part:
    soname = {name: name.rpartition("/")[2] for name in FILES if ".libs" in name}
    return part(rows({name: elf(*about, soname=soname.get(name)) for name, about in FILES.items()}))


def needs(*more: Part) -> Needs:
    tree: Collected = collect(gnu(), [part({}), parts(), *more])
    return needs_of(gnu(), tree)


def test_what_a_module_leads_to_counts_for_the_modules_and_the_rest_for_plugins() -> None:
    made = needs()
    assert made.always[1:] == (
        "/proc, to load shared objects from memory", "libdeep.so.9", "libstdc++.so.6", "libz.so.1"
    )  # fmt: skip
    assert made.plugins == {"libX11.so.6": (f"{SITE}/plugins/libqx.so", f"{SITE}/plugins/liby.so")}


def test_a_plugin_that_needs_a_newer_system_is_said_to() -> None:
    plugin = elf("plug", ["libc.so.6"], needs=[("libc.so.6", ["GLIBC_2.99"])])
    made = needs(part(rows({"plugins/new.so": plugin})))
    assert made.plugins["glibc ≥ 2.99"] == (f"{SITE}/plugins/new.so",)
    module = elf("PyInit_new", ["libc.so.6"], needs=[("libc.so.6", ["GLIBC_2.99"])])
    assert needs(part(rows({"new.so": module}))).always[0] == "glibc ≥ 2.99"


def test_a_library_that_is_brought_along_is_not_needed_and_stands_in_the_tree(tmp_path: Path) -> None:
    (tmp_path / "libz.so").write_bytes(elf("inflate", ["libc.so.6"], soname="libz.so.1"))
    brought = brought_part([str(tmp_path / "libz.so")], [parts()], gnu())
    assert brought is not None
    assert [file.path for file in brought.files] == ["lib/brought/libz.so.1"]
    assert "libz.so.1" not in needs(brought).always
    tree = collect(gnu(), [part({}), parts(), brought])
    row = next(row for row in tree.needs if row.path == f"{SITE}/fast.so")
    assert "lib/brought/libz.so.1" in row.needed


def test_what_cannot_be_brought_along_is_named_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "libother.so").write_bytes(elf("x", [], soname="libother.so.1"))
    (tmp_path / "libX11.so.6").write_bytes(elf("x", [], soname="libX11.so.6", machine=183))
    (tmp_path / "text.so").write_text("no library")
    names = ["libc.so.6", *(str(tmp_path / name) for name in ("libother.so", "libX11.so.6", "text.so", "none.so"))]
    with pytest.raises(InputError) as caught:
        brought_part(names, [parts()], gnu())
    text = str(caught.value)
    assert "libc.so.6: is a part of the C library" in text
    assert "nothing in the application needs libother.so.1" in text
    for name in ("libX11.so.6", "text.so", "none.so"):
        assert f"{name}: there is no shared library of this name for x86_64 here" in text


def test_a_static_application_takes_none() -> None:
    with pytest.raises(InputError, match="loads no shared libraries"):
        brought_part(["libz.so.1"], [], distribution())
    assert brought_part([], [], distribution()) is None
