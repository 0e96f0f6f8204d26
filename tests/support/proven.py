"""Rules of families that are proven in more than one test module, by the module: a family is all of them together."""

from __future__ import annotations

__all__ = ["ENTRIES", "LIBRARIES", "LIBRARY", "PACKAGES", "REFERENCES", "SETTINGS"]

ENTRIES = frozenset(
    {
        "archive.writable-mode",
        "archive.unreadable-mode",
        "archive.not-executable",
        "archive.executable-data",
        "archive.hard-link",
        "archive.empty-file",
        "archive.empty-folder",
        "archive.windows-name",
        "archive.name-form",
        "archive.long-name",
        "archive.deep-nesting",
        "archive.leftover",
        "archive.owner",
        "archive.times",
        "archive.early-time",
        "archive.file-and-folder",
        "archive.link-on-windows",
        "archive.large-file",
    }
)

LIBRARIES = frozenset(
    {
        "binary.archive-member",
        "binary.mixed-archive",
        "binary.archive-index",
        "linked.floor",
        "linked.gone",
        "linked.static-tls",
        "linked.soname",
        "linked.provided",
        "linked.declared",
        "linked.module",
        "linked.api",
        "linked.leaked",
        "linked.build-id",
        "linked.debug-file",
    }
)

LIBRARY = frozenset(
    {
        "python.series",
        "python.library",
        "python.module-missing",
        "python.extension-missing",
        "python.extension-unknown",
        "python.start",
        "python.magic-number",
        "python.bytecode",
        "python.bytecode-series",
        "python.bytecode-stale",
        "python.bytecode-orphan",
        "python.suffix",
        "python.program-names",
    }
)

SETTINGS = frozenset(
    {
        "python.shebang",
        "python.launcher",
        "python.build-path",
        "python.build-path-text",
        "python.sysconfig-missing",
        "python.sysconfig-name",
        "python.sysconfig-place",
        "python.sysconfig-programs",
        "python.sysconfig-flags",
        "python.pkg-config",
        "python.pkg-config-version",
        "python.build-details",
        "python.externally-managed",
    }
)

PACKAGES = frozenset(
    {
        "python.wheel",
        "python.wheel-missing",
        "python.package-record",
        "python.script-record",
        "python.script-missing",
        "python.script-target",
        "python.license",
        "python.license-bundled",
    }
)

REFERENCES = frozenset(
    {
        "abi.freethreaded",
        "manifest.place",
        "manifest.library-kind",
        "manifest.license-text",
        "manifest.paths-content",
        "manifest.abstract",
        "manifest.variables",
        "manifest.suffixes",
        "manifest.init-name",
        "manifest.tests",
        "manifest.tcl",
        "manifest.libpython-members",
        "manifest.crt-target",
    }
)
