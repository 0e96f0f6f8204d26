"""What an installed tree says of itself is held against what it is, and counts for everything else that is judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.archive.entry import Kind
from pydist.archive.extract import extract
from pydist.archive.source import open_source
from pydist.manifest.compact import COMPACT
from pydist.progress import Silent
from pydist.repack import Request, repack
from pydist.repack.profile import profile_named
from pydist.validate import validate
from pydist.validate.families.run import judge as judge_run
from pydist.validate.gather import gather
from pydist.validate.rules import load_rules
from pydist.validate.running import RunFacts
from tests.support import tiny
from tests.support.elf import make_elf

ABOUT, MODULE = f"python/{COMPACT}", "lib/python3.14/lib-dynload/_ssl.cpython-314-x86_64-linux-musl.so"
Change = Callable[[dict[str, Any], tiny.Members], None]


@pytest.fixture
def content(tmp_path: Path) -> tiny.Members:
    """The members of an installed tree, made of a conforming distribution."""
    (tmp_path / "full").mkdir()
    full = tiny.pack(tmp_path / "full/a.tar", tiny.distribution())
    made = repack(Request(source=full, profile=profile_named("install-only"), output=str(tmp_path / "full/b.tar.gz")))
    with open_source(Path(made.output)) as source:
        return {
            member.entry.path: ("sym", member.entry.link or "") if member.entry.kind is Kind.SYMLINK else member.read()
            for member in source.members()
        }


def changed(folder: Path, content: tiny.Members, change: Change) -> Path:
    about = json.loads(bytes(content[ABOUT]))  # type: ignore[arg-type]  # it is no link
    content[ABOUT] = b""
    change(about, content)
    content[ABOUT] = content[ABOUT] or json.dumps(about).encode()
    return tiny.pack(folder / "a.tar", content)


def key(path: str, value: Any) -> Change:
    def change(about: dict[str, Any], _: tiny.Members) -> None:
        *parents, last = path.split("/")
        for step in parents:
            about = about[step]
        about[last] = value

    return change


def member(name: str, value: Any) -> Change:
    def change(_: dict[str, Any], content: tiny.Members) -> None:
        if value is None:
            del content[f"python/{name}"]
        else:
            content[f"python/{name}"] = value

    return change


def shared(about: dict[str, Any], content: tiny.Members, module: bytes | None = None) -> None:
    """A tree that is linked dynamically and has a module that is a file."""
    about.update(build_options="noopt", crt_features=["musl-dynamic"], libpython_link_mode="static",
                 python_extension_module_loading=["builtin", "shared-library"])  # fmt: skip
    about["extensions"]["_ssl"] = {"shared_lib": MODULE}
    content["python/bin/python3.14"] = make_elf(interp="/lib/ld-musl-x86_64.so.1", needed=["libc.so"])
    content[f"python/{MODULE}"] = module or make_elf(kind=3, defined=["PyInit__ssl"], loadable=True)


def with_shared(change: Change) -> Change:
    def both(about: dict[str, Any], content: tiny.Members) -> None:
        shared(about, content)
        change(about, content)

    return both


CHANGES: list[tuple[str, str, Change]] = [
    ("compact.schema", COMPACT, member(COMPACT, b"{")),
    ("compact.schema", f"{COMPACT}: unknown", key("unknown", 1)),
    ("compact.schema", f"{COMPACT}: python_exe", key("python_exe", 1)),
    ("compact.statement", f"{COMPACT}: target_triple", key("target_triple", "z80-unknown-cpm")),
    ("compact.statement", f"{COMPACT}: build_options", key("build_options", "static+noopt")),
    ("compact.statement", f"{COMPACT}: python_tag", key("python_tag", "cp313")),
    ("compact.statement", f"{COMPACT}: python_platform_tag", key("python_platform_tag", "linux_x86_64")),
    ("compact.statement", f"{COMPACT}: python_bytecode_magic_number", key("python_bytecode_magic_number", "2b0e")),
    ("compact.statement", f"{COMPACT}: crt_features[1]", key("crt_features", ["static", "magic"])),
    ("compact.measured", f"{COMPACT}: crt_features", key("crt_features", ["musl-dynamic"])),
    ("compact.measured", f"{COMPACT}: crt_features", member("bin/python3.14", b"MZ")),
    ("compact.measured", f"{COMPACT}: crt_features",
     with_shared(member("lib/x.so", make_elf(kind=3, needs=[("libc.so.6", ["GLIBC_2.30"])])))),
    ("compact.measured", f"{COMPACT}: libpython_link_mode", key("libpython_link_mode", "both")),
    ("compact.measured", f"{COMPACT}: libpython_link_mode", key("libpython_link_mode", "shared")),
    ("compact.measured", f"{COMPACT}: libpython_link_mode", member("lib/libpython3.14.so.1.0", b"")),
    ("compact.measured", f"{COMPACT}: target_triple", with_shared(key("target_triple", "aarch64-unknown-linux-musl"))),
    ("compact.measured", f"{COMPACT}: python_extension_module_loading",
     key("python_extension_module_loading", ["builtin", "shared-library"])),
    ("compact.path", f"{COMPACT}: python_exe", key("python_exe", "bin/python3.15")),
    ("compact.path", f"{COMPACT}: python_exe", key("python_exe", "../../bin/sh")),
    ("compact.path", f"{COMPACT}: python_exe", key("python_exe", "lib/python3.14/os.py")),
    ("compact.path", f"{COMPACT}: license_path", member("share/licenses/LICENSE.cpython.txt", None)),
    ("compact.path", f"{COMPACT}: extensions.zlib.license_paths[0]", member("share/licenses/LICENSE.zlib.txt", None)),
    ("compact.path", f"{COMPACT}: extensions._ssl.shared_lib", with_shared(member(MODULE, None))),
    ("compact.module", MODULE, with_shared(lambda about, _: about["extensions"].pop("_ssl"))),
    ("compact.module", f"{COMPACT}: extensions._ssl", lambda about, content: shared(
        about, content, make_elf(kind=3, needed=["libc.so"], defined=["PyInit_ssl"], loadable=True))),
    ("compact.license", f"{COMPACT}: license_path", key("license_path", None)),
    ("compact.license", f"{COMPACT}: extensions.zlib", key("extensions/zlib/license_paths", [])),
    ("compact.left-out", f"{COMPACT}: left_out", key("left_out", ["headers"])),
    ("compact.left-out", f"{COMPACT}: left_out[0]", key("left_out", ["wings"])),
]  # fmt: skip


def places(path: Path) -> set[tuple[str, str]]:
    return {(finding.rule, finding.where) for finding in validate(path, run=False).findings}


def test_what_repacking_writes_is_so(tmp_path: Path, content: tiny.Members) -> None:
    for number, change in enumerate((lambda _about, _content: None, shared)):
        (tmp_path / str(number)).mkdir()
        report = validate(changed(tmp_path / str(number), dict(content), change), run=False)
        assert not [item for item in report.findings if item.rule.startswith(("compact.", "identity."))]
        assert report.profile == "install-only"


@pytest.mark.parametrize(("rule", "where", "change"), CHANGES, ids=[f"{n}-{row[0]}" for n, row in enumerate(CHANGES)])
def test_a_change_is_found_by_its_rule(
    tmp_path: Path, content: tiny.Members, rule: str, where: str, change: Change
) -> None:
    assert (rule, where) in places(changed(tmp_path, content, change))


def test_every_rule_about_compact_manifests_is_reached_by_these_tests() -> None:
    assert {rule for rule, _, _ in CHANGES} == {rule.id for rule in load_rules().values() if rule.family == "compact"}


def test_it_says_what_the_content_cannot(tmp_path: Path, content: tiny.Members) -> None:
    """No file of this tree names its version or the C library that it is linked with."""
    summary = validate(changed(tmp_path, content, lambda _about, _content: None), run=False).summary
    assert (summary.python_version, summary.target_triple, summary.build_options) == (
        "3.14.7", tiny.TRIPLE, "noopt+static")  # fmt: skip
    assert {(item.fact, item.where) for item in summary.learned} >= {("version", COMPACT)}


def test_content_that_says_something_else_contradicts_it(tmp_path: Path, content: tiny.Members) -> None:
    header = b'#define PY_VERSION "3.14.8"\n'
    found = places(changed(tmp_path, content, member("include/python3.14/patchlevel.h", header)))
    assert ("identity.contradiction", "include/python3.14/patchlevel.h") in found


def test_a_part_of_an_archive_may_need_an_older_glibc_than_the_whole(tmp_path: Path, content: tiny.Members) -> None:
    def change(about: dict[str, Any], content: tiny.Members) -> None:
        about.update(target_triple="x86_64-unknown-linux-gnu", build_options="noopt",
                     crt_features=["glibc-dynamic", "glibc-max-symbol-version:2.17"])  # fmt: skip
        content["python/bin/python3.14"] = make_elf(interp="/lib64/ld-linux-x86-64.so.2", needed=["libc.so.6"],
                                                    needs=[("libc.so.6", ["GLIBC_2.14"])])  # fmt: skip

    assert not [rule for rule, _ in places(changed(tmp_path, content, change)) if rule.startswith("compact.")]


def test_what_a_running_interpreter_says_is_compared(tmp_path: Path, content: tiny.Members) -> None:
    made = gather(changed(tmp_path, content, lambda _about, _content: None), Silent()).compact
    said = {"python_version": "3.14.8", "python_abi_tag": "", "python_platform_tag": "linux-x86_64",
            "python_implementation_name": "cpython", "python_implementation_cache_tag": "cpython-314",
            "python_bytecode_magic_number": "2b0e0d0a", "builtin": [*tiny.built_in(), "sys", "new"]}  # fmt: skip
    found = [(finding.where, finding.rule) for finding in judge_run(made, RunFacts(said=said))]
    places = ("python_version", "build_info.extensions.new", "build_info.extensions.zlib")
    assert found == [(place, "run.fact") for place in places]


def test_a_user_of_the_unpacked_tree_may_add_what_was_left_out(tmp_path: Path, content: tiny.Members) -> None:
    extract(changed(tmp_path, content, key("left_out", ["headers"])), tmp_path / "tree")
    for folder in (tmp_path / "tree", tmp_path / "tree/python"):
        assert not [rule for rule, _ in places(folder) if rule.startswith("compact.")]


def test_a_full_archive_needs_none_and_is_not_judged_by_one(tmp_path: Path) -> None:
    content = tiny.distribution(lambda _manifest, content: content.update({"python/share/PYTHON.json": b"{"}))
    assert places(tiny.pack(tmp_path / "a.tar", content)) == set()


def test_a_compact_manifest_alone_is_judged_by_what_it_says(tmp_path: Path, content: tiny.Members) -> None:
    about = json.loads(bytes(content[ABOUT]))  # type: ignore[arg-type]  # it is no link
    path = tmp_path / "alone.json"
    path.write_text(json.dumps(about))
    report = validate(path)
    assert (report.profile, report.findings) == ("manifest", ())
    path.write_text(json.dumps(about | {"python_tag": "cp311"}))
    assert [(item.rule, item.where) for item in validate(path).findings] == [
        ("compact.statement", f"{COMPACT}: python_tag")
    ]
