"""Facts about keys: whatever can change a result changes its key, and so the keys of everything that needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pydist.build.host_box import HostBox, Processes
from pydist.build.jobserver import JobServer
from pydist.build.parts import Part, parts, releases, variables
from pydist.build.plan import Plan, plan
from pydist.build.request import BuildRequest
from pydist.errors import InputError
from pydist.policy import recipes
from pydist.policy.recipes import Origin
from pydist.policy.targets import Linkage
from pydist.policy.toolchain import Toolchain
from pydist.sources import SourceArchive

REQUEST = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-musl", options="noopt+static")
GNU = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-gnu")
ARM = BuildRequest.parse(python="3.14", target="aarch64-unknown-linux-gnu")
TOOLCHAIN = Toolchain(path=Path("/nowhere/zig"), version="0", digest="0")


def archives(request: BuildRequest, **digests: str) -> dict[str, SourceArchive]:
    found = {}
    for recipe, release in releases(parts(request)):
        if release.origins:
            digest = digests.get(recipe.name, "a" * 64)
            origin = Origin(url="http://127.0.0.1/x", pool="", sha256=digest, size=1)
            found[recipe.name] = SourceArchive(
                component=recipe.name, version=release.version, path=Path("/nowhere"), origin=origin
            )
    return found


def planned(request: BuildRequest = REQUEST, toolchain: Toolchain = TOOLCHAIN, **digests: str) -> Plan:
    jobserver = JobServer(1)
    box = HostBox(toolchain=toolchain, cache=Path("/nowhere/global"), jobserver=jobserver, processes=Processes())
    made = plan(request, archives(request, **digests), box)
    jobserver.close()
    return made


def changed(before: Plan, after: Plan) -> set[str]:
    return {node.name for node in before.nodes if node.key != after.key(node.name)}


def test_the_same_inputs_give_the_same_keys() -> None:
    assert changed(planned(), planned()) == set()


def test_another_archive_changes_its_component_and_what_needs_it_and_nothing_else() -> None:
    assert changed(planned(), planned(ncurses="b" * 64)) == {
        "ncurses",
        "libedit",
        "cpython",
        "distribution",
        "archives",
    }


def test_another_compiler_changes_every_component() -> None:
    everything = {node.name for node in planned().nodes}
    assert changed(planned(), planned(toolchain=replace(TOOLCHAIN, digest="1"))) == everything


@pytest.mark.parametrize("field", ["multiarch", "configure", "zig"])
def test_every_name_of_the_target_is_part_of_the_keys(field: str) -> None:
    row = replace(REQUEST.target, **{field: "other"})  # type: ignore[arg-type]
    assert "zlib" in changed(planned(), planned(replace(REQUEST, target=row)))


def test_the_flags_of_the_linkage_are_part_of_the_keys() -> None:
    row = replace(REQUEST.target, static=Linkage(cflags=("-O3",), ldflags=("-static",)))
    assert "zlib" in changed(planned(), planned(replace(REQUEST, target=row)))


def shared_nodes(one: Plan, other: Plan) -> set[str]:
    digests = {node.key.digest for node in one.nodes}
    return {node.name for node in other.nodes if node.key.digest in digests}


def test_options_of_cpython_leave_the_libraries_as_they_are() -> None:
    plain, debug = (
        planned(GNU),
        planned(BuildRequest.parse(python="3.14", target=str(GNU.target.target), options="debug")),
    )
    assert {node.name for node in plain.nodes} - shared_nodes(plain, debug) == {"cpython", "distribution", "archives"}


def test_another_series_shares_the_libraries() -> None:
    other = BuildRequest.parse(python="3.13", target="x86_64-unknown-linux-musl", options="noopt+static")
    assert {"openssl", "sqlite", "zlib"} <= shared_nodes(planned(), planned(other))
    assert "cpython" not in shared_nodes(planned(), planned(other))


def part(request: BuildRequest, node: str) -> Part:
    return next(part for part in parts(request) if part.node == node)


def test_a_foreign_machine_is_built_for_with_an_interpreter_of_this_one_and_the_same_series() -> None:
    assert part(ARM, "cpython").tools == ("cpython@x86_64-unknown-linux-musl",)
    tool = part(ARM, "cpython@x86_64-unknown-linux-musl")
    assert tool.release.version == ARM.version
    assert str(tool.request.options) == "noopt+static"
    assert variables(part(ARM, "cpython"))["CONFIGURE_BUILD"] != ARM.target.configure


def test_dynamic_musl_is_cross_compiled_whatever_musl_this_machine_has() -> None:
    dynamic = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-musl", options="noopt")
    assert variables(part(dynamic, "cpython"))["CONFIGURE_BUILD"] != dynamic.target.configure
    static = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-musl", options="noopt+static")
    assert variables(part(static, "cpython"))["CONFIGURE_BUILD"] == static.target.configure


def test_the_tool_is_the_very_distribution_that_anybody_builds_for_this_machine() -> None:
    assert {"cpython@x86_64-unknown-linux-musl", "zlib@x86_64-unknown-linux-musl"} <= shared_nodes(
        planned(), planned(ARM)
    )


def test_tools_are_no_part_of_what_is_distributed() -> None:
    distribution = next(node for node in planned(ARM).nodes if node.name == "distribution")
    assert not [name for name in distribution.needs if "@" in name]


def test_what_must_be_a_shared_library_is_one_where_there_are_any_and_off_elsewhere() -> None:
    static, shared = variables(part(REQUEST, "cpython")), variables(part(GNU, "cpython"))
    assert "_ctypes_test" in static["EXTENSIONS_OFF"].split()
    assert not static["EXTENSIONS_SHARED"]
    assert "_ctypes_test" in shared["EXTENSIONS_SHARED"].split()
    assert "_ctypes_test" not in shared["EXTENSIONS_OFF"].split()


@pytest.mark.parametrize(
    "change",
    [
        lambda recipe: replace(recipe, license_files=("README",)),
        lambda recipe: replace(recipe, needs=("bzip2",)),
        lambda recipe: replace(recipe, releases=(replace(recipe.releases[0], version="0"),)),
    ],
)
def test_what_a_recipe_says_is_part_of_the_key(
    change: Callable[[recipes.Recipe], recipes.Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = planned()
    load = recipes.load
    monkeypatch.setattr(recipes, "load", lambda name: change(load(name)) if name == "zlib" else load(name))
    assert {"zlib", "cpython"} <= changed(before, planned())


def test_a_file_of_a_recipe_is_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = planned()
    load = recipes.load
    (tmp_path / "build.sh").write_text("exit 1")
    (tmp_path / "recipe.toml").write_text("")
    monkeypatch.setattr(
        recipes, "load", lambda name: replace(load(name), folder=tmp_path) if name == "zlib" else load(name)
    )
    assert "zlib" in changed(before, planned())


def tree_of_cpython(folder: Path, version: str) -> Path:
    (folder / "Include").mkdir(parents=True)
    (folder / "Include" / "patchlevel.h").write_text(
        f'#define PY_MAJOR_VERSION 3\n#define PY_VERSION      "{version}"\n'
    )
    return folder


def test_a_source_tree_of_ones_own_is_the_version_it_says_it_is(tmp_path: Path) -> None:
    tree = tree_of_cpython(tmp_path, "3.14.7+")
    request = BuildRequest.parse(python="3.13", target="aarch64-unknown-linux-musl", source=tree)
    assert (request.version, request.series) == ("3.14.7+", "3.14")
    assert part(request, "cpython@x86_64-unknown-linux-musl").release == request.release
    assert request.ref.startswith("private/")


def test_files_of_a_source_tree_of_ones_own_change_the_key_and_those_of_git_do_not(
    tmp_path: Path,
) -> None:
    request = BuildRequest.parse(
        python="", target=str(REQUEST.target.target), source=tree_of_cpython(tmp_path, "3.14.7")
    )
    before = planned(request)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("x")
    assert changed(before, planned(request)) == set()
    (tmp_path / "README").write_text("x")
    assert changed(before, planned(request)) == {"cpython", "distribution", "archives"}


def test_what_runs_code_of_somebodys_own_tree_has_a_cache_of_the_compiler_apart(tmp_path: Path) -> None:
    tree = tree_of_cpython(tmp_path, "3.14.7")
    private = caches(planned(BuildRequest.parse(python="", target="aarch64-unknown-linux-gnu", source=tree)))
    assert {"cpython", "cpython@x86_64-unknown-linux-musl", "distribution"} <= {
        name for name, cache in private.items() if cache == "private"
    }
    assert private["zlib"] == private["ndbm"] == "global"
    assert set(caches(planned(ARM)).values()) == {"global"}


def caches(made: Plan) -> dict[str, str]:
    """The name of the compiler's cache that the job of each node is given."""
    found = {}
    for node in made.nodes:
        box = node.make.keywords["box"] if isinstance(node.make, partial) else None
        if isinstance(box, HostBox):
            found[node.name] = box.cache.name
    return found


@pytest.mark.parametrize("made", ["nothing", "no version", "built"])
def test_what_is_no_clean_source_tree_is_refused(made: str, tmp_path: Path) -> None:
    if made != "nothing":
        tree_of_cpython(tmp_path, "3.14.7" if made == "built" else "x")
        (tmp_path / "Makefile").touch()
    with pytest.raises(InputError, match=r"no CPython source tree|no line that defines|was built in"):
        BuildRequest.parse(python="", target=str(REQUEST.target.target), source=tmp_path)
