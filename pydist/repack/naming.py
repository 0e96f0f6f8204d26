"""Where the result goes and what it is called.

Invariant: the result never takes the place of the input.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pydist.archive.source import open_source
from pydist.archive.zip_write import FORMATS
from pydist.errors import InputError
from pydist.manifest.compact import COMPACT
from pydist.policy.names import AssetName
from pydist.repack.profile import Profile
from pydist.repack.tree import MANIFEST, Tree
from pydist.target import Target

__all__ = ["Identify", "destination", "folder_of", "format_of", "given_name", "learned_name", "tag_of", "tree_of"]

Identify = Callable[[Path], AssetName | None]
"""Says what the content of a distribution without a manifest is, as a name; None where it does not tell."""

_UNSAID = "nothing says which version and target this is"


def format_of(profile: Profile, output: str, suffix: str | None) -> str:
    """The format of the result, one of `FORMATS` or `whl`. `output` is a folder or a file, `suffix` what was asked for.

    Raises `InputError` where they do not go together.
    """
    if suffix is not None and suffix not in FORMATS:
        raise InputError(f"format {suffix!r} is not known; expected one of {', '.join(FORMATS)}")
    if profile.suffix not in FORMATS:
        if suffix is not None:
            raise InputError(f"--to {profile.name} makes a wheel, and --format says {suffix}; expected one of them")
        return profile.suffix
    if _is_folder(output):
        return suffix or profile.suffix
    named = next((form for form in FORMATS if output.endswith(f".{form}")), None)
    if suffix and named and suffix != named:
        raise InputError(f"{output} is named as {named}, and --format says {suffix}; expected one of them")
    chosen = suffix or named
    if chosen is None:
        raise InputError(f"{output}: which format? Expected a name that ends with {', '.join(FORMATS)}, or --format")
    return chosen


def folder_of(output: str) -> Path:
    """The folder that `output` is, or is in."""
    return Path(output) if _is_folder(output) else Path(output).parent


def given_name(source: Path) -> AssetName | None:
    """What the name of `source` says, if it is an archive's."""
    try:
        return AssetName.parse(source.name)
    except InputError:
        return None


def learned_name(source: Path, profile: Profile, output: str, identify: Identify) -> AssetName | None:
    """What `identify` learns of `source`, where neither its name nor a manifest in it says what the result is called.

    Raises `InputError` where that is not known: so early because what follows can take minutes.
    """
    given = given_name(source)
    named = profile.suffix in FORMATS and (not _is_folder(output) or (given is not None and _is_enough(given)))
    if named or _has_manifest(source):
        return None
    if profile.suffix not in FORMATS:
        raise InputError(f"{_UNSAID}; expected a full archive, or a compact manifest")
    learned = identify(source)
    if learned is None:
        raise InputError(f"{_UNSAID}; name the result with --output FILE")
    return learned


def destination(
    source: Path, tree: Tree, profile: Profile, output: str, suffix: str, *, name: AssetName | str | None
) -> Path:
    """The path of the result, which has the format `suffix`. `output` is a folder or a file; `name` is the name that it
    has to have, or what counts where the tree does not say it.

    Raises `InputError` where a name cannot be made, or the result would be in or instead of the input.
    """
    path = Path(output)
    if _is_folder(output):
        path /= name if isinstance(name, str) else str(_asset(name, tree, profile, suffix))
    elif isinstance(name, str) and path.name != name:
        raise InputError(f"{output}: installers read what a wheel is from its name; expected {name}, or a folder")
    inside = source.is_dir() and path.resolve().is_relative_to(tree_of(source).resolve())
    if inside or path.resolve() == source.resolve():
        what = f"in the input {source}" if inside else "the input"
        raise InputError(f"{path} is {what}; name another folder or file with --output")
    return path


def tree_of(folder: Path) -> Path:
    """The distribution in an unpacked archive: `python/` in `folder`, or `folder` itself."""
    inner = folder / "python"
    below = inner.is_dir() and not inner.is_symlink()
    return inner if below and not (folder / MANIFEST).exists() and not (folder / "bin").exists() else folder


def _is_folder(output: str) -> bool:
    return output.endswith(("/", os.sep)) or Path(output).is_dir()


def tag_of(source: Path) -> str:
    """The release tag, which is in no file, by the name of `source`; empty where that has none."""
    given = given_name(source)
    return "" if given is None else given.tag


def _is_enough(given: AssetName) -> bool:
    return given.version is not None and not given.moment


def _has_manifest(source: Path) -> bool:
    if source.is_dir():
        return any((tree_of(source) / name).is_file() for name in (MANIFEST, COMPACT))
    with open_source(source) as opened:
        names = (posixpath.normpath(member.entry.path).removeprefix("python/") for member in opened.members())
        return any(name in (MANIFEST, COMPACT) for name in names)


def _asset(given: AssetName | None, tree: Tree, profile: Profile, suffix: str) -> AssetName:
    """By what the tree says of itself; the release tag is in no file, so it comes from the input's name."""
    about = tree.loaded.manifest if tree.loaded is not None else tree.compact
    if about is not None and about.target_triple and about.python_version:
        target = Target.parse(about.target_triple)
        words = tuple(word for word in about.build_options.split("+") if word)
        made = AssetName(version=about.python_version, platform=target.triple, options=words, suffix=suffix,
                         tag=given.tag if given is not None else "", flavour=profile.flavour)  # fmt: skip
    elif given is not None and _is_enough(given):
        made = replace(given, flavour=profile.flavour, suffix=suffix)
    else:
        raise InputError(f"{_UNSAID}; name the result with --output FILE")
    return AssetName.parse(str(made))
