"""What `make demo` runs: build a Python, judge it, link two applications with it, run each as the only file there is.

Everything goes through the command line, as a user would type it; each command is shown before it runs.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PYDIST = Path(sys.executable).with_name("pydist")
OUT = CHECKOUT / "dist"
PYTHON, TARGET = "3.14", "x86_64-unknown-linux-musl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Something to link, and the arguments of the runs that show that it works (none needs a network)."""

    what: tuple[str, ...]
    file: Path
    runs: tuple[tuple[str, ...], ...]


APPLICATIONS = (
    Application(
        what=("httpie", "--script", "http"),
        file=OUT / "http",
        runs=(("--version",), ("--ignore-stdin", "--offline", "POST", "example.org/greet", "hello=world")),
    ),
    Application(
        what=("examples/elements",),
        file=OUT / "elements",
        runs=(("--version",), ("mass", "Ca(OH)2")),
    ),
)


def main() -> int:
    started = time.monotonic()
    OUT.mkdir(exist_ok=True)
    times = {"build": timed(build), "validate": timed(validate)}
    for application in APPLICATIONS:
        times[f"link {application.file.name}"] = timed(partial(link, application))
    for application in APPLICATIONS:
        run(application)
    alone = [run_alone(application) for application in APPLICATIONS]
    heading("Done")
    for name, seconds in times.items():
        print(f"  {name:<16} {seconds:7.1f} s")
    print(f"  {'all':<16} {time.monotonic() - started:7.1f} s")
    for application in APPLICATIONS:
        print(f"  {application.file.relative_to(CHECKOUT)!s:<16} {application.file.stat().st_size / 1e6:7.1f} MB")
    if not all(alone):
        print("  not done: running in an empty folder as root directory needs root (chroot)")
    return 0


def build() -> None:
    heading(f"A standalone CPython {PYTHON} for {TARGET}, from source")
    pydist("build", "--python", PYTHON, "--target", TARGET, "--output", str(OUT.relative_to(CHECKOUT)))


def validate() -> None:
    heading("Is it what it says it is?")
    newest = max(OUT.glob(f"cpython-{PYTHON}.*-{TARGET}-*-full.tar.zst"), key=lambda path: path.stat().st_mtime)
    pydist("validate", str(newest.relative_to(CHECKOUT)))


def link(application: Application) -> None:
    heading(f"One file: {application.file.name}")
    pydist("link", *application.what, "-o", str(application.file.relative_to(CHECKOUT)))


def run(application: Application) -> None:
    heading(f"Run {application.file.name}")
    for arguments in application.runs:
        call([str(application.file.relative_to(CHECKOUT)), *arguments])


def run_alone(application: Application) -> bool:
    """Run it where it is the only file: no libraries, no /proc, no /tmp. Says whether this could be done."""
    chroot = shutil.which("chroot")
    if os.geteuid() != 0 or chroot is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run([chroot, folder, "/nothing"], capture_output=True, check=False).returncode != 127:
            return False  # a root that may not change its root, as in some containers
        heading(f"Run {application.file.name} as the only file there is")
        shutil.copy(application.file, folder)
        print(f"$ find {folder} -type f")
        print("\n".join(f"{path}" for path in sorted(Path(folder).rglob("*"))))
        for arguments in application.runs:
            command = [folder, f"/{application.file.name}", *arguments]
            # Programs that keep settings, httpie among them, ask where the home folder is.
            call([chroot, *command], shown=["env", "-i", "HOME=/", "chroot", *command], environment={"HOME": "/"})
    return True


def pydist(*arguments: str) -> None:
    call([str(PYDIST), *arguments], shown=["pydist", *arguments])


def call(
    command: Sequence[str], *, shown: Sequence[str] | None = None, environment: dict[str, str] | None = None
) -> None:
    """Run a command that is shown first; its failure ends the demo with its exit code."""
    print("$ " + shlex.join(shown or command), flush=True)
    result = subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, env=environment, check=False)
    if result.returncode != 0:
        print(f"demo: this command ended with exit code {result.returncode}", file=sys.stderr)
        sys.exit(result.returncode if result.returncode > 0 else 1)


def heading(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def timed(step: Callable[[], None]) -> float:
    before = time.monotonic()
    step()
    return time.monotonic() - before


if __name__ == "__main__":
    sys.exit(main())
