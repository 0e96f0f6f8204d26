"""`adopt`: find, collect, bring libraries along, set right, ask in the new place, describe, judge, publish.

Invariant: the installation is only read and run; the result appears complete and judged, or not at all.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydist.adopt.absent import absent
from pydist.adopt.ask import Answer, ask
from pydist.adopt.collect import LeftOut, collect
from pydist.adopt.describe import HEADERS, Tree, describe
from pydist.adopt.find import Installed, find
from pydist.adopt.inittab import inittab
from pydist.adopt.judging import Judgement, judge
from pydist.adopt.libraries import Libraries, gather_libraries
from pydist.adopt.licences import find_licences
from pydist.adopt.objects import take_libraries, take_objects
from pydist.adopt.report import AdoptReport, Bundled, Left, SystemLibrary
from pydist.archive.places import check_writable, working_folder
from pydist.errors import InputError
from pydist.manifest.compact import COMPACT, Compact, load_compact
from pydist.manifest.dump import dump
from pydist.manifest.model import Manifest
from pydist.policy import resources
from pydist.progress import Reporter, Silent
from pydist.repack import Request as Repacking
from pydist.repack import check_request, repack
from pydist.repack.fix import fix
from pydist.repack.profile import Form, profile_named
from pydist.target import Libc, Target

__all__ = ["Request", "adopt"]

_RUN_TESTS = "build/run_tests.py"
_README = "Packages that are installed go here.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to adopt. `output` is a folder (it exists, or ends with a slash) or a file, and `suffix` the format of the
    archive; with `folder`, that is made instead, with `python/` in it. Libraries that a pattern of `stay` fits are left
    to the system."""

    source: Path
    output: str = "."
    suffix: str | None = None
    folder: Path | None = None
    stay: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    installed: Installed
    tree: Tree
    manifest: Manifest
    libraries: Libraries
    left_out: tuple[LeftOut, ...]
    fixed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Where:
    path: str
    size: int
    sha256: str | None = None


def adopt(request: Request, *, reporter: Reporter | None = None) -> AdoptReport:
    """Make a distribution of the CPython that `request.source` is: a prefix, an interpreter, or an archive of an
    installed tree. Its interpreter is run, with an empty environment.

    Raises `NotAdoptable` for what is no CPython or cannot be moved, `EnvironmentLacking` where it does not run here,
    and `AdoptedWrong` where the result would have faults that the original has not.
    """
    teller = reporter or Silent()
    with working_folder("adopt") as work:
        # The name of an archive may have a release tag in it, which the result keeps.
        place = work / "made" / request.source.name.replace(os.sep, "") / "python"
        packing = Repacking(source=place.parent, profile=profile_named("full"), output=request.output,
                            suffix=request.suffix)  # fmt: skip
        if request.folder is None:
            check_request(packing)
        else:
            _check_folder(request.folder)
        made = _make(request, work, place, teller)
        judgements: list[Judgement] = []

        def judged(path: Path, _form: Form | None = None) -> None:
            judgements.append(judge(path, made.libraries.system, teller))

        if request.folder is None:
            packed = repack(packing, judge=judged, reporter=teller)
            where = _Where(packed.output, packed.size, packed.sha256)
        else:
            where = _Where(str(request.folder), _publish(place.parent, request.folder, judged))
        return _report(request, made, judgements[0], where)


def _check_folder(folder: Path) -> None:
    """Find out before the long work that `folder` can be made."""
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty; expected a folder that is to be made")
    check_writable(folder.parent, "--folder")


def _make(request: Request, work: Path, root: Path, teller: Reporter) -> _Made:
    teller.step("find", str(request.source))
    installed = find(request.source, work)
    teller.finish("find", f"CPython {installed.answer.version} in {installed.prefix}")
    teller.step("collect", str(installed.prefix))
    install = root / "install"
    left_out = collect(installed, install)
    libraries = gather_libraries(install, installed, request.stay)
    teller.finish("collect", f"{len(libraries.bundled)} libraries came along")
    fixed = fix(root)
    compact = _compact(install)
    teller.step("ask", "the interpreter in its new place")
    answer = _moved(installed, install, work)
    teller.finish("ask")
    _folders(answer, install)
    licences = find_licences(root, libraries.bundled, installed.system)
    config = Path(answer.variable("LIBPL"))
    objects = take_objects(root, _static_library(answer, install))
    if objects.core:
        folders = [installed.prefix / "lib", installed.prefix / "lib" / answer.variable("MULTIARCH")]
        take_libraries(root, folders, answer.libraries("LIBS", "SYSLIBS", "MODLIBS"))
    (root / "build").mkdir(exist_ok=True)
    shutil.copyfile(resources.builders() / "cpython" / "run_tests.py", root / _RUN_TESTS)
    tree = Tree(
        root=root, prefix=str(install), target=installed.target, static=installed.static, answer=answer,
        inittab=inittab(root, answer, config if config.is_relative_to(install) and config.is_dir() else None),
        objects=objects, licences=licences, libraries=libraries.bundled, run_tests=_RUN_TESTS, compact=compact,
    )  # fmt: skip
    manifest = describe(tree)
    (root / "PYTHON.json").write_bytes(dump(manifest))
    return _Made(installed=installed, tree=tree, manifest=manifest, libraries=libraries,
                 left_out=(*left_out, *libraries.left_out), fixed=fixed)  # fmt: skip


def _moved(installed: Installed, install: Path, work: Path) -> Answer:
    """What the copy says: everything that depends on the place is as it is there."""
    program = install / installed.program.relative_to(installed.prefix)
    answer = ask(program, installed.starter, work / "run")
    if Path(answer.prefix) != install or answer.version != installed.answer.version:
        raise InputError(f"the copy of {installed.program} says that it is in {answer.prefix}; it does not move")
    return answer


def _compact(install: Path) -> Compact | None:
    """What a repacked archive says of itself; the manifest takes its place."""
    path = install / COMPACT
    if not path.is_file() or path.is_symlink():
        return None
    made = load_compact(path.read_bytes(), COMPACT)
    path.unlink()
    return made


def _linkable(manifest: Manifest) -> bool:
    """Whether `pydist link` has a way to take it; a shared libpython is for glibc only."""
    core = manifest.build_info.core
    shared = core.shared_lib and Target.parse(manifest.target_triple).libc is Libc.GNU
    return "include" in manifest.python_paths and bool(core.objs or core.static_lib or shared)


def _folders(answer: Answer, install: Path) -> None:
    """Folders that sysconfig names are there, also those that only installing a package would make."""
    for key, text in answer.paths.items():
        path = Path(text)
        if key in HEADERS:
            continue
        if path.is_relative_to(install) and path != install and not (path.is_dir() and any(path.iterdir())):
            path.mkdir(parents=True, exist_ok=True)
            (path / "README.txt").write_text(_README, encoding="utf-8")


def _static_library(answer: Answer, install: Path) -> Path | None:
    name = answer.variable("LIBRARY")
    for folder in (answer.variable("LIBPL"), answer.variable("LIBDIR"), str(install / "lib")):
        path = Path(folder, name)
        if name and path.is_relative_to(install) and path.is_file() and not path.is_symlink():
            return path
    return None


def _publish(source: Path, folder: Path, judged: Callable[[Path], None]) -> int:
    """Judge the folder `source` where it will stand, under another name, and give it its own; its size."""
    staged = folder.with_name(f".{folder.name[:80]}.{os.getpid()}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, staged, symlinks=True)
        judged(staged)
        if folder.exists():
            folder.rmdir()
        staged.rename(folder)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{folder}: cannot be written: {reason}; name another with --folder") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _report(request: Request, made: _Made, judgement: Judgement, where: _Where) -> AdoptReport:
    manifest, texts = made.manifest, made.tree.licences.libraries
    return AdoptReport(
        input=str(request.source),
        prefix=str(made.installed.prefix),
        output=where.path,
        sha256=where.sha256,
        size=where.size,
        python_version=manifest.python_version,
        target_triple=manifest.target_triple,
        build_options=manifest.build_options,
        crt_features=manifest.crt_features,
        linkable=_linkable(manifest),
        absent=absent(made.tree, manifest),
        libraries=tuple(
            Bundled(path=f"install/{name}", source=str(source), license_path=texts.get(name))
            for name, source in sorted(made.libraries.bundled.items())
        ),
        system_libraries=tuple(
            SystemLibrary(name=name, needed_by=tuple(sorted(users)))
            for name, users in sorted(made.libraries.system.items())
        ),
        left_out=tuple(Left(path=item.path, reason=item.reason) for item in made.left_out),
        search_paths=dict(sorted(made.libraries.moved.items())),
        fixed=made.fixed,
        remarks=judgement.remarks,
        ran=judgement.ran,
        notes=made.installed.notes,
    )
