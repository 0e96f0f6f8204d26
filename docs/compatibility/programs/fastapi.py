# /// script
# dependencies = ["fastapi", "uvicorn", "httpx"]
# ///
import threading
import time

import httpx
import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/double/{number}")
def double(number: int) -> dict[str, int]:
    return {"result": number * 2}


server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.01)
port = server.servers[0].sockets[0].getsockname()[1]
assert httpx.get(f"http://127.0.0.1:{port}/double/21").json() == {"result": 42}
server.should_exit = True
