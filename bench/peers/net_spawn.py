"""The case `spawn` for asyncio and uvloop: child processes that do nothing, one after the other."""

import asyncio
import os
import time

from missing import Missing
from net_load import spent


async def spawn(ms):
    program = next(filter(os.path.exists, ("/bin/true", "/usr/bin/true")), None)
    if program is None:
        raise Missing("not available: this system has no program true")
    before = spent()
    begun = time.perf_counter_ns()
    count = took = 0
    while took < ms * 1_000_000:
        process = await asyncio.create_subprocess_exec(program)
        await process.wait()
        count += 1
        took = time.perf_counter_ns() - begun
    return {"cpu": (spent() - before) / count / 1000, "rate": count / (took / 1e9)}
