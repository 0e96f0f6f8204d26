"""The compiler is found where its wheel is, and named by what the wheel contains."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pydist.errors import EnvironmentLacking, InputError
from pydist.policy import toolchain
from pydist.target import Target

ZIG = toolchain.Toolchain(path=Path("/tools/zig"), version="1", digest="00")


@pytest.mark.parametrize(
    ("triple", "floor", "expected"),
    [
        ("x86_64-unknown-linux-musl", "", "x86_64-linux-musl"),
        ("x86_64-unknown-linux-gnu", "2.17", "x86_64-linux-gnu.2.17"),
        ("x86_64-unknown-linux-gnu", "", "x86_64-linux-gnu"),
        ("x86_64-unknown-linux-musl", "2.17", "x86_64-linux-musl"),
        ("x86_64_v3-unknown-linux-gnu", "2.17", "x86_64-linux-gnu.2.17"),
        ("aarch64-unknown-linux-musl", "", "aarch64-linux-musl"),
        ("armv7-unknown-linux-gnueabihf", "2.31", "arm-linux-gnueabihf.2.31"),
        ("armv7-unknown-linux-gnueabihf", "", "arm-linux-gnueabihf"),
    ],
)
def test_a_triple_becomes_the_compilers_name_of_it(triple: str, floor: str, expected: str) -> None:
    command = ZIG.command("cc", Target.parse(triple), floor)
    assert command == ["/tools/zig", "cc", "-target", expected]


def test_only_compilers_are_told_the_target() -> None:
    assert ZIG.command("ar", Target.parse("x86_64-unknown-linux-musl")) == ["/tools/zig", "ar"]


def test_an_unknown_tool_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no tool 'nm'.*cc, c"):
        ZIG.command("nm", Target.parse("x86_64-unknown-linux-musl"))


def test_other_systems_are_refused() -> None:
    with pytest.raises(InputError, match="aarch64-apple-darwin is not a Linux target"):
        ZIG.command("cc", Target.parse("aarch64-apple-darwin"))


def test_the_compilers_caches_are_below_the_store(tmp_path: Path) -> None:
    variables = ZIG.environment(SimpleNamespace(root=tmp_path))
    assert set(variables) == {"ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"}
    assert all(Path(value).is_relative_to(tmp_path) for value in variables.values())


def test_the_digest_ignores_what_an_installer_adds() -> None:
    wheel = "ziglang/zig,sha256=aa,1\nziglang/lib/a.h,sha256=bb,2\n"
    installed = (
        "../../../bin/python-zig,sha256=cc,3\nziglang/__pycache__/__init__.cpython-311.pyc,,\n"
        "ziglang/lib/a.h,sha256=bb,2\nziglang/zig,sha256=aa,1\nziglang-1.dist-info/INSTALLER,sha256=dd,4\n"
    )
    assert toolchain._digest(wheel) == toolchain._digest(installed)
    assert toolchain._digest(wheel) != toolchain._digest(wheel.replace("bb", "be"))


def test_a_missing_wheel_is_an_instruction(tmp_path: Path) -> None:
    code = "from pydist.policy.toolchain import locate; locate()"
    # Without site-packages there is no wheel to find; pydist itself comes from the path given.
    root = Path(toolchain.__file__).parent.parent.parent
    result = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env={},
    )  # fmt: skip
    if "EnvironmentLacking" not in result.stderr and result.returncode == 0:
        pytest.skip("the compiler's wheel is importable without site-packages here")
    assert 'pip install "pydist[toolchain]"' in result.stderr


def test_the_installed_wheel_is_found_or_named() -> None:
    try:
        found = toolchain.locate()
    except EnvironmentLacking as error:
        assert "pydist[toolchain]" in str(error)
    else:
        assert found.path.is_file()
        assert found.folder == found.path.parent
        assert len(found.digest) == 64
