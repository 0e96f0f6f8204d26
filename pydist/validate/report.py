"""What a judgement says: findings, and the verdict that follows from them.

Invariant: field names are the keys of `schema/validate-report-1.schema.json`; a report holds everything that was
found, and no time or path of the machine but the input's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydist.manifest.convert import doc
from pydist.trial.outcome import Verdict
from pydist.validate.rules import Severity, load_rules

__all__ = ["Finding", "Known", "Needed", "Report", "Reports", "Share", "Summary", "Tried", "Waived", "found"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One violation of one rule."""

    rule: str = field(metadata=doc("Id of the rule, `family.name`."))
    severity: Severity = field(metadata=doc("How serious it is."))
    where: str = field(metadata=doc("A file below python/, or a key of a JSON file in it."))
    message: str = field(metadata=doc("What was expected and what was found."))
    fix: str = field(metadata=doc("What to do about it."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A violation that somebody accepts: it does not count for the verdict."""

    finding: Finding = field(metadata=doc("The violation."))
    reason: str = field(metadata=doc("Why it is accepted, as the file of waivers says."))
    until: str | None = field(default=None, metadata=doc("The last day on which it is, YYYY-MM-DD; absent: for ever."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one kind of content takes."""

    category: str = field(metadata=doc("Kind of content; `pydist validate` has a table of them."))
    files: int = field(metadata=doc("Number of files."))
    bytes: int = field(metadata=doc("Their size."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """How many files need a version of glibc."""

    version: str = field(metadata=doc("The highest version that a file needs, 2.17."))
    files: int = field(metadata=doc("Number of programs and shared libraries for which it is the highest."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the content says of the distribution."""

    fact: Literal["version", "target", "option", "floor"] = field(
        metadata=doc("What it is about: floor is the oldest system, such as glibc 2.34 or macOS 11.0.")
    )
    value: str = field(metadata=doc("What was learned."))
    where: str = field(metadata=doc("The file that says it."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of a trial with the running interpreter."""

    rule: str = field(metadata=doc("Id of the rule that it is about."))
    verdict: Verdict = field(
        metadata=doc("`not applicable`: there is nothing to try; `lacking`: this machine cannot tell.")
    )
    detail: str | None = field(default=None, metadata=doc("What was seen, or why nothing was."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was looked at."""

    entries: int = field(metadata=doc("Names in the archive."))
    bytes: int = field(metadata=doc("Size of all files."))
    binaries: int = field(metadata=doc("Programs, libraries and objects; members of static libraries one by one."))
    python_version: str | None = field(default=None, metadata=doc("Version the manifest states, or that was learned."))
    target_triple: str | None = field(default=None, metadata=doc("Target the manifest states, or that was learned."))
    build_options: str | None = field(default=None, metadata=doc("Options the manifest states, or that were learned."))
    ran: bool = field(metadata=doc("Whether the interpreter was started."))
    modules_imported: int = field(metadata=doc("Extension modules that were imported successfully."))
    tried: tuple[Tried, ...] = field(default=(), metadata=doc("What was tried with the interpreter."))
    read: str | None = field(default=None, metadata=doc("What was read, where that is not all that was given."))
    learned: tuple[Known, ...] = field(default=(), metadata=doc("What the content says, and which file says it."))
    space: tuple[Share, ...] = field(default=(), metadata=doc("What takes the space, the largest first."))
    glibc: tuple[Needed, ...] = field(default=(), metadata=doc("The glibc that files need, the newest first."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The judgement of one input."""

    input: str = field(metadata=doc("The path that was judged."))
    verdict: Literal["good", "bad", "unreadable"] = field(
        metadata=doc("bad when there is a finding of severity error; unreadable when it could not be opened.")
    )
    error: str | None = field(default=None, metadata=doc("Why it could not be opened; only when unreadable."))
    profile: str = field(default="", metadata=doc("The profile that chose the rules; empty when unreadable."))
    rules: tuple[str, ...] = field(metadata=doc("Ids of the rules that were applied."))
    findings: tuple[Finding, ...] = field(metadata=doc("Everything that was found and is not waived."))
    waived: tuple[Waived, ...] = field(default=(), metadata=doc("What was found and is accepted for a reason."))
    summary: Summary = field(metadata=doc("What was looked at."))

    @classmethod
    def unreadable(cls, source: str, error: str) -> Report:
        """The report on an input that could not be opened: nothing was looked at."""
        nothing = Summary(entries=0, bytes=0, binaries=0, ran=False, modules_imported=0)
        return cls(input=source, verdict="unreadable", error=error, rules=(), findings=(), summary=nothing)

    @property
    def good(self) -> bool:
        return self.verdict == "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """The output of `pydist validate --json`."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    reports: tuple[Report, ...] = field(metadata=doc("One report per input, in the order given."))


def found(rule_id: str, where: str, message: str) -> Finding:
    """A finding of a rule of the table. What a terminal would obey in `where` and `message` is made visible."""
    rule = load_rules()[rule_id]
    where, message = _printable(where), _printable(message)
    return Finding(rule=rule.id, severity=rule.severity, where=where, message=message, fix=rule.fix)


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
