"""Modules are compiled by another Python of the same bytecode where that of the distribution does not start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pydist.link.compilers import compiler_of, runs_here
from pydist.manifest.load import load
from pydist.store import Key, Store
from pydist.target import Target
from tests.support import dist, tiny

X86 = Target.parse("x86_64-unknown-linux-gnu")
ARM = Target.parse("aarch64-unknown-linux-gnu")
MANIFEST = load(json.dumps(dist.manifest()).encode(), "PYTHON.json")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("os.confstr", lambda _: "glibc 2.36")


@pytest.mark.usefixtures("here")
def test_what_runs_is_known_by_processor_and_glibc() -> None:
    assert runs_here(X86, "2.17")
    assert runs_here(X86, "2.36")
    assert not runs_here(X86, "2.38")
    assert not runs_here(ARM, "2.17")
    assert runs_here(Target.parse("x86_64_v3-unknown-linux-gnu"), "")
    assert runs_here(Target.parse(tiny.TRIPLE), "2.99")


@pytest.mark.usefixtures("here")
def test_one_of_the_store_with_the_same_bytecode_stands_in(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for series, magic in (("3.14", "ffff0d0a"), ("3.13", MANIFEST.python_bytecode_magic_number)):
        register(store, f"{series}.1", python_bytecode_magic_number=magic)
    assert compiler_of(MANIFEST, X86, "2.38", store) is None
    register(store, "3.14.2")
    assert compiler_of(MANIFEST, X86, "2.36", store) is None
    found = compiler_of(MANIFEST, X86, "2.38", store)
    assert found is not None
    assert found[0] == f"distribution/3.14.2/{tiny.TRIPLE}/noopt"
    assert found[1].is_file()


@pytest.mark.usefixtures("here")
def test_a_plain_build_is_preferred(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for options in ("debug", "freethreaded+noopt", "noopt", "pgo"):
        register(store, "3.14.2", options)
    found = compiler_of(MANIFEST, X86, "2.38", store)
    assert found is not None
    assert found[0].endswith("/noopt")


def register(store: Store, version: str, options: str = "noopt", **changes: str) -> None:
    key = Key.of("distribution", {"version": version, "options": options})

    def make(folder: Path) -> None:
        dist.tree(folder, python_version=version, **changes)

    store.produce(key, "d", make)
    store.set_ref(f"distribution/{version}/{tiny.TRIPLE}/{options}", key)
