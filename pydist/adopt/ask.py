"""Asks an interpreter what it is.

Invariant: it is run with an empty environment, in a folder of its own, with a deadline and a limit on its output, and
what it says has the types of `Answer` before anybody looks at it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydist.errors import InputError
from pydist.manifest.convert import decode
from pydist.trial.running import run

__all__ = ["Answer", "NotAdoptable", "ask"]

_SECONDS = 60.0
_SLOWER = 8  # with an emulator, as in pydist.trial
_OLDEST = (3, 8)
_SHOWN = 300
_SERIES = re.compile(r"3\.\d{1,2}", re.ASCII)
_VERSION = re.compile(r"(3\.\d{1,2})\.\d{1,3}(?:(?:a|b|rc)\d{1,3})?\+?", re.ASCII)


class NotAdoptable(InputError):
    """What was given is no CPython, or one that no distribution can be made of; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an interpreter says of itself; the fields are those of the keys of PYTHON.json, as it says them."""

    abi_flags: str
    builtin: tuple[str, ...]
    cache_tag: str
    config_vars: Mapping[str, str]
    exec_prefix: str
    hexversion: int
    implementation: str
    magic: str
    paths: Mapping[str, str]
    paths_abstract: Mapping[str, str]
    platform: str
    prefix: str
    suffixes: Mapping[str, tuple[str, ...]]
    version: str
    version_info: tuple[str, str, str, str, str]

    @property
    def series(self) -> str:
        """`3.14`."""
        return ".".join(self.version.split(".")[:2])

    def variable(self, name: str) -> str:
        """A variable of sysconfig; empty where it has none."""
        value = self.config_vars.get(name, "")
        return "" if value == "None" else value

    def libraries(self, *names: str) -> tuple[str, ...]:
        """What follows -l in variables of sysconfig, each once."""
        words = (word for name in names for word in self.variable(name).split())
        return tuple(dict.fromkeys(word[2:] for word in words if re.fullmatch(r"-l[\w.+-]{1,80}", word, re.ASCII)))


def ask(program: Path, starter: Sequence[str], work: Path) -> Answer:
    """Run `program` by way of `starter`, in the folder `work`, and read its answer.

    Raises `NotAdoptable` for what does not run, is no CPython from 3.8 on, or does not say what it should.
    """
    marker = secrets.token_hex(16)
    probe = Path(__file__).with_name("_probe.py").read_text(encoding="utf-8")
    # Not by -c: what is no Python repeats the arguments that it does not understand.
    command = [*starter, str(program), "-I", "-B", "-S", "-", marker]
    ended = run(command, cwd=work, env={}, seconds=_SECONDS * (_SLOWER if starter else 1), given=probe)
    said = list(_said(ended.out, marker))
    name = next((item.get("implementation") for item in said), None)
    version = next((str(item.get("version"))[:40] for item in said), "")
    if name is None:
        raise NotAdoptable(f"{program} is not a Python, or does not run: {ended.how[:_SHOWN].splitlines()[0]}")
    if name != "CPython":
        raise NotAdoptable(f"{program} is {str(name)[:40]} {version}; only CPython can be adopted")
    if not _VERSION.fullmatch(version) or tuple(map(int, version.split(".")[:2])) < _OLDEST:
        raise NotAdoptable(f"{program} is CPython {version}; expected 3.8 or newer")
    facts = next((item["facts"] for item in said if "facts" in item), None)
    if facts is None:
        raise NotAdoptable(f"{program} does not say what it is: {ended.how[:_SHOWN]}")
    answer = decode(Answer, facts, str(program), NotAdoptable)
    if answer.version != version or answer.implementation != "cpython" or not _SERIES.fullmatch(answer.series):
        raise NotAdoptable(f"{program} contradicts itself: {version}, then {answer.implementation} {answer.version}")
    return answer


def _said(output: str, marker: str) -> Iterable[Mapping[str, Any]]:
    for line in output.splitlines():
        if line.startswith(marker):
            try:
                value = json.loads(line[len(marker) :])
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                yield value
