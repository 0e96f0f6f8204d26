"""`link`: an application and a distribution become one file. Reads like a table of contents.

Invariant: the output's bytes depend on the application's files, the packages resolved, the distribution and this
version of pydist; not on the folder, the time, the user or the machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydist.archive.places import check_writable
from pydist.errors import EnvironmentLacking, InputError
from pydist.link import omissions
from pydist.link.app import AppSpec, Request, read_app
from pydist.link.assemble import Parts, image_spec
from pydist.link.bring import brought_part
from pydist.link.choice import CompilerLacking, NativeNeeded, choose
from pydist.link.collect import Collected, collect
from pydist.link.describe import check_memory, contents_of, reasons_of, report_of
from pydist.link.dist import Distribution, choose_distribution
from pydist.link.entry import Entry, check_entry, choose_entries, expected_name, launchers
from pydist.link.fetch import FetchedWheel, fetch
from pydist.link.finish import finish, place_of
from pydist.link.imports import check_imports, idle_allowances, reached_modules, started_modules
from pydist.link.inputs import input_files
from pydist.link.launch import python_part
from pydist.link.lock import LockedPackage
from pydist.link.names import normalise
from pydist.link.native_build_modules import native_modules
from pydist.link.own import app_part
from pydist.link.part_source import PartSource
from pydist.link.parts import package_parts, wheel_sources
from pydist.link.places import places_part
from pydist.link.recipes import for_packages, further_requirements
from pydist.link.rehearse import Rehearsal, rehearse
from pydist.link.report import LinkReport
from pydist.link.resolve import Platform, chain_to, resolve
from pydist.link.select import Selected, select, without_sources
from pydist.link.stdlib import stdlib_part, stdlib_source
from pydist.link.stub import Stub, stub_of
from pydist.manifest.convert import dumps
from pydist.policy import defaults
from pydist.progress import Reporter, Silent
from pydist.store import Store
from pydist.target import Target

__all__ = ["link"]


def link(request: Request, *, store: Store | None = None, reporter: Reporter | None = None) -> LinkReport:
    """Link `request.app` into one executable and say what is in it.

    Raises `InputError` when the application cannot be linked as it is, `EnvironmentLacking` when this machine lacks
    a distribution, a compiler for the first link with one, or the network; `StepFailed` when a tool fails.
    """
    began = time.monotonic()
    store, reporter = store or Store.default(), reporter or Silent()
    app = read_app(request)
    output = _output(request.output, app) if request.output else None
    expected = expected_name(app)
    if output is None and expected:
        _output(Path(expected), app)  # known to be wrong before anything is built
    check_writable(place_of(output).parent if output else Path(), "-o FILE")
    distribution, wheels = _planned(app, store, reporter)
    optimize = app.settings.optimize or 0
    sources = wheel_sources(wheels, distribution, optimize, store)
    packages = package_parts(sources, reporter)
    entries = choose_entries(app, distribution, packages)
    name = entries[0].name if len(entries) == 1 else app.name
    output = output or _output(Path(name), app)
    standard = stdlib_source(distribution, optimize, store)
    own = app_part(app, launchers(entries, packages), distribution)
    made = (stdlib_part(standard, distribution, reporter), *packages)
    selected = select((standard, *sources), made, own, app, distribution)
    if reached := _reached(selected, entries, distribution):
        selected = select((standard, *sources), made, own, app, distribution, reached=reached)
    stub = stub_of(distribution, store, reporter, native_modules(selected.parts.packages, distribution))
    places = places_part(distribution, store)
    brought = brought_part(app.settings.bring, selected.parts.all, distribution)
    parts = replace(selected.parts, python=python_part(distribution, stub, store), places=places, brought=brought)
    parts, tree = _collected(parts, entries, app, distribution)
    contents = contents_of(name, entries, distribution, wheels, parts=parts, tree=tree)
    rehearsal = _rehearsal(parts, (standard, *sources), entries, tree, app=app, distribution=distribution)
    rehearsed = rehearse(rehearsal, distribution, stub, store, reporter)
    spec = image_spec(
        distribution, entries, parts, tree=tree, meta=dumps(contents), optimize=optimize,
        switches=app.settings.switches, rehearsals=rehearsed.rows,
    )  # fmt: skip
    finished = finish(stub.program, spec, output)
    reasons = {**reasons_of(distribution, contents.entry, wheels), **selected.reasons}
    names = {normalise(package.name) for package in contents.packages}
    reasons |= {f"recipe of {row.package}": row.reason for row in for_packages(names, app.settings.recipes)}
    if rehearsed.rows:
        reasons["rehearsal"] = f"{len(rehearsed.rows)} patterns and generated texts of its imports are compiled already"
    reasons |= {name: f"brought along: {taken}" for name, taken in (brought.facts["taken"] if brought else {}).items()}
    report = report_of(
        finished, contents, tree, distribution=distribution, selected=replace(selected, parts=parts), reasons=reasons,
        seconds=time.monotonic() - began,
    )  # fmt: skip
    idle = idle_allowances(app, entries, tree, parts, distribution)
    notes = (*_notes(app, distribution, stub, idle), *([rehearsed.note] if rehearsed.note else ()), *report.notes)
    return replace(report, notes=notes)


def _reached(selected: Selected, entries: Sequence[Entry], distribution: Distribution) -> frozenset[str]:
    """Modules that are left out, that packages import, and that are imported when the application starts."""
    parts = selected.parts
    groups = [group for rows in selected.left_out.values() for group in rows if group.reached]
    mentioned = {name.partition(".")[0] for part in parts.packages for name in part.mentions}
    names = frozenset(mentioned.intersection(name for group in groups for name in group.imports))
    return reached_modules(names, entries, collect(distribution, parts.all), parts, distribution) if names else names


def _rehearsal(
    parts: Parts, sources: Sequence[PartSource], entries: Sequence[Entry], tree: Collected, *, app: AppSpec,
    distribution: Distribution,
) -> Rehearsal:  # fmt: skip
    """What of the application is imported now: all but its author's own modules."""
    own = {parts.own.name, *(source.name for source in sources if source.own)}
    made_of = {
        "parts": [source.digest for source in sources if not source.own],
        "brought": parts.brought.facts["taken"] if parts.brought else {}, "sources": app.settings.sources is not False,
    }  # fmt: skip
    packages = tuple(part for part in parts.packages if part.name not in own)
    modules = started_modules(entries, tree, parts, distribution, own) if app.settings.rehearse is not False else ()
    return Rehearsal(
        parts=replace(parts, packages=packages), modules=modules, made_of=made_of, optimize=app.settings.optimize or 0
    )


def _collected(
    parts: Parts, entries: Sequence[Entry], app: AppSpec, distribution: Distribution
) -> tuple[Parts, Collected]:
    """The checked tree, and the parts without sources if the settings say so."""
    tree = collect(distribution, parts.all)
    for entry in entries:
        check_entry(entry, tree, distribution)
        check_imports(app, entry, tree, parts, distribution)
    if app.settings.strict_memory:
        check_memory(tree)
    if app.settings.sources is not False:
        return parts, tree
    bare = without_sources(parts, tree, {entry.path for entry in entries}, distribution.pyc_magic)
    return bare, collect(distribution, bare.all)


def _notes(app: AppSpec, distribution: Distribution, stub: Stub, idle: Sequence[str]) -> Iterator[str]:
    if app.from_registry:
        yield f"{app.name} is no file or folder here: it was taken from the package registry"
    known = distribution.manifest.build_info.extensions
    files = {name for name, rows in known.items() if distribution.dynamic and any(row.shared_lib for row in rows)}
    lacking = omissions.load().kept(known.keys() - distribution.extensions.keys() - files)
    if idle:
        yield f"--allow-missing: no import that is run at the start asks in vain for {', '.join(idle)}"
    if stub.left_out:
        yield f"the static libpython has not all of these built-in modules: {', '.join(stub.left_out)}"
    if lacking:
        yield f"the distribution has no objects of these extension modules: {', '.join(sorted(lacking))}"


def _output(output: Path, app: AppSpec) -> Path:
    """`output`, when a file may be written there."""
    place = place_of(output)
    if place.exists():
        for path in input_files(app):
            if path.exists() and place.samefile(path):
                own = path == app.path
                what = "the application itself" if own else f"{path}, which the application is made of"
                raise InputError(f"{output} is {what}; name another file with -o FILE")
    return output


def _planned(app: AppSpec, store: Store, reporter: Reporter) -> tuple[Distribution, tuple[FetchedWheel, ...]]:
    """The distribution and the wheels for it. An application whose packages have native code that does not build for a
    static target is linked for glibc when nothing else is asked for."""
    settings = app.settings
    distribution = _distribution(app, settings.target or defaults.TARGET, store, reporter)
    fixed = settings.target or settings.distribution
    # A lock for glibc lists all that one for musl does: releases without any wheel for musl are in neither.
    locked = _locked(app, distribution, distribution.target.triple if fixed else defaults.NATIVE_TARGET, reporter)
    try:
        return distribution, _fetched(app, locked, distribution, store, reporter)
    except (NativeNeeded, CompilerLacking) as refusal:
        if fixed:
            raise
        try:
            native = _distribution(app, defaults.NATIVE_TARGET, store, reporter)
        except EnvironmentLacking as error:
            raise NativeNeeded(refusal.faults, str(error)) from None
        packages = ", ".join(fault.where for fault in refusal.faults)
        reporter.note(f"linked for {native.target}, because of native code: {packages}")
        if native.version != distribution.version:
            locked = _locked(app, native, native.target.triple, reporter)
        return native, _fetched(app, locked, native, store, reporter)


def _locked(app: AppSpec, distribution: Distribution, triple: str, reporter: Reporter) -> tuple[LockedPackage, ...]:
    platform = _platform(distribution, Target.parse(triple))
    locked = resolve(app, platform, reporter)
    while more := further_requirements({item.name: item.version for item in locked}, app.settings.recipes):
        settings = replace(app.settings, with_=app.settings.with_ + more)
        app = replace(app, requirements=app.requirements + more, settings=settings)
        locked = resolve(app, platform, reporter)
    return locked


def _platform(distribution: Distribution, target: Target) -> Platform:
    return Platform(python=distribution.version, target=target, threaded=distribution.threaded)


def _fetched(
    app: AppSpec, locked: tuple[LockedPackage, ...], distribution: Distribution, store: Store, reporter: Reporter
) -> tuple[FetchedWheel, ...]:
    platform = _platform(distribution, distribution.target)
    asked_for = bool(app.settings.target or app.settings.distribution)
    choices = choose(
        locked, distribution.wheel_tags, lambda package: chain_to(package, app, platform), try_sources=asked_for
    )
    return fetch(choices, distribution, store, reporter)


def _distribution(app: AppSpec, triple: str, store: Store, reporter: Reporter) -> Distribution:
    settings, target = app.settings, Target.parse(triple)
    found = choose_distribution(settings.distribution, settings.python or defaults.PYTHON, target, store, reporter)
    if settings.python and found.version != settings.python and not found.version.startswith(f"{settings.python}."):
        raise InputError(f"{settings.distribution} is Python {found.version}; {settings.python} was asked for")
    if settings.target and found.target != target:
        raise InputError(f"{settings.distribution} is for {found.target}; {target} was asked for")
    return found
