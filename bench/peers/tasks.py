"""The `tasks` cases for asyncio and uvloop: the same work as bench/cases/tasks/aioloop.ts."""

import asyncio

from clock import nanotime

STEPS = 1_000
CHILDREN = 10_000
CANCELS = 300
FAR = 100.0


async def child():
    return 1


async def spawn_await():
    started = nanotime()
    for _ in range(STEPS):
        await asyncio.create_task(child())
    return nanotime() - started


async def yield_often():
    started = nanotime()
    for _ in range(STEPS):
        await asyncio.sleep(0)
    return nanotime() - started


async def level1():
    return await level2()


async def level2():
    return await level3()


async def level3():
    return await level4()


async def level4():
    return await level5()


async def level5():
    return await level6()


async def level6():
    return await level7()


async def level7():
    return await level8()


async def level8():
    return await level9()


async def level9():
    return await level10()


async def level10():
    return 1


async def await_chain():
    started = nanotime()
    for _ in range(STEPS):
        await level1()
    return nanotime() - started


async def yield_once():
    await asyncio.sleep(0)
    return 1


async def gather_many():
    started = nanotime()
    await asyncio.gather(*[asyncio.create_task(yield_once()) for _ in range(CHILDREN)])
    return nanotime() - started


async def sleeper():
    await asyncio.sleep(FAR)


async def cancel_many():
    sleepers = [asyncio.create_task(sleeper()) for _ in range(CHILDREN)]
    await asyncio.sleep(0.001)
    started = nanotime()
    for task in sleepers:
        task.cancel()
    await asyncio.gather(*sleepers, return_exceptions=True)
    return nanotime() - started


async def cancel_one():
    started = nanotime()
    for _ in range(CANCELS):
        task = asyncio.create_task(sleeper())
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
    return nanotime() - started


CASES = {
    "spawn-await": (STEPS, spawn_await),
    "sleep-0": (STEPS, yield_often),
    "await-chain": (STEPS, await_chain),
    "gather-10000": (CHILDREN, gather_many),
    "cancel-10000": (CHILDREN, cancel_many),
    "cancel-sleeping": (CANCELS, cancel_one),
}
