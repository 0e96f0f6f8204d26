"""Which packages an application needs, decided by `uv` for the target and not for this machine.

Invariant: the result depends on the requirements, the lock when there is one, the registry, the Python version and
the target; never on the packages that happen to be installed here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydist.errors import EnvironmentLacking, InputError
from pydist.link.app import AppKind, AppSpec, normalise
from pydist.link.lock import LockedPackage, parse_lock
from pydist.progress import Reporter
from pydist.target import Libc, Os, Target

__all__ = ["Platform", "chain_to", "resolve", "run_uv", "uv_program"]

_ANNOTATED = re.compile(r"^([\w.-]+)==\S+ +# via (.+)$", re.MULTILINE)
_STALE = "needs to be updated, but `--locked`"
_UNREACHABLE = ("error sending request", "failed to fetch", "dns error", "connection", "timed out", "network")


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """For whom is resolved: the full Python version (`3.14.7`), the target, and whether that Python is `threaded`:
    without the interpreter's lock."""

    python: str
    target: Target
    threaded: bool = False

    @property
    def series(self) -> str:
        return ".".join(self.python.split(".")[:2])

    @property
    def uv_name(self) -> str:
        """What `uv --python-platform` calls the target."""
        return f"{self.target.arch}-unknown-linux-{'musl' if self.target.libc is Libc.MUSL else 'gnu'}"

    @property
    def uv_options(self) -> tuple[str, ...]:
        """What tells uv for whom. When the platform is named, a lock has those wheels only that fit the ABI of the
        interpreter that uv runs with; so for another ABI all platforms are asked for, and names of wheels tell."""
        return ("--universal",) if self.threaded else ("--python-platform", self.uv_name)

    @property
    def markers(self) -> dict[str, str]:
        """The environment of dependency markers (PEP 508) on this platform."""
        if self.target.os is not Os.LINUX:
            raise InputError(f"{self.target}: applications can be linked for Linux targets only")
        return {
            "implementation_name": "cpython", "implementation_version": self.python, "os_name": "posix",
            "platform_machine": str(self.target.arch), "platform_python_implementation": "CPython",
            "platform_release": "", "platform_system": "Linux", "platform_version": "",
            "python_full_version": self.python, "python_version": self.series, "sys_platform": "linux",
        }  # fmt: skip


def resolve(app: AppSpec, platform: Platform, reporter: Reporter) -> tuple[LockedPackage, ...]:
    """All packages of `app`, itself among them when it is a package. Nothing runs when nothing is required.

    Raises `InputError` when the requirements contradict each other or name what does not exist, and
    `EnvironmentLacking` when the registry cannot be reached and the resolver's cache does not suffice.
    """
    _check_python(app, platform)
    if not app.requirements:
        return ()
    reporter.step("resolve", ", ".join(app.requirements))
    locked = _locked(app, platform)
    if locked is None or app.settings.with_:
        # What was asked for beyond the lock is resolved beside it: the locked versions stay.
        held = [f"{package.name}=={package.version}" for package in locked or () if package.version]
        text = _compile(app, platform, reporter, held)
        locked = parse_lock(text, "the resolver's answer", _folder(app), platform.markers)
    reporter.finish("resolve", f"{len(locked)} package{'s' if len(locked) != 1 else ''}")
    return locked


def _locked(app: AppSpec, platform: Platform) -> tuple[LockedPackage, ...] | None:
    """The project's own lock, when it has one."""
    folder = app.folder
    if folder is None:
        return None
    if (file := folder / "pylock.toml").is_file():
        text = file.read_text(encoding="utf-8")
    elif (file := folder / "uv.lock").is_file():
        command = ["export", "--quiet", "--locked", "--no-dev", "--no-header", "--no-emit-project"]
        command += ["--python", sys.executable, "--format", "pylock.toml"]
        try:
            text = run_uv(command, what=f"reading {file}", folder=folder)
        except InputError as error:
            if _STALE not in str(error):
                raise
            raise InputError(f"{file} does not fit pyproject.toml any more; run: uv lock") from None
    else:
        return None
    packages = parse_lock(text, str(file), folder, platform.markers)
    own = LockedPackage(name=app.package, version="", folder=folder)
    rest = tuple(package for package in packages if package.name != app.package)
    return tuple(sorted((*rest, own), key=lambda package: package.name))


def chain_to(package: str, app: AppSpec, platform: Platform) -> str:
    """Which requirement brings `package` in (`typer > pydantic > pydantic-core`), or "" when that is not known.

    For messages: the resolver is asked once more, and what goes wrong with that is nobody's concern.
    """
    try:
        command = _command(platform, "--annotation-style", "line")
        answer = run_uv(command, what="", folder=_folder(app), stdin="\n".join(app.requirements) + "\n")
    except (InputError, EnvironmentLacking):
        return ""
    wanted_by = {normalise(name): via.split(", ")[0] for name, via in _ANNOTATED.findall(answer)}
    chain = [package]
    while (above := normalise(wanted_by.get(chain[0], ""))) and above not in chain:
        chain.insert(0, above)
    return " > ".join(chain) if len(chain) > 1 else ""


def _command(platform: Platform, *options: str) -> list[str]:
    return [
        "pip", "compile", "--quiet", "--no-header", *options,
        "--python", sys.executable, "--python-version", platform.python, *platform.uv_options, "-",
    ]  # fmt: skip


def _folder(app: AppSpec) -> Path:
    """Where the resolver runs: it takes settings from there, and those of the folder we stand in are not the
    application's."""
    if app.path is None or app.kind is AppKind.WHEEL:
        return Path(Path.cwd().anchor)
    return app.folder or app.path.parent


def _compile(app: AppSpec, platform: Platform, reporter: Reporter, held: Sequence[str]) -> str:
    """The resolver's answer, in which no package has another version than `held` says."""
    with tempfile.TemporaryDirectory(prefix="pydist-resolve-") as scratch:
        constraints = Path(scratch, "held-by-the-lock.txt")
        constraints.write_text("".join(f"{line}\n" for line in held), encoding="utf-8")
        command = _command(platform, "--no-annotate", "--format", "pylock.toml", "--constraints", str(constraints))
        text, folder = "\n".join(app.requirements) + "\n", _folder(app)
        try:
            return run_uv(command, what="resolving the requirements", folder=folder, stdin=text)
        except EnvironmentLacking as error:
            try:
                answer = run_uv([*command, "--offline"], what="resolving the requirements", folder=folder, stdin=text)
            except (InputError, EnvironmentLacking):
                raise error from None
            reporter.note("the package registry cannot be reached: resolved from what is cached on this machine")
            return answer


def uv_program() -> str:
    """The `uv` executable of this Python environment, else the one on PATH."""
    import uv

    try:
        return str(uv.find_uv_bin())
    except FileNotFoundError as error:
        raise EnvironmentLacking(
            f"the uv package has no executable: {error}; run: pip install --force-reinstall uv"
        ) from None


def run_uv(
    arguments: Sequence[str], *, what: str, folder: Path, stdin: str = "", extra: dict[str, str] | None = None
) -> str:
    """Run uv in `folder`, whose settings it takes, and return its standard output.

    Raises `EnvironmentLacking` when it failed for want of the network, else `InputError` with uv's own words.
    """
    variables = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1", **(extra or {})}
    done = subprocess.run(
        [uv_program(), *arguments], input=stdin.encode("utf-8", "surrogateescape"), capture_output=True,
        env=variables, cwd=folder, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace")
    words = done.stderr.decode("utf-8", "replace").strip() or "uv said nothing"
    indented = "\n".join(f"  {line}" for line in words.splitlines()[-30:])
    if any(sign in words.lower() for sign in _UNREACHABLE):
        raise EnvironmentLacking(f"{what}: the package registry cannot be reached\n{indented}")
    raise InputError(f"{what} failed\n{indented}")


def _check_python(app: AppSpec, platform: Platform) -> None:
    if not app.requires_python:
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    # A release candidate stands for its release, as it does for the resolver.
    release = re.sub(r"(a|b|rc)\d+$", "", platform.python)
    try:
        specifiers = SpecifierSet(app.requires_python)
        allowed = any(specifiers.contains(version, prereleases=True) for version in (platform.python, release))
    except InvalidSpecifier:
        raise InputError(f"{app.path}: requires-python: not a version specifier: {app.requires_python!r}") from None
    if not allowed:
        raise InputError(
            f"{app.path} requires Python {app.requires_python}, the distribution is {platform.python}; "
            "choose another with --python or --dist"
        )
