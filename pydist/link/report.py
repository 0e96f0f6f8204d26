"""What a linked application contains and what linking it said: the documents of `link --json` and `inspect --json`.

Invariant: `Contents` is written into every image and depends on the inputs alone: no time, no folder, no host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydist.manifest.convert import Digest, doc

__all__ = [
    "STANDARD_LIBRARY",
    "Contents",
    "ImportFacts",
    "InspectReport",
    "InterpreterFacts",
    "LeftOutFacts",
    "LibraryFacts",
    "LicenceFacts",
    "LinkReport",
    "PackageFacts",
    "SizeFacts",
    "TraceFacts",
]

STANDARD_LIBRARY = "standard library"
"""The name of its part; parts of packages have that of their wheel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFacts:
    """A library in the interpreter, or the interpreter's own sources."""

    name: str = field(metadata=doc("Name."))
    version: str = field(default="", metadata=doc("Version, or empty where the distribution does not say it."))
    license: str = field(default="", metadata=doc("SPDX expression."))
    purl: str = field(default="", metadata=doc("Package URL, or empty."))
    description: str = field(default="", metadata=doc("What it is where the name does not tell, or empty."))
    license_texts: tuple[str, ...] = field(
        default=(), metadata=doc("Paths of its licence texts below the virtual root of the application.")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterFacts:
    """The distribution that an application was linked with."""

    implementation: str = field(metadata=doc("Name of the implementation, cpython."))
    version: str = field(metadata=doc("Full version, 3.14.7; of what has no manifest: what is known of it."))
    target_triple: str = field(metadata=doc("Platform it runs on."))
    build_options: str = field(metadata=doc("How it was optimised, as in PYTHON.json."))
    distribution: Digest | None = field(
        default=None,
        metadata=doc(
            "Digest that identifies the distribution in the store; of an installed tree: that of its full manifest; "
            "absent: it has none."
        ),
    )
    licenses: tuple[str, ...] = field(metadata=doc("SPDX identifiers of the interpreter and of all libraries in it."))
    libraries: tuple[LibraryFacts, ...] = field(
        default=(), metadata=doc("What the interpreter in an application consists of, by name.")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFacts:
    """One package in an application. Sizes in bytes of code and files together."""

    name: str = field(metadata=doc("Name as the package writes it."))
    version: str = field(metadata=doc("Version."))
    license: str = field(metadata=doc("SPDX expression, or what the package says instead, or empty."))
    summary: str = field(metadata=doc("What it is for, in its own words."))
    origin: Literal["wheel", "built", "project"] = field(
        metadata=doc("A published wheel, a wheel built from its source archive, or a local project.")
    )
    file: str = field(metadata=doc("File name of the wheel."))
    sha256: Digest = field(metadata=doc("Digest of the wheel."))
    modules: int = field(metadata=doc("How many modules it has."))
    files: int = field(metadata=doc("How many files it has, sources included."))
    size: int = field(metadata=doc("Bytes of its code and its files."))
    without_native: str = field(default="", metadata=doc("What stands in for native code left out, or empty."))
    license_texts: tuple[str, ...] = field(
        default=(),
        metadata=doc("Paths of its licence texts, also of what it brings of others, below the virtual root."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in an application."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    pydist: str = field(metadata=doc("Version of pydist that linked it."))
    name: str = field(metadata=doc("Name of the application."))
    entry: str = field(metadata=doc("What is run when it starts."))
    interpreter: InterpreterFacts = field(metadata=doc("The interpreter in it."))
    packages: tuple[PackageFacts, ...] = field(metadata=doc("The packages in it, by name."))
    modules: int = field(metadata=doc("How many modules can be imported from it, built-in ones not counted."))


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeFacts:
    """Where the bytes of an application are."""

    interpreter: int = field(metadata=doc("The executable part: interpreter, libraries, run time."))
    stdlib_code: int = field(metadata=doc("Compiled code of the standard library."))
    stdlib_files: int = field(metadata=doc("Sources and other files of the standard library."))
    packages: int = field(metadata=doc("Code and files of all packages."))
    application: int = field(metadata=doc("Code and files of the script, its launcher included."))
    tables: int = field(metadata=doc("Tables, names and padding."))


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceFacts:
    """What the licences in an application ask for."""

    copyleft: Mapping[str, tuple[str, ...]] = field(
        metadata=doc(
            "SPDX identifiers that are copyleft, and what is under each; not where there is a choice of others."
        )
    )
    unknown: tuple[str, ...] = field(metadata=doc("What says nothing of its licence that is known."))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutFacts:
    """Files that a rule leaves out of the standard library or of a package; `--include` brings them back."""

    part: str = field(metadata=doc("File name of the wheel, or `standard library`."))
    name: str = field(metadata=doc("What they are."))
    reason: str = field(metadata=doc("Why they are left out."))
    files: int = field(metadata=doc("How many."))
    size: int = field(metadata=doc("Their bytes."))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """What `pydist link` made."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    output: str = field(metadata=doc("Path of the executable."))
    size: int = field(metadata=doc("Its size in bytes."))
    sizes: SizeFacts = field(metadata=doc("Where these bytes are."))
    image_sha256: Digest = field(metadata=doc("Digest of the image's content."))
    contents: Contents = field(metadata=doc("What is in it."))
    needs: tuple[str, ...] = field(metadata=doc("What the target system must provide; empty: only the kernel."))
    plugin_needs: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata=doc(
            "What it must provide besides for shared objects that no module needs, such as plugins, and the paths of "
            "these in the application."
        ),
    )
    licences: LicenceFacts = field(metadata=doc("What the licences of all that is in it ask for."))
    touches_disk: tuple[str, ...] = field(metadata=doc("What is unpacked to a disk when it runs; empty: nothing."))
    left_out: tuple[LeftOutFacts, ...] = field(
        metadata=doc("What rules left out of the standard library and packages.")
    )
    notes: tuple[str, ...] = field(metadata=doc("Things that may matter, in words."))
    reasons: Mapping[str, str] = field(metadata=doc("Why each part was chosen: distribution, entry, every package."))
    seconds: float = field(metadata=doc("How long linking took."))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFacts:
    """What one module cost when an application was traced. Times in microseconds."""

    name: str = field(metadata=doc("Dotted name."))
    path: str = field(metadata=doc("Its file below the virtual root, or empty."))
    bytes: int = field(metadata=doc("Bytes of its compiled code, or of its shared object; 0: neither."))
    own_us: float = field(metadata=doc("Time without the imports that it caused."))
    total_us: float = field(metadata=doc("Time with them."))
    importer: str = field(metadata=doc("The module whose import caused it; empty: no module's."))


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFacts:
    """Where the time of one run of an application went. Times in microseconds."""

    phases: Mapping[str, float] = field(metadata=doc("The phases of the process and how long each took."))
    imports_us: Mapping[str, float] = field(metadata=doc("How much of each phase its own imports took."))
    imports: tuple[ImportFacts, ...] = field(metadata=doc("What was imported, the dearest first."))
    events_lost: int = field(metadata=doc("How many events were too many to be kept."))


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectReport:
    """What `pydist inspect` found in a file."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    path: str = field(metadata=doc("The file or folder."))
    kind: Literal["application", "distribution", "installed", "learned"] = field(
        metadata=doc(
            "What it is; installed: a distribution without what linking needs; learned: a Python without a manifest, "
            "known by its content."
        )
    )
    size: int = field(metadata=doc("Size in bytes of the file, or of all files of a folder."))
    interpreter: InterpreterFacts = field(metadata=doc("The interpreter in it."))
    extensions: tuple[str, ...] = field(
        default=(), metadata=doc("Extension modules that a distribution has; empty for an application.")
    )
    components: Mapping[str, str] = field(
        default_factory=dict, metadata=doc("Versions of what an installed distribution was built of, where it says so.")
    )
    left_out: tuple[str, ...] = field(
        default=(), metadata=doc("Categories of files that an installed distribution has not, and its origin had.")
    )
    learned: Mapping[str, str] = field(
        default_factory=dict, metadata=doc("What was learned, such as `floor glibc 2.34`, and the file that says it.")
    )
    space: Mapping[str, int] = field(
        default_factory=dict, metadata=doc("Bytes of each category of files; only where the content was read.")
    )
    read: str | None = field(default=None, metadata=doc("What was read, where that is not all that was given."))
    contents: Contents | None = field(default=None, metadata=doc("What an application contains."))
    sections: Mapping[str, int] | None = field(default=None, metadata=doc("Bytes of each section of an image."))
    modules: tuple[str, ...] | None = field(default=None, metadata=doc("Names of all modules of an application."))
    image_sha256: Digest | None = field(default=None, metadata=doc("Digest of the image's content, verified."))
    trace: TraceFacts | None = field(default=None, metadata=doc("Where the time of one run went."))
