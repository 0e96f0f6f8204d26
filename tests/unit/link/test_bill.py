"""An application's bill of materials is valid, says what the image says, and depends on nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from pydist.link.bill import bill_of_materials
from tests.support.contents import CONTENTS


def test_the_bill_is_valid_and_the_same_each_time() -> None:
    data = bill_of_materials(CONTENTS)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode()) is None
    assert bill_of_materials(CONTENTS) == data
    assert bill_of_materials(replace(CONTENTS, modules=2)) == data
    assert bill_of_materials(replace(CONTENTS, pydist="0.2.0")) != data


def test_the_bill_names_all_that_is_inside() -> None:
    bill = json.loads(bill_of_materials(CONTENTS))
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"], root["type"]) == ("app", "3", "application")
    rows = {row["bom-ref"]: row for row in bill["components"]}
    assert rows.keys() == {
        "interpreter", "library:0:musl", "library:1:musl", "library:2:odd", "package:app", "package:my-pkg"
    }  # fmt: skip
    assert rows["package:my-pkg"]["purl"] == "pkg:pypi/my-pkg@1.2"
    assert rows["package:my-pkg"]["licenses"] == [{"expression": "MIT"}]
    assert {"name": "pydist:license-texts", "value": "lib/LICENSE"} in rows["package:my-pkg"]["properties"]
    assert rows["library:2:odd"]["licenses"] == [{"license": {"name": "Whatever"}}]
    assert [row["license"]["name"] for row in rows["package:app"]["licenses"]] == ["BSD License", "Something odd"]


def test_a_project_is_no_package_of_the_registry() -> None:
    bill = json.loads(bill_of_materials(CONTENTS))
    assert "purl" not in next(row for row in bill["components"] if row["bom-ref"] == "package:app")
