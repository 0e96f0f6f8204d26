"""In place of an extension module that a static executable cannot load.

CPython skips whole files of tests without it, and few of those tests need what is in it.
"""
