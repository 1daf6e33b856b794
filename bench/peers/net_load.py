"""The loads of the `net` cases for asyncio and uvloop: what bench/cases/net/load-process.ts and load-cases.ts are for Node."""

import asyncio
import glob
import json
import os
import re
import resource
import shutil
import subprocess

from missing import Missing

PEERS = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(PEERS, "..", "..", ".cache", "bench")
SHORTEST_SLICE_MS = 100
SERVERS, LOADS_CORE = "0", "1"
LIBRARIES = {"tls-load": ["-lssl", "-lcrypto"]}
MIB = 1024**2

with open(os.path.join(PEERS, "net-loads.json"), encoding="utf-8") as file:
    LOADS = json.load(file)


def spent():
    """Nanoseconds of processor time of this process so far, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e9


def compiled(name):
    built = os.path.join(BUILT, name)
    sources = [os.path.join(PEERS, f"{name}.c"), *glob.glob(os.path.join(PEERS, "*.h"))]
    if os.path.exists(built) and os.path.getmtime(built) > max(map(os.path.getmtime, sources)):
        return built
    os.makedirs(BUILT, exist_ok=True)
    fresh = f"{built}.{os.getpid()}"
    command = ["cc", "-O2", "-o", fresh, sources[0], *LIBRARIES.get(name, [])]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise Missing(f"not available: {error}") from error
    except subprocess.CalledProcessError as error:
        found = re.search(r"((fatal )?error:|cannot find).*", error.stderr)
        raise Missing(f"not available: {found[0] if found else 'cc failed'}") from error
    os.replace(fresh, built)
    return built


APART = os.cpu_count() > 1 and shutil.which("taskset") is not None


def on_core(core, *command):
    return ["taskset", "-c", core, *command] if APART else list(command)


def stay_on_servers_core():
    if APART:
        os.sched_setaffinity(0, {int(SERVERS)})


class Load:
    """One load in a process of its own."""

    @classmethod
    async def start(cls, program, *arguments):
        load = cls()
        load.process = await asyncio.create_subprocess_exec(
            *on_core(LOADS_CORE, compiled(program), *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return load

    async def slice(self, address, load, ms):
        words = (address, load["connections"], load["size"], load["depth"], ms)
        self.process.stdin.write(f"{' '.join(map(str, words))}\n".encode())
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("the load ended before its slice did")
        return map(int, line.split())


def figures_of(load, count, took, p50, p99, cpu):
    if count == 0:
        raise RuntimeError("the load made no requests")
    if load["serves"] == "echo":
        return {"cpu": cpu / count / 1000, "p50": p50 / 1000, "p99": p99 / 1000}
    return {"cpu": cpu / (count / MIB) / 1000, "rate": count / MIB / (took / 1e9)}


def measurement(load, serve):
    """`serve` is a coroutine function that takes the load and gives the address of a server."""
    started = []

    async def measure(ms):
        if not started:
            arguments = [load["serves"]] if load["load"] == "bulk-load" else []
            process = await Load.start(load["load"], *arguments)
            started.extend((process, await serve(load)))
            stay_on_servers_core()
        process, address = started
        before = spent()
        result = await process.slice(address, load, max(ms, SHORTEST_SLICE_MS))
        return figures_of(load, *result, spent() - before)

    return measure
