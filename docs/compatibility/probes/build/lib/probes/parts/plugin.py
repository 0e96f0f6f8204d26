"""Named by an entry point."""

__all__ = ["hello"]


def hello() -> str:
    """What the probe expects."""
    return "hello from the plugin"
