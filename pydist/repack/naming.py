"""Where the result goes and what it is called.

Invariant: the result never takes the place of the input.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from pydist.archive.zip_write import FORMATS
from pydist.errors import InputError
from pydist.policy.names import AssetName
from pydist.repack.profile import Form, Profile
from pydist.repack.tree import MANIFEST, Tree
from pydist.target import Target

__all__ = ["destination", "folder_of", "format_of", "tag_of", "tree_of"]


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


def destination(
    source: Path, tree: Tree, profile: Profile, output: str, suffix: str, *, wheel: str | None = None
) -> Path:
    """The path of the result, which has the format `suffix`. `output` is a folder or a file; `wheel` is the name that
    it has to have.

    Raises `InputError` where a name cannot be made, or the result would be in or instead of the input.
    """
    path = Path(output)
    if _is_folder(output):
        path /= wheel or str(_asset(source, tree, profile, suffix))
    elif wheel is not None and path.name != wheel:
        raise InputError(f"{output}: installers read what a wheel is from its name; expected {wheel}, or a folder")
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
    try:
        return AssetName.parse(source.name).tag
    except InputError:
        return ""


def _asset(source: Path, tree: Tree, profile: Profile, suffix: str) -> AssetName:
    """By what the tree says of itself; the release tag is in no file, so it comes from the input's name."""
    try:
        given = AssetName.parse(source.name)
    except InputError:
        given = None
    about = tree.loaded.manifest if tree.loaded is not None else tree.compact
    if about is not None and about.target_triple and about.python_version:
        target = Target.parse(about.target_triple)
        words = tuple(word for word in about.build_options.split("+") if word)
        # The ecosystem's short names say no options; an installed tree that came with one keeps it.
        if tree.form is Form.INSTALLED and given is not None and given.platform == target.triple:
            words = given.options
        made = AssetName(version=about.python_version, platform=target.triple, options=words, suffix=suffix,
                         tag=given.tag if given is not None else "", flavour=profile.flavour)  # fmt: skip
    elif given is not None and given.version is not None and not given.moment:
        made = replace(given, flavour=profile.flavour, suffix=suffix)
    else:
        raise InputError("nothing says which version and target this is; name the result with --output FILE")
    return AssetName.parse(str(made))
