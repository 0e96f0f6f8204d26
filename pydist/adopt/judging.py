"""Whether what was made may be published: `pydist validate` judges it, with the profile for adopted distributions.

Invariant: a fault of ours is never published. What the maker of the original did is told apart by the profile's table,
and what was left to the system because the caller said so is no fault.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.adopt.report import Remark
from pydist.archive.paths import shown
from pydist.errors import Fault, PydistError
from pydist.progress import Reporter
from pydist.validate import Finding, validate
from pydist.validate.rules import Severity, choose, load_rules

__all__ = ["PROFILE", "AdoptedWrong", "Judgement", "judge"]

PROFILE = "adopted"
_SHOWN = 20
_RUN = (
    "run.start",
    "run.import",
    "run.fact",
    "run.skipped",
    "run.symlink",
    "run.odd-names",
    "run.library",
    "run.paths",
)
"""Of trials those that moving a Python can spoil; what it could do before is what its maker chose."""


class AdoptedWrong(PydistError):
    """The result has faults that are not the original's. Nothing was published."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`remarks` are the maker's; `ran` whether the interpreter was started where it is now."""

    remarks: tuple[Remark, ...]
    ran: bool


def judge(path: Path, system: Mapping[str, Collection[str]], reporter: Reporter) -> Judgement:
    """Judge the archive or folder `path`. `system` are libraries that it may need, with who needs them. Raises
    `AdoptedWrong`."""
    rules = frozenset(rule for rule in choose() if not rule.startswith("run.") or rule in _RUN)
    report = validate(path, profile=PROFILE, rules=rules, reporter=reporter)
    left = [item for item in report.findings if not _excused(item, system)]
    faults = [Fault(f"{item.rule} {item.where}".rstrip(), item.message) for item in left
              if item.severity is Severity.ERROR]  # fmt: skip
    if faults:
        more = [f"  and {len(faults) - _SHOWN:,} more"] if len(faults) > _SHOWN else []
        raise AdoptedWrong("\n".join(["the result would not be a conforming distribution; nothing was published",
                                      *(f"  {fault}" for fault in faults[:_SHOWN]), *more]))  # fmt: skip
    return Judgement(remarks=tuple(filter(None, map(_remark, left))), ran=report.summary.ran)


def _excused(item: Finding, system: Mapping[str, Collection[str]]) -> bool:
    """Whether it is about a library of `system`, or what such a library defines."""
    if item.rule == "linked.needed":
        return any(f"needs {shown(name)}," in item.message for name in system)
    return item.rule == "linked.unresolved" and any(item.where == f"install/{user}" for users in system.values()
                                                    for user in users)  # fmt: skip


def _remark(item: Finding) -> Remark | None:
    usual = load_rules()[item.rule].severity
    if usual is Severity.NOTE:
        return None
    return Remark(
        rule=item.rule,
        severity="error" if usual is Severity.ERROR else "warning",
        where=item.where,
        message=item.message,
    )
