"""A Python subject of the benchmarks: `serve.py LOOP SUITE CASE`, LOOP being asyncio or uvloop.

Speaks the line protocol of bench/harness/protocol.ts: one greeting, then an answer for each request. Requests are read
with a blocking read, so nothing of the harness lives on the loop that is measured. A suite is a module beside this one
with a dictionary CASES: name -> (operations per batch, coroutine function returning the nanoseconds they took), or
name -> coroutine function taking the milliseconds of the slice and returning a dictionary of figures, or raising
Missing (missing.py).
"""

import asyncio
import gc
import importlib
import json
import platform
import sys
import time

from missing import Missing


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def repeat(operations, batch, ms):
    """Nanoseconds per operation over as many batches as fit; a short first one only warms the caches."""
    gc.collect(0)
    end = time.perf_counter_ns() + ms * 1_000_000
    spent, done = await batch(), operations
    if spent < ms * 1_000_000 / 5:
        spent = done = 0
    while done == 0 or time.perf_counter_ns() < end:
        spent += await batch()
        done += operations
    return spent / done


async def answer(measurement, ms):
    if callable(measurement):
        return await measurement(ms)
    return {"ns": await repeat(*measurement, ms)}


async def serve(measurement):
    for line in iter(sys.stdin.readline, ""):
        try:
            say({"values": await answer(measurement, json.loads(line)["ms"])})
        except Missing as reason:
            say({"error": str(reason)})


def main():
    loop_name, suite, case = sys.argv[1:]
    measurement = importlib.import_module(suite).CASES[case]
    about = f"Python {platform.python_version()}"
    if loop_name == "uvloop":
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        about += f", uvloop {uvloop.__version__}"
    say({"about": about})
    asyncio.run(serve(measurement))


main()
