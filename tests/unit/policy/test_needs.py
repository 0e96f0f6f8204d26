"""The table of needs, and what `look`, `require` and `install` make of it on real machines of our own making."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pydist.errors import EnvironmentLacking, InputError, StepFailed
from pydist.policy import needs
from pydist.policy.needs import Need, NeedKind


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def command(name: str, package: str = "thing", probe: tuple[str, ...] = ()) -> Need:
    return Need(kind=NeedKind.COMMAND, name=name, package=package, why="a test", verbs=("build",), probe=probe)


def test_the_shipped_table_is_well_formed_and_names_the_compiler_for_build_and_link() -> None:
    table = {need.name: need for need in needs.load()}
    assert table["ziglang"].verbs == ("build", "link")
    assert table["perl"].probe, "perl-base has a perl that OpenSSL's Configure cannot use"


def test_every_fault_of_a_table_is_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "needs.toml"
    path.write_text(
        '[[need]]\nkind = "planet"\nname = "make"\npackage = 1\nwhy = ""\nverbs = ["build"]\ncolour = "red"\n'
        "[[need]]\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        needs.load(path)
    assert sorted(fault.where for fault in caught.value.faults) == [
        "needs.toml: need[0].colour",
        "needs.toml: need[0].kind",
        "needs.toml: need[0].package",
        "needs.toml: need[1].kind",
        "needs.toml: need[1].name",
        "needs.toml: need[1].package",
        "needs.toml: need[1].verbs",
        "needs.toml: need[1].why",
    ]


def test_a_command_counts_as_present_only_when_its_probe_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = program(tmp_path / "bin", "good", "exit 0")
    bad = program(tmp_path / "bin", "bad", "echo no FindBin >&2; exit 2")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    found = needs.look([command("good", probe=("good",)), command("bad", probe=("bad",)), command("absent-thing")])
    assert [state.present for state in found] == [True, False, False]
    assert [state.where for state in found] == [str(good), f"{bad}: no FindBin", ""]


def test_a_module_is_looked_for_in_the_python_that_runs_pydist() -> None:
    def module(name: str) -> Need:
        return Need(kind=NeedKind.MODULE, name=name, package="x", why="", verbs=())

    assert [state.present for state in needs.look([module("json"), module("no_such_module_at_all")])] == [True, False]


def test_the_sentence_names_everything_that_lacks_in_one_line() -> None:
    module = Need(kind=NeedKind.MODULE, name="ziglang", package="pydist[toolchain]", why="", verbs=())
    text = needs.sentence([command("autoconf", "autoconf"), command("libtoolize", "libtool"), module])
    assert text == (
        "this machine lacks autoconf, libtoolize, ziglang; "
        'run: apt install autoconf libtool && pip install "pydist[toolchain]"'
    )


def test_require_raises_on_an_empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentLacking, match=r"this machine lacks make, perl.*apt install .*perl"):
        needs.require("build")


def test_install_updates_the_package_lists_only_when_the_first_attempt_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    fake_apt(tmp_path, monkeypatch, f'echo "$@" >> {log}; [ "$1" = update ] || grep -q update {log}')
    needs.install([command("m4", "m4"), command("libtoolize", "libtool")])
    install = "install --yes --no-install-recommends libtool m4"
    assert log.read_text(encoding="utf-8").splitlines() == [install, "update", install]


def test_install_shows_the_last_lines_of_an_apt_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_apt(tmp_path, monkeypatch, "echo E: Unable to locate package; exit 100")
    with pytest.raises(StepFailed, match="Unable to locate package"):
        needs.install([command("m4", "m4")])


def test_install_without_apt_names_what_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentLacking, match="lacks m4; run: apt install m4"):
        needs.install([command("m4", "m4")])


def test_install_leaves_python_modules_to_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    needs.install([Need(kind=NeedKind.MODULE, name="ziglang", package="x", why="", verbs=())])


def fake_apt(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """An `apt-get` of our own first on PATH; the rest of the machine stays as it is."""
    if os.geteuid() != 0:
        pytest.skip("only root can use apt-get")
    program(folder / "bin", "apt-get", text)
    monkeypatch.setenv("PATH", str(folder / "bin"), prepend=os.pathsep)
