"""Wheels as parts of an application, and where their files stand below the virtual root.

Invariant: the place of a file depends on the Python series and the file alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pydist.errors import Fault, InputError
from pydist.link import omissions
from pydist.link.choice import NativeNeeded
from pydist.link.compile import worker_digest
from pydist.link.dist import Distribution
from pydist.link.entry import SCRIPT_MARK
from pydist.link.fetch import FetchedWheel
from pydist.link.leftout import divide_package
from pydist.link.licences import is_licence_text
from pydist.link.own_code import code_digests
from pydist.link.part import Gathered, Part, TreeFile
from pydist.link.part_source import CODE, Compiling, PartSource, gathered
from pydist.link.wheel import Wheel, is_object, read_wheel
from pydist.progress import Reporter
from pydist.store import Store

__all__ = ["package_parts", "wheel_sources"]


def wheel_sources(
    wheels: tuple[FetchedWheel, ...], distribution: Distribution, optimize: int, store: Store
) -> tuple[PartSource, ...]:
    """One source per wheel. Rules about files of packages do not hold for the application's own project."""
    compiling = Compiling(store=store, interpreter=distribution.interpreter, optimize=optimize)
    return tuple(
        PartSource(
            name=wheel.path.name, kind="wheel", gather=partial(_of_wheel, wheel, distribution), compiling=compiling,
            own=wheel.origin == "project",
            inputs={
                "sha256": wheel.sha256, "name": wheel.path.name, "distribution": distribution.digest,
                "worker": worker_digest(), "code": code_digests(*CODE, "licences", "parts", "record", "wheel"),
                "omissions": omissions.load().digest, "whole": wheel.origin == "project",
            },
        )
        for wheel in wheels
    )  # fmt: skip


def package_parts(sources: Sequence[PartSource], reporter: Reporter) -> tuple[Part, ...]:
    """The parts of `sources`. Raises `InputError` that names every wheel with native code, and every damaged one."""
    parts: list[Part] = []
    native: list[Fault] = []
    begun = not all(source.is_made for source in sources)
    if begun:
        reporter.step("compile", "the packages")
    for source in sources:
        try:
            parts.append(source.part())
        except _Native as refused:
            native += refused.faults
    if native:
        raise NativeNeeded(native)
    if begun:
        reporter.finish("compile", f"{len(sources)} package{'s' if len(sources) > 1 else ''}")
    return tuple(parts)


class _Native(InputError):
    """A wheel with shared objects; collected, so that all of them are named together."""


def _of_wheel(fetched: FetchedWheel, distribution: Distribution, wanted: frozenset[str] | None) -> Gathered:
    wheel = read_wheel(fetched.path)
    meta = wheel.metadata
    foreign = [file.path for file in wheel.native if not is_object(file.data)]
    if foreign and not distribution.dynamic:
        shown = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise _Native("native code", [Fault(f"{meta.name} {meta.version}", f"{shown} in {fetched.path.name}")])
    files, table = _placed(wheel, distribution), omissions.load()
    facts = {
        "name": meta.name, "version": meta.version, "license": meta.license, "summary": meta.summary,
        "scripts": dict(meta.scripts), "license_texts": [file.path for file in files if is_licence_text(file.path)],
        "info": f"{distribution.site_packages}/{wheel.info}",
        "wheel": fetched.path.name,
    }  # fmt: skip
    rules = () if fetched.origin == "project" else table.packages
    divided = divide_package({file.path: file.data for file in files}, rules, distribution.site_packages)
    return replace(gathered(files, divided, wanted, table.words, distribution), facts=facts)


def _placed(wheel: Wheel, distribution: Distribution) -> tuple[TreeFile, ...]:
    folders = {
        "purelib": distribution.site_packages,
        "platlib": distribution.site_packages,
        "data": "",
        "scripts": "bin",
    }
    files = []
    for file in wheel.files:
        # Headers are for compiling against the package; there is nothing to compile with.
        if file.scheme == "headers" or (file.path.endswith(".pyc") and "__pycache__/" in file.path):
            continue
        data = file.data
        if file.scheme == "purelib" and file.path == f"{wheel.info}/RECORD":
            data = _installed_record(data, wheel.info)
        path = f"{folders[file.scheme]}/{file.path}".lstrip("/")
        script = file.scheme == "scripts" and data.startswith(SCRIPT_MARK)
        executable = file.executable or file.scheme == "scripts"
        files.append(TreeFile(path=path, data=data, executable=executable, script=script))
    return tuple(files)


def _installed_record(record: bytes, info: str) -> bytes:
    """RECORD as an installer leaves it: what stood in the .data folder is listed where it is now."""
    data = f"{info.removesuffix('.dist-info')}.data/"
    places = {"purelib/": "", "platlib/": "", "scripts/": "../../../bin/", "data/": "../../../"}
    lines = []
    for line in record.decode("utf-8").splitlines():
        rest = line.removeprefix(data)
        scheme = next((name for name in places if rest is not line and rest.startswith(name)), None)
        lines.append(places[scheme] + rest.removeprefix(scheme) if scheme else line)
    return ("\n".join(lines) + "\n").encode()
