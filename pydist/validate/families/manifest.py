"""Rules about what PYTHON.json says, judged by itself: form, vocabulary, and one key against another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydist.manifest.compact import Compact
from pydist.manifest.load import Loaded
from pydist.manifest.model import ExtensionInfo, LinkInfo, Manifest
from pydist.manifest.versions import NEWEST, load_versions
from pydist.target import Arch, Os, Target
from pydist.validate.expected import abi_flags
from pydist.validate.facts import MANIFEST, Facts
from pydist.validate.report import Finding, found

__all__ = ["judge", "statements"]

_OPTIONS = re.compile(r"(freethreaded\+)?(debug|noopt|lto|pgo|pgo\+lto)(\+static)?")
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:(a|b|rc)(\d{1,4}))?", re.ASCII)
_RELEASES = {"a": ("alpha", 0xA), "b": ("beta", 0xB), "rc": ("candidate", 0xC), None: ("final", 0xF)}
_CRT_FEATURES = re.compile(
    r"glibc-dynamic|glibc-max-symbol-version:\d+(\.\d+)+|static|musl-dynamic|musl-version:\d+(\.\d+)*"
    r"|libSystem|vcruntime:\d+",
    re.ASCII,
)
_LINUX_TAGS = {  # what uname says, and what cross builds write instead
    Arch.ARMV7: ("linux-arm", "linux-armv7l"),
    Arch.PPC64LE: ("linux-ppc64le", "linux-powerpc64le"),
}
_WINDOWS_TAGS = {Arch.X86_64: ("win-amd64",), Arch.I686: ("win32",), Arch.AARCH64: ("win-arm64",)}
_APPLE = ("platform", "version", "canonical_name", "deployment_target")


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything wrong with the manifest that shows without looking at a file."""
    for fault in facts.manifest_faults:
        yield found("manifest.schema", fault.where.removeprefix(f"{MANIFEST}: "), fault.message)
    manifest = facts.manifest
    if manifest is None:
        return
    if facts.loaded is not None:
        yield from _age(facts.loaded)
    yield from statements(manifest, facts.target)
    yield from _links("build_info.core", manifest.build_info.core.links)
    for name, variants in manifest.build_info.extensions.items():
        yield from _extension(name, variants)


def statements(manifest: Manifest | Compact, target: Target | None) -> Iterator[Finding]:
    """What a manifest, or a compact one, says in words that nobody knows, or of itself in two ways."""
    if target is None:
        yield found("manifest.target", "target_triple", f"{manifest.target_triple[:80]!r} is no known platform")
    else:
        yield from _platform(manifest, target)
    yield from _options(manifest)
    yield from _version(manifest, target)
    for index, feature in enumerate(manifest.crt_features):
        if not _CRT_FEATURES.fullmatch(feature):
            yield found("manifest.crt-features", f"crt_features[{index}]", f"{feature[:80]!r} is not a known word")


def _age(loaded: Loaded) -> Iterator[Finding]:
    """What another version of the format costs."""
    if loaded.version < NEWEST:
        row = load_versions().versions[loaded.version]
        text = f"{loaded.version}, from {row.since}; {NEWEST} is the newest"
        resolved = ", ".join(f"{item.key} from {' and '.join(item.made_of)}" for item in loaded.resolved)
        yield found("manifest.old-version", "version", text + (f"; read {resolved}" if resolved else ""))
    elif loaded.version > NEWEST:
        left = f"without {', '.join(loaded.ignored[:10])[:400]}" if loaded.ignored else "all keys are known"
        yield found("manifest.new-version", "version", f"{loaded.version}, read as {NEWEST}: {left}")
    for item in loaded.missing:
        since = f" (since version {item.since})" if item.since > loaded.version else ""
        yield found("manifest.missing-key", item.key, f"not stated{since}: {item.cost}")


def _platform(manifest: Manifest | Compact, target: Target) -> Iterator[Finding]:
    tag = manifest.python_platform_tag
    if target.os is Os.DARWIN:
        arch = "arm64" if target.arch is Arch.AARCH64 else str(target.arch)
        good, expected = re.fullmatch(rf"macosx-\d+\.\d+-{arch}", tag) is not None, f"macosx-VERSION-{arch}"
        for key in (f"apple_sdk_{part}" for part in _APPLE):
            if not getattr(manifest, key, True):
                yield found("manifest.apple-sdk", key, f"missing for {target}")
    else:
        table = _LINUX_TAGS if target.os is Os.LINUX else _WINDOWS_TAGS
        allowed = table.get(target.arch, (f"linux-{target.arch}",))
        good, expected = tag in allowed, " or ".join(allowed)
    if not good:
        yield found("manifest.platform-tag", "python_platform_tag", f"{tag[:80]!r}, expected {expected} for {target}")


def _options(manifest: Manifest | Compact) -> Iterator[Finding]:
    options = manifest.build_options
    if not _OPTIONS.fullmatch(options):
        yield found("manifest.build-options", "build_options", f"{options[:80]!r} is no combination of options")
        return
    plain = options.removeprefix("freethreaded+")
    if isinstance(manifest, Manifest) and manifest.optimizations not in (plain, plain.removesuffix("+static")):
        text = f"{manifest.optimizations[:80]!r}, expected {plain!r} as build_options says"
        yield found("manifest.build-options", "optimizations", text)


def _version(manifest: Manifest | Compact, target: Target | None) -> Iterator[Finding]:
    match = _VERSION.fullmatch(manifest.python_version)
    if not match:
        yield found("manifest.version", "python_version", f"{manifest.python_version[:80]!r} is no version of Python")
        return
    major, minor, micro = map(int, match.groups()[:3])
    release, level = _RELEASES[match[4]]
    serial = int(match[5] or 0)
    expected = {
        "python_major_minor_version": f"{major}.{minor}",
        "python_tag": f"cp{major}{minor}",
        "python_implementation_name": "cpython",
        "python_implementation_cache_tag": f"cpython-{major}{minor}",
        "python_implementation_hex_version": major << 24 | minor << 16 | micro << 8 | level << 4 | serial,
        "python_implementation_version": (str(major), str(minor), str(micro), release, str(serial)),
        "python_abi_tag": None if target is not None and target.os is Os.WINDOWS else abi_flags(manifest),
    }
    for key, value in expected.items():
        stated = getattr(manifest, key, value)  # compact ones do not repeat themselves
        if stated != value:
            yield found("manifest.version", key, f"{str(stated)[:80]!r}, expected {value!r} for {match[0]}")
    magic = manifest.python_bytecode_magic_number
    if not re.fullmatch(r"[0-9a-f]{4}0d0a", magic):
        text = f"{magic[:80]!r}, expected four bytes in hexadecimal that end in 0d0a"
        yield found("manifest.version", "python_bytecode_magic_number", text)


def _extension(name: str, variants: tuple[ExtensionInfo, ...]) -> Iterator[Finding]:
    place = f"build_info.extensions.{name[:80]}"
    if not variants:
        yield found("manifest.extension", place, "there is no variant")
    for index, variant in enumerate(variants):
        where = f"{place}[{index}]"
        yield from _links(where, variant.links)
        if variant.in_core and (variant.objs or variant.shared_lib):
            yield found("manifest.extension", where, "in_core, but with objects or a shared library of its own")
        bundled = [link.name for link in variant.links if link.path_static or link.path_dynamic]
        licensed = variant.license_public_domain or (variant.licenses and variant.license_paths)
        if bundled and not licensed:
            text = f"contains {', '.join(bundled)[:200]}, but names no licence or no licence text"
            yield found("manifest.license", where, text)


def _links(place: str, links: tuple[LinkInfo, ...]) -> Iterator[Finding]:
    for index, link in enumerate(links):
        if not (link.path_static or link.path_dynamic or link.framework or link.system):
            text = f"{link.name[:80]!r} has none of path_static, path_dynamic, framework, system"
            yield found("manifest.link", f"{place}.links[{index}]", text)
