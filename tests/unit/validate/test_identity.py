"""What a Python is is learned from its content; what it is called is compared with that."""

from __future__ import annotations

import lzma
import platform
import sys
from pathlib import Path

import pytest
import zstandard

from pydist.errors import InputError
from pydist.progress import Silent
from pydist.validate import choose, validate
from pydist.validate.documents import read_document, versions_in
from pydist.validate.families.run import judge as judge_run
from pydist.validate.gather import gather
from pydist.validate.identity import Identity, Learned
from pydist.validate.inputs import Form, Input, form_of
from pydist.validate.rules import load_rules
from pydist.validate.running import RunFacts
from tests.support import tiny, trees
from tests.support.elf import make_elf


def learned(path: Path) -> Identity:
    return gather(path, Silent()).identity


def rules_of(path: Path) -> set[str]:
    report = validate(path, rules=choose(ignore=["python"]), run=False)
    return {finding.rule for finding in report.findings if finding.severity == "error"}


def test_version_target_options_and_floor_are_learned_from_a_prefix(tmp_path: Path) -> None:
    tree = trees.unix()
    tree["include/python3.14/pyconfig.h"] = trees.pyconfig(debug=True)
    tree["lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py"] = trees.variables(debug=1)
    made = learned(trees.write(tmp_path, tree))
    assert [(fact, item.value, item.where) for fact, item in made.facts()] == [
        ("version", "3.14.7", "include/python3.14/patchlevel.h"),
        ("target", "x86_64-unknown-linux-gnu", "bin/python3.14"),
        ("option", "debug", "include/python3.14/pyconfig.h"),
        ("floor", "glibc 2.34", "bin/python3.14"),
    ]
    assert made.contradictions == ()


def test_without_headers_the_interpreter_says_its_version(tmp_path: Path) -> None:
    tree = {name: data for name, data in trees.unix().items() if not name.startswith("include/")}
    made = learned(trees.write(tmp_path, tree))
    assert made.version is not None
    assert (made.version.value, made.version.where) == ("3.14.7", "bin/python3.14")


def test_a_target_that_no_rule_knows_is_said(tmp_path: Path) -> None:
    tree = trees.unix() | {"bin/python3.14": trees.elf(interp="/lib64/ld-linux-loongarch-lp64d.so.1", machine=258)}
    del tree["lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py"]
    report = validate(trees.write(tmp_path, tree), run=False)
    assert report.summary.target_triple == "loongarch64-unknown-linux-gnu"
    messages = [item.message for item in report.findings if item.rule == "identity.target"]
    assert len(messages) == 1 and "loongarch64-unknown-linux-gnu, which no rule knows" in messages[0]


def test_build_details_say_version_and_options(tmp_path: Path) -> None:
    tree = {name: data for name, data in trees.unix().items() if not name.startswith("include/")}
    tree["lib/python3.14/build-details.json"] = trees.details(flags=("t",))
    del tree["lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py"]
    made = learned(trees.write(tmp_path, tree))
    assert made.version is not None
    assert made.version.where == "lib/python3.14/build-details.json"
    assert made.words == {"freethreaded"}


@pytest.mark.parametrize(
    ("interpreter", "triplet", "expected"),
    [
        (trees.elf(interp=trees.MUSL_LOADER), "x86_64-linux-musl", {"x86_64-unknown-linux-musl"}),
        (trees.elf(interp=None), "x86_64-linux-musl", {"x86_64-unknown-linux-musl", "static"}),
        (trees.elf(interp="/lib/ld-linux-aarch64.so.1", machine=183), "aarch64-linux-gnu",
         {"aarch64-unknown-linux-gnu"}),
        (make_elf(bits=32, machine=40, interp="/lib/ld-linux-armhf.so.3", needed=["libc.so.6"]), "arm-linux-gnueabihf",
         {"armv7-unknown-linux-gnueabihf"}),
        (make_elf(bits=32, machine=40, interp="/lib/ld-linux.so.3", needed=["libc.so.6"]), "arm-linux-gnueabi",
         {"armv7-unknown-linux-gnueabi"}),
        (trees.elf(interp="/lib64/ld64.so.2", machine=21), "powerpc64le-linux-gnu", {"ppc64le-unknown-linux-gnu"}),
        (make_elf(little=False, machine=21, interp="/lib64/ld64.so.1", needed=["libc.so.6"]), "powerpc64-linux-gnu",
         {"ppc64-unknown-linux-gnu"}),
        (trees.elf(interp="/lib64/ld-linux-loongarch-lp64d.so.1", machine=258), "loongarch64-linux-gnu",
         {"loongarch64-unknown-linux-gnu"}),
    ],
)  # fmt: skip
def test_targets_of_linux_are_told_by_header_and_loader(
    tmp_path: Path, interpreter: bytes, triplet: str, expected: set[str]
) -> None:
    tree = trees.unix()
    tree["bin/python3.14"] = interpreter
    tree["lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py"] = trees.variables(triplet=triplet)
    made = learned(trees.write(tmp_path, tree))
    assert {item.value for item in made.targets} | made.words == expected
    assert not made.contradictions


def test_a_prefix_of_windows_is_known_by_its_program(tmp_path: Path) -> None:
    facts = gather(trees.write(tmp_path, trees.windows()), Silent())
    assert facts.identity.version is not None and facts.identity.version.value == "3.14.7"
    assert [item.value for item in facts.identity.targets] == ["x86_64-pc-windows-msvc"]
    assert facts.identity.floor is not None and facts.identity.floor.value == "Windows 6.0"
    assert facts.identity.library == "python314.dll"
    assert not any("site-packages" in name for name in facts.files)


def test_a_framework_of_macos_is_entered_and_all_its_processors_are_said(tmp_path: Path) -> None:
    framework = tmp_path / "Python.framework"
    trees.write(framework / "Versions" / "3.9", trees.macos())
    trees.write(framework / "Versions" / "3.14", trees.macos())
    facts = gather(framework, Silent())
    assert facts.where == framework / "Versions" / "3.14"
    targets = [item.value for item in facts.identity.targets]
    assert targets == ["aarch64-apple-darwin", "x86_64-apple-darwin"]
    (framework / "Versions" / "Current").symlink_to("3.9")
    assert gather(framework, Silent()).where.name == "3.9"


def test_of_a_prefix_only_what_belongs_to_its_python_is_read(tmp_path: Path) -> None:
    tree = trees.unix() | {name.replace("3.14", "3.11"): data for name, data in trees.unix("3.14").items()}
    tree["bin/python3"] = ("sym", "python3.14")
    tree |= {"bin/perl": b"", "lib/x/y.so": b"", "lib/python3.14/site-packages/a.py": b"", "lib/libpython3.14.a": b""}
    tree["lib/x86_64-linux-gnu/pkgconfig/python-3.14.pc"] = b""
    facts = gather(trees.write(tmp_path, tree), Silent())
    wanted = {"lib/libpython3.14.a", "lib/x86_64-linux-gnu/pkgconfig/python-3.14.pc"}
    own = {name for name, data in trees.unix().items() if isinstance(data, bytes)} - {"LICENSE"}
    assert set(facts.files) == own | wanted
    report = validate(tmp_path, run=False)
    assert report.profile == "tree"
    assert f"of {tmp_path} only" in (report.summary.read or "") and "lib/python3.14" in (report.summary.read or "")


def test_an_environment_of_conda_is_a_prefix_of_which_its_python_is_read(tmp_path: Path) -> None:
    """Nothing marks it as somebody's, and it is one: libraries of other packages stand beside it."""
    report = validate(trees.write(tmp_path / "work", trees.conda()), run=False)
    assert (report.profile, report.good) == ("tree", True)
    assert {item.fact: item.value for item in report.summary.learned} == {
        "version": "3.14.7", "target": "x86_64-unknown-linux-gnu", "floor": "glibc 2.34",
    }  # fmt: skip
    assert {finding.rule for finding in report.findings} == {"hardening.pie", "hardening.control-flow"}
    read = set(gather(tmp_path / "work", Silent()).files)
    assert "lib/python3.14/lib-dynload/_ssl.cpython-314-x86_64-linux-gnu.so" in read
    assert not [name for name in read if name.startswith(("conda-meta/", "etc/", "ssl/", "lib/libssl", "bin/openssl"))]
    assert not [name for name in read if "site-packages" in name]


@pytest.mark.parametrize("name", ["bin/python3", "bin/python"])
@pytest.mark.parametrize("library", ["lib/python3.14", "lib64/python3.14", None])
def test_a_prefix_whose_programs_have_no_version_in_their_names_is_one(
    tmp_path: Path, name: str, library: str | None
) -> None:
    tree = {path: data for path, data in trees.unix().items() if not path.startswith(("bin/", "lib/python3.14/os"))}
    tree |= {name: trees.elf(), "bin/perl": b"", "share/other/x": b"", "build/x": b""}
    if library is not None:
        tree[f"{library}/os.py"] = b""
    facts = gather(trees.write(tmp_path, tree), Silent())
    assert (facts.form, facts.identity.interpreter) == (Form.TREE, name)
    assert (facts.series, str(facts.target)) == ("3.14", "x86_64-unknown-linux-gnu")
    assert "include/python3.14/Python.h" in facts.files
    assert not {"bin/perl", "share/other/x", "build/x"} & set(facts.files)
    assert f"lib/python{'3*' if library is None else '3.14'}" in facts.said


def test_the_flag_of_pymalloc_belongs_to_the_name_of_a_program(tmp_path: Path) -> None:
    tree = trees.unix("3.7", "3.7.9") | {"bin/python3.7m": trees.elf("3.7.9"), "bin/python3": ("sym", "python3.7m")}
    del tree["bin/python3.7"]
    facts = gather(trees.write(tmp_path, tree), Silent())
    assert (facts.form, facts.interpreter, facts.series) == (Form.TREE, "bin/python3.7m", "3.7")


def test_an_archive_without_folders_is_an_installed_python_and_an_empty_one_a_full_one_that_is_lost() -> None:
    packed = Input(path=Path("a.zip"), prefix="python/")
    assert form_of(packed, {"python.exe", "python314.zip"}, frozenset()) is Form.INSTALL_ONLY
    assert form_of(packed, {"bin/python3"}, {"bin"}) is Form.INSTALL_ONLY
    assert form_of(packed, {"build/a.o"}, {"build"}) is Form.FULL
    assert form_of(packed, frozenset(), frozenset()) is Form.FULL


def test_the_base_of_an_environment_is_judged_and_said(tmp_path: Path) -> None:
    base = trees.write(tmp_path / "base", trees.unix())
    (tmp_path / "env" / "bin").mkdir(parents=True)
    (tmp_path / "env" / "pyvenv.cfg").write_text(f"home = {base}/bin\nversion = 3.1.4\n")
    report = validate(tmp_path / "env", run=False)
    assert report.good and report.summary.python_version == "3.14.7"
    assert f"its base {base} was read" in (report.summary.read or "")


@pytest.mark.parametrize("home", ["/nowhere/bin", "bin", "", "\0", "."])
def test_an_environment_whose_base_is_not_here_is_refused(tmp_path: Path, home: str) -> None:
    (tmp_path / "pyvenv.cfg").write_text(f"home = {home}\n")
    with pytest.raises(InputError, match="base is not here"):
        validate(tmp_path, run=False)


def test_environments_that_are_based_on_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "pyvenv.cfg").write_text(f"home = {tmp_path}/bin\n")
    with pytest.raises(InputError, match="based on each other"):
        validate(tmp_path, run=False)


@pytest.mark.parametrize("form", ["gz", "xz", "zst", "zip", "folder"])
def test_install_only_archives_are_good_without_a_manifest(tmp_path: Path, form: str) -> None:
    path, tree = tmp_path / "whatever", trees.unix() | {"bin/python3.14": trees.elf(glibc="GLIBC_2.17")}
    if form == "folder":
        trees.write(path / "python", tree)
    elif form == "zip":
        trees.zipped(path, tree)
    else:
        trees.tar(path, tree, "w:gz" if form == "gz" else "w")
        data = path.read_bytes()
        packed = {"gz": data, "xz": lzma.compress(data), "zst": zstandard.ZstdCompressor().compress(data)}
        path.write_bytes(packed[form])
    report = validate(path, run=False)
    assert report.profile == "install-only"
    assert [finding for finding in report.findings if finding.severity != "note"] == []
    assert report.summary.target_triple == "x86_64-unknown-linux-gnu"


@pytest.mark.parametrize(
    ("rule", "name", "change"),
    [
        ("identity.version", "a", {"include/python3.14/patchlevel.h": None, "bin/python3.14": trees.elf("3."),
                                   "lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py": None}),
        ("identity.contradiction", "a", {"bin/python3.14": trees.elf("3.14.9")}),
        ("identity.target", "a", {"bin/python3.14": None, "bin/python3": None}),
        ("identity.contradiction", "a", {"include/python3.14/patchlevel.h": trees.patchlevel("3.14.8")}),
        ("identity.contradiction", "a", {"include/python3.14/pyconfig.h": trees.pyconfig(freethreaded=True)}),
        ("identity.contradiction", "a", {"lib/python3.14/build-details.json": trees.details(micro=2)}),
        ("identity.contradiction", "a", {"lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py":
                                         trees.variables(triplet="aarch64-linux-gnu")}),
        ("identity.name", "a", {"lib/python3.13/os.py": b""}),
        ("identity.name", "a", {"lib/libpython3.13.so.1.0": b"x"}),
        ("identity.name", "cpython-3.14.6+20250101-x86_64-unknown-linux-gnu-install_only.tar.gz", {}),
        ("identity.name", "cpython-3.14.7+20250101-aarch64-unknown-linux-gnu-install_only.tar.gz", {}),
        ("identity.name", "cpython-3.14.7+20250101-x86_64-unknown-linux-gnu-freethreaded-install_only.tar.gz", {}),
    ],
)  # fmt: skip
def test_each_rule_is_violated_by_one_change(
    tmp_path: Path, rule: str, name: str, change: dict[str, bytes | None]
) -> None:
    tree = trees.unix() | {key: data for key, data in change.items() if data is not None}
    path = tmp_path / name
    trees.tar(path, {key: data for key, data in tree.items() if change.get(key, data) is not None})
    assert rules_of(path) == {rule}


def test_every_rule_of_the_family_is_reached() -> None:
    tested = test_each_rule_is_violated_by_one_change.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {rule for rule, *_ in tested} == {rule.id for rule in load_rules().values() if rule.family == "identity"}


def test_the_right_name_is_no_finding(tmp_path: Path) -> None:
    name = "cpython-3.14.7+20250101-x86_64-unknown-linux-gnu-install_only.tar.gz"
    assert validate(trees.tar(tmp_path / name, trees.unix()), run=False).good


def test_the_name_of_a_full_archive_is_compared_with_its_content(tmp_path: Path) -> None:
    name = "cpython-3.14.7+20250101-aarch64-unknown-linux-musl-noopt+static-full.tar"
    path = tiny.pack(tmp_path / name, tiny.distribution())
    assert rules_of(path) == {"identity.name"}


def test_a_full_archive_without_its_manifest_is_no_install_only_archive(tmp_path: Path) -> None:
    content = tiny.distribution()
    del content["python/PYTHON.json"]
    report = validate(tiny.pack(tmp_path / "a.tar", content), run=False)
    assert report.profile == "full" and "archive.manifest-missing" in {item.rule for item in report.findings}


@pytest.mark.parametrize("name", ["patchlevel.h", "pyconfig.h", "build-details.json", "_sysconfigdata_x.py"])
@pytest.mark.parametrize("data", [
    b"", b"\xff\0", b"[" * 100_000, b"build_time_vars = {**x, 'a': f(), 'VERSION': [3]}",
    b"build_time_vars = " + b"-" * 90_000 + b"1",
    b'{"implementation": {"version": {"major": 3, "minor": -1, "micro": 1, "releaselevel": "x", "serial": 0}}}',
    b"import os; os._exit(1)", b"build_time_vars = " + b"(" * 150 + b")" * 150, b"x=1+" * 30_000 + b"1",
    b"x = 1if 2else 3; y = '\\d'", b'#define PY_VERSION "../../etc"', b"a" * (2 << 20),
], ids=range(12))  # fmt: skip
def test_documents_that_are_none_say_nothing(name: str, data: bytes) -> None:
    said = read_document(name, data)
    assert (said.version, said.triple, said.freethreaded, said.debug) == (None, None, None, None)


def test_code_that_would_take_a_gigabyte_when_it_is_parsed_says_nothing() -> None:
    code = b"build_time_vars = {'VERSION': '3.14', 'Py_DEBUG': 0}\n"
    assert read_document("_sysconfigdata_x.py", code).version == "3.14"
    assert read_document("_sysconfigdata_x.py", code + b"a\n" * 100_000).version is None


def test_the_versions_in_a_program_are_bounded() -> None:
    assert versions_in(b"\0".join(b"3.%d.%d" % (minor, micro) for minor in range(30) for micro in range(30))) != set()
    assert len(versions_in(b"\0".join(b"3.%d.1" % minor for minor in range(0, 99)) + b"\0")) <= 64


def test_an_installed_python_is_run_and_asked_for_its_version() -> None:
    report = validate(Path(sys.base_prefix), rules=choose(["run", "identity"]))
    assert [finding for finding in report.findings if finding.severity == "error"] == []
    assert report.summary.ran
    assert report.summary.python_version == platform.python_version()
    assert report.summary.target_triple == f"{platform.machine()}-unknown-linux-gnu"


def test_what_the_interpreter_says_is_held_against_what_was_learned() -> None:
    identity = Identity(version=Learned("3.14.7", "include/patchlevel.h"))
    said = {"python_version": "3.14.8"}
    assert [finding.rule for finding in judge_run(None, RunFacts(said=said), identity)] == ["run.fact"]
    assert not list(judge_run(None, RunFacts(said={"python_version": "3.14.7"}), identity))
    assert not list(judge_run(None, RunFacts(said=said), Identity(version=Learned("3.14", "x"))))
    built_of_a_checkout = Identity(version=Learned("3.14.8+", "include/patchlevel.h"))
    assert not list(judge_run(None, RunFacts(said={"python_version": "3.14.8+"}), built_of_a_checkout))
    assert not list(judge_run(None, RunFacts(said=said), Identity()))


def test_an_archive_for_windows_that_is_a_zip_is_good(tmp_path: Path) -> None:
    report = validate(trees.zipped(tmp_path / "a.zip", trees.windows()), run=False)
    assert report.profile == "install-only" and report.good
    assert report.summary.python_version == "3.14.7"


def test_names_lead_to_the_interpreter_and_never_out_of_the_tree(tmp_path: Path) -> None:
    tree = trees.unix()
    tree["bin/python3"] = ("sym", "/usr/bin/env")
    facts = gather(trees.write(tmp_path, tree), Silent())
    assert facts.interpreter == "bin/python3.14"
