# /// script
# dependencies = ["pymongo"]
# ///
import bson

assert bson.decode(bson.encode({"a": 1})) == {"a": 1}
