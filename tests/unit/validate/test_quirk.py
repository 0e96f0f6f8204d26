"""Oddities and older versions of manifests are notes: named, judged by nothing else, and hiding nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.manifest.quirks import load_quirks
from pydist.manifest.versions import load_versions
from pydist.validate import validate
from pydist.validate.report import Finding
from pydist.validate.rules import load_rules
from tests.support import manifests, tiny, tiny_gnu

PYTHON, RECORD = "python/PYTHON.json", "python/build/pydist.json"
Change = Callable[[dict[str, Any], tiny.Members], None]


def judged(tmp_path: Path, content: tiny.Members) -> list[Finding]:
    return list(validate(tiny.pack(tmp_path / "a.tar", content), run=False).findings)


def rules(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def of_version(version: int, change: Change = lambda _manifest, _members: None) -> tiny.Members:
    """The tiny distribution as somebody else would have published it: an older manifest and no record."""
    content = tiny.distribution()
    del content[RECORD]
    manifest = manifests.of_version(version)
    modules = manifest["build_info"]["extensions"]
    modules |= {name: [modules["_io"][0] | {"init_fn": f"PyInit_{name}"}] for name in (*tiny.built_in(), "sys")}
    content["python/build/Modules/config.c"] = tiny.config_c(sys="PyInit_sys")
    change(manifest, content)
    content[PYTHON] = json.dumps(manifest).encode()
    return content


def linux(change: Callable[[dict[str, Any]], None]) -> tiny.Members:
    """The tiny distribution for glibc, as somebody else would have published it."""

    def all_of_it(manifest: dict[str, Any], _: tiny.Members) -> None:
        change(manifest)

    content = tiny_gnu.distribution(all_of_it)
    del content[RECORD]
    return content


@pytest.mark.parametrize("version", range(8))
def test_an_older_version_is_a_note_and_what_it_lacks_is_judged_by_no_rule(tmp_path: Path, version: int) -> None:
    findings = judged(tmp_path, of_version(version))
    # What 7 brought is for Apple's systems, and what 8 did was said by `optimizations` before.
    assert rules(findings) == {"manifest.old-version", *(["manifest.missing-key"] if version < 6 else [])}
    assert {finding.severity for finding in findings} == {"note"}


def test_a_missing_key_comes_with_its_version_and_cost(tmp_path: Path) -> None:
    (finding,) = [item for item in judged(tmp_path, of_version(2)) if item.where == "crt_features"]
    assert finding.rule == "manifest.missing-key"
    assert finding.message.startswith("not stated (since version 5): ")


def test_what_an_older_version_does_say_is_judged(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        manifest["python_exe"] = "install/bin/none"
        manifest["build_info"]["core"]["objs"] = ["build/none.o"]
        del content["python/licenses/LICENSE.zlib.txt"]

    wrong = {(item.rule, item.where) for item in judged(tmp_path, of_version(4, change)) if item.severity == "error"}
    assert {
        ("manifest.path", "python_exe"),
        ("manifest.path", "build_info.core.objs[0]"),
        ("manifest.path", "build_info.extensions.zlib[0].license_paths[0]"),
    } <= wrong


def test_a_newer_version_is_judged_by_what_is_known_of_it(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], _: tiny.Members) -> None:
        manifest |= {"version": "9", "seal": 1}

    (finding,) = judged(tmp_path, of_version(8, change))
    assert (finding.rule, finding.severity) == ("manifest.new-version", "warning")
    assert "seal" in finding.message


def test_pymalloc_is_a_flag_of_python_up_to_3_7(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        text = json.dumps(manifest).replace("314", "37").replace("3.14m", "3.7m").replace("3.14", "3.7")
        text = text.replace("python3.7.7", "python3.7").replace('"14"', '"7"')
        manifest.clear()
        manifest |= json.loads(text)
        manifest |= {"python_abi_tag": "m", "python_implementation_hex_version": 0x030707F0}
        manifest["python_exe"] = "install/bin/python3.7m"
        manifest["python_paths"]["include"] = "install/include/python3.7m"
        core = manifest["build_info"]["core"]
        core["static_lib"] = core["static_lib"].replace("libpython3.7", "libpython3.7m")
        for name in list(content):
            content[name.replace("3.14", "3.7").replace("libpython3.7", "libpython3.7m")] = content.pop(name)
        for old, new in (("bin/python3.7", "bin/python3.7m"), ("include/python3.7/", "include/python3.7m/")):
            for name in [name for name in content if old in name]:
                content[name.replace(old, new)] = content.pop(name)
        content["python/install/bin/python3"] = ("sym", "python3.7m")

    found = judged(tmp_path, dict(sorted(of_version(5, change).items())))
    # Its modules and bytecode are those of another series.
    said = {rule for rule in rules(found) if not rule.startswith("python.")}
    assert said == {"manifest.old-version", "manifest.missing-key"}


def test_an_oddity_is_a_note_and_no_fault_besides(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["crt_features"][1] += ")"
        zlib = manifest["build_info"]["extensions"]["zlib"][0]
        zlib["license_paths"] = ["licenses/LICENSE.zlib-ng.txt", "licenses/LICENSE.zlib.txt"]
        manifest["python_stdlib_test_packages"] = ["lib-tk.test"]

    findings = judged(tmp_path, linux(change))
    assert {(item.rule, item.where) for item in findings if item.severity != "note"} == set()
    assert {item.rule for item in findings if item.rule.startswith("quirk.")} == {
        "quirk.glibc-parenthesis",
        "quirk.licence-file-missing",
        "quirk.licence-of-namesake",
        "quirk.null-init",
        "quirk.tests-of-python-2",
    }


def test_a_licence_that_is_there_after_all_is_not_missing(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["build_info"]["extensions"]["zlib"][0]["license_paths"] = ["licenses/LICENSE.zlib-ng.txt"]

    content = linux(change)
    assert "quirk.licence-file-missing" in rules(judged(tmp_path, content))
    content["python/licenses/LICENSE.zlib-ng.txt"] = b"zlib"
    assert "quirk.licence-file-missing" not in rules(judged(tmp_path, content))


def test_an_oddity_hides_nothing_at_other_places(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        paths = ["licenses/LICENSE.zlib-ng.txt", "licenses/LICENSE.other.txt"]
        manifest["build_info"]["extensions"]["zlib"][0]["license_paths"] = paths

    wrong = [(item.rule, item.where) for item in judged(tmp_path, linux(change)) if item.severity != "note"]
    assert wrong == [("manifest.path", "build_info.extensions.zlib[0].license_paths[1]")]


def test_an_oddity_that_nobody_asks_for_is_not_shown_and_still_explains(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["build_info"]["extensions"]["zlib"][0]["license_paths"] = ["licenses/LICENSE.zlib-ng.txt"]

    path = tiny.pack(tmp_path / "a.tar", linux(change))
    report = validate(path, rules=frozenset({"manifest.path"}), run=False)
    assert report.findings == ()


def test_a_module_without_an_initialisation_function_is_usual_in_our_own_archives(tmp_path: Path) -> None:
    assert judged(tmp_path, tiny.distribution()) == []
    content = tiny.distribution()
    del content[RECORD]
    assert rules(judged(tmp_path, content)) == {"quirk.null-init"}


def test_folders_of_tcl_are_looked_for_below_their_place(tmp_path: Path) -> None:
    """On Windows, where the names of version 8 are odd only when that version is not there."""

    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        manifest |= {"target_triple": "x86_64-pc-windows-msvc"}
        manifest |= {"tcl_library_path": "install/tcl", "tcl_library_paths": ["tcl8.6", "tk8.6"]}
        content["python/install/tcl/tk8.6/tk.tcl"] = b""

    findings = judged(tmp_path, of_version(8, change))
    odd = [(item.rule, item.where) for item in findings if item.where.startswith("tcl_library_paths")]
    assert odd == [("quirk.tcl-8-folders", "tcl_library_paths[0]")]


def test_what_an_oddity_explains_are_rules_that_exist() -> None:
    for row in load_quirks().values():
        assert set(row.explains) <= load_rules().keys()
        assert load_rules()[f"quirk.{row.id}"].severity == "note"


def test_what_rules_need_are_keys_that_came_later() -> None:
    for rule in load_rules().values():
        assert set(rule.needs) <= load_versions().keys.keys()
