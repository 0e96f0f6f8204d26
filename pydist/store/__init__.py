"""The content-addressed store: results named by the digest of everything that can change them."""

from pydist.store.key import Key, digest_file, digest_tree
from pydist.store.store import Node, Store

__all__ = ["Key", "Node", "Store", "digest_file", "digest_tree"]
