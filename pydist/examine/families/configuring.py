"""configuration.programs: what tells C compilers where the distribution is."""

from __future__ import annotations

import shutil
from pathlib import Path

from pydist.examine.subject import Distribution
from pydist.trial.outcome import Outcome, Problem, failed, not_applicable, passed

__all__ = ["programs"]


def programs(subject: Distribution) -> Outcome:
    problems = _python_config(subject)
    if problems is None:
        return not_applicable("there is no python-config in this distribution")
    tool = shutil.which("pkg-config") or shutil.which("pkgconf")
    package = f"python-{subject.series}-embed"
    if tool and (subject.prefix / "lib" / "pkgconfig" / f"{package}.pc").is_file():
        asked = subject.run(
            [tool, "--cflags", "--libs-only-L", package],
            env=subject.environment(PKG_CONFIG_PATH=str(subject.prefix / "lib" / "pkgconfig")),
        )
        problems += _below(asked.out, asked.how, subject.prefix, f"lib/pkgconfig/{package}.pc")
    return failed(*problems) if problems else passed("with pkg-config" if tool else "without pkg-config")


def _python_config(subject: Distribution) -> list[Problem] | None:
    program = subject.prefix / "bin" / f"python{subject.series}-config"
    if not program.is_file():
        return None
    problems = []
    for option in ("--prefix", "--includes", "--ldflags"):
        asked = subject.run([program, option, "--embed"] if option == "--ldflags" else [program, option])
        problems += _below(asked.out, asked.how, subject.prefix, f"{program.name} {option}")
    return problems


def _below(out: str, how: str, prefix: Path, where: str) -> list[Problem]:
    """A problem for each folder in `out` that is not below `prefix`, and one when there is none at all."""
    folders = [word.removeprefix("-I").removeprefix("-L") for word in out.split()]
    folders = [folder for folder in folders if folder.startswith("/")]
    if not folders:
        return [Problem(what="names no folder", where=where, expected=f"one below {prefix}", found=how)]
    # A .pc file may say `prefix/lib/pkgconfig/../..`.
    wrong = [folder for folder in folders if not Path(folder).resolve().is_relative_to(prefix)]
    what = "names a folder outside of the tree"
    return [Problem(what=what, where=where, expected=f"one below {prefix}", found=folder) for folder in wrong]
