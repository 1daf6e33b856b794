"""The `start` cases in Python: whole processes, as bench/cases/start/process-life.ts times them for Node."""

import asyncio
import statistics
import subprocess
import sys
import time

IMPORTS = {"asyncio": "import asyncio", "uvloop": "import asyncio, uvloop"}
MAINS = {
    "asyncio": "async def main(): pass\nasyncio.run(main())",
    "uvloop": "async def main(): pass\nwith asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner: runner.run(main())",
}
LOOP = sys.argv[1]


def life(source):
    started = time.perf_counter_ns()
    subprocess.run([sys.executable, "-c", source], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (time.perf_counter_ns() - started) / 1e6


def lives(source):
    async def measure(ms):
        end = time.perf_counter_ns() + ms * 1_000_000
        found = [life(source)]
        while time.perf_counter_ns() < end:
            found.append(life(source))
        return {"ms": statistics.median_high(found)}

    return measure


CASES = {
    "import": lives(IMPORTS[LOOP]),
    "empty-main": lives(f"{IMPORTS[LOOP]}\n{MAINS[LOOP]}"),
}
