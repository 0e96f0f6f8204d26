"""A distribution is tried out: what `pydist test` and `pydist validate` share.

Its programs are started, and what they say is judged.

Invariant: whatever the programs say or do, a trial ends with an `Outcome`; nothing is written outside of the folder
that a `Subject` has to write into.
"""
