"""The `executors` cases for asyncio and uvloop: `run_in_executor` on a ThreadPoolExecutor with a thread for each core."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor

from clock import nanotime

WORKERS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
ROUND_TRIPS = 200
JOBS = 10_000
BLOCK_BYTES = 10_000_000
BLOCK_TRIPS = 50
STEPS = 1_000_000  # of Python: about as long

POOL = ThreadPoolExecutor(WORKERS)


def empty():
    return 1


def back(block):
    return block


def compute(steps):
    x = 1
    for _ in range(steps):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
    return x


async def round_trips():
    loop = asyncio.get_running_loop()
    started = nanotime()
    for _ in range(ROUND_TRIPS):
        await loop.run_in_executor(POOL, empty)
    return nanotime() - started


async def throughput():
    loop = asyncio.get_running_loop()
    started = nanotime()
    await asyncio.gather(*[loop.run_in_executor(POOL, empty) for _ in range(JOBS)])
    return nanotime() - started


BLOCK = bytearray(BLOCK_BYTES)


async def moves():
    loop = asyncio.get_running_loop()
    block = BLOCK
    started = nanotime()
    for _ in range(BLOCK_TRIPS):
        block = await loop.run_in_executor(POOL, back, block)
    return nanotime() - started


async def cores(_ms):
    loop = asyncio.get_running_loop()
    started = time.perf_counter_ns()
    await loop.run_in_executor(POOL, compute, STEPS)
    alone = time.perf_counter_ns() - started
    begun = time.perf_counter_ns()
    await asyncio.gather(*[loop.run_in_executor(POOL, compute, STEPS) for _ in range(WORKERS)])
    together = time.perf_counter_ns() - begun
    return {"ms": together / 1e6, "stretch": together / alone}


async def start():
    loop = asyncio.get_running_loop()
    started = nanotime()
    pool = ThreadPoolExecutor(WORKERS)
    await asyncio.gather(*[loop.run_in_executor(pool, empty) for _ in range(WORKERS)])
    spent = nanotime() - started
    pool.shutdown()
    return spent


CASES = {
    "round-trip": (ROUND_TRIPS, round_trips),
    "throughput": (JOBS, throughput),
    "move-10-mb": (BLOCK_TRIPS, moves),
    "cores": cores,
    "start": (1, start),
}
