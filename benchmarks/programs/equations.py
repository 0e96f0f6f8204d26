"""Solves a small system of equations with numpy."""

# /// script
# dependencies = ["numpy"]
# ///

import numpy


def main() -> None:
    system = numpy.array([[3.0, 1.0], [1.0, 2.0]])
    print(numpy.linalg.solve(system, numpy.array([9.0, 8.0])))


if __name__ == "__main__":
    main()
