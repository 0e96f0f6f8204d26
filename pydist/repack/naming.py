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

__all__ = ["destination", "tag_of", "tree_of"]


def destination(
    source: Path, tree: Tree, profile: Profile, output: str, suffix: str | None, *, wheel: str | None = None
) -> tuple[Path, str]:
    """The path of the result and its format. `output` is a folder or a file, `suffix` one of `FORMATS`; `wheel` is the
    name that it has to have.

    Raises `InputError` where name and format do not go together, or a name cannot be made.
    """
    if suffix is not None and suffix not in FORMATS:
        raise InputError(f"format {suffix!r} is not known; expected one of {', '.join(FORMATS)}")
    if wheel is not None and suffix is not None:
        raise InputError(f"--to {profile.name} makes a wheel, and --format says {suffix}; expected one of them")
    path = Path(output)
    if output.endswith(("/", os.sep)) or path.is_dir():
        chosen = suffix or profile.suffix
        path /= wheel or str(_asset(source, tree, profile, chosen))
    elif wheel is not None:
        chosen = profile.suffix
        if path.name != wheel:
            raise InputError(f"{output}: installers read what a wheel is from its name; expected {wheel}, or a folder")
    else:
        named = next((form for form in FORMATS if path.name.endswith(f".{form}")), None)
        if (suffix or named) is None:
            raise InputError(
                f"{output}: which format? Expected a name that ends with {', '.join(FORMATS)}, or --format"
            )
        if suffix and named and suffix != named:
            raise InputError(f"{output} is named as {named}, and --format says {suffix}; expected one of them")
        chosen = suffix or named or profile.suffix
    inside = source.is_dir() and path.resolve().is_relative_to(tree_of(source).resolve())
    if inside or path.resolve() == source.resolve():
        what = f"in the input {source}" if inside else "the input"
        raise InputError(f"{path} is {what}; name another folder or file with --output")
    return path, chosen


def tree_of(folder: Path) -> Path:
    """The distribution in an unpacked archive: `python/` in `folder`, or `folder` itself."""
    inner = folder / "python"
    below = inner.is_dir() and not inner.is_symlink()
    return inner if below and not (folder / MANIFEST).exists() and not (folder / "bin").exists() else folder


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
