"""Names of the ecosystem's archives as values: what a file name says about the distribution inside, and back.

Forms, newest first:
- `cpython-3.13.1+20250101-x86_64-unknown-linux-gnu-pgo+lto-full.tar.zst`: release tag, options, flavour (since 2022;
  `install_only` archives of a target's best options do not name them);
- `cpython-3.8.2-x86_64-apple-darwin-pgo-20200418T2243.tar.zst`: no tag, the moment of the build at the end;
- `cpython-3.7.4-linux64-20190817T0224.tar.zst`: the same with platforms of before there were triples;
- `xbuildenv-0.27.7.tar.gz`: CPython for WebAssembly; the name has the version of its maker, not that of Python.

Invariant: `str(AssetName.parse(text)) == text`, and nothing that could be a path or an option is ever parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from pydist.errors import InputError
from pydist.target import Target

__all__ = ["WORDS", "AssetName", "Flavour", "check_tag"]

WORDS = ("freethreaded", "debug", "noopt", "lto", "pgo", "pgo+lto", "static")
"""What options are made of, joined by `+`."""

_LONGEST = 200  # characters; the longest real name has 98
_WORDS = frozenset(word for words in WORDS for word in words.split("+"))
_LINKAGES = ("shared", "static")
_SUFFIXES = ("tar.zst", "tar.gz", "tar.xz", "tar", "zip")
_TAG = r"[A-Za-z0-9][A-Za-z0-9._]{0,39}"
# A version of a source tree between releases ends with `+`, as PY_VERSION does (Include/patchlevel.h).
_NUMBER = r"(?:0|[1-9][0-9]{0,2})"
_VERSION = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:(?:a|b|rc){_NUMBER})?\+?"
_CPYTHON = re.compile(rf"cpython-(?P<version>{_VERSION})(?:\+(?P<tag>{_TAG}))?-(?P<rest>[a-z0-9_+T-]+)")
_CROSS = re.compile(rf"xbuildenv-(?P<tag>{_NUMBER}\.{_NUMBER}\.{_NUMBER})")
_MOMENT = re.compile(r"[0-9]{8}T[0-9]{4}")

_OLD_PLATFORMS = {
    "linux64": "x86_64-unknown-linux-gnu",
    "linux64-musl": "x86_64-unknown-linux-musl",
    "macos": "x86_64-apple-darwin",
    "windows-amd64": "x86_64-pc-windows-msvc",
    "windows-x86": "i686-pc-windows-msvc",
}
_CROSS_PLATFORM = "wasm32-unknown-emscripten"


class Flavour(StrEnum):
    """How much of a distribution an archive has, the most first."""

    FULL = "full"
    INSTALL_ONLY = "install_only"
    INSTALL_ONLY_STRIPPED = "install_only_stripped"
    INSTALL_ONLY_MINIMAL = "install_only_minimal"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetName:
    """The parts of a name. What a name does not say is empty, or None where that could be taken for a value.

    `tag` is the release's, or the version of who made a cross environment; `platform` is as it is spelled in the name,
    `options` are words in the name's order, `moment` (UTC, `20200418T2243`) is of names before there were flavours.
    """

    version: str | None
    platform: str
    tag: str = ""
    linkage: str = ""
    options: tuple[str, ...] = ()
    flavour: Flavour | None = None
    moment: str = ""
    suffix: str

    @classmethod
    def parse(cls, text: str) -> AssetName:
        """Read a file name, not a path nor a URL. Raises `InputError` that says which part is not known."""
        stem, suffix = _split_suffix(text)
        if found := _CROSS.fullmatch(stem):
            name = cls(version=None, platform=_CROSS_PLATFORM, tag=found["tag"], suffix=suffix)
        else:
            found = _CPYTHON.fullmatch(stem)
            if found is None:
                raise _wrong(text, "expected cpython-VERSION+TAG-TRIPLE-OPTIONS-FLAVOUR")
            name = _parts(cls(version=found["version"], platform="", tag=found["tag"] or "", suffix=suffix),
                          found["rest"], text)  # fmt: skip
        # Where two spellings would be read as one, the other one is no name.
        if str(name) != text:
            raise _wrong(text, f"expected it to be spelled {str(name)!r}")
        return name

    @property
    def target(self) -> Target | None:
        """What it runs on; None for platforms that pydist has no triple for."""
        if self.platform == _CROSS_PLATFORM:
            return None
        return Target.parse(_OLD_PLATFORMS.get(self.platform, self.platform))

    @property
    def build(self) -> str:
        """What orders the builds of one version: the release tag, or the moment it was built."""
        return self.tag or self.moment

    @property
    def series(self) -> str | None:
        """`3.13` of version 3.13.1."""
        return None if self.version is None else ".".join(self.version.split(".")[:2])

    @property
    def content(self) -> Flavour | None:
        """How much it has: the flavour, which old names do not say because all were full; None for other things."""
        return self.flavour or (Flavour.FULL if self.moment else None)

    @property
    def bare(self) -> str:
        """The name without flavour and suffix: what everything of one distribution begins with."""
        return str(self).removesuffix(f".{self.suffix}").removesuffix(f"-{self.flavour}")

    def __str__(self) -> str:
        if self.version is None:
            return f"xbuildenv-{self.tag}.{self.suffix}"
        words = ["cpython", f"{self.version}+{self.tag}" if self.tag else self.version, self.platform, self.linkage,
                 "+".join(self.options), self.flavour or "", self.moment]  # fmt: skip
        return f"{'-'.join(filter(None, words))}.{self.suffix}"


def check_tag(tag: str) -> str:
    """`tag` where it can stand in a name. Raises `InputError`."""
    if not re.fullmatch(_TAG, tag):
        raise InputError(
            f"release tag {tag!r}: expected 1 to 40 letters, digits, dots and underscores, such as 20260131"
        )
    return tag


def _split_suffix(text: str) -> tuple[str, str]:
    if len(text) > _LONGEST:
        raise InputError(f"archive name {text[:60]!r}…: expected at most {_LONGEST} characters, found {len(text)}")
    for suffix in _SUFFIXES:
        if text.endswith(f".{suffix}"):
            return text.removesuffix(f".{suffix}"), suffix
    raise _wrong(text, f"expected it to end with one of {', '.join(_SUFFIXES)}")


def _parts(name: AssetName, rest: str, text: str) -> AssetName:
    """`name` with what stands behind the version, read from the end because platforms have dashes in them."""
    words = rest.split("-")
    last = words.pop()
    moment = last if _MOMENT.fullmatch(last) and not name.tag else ""
    try:
        flavour = None if moment else Flavour(last)
    except ValueError:
        raise _wrong(text, f"{last!r}: expected {', '.join(Flavour)}, or the moment of the build") from None
    options: tuple[str, ...] = ()
    if words and (set(words[-1].split("+")) <= _WORDS and not _is_linkage(words)):
        options = tuple(words.pop().split("+"))
        if len(set(options)) != len(options):
            raise _wrong(text, f"{'+'.join(options)!r}: expected each option once")
    linkage = words.pop() if words and words[-1] in _LINKAGES else ""
    platform = "-".join(words)
    try:
        Target.parse(_OLD_PLATFORMS.get(platform, platform))
    except InputError as error:
        raise _wrong(text, str(error)) from None
    return AssetName(version=name.version, tag=name.tag, suffix=name.suffix, platform=platform, linkage=linkage,
                     options=options, flavour=flavour, moment=moment)  # fmt: skip


def _is_linkage(words: list[str]) -> bool:
    """Whether the last of `words` is `static` as a way of linking, which Windows names had, and not as an option."""
    return words[-1] == "static" and "windows" in words


def _wrong(text: str, message: str) -> InputError:
    return InputError(f"archive name {text!r} is not known: {message}")
