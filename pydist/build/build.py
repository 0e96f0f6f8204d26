"""From a request to archives: the pipeline of `pydist build`."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Mapping
from pathlib import Path

from pydist.build.box import BoxKind
from pydist.build.boxes import expected_kind, opened_box
from pydist.build.parts import parts, pinned, releases, training_parts
from pydist.build.plan import ARCHIVES, DISTRIBUTION, plan, training
from pydist.build.profile import PROFILE, PROFILE_FILE
from pydist.build.provenance import Run
from pydist.build.publish import check_output, publish
from pydist.build.report import BuildReport
from pydist.build.request import BuildRequest
from pydist.build.schedule import run
from pydist.errors import EnvironmentLacking, InputError
from pydist.manifest.load import load
from pydist.policy import defaults, engine, extensions
from pydist.policy.names import check_tag
from pydist.progress import Reporter, Silent
from pydist.sources import fetch_all
from pydist.store import Store
from pydist.target import level_here

__all__ = ["build", "check_place", "default_tag"]


def build(
    *,
    python: str = defaults.PYTHON,
    target: str = defaults.TARGET,
    options: str = "",
    source: Path | None = None,
    output: Path = Path("dist"),
    tag: str | None = None,
    times: bool = False,
    box: BoxKind | None = None,
    jobs: int = 0,
    downloads: Path | None = None,
    pins: Mapping[str, str] | None = None,
    profile: Path | None = None,
    store: Store | None = None,
    reporter: Reporter | None = None,
) -> BuildReport:
    """Make a distribution from source and put its archives into `output`.

    `python` is a version or series, `source` a CPython source tree of your own in place of a release, `tag` the release
    tag in the file names (default: today, or the day of `$SOURCE_DATE_EPOCH`), `times` whether the statement of
    provenance says when it was built, `box` where scripts run (default: the best box that the machine has), `jobs` how
    many programs run at once (default: the number of cores), `pins` SHA-256 of archives by component, for sources that
    stand in several, `profile` what to optimise by (default: the result of a training). Everything that was made before
    is taken from `store`. Raises `InputError` for what cannot be built, `EnvironmentLacking` for sources or tools that
    cannot be had, `StepFailed` for a build script that failed.
    """
    started, began = time.monotonic(), datetime.datetime.now(datetime.UTC)
    store, reporter, jobs = store or Store.default(), reporter or Silent(), jobs or os.cpu_count() or 1
    request = BuildRequest.parse(python=python, target=target, options=options, source=source)
    tag = check_tag(default_tag() if tag is None else tag)
    check_output(output)
    check_place(store)
    expected = expected_kind(box)
    _check_machine(request, expected)
    trained = training_parts(request) if request.options.pgo and profile is None else []
    wanted = pinned(releases([*parts(request), *trained]), pins or {})
    archives = fetch_all(wanted, store, folder=downloads, reporter=reporter)
    with opened_box(box, store, jobs=jobs, reporter=reporter) as opened:
        if opened.kind is not expected:
            _check_machine(request, opened.kind)
        surroundings = opened.surroundings()
        if trained:
            first = training(request, archives, opened)
            done = run(first.nodes, store, jobs=jobs, reporter=reporter, stop=opened.stop)
            own = trained[-1].request
            store.set_ref(f"profile/{own.version}/{own.target.target}/{own.options}", first.key(PROFILE))
            profile = done[PROFILE] / PROFILE_FILE
        planned = plan(request, archives, opened, profile)
        done = run(planned.nodes, store, jobs=jobs, reporter=reporter, stop=opened.stop)
    store.set_ref(request.ref, planned.key(DISTRIBUTION))
    tree = done[DISTRIBUTION] / "python"
    ran = (began, datetime.datetime.now(datetime.UTC))
    this = Run(box=opened.kind, surroundings=surroundings, times=ran if times else None)
    published = publish(done[ARCHIVES], tree, output, request, tag=tag, run=this, sources=archives)
    table = extensions.for_build(request.series, request.target.target, request.options)
    manifest = load((tree / "PYTHON.json").read_bytes(), "PYTHON.json")
    return BuildReport(
        python_version=manifest.python_version,
        target_triple=manifest.target_triple,
        build_options=manifest.build_options,
        full=published.full,
        install_only=published.install_only,
        sbom=published.sbom,
        provenance=published.provenance,
        tree=str(tree),
        extensions=len(manifest.build_info.extensions),
        left_out=sum(1 for row in table.values() if row.off),
        seconds=time.monotonic() - started,
    )


def default_tag() -> str:
    """The day, as the ecosystem writes it: 20260131."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        now = (
            datetime.datetime.fromtimestamp(int(epoch), datetime.UTC) if epoch else datetime.datetime.now(datetime.UTC)
        )
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"SOURCE_DATE_EPOCH is {epoch!r}; expected seconds since 1970 as a number") from error
    return f"{now:%Y%m%d}"


def _check_machine(request: BuildRequest, kind: BoxKind) -> None:
    """Find out now, and not at the end, whether what is built can be run to be described.

    Containers have all that is needed but the processor, which is taken for this machine's where the engine's socket
    is. An engine elsewhere is not asked: what its processor lacks is an illegal instruction at the end of the build.
    """
    if kind is BoxKind.HOST:
        _check_runner(request)
    if kind is BoxKind.HOST or engine.is_here():
        _check_level(request)


def _check_level(request: BuildRequest) -> None:
    target, here = request.target.target, level_here()
    if target.level > here:
        raise EnvironmentLacking(
            f"programs for {target} cannot be run here: they need a processor of level x86-64-v{target.level}, and "
            f"this machine's is of level v{here} by the flags in /proc/cpuinfo; build on a machine that has one"
        )


def _check_runner(request: BuildRequest) -> None:
    wanted = request.target.to_run(request.options)
    if missing := {path: package for path, package in wanted.items() if not Path(path).exists()}:
        raise EnvironmentLacking(
            f"programs for {request.target.target} cannot be run here without {', '.join(missing)}; "
            f"run: apt install {' '.join(sorted(set(missing.values())))}"
        )


def check_place(store: Store) -> None:
    """SQLite's configure refuses folders with spaces in their names, and rules of make cannot quote what is syntax of
    the shell. Compilers divide options for the linker at commas."""
    if any(character.isspace() or character in ":$\"'`\\(){}[];*?,#&|<>" for character in str(store.root)):
        raise InputError(
            f"{store.root}: build scripts cannot work in a folder with such characters in its name; "
            "name another store in PYDIST_CACHE"
        )
