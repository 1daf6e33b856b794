"""The `schedule` cases for asyncio and uvloop: the same work as bench/cases/schedule/aioloop.ts."""

import asyncio

from clock import nanotime

BURST = 1_000
BURSTS = 20
HOPS = 10_000


class Burst:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.finished = self.loop.create_future()
        self.rounds = BURSTS
        self.left = 0
        self.started = 0

    def begin(self):
        self.started = nanotime()
        self.next_burst()

    def next_burst(self):
        if self.rounds == 0:
            self.finished.set_result(nanotime() - self.started)
            return
        self.rounds -= 1
        self.left = BURST
        call_soon, tick = self.loop.call_soon, self.tick
        for _ in range(BURST):
            call_soon(tick)

    def tick(self):
        self.left -= 1
        if self.left == 0:
            self.next_burst()


class Chain:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.finished = self.loop.create_future()
        self.left = HOPS
        self.started = 0

    def begin(self):
        self.started = nanotime()
        self.hop()

    def hop(self):
        if self.left == 0:
            self.finished.set_result(nanotime() - self.started)
            return
        self.left -= 1
        self.loop.call_soon(self.hop)


async def burst():
    work = Burst()
    work.loop.call_soon(work.begin)
    return await work.finished


async def chain():
    work = Chain()
    work.loop.call_soon(work.begin)
    return await work.finished


CASES = {"burst": (BURST * BURSTS, burst), "chain": (HOPS, chain)}
