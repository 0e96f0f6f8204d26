"""Start the judged interpreter and note what it says and can do: facts, gathered before anything is judged.

A program for another machine is run by the emulator of its row in the table of targets, when that is installed.

Invariant: a distribution is run in a private copy, an installed Python where it stands; with a deadline for everything
and a limit on its output. Its process groups are gone when this returns. The programs of an archive are run: whoever
does not trust them uses `--no-run`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydist.archive.extract import extract
from pydist.archive.paths import name_fault
from pydist.archive.places import is_lack_of_room, working_folder
from pydist.errors import EnvironmentLacking, InputError
from pydist.policy import extensions
from pydist.progress import Reporter
from pydist.target import Target
from pydist.trial.machine import emulator_for, starts_children
from pydist.trial.outcome import Outcome
from pydist.trial.subject import Subject, checked_series
from pydist.validate.conversation import Answers, Conversation
from pydist.validate.facts import Facts
from pydist.validate.inputs import Form
from pydist.validate.trials import TRIALS, try_out

__all__ = ["RunFacts", "run_interpreter"]

_INSTALLED = {Form.FULL: "install/", Form.INSTALL_ONLY: ""}
_SHARED_MODULE = re.compile(r"/lib-dynload/(\w{1,80})\.[^/]*so$", re.ASCII)
_MODULES = 500  # of a tree without a manifest; real ones have 80
_LARGEST = 512 << 20  # a file that a trial writes: a copy of the interpreter has 100 MB where that has all symbols


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What happened. `skipped` says why nothing was run, `fault` why it did not start; `said` is what it answered.

    `root` is the folder that `python_paths` are relative to; `failed` maps modules to reasons, `tried` rules to the
    outcomes of their trials.
    """

    skipped: str | None = None
    fault: str | None = None
    root: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    imported: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    tried: Mapping[str, Outcome] = field(default_factory=dict)


def run_interpreter(facts: Facts, rules: frozenset[str], reporter: Reporter) -> RunFacts:
    """Run the interpreter of `facts`, and try what the ids `rules` ask for.

    Raises `EnvironmentLacking` when there is no room to unpack it.
    """
    program, target = facts.interpreter, facts.target
    reason = _why_not(facts)
    if reason is not None or program is None:
        return RunFacts(skipped=reason)
    if target is None:
        return RunFacts(skipped="programs for an unknown target do not run on this machine")
    try:
        emulator = emulator_for(target, static=facts.static)
    except EnvironmentLacking as error:
        return RunFacts(skipped=str(error))
    with working_folder("validate") as folder:
        try:
            root = _placed(facts, folder)
        except (InputError, OSError) as error:
            if is_lack_of_room(error):
                raise
            return RunFacts(skipped=f"it could not be unpacked: {error}")
        return _run(facts, root, folder, target=target, emulator=emulator, rules=rules, reporter=reporter)


def _why_not(facts: Facts) -> str | None:
    if facts.damage is not None:
        return "the archive is damaged"
    if facts.manifest is None and facts.form is Form.FULL:
        return "there is no usable manifest"
    # The name is joined to a folder and run: it must not be able to mean a program of this machine.
    program = facts.interpreter
    if program is None or name_fault(program) or facts.resolve(program) not in facts.files:
        return "the interpreter is not in the archive"
    return None


def _placed(facts: Facts, folder: Path) -> Path:
    """Where it is run: what was unpacked or copied below `folder`, or the installed Python itself."""
    if facts.form is Form.TREE:
        return facts.where.resolve()
    root = folder / "tree" / "python"
    wanted = _INSTALLED[facts.form]
    if facts.packed:
        extract(facts.where, root.parent, select=lambda name: name.startswith(f"python/{wanted}"))
    else:
        extract(facts.where, root, select=lambda name: name.startswith(wanted))
    return root


def _run(
    facts: Facts,
    root: Path,
    folder: Path,
    *,
    target: Target,
    emulator: tuple[str, ...],
    rules: frozenset[str],
    reporter: Reporter,
) -> RunFacts:
    program = root / str(facts.interpreter)
    reporter.step("run", program.name)
    work = folder / "work"
    work.mkdir()
    answers = Conversation(program, _modules(facts), work, emulator, reporter).hold()
    reporter.finish("run", f"{len(answers.imported)} modules imported")
    fault = answers.fault
    tried: Mapping[str, Outcome] = {}
    if answers.said and answers.refused is None and not rules.isdisjoint(TRIALS):
        try:
            tried = try_out(
                _subject(facts, answers, root, folder=folder, target=target, emulator=emulator), rules, reporter
            )
        except InputError as error:
            fault = fault or str(error)
    return RunFacts(
        skipped=answers.refused,
        fault=fault,
        root=str(root),
        said=answers.said,
        imported=answers.imported,
        failed=answers.failed,
        tried=tried,
    )


def _modules(facts: Facts) -> list[str]:
    """The extension modules to import: those of the manifest, without one those whose files are there."""
    if facts.manifest is not None:
        return sorted(facts.manifest.build_info.extensions)
    if facts.compact is not None:
        return sorted(facts.compact.extensions)
    found = (_SHARED_MODULE.search(name) for name in facts.files)
    return sorted({match[1] for match in found if match})[:_MODULES]


def _subject(
    facts: Facts, answers: Answers, root: Path, *, folder: Path, target: Target, emulator: tuple[str, ...]
) -> Subject:
    """What the trials are told. Raises `InputError` when it says of itself what cannot be."""
    manifest = facts.manifest
    series = manifest.python_major_minor_version if manifest else answers.said.get("python_major_minor_version")
    return Subject(
        work=folder,
        python=root / str(facts.interpreter),
        prefix=root / "install" if facts.form is Form.FULL else root,
        series=checked_series(series),
        options=tuple(sorted(facts.words)),
        linking="static" if facts.static else "dynamic",
        target=target,
        emulator=emulator,
        registered=starts_children(target),
        extensions=answers.imported,
        left_out=_left_out(facts, answers),
        installed=facts.form is Form.TREE,
        largest=_LARGEST,
    )


def _left_out(facts: Facts, answers: Answers) -> dict[str, str]:
    """Extension modules that are not there, with the reason where the distribution gives one."""
    if facts.record is not None:
        return {item.name: item.reason for item in facts.record.extensions_left_out}
    builtin = answers.said.get("builtin")
    there = {*answers.imported, *answers.failed, *(map(str, builtin) if isinstance(builtin, list) else ())}
    absent = sorted({row.name for row in extensions.load()} - there)
    return dict.fromkeys(absent, "it is not in this distribution")
