"""The command line."""

from __future__ import annotations

import click

from elements.formula import FormulaError, molar_mass
from elements.table import table

__all__ = ["main"]


@click.group()
@click.version_option(package_name="elements")
def main() -> None:
    """The chemical elements, and the molar mass of a formula."""


@main.command()
@click.argument("symbol")
def show(symbol: str) -> None:
    """Show one element, by its SYMBOL."""
    element = table().get(symbol)
    if element is None:
        raise click.BadParameter(f"there is no element {symbol!r}", param_hint="SYMBOL")
    click.echo(f"{element.number:>3}  {element.symbol:<2}  {element.name}  {element.weight} g/mol")


@main.command()
@click.argument("formula")
def mass(formula: str) -> None:
    """Compute the molar mass of a FORMULA such as 'Ca(OH)2'."""
    try:
        click.echo(f"{formula}  {molar_mass(formula):.3f} g/mol")
    except FormulaError as error:
        raise click.BadParameter(str(error), param_hint="FORMULA") from None
