"""The folder `licenses/` of a distribution is complete: a text for every licence of everything that is linked in.

Invariant: after `complete`, for each component and each SPDX identifier of its licence there is a file
`LICENSE.<component>.*txt` that is the text of that licence.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydist.build.evidence import license_paths
from pydist.errors import FaultCollector
from pydist.policy import contents, licenses, resources
from pydist.policy.contents import ContainedPart

__all__ = ["complete", "keep_contained"]


def keep_contained(tree: Path, paths: Mapping[str, object], series: str) -> dict[ContainedPart, list[str]]:
    """Add the texts of what CPython's own sources of `series` contain; which parts those are, with the `paths`
    that show it."""
    found = {part: files for part in contents.load() if part.exists_in(series) and (files := part.found(paths))}
    for part in found:
        if part.text:
            shutil.copyfile(resources.builders() / part.text, tree / "licenses" / f"LICENSE.{part.name}.txt")
    return found


def complete(tree: Path, expressions: Iterable[tuple[str, str]]) -> None:
    """Add SPDX's text where a component's own texts lack one. `expressions`: components with SPDX expressions.

    Raises `InputError` that lists every licence for which there is no text at all.
    """
    faults = FaultCollector("licences")
    for component, expression in expressions:
        texts = [(tree / path).read_text(encoding="utf-8", errors="replace") for path in license_paths(component, tree)]
        for name in licenses.missing_texts(expression, texts):
            spdx = licenses.spdx_text(name)
            if spdx is None or licenses.missing_texts(name, [spdx.read_text(encoding="utf-8")]):
                known = (
                    "add it" if name not in licenses.phrases() else "name the file of it in license_files, or add it"
                )
                faults.add(component, f"no text of {name} among its licence texts; {known} in builders/licenses")
            else:
                shutil.copyfile(spdx, tree / "licenses" / f"LICENSE.{component}.spdx-{name.lower()}.txt")
    faults.raise_if_any("the licence texts are not complete")
