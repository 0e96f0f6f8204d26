"""A pure wheel is preferred whatever else there is; what has none is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.choice import NativeNeeded, choose, native_builds, pure_builds
from pydist.link.lock import LockedFile, LockedPackage
from pydist.link.tags import WheelTags
from pydist.target import Target

TAGS = WheelTags(series="3.14", target=Target.parse("x86_64-unknown-linux-musl"), abis=("cp314",), native=False)


def file(name: str) -> LockedFile:
    return LockedFile(name=name, url=f"https://h/{name}", sha256="ab" * 32, size=1)


def package(name: str, *wheels: str, sdist: bool = True) -> LockedPackage:
    return LockedPackage(
        name=name, version="1", wheels=tuple(map(file, wheels)), sdist=file(f"{name}-1.tar.gz") if sdist else None
    )


NATIVE = "x-1-cp314-cp314-musllinux_1_2_x86_64.whl"
PURE = "x-1-py3-none-any.whl"


@pytest.mark.parametrize("wheels", [(NATIVE, PURE), (PURE, NATIVE), (PURE,), ("x-1-py2.py3-none-any.whl",)])
def test_the_pure_wheel_is_taken(wheels: tuple[str, ...]) -> None:
    (choice,) = choose([package("x", *wheels)], TAGS)
    assert choice.wheel is not None
    assert choice.wheel.name.endswith("none-any.whl")


def test_of_several_pure_wheels_the_one_for_this_python_is_taken() -> None:
    names = ["x-1-py2-none-any.whl", "x-1-py3-none-any.whl", "x-1-1-py314-none-any.whl", "x-1-py315-none-any.whl"]
    (choice,) = choose([package("x", *names)], TAGS)
    assert choice.wheel is not None
    assert choice.wheel.name == "x-1-1-py314-none-any.whl"


def test_what_requires_a_refused_package_is_said() -> None:
    with pytest.raises(InputError, match=r"x 1 \(app > x\): x-1-cp314"):
        choose([package("x", NATIVE)], TAGS, lambda name: f"app > {name}")


def test_a_package_with_a_source_archive_only_is_built() -> None:
    (choice,) = choose([package("x")], TAGS)
    assert (choice.sdist is not None, choice.wheel, choice.without_native) == (True, None, "")


def test_a_local_project_is_built(tmp_path: Path) -> None:
    (choice,) = choose([LockedPackage(name="x", version="", folder=tmp_path)], TAGS)
    assert choice.folder == tmp_path


def test_a_package_that_is_known_to_build_is_built_with_its_native_code_and_may_do_without() -> None:
    (choice,) = choose([package("markupsafe", NATIVE)], TAGS)
    assert choice.sdist is not None
    assert (choice.native, choice.without_native) == (True, "")
    assert choice.instead is not None
    assert "_native.py" in choice.instead.reason


def test_a_package_that_is_known_to_do_without_native_code_is_built_without() -> None:
    (choice,) = choose([package("pyyaml", NATIVE)], TAGS, try_sources=True)
    assert (choice.native, choice.environment) == (False, {"PYYAML_FORCE_LIBYAML": "0"})
    assert choice.without_native


def test_any_source_is_tried_when_the_target_was_asked_for() -> None:
    with pytest.raises(NativeNeeded):
        choose([package("x", NATIVE)], TAGS)
    (choice,) = choose([package("x", NATIVE)], TAGS, try_sources=True)
    assert (choice.native, choice.instead) == (True, None)


def test_for_glibc_sources_are_tried_when_no_wheel_fits() -> None:
    gnu = WheelTags(series="3.14", target=Target.parse("x86_64-unknown-linux-gnu"), abis=("cp314",), native=True)
    (choice,) = choose([package("x", "x-1-cp39-cp39-manylinux1_i686.whl")], gnu)
    assert choice.native


def test_the_table_of_native_builds_names_variables_only(tmp_path: Path) -> None:
    assert native_builds()["markupsafe"] == {}
    path = tmp_path / "native.toml"
    path.write_text('[a]\nX = 1\n[b]\nY = "2"\n')
    with pytest.raises(InputError, match="a: expected a table of strings"):
        native_builds(path)


def test_every_package_with_native_code_only_is_refused_by_name() -> None:
    with pytest.raises(InputError) as caught:
        choose([package("x", NATIVE), package("ok", PURE), package("y", "y-1-cp314-abi3-any.whl", sdist=False)], TAGS)
    text = str(caught.value)
    assert f"x 1: {NATIVE}" in text
    assert "y 1: y-1-cp314-abi3-any.whl" in text
    assert "ok 1" not in text
    assert "py3-none-any.whl" in text


def test_the_table_has_a_reason_for_every_package() -> None:
    assert all(row.reason for row in pure_builds().values())


def test_a_wrong_table_is_refused_with_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "pure.toml"
    path.write_text('[a]\nenvironment = { X = 1 }\n[b]\nenvironment = {}\nreason = ""\nmore = 1\n')
    with pytest.raises(InputError) as caught:
        pure_builds(path)
    assert "a.environment: expected a table of strings" in str(caught.value)
    assert "a.reason: expected a string" in str(caught.value)
    assert "b.more: not a known key" in str(caught.value)
