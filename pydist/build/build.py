"""From a request to archives: the pipeline of `pydist build`."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from pydist.build.box import BoxKind
from pydist.build.boxes import opened_box
from pydist.build.pack import FULL, INSTALL_ONLY
from pydist.build.plan import ARCHIVES, DISTRIBUTION, components, plan
from pydist.build.report import ArchiveFacts, BuildReport
from pydist.build.request import BuildRequest
from pydist.build.schedule import run
from pydist.errors import InputError
from pydist.manifest.load import load
from pydist.policy import defaults, extensions
from pydist.progress import Reporter, Silent
from pydist.sources import fetch_all
from pydist.store import Store, digest_file

__all__ = ["build", "default_tag"]


def build(
    *,
    python: str = defaults.PYTHON,
    target: str = defaults.TARGET,
    options: str = "noopt",
    output: Path = Path("dist"),
    tag: str = "",
    box: BoxKind | None = None,
    jobs: int = 0,
    downloads: Path | None = None,
    store: Store | None = None,
    reporter: Reporter | None = None,
) -> BuildReport:
    """Make a distribution from source and put its archives into `output`.

    `python` is a version or series, `tag` the release tag in the file names (default: today, or the day of
    `$SOURCE_DATE_EPOCH`), `box` where scripts run (default: the best box that the machine has), `jobs` how many
    programs run at once (default: the number of cores). Everything that was made before is taken from `store`. Raises
    `InputError` for what cannot be built, `EnvironmentLacking` for sources or tools that cannot be had, `StepFailed`
    for a build script that failed.
    """
    started = time.monotonic()
    store, reporter, jobs = store or Store.default(), reporter or Silent(), jobs or os.cpu_count() or 1
    request = BuildRequest.parse(python=python, target=target, options=options)
    tag = _checked_tag(tag or default_tag())
    _make_output(output)
    _check_place(store)
    archives = fetch_all(components(request), store, folder=downloads, reporter=reporter)
    with opened_box(box, store, jobs=jobs, reporter=reporter) as opened:
        planned = plan(request, archives, opened)
        done = run(planned.nodes, store, jobs=jobs, reporter=reporter, stop=opened.stop)
    store.set_ref(request.ref, planned.key(DISTRIBUTION))
    full, installed = _publish(done[ARCHIVES], output, request, tag)
    tree = done[DISTRIBUTION] / "python"
    manifest = load((tree / "PYTHON.json").read_bytes(), "PYTHON.json")
    return BuildReport(
        python_version=manifest.python_version,
        target_triple=manifest.target_triple,
        build_options=manifest.build_options,
        full=full,
        install_only=installed,
        tree=str(tree),
        extensions=len(manifest.build_info.extensions),
        left_out=sum(1 for row in extensions.for_series(request.series).values() if row.off),
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


def _checked_tag(tag: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._]*", tag):
        raise InputError(f"release tag {tag!r}: expected letters, digits, dots and underscores, such as 20260131")
    return tag


def _check_place(store: Store) -> None:
    """SQLite's configure refuses folders with spaces in their names, and rules of make cannot quote them."""
    if any(character.isspace() or character in ":$\"'`\\" for character in str(store.root)):
        raise InputError(
            f"{store.root}: build scripts cannot work in a folder with such characters in its name; "
            "name another store in PYDIST_CACHE"
        )


def _make_output(output: Path) -> None:
    """Find out now, and not after minutes, whether the archives can be put there."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output):
            pass
    except OSError as error:
        raise InputError(f"{output}: cannot be written: {error.strerror}; name another folder with --output") from error


def _publish(node: Path, output: Path, request: BuildRequest, tag: str) -> tuple[ArchiveFacts, ArchiveFacts]:
    """Copy the archives to where the user wants them, under the names that the ecosystem knows."""
    base = f"cpython-{request.version}+{tag}-{request.target.target}"
    return (
        _copied(node / f"{request}-{FULL}", output / f"{base}-{request.options}-{FULL}"),
        _copied(node / f"{request}-{INSTALL_ONLY}", output / f"{base}-{INSTALL_ONLY}"),
    )


def _copied(source: Path, destination: Path) -> ArchiveFacts:
    fresh = destination.with_name(f".{destination.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, fresh)
        fresh.replace(destination)
    finally:
        fresh.unlink(missing_ok=True)
    return ArchiveFacts(path=str(destination), size=destination.stat().st_size, sha256=digest_file(destination))
