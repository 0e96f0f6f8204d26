"""A wheel that brings an installed tree as data of a package, and a command that is its interpreter.

Wheels know no links, so a link to a program becomes a script that starts it, and any other one a copy.

Invariant: same tree, same bytes; every file but RECORD itself stands in RECORD; nothing is said in METADATA that the
compact manifest does not say. Sources: PEP 427 (wheels), PEP 600 and 656 (tags of Linux), PEP 639 (licences),
"Core metadata specifications" 2.4.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from pydist import __version__
from pydist.archive.zip_write import ZipWriter
from pydist.errors import Fault, InputError
from pydist.manifest.compact import Compact
from pydist.repack.plan import Item, folders
from pydist.repack.tree import resolved
from pydist.repack.verify import check_written
from pydist.repack.write import Output
from pydist.target import Os, Target

__all__ = ["Wheel", "platform_tags"]

_LICENSES = "share/licenses/"
_MODULE = Path(__file__).with_name("bundle.py")
_MAIN = "from {package} import main\n\nraise SystemExit(main())\n"
_SCRIPT = '#!/bin/sh\nexec "$(dirname -- "$(realpath -- "$0")")/{program}" "$@"\n'
_OTHER_THINGS = ("freethreaded", "debug")  # words of options: with them it is no other build, but another Python
# The oldest that anybody makes wheels for: what needs no C library at all runs there too.
_ANY_GLIBC, _ANY_MUSL = (2, 17), (1, 1)
_MUSL = (1, 2)
_COPIES, _COPIED = 20_000, 1 << 30  # files and bytes that stand for links; a Python has some hundred
_OLD_NAMES = {(2, 5): "manylinux1", (2, 12): "manylinux2010", (2, 17): "manylinux2014"}
_NEEDS = re.compile(r"(glibc-max-symbol-version|musl-version):(\d+)\.(\d+)[\d.]*", re.ASCII)


_Content = tuple[bytes | Path, int]
"""A file, or its bytes, and its mode."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """The wheel of a tree that says this of itself; `tag` is that of its release, or empty.

    Raises `InputError` for what installers have no words for.
    """

    about: Compact
    tag: str = ""

    def __post_init__(self) -> None:
        """Nothing of a manifest goes into other documents that has not the form it should have."""
        words = {"build_options": r"[a-z0-9+_]{0,80}", "python_abi_tag": r"[a-z]{0,4}",
                 "python_platform_tag": r"[a-z0-9][a-z0-9._-]{0,80}"}  # fmt: skip
        faults = [Fault(key, f"{text[:80]!r}") for key, pattern in words.items()
                  if not re.fullmatch(pattern, text := getattr(self.about, key) or "", re.ASCII)]  # fmt: skip
        if faults:
            raise InputError("the manifest cannot be made into a wheel's metadata", faults)

    @property
    def name(self) -> str:
        """The project's name, in which a free-threaded Python and a debug build differ from others."""
        words = self.about.build_options.split("+")
        return "-".join(["cpython-bundle", *(word for word in _OTHER_THINGS if word in words)])

    @property
    def package(self) -> str:
        """The name that is imported."""
        return self.name.replace("-", "_")

    @property
    def version(self) -> Version:
        """That of Python."""
        try:
            # A source tree between releases says 3.15.0a1+.
            return Version(re.sub(r"\+$", "+source", self.about.python_version))
        except InvalidVersion:
            raise InputError(f"version {self.about.python_version[:80]!r}: expected one such as 3.14.7") from None

    @property
    def build(self) -> str:
        """What tells builds of one version apart: the release tag, when it begins as it has to, and the options."""
        words = re.sub(r"[^a-z0-9]+", "_", self.about.build_options)
        return f"{self.tag if self.tag[:1].isdigit() else '0'}_{words}".replace("-", "_")

    @property
    def filename(self) -> str:
        """All that installers look at before they open it."""
        tags = ".".join(platform_tags(self.about))
        name = f"{self.package}-{self.version}-{self.build}-py3-none-{tags}.whl"
        try:
            parse_wheel_filename(name)
        except InvalidWheelFilename as error:
            raise InputError(f"the wheel's name would be {name!r}: {error}") from error
        return name

    def write(self, output: Output, path: Path) -> None:
        """Write it with the tree of `output`. Raises `WrittenWrong` when that failed."""
        if not any(item.name == self.about.python_exe for item in output.plan.items):
            # The command would be whatever stands there on the machine that installs it.
            raise InputError(f"python_exe: there is no file {self.about.python_exe[:200]!r} in the tree")
        expected: dict[str, str] = {}
        rows: list[str] = []
        with ZipWriter(path) as writer:
            for name, content, mode in self._members(output):
                data = content if isinstance(content, bytes) else content.read_bytes()
                writer.add_bytes(name, data, mode)
                digest = hashlib.sha256(data)
                expected[name] = digest.hexdigest()
                text = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
                rows.append(f"{_cell(name)},sha256={text},{len(data)}")
            record = "\n".join([*rows, f"{self._info}/RECORD,,", ""]).encode()
            writer.add_bytes(f"{self._info}/RECORD", record)
        check_written(path, {**expected, f"{self._info}/RECORD": hashlib.sha256(record).hexdigest()})

    @property
    def _info(self) -> str:
        return f"{self.package}-{self.version}.dist-info"

    def _members(self, output: Output) -> Iterator[tuple[str, bytes | Path, int]]:
        """Names, contents and modes; .dist-info comes last, as PEP 427 recommends."""
        yield f"{self.package}/__init__.py", _MODULE.read_bytes(), 0o644
        yield f"{self.package}/__main__.py", _MAIN.format(package=self.package).encode(), 0o644
        tree = dict(_tree(output))
        for name in sorted(tree):
            yield f"{self.package}/python/{name}", *tree[name]
        yield f"{self._info}/METADATA", self.metadata(tree).encode(), 0o644
        yield f"{self._info}/WHEEL", self._wheel().encode(), 0o644
        yield (
            f"{self._info}/entry_points.txt",
            f"[console_scripts]\n{self.command} = {self.package}:main\n".encode(),
            0o644,
        )
        for name in _licenses(tree):
            yield f"{self._info}/licenses/{name.removeprefix(_LICENSES)}", *tree[name]

    @property
    def command(self) -> str:
        """The command that is the interpreter. Not `python3.14`, which environments have."""
        series = ".".join(map(str, self.version.release[:2]))
        return f"cpython{series}{self.about.python_abi_tag or ''}"

    def metadata(self, tree: Iterable[str]) -> str:
        """METADATA of a wheel with the names `tree`."""
        about = self.about
        what = f"CPython {about.python_version} for {about.target_triple} ({about.build_options})"
        expression = _expression(about)
        lines = [
            "Metadata-Version: 2.4",
            f"Name: {self.name}",
            f"Version: {self.version}",
            f"Summary: {what}",
            *([f"License-Expression: {expression}"] if expression else []),
            *(f"License-File: {name.removeprefix(_LICENSES)}" for name in _licenses(tree)),
            "Requires-Python: >=3.8",
            "Description-Content-Type: text/markdown",
            "",
            f"{what}, without what running programs does not need.",
            "",
            f"`{self.command}`, or `python -m {self.package}`, is its interpreter; `{self.package}.python()` says "
            f"where that is, `{self.package}.prefix()` where its installed tree is.",
            "",
        ]
        return "\n".join(lines)

    def _wheel(self) -> str:
        tags = "".join(f"Tag: py3-none-{tag}\n" for tag in platform_tags(self.about))
        head = f"Wheel-Version: 1.0\nGenerator: pydist {__version__}\nRoot-Is-Purelib: false\n"
        return f"{head}{tags}Build: {self.build}\n"


def _tree(output: Output) -> Iterator[tuple[str, _Content]]:
    """What stands below the package, by its name in the tree. Raises `InputError` where links make too much of it."""
    links = _Links.of(output)
    for name, data in output.fresh.items():
        yield name, (data, 0o644)
    copies = size = 0
    for item in output.plan.items:
        if item.link is None:
            yield item.name, _file(output, item)
            continue
        for name, content in links.instead(item):
            copies, size = copies + 1, size + _size(content[0])
            if copies > _COPIES or size > _COPIED:
                raise InputError(
                    f"its links stand for more than {_COPIES:,} files or {_COPIED:,} bytes, and a wheel has no links"
                )
            yield name, content


def _file(output: Output, item: Item) -> _Content:
    return output.tree.root / item.source, output.contents[item.name].mode


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


@dataclass(frozen=True, slots=True)
class _Links:
    """Where links lead. `there` are folders and `items` all else that stays by names of the input, `sources` the names
    of files, sorted."""

    output: Output
    there: frozenset[str]
    items: Mapping[str, Item]
    sources: tuple[str, ...]

    @classmethod
    def of(cls, output: Output) -> _Links:
        items = output.plan.items
        sources = sorted(item.source for item in items if item.link is None)
        kept = {item.source: item for item in items}
        return cls(output, folders(kept), kept, tuple(sources))

    def instead(self, link: Item) -> Iterator[tuple[str, _Content]]:
        """What stands for a link; nothing for one that leads nowhere."""
        nodes = self.output.tree.nodes
        real = resolved(link.source, nodes, self.there)
        if real is None:
            return
        target = self.items.get(real)
        if target is None:
            # A folder: files below it that are no links themselves.
            below = f"{real}/"
            for place in range(bisect_left(self.sources, below), len(self.sources)):
                source = self.sources[place]
                if not source.startswith(below):
                    return
                yield f"{link.name}/{source.removeprefix(below)}", _file(self.output, self.items[source])
        elif nodes[target.source].linked and posixpath.dirname(target.name) == posixpath.dirname(link.name) == "bin":
            yield link.name, (_SCRIPT.format(program=posixpath.basename(target.name)).encode(), 0o755)
        else:
            yield link.name, _file(self.output, target)


def _licenses(tree: Iterable[str]) -> list[str]:
    return sorted(name for name in tree if name.startswith(_LICENSES))


def platform_tags(about: Compact) -> tuple[str, ...]:
    """What installers call the systems that it runs on. Raises `InputError` where they have no word for one."""
    target = Target.parse(about.target_triple)
    if target.level > 1:
        raise InputError(f"no tag of a wheel says that {target} needs a processor of level x86-64-v{target.level}; "
                         "expected a distribution for any processor")  # fmt: skip
    platform = about.python_platform_tag
    if target.os is not Os.LINUX:
        return (re.sub(r"[^a-z0-9_]+", "_", platform),)
    arch = platform.removeprefix("linux-").replace("-", "_")
    needs = {
        found[1]: (int(found[2]), int(found[3])) for word in about.crt_features if (found := _NEEDS.fullmatch(word))
    }
    if "static" in about.crt_features:
        return (*_manylinux(_ANY_GLIBC, arch), f"musllinux_{_ANY_MUSL[0]}_{_ANY_MUSL[1]}_{arch}")
    if "musl-dynamic" in about.crt_features:
        major, minor = needs.get("musl-version", _MUSL)
        return (f"musllinux_{major}_{minor}_{arch}",)
    if "glibc-max-symbol-version" not in needs:
        raise InputError("crt_features does not say which glibc it needs; expected glibc-max-symbol-version:N, static "
                         "or musl-dynamic")  # fmt: skip
    return _manylinux(needs["glibc-max-symbol-version"], arch)


def _manylinux(version: tuple[int, int], arch: str) -> tuple[str, ...]:
    new = f"manylinux_{version[0]}_{version[1]}_{arch}"
    return (new, f"{_OLD_NAMES[version]}_{arch}") if version in _OLD_NAMES else (new,)


def _expression(about: Compact) -> str | None:
    """All licences at once; None where they are not known, or one of them is no SPDX expression."""
    if not about.all_licenses:
        return None
    try:
        return canonicalize_license_expression(" AND ".join(f"({text})" if " OR " in text.upper() else text
                                                            for text in about.all_licenses))  # fmt: skip
    except InvalidLicenseExpression:
        return None


def _cell(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if re.search(r'[",\r\n]', text) else text
