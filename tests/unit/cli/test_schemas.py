"""The published schemas are those of the classes."""

from __future__ import annotations

import json

import jsonschema
import pytest

from pydist.cli.schemas import DOCUMENTS
from pydist.manifest.schema import schema_of
from pydist.policy import resources


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_file_is_what_the_class_generates(name: str) -> None:
    published = json.loads((resources.schema() / name).read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(schema_of(DOCUMENTS[name], name))), "run `make gen`"
    jsonschema.Draft202012Validator.check_schema(published)
