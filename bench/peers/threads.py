"""The `threads` cases for asyncio and uvloop: `call_soon_threadsafe` between a loop here and one in another thread."""

import asyncio
import threading

from clock import nanotime

HOPS = 500
POSTS = 10_000


class Other:
    """A loop in a thread of its own."""

    def __init__(self):
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True).start()
        ready.wait()

    async def serve(self, ready):
        self.loop = asyncio.get_running_loop()
        ready.set()
        await self.loop.create_future()


class Counted:
    def __init__(self, times):
        self.loop = asyncio.get_running_loop()
        self.finished = self.loop.create_future()
        self.left = times
        self.started = nanotime()

    def hop(self):
        self.left -= 1
        if self.left == 0:
            self.finished.set_result(nanotime() - self.started)
        else:
            other().loop.call_soon_threadsafe(self.hop_there)

    def hop_there(self):
        self.loop.call_soon_threadsafe(self.hop)

    def count(self, _n):
        self.left -= 1
        if self.left == 0:
            self.finished.set_result(nanotime() - self.started)

    def burst_there(self):
        for n in range(POSTS):
            self.loop.call_soon_threadsafe(self.count, n)


made = []


def other():
    if not made:
        made.append(Other())
    return made[0]


async def wakeup():
    other()
    work = Counted(HOPS)
    other().loop.call_soon_threadsafe(work.hop_there)
    return await work.finished


async def rate():
    other()
    work = Counted(POSTS)
    other().loop.call_soon_threadsafe(work.burst_there)
    return await work.finished


CASES = {"wakeup": (HOPS, wakeup), "rate": (POSTS, rate)}
