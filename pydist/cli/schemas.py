"""The JSON documents that pydist reads and writes below the command line, by the file name of their schema.

Invariant: the files in `schema/` are made from these classes (`make gen`); a test compares them.
"""

from __future__ import annotations

from pydist.adopt.report import AdoptReport
from pydist.build.report import BuildReport, RebuildReport
from pydist.cli import cache, doctor, index
from pydist.diff.report import DiffReport
from pydist.examine.checks import Checks
from pydist.examine.report import Report as TestReport
from pydist.fetch.report import FetchReport
from pydist.link.report import InspectReport, LinkReport
from pydist.manifest.compact import Compact
from pydist.manifest.record import BuildRecord
from pydist.manifest.versions import NEWEST, document_class
from pydist.repack.report import RepackReport
from pydist.validate.report import Reports
from pydist.validate.rules import Rules

__all__ = ["DOCUMENTS"]

DOCUMENTS: dict[str, type] = {
    "adopt-report-1.schema.json": AdoptReport,
    "build-report-1.schema.json": BuildReport,
    "cache-report-1.schema.json": cache.Report,
    "diff-report-1.schema.json": DiffReport,
    "doctor-report-1.schema.json": doctor.Report,
    "fetch-report-1.schema.json": FetchReport,
    "index-report-1.schema.json": index.IndexReport,
    "inspect-report-1.schema.json": InspectReport,
    "link-report-1.schema.json": LinkReport,
    **{f"python-json-{version}.schema.json": document_class(version) for version in range(NEWEST + 1)},
    "pydist-json-1.schema.json": BuildRecord,
    "python-json-compact-1.schema.json": Compact,
    "rebuild-report-1.schema.json": RebuildReport,
    "repack-report-1.schema.json": RepackReport,
    "test-checks-1.schema.json": Checks,
    "test-report-1.schema.json": TestReport,
    "validate-report-1.schema.json": Reports,
    "validate-rules-1.schema.json": Rules,
}
