"""The chemical elements, and the molar mass of a formula."""

from elements.formula import FormulaError, molar_mass
from elements.table import Element, table

__all__ = ["Element", "FormulaError", "molar_mass", "table"]
