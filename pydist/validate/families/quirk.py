"""Known oddities of other makers' manifests: named as such, and no other rule's finding besides.

Invariant: an oddity is a note; what it explains is not found again, and everything else is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from pydist.archive.paths import shown
from pydist.manifest.quirks import Quirk, load_quirks
from pydist.validate.facts import Facts
from pydist.validate.inputs import Form
from pydist.validate.report import Finding, found

__all__ = ["judge", "unexplained"]


def judge(facts: Facts) -> Iterator[Finding]:
    """Every oddity of the manifest that the files do not disprove."""
    for quirk in facts.loaded.quirks if facts.loaded is not None else ():
        oddity = quirk.oddity
        unknown = facts.damage is not None or facts.form is Form.MANIFEST
        if oddity.absent and (unknown or _is_there(facts, quirk)):
            continue
        if oddity.usual and (facts.record is not None or facts.damage is not None):
            continue  # the record says that it is ours, and the format wants it; damage may hide the record
        text = f"{shown(quirk.found)}: " if quirk.found else ""
        yield found(f"quirk.{quirk.id}", quirk.where, f"{text}{oddity.meaning}; known of {oddity.releases}")


def unexplained(findings: Iterable[Finding], lacks: Collection[str]) -> list[Finding]:
    """`findings` without those that an oddity among them explains, and those about a key of `lacks`.

    `lacks` are the keys that the manifest's version does not have; that they are missing is said of them already.
    """
    kept = list(findings)
    explained = {
        (rule, finding.where)
        for finding in kept
        if finding.rule.startswith("quirk.")
        for rule in load_quirks()[finding.rule.removeprefix("quirk.")].explains
    }
    return [
        finding
        for finding in kept
        if (finding.rule, finding.where) not in explained
        and (finding.rule == "manifest.missing-key" or not any(_is_of(finding.where, key) for key in lacks))
    ]


def _is_of(where: str, key: str) -> bool:
    return where == key or where.startswith((f"{key}.", f"{key}["))


def _is_there(facts: Facts, quirk: Quirk) -> bool:
    below = facts.manifest.tcl_library_path if facts.manifest is not None else None
    in_tcl = quirk.where.startswith("tcl_library_paths[") and below is not None
    return facts.exists(f"{below}/{quirk.found}" if in_tcl else quirk.found)
