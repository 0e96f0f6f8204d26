"""From a request to archives: the pipeline of `pydist build`."""

from __future__ import annotations

import datetime
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pydist.build.assemble import FULL, INSTALL_ONLY
from pydist.build.box import HostBox, Processes
from pydist.build.jobserver import JobServer
from pydist.build.plan import ARCHIVES, DISTRIBUTION, components, plan
from pydist.build.request import BuildRequest
from pydist.build.schedule import run
from pydist.errors import InputError
from pydist.policy import toolchain
from pydist.progress import Reporter, Silent
from pydist.sources import fetch_all
from pydist.store import Store

__all__ = ["BuildResult", "build", "default_tag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What was made: the archives, and the unpacked distribution (the folder that holds PYTHON.json) in the store."""

    request: str
    full: str
    install_only: str
    tree: str
    extensions: int
    seconds: float


def build(
    *,
    python: str = "3.14",
    target: str = "x86_64-unknown-linux-musl",
    options: str = "noopt",
    output: Path = Path("dist"),
    tag: str = "",
    jobs: int = 0,
    downloads: Path | None = None,
    store: Store | None = None,
    reporter: Reporter | None = None,
) -> BuildResult:
    """Make a distribution from source and put its archives into `output`.

    `python` is a version or series, `tag` the release tag in the file names (default: today, or the day of
    `$SOURCE_DATE_EPOCH`), `jobs` how many programs run at once (default: the number of cores). Everything that was
    made before is taken from `store`. Raises `InputError` for what cannot be built, `EnvironmentLacking` for sources
    or tools that cannot be had, `StepFailed` for a build script that failed.
    """
    started = datetime.datetime.now(datetime.UTC)
    store, reporter, jobs = store or Store.default(), reporter or Silent(), jobs or os.cpu_count() or 1
    request = BuildRequest.parse(python=python, target=target, options=options)
    compiler = toolchain.locate()
    archives = fetch_all(components(request), store, folder=downloads, reporter=reporter)
    jobserver, processes = JobServer(jobs), Processes()
    try:
        box = HostBox(toolchain=compiler, target=request.target, cache=store.root / "toolchain" / "global",
                      jobserver=jobserver, processes=processes)  # fmt: skip
        planned = plan(request, archives, box)
        done = run(planned.nodes, store, jobs=jobs, reporter=reporter, stop=processes.stop)
    finally:
        jobserver.close()
    store.set_ref(request.ref, planned.key(DISTRIBUTION))
    full, installed = _publish(done[ARCHIVES], output, request, tag or default_tag())
    tree = done[DISTRIBUTION] / "python"
    return BuildResult(
        request=str(request),
        full=str(full),
        install_only=str(installed),
        tree=str(tree),
        extensions=_built_in(tree),
        seconds=(datetime.datetime.now(datetime.UTC) - started).total_seconds(),
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


def _publish(node: Path, output: Path, request: BuildRequest, tag: str) -> tuple[Path, Path]:
    output.mkdir(parents=True, exist_ok=True)
    results = []
    for suffix in (FULL, INSTALL_ONLY):
        # cpython-3.14.7+20260131-x86_64-unknown-linux-musl-noopt+static-full.tar.zst
        name = f"cpython-{request.version}+{tag}-{request.target.target}-{request.options}-{suffix}"
        fresh = output / f".{name}.{os.getpid()}"
        shutil.copyfile(node / f"{request}-{suffix}", fresh)
        results.append(fresh.replace(output / name))
    return results[0], results[1]


def _built_in(tree: Path) -> int:
    from pydist.manifest.load import load

    manifest = load((tree / "PYTHON.json").read_bytes(), "PYTHON.json")
    return len(manifest.build_info.extensions)
