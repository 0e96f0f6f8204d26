"""What all bills of materials of pydist have in common: their form, and the number that belongs to their content.

Invariant: equal contents give equal bytes.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from pydist.manifest.record import BILL_PREFIX

__all__ = ["bill", "properties", "serialised", "sha256"]

# The name space of serial numbers; a serial number says nothing but which content it belongs to.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "pkg:pypi/pydist#docs/reference/sbom.md")


def bill(root: Component, components: Iterable[Component], version: str, moment: int) -> Bom:
    """The bill of `root`, written by this `version` of pydist, without dependencies. `moment` is in seconds
    since 1970."""
    url = PackageURL("pypi", None, "pydist", version)
    writer = Component(name="pydist", version=version, type=ComponentType.APPLICATION, purl=url)
    return Bom(
        serial_number=uuid.UUID(int=0),
        metadata=BomMetaData(
            component=root,
            timestamp=datetime.fromtimestamp(moment, UTC),
            lifecycles=[PredefinedLifecycle(LifecyclePhase.BUILD)],
            tools=ToolRepository(components=[writer]),
        ),
        components=components,
    )


def serialised(bom: Bom) -> bytes:
    """The document, with its serial number."""

    def text() -> str:
        # Written again: the library's order of keys is not part of its promises.
        return json.dumps(json.loads(JsonV1Dot6(bom).output_as_string()), indent=2, sort_keys=True) + "\n"

    bom.serial_number = uuid.uuid5(_NAMESPACE, text())
    return text().encode()


def sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def properties(values: Mapping[str, str]) -> list[Property]:
    """Properties of ours; without those that are empty."""
    return [Property(name=f"{BILL_PREFIX}{name}", value=value) for name, value in values.items() if value]
