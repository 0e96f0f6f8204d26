# /// script
# dependencies = ["orjson"]
# ///
import orjson

assert orjson.loads(orjson.dumps({"a": [1, 2]})) == {"a": [1, 2]}
