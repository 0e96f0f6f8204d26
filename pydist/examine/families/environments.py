"""environment.*: virtual environments and installers."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from uv import find_uv_bin

from pydist.examine.checks import Check
from pydist.examine.outcome import Outcome, Problem, failed, not_applicable, passed
from pydist.examine.running import Ended, run
from pydist.examine.subject import Subject

__all__ = ["make_environment", "make_wheel", "run_uv", "venv_copies", "venv_pip", "venv_symlinks", "venv_uv"]

_LOOK = """
import json, ssl, sys, sysconfig
print(json.dumps([sys.prefix, sys.base_prefix, sysconfig.get_path("purelib"), json.__file__]))
"""


def venv_symlinks(check: Check, subject: Subject) -> Outcome:
    return _environment(check, subject, "--symlinks")


def venv_copies(check: Check, subject: Subject) -> Outcome:
    return _environment(check, subject, "--copies")


def _environment(check: Check, subject: Subject, kind: str) -> Outcome:
    place = subject.work / f"environment{kind}"
    made = subject.start("-m", "venv", kind, "--without-pip", place, seconds=check.seconds)
    if not made.good:
        return failed(Problem(what=f"python -m venv {kind} fails", found=made.how))
    python = place / "bin" / "python"
    problems = []
    if python.is_symlink() == (kind == "--copies"):
        problems.append(Problem(what=f"venv {kind} made something else", where="bin/python"))
    ended = subject.start("-c", _LOOK, program=python, cwd=Path("/"), seconds=check.seconds)
    site = place / "lib" / f"python{subject.series}" / "site-packages"
    if "freethreaded" in subject.options:
        site = place / "lib" / f"python{subject.series}t" / "site-packages"
    for what, part in {"sys.prefix": place, "sys.base_prefix": subject.prefix, "site-packages": site}.items():
        if f'"{part}"' not in ended.out:
            problems.append(Problem(what="is not as it should", where=what, expected=str(part), found=ended.how))
    inner = subject.start("-m", "venv", "--without-pip", place / "inner", program=python, seconds=check.seconds)
    if not inner.good:
        problems.append(Problem(what="an environment made by an environment fails", found=inner.how))
    return failed(*problems) if problems else passed()


def venv_pip(check: Check, subject: Subject) -> Outcome:
    if not list((subject.prefix / "lib").glob("python3*/ensurepip/_bundled/pip-*.whl")):
        return not_applicable("the wheel of pip is not in this distribution")
    place = subject.work / "environment-pip"
    made = subject.start("-m", "venv", place, seconds=check.seconds)
    if not made.good:
        return failed(Problem(what="python -m venv fails", found=made.how))
    pip: list[str | Path] = [place / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--isolated"]
    wheel = make_wheel(subject.work)
    installed = _in_tree(subject, check, [*pip, "install", "--no-index", wheel])
    if not installed.good:
        return failed(Problem(what="pip does not install a wheel", found=installed.how))
    script = _in_tree(subject, check, [place / "bin" / "pydist-greet"])
    if script.out != "hello\n":
        return failed(Problem(what="an installed script does not run", expected="hello", found=script.how))
    listed = _in_tree(subject, check, [*pip, "list"])
    return passed(" ".join(line for line in listed.out.splitlines() if line.startswith("pip")))


def venv_uv(check: Check, subject: Subject) -> Outcome:
    place = subject.work / "environment-uv"
    made = make_environment(subject, place, check.seconds)
    if not made.good:
        return failed(Problem(what="uv venv fails", found=made.how))
    installed = run_uv(
        subject, check.seconds, "pip", "install", "--offline", "--python", str(place / "bin" / "python"),
        str(make_wheel(subject.work)),
    )  # fmt: skip
    if not installed.good:
        return failed(Problem(what="uv pip install fails", found=installed.how))
    script = _in_tree(subject, check, [place / "bin" / "pydist-greet"])
    return (
        passed() if script.out == "hello\n"
        else failed(Problem(what="an installed script does not run", expected="hello", found=script.how))
    )  # fmt: skip


def make_environment(subject: Subject, place: Path, seconds: float) -> Ended:
    """An environment of the interpreter at `place`, made by uv."""
    return run_uv(subject, seconds, "venv", "--python", str(subject.python), str(place))


def run_uv(subject: Subject, seconds: float, *arguments: str) -> Ended:
    """Run uv with the settings of the user, for the registry is theirs, but nothing that names another Python."""
    hidden = ("PYTHON", "VIRTUAL_ENV", "CONDA_", "UV_PYTHON", "UV_SYSTEM", "UV_PROJECT")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    variables["UV_PYTHON_DOWNLOADS"] = "never"
    return run(
        [find_uv_bin(), "--no-progress", "--no-config", *arguments] if "--offline" in arguments
        else [find_uv_bin(), "--no-progress", *arguments],
        cwd=subject.work, env=variables, seconds=subject.patience(seconds),
    )  # fmt: skip


def make_wheel(folder: Path) -> Path:
    """A wheel of one module and one script (binary distribution format of the packaging specifications)."""
    path = folder / "pydist_greeting-1.0-py3-none-any.whl"
    if path.is_file():
        return path
    info = "pydist_greeting-1.0.dist-info"
    content = {
        "pydist_greeting.py": "def greet():\n    print('hello')\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: pydist-greeting\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: pydist\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\npydist-greet = pydist_greeting:greet\n",
    }
    rows = []
    for name, text in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(text)}\n")
    content[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return path


def _in_tree(subject: Subject, check: Check, command: Sequence[str | Path]) -> Ended:
    """Run something of an environment: only the kernel can start its scripts, so that no emulator is named."""
    first = command[0]
    emulated = subject.emulator if shutil.which(str(first)) and Path(first).name == "python" else ()
    return run(
        [*emulated, *command], cwd=subject.work, env=subject.environment(), seconds=subject.patience(check.seconds)
    )
