"""`validate`: facts in one pass, rules over the facts, a report.

Invariant: whatever is wrong with a Python, the result is a report; only an input that cannot be opened, or is no Python
at all, raises.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pydist.policy.categories import category_of
from pydist.progress import Reporter, Silent
from pydist.validate.expected import dotted, glibc_version
from pydist.validate.facts import Facts
from pydist.validate.families import (
    abi,
    archive,
    binary,
    bitcode,
    compact,
    entries,
    hardening,
    identity,
    installers,
    libraries,
    library,
    linked,
    macho,
    manifest,
    measured,
    packages,
    paths,
    pe,
    quirk,
    record,
    references,
    settings,
    shared,
)
from pydist.validate.families import run as run_family
from pydist.validate.gather import gather
from pydist.validate.inputs import Form
from pydist.validate.profiles import Profile, find_profile
from pydist.validate.recognise import expect_python
from pydist.validate.report import Finding, Known, Needed, Report, Share, Summary, Tried
from pydist.validate.rules import Severity, choose, load_rules
from pydist.validate.running import RunFacts, run_interpreter
from pydist.validate.waivers import Waiver, apply

__all__ = ["judge", "look", "validate"]

_SHOWN = 500  # findings of one rule; a hostile archive could have millions
_FAMILIES = (
    archive.judge,
    entries.judge,
    manifest.judge,
    abi.judge,
    quirk.judge,
    paths.judge,
    references.judge,
    binary.judge,
    linked.judge,
    libraries.judge,
    macho.judge,
    pe.judge,
    hardening.judge,
    measured.judge,
    shared.judge,
    bitcode.judge,
    library.judge,
    settings.judge,
    packages.judge,
    record.judge,
    compact.judge,
    installers.judge,
    identity.judge,
)


def validate(
    path: Path,
    *,
    rules: frozenset[str] | None = None,
    profile: str | None = None,
    waivers: Sequence[Waiver] = (),
    run: bool = True,
    reporter: Reporter | None = None,
) -> Report:
    """Judge a distribution: an archive (`.tar.zst`, `.tar.gz`, `.tar.xz`, `.tar`, `.zip`), an unpacked one, an
    installed Python, or the base of a virtual environment.

    `rules` are ids (see `pydist.validate.rules.choose`; default all), `profile` is the name of one of
    `pydist.validate.profiles`, by default the one that fits what `path` is. With `run` the interpreter is started when
    this machine can: do so only with archives you would run anyway. `waivers` are held against the findings by today's
    date. Raises `InputError` when `path` cannot be opened or is no Python, and for a profile that is not known;
    `EnvironmentLacking` when there is no room to unpack it.
    """
    teller = reporter or Silent()
    find_profile(profile, Form.FULL)  # a wrong name is said before anything is read
    facts = gather(path, teller, whole=profile in (Form.FULL, Form.INSTALL_ONLY))
    expect_python(facts)
    held = find_profile(profile, facts.form)
    wanted = held.rules & (choose() if rules is None else rules)
    running = None
    if run and any(load_rules()[rule].family == "run" for rule in wanted):
        running = run_interpreter(facts, wanted, teller)
    return judge(path, facts, rules=wanted, profile=held, waivers=waivers, running=running)


def look(path: Path, reporter: Reporter | None = None) -> Summary:
    """What `path` is, learned from its content; nothing is judged or run. Raises `InputError` as `validate` does."""
    facts = gather(path, reporter or Silent())
    expect_python(facts)
    return _summary(facts, None)


def judge(
    path: Path,
    facts: Facts,
    *,
    rules: frozenset[str],
    profile: Profile | None = None,
    waivers: Sequence[Waiver] = (),
    running: RunFacts | None = None,
) -> Report:
    """The report on what was gathered of `path`, by `rules` that `profile` demands too. Opens nothing."""
    held = profile or find_profile(None, facts.form)
    rules &= held.rules
    findings = [finding for family in _FAMILIES for finding in family(facts)]
    if running is not None:
        findings.extend(run_family.judge(facts.about, running, facts.identity))
    name = _named(facts)
    lacks = facts.loaded.lacks if facts.loaded is not None else frozenset()
    demanded = {
        rule.id
        for rule in load_rules().values()
        if rule.id in rules and rule.holds_for(name) and lacks.isdisjoint(rule.needs)
    }
    findings = quirk.unexplained(findings, lacks)
    today = datetime.datetime.now(datetime.UTC).date()
    rated = (_rated(item, held) for item in findings if item.rule in demanded)
    counted, waived = apply(rated, waivers, path.name, today)
    chosen = _ordered(finding for finding in counted if finding.rule in rules)
    bad = any(finding.severity is Severity.ERROR for finding in chosen)
    return Report(
        input=str(path),
        verdict="bad" if bad else "good",
        profile=held.name,
        rules=tuple(sorted(rules)),
        findings=tuple(chosen),
        waived=waived,
        summary=_summary(facts, running),
    )


def _rated(finding: Finding, profile: Profile) -> Finding:
    severity = profile.severity(finding.rule, finding.severity)
    return finding if severity is finding.severity else replace(finding, severity=severity)


def _named(facts: Facts) -> str | None:
    """What the patterns of rules are held against."""
    return None if facts.target is None else f"{facts.target}{'+static' if facts.static else ''}"


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By severity, then as the table of rules has them, then by place; long lists are cut and say so."""
    order = {rule: position for position, rule in enumerate(load_rules())}
    severities = list(Severity)
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    made: list[Finding] = []

    def rank(group: list[Finding]) -> tuple[int, int]:
        return severities.index(group[0].severity), order[group[0].rule]

    for group in sorted(by_rule.values(), key=rank):
        group.sort(key=lambda finding: finding.where)
        made.extend(group[:_SHOWN])
        if len(group) > _SHOWN:
            made.append(replace(group[0], where="", message=f"and {len(group) - _SHOWN:,} more findings of this rule"))
    return made


def _summary(facts: Facts, running: RunFacts | None) -> Summary:
    made, known = facts.about, facts.identity
    return Summary(
        entries=len(facts.entries),
        bytes=sum(file.size for file in facts.files.values()),
        binaries=sum(file.binary.members for file in facts.files.values() if file.binary),
        python_version=made.python_version[:80] if made else known.version.value if known.version else None,
        target_triple=made.target_triple[:80] or None if made else known.targets[0].value if known.targets else None,
        build_options=(made.build_options[:80] if made else "+".join(item.value for item in known.options)) or None,
        read=facts.said or None,
        learned=tuple(Known(fact=fact, value=item.value, where=item.where) for fact, item in known.facts()),
        ran=running is not None and running.skipped is None,
        modules_imported=len(running.imported) if running else 0,
        tried=tuple(
            Tried(rule=rule, verdict=outcome.verdict, detail=outcome.detail or outcome.reason or None)
            for rule, outcome in (running.tried if running else {}).items()
        ),
        space=_space(facts),
        glibc=_glibc(facts),
    )


def _space(facts: Facts) -> tuple[Share, ...]:
    prefix = "install" if "install" in facts.folders or any(name.startswith("install/") for name in facts.files) else ""
    files, sizes = Counter[str](), Counter[str]()
    for name, file in facts.files.items():
        category = category_of(name, prefix)
        files[category] += 1
        sizes[category] += file.size
    return tuple(Share(category=name, files=files[name], bytes=size) for name, size in sizes.most_common())


def _glibc(facts: Facts) -> tuple[Needed, ...]:
    highest = Counter(
        max(map(glibc_version, binary.elf[0][1].versions), default=())
        for binary in (file.binary for file in facts.files.values())
        if binary is not None and binary.dynamic is not None
    )
    return tuple(Needed(version=dotted(version), files=highest[version]) for version in sorted(highest, reverse=True)
                 if version)  # fmt: skip
