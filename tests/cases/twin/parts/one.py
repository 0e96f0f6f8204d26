"""A module."""

NAMES = ["a", "b"]


def function():
    return [number * 2 for number in range(3)]


class Class:
    def method(self):
        return "method"
