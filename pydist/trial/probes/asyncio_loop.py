"""process.asyncio: an event loop with sockets, programs, threads and signals."""

from __future__ import annotations

import asyncio
import os
import signal

from pydist.trial.probes.say import TASK, done, expect


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"hello\n")
    expect("a socket", await reader.readline(), b"HELLO\n")
    writer.close()
    await writer.wait_closed()
    server.close()
    path = f"{TASK['folder']}/socket"
    if len(path) < 100:  # sun_path, unix(7)
        local = await asyncio.start_unix_server(echo, path)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"local\n")
        expect("a local socket", await reader.readline(), b"LOCAL\n")
        writer.close()
        local.close()
    program = await asyncio.create_subprocess_exec("/bin/sh", "-c", "echo ok; exit 3", stdout=asyncio.subprocess.PIPE)
    expect("a program", (await program.communicate())[0], b"ok\n")
    expect("its exit code", program.returncode, 3)
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, arrived.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(arrived.wait(), 30)
    expect("a thread", await asyncio.to_thread(sum, [1, 2, 3]), 6)
    found = await loop.getaddrinfo("localhost", 80)
    expect("localhost has an address", bool(found), True)


asyncio.run(main(), debug=False)
done()
