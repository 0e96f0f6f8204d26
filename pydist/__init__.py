"""pydist: standalone CPython distributions, and applications linked with them into one file.

The verbs of the command line are functions: `pydist.build.build`, `pydist.validate.validate`, `pydist.link.link`.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
