"""The choice among archives follows the written rules, and says what there is when nothing fits."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydist.errors import InputError
from pydist.fetch.entry import Entry, Listing
from pydist.fetch.machine import Machine
from pydist.fetch.select import Wanted, choose, latest, matching
from pydist.policy.names import AssetName, Flavour
from pydist.target import Arch, Os, Target

MACHINE = Machine(os=Os.LINUX, arch=Arch.X86_64, level=3, environments=("gnu",))
ALPINE = Machine(os=Os.LINUX, arch=Arch.X86_64, level=1, environments=("musl",))
BARE = Machine(os=Os.LINUX, arch=Arch.X86_64, level=1)
NAMES = (Path(__file__).parents[1] / "policy" / "names.txt").read_text(encoding="utf-8").split()


def entries(*names: str) -> Listing:
    found = [AssetName.parse(name) for name in names]
    return Listing(
        where="the index",
        entries=tuple(
            Entry(name=name, version=name.version or "3.13.2", url=f"https://x/{name}", sha256="ab" * 32)
            for name in found
        ),
        left_out=(),
    )


def name(version: str = "3.13.1", build: str = "20250101", target: str = "x86_64-unknown-linux-gnu",
         rest: str = "pgo+lto-full.tar.zst") -> str:  # fmt: skip
    return f"cpython-{version}+{build}-{target}-{rest}"


def chosen(names: list[str], version: str = "3", *, machine: Machine | None = MACHINE, target: str = "",
           options: str = "", flavour: Flavour | None = None) -> str:  # fmt: skip
    wanted = Wanted.parse(version, target=target, options=options, flavour=flavour)
    return str(choose(entries(*names), wanted, machine).name)


V2, V3, V4 = (name(target=f"x86_64_v{level}-unknown-linux-gnu") for level in (2, 3, 4))
MUSL = name(target="x86_64-unknown-linux-musl", rest="lto-full.tar.zst")
STATIC = name(target="x86_64-unknown-linux-musl", rest="lto+static-full.tar.zst")
ARMS = "aarch64-unknown-linux-gnu"
ARM = name(target=ARMS)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (name("3.13.10"), name("3.13.9")),
        (name("3.14.0"), name("3.13.9")),
        (name("3.13.1", "20250102"), name("3.13.1", "20250101")),
        (name(), "cpython-3.13.1-x86_64-unknown-linux-gnu-pgo+lto-20240101T0000.tar.zst"),
        (name("3.13.2", rest="install_only.tar.gz"), name("3.13.1")),
        (V3, V2),
        (V2, name()),
        (name(), name("3.13.2", target="x86_64_v4-unknown-linux-gnu")),
        (name(), ARM),
        (name(), MUSL),
        (name(), STATIC),
        (STATIC, MUSL),
        (name(), name("3.15.0rc1")),
        (name(), name("3.13.2", rest="debug-full.tar.zst")),
        (name(), name("3.13.2", rest="freethreaded+pgo+lto-full.tar.zst")),
        (name(rest="noopt-full.tar.zst"), name(rest="install_only.tar.gz")),
        (name(rest="install_only.tar.gz"), name(rest="install_only_stripped.tar.gz")),
        (name(), name(rest="pgo-full.tar.zst")),
        (name(rest="pgo-full.tar.zst"), name(rest="lto-full.tar.zst")),
        (name(rest="lto-full.tar.zst"), name(rest="noopt-full.tar.zst")),
        (name(rest="install_only.tar.gz"), name(rest="noopt-install_only.tar.gz")),
        (name(rest="install_only.tar.zst"), name(rest="install_only.tar.gz")),
    ],
)
def test_without_wishes_the_better_of_two_is_chosen(better: str, worse: str) -> None:
    assert chosen([better, worse]) == better
    assert chosen([worse, better]) == better


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("3", "3.13.10"),
        ("3.13", "3.13.10"),
        ("3.13.1", "3.13.1"),
        ("3.1", "3.1.4"),
        ("3.15", "3.15.0rc2"),
        ("3.15.0rc1", "3.15.0rc1"),
        ("3.13.9+20250101", "3.13.9"),
    ],
)
def test_a_version_is_one_or_the_beginning_of_one(version: str, found: str) -> None:
    names = [name(text) for text in ("3.1.4", "3.13.1", "3.13.9", "3.13.10", "3.15.0rc1", "3.15.0rc2")]
    assert chosen(names, version) == name(found)


@pytest.mark.parametrize("version", ["3.15.0", "3.13.2", "4", "3.13.1+20240101"])
def test_a_version_that_is_not_there_is_not_replaced_by_another(version: str) -> None:
    with pytest.raises(InputError, match="nothing of 2 archives"):
        chosen([name(), name("3.15.0rc1")], version)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("freethreaded", "freethreaded+pgo+lto-full.tar.zst"),
        ("debug", "debug-full.tar.zst"),
        ("debug+freethreaded", "freethreaded+debug-full.tar.zst"),
        ("lto", "lto-full.tar.zst"),
        ("lto+pgo", "pgo+lto-full.tar.zst"),
        ("freethreaded+lto", "freethreaded+lto-full.tar.zst"),
    ],
)
def test_options_that_are_asked_for_are_had_and_no_others(options: str, found: str) -> None:
    rests = ("pgo+lto", "lto", "debug", "freethreaded+pgo+lto", "freethreaded+lto", "freethreaded+debug")
    assert chosen([name(rest=f"{rest}-full.tar.zst") for rest in rests], options=options) == name(rest=found)


def test_a_target_that_is_asked_for_needs_no_machine_that_runs_it() -> None:
    assert chosen([name(), ARM], target="aarch64-unknown-linux-gnu") == ARM
    assert chosen([name(), V4], target="x86_64_v4-unknown-linux-gnu") == V4
    assert chosen([name(), V3], target="x86_64-unknown-linux-gnu") == name()
    assert chosen([name(), ARM], target="aarch64-unknown-linux-gnu", machine=None) == ARM
    old = "cpython-3.7.4-linux64-20190817T0224.tar.zst"
    assert chosen([old], target="x86_64-unknown-linux-gnu") == old


def test_a_machine_with_musl_takes_musl_and_a_machine_with_nothing_takes_static_programs() -> None:
    assert chosen([name(), MUSL, STATIC], machine=ALPINE) == MUSL
    assert chosen([name(), MUSL, STATIC], machine=BARE) == STATIC
    with pytest.raises(InputError, match="this machine is linux on x86_64, level x86-64-v1, loaders: none"):
        chosen([name(), MUSL], machine=BARE)


def test_a_flavour_that_is_asked_for_is_had() -> None:
    kinds = ("install_only", "install_only_stripped", "install_only_minimal", "pgo+lto-full")
    names = [name(rest=f"{rest}.tar.gz") for rest in kinds]
    for flavour in Flavour:
        assert AssetName.parse(chosen(names, flavour=flavour)).flavour is flavour


def test_an_error_says_what_there_would_be_with_one_wish_less() -> None:
    with pytest.raises(InputError) as caught:
        chosen([name("3.13.2"), ARM, name("3.12.9")], "3.13.1", target="x86_64-unknown-linux-gnu")
    text = str(caught.value)
    assert f"without the patch of 3.13.1: 1 to be had, the best is {name('3.13.2')}" in text
    assert "without --target x86_64-unknown-linux-gnu" not in text  # what else there is does not run here
    with pytest.raises(InputError, match=r"without --flavour full: 1 to be had.*install_only"):
        chosen([name(rest="install_only.tar.gz")], flavour=Flavour.FULL)
    with pytest.raises(InputError, match=r"series in it: 3\.9, 3\.13"):
        chosen([name(), name("3.9.1"), name("3.13.2")], "3.12")
    with pytest.raises(InputError, match="without --options static"):
        chosen([name()], options="static")


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"version": "three"}, "3.13.1"),
        ({"version": "3.13.1.2"}, "3.13.1"),
        ({"version": "3.13+"}, "release tag"),
        ({"version": "3.13+../x"}, "release tag"),
        ({"version": "3.13", "target": "pdp11"}, "pdp11"),
        ({"version": "3.13", "options": "fast"}, "fast"),
    ],
)
def test_wishes_that_cannot_be_understood_are_refused(wishes: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match="which distribution is wanted") as caught:
        Wanted.parse(**wishes)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_all_wishes_that_cannot_be_understood_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        Wanted.parse("x", target="pdp11", options="fast")
    assert len(caught.value.faults) == 3


@given(st.permutations(NAMES))
def test_the_order_of_an_index_changes_nothing(names: list[str]) -> None:
    found = [str(entry.name) for entry in matching(entries(*names).entries, Wanted(), MACHINE)]
    assert found == [str(entry.name) for entry in matching(entries(*NAMES).entries, Wanted(), MACHINE)]


def test_loaders_are_looked_for_where_programs_look(tmp_path: Path) -> None:
    for path in ("lib64/ld-linux-x86-64.so.2", "lib/ld-musl-x86_64.so.1"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    machine = Machine.here(tmp_path)
    assert machine is not None
    assert machine.environments == ("gnu", "musl")
    assert Machine.here(tmp_path / "nothing").environments == ()  # type: ignore[union-attr]


def test_what_runs_here_has_a_rank_here() -> None:
    machine = Machine.here()
    triples = {str(found.target) for found in map(AssetName.parse, NAMES) if found.target}
    ranked = {triple for triple in triples if machine and machine.rank(Target.parse(triple), static=True) is not None}
    assert ranked
    assert all(Target.parse(triple).runs_here for triple in ranked)


def test_a_range_of_versions_is_a_wish_like_others() -> None:
    names = [name("3.11.1"), name("3.12.4"), name("3.13.1"), name("3.15.0rc1")]
    assert chosen(names, ">=3.11,<3.13") == name("3.12.4")
    assert chosen(names, "!=3.13.1") == name("3.12.4")
    with pytest.raises(InputError, match=r"is Python >=3.16\n.*series in it: 3.11, 3.12, 3.13, 3.15"):
        chosen(names, ">=3.16")
    with pytest.raises(InputError, match="found '>=x'"):
        Wanted.parse(">=x")


def test_the_latest_of_each_series_is_its_newest_build() -> None:
    names = [
        name("3.13.1", "1"),
        name("3.13.1", "2"),
        name("3.13.0", "3"),
        name("3.12.9", "1"),
        name("3.12.9", "1", ARMS),
    ]
    found = latest(matching(entries(*names).entries, Wanted(), MACHINE))
    assert [str(entry.name) for entry in found] == [names[1], names[3], names[4]]


def test_flavours_that_there_are_are_said() -> None:
    with pytest.raises(InputError, match=r"flavours of that: full, install_only$"):
        chosen([name(), name(rest="install_only.tar.gz")], flavour=Flavour.INSTALL_ONLY_MINIMAL)
