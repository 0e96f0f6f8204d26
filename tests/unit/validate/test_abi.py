"""The flags t and d show everywhere or nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pydist.validate import validate
from pydist.validate.rules import load_rules
from tests.support import tiny, tiny_gnu
from tests.support.proven import REFERENCES
from tests.support.rows import Row

VARIABLES = "python_config_vars"
CHANGES = [
    Row("abi.names", "python_exe", {"python_exe": "install/bin/python3"}),
    Row("abi.names", "python_paths.include", {"python_paths": {"include": "install/include/python3.14d"}},
        also="manifest.path"),
    Row("abi.names", "python_paths.stdlib", {"python_paths": {"stdlib": "install/lib/python3.14t"}},
        also="manifest.abstract manifest.path"),
    Row("abi.variables", f"{VARIABLES}.Py_GIL_DISABLED", {VARIABLES: {"Py_GIL_DISABLED": "1"}}),
    Row("abi.variables", f"{VARIABLES}.Py_DEBUG", {VARIABLES: {"Py_DEBUG": "1"}}),
    Row("abi.variables", f"{VARIABLES}.ABIFLAGS", {VARIABLES: {"ABIFLAGS": "d"}}),
    Row("abi.variables", f"{VARIABLES}.LDVERSION", {VARIABLES: {"LDVERSION": "3.14t"}}),
    Row("abi.variables", f"{VARIABLES}.SOABI", {VARIABLES: {"SOABI": "cpython-314t-x86_64-linux-gnu"}},
        also="abi.suffixes"),
    Row("abi.suffixes", "python_suffixes.extension", {"python_suffixes": {"extension": [".so"]}}),
    Row("abi.suffixes", "build_info.extensions._tkinter[0].shared_lib", {"python_suffixes": {"extension": [".x.so"]}}),
]  # fmt: skip


def renamed(manifest: dict[str, Any], members: tiny.Members, old: str, new: str) -> None:
    """Replace `old` by `new` in every path of the manifest and the tree."""
    for name in [name for name in members if old in name]:
        members[name.replace(old, new)] = members.pop(name)

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else (
            value.replace(old, new) if isinstance(value, str) else value
        )  # fmt: skip

    manifest |= walk(manifest)


def flagged(manifest: dict[str, Any], members: tiny.Members, flags: str, words: str) -> None:
    """Make it a distribution of another ABI."""
    for old, new in [
        ("bin/python3.14", f"bin/python3.14{flags}"),
        ("include/python3.14", f"include/python3.14{flags}"),
        ("libpython3.14", f"libpython3.14{flags}"),
        ("lib/python3.14", f"lib/python3.14{flags.removesuffix('d')}"),
        ("cpython-314-", f"cpython-314{flags}-"),
    ]:
        renamed(manifest, members, old, new)
    members["python/install/bin/python3"] = ("sym", f"python3.14{flags}")
    library = tiny_gnu.LIBRARY.replace("3.14.so", f"3.14{flags}.so")
    members[library] = tiny_gnu.library(soname=library.rpartition("/")[2])
    manifest |= {"build_options": words, "optimizations": words.removeprefix("freethreaded+"), "python_abi_tag": flags}
    manifest[VARIABLES] |= {
        "ABIFLAGS": flags, "LDVERSION": f"3.14{flags}",
        "Py_GIL_DISABLED": str(int("t" in flags)), "Py_DEBUG": str(int("d" in flags)),
    }  # fmt: skip


def judged(tmp_path: Path, change: Any) -> list[tuple[str, str]]:
    report = validate(tiny.pack(tmp_path / "a.tar", tiny_gnu.distribution(change)), run=False)
    return [(finding.rule, finding.where) for finding in report.findings]


@pytest.mark.parametrize(
    ("flags", "words"), [("t", "freethreaded+pgo+lto"), ("d", "debug"), ("td", "freethreaded+debug")]
)
def test_builds_with_flags_everywhere_have_no_findings(tmp_path: Path, flags: str, words: str) -> None:
    assert judged(tmp_path, lambda manifest, members: flagged(manifest, members, flags, words)) == []


@pytest.mark.parametrize("row", CHANGES)
def test_one_place_that_differs_breaks_its_rule_and_no_other(tmp_path: Path, row: Row) -> None:
    def change(manifest: dict[str, Any], _: tiny.Members) -> None:
        for key, value in row.change.items():
            manifest[key] = manifest[key] | value if isinstance(value, dict) else value

    found = judged(tmp_path, change)
    assert (row.rule, row.where) in found
    assert {rule for rule, _ in found} == row.broken


@pytest.mark.parametrize("where", ["shared_lib", "static_lib"])
def test_a_libpython_of_another_abi_is_found(tmp_path: Path, where: str) -> None:
    def change(manifest: dict[str, Any], _: tiny.Members) -> None:
        core = manifest["build_info"]["core"]
        core[where] = core[where].replace("libpython3.14", "libpython3.14t")

    assert ("abi.names", f"build_info.core.{where}") in judged(tmp_path, change)


def test_every_rule_of_the_family_is_reached() -> None:
    family = {rule.id for rule in load_rules().values() if rule.family == "abi"}
    assert {row.rule for row in CHANGES} == family - REFERENCES
