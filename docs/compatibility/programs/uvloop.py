# /// script
# dependencies = ["uvloop"]
# ///
import asyncio
import contextlib

import uvloop


async def main():
    child = await asyncio.create_subprocess_exec("echo", "hi", stdout=asyncio.subprocess.PIPE)
    assert (await child.communicate())[0] == b"hi\n"


with contextlib.suppress(FileNotFoundError):  # there is no echo where there is nothing else
    uvloop.run(main())
