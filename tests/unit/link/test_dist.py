"""A distribution is found by version and target, best first, and refused with all it lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pydist.errors import EnvironmentLacking, InputError
from pydist.link.dist import Distribution, choose_distribution
from pydist.progress import Silent
from pydist.store import Key, Store
from pydist.target import Target
from tests.support import dist, tiny

MUSL = Target.parse(tiny.TRIPLE)


def choose(wanted: str | None, store: Store, python: str = "3.14") -> Distribution:
    return choose_distribution(wanted, python, MUSL, store, Silent())


def register(store: Store, version: str, options: str) -> None:
    key = Key.of("distribution", {"version": version, "options": options})

    def make(folder: Path) -> None:
        dist.tree(folder, python_version=version, build_options=options)

    store.produce(key, "d", make)
    store.set_ref(f"distribution/{version}/{MUSL.triple}/{options}", key)


def test_the_newest_and_most_optimised_of_the_series_is_taken(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for version, options in (
        ("3.14.9", "noopt"),
        ("3.14.10", "noopt+static"),
        ("3.14.10", "pgo+lto+static"),
        ("3.13.1", "pgo"),
    ):
        register(store, version, options)
    found = choose(None, store)
    assert (found.version, found.manifest.build_options) == ("3.14.10", "pgo+lto+static")
    assert choose("3.14.9", store).version == "3.14.9"


def test_a_series_is_not_the_beginning_of_a_number(tmp_path: Path) -> None:
    store = Store(tmp_path)
    register(store, "3.14.1", "noopt")
    with pytest.raises(EnvironmentLacking, match=r"no CPython 3\.1 for"):
        choose(None, store, "3.1")


def test_an_empty_store_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacking, match=r"pydist build --python 3\.14 --target x86_64-unknown-linux-musl"):
        choose(None, Store(tmp_path))


def test_a_series_that_cannot_be_built_is_no_advice(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacking, match=r"give an archive with --dist .*no release for '3\.12'"):
        choose(None, Store(tmp_path), "3.12")


def test_a_folder_is_read_with_and_without_its_python_folder(tmp_path: Path) -> None:
    root = dist.tree(tmp_path)
    one, two = choose(str(tmp_path), Store(tmp_path / "s")), choose(str(root), Store(tmp_path / "s"))
    assert one == two
    assert one.virtual_stdlib == "lib/python3.14"
    assert one.pyc_magic == 0x0A0D0E2B


def test_it_is_known_what_it_is_of(tmp_path: Path) -> None:
    store, archive = Store(tmp_path / "s"), packed(tmp_path / "packed")
    register(store, "3.14.9", "noopt")
    assert choose(None, store).origin == "the store"
    assert choose(str(archive), store).origin == str(archive)
    assert choose(str(tmp_path / "packed"), store).origin == str(tmp_path / "packed" / "python")


def test_the_digest_of_a_folder_changes_with_its_files(tmp_path: Path) -> None:
    root = dist.tree(tmp_path)
    before = choose(str(root), Store(tmp_path / "s")).digest
    (root / "install/lib/python3.14/new.py").write_text("")
    assert choose(str(root), Store(tmp_path / "s")).digest != before


def packed(folder: Path, **changes: Any) -> Path:
    root = dist.tree(folder, **changes)
    members: tiny.Members = {
        f"python/{path.relative_to(root).as_posix()}": path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    for name in ("install/lib/python3.14", "install/include/python3.14"):
        members[f"python/{name}/x"] = b""
    return tiny.pack(root.parent / "d.tar", members)


def test_an_archive_is_unpacked_once(tmp_path: Path) -> None:
    archive = packed(tmp_path)
    store = Store(tmp_path / "s")
    first, second = choose(str(archive), store), choose(str(archive), store)
    assert first.root == second.root
    assert first.root.is_relative_to(store.root)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"python_exe": "../../bin/sh"}, "contains '..'"),
        ({"python_exe": "install/bin/missing"}, "no such file: install/bin/missing"),
        ({"python_paths": {"stdlib": "install/lib/python3.14"}}, "python_paths.include: absent: the headers"),
    ],
)
def test_what_cannot_be_linked_is_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as caught:
        choose(str(dist.tree(tmp_path, **changes)), Store(tmp_path / "s"))
    assert reason in str(caught.value)


def test_what_is_wrong_with_an_archive_is_said_by_its_name(tmp_path: Path) -> None:
    archive = packed(tmp_path, python_exe="install/bin/missing")
    with pytest.raises(InputError) as caught:
        choose(str(archive), Store(tmp_path / "s"))
    assert str(archive) in str(caught.value)
    assert str(tmp_path / "s") not in str(caught.value)


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a distribution"):
        choose(str(tmp_path), Store(tmp_path / "s"))


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such distribution"):
        choose("missing.tar.zst", Store(tmp_path))


@pytest.mark.parametrize(
    ("flags", "options", "abis"),
    [
        ("", "noopt", ("cp314",)),
        ("t", "freethreaded+pgo", ("cp314t",)),
        ("d", "debug", ("cp314d", "cp314")),
        ("td", "freethreaded+debug", ("cp314td", "cp314t")),
    ],
)
def test_a_debug_build_takes_wheels_for_others(tmp_path: Path, flags: str, options: str, abis: tuple[str, ...]) -> None:
    root = dist.tree(tmp_path, python_abi_tag=flags, build_options=options)
    assert choose(str(root), Store(tmp_path / "s")).wheel_tags.abis == abis
