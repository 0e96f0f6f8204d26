"""The parts of an application and where their files stand below the virtual root.

Invariant: the place of a file depends on the Python series and the file alone, so a part made for one application
is the part of every other one with the same distribution.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from pydist.errors import Fault, InputError
from pydist.link import omissions
from pydist.link.app import AppKind, AppSpec
from pydist.link.choice import NativeNeeded
from pydist.link.compile import worker_digest
from pydist.link.dist import Distribution
from pydist.link.entry import SCRIPT_MARK, Entry, script_name
from pydist.link.fetch import FetchedWheel
from pydist.link.ingredients import ingredients_of
from pydist.link.libraries import libraries_of
from pydist.link.licences import is_licence_text
from pydist.link.own_code import code_digests
from pydist.link.part import Part, TreeFile, make_part, produce_part
from pydist.link.wheel import Wheel, is_native, is_object, read_wheel
from pydist.manifest.convert import encode
from pydist.policy import resources
from pydist.progress import Reporter
from pydist.store import Key, Store, digest_tree

__all__ = ["app_part", "included", "stdlib_part", "wheel_parts"]

# The modules that decide the place of a file and the content of a part.
_CODE = ("compile", "part", "parts")


def stdlib_part(distribution: Distribution, store: Store, reporter: Reporter) -> Part:
    """The standard library but what `omissions.toml` names, and the run time's own package."""
    table = omissions.load()
    runtime = resources.runtime() / "python"
    key = Key.of("stdlib", {
        "distribution": distribution.digest, "omissions": table.digest, "runtime": digest_tree(runtime),
        "worker": worker_digest(), "code": code_digests(*_CODE, "ingredients", "libraries", "native"),
    })  # fmt: skip

    def gather() -> tuple[tuple[TreeFile, ...], Mapping[str, Any]]:
        reporter.step("compile", f"the standard library of {distribution.version}")
        extensions = _extensions(distribution)
        files = [*_tree(distribution.stdlib, distribution.virtual_stdlib), *_tree(runtime, distribution.virtual_stdlib)]
        cut = len(distribution.virtual_stdlib) + 1
        tests = tuple(f"{name.replace('.', '/')}/" for name in distribution.manifest.python_stdlib_test_packages)
        dynamic = distribution.dynamic
        kept = (file for file in files if not table.of_file(file.path[cut:], extensions, dynamic=dynamic))
        inside = [file for file in kept if not file.path[cut:].startswith(tests)]
        ingredients, texts = ingredients_of(distribution, inside)
        shared = libraries_of(inside, distribution.prefix) if dynamic else ()
        return (*inside, *shared, *texts), {"ingredients": encode(ingredients)}

    cached = store.find(key) is not None
    part = produce_part(store, key, "standard library", distribution.interpreter, gather)
    if not cached:
        reporter.finish("compile", f"{len(part.files)} files")
    return part


def wheel_parts(
    wheels: tuple[FetchedWheel, ...], distribution: Distribution, store: Store, reporter: Reporter
) -> tuple[Part, ...]:
    """One part per wheel. Raises `InputError` that names every wheel with native code, and every damaged one."""
    parts: list[Part] = []
    native: list[Fault] = []
    begun = False
    for wheel in wheels:
        key = Key.of("wheel", {
            "sha256": wheel.sha256, "name": wheel.path.name, "distribution": distribution.digest,
            "worker": worker_digest(), "code": code_digests(*_CODE, "licences", "record", "wheel"),
        })  # fmt: skip
        gather = partial(_of_wheel, wheel, distribution)
        if not begun and store.find(key) is None:
            begun = True
            reporter.step("compile", "the packages")
        try:
            parts.append(produce_part(store, key, wheel.path.name, distribution.interpreter, gather))
        except _Native as refused:
            native += refused.faults
    if native:
        raise NativeNeeded(native)
    if begun:
        reporter.finish("compile", f"{len(wheels)} package{'s' if len(wheels) > 1 else ''}")
    return tuple(parts)


def app_part(app: AppSpec, entry: Entry, distribution: Distribution) -> Part:
    """The application's own files: its script and what that includes, or the launcher of a package's script.

    Compiled each time: they are what changes. Raises `InputError` when the script does not compile.
    """
    if app.kind is not AppKind.SCRIPT or app.path is None:
        launcher = (entry.launcher,) if entry.launcher else ()
        return make_part(app.name, launcher, distribution.interpreter)
    site = distribution.site_packages
    main = f"{site}/{script_name(app.path)}"
    files = [TreeFile(path=main, data=app.path.read_bytes())]
    for path in included(app.path, app.settings.include):
        place = f"{site}/{path.relative_to(app.path.parent).as_posix()}"
        files.append(TreeFile(path=place, data=path.read_bytes(), executable=os.access(path, os.X_OK)))
    native = [Fault(app.path.name, file.path) for file in files if is_native(file.path)]
    if native and not distribution.dynamic:
        raise NativeNeeded(native)
    part = make_part(app.name, tuple(files), distribution.interpreter)
    fault = next(file.fault for file in part.files if file.path == main)
    if fault:
        raise InputError(f"{app.path} does not compile with Python {distribution.version}: {fault}")
    return part


class _Native(InputError):
    """A wheel with shared objects; collected, so that all of them are named together."""


def _of_wheel(fetched: FetchedWheel, distribution: Distribution) -> tuple[tuple[TreeFile, ...], Mapping[str, Any]]:
    wheel = read_wheel(fetched.path)
    meta = wheel.metadata
    foreign = [file.path for file in wheel.native if not is_object(file.data)]
    if foreign and not distribution.dynamic:
        shown = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise _Native("native code", [Fault(f"{meta.name} {meta.version}", f"{shown} in {fetched.path.name}")])
    files = _placed(wheel, distribution)
    facts = {
        "name": meta.name, "version": meta.version, "license": meta.license, "summary": meta.summary,
        "scripts": dict(meta.scripts), "license_texts": [file.path for file in files if is_licence_text(file.path)],
        "info": f"{distribution.site_packages}/{wheel.info}",
        "wheel": fetched.path.name,
    }  # fmt: skip
    return files, facts


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


def included(script: Path, patterns: tuple[str, ...]) -> list[Path]:
    """The files beside `script` that its settings name. Raises `InputError` for a pattern that names nothing."""
    if not patterns:
        return []
    files = [path for path in sorted(script.parent.rglob("*")) if path.is_file() and path != script]
    names = {path: path.relative_to(script.parent).as_posix() for path in files}
    idle = [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in names.values())]
    if idle:
        raise InputError(f"{script}: tool.pydist.include: no file beside the script matches {', '.join(idle)}")
    return [
        path
        for path, name in names.items()
        if "__pycache__" not in path.parts and any(fnmatchcase(name, pattern) for pattern in patterns)
    ]


def _tree(folder: Path, prefix: str) -> list[TreeFile]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    # Executable bits of the standard library mean scripts that nobody can start from inside an application.
    return [TreeFile(path=f"{prefix}/{path.relative_to(folder).as_posix()}", data=path.read_bytes()) for path in paths]


def _extensions(distribution: Distribution) -> frozenset[str]:
    loaded = distribution.manifest.build_info.extensions if distribution.dynamic else ()
    return frozenset({*distribution.extensions, *loaded})
