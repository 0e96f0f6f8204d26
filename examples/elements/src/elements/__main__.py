"""`python -m elements`."""

from elements.cli import main

main()
