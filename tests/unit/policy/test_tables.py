"""Facts about the tables of recipes, targets and extension modules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pydist.errors import FaultCollector, InputError
from pydist.policy import extensions, recipes, targets
from pydist.policy.options import Options
from pydist.policy.table import Row, read_toml
from pydist.target import Target


def test_every_recipe_loads_and_what_it_needs_exists() -> None:
    known = recipes.load_all()
    assert "cpython" in known
    for recipe in known.values():
        assert {*recipe.needs, *recipe.tools} <= known.keys()
        assert {name for when in recipe.when for name in (*when.needs, *when.tools)} <= known.keys()
        assert recipe.licenses
        assert recipe.license_files


def test_patches_are_those_for_all_series_those_from_an_older_one_on_and_those_of_the_series(tmp_path: Path) -> None:
    for name in ("b.patch", "from-3.9/a.patch", "from-3.13/c.patch", "3.11/d.patch", "3.13/aa.patch"):
        path = tmp_path / "patches" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    recipe = replace(recipes.load("cpython"), folder=tmp_path)

    def patches(series: str) -> list[str]:
        return [path.name for path in recipe.patches(replace(recipe.releases[0], series=series))]

    assert patches("3.11") == ["a.patch", "b.patch", "d.patch"]
    assert patches("3.13") == ["a.patch", "b.patch", "c.patch", "aa.patch"]
    assert patches("3.14") == ["a.patch", "b.patch", "c.patch"]
    assert patches("") == ["b.patch"]


def test_no_two_components_give_the_same_library() -> None:
    names = [library for recipe in recipes.load_all().values() for library in recipe.libraries]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("asked", "version"), [("3.14", "3.14.7"), ("3.14.7", "3.14.7"), ("3.11", "3.11.2")])
def test_a_python_is_asked_for_by_series_or_version(asked: str, version: str) -> None:
    assert recipes.load("cpython").release(asked).version == version


def test_an_unknown_python_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"3\.14\.7, 3\.13\.15, 3\.11\.2"):
        recipes.load("cpython").release("3.9")


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="x86_64-unknown-linux-musl"):
        targets.find("sparc-sun-solaris")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("x86_64-linux-musl", "x86_64-unknown-linux-musl"), ("aarch64-linux-gnu", "aarch64-unknown-linux-gnu")],
)
def test_of_the_known_targets_that_which_was_meant_is_said_first(typed: str, meant: str) -> None:
    with pytest.raises(InputError) as caught:
        targets.find(typed)
    said = str(caught.value).partition("the nearest first: ")[2].split(", ")
    assert said[0] == meant
    assert sorted(said) == sorted(targets.load())


STATIC, NOOPT = Options.parse("noopt+static"), Options.parse("noopt")
GNU, MUSL = Target.parse("x86_64-unknown-linux-gnu"), Target.parse("x86_64-unknown-linux-musl")


def test_modules_come_and_go_with_the_series() -> None:
    assert "_zstd" in extensions.for_build("3.14", MUSL, STATIC)
    assert "_zstd" not in extensions.for_build("3.13", MUSL, STATIC)
    assert {"audioop", "_sha256"} <= extensions.for_build("3.11", MUSL, STATIC).keys()
    assert not {"audioop", "_sha256"} & extensions.for_build("3.13", MUSL, STATIC).keys()


def test_a_module_that_must_be_a_shared_library_is_off_in_static_builds_with_that_reason() -> None:
    shared = extensions.for_build("3.14", GNU, NOOPT)["_ctypes_test"]
    static = extensions.for_build("3.14", MUSL, STATIC)["_ctypes_test"]
    assert shared.shared
    assert not shared.off
    assert static.off == shared.shared


def test_a_module_for_some_targets_is_off_for_others() -> None:
    assert not extensions.for_build("3.14", GNU, NOOPT)["_tkinter"].off
    assert "only for" in extensions.for_build("3.14", MUSL, NOOPT)["_tkinter"].off


def test_why_others_have_not_what_some_targets_have_is_said_where_it_is_known() -> None:
    assert "libcrypt" in extensions.for_build("3.11", GNU, NOOPT)["_crypt"].off
    assert not extensions.for_build("3.11", MUSL, STATIC)["_crypt"].off
    assert "libcrypt" in extensions.for_build("3.11", MUSL, NOOPT)["_crypt"].off
    assert extensions.for_build("3.11", MUSL, STATIC)["nis"].off


def test_modules_for_tests_stay_out_of_an_interpreter_that_can_load_them() -> None:
    assert extensions.for_build("3.14", GNU, NOOPT)["_testcapi"].shared
    assert not extensions.for_build("3.14", MUSL, STATIC)["_testcapi"].shared


@pytest.mark.parametrize("text", ["debug", "noopt+static", "freethreaded+pgo+lto", "freethreaded+debug+static"])
def test_options_are_written_as_they_are_read(text: str) -> None:
    assert str(Options.parse(text)) == text


def test_options_have_one_spelling_whatever_the_order_of_words() -> None:
    assert Options.parse("lto+static+freethreaded+pgo") == Options.parse("freethreaded+pgo+lto+static")


@pytest.mark.parametrize("text", ["", "fast", "noopt+debug", "static", "noopt+noopt", "pgo+", "noopt+static+static"])
def test_options_that_are_none_are_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InputError, match=r"debug, noopt, lto, pgo, pgo\+lto"):
        Options.parse(text)


def test_files_of_free_threaded_and_debug_builds_have_their_letters() -> None:
    assert Options.parse("freethreaded+debug").abi_flags == "td"
    assert Options.parse("pgo+lto").abi_flags == ""


def test_every_target_has_flags_for_its_own_default() -> None:
    for row in targets.load().values():
        assert row.linkage(row.default).cflags


def test_a_way_of_linking_that_a_target_has_not_is_refused() -> None:
    with pytest.raises(InputError, match="no static build"):
        targets.find("x86_64-unknown-linux-gnu").linkage(STATIC)


def test_all_faults_of_a_table_are_found_at_once() -> None:
    faults = FaultCollector("file")
    row = Row({"text": 1, "list": ["a", 2], "extra": True}, faults)
    row.text("text")
    row.texts("list")
    row.number("absent")
    row.done()
    assert [str(fault) for fault in faults.faults] == [
        "file: text: expected a string",
        "file: list: expected a list of strings",
        "file: absent: expected a number",
        "file: extra: not a known key",
    ]


def test_a_file_that_is_no_toml_is_an_input_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("= 1")
    with pytest.raises(InputError, match=str(path)):
        read_toml(path)
