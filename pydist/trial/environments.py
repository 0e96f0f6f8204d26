"""Virtual environments, and pip in them."""

from __future__ import annotations

import base64
import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from pydist.trial.outcome import Outcome, Problem, failed, not_applicable, passed
from pydist.trial.running import Ended
from pydist.trial.subject import Subject

__all__ = ["in_tree", "make_wheel", "venv_copies", "venv_pip", "venv_symlinks"]

_LOOK = """
import json, ssl, sys, sysconfig
print(json.dumps([sys.prefix, sys.base_prefix, sysconfig.get_path("purelib"), json.__file__]))
"""


def venv_symlinks(subject: Subject) -> Outcome:
    return _environment(subject, "--symlinks")


def venv_copies(subject: Subject) -> Outcome:
    return _environment(subject, "--copies")


def _environment(subject: Subject, kind: str) -> Outcome:
    place = subject.work / f"environment{kind}"
    made = subject.start("-m", "venv", kind, "--without-pip", place)
    if not made.good:
        return failed(Problem(what=f"python -m venv {kind} fails", found=made.how))
    python = place / "bin" / "python"
    problems = []
    if python.is_symlink() == (kind == "--copies"):
        problems.append(Problem(what=f"venv {kind} made something else", where="bin/python"))
    ended = subject.start("-c", _LOOK, program=python, cwd=Path("/"))
    site = place / "lib" / f"python{subject.series}" / "site-packages"
    if "freethreaded" in subject.options:
        site = place / "lib" / f"python{subject.series}t" / "site-packages"
    for what, part in {"sys.prefix": place, "sys.base_prefix": subject.prefix, "site-packages": site}.items():
        if f'"{part}"' not in ended.out:
            problems.append(Problem(what="is not as it should", where=what, expected=str(part), found=ended.how))
    inner = subject.start("-m", "venv", "--without-pip", place / "inner", program=python)
    if not inner.good:
        problems.append(Problem(what="an environment made by an environment fails", found=inner.how))
    return failed(*problems) if problems else passed()


def venv_pip(subject: Subject) -> Outcome:
    if not list((subject.prefix / "lib").glob("python3*/ensurepip/_bundled/pip-*.whl")):
        return not_applicable("the wheel of pip is not in this distribution")
    place = subject.work / "environment-pip"
    made = subject.start("-m", "venv", place)
    if not made.good:
        return failed(Problem(what="python -m venv fails", found=made.how))
    pip: list[str | Path] = [place / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--isolated"]
    wheel = make_wheel(subject.work)
    installed = in_tree(subject, [*pip, "install", "--no-index", wheel])
    if not installed.good:
        return failed(Problem(what="pip does not install a wheel", found=installed.how))
    script = in_tree(subject, [place / "bin" / "pydist-greet"])
    if script.out != "hello\n":
        return failed(Problem(what="an installed script does not run", expected="hello", found=script.how))
    listed = in_tree(subject, [*pip, "list"])
    return passed(" ".join(line for line in listed.out.splitlines() if line.startswith("pip")))


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


def in_tree(subject: Subject, command: Sequence[str | Path]) -> Ended:
    """Run something of an environment: only the kernel can start its scripts, so that no emulator is named."""
    first = command[0]
    emulated = subject.emulator if shutil.which(str(first)) and Path(first).name == "python" else ()
    return subject.run([*emulated, *command])
