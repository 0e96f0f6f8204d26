"""CPython's own tests, as `python -m test` runs them. Guarded, because processes that the tests spawn import this."""

import sys

from test.libregrtest.main import main  # type: ignore[import-not-found]  # stubs have no tests

if __name__ == "__main__":
    sys.dont_write_bytecode = False  # applications write none; this is for the tests of writing it
    main()
