"""An interpreter is linked in the best way that its distribution has all for; else it is said what lacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pydist.errors import InputError
from pydist.link.forms import FORMS, Chosen, choose_form
from pydist.link.ways import WAYS
from pydist.manifest.load import load
from pydist.manifest.model import Manifest
from pydist.target import Target
from tests.support import dist

GNU = "x86_64-unknown-linux-gnu"
MUSL = "x86_64-unknown-linux-musl"
OBJECTS = {"objs": ["build/core.o"]}
ARCHIVE = {"objs": [], "static_lib": "install/lib/libpython3.14.a"}
LIBRARY = {"objs": [], "shared_lib": "install/lib/libpython3.14.so.1.0"}


def manifest(core: dict[str, Any], links: list[dict[str, Any]] | None = None, form: str = "elf") -> Manifest:
    made = dist.manifest()
    made["build_info"]["core"] = {"links": links or [], **core}
    made["build_info"]["object_file_format"] = form
    return load(json.dumps(made).encode(), "PYTHON.json")


def choose(core: dict[str, Any], target: str = GNU, **about: Any) -> Chosen:
    return choose_form(manifest(core, **about), Target.parse(target), "d")


@pytest.mark.parametrize(
    ("core", "name"),
    [
        ({**LIBRARY, **ARCHIVE, **OBJECTS}, "objects"),
        ({**LIBRARY, **ARCHIVE}, "archive"),
        (LIBRARY, "library"),
    ],
)
def test_the_best_form_is_taken(core: dict[str, Any], name: str) -> None:
    assert choose(core).form.name == name


def test_every_form_has_its_way() -> None:
    assert {form.name for form in FORMS} == WAYS.keys()


def test_a_library_that_an_executable_would_have_to_find_first_leaves_the_shared_libpython() -> None:
    links = [{"name": "m", "system": True}, {"name": "z", "path_dynamic": "install/lib/libz.so.1"}]
    chosen = choose({**LIBRARY, **OBJECTS}, links=links)
    assert chosen.form.name == "library"
    assert [fault.where for fault in chosen.passed_over if "objs" not in fault.where] == [
        "build_info.core.links: z",
        "build_info.core.static_lib",
    ]
    static = [{"name": "z", "path_static": "build/lib/libz.a", "path_dynamic": "install/lib/libz.so.1"}]
    assert choose({**LIBRARY, **OBJECTS}, links=static).form.name == "objects"


@pytest.mark.parametrize(("form", "name"), [("llvm-bitcode:18.1.8", "objects"), ("llvm-bitcode:22", "objects"),
                                           ("llvm-bitcode:23.1", "library"), ("gcc-gimple", "library")])  # fmt: skip
def test_bitcode_of_a_newer_producer_than_the_linker_is_not_read(form: str, name: str) -> None:
    assert choose({**LIBRARY, **OBJECTS}, form=form).form.name == name


@pytest.mark.parametrize(
    ("core", "target", "about", "reasons"),
    [
        ({"objs": []}, GNU, {}, ["core.objs", "core.static_lib", "core.shared_lib"]),
        (LIBRARY, MUSL, {}, ["core.objs", "core.static_lib", "only glibc loads it from memory"]),
        (OBJECTS, GNU, {"form": "llvm-bitcode:99"}, ["N up to", "found 'llvm-bitcode:99'"]),
    ],
)
def test_what_has_nothing_to_link_is_refused_with_all_that_lacks(
    core: dict[str, Any], target: str, about: dict[str, Any], reasons: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        choose(core, target, **about)
    for reason in reasons:
        assert reason in str(caught.value)


def test_what_is_built_in_follows_the_form() -> None:
    made = dist.manifest()
    row = {"in_core": False, "init_fn": "PyInit_a", "links": [], "required": False, "variant": "default"}
    made["build_info"]["extensions"] = {
        "core": [{**row, "in_core": True, "objs": []}],
        "object": [{**row, "objs": ["build/a.o"]}],
        "both": [{**row, "objs": ["build/a.o"], "shared_lib": "install/lib/a.so"}],
        "told": [{**row, "objs": []}],
    }
    read = load(json.dumps(made).encode(), "PYTHON.json")
    objects, archive, library = (form.extensions(read, dynamic=True).keys() for form in FORMS)
    assert objects == {"core", "object"}
    assert archive == library == {"core", "object", "told"}
    assert FORMS[0].extensions(read, dynamic=False).keys() == {"core", "object", "both"}
