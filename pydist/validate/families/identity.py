"""Rules about what a distribution is: whether its content says it, once, and as its names do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.errors import InputError
from pydist.policy.names import AssetName
from pydist.target import Target
from pydist.validate.facts import Facts
from pydist.validate.identity import Identity
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_SHOWN = 20
_NAMES = re.compile(
    r"(?:install/)?(?:bin/python(?P<bin>3\.\d+)t?d?|lib(?:64)?/python(?P<lib>3\.\d+)t?/[^/]+|"
    r"include/python(?P<include>3\.\d+)[a-z]*/Python\.h|lib(?:64)?/(?:[^/]+/)?libpython(?P<so>3\.\d+)[a-z]*\.(?:a|so|dylib)[\d.]*|"
    r"python3(?P<dll>\d\d?)t?(?:_d)?\.dll)",
    re.ASCII,
)


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that the content does not say, says in two ways, or that names say in another way."""
    identity = facts.identity
    if facts.damage is not None:
        return  # what says it may stand behind the damage
    if facts.about is None:
        if identity.version is None:
            yield found("identity.version", "", "no file of it says which version of Python it is")
        if identity.interpreter is None or not identity.targets:
            where = identity.interpreter or ""
            yield found("identity.target", where, "there is no interpreter whose content says what it runs on")
        elif identity.target is None:
            text = f"it is for {identity.targets[0].value}, which no rule knows: what depends on it was not judged"
            yield found("identity.target", identity.targets[0].where, text)
    for item in identity.contradictions:
        text = f"{item.what} {shown(item.other.value)}, but {item.one.where} says {shown(item.one.value)}"
        yield found("identity.contradiction", item.other.where, text)
    yield from _names(facts, identity)
    yield from _archive(facts, identity)


def _names(facts: Facts, identity: Identity) -> Iterator[Finding]:
    if identity.version is None:
        return
    series = ".".join(identity.version.value.split(".")[:2])
    said = set[str]()
    for name in (*facts.files, *facts.links):
        match = _NAMES.fullmatch(name)
        if match is None:
            continue
        claimed = f"3.{match['dll']}" if match["dll"] else next(text for text in match.groups() if text)
        place = name.rpartition("/")[0] if match["lib"] or match["include"] else name
        if claimed != series and place not in said and len(said) < _SHOWN:
            said.add(place)
            text = f"the name says {claimed}, but {identity.version.where} says {identity.version.value}"
            yield found("identity.name", shown(place), text)


def _archive(facts: Facts, identity: Identity) -> Iterator[Finding]:
    """What the name of the archive claims."""
    if not facts.packed:
        return
    try:
        name = AssetName.parse(facts.where.name)
    except InputError:
        return  # any name is good that claims nothing
    version, target = identity.version, facts.target
    if version is not None and name.version is not None and not f"{name.version}.".startswith(f"{version.value}."):
        yield _claim(f"Python {name.version}", f"{version.value} in {version.where}")
    if target is not None and name.target is not None and _platform(name.target) != _platform(target):
        yield _claim(str(name.target), str(target))
    for word in ("freethreaded", "debug") if version is not None else ():
        # A name may leave the options of a target's usual build out, but never that it is free-threaded.
        if (word in name.options) is not (word in facts.words) and (name.options or word == "freethreaded"):
            claimed = word if word in name.options else f"not {word}"
            yield _claim(claimed, f"the content says that it {'is' if word in facts.words else 'is not'}")


def _claim(claimed: str, measured: str) -> Finding:
    return found("identity.name", "", f"the archive's name says {claimed}, but its content says otherwise: {measured}")


def _platform(target: Target) -> tuple[str, str, str]:
    return target.arch, target.os, target.libc
