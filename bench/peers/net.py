"""The `net` cases for asyncio and uvloop: echo servers by protocol and by streams, under the load of echo-load.c."""

import asyncio
import os
import resource
import subprocess

PEERS = os.path.dirname(os.path.abspath(__file__))
LOAD = os.path.join(os.getcwd(), ".cache", "bench", "echo-load")
SHORTEST_SLICE_MS = 100

LOADS = {
    "echo-1k": (50, 1024),
    "echo-10k": (50, 10_240),
    "echo-64k": (50, 65_536),
    "echo-1k-1000": (1000, 1024),
    "connect": (1, 0),
}


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def echo(reader, writer):
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def by_protocol():
    loop = asyncio.get_running_loop()
    return await loop.create_server(Echo, "127.0.0.1", 0, backlog=1024)


async def by_streams():
    return await asyncio.start_server(echo, "127.0.0.1", 0, backlog=1024)


def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e6


def compile_load():
    if os.path.exists(LOAD):
        return
    os.makedirs(os.path.dirname(LOAD), exist_ok=True)
    subprocess.run(["cc", "-O2", "-o", LOAD, os.path.join(PEERS, "echo-load.c")], check=True)


def on_core(core, *command):
    return ["taskset", "-c", str(core), *command] if os.cpu_count() > 1 else list(command)


def measurement(serve, connections, size):
    state = {}

    async def measure(ms):
        if not state:
            compile_load()
            if os.cpu_count() > 1:
                os.sched_setaffinity(0, {0})
            state["server"] = await serve()
            state["load"] = await asyncio.create_subprocess_exec(
                *on_core(1, LOAD), stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        port = state["server"].sockets[0].getsockname()[1]
        before = spent()
        load = state["load"]
        load.stdin.write(f"{port} {connections} {size} {max(ms, SHORTEST_SLICE_MS)}\n".encode())
        line = await load.stdout.readline()
        requests, _, p50, p99 = map(int, line.split())
        return {"cpu": (spent() - before) / requests, "p50": p50 / 1000, "p99": p99 / 1000}

    return measure


CASES = {
    f"{case}:{form}": measurement(serve, *load)
    for case, load in LOADS.items()
    for form, serve in (("protocol", by_protocol), ("streams", by_streams))
}
