"""One module per family of rules. A family is a pure function from facts to findings; it opens nothing."""
