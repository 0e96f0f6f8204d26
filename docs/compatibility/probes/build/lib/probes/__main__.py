"""`python -m probes`."""

from probes.main import main

if __name__ == "__main__":
    main()
