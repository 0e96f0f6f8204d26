"""Rules about packages, their programs, and licences: each is violated by one change."""

from __future__ import annotations

import hashlib
import io
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.validate import choose, validate
from tests.support import tiny
from tests.support.elf import make_elf
from tests.support.proven import PACKAGES

STDLIB = "python/install/lib/python3.14"
SITE = f"{STDLIB}/site-packages"
INFO = f"{SITE}/demo-1.dist-info"
PIP = f"{STDLIB}/ensurepip"
ENTRY = b"[console_scripts]\ndemo = demo.cli:main\ndemo3.11 = demo.cli:main\n[gui_scripts]\nother = gone:main\n"
SCRIPT = b"#!/bin/sh\nimport sys\nfrom demo.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
Change = Callable[[tiny.Members], object]


def digest(data: bytes) -> str:
    return "sha256=" + urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def with_package(members: tiny.Members) -> None:
    """An installed package with a program, as installers leave it."""
    rows = [f"demo/cli.py,{digest(b'def main(): ...')},15", f"demo/__init__.py,{digest(b'')},0", "demo/x.pyc,,",
            f"../../../bin/demo,{digest(SCRIPT)},1", "demo-1.dist-info/RECORD,,"]  # fmt: skip
    members |= {
        f"{SITE}/demo/__init__.py": b"",
        f"{SITE}/demo/cli.py": b"def main(): ...",
        f"{INFO}/RECORD": "\n".join(rows).encode(),
        f"{INFO}/entry_points.txt": ENTRY,
        "python/install/bin/demo": SCRIPT,
        f"{PIP}/__init__.py": b'_PIP_VERSION = "26.2"\n',
        f"{PIP}/_bundled/pip-26.2-py3-none-any.whl": wheel(),
    }


def wheel() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("pip/__init__.py", b"a")
        archive.writestr("pip-26.2.dist-info/RECORD", f"pip/__init__.py,{digest(b'a')},1\n")
    return file.getvalue()


def member(name: str, data: bytes | None) -> Change:
    return lambda members: members.pop(name) if data is None else members.update({name: data})


def only(text: bytes) -> Change:
    """No RECORD speaks of what is changed."""
    return lambda members: (members.pop(f"{INFO}/RECORD"), members.update({f"{INFO}/entry_points.txt": text}))


def without_target(members: tiny.Members) -> None:
    for name in (f"{INFO}/RECORD", f"{INFO}/entry_points.txt", f"{SITE}/demo/cli.py"):
        del members[name]


def without_script(members: tiny.Members) -> None:
    del members[f"{INFO}/RECORD"], members["python/install/bin/demo"]


CHANGES: list[tuple[str, str, Change]] = [
    (
        "wheel",
        f"{PIP}/_bundled/pip-26.2-py3-none-any.whl",
        member(f"{PIP}/_bundled/pip-26.2-py3-none-any.whl", wheel()[:-30]),
    ),
    ("wheel-missing", f"{PIP}/__init__.py", member(f"{PIP}/__init__.py", b'_PIP_VERSION = "26.3"\n')),
    ("package-record", f"{INFO}/RECORD", member(f"{SITE}/demo/__init__.py", b"changed")),
    ("package-record", f"{INFO}/RECORD", member(f"{SITE}/demo/__init__.py", None)),
    ("script-record", f"{INFO}/RECORD", member("python/install/bin/demo", SCRIPT + b"# relative now\n")),
    ("script-missing", f"{INFO}/entry_points.txt", without_script),
    ("script-target", f"{INFO}/entry_points.txt", only(ENTRY.replace(b"demo.cli", b"demo.none", 1))),
    ("script-target", "python/install/bin/demo", without_target),
    (
        "license",
        "",
        lambda members: members.update(
            {
                name: members[name].replace(b"PYTHON", b"SNAKE")  # type: ignore[union-attr]
                for name in members
                if "/LICENSE" in name
            }
        ),
    ),
    (
        "license-bundled",
        "python/install/lib/x.so",
        member("python/install/lib/x.so", make_elf(kind=3) + b"\0expat_2.7.1\0"),
    ),
    ("license-bundled", "python/build/lib/libffi.a", member("python/build/lib/libffi.a", b"!<arch>\n")),
]


def findings(path: Path) -> list[tuple[str, str]]:
    return [(item.rule, item.where) for item in validate(path, rules=choose(["python"]), run=False).findings]


def pack(folder: Path, change: Change) -> Path:
    def both(_: dict[str, Any], members: tiny.Members) -> None:
        with_package(members)
        change(members)

    return tiny.pack(folder / "a.tar", tiny.distribution(both))


def test_an_installed_package_as_installers_leave_it_has_no_findings(tmp_path: Path) -> None:
    assert findings(pack(tmp_path, lambda _: None)) == []


@pytest.mark.parametrize(
    ("rule", "where", "change"), CHANGES, ids=[f"{number}-{row[0]}" for number, row in enumerate(CHANGES)]
)
def test_a_change_is_found_by_its_rule_alone(tmp_path: Path, rule: str, where: str, change: Change) -> None:
    assert findings(pack(tmp_path, change)) == [(f"python.{rule}", where.removeprefix("python/"))]


def test_wheels_may_come_from_a_folder_of_the_system(tmp_path: Path) -> None:
    def change(members: tiny.Members) -> None:
        members[f"{PIP}/__init__.py"] = b'_PIP_VERSION = "26.3"\n_WHEEL_PKG_DIR = sysconfig.get_config_var("X")\n'
        del members[f"{PIP}/_bundled/pip-26.2-py3-none-any.whl"]

    assert findings(pack(tmp_path, change)) == []


@pytest.mark.parametrize(
    "text",
    [
        b"a" * 300_000,
        b'"' + b"x," * 200_000,
        b"a,sha256=" + b"=" * 43,
        b"a,sha256=" + b"a" * 41 + b"!!",
        b"\0",
        b"..,,\n/etc/passwd,,\n",
    ],
)
def test_a_hostile_record_or_list_of_programs_is_read_in_bounded_time(tmp_path: Path, text: bytes) -> None:
    def change(members: tiny.Members) -> None:
        members |= {f"{INFO}/RECORD": text, f"{INFO}/entry_points.txt": b"[console_scripts]\n" + text}

    assert {rule for rule, _ in findings(pack(tmp_path, change))} <= {"python.package-record", "python.script-record"}


def test_every_rule_about_packages_is_reached() -> None:
    assert {f"python.{rule}" for rule, _, _ in CHANGES} == PACKAGES
