"""The `sync` cases for asyncio and uvloop: the same work as bench/cases/sync/aioloop.ts."""

import asyncio

from clock import nanotime

UNCONTENDED = 10_000
CROWD = 10
CROWD_HOLDS = 200
PERMITS = 10
PERMITS_TAKEN = 1_000
NOTIFIED = 2_000
LISTENERS = 10_000
HANDED_OVER = 2_000
IN_BULK = 10_000
QUEUE_SIZE = 100


async def free(primitive):
    started = nanotime()
    for _ in range(UNCONTENDED):
        await primitive.acquire()
        primitive.release()
    return nanotime() - started


async def lock_free():
    return await free(asyncio.Lock())


async def semaphore_free():
    return await free(asyncio.Semaphore(PERMITS))


async def crowd(one, count):
    started = nanotime()
    await asyncio.gather(*[asyncio.create_task(one()) for _ in range(count)])
    return nanotime() - started


async def lock_contended():
    lock = asyncio.Lock()

    async def holder():
        for _ in range(CROWD_HOLDS):
            await lock.acquire()
            await asyncio.sleep(0)
            lock.release()

    return await crowd(holder, CROWD)


async def semaphore_contended():
    semaphore = asyncio.Semaphore(PERMITS)

    async def holder():
        await semaphore.acquire()
        await asyncio.sleep(0)
        semaphore.release()

    return await crowd(holder, PERMITS_TAKEN)


async def condition():
    condition = asyncio.Condition()
    turn = 0

    async def taker(mine):
        nonlocal turn
        for _ in range(NOTIFIED // 2):
            await condition.acquire()
            while turn != mine:
                await condition.wait()
            turn = 1 - mine
            condition.notify()
            condition.release()

    started = nanotime()
    await asyncio.gather(asyncio.create_task(taker(0)), asyncio.create_task(taker(1)))
    return nanotime() - started


async def broadcast():
    event = asyncio.Event()
    listeners = [asyncio.create_task(event.wait()) for _ in range(LISTENERS)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    started = nanotime()
    event.set()
    await asyncio.gather(*listeners)
    return nanotime() - started


async def through(size, items):
    queue = asyncio.Queue(size)

    async def fill():
        for i in range(items):
            await queue.put(i)

    started = nanotime()
    filling = asyncio.create_task(fill())
    for _ in range(items):
        await queue.get()
    await filling
    return nanotime() - started


async def hand_over():
    return await through(1, HANDED_OVER)


async def bulk():
    return await through(QUEUE_SIZE, IN_BULK)


CASES = {
    "lock-free": (UNCONTENDED, lock_free),
    "lock-contended": (CROWD * CROWD_HOLDS, lock_contended),
    "semaphore-free": (UNCONTENDED, semaphore_free),
    "semaphore-contended": (PERMITS_TAKEN, semaphore_contended),
    "condition": (NOTIFIED, condition),
    "event-10000": (LISTENERS, broadcast),
    "queue-hand-over": (HANDED_OVER, hand_over),
    "queue-bulk": (IN_BULK, bulk),
    "channel": (HANDED_OVER, hand_over),
}
