"""Whether an archive is what its own record says it was made from: build that again from nothing, and compare.

Invariant: nothing of a result comes from the user's store: the rebuild has a store of its own that shares only verified
downloads and the compiler's cache. The archive is hostile until checked, and nothing of it is run or unpacked but its
profile.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from pydist.archive.contents import contents
from pydist.archive.source import open_source
from pydist.build.box import BoxKind
from pydist.build.build import build
from pydist.build.compare import FileDifference, compare, compare_inputs, compare_packing
from pydist.build.evidence import PROFILE
from pydist.build.inventory import ROOT, Item, inventory
from pydist.build.parts import CPYTHON
from pydist.build.report import ArchiveFacts, RebuildReport
from pydist.build.request import BuildRequest
from pydist.diff.explain import explain
from pydist.errors import InputError, StepFailed
from pydist.manifest.record import BuildRecord, load_record
from pydist.policy import recipes
from pydist.progress import Reporter, Silent
from pydist.store import Store, digest_file

__all__ = ["made_from", "read_record", "rebuild", "report_of"]

RECORD = "build/pydist.json"
_MARK = "rebuild.mark"
_EXPLAINED = 200
"""Files whose bytes are looked into."""
_DESCRIBED = "written by pydist about the build"
_MADE_FROM = (
    ("PYTHON.json", _DESCRIBED),
    (RECORD, _DESCRIBED),
    ("build/sbom.cdx.json", _DESCRIBED),
    (PROFILE, "the training of the profile"),
    ("licenses/*", "licence text of {licensed}"),
    ("build/lib/*.a", "library of {owner}"),
    ("build/*.o", "object of cpython"),
    ("build/*", "build of cpython"),
    ("install/*.a", "objects of cpython"),
    ("install/lib/libpython*", "linked of cpython and all components"),
    ("install/bin/python*", "linked of cpython and all components"),
    ("install/*.so", "extension module of cpython, linked with its libraries"),
    ("install/*", "installation of cpython"),
    ("*", "not a file that pydist makes"),
)
"""What files are made from, by pattern; the first that matches counts."""


def rebuild(
    archive: Path,
    *,
    box: BoxKind | None = None,
    jobs: int = 0,
    downloads: Path | None = None,
    keep: Path | None = None,
    source: Path | None = None,
    store: Store | None = None,
    reporter: Reporter | None = None,
) -> RebuildReport:
    """Build what `archive` (a full one) says it is, once more and from nothing, and compare both.

    `source` is the tree of a build that was made from one. `keep` is a folder for what the rebuild makes, which stays;
    the default is a temporary one. One that an earlier rebuild left behind goes on where that stood: all in it was made
    by a rebuild. `store` lends its downloads and the compiler's cache. Raises `InputError` for an archive that cannot
    be read or that this pydist has no recipe for, and what `build` raises.
    """
    started = time.monotonic()
    if not archive.is_file():
        raise InputError(f"{archive}: no such file; expected a full archive (…-full.tar.zst) that pydist built")
    # Read to its end: damage shows now, and not when all is built.
    inventory(archive)
    given = ArchiveFacts(path=str(archive), size=archive.stat().st_size, sha256=digest_file(archive))
    record = read_record(archive)
    request = _request(record, archive, source)
    with _workplace(keep) as work:
        private = _private_store(work / "store", store or Store.default())
        made = build(
            python=request.version,
            target=request.target.target.triple,
            options=record.options,
            output=work / "dist",
            tag="rebuild",
            box=box,
            jobs=jobs,
            downloads=downloads,
            pins={part.name: part.sha256 for part in record.sources},
            profile=_profile(archive, record, work),
            source=source,
            store=private,
            reporter=reporter or Silent(),
        )
        report = report_of(archive, given, Path(made.full.path), made.full)
    return replace(report, seconds=time.monotonic() - started)


def report_of(first: Path, given: ArchiveFacts, second: Path, made: ArchiveFacts) -> RebuildReport:
    """The comparison of two archives whose facts are known. Equal bytes are not looked into."""
    record = read_record(first)
    identical = given.sha256 == made.sha256
    files: list[FileDifference] = []
    packing: list[str] = []
    if not identical:
        one, other = inventory(first), inventory(second)
        files = [_told(difference, record, one, other) for difference in compare(one, other)]
        files = _explained(files, first, second)
        packing = compare_packing(one, other)
    return RebuildReport(
        archive=given,
        rebuilt=made,
        python_version=record.python_version,
        target_triple=record.target_triple,
        build_options=record.options,
        identical=identical,
        same_tree=not files,
        inputs=tuple(compare_inputs(record, read_record(second))),
        files=tuple(files),
        packing=tuple(packing if files or packing or identical else ["compression"]),
        seconds=0.0,
    )


def read_record(archive: Path) -> BuildRecord:
    """The build record in `archive`. Raises `InputError` when there is none, or none that can be read."""
    with open_source(archive) as source:
        for member in source.members():
            if member.entry.path == f"{ROOT}{RECORD}":
                return load_record(member.read(), f"{archive}: {RECORD}")
    raise InputError(f"{archive}: no {ROOT}{RECORD} in it; expected a full archive (…-full.tar.zst) that pydist built")


def made_from(path: str) -> str:
    """What a file of a distribution is made from, in words; `path` as in the record."""
    name = path.rpartition("/")[2]
    words = next(words for pattern, words in _MADE_FROM if fnmatchcase(path, pattern))
    library = name.removeprefix("lib").removesuffix(".a")
    owners = [recipe.name for recipe in recipes.load_all().values() if library in recipe.libraries]
    return words.format(licensed=name.removeprefix("LICENSE.").partition(".")[0], owner=(owners or ["a component"])[0])


def _told(difference: FileDifference, record: BuildRecord, one: Mapping[str, Item],
          other: Mapping[str, Item]) -> FileDifference:  # fmt: skip
    """With what the file is made from, and with what the archive's own record says about it."""
    path = difference.path
    details: tuple[str, ...] = ()
    listed = record.files.get(path)
    if path not in (RECORD, "PYTHON.json"):
        if path in one and listed is None and path not in record.links:
            details = ("the archive's own record does not list it: it was added after the build",)
        elif listed and path in one and one[path].sha256 != listed.sha256:
            same = path in other and other[path].sha256 == listed.sha256
            as_rebuilt = ", which is what was rebuilt" if same else ""
            details = (f"not what the archive's own record lists{as_rebuilt}: it was changed after the build",)
        elif path not in one and listed:
            details = ("the archive's own record lists it: it was removed after the build",)
    return replace(difference, origin=made_from(path), details=details)


def _explained(files: list[FileDifference], first: Path, second: Path) -> list[FileDifference]:
    wanted = [difference.path for difference in files if difference.change == "bytes"][:_EXPLAINED]
    if not wanted:
        return files
    one, other = contents(first, set(wanted)), contents(second, set(wanted))
    return [
        replace(difference, details=(*difference.details, *explain(difference.path, one[path], other[path])))
        if difference.change == "bytes" and (path := difference.path) in one and path in other
        else difference
        for difference in files
    ]


def _request(record: BuildRecord, archive: Path, source: Path | None) -> BuildRequest:
    """What the record says was asked for. `source` is the tree of a build that was made from one."""
    own = next((part for part in record.sources if part.name == CPYTHON and part.filename is None), None)
    if own is not None and source is None:
        raise InputError(
            f"{archive}: it was built from somebody's own tree of CPython (digest {own.sha256}); name it with --source"
        )
    try:
        return BuildRequest.parse(
            python=record.python_version, target=record.target_triple, options=record.options, source=source
        )
    except InputError as error:
        raise InputError(f"{archive}: this pydist cannot build what its record names: {error}") from error


def _profile(archive: Path, record: BuildRecord, work: Path) -> Path | None:
    """The profile that the archive carries, as a file. Another training would give another one."""
    if record.profile is None:
        return None
    found = contents(archive, {PROFILE}).get(PROFILE)
    if found is None or hashlib.sha256(found).hexdigest() != record.profile:
        raise InputError(f"{archive}: expected {PROFILE} with the digest {record.profile}")
    path = work / "profile.profdata"
    path.write_bytes(found)
    return path


@contextmanager
def _workplace(keep: Path | None) -> Iterator[Path]:
    """A folder for the rebuild: `keep`, in which an interrupted rebuild goes on, or a temporary one.

    That one stays when a build script fails, since its log is there.
    """
    if keep is not None:
        if keep.exists() and not (keep / _MARK).is_file() and any(keep.iterdir()):
            raise InputError(f"{keep}: expected a folder that is empty, not there, or an earlier rebuild's; "
                             "a rebuild begins from nothing")  # fmt: skip
        keep.mkdir(parents=True, exist_ok=True)
        (keep / _MARK).touch()
        yield keep.absolute()
        return
    folder = Path(tempfile.mkdtemp(prefix="pydist-rebuild-"))
    try:
        yield folder
    except StepFailed:
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _private_store(root: Path, shared: Store) -> Store:
    """A store of the rebuild's own that shares downloads, which are verified at each use, and the compiler's cache."""
    root.mkdir(exist_ok=True)
    for name in ("downloads", "toolchain"):
        (shared.root / name).mkdir(parents=True, exist_ok=True)
        if not (root / name).is_symlink():
            (root / name).symlink_to((shared.root / name).absolute(), target_is_directory=True)
    return Store(root)
