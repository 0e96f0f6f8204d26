# /// script
# dependencies = ["pydantic"]
# ///
from pydantic import BaseModel


class Thing(BaseModel):
    size: int


assert Thing(size="3").size == 3
assert Thing.model_json_schema()["type"] == "object"
