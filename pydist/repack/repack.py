"""`repack`: unpack, set right, plan, strip, write, check, publish.

Invariant: the input is only read; the result appears under its name complete and checked, or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.extract import extract
from pydist.archive.paths import UnsafeName
from pydist.archive.places import check_writable, working_folder
from pydist.errors import InputError
from pydist.policy.categories import category_of
from pydist.progress import Reporter, Silent
from pydist.repack.documents import about
from pydist.repack.fix import fix
from pydist.repack.naming import (
    Identify,
    destination,
    folder_of,
    format_of,
    given_name,
    learned_name,
    tag_of,
    tree_of,
)
from pydist.repack.plan import Plan, make_plan
from pydist.repack.profile import Form, Profile
from pydist.repack.publish import debug_files, staged
from pydist.repack.records import rewrite_records
from pydist.repack.report import RepackReport
from pydist.repack.shrink import shrink
from pydist.repack.space import space
from pydist.repack.tree import Tree, read_tree
from pydist.repack.wheel import Wheel
from pydist.repack.write import prepare

__all__ = ["Judge", "Request", "check_request", "repack"]

Judge = Callable[[Path, Form], None]
"""Is given the finished archive before it is published; raises when it must not be."""


_ADOPT = "`pydist adopt` makes a distribution of a Python that is a part of something else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to make of what. `output` is a folder (it exists, or ends with a slash) or a file; `suffix` its format."""

    source: Path
    profile: Profile
    output: str = "."
    suffix: str | None = None
    fix: bool = False
    debug_files: Path | None = None


def repack(
    request: Request,
    *,
    judge: Judge = lambda _path, _form: None,
    identify: Identify = lambda _path: None,
    reporter: Reporter | None = None,
) -> RepackReport:
    """Make another archive of the distribution `request.source`: an archive, or a folder with or as `python/`.

    `identify` is asked where neither its name nor a manifest says what it is.
    Raises `InputError` for what is no distribution or cannot be made into that, and what `judge` raises.
    """
    teller = reporter or Silent()
    profile = request.profile
    suffix = check_request(request)
    learned = learned_name(request.source, profile, request.output, identify)
    with working_folder("repack") as folder:
        root = _unpacked(request.source, folder / "tree", teller)
        fixed = fix(root) if request.fix else ()
        tree = read_tree(root)
        plan = make_plan(tree, profile)
        wheel = _wheel(request.source, tree, plan)
        name = wheel.filename if wheel is not None else learned or given_name(request.source)
        path = destination(request.source, tree, profile, request.output, suffix, name=name)
        debug = folder / "debug"
        stripped, left_alone = shrink(tree, plan, debug if request.debug_files is not None else None, teller)
        changed = frozenset(row.path for row in stripped)
        made = prepare(tree, plan, changed | rewrite_records(tree, plan, changed))
        with staged(path) as fresh:
            teller.step("write", path.name)
            # Of a wheel, the tree in it is judged.
            judged = fresh if wheel is None else fresh.with_name("tree.tar.zst")
            made.write(judged, suffix if wheel is None else "tar.zst")
            if wheel is not None:
                wheel.write(made, fresh)
            teller.finish("write", f"{len(made.contents):,} files")
            judge(judged, profile.form)
            with fresh.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = fresh.stat().st_size
            with debug_files(debug, request.debug_files):
                fresh.replace(path)
    return RepackReport(
        input=str(request.source),
        output=str(path),
        profile=profile.name,
        sha256=digest,
        size=size,
        left_out=plan.left_out,
        space=space(tree, profile, made.contents, made.fresh),
        stripped=tuple(stripped),
        left_alone=tuple(left_alone),
        fixed=tuple(fixed),
        notes=tuple(_notes(tree, plan)),
    )


def check_request(request: Request) -> str:
    """Find out before the long work that there is a place for the result; its format, or `whl`.

    Raises `InputError`.
    """
    profile = request.profile
    if (request.source / "pyvenv.cfg").is_file():
        raise InputError(f"{request.source} is a virtual environment, which has only a part of a Python; {_ADOPT}")
    if request.debug_files is not None and not profile.strip:
        raise InputError(
            f"--to {profile.name} strips nothing, so there are no debug files; expected stripped or minimal"
        )
    suffix = format_of(profile, request.output, request.suffix)
    check_writable(folder_of(request.output), "--output")
    if request.debug_files is not None:
        check_writable(request.debug_files, "--debug-files")
    return suffix


def _wheel(source: Path, tree: Tree, plan: Plan) -> Wheel | None:
    if plan.profile.suffix != "whl":
        return None
    said = about(tree, plan)
    if said is None:
        raise InputError(
            "nothing says which version and target this is; expected a full archive, or a compact manifest"
        )
    return Wheel(said, tag_of(source))


def _unpacked(source: Path, folder: Path, reporter: Reporter) -> Path:
    reporter.step("unpack", str(source))
    try:
        extract(source, folder)
    except UnsafeName as error:
        raise (InputError(f"{error.message}; {_ADOPT}") if source.is_dir() else error) from error
    reporter.finish("unpack")
    return tree_of(folder)


def _notes(tree: Tree, plan: Plan) -> Iterator[str]:
    stale = sum(node.stale for node in tree.nodes.values())
    if stale:
        yield f"{stale:,} compiled modules that name another time of their sources were left out"
    if plan.profile.form is Form.INSTALLED:
        if tree.loaded is None and tree.compact is None:
            yield "the input has no manifest, so the result has none"
        if not any(category_of(item.name) == "licences" for item in plan.items):
            yield "the input has no licence texts, so the result has none"
