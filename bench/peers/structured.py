"""The `structured` cases for asyncio and uvloop: the same work as bench/cases/structured/aioloop.ts."""

import asyncio

from clock import nanotime

GROUPS_OF_1 = 1_000
GROUPS_OF_100 = 20
HUNDRED = 100
TEN_THOUSAND = 10_000
IN_TIME = 2_000
TOO_LATE = 200
CHAINS = 100
DEPTH = 50
FAR = 100.0


async def yield_once():
    await asyncio.sleep(0)


async def groups(children, repetitions):
    started = nanotime()
    for _ in range(repetitions):
        async with asyncio.TaskGroup() as group:
            for _ in range(children):
                group.create_task(yield_once())
    return nanotime() - started


async def ready():
    return 1


async def in_time():
    started = nanotime()
    for _ in range(IN_TIME):
        async with asyncio.timeout(FAR):
            await ready()
    return nanotime() - started


async def too_late():
    started = nanotime()
    for _ in range(TOO_LATE):
        try:
            async with asyncio.timeout(0):
                await asyncio.sleep(FAR)
        except TimeoutError:
            pass
    return nanotime() - started


async def deep(depth):
    if depth == 0:
        await asyncio.sleep(FAR)
    else:
        await deep(depth - 1)


async def cancel_chains():
    started = nanotime()
    for _ in range(CHAINS):
        task = asyncio.create_task(deep(DEPTH))
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
    return nanotime() - started


CASES = {
    "group-1": (GROUPS_OF_1, lambda: groups(1, GROUPS_OF_1)),
    "group-100": (HUNDRED * GROUPS_OF_100, lambda: groups(HUNDRED, GROUPS_OF_100)),
    "group-10000": (TEN_THOUSAND, lambda: groups(TEN_THOUSAND, 1)),
    "timeout-ready": (IN_TIME, in_time),
    "timeout-fires": (TOO_LATE, too_late),
    "cancel-deep": (CHAINS, cancel_chains),
}
