"""A profile is made by a training of its own, and what is built by it has a key that follows from its content."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pydist.binary.profile import FunctionProfile, digest, write_profile
from pydist.build.host_box import HostBox, Processes
from pydist.build.jobserver import JobServer
from pydist.build.parts import parts, releases, training_parts, variables
from pydist.build.plan import Plan, plan, training
from pydist.build.profile import PROFILE, PROFILE_FILE, given
from pydist.build.request import BuildRequest
from pydist.errors import InputError
from pydist.policy import recipes
from pydist.policy.recipes import Origin
from pydist.policy.toolchain import Toolchain
from pydist.sources import SourceArchive


def asked(options: str, target: str = "x86_64-unknown-linux-gnu") -> BuildRequest:
    return BuildRequest.parse(python="3.14", target=target, options=options)


def archives(request: BuildRequest) -> dict[str, SourceArchive]:
    origin = Origin(url="http://127.0.0.1/x", pool="", sha256="a" * 64, size=1)
    return {
        recipe.name: SourceArchive(component=recipe.name, version=release.version, path=Path("/no"), origin=origin)
        for recipe, release in releases([*parts(request), *training_parts(request)])
        if release.origins
    }


@pytest.fixture
def box() -> HostBox:
    jobserver = JobServer(1)
    toolchain = Toolchain(path=Path("/nowhere/zig"), version="0", digest="0")
    made = HostBox(toolchain=toolchain, cache=Path("/nowhere"), jobserver=jobserver, processes=Processes())
    jobserver.close()
    return made


def profile_in(folder: Path, count: int) -> Path:
    path = folder / f"{count}.profdata"
    function = FunctionProfile(name="f", hash=1, counters=(count,), sites=((Counter({digest(b"f"): 1}),), (), ()))
    path.write_bytes(write_profile([function]))
    return path


def keys(made: Plan) -> dict[str, str]:
    return {node.name: node.key.digest for node in made.nodes}


def test_the_same_profile_gives_the_same_keys_wherever_its_file_is(box: HostBox, tmp_path: Path) -> None:
    request = asked("pgo")
    (tmp_path / "copy").mkdir()
    one, other = profile_in(tmp_path, 1), profile_in(tmp_path / "copy", 1)
    assert keys(plan(request, archives(request), box, one)) == keys(plan(request, archives(request), box, other))


def test_another_profile_changes_cpython_and_none_of_its_libraries(box: HostBox, tmp_path: Path) -> None:
    request = asked("pgo+lto")
    one, other = (keys(plan(request, archives(request), box, profile_in(tmp_path, count))) for count in (1, 2))
    assert {name for name in one if one[name] != other[name]} == {PROFILE, "cpython", "distribution", "archives"}


def test_builds_with_and_without_optimising_while_linking_share_one_training(box: HostBox) -> None:
    plain, linked = asked("pgo"), asked("pgo+lto")
    assert keys(training(plain, archives(plain), box)) == keys(training(linked, archives(linked), box))


def test_a_training_is_another_thing_than_the_build_without_a_profile(box: HostBox, tmp_path: Path) -> None:
    request = asked("noopt")
    trained = keys(training(request, archives(request), box))
    built = keys(plan(request, archives(request), box))
    assert trained["zlib"] == built["zlib"]
    assert trained[PROFILE] != built["cpython"]


@pytest.mark.parametrize(
    ("target", "options", "trained"),
    [
        ("x86_64-unknown-linux-gnu", "pgo", ("x86_64-unknown-linux-gnu", "noopt")),
        ("x86_64-unknown-linux-musl", "pgo+lto+static", ("x86_64-unknown-linux-musl", "noopt+static")),
        ("x86_64-unknown-linux-musl", "pgo", ("x86_64-unknown-linux-musl", "noopt+static")),
        ("aarch64-unknown-linux-gnu", "freethreaded+pgo", ("x86_64-unknown-linux-gnu", "freethreaded+noopt")),
        ("aarch64-unknown-linux-musl", "pgo+static", ("x86_64-unknown-linux-musl", "noopt+static")),
        ("x86_64_v3-unknown-linux-gnu", "pgo", ("x86_64-unknown-linux-gnu", "noopt")),
    ],
)
def test_what_cannot_run_while_building_is_trained_by_what_can(
    target: str, options: str, trained: tuple[str, str]
) -> None:
    last = training_parts(asked(options, target))[-1]
    assert (str(last.request.target.target), str(last.request.options)) == trained
    assert (last.node, variables(last)["OPTIMIZATION"]) == (PROFILE, "noopt")


def test_the_scripts_of_a_training_change_no_other_build(
    box: HostBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked("noopt")
    folder = tmp_path / "cpython"
    (folder / "profile").mkdir(parents=True)
    own = replace(recipes.load("cpython"), folder=folder)
    load = recipes.load
    monkeypatch.setattr(recipes, "load", lambda name: own if name == "cpython" else load(name))
    (folder / "recipe.toml").touch()
    seen = []
    for name in ("configure.sh", "build.sh", "profile/build.sh"):
        (folder / name).write_text("exit 0")
        made = keys(plan(request, archives(request), box)), keys(training(request, archives(request), box))
        seen.append((made[0]["cpython"], made[1][PROFILE]))
    first, with_build, with_training = seen
    assert with_build[0] != first[0]
    assert with_build[1] == first[1]
    assert with_training[0] == with_build[0]
    assert with_training[1] != with_build[1]


def test_a_profile_is_needed_for_pgo_and_for_nothing_else(box: HostBox, tmp_path: Path) -> None:
    for request, profile in ((asked("pgo"), None), (asked("lto"), profile_in(tmp_path, 1))):
        with pytest.raises(InputError, match=r"a profile"):
            plan(request, archives(request), box, profile)


def test_a_file_that_is_no_profile_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no profile")
    for name in ("x", "missing"):
        with pytest.raises(InputError, match=name):
            given(tmp_path / name)


def test_the_node_of_a_given_profile_holds_it(tmp_path: Path) -> None:
    path = profile_in(tmp_path, 3)
    given(path).make(tmp_path, {})
    assert (tmp_path / PROFILE_FILE).read_bytes() == path.read_bytes()
