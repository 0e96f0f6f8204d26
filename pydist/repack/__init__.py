"""Another archive of the same distribution: less of it, in another format, or set right."""

from pydist.repack.repack import Request, check_request, repack
from pydist.repack.report import RepackReport

__all__ = ["RepackReport", "Request", "check_request", "repack"]
