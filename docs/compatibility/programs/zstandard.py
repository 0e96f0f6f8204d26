# /// script
# dependencies = ["zstandard"]
# ///
import zstandard

assert zstandard.decompress(zstandard.compress(b"x" * 9)) == b"x" * 9
