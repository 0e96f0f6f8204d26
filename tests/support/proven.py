"""Rules of families that are proven in more than one test module, by the module: a family is all of them together."""

from __future__ import annotations

__all__ = ["ENTRIES", "LIBRARIES"]

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
