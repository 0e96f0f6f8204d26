"""What an application consists of, as a CycloneDX bill of materials.

Invariant: that of `pydist.manifest.bill`; it says what the image says of itself, so that the bill of a finished
application is the one that was written when it was linked.
"""

from __future__ import annotations

from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from packageurl import PackageURL

from pydist.archive.write import DEFAULT_MTIME
from pydist.link.licences import canonical
from pydist.link.names import normalise
from pydist.link.report import Contents, InterpreterFacts, LibraryFacts, PackageFacts
from pydist.manifest.bill import bill, properties, serialised, sha256

__all__ = ["bill_of_materials"]


def bill_of_materials(contents: Contents) -> bytes:
    """The document for the application that has these `contents`."""
    own = next((item for item in contents.packages if normalise(item.name) == normalise(contents.name)), None)
    root = Component(
        name=contents.name,
        version=own.version if own else None,
        type=ComponentType.APPLICATION,
        bom_ref=f"application:{contents.name}",
        properties=properties({"entry": contents.entry}),
    )
    interpreter = _interpreter(contents.interpreter)
    libraries = [_library(item, number) for number, item in enumerate(contents.interpreter.libraries)]
    packages = [_package(item) for item in contents.packages]
    document = bill(root, [interpreter, *libraries, *packages], contents.pydist, DEFAULT_MTIME)
    document.register_dependency(root, [interpreter, *packages])
    document.register_dependency(interpreter, libraries)
    return serialised(document)


def _licences(text: str) -> list[LicenseExpression | DisjunctiveLicense]:
    if expression := canonical(text):
        return [LicenseExpression(expression)]
    return [DisjunctiveLicense(name=name) for name in text.split("; ") if name]


def _interpreter(facts: InterpreterFacts) -> Component:
    about = {"target": facts.target_triple, "options": facts.build_options}
    return Component(
        name=facts.implementation,
        version=facts.version,
        type=ComponentType.PLATFORM,
        bom_ref="interpreter",
        scope=ComponentScope.REQUIRED,
        description="The distribution that the application was linked with",
        purl=PackageURL("generic", None, facts.implementation, facts.version, about),
        properties=properties({**about, "distribution": facts.distribution or ""}),
    )


def _library(facts: LibraryFacts, number: int) -> Component:
    return Component(
        name=facts.name,
        version=facts.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=f"library:{number}:{facts.name}",
        scope=ComponentScope.REQUIRED,
        description=facts.description or None,
        licenses=_licences(facts.license),
        purl=PackageURL.from_string(facts.purl) if facts.purl else None,
        properties=properties({"license-texts": " ".join(facts.license_texts)}),
    )


def _package(facts: PackageFacts) -> Component:
    # A project has the name that its author gave it; on the registry that may be another's.
    published = facts.origin != "project"
    return Component(
        name=facts.name,
        version=facts.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"package:{normalise(facts.name)}",
        scope=ComponentScope.REQUIRED,
        description=facts.summary or None,
        hashes=[sha256(facts.sha256)],
        licenses=_licences(facts.license),
        purl=PackageURL("pypi", None, normalise(facts.name), facts.version) if published else None,
        properties=properties({"wheel": facts.file, "origin": facts.origin, "without-native": facts.without_native,
                               "license-texts": " ".join(facts.license_texts)}),
    )  # fmt: skip
