"""The case `idle` for asyncio and uvloop; see bench/cases/net/idle.ts. Python's allocator tells nothing apart: all figures
are the resident one."""

import gc
import re
import resource

from missing import Missing
from net_load import LOADS, Load

OTHERS = 100


def resident():
    gc.collect()
    with open("/proc/self/status", encoding="ascii") as status:
        return int(re.search(r"^VmRSS:\s+(\d+) kB$", status.read(), re.MULTILINE)[1]) * 1024


def raise_limit(wanted):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise Missing(f"needs {wanted} open files, the limit is {hard}: ulimit -n {wanted}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def idle(serve):
    load = LOADS["idle"]

    async def measure(_ms):
        raise_limit(load["connections"] + OTHERS)
        half = {**load, "connections": load["connections"] // 2}
        loads = [await Load.start(load["load"]) for _ in range(2)]
        address = await serve(load)
        await loads[0].slice(address, half, 0)
        before = resident()
        await loads[1].slice(address, half, 0)
        each = (resident() - before) / half["connections"]
        return {"used": each, "rss": each, "heap": each}

    return measure
