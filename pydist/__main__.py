"""`python -m pydist`."""

import sys

from pydist.cli.main import main

sys.exit(main())
