"""Rules about what the running interpreter did and said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydist.manifest.compact import Compact
from pydist.manifest.convert import encode
from pydist.manifest.model import Manifest
from pydist.trial.outcome import Verdict
from pydist.validate.identity import Identity
from pydist.validate.report import Finding, found
from pydist.validate.running import RunFacts

__all__ = ["judge"]

_SAME = (
    "python_version",
    "python_major_minor_version",
    "python_platform_tag",
    "python_implementation_name",
    "python_implementation_cache_tag",
    "python_implementation_hex_version",
    "python_implementation_version",
    "python_bytecode_magic_number",
    "python_abi_tag",
)


def judge(about: Manifest | Compact | None, run: RunFacts, identity: Identity | None = None) -> Iterator[Finding]:
    """Everything the interpreter failed at, and every answer that is not what a manifest says `about` it, or without
    one, what was learned of its `identity`."""
    if run.skipped is not None:
        yield found("run.skipped", "python_exe", f"the interpreter was not run: {run.skipped}")
    if run.fault is not None:
        yield found("run.start", "python_exe", f"the interpreter does not work: {run.fault}")
    for name, reason in run.failed.items():
        yield found("run.import", f"build_info.extensions.{name[:80]}", f"cannot be imported: {reason[:900]}")
    yield from _tried(run)
    if not run.said:
        return
    if about is None:
        yield from _learned(run, identity)
        return
    for key in _SAME:
        yield from _compare(key, getattr(about, key, None), run.said.get(key))
    yield from _builtin(about, run.said.get("builtin"))
    if isinstance(about, Manifest):
        yield from _places(about, run)


def _places(manifest: Manifest, run: RunFacts) -> Iterator[Finding]:
    suffixes, paths = run.said.get("python_suffixes"), run.said.get("python_paths")
    for name, stated in manifest.python_suffixes.items():
        yield from _compare(f"python_suffixes.{name[:80]}", encode(stated), _item(suffixes, name))
    for name, place in manifest.python_paths.items():
        yield from _compare(f"python_paths.{name[:80]}", place, _relative(_item(paths, name), run.root))


def _tried(run: RunFacts) -> Iterator[Finding]:
    for rule, outcome in run.tried.items():
        for problem in outcome.problems:
            yield found(rule, problem.where, str(replace(problem, where="")))
        if outcome.verdict is Verdict.LACKING:
            yield found("run.lacking", rule, f"this machine cannot tell, it lacks {outcome.reason}")


def _learned(run: RunFacts, identity: Identity | None) -> Iterator[Finding]:
    known, said = identity.version if identity else None, str(run.said.get("python_version"))[:80]
    if known is not None and not f"{said.rstrip('+')}.".startswith(f"{known.value.rstrip('+')}."):
        text = f"{known.value!r}, as {known.where} says, but the interpreter says {said!r}"
        yield found("run.fact", "version", text)


def _compare(where: str, stated: object, said: object) -> Iterator[Finding]:
    if stated is not None and encode(stated) != said:
        yield found("run.fact", where, f"{str(encode(stated))[:200]!r}, but the interpreter says {str(said)[:200]!r}")


def _item(values: object, name: str) -> Any:
    return values.get(name) if isinstance(values, dict) else None


def _relative(path: object, root: str) -> object:
    return path.removeprefix(root).lstrip("/") if isinstance(path, str) else path


def _builtin(about: Manifest | Compact, said: object) -> Iterator[Finding]:
    names = {name for name in said if isinstance(name, str)} if isinstance(said, list) else set()
    if isinstance(about, Compact):
        listed = {name for name, item in about.extensions.items() if item.shared_lib is None}
    else:
        parts = about.build_info.extensions
        listed = {name for name, variants in parts.items() if variants and variants[0].shared_lib is None}
    for name in sorted(names - listed):
        yield found("run.fact", f"build_info.extensions.{name[:80]}", "built in, but not in the manifest as built in")
    for name in sorted(listed - names):
        yield found("run.fact", f"build_info.extensions.{name[:80]}", "not built in, but in the manifest as built in")
