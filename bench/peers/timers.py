"""The `timers` cases for asyncio and uvloop: the same work as bench/cases/timers/aioloop.ts."""

import asyncio
import gc
import time

from clock import nanotime

PER_TURN = 1_000
TURNS = 20
MANY = 50_000
PENDING = 1_000_000
SPREAD = 400
FAR = 1.0
SHORTEST_MS = 1
LONGEST_MS = 80


def nothing():
    pass


def random_delays(count):
    """The delays of bench/cases/timers/random-delays.ts, in seconds."""
    state, delays = 12_345, []
    for _ in range(count):
        state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        delays.append((1 + int(state / 2**32 * 100)) / 1000)
    return delays


DELAYS = random_delays(MANY)


class Countdown:
    def __init__(self, clock):
        self.finished = asyncio.get_running_loop().create_future()
        self.left = MANY
        self.clock = clock
        self.started = clock()

    def fired(self):
        self.left -= 1
        if self.left == 0:
            self.finished.set_result(self.clock() - self.started)


async def start_cancel():
    call_later = asyncio.get_running_loop().call_later
    started = nanotime()
    for _ in range(TURNS):
        for _ in range(PER_TURN):
            call_later(FAR, nothing).cancel()
        await asyncio.sleep(0)
    return nanotime() - started


async def start_then_cancel():
    call_later = asyncio.get_running_loop().call_later
    started = nanotime()
    handles = [call_later(FAR, nothing) for _ in range(MANY)]
    for handle in handles:
        handle.cancel()
    await asyncio.sleep(0)
    return nanotime() - started


async def fire_same():
    call_later = asyncio.get_running_loop().call_later
    countdown = Countdown(nanotime)
    fired = countdown.fired
    for _ in range(MANY):
        call_later(0.001, fired)
    return await countdown.finished


async def fire_random():
    call_later = asyncio.get_running_loop().call_later
    countdown = Countdown(time.process_time_ns)
    fired = countdown.fired
    for delay in DELAYS:
        call_later(delay, fired)
    return await countdown.finished


def resident():
    gc.collect()
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("reading resident memory: no VmRSS in /proc/self/status")


async def pending(_ms):
    """Python's allocator tells nothing apart: all figures are the resident one."""
    call_later = asyncio.get_running_loop().call_later
    before = resident()
    for i in range(PENDING):
        call_later((PENDING + i) / 1000, nothing)
    each = (resident() - before) / PENDING
    return {"used": each, "rss": each, "heap": each}


async def lateness(_ms):
    loop = asyncio.get_running_loop()
    finished = loop.create_future()
    late = []

    def fired(begun, delay):
        late.append((time.perf_counter_ns() - begun) / 1e6 - delay)
        if len(late) == SPREAD:
            finished.set_result(None)

    for i in range(SPREAD):
        delay = SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * i / SPREAD
        loop.call_later(delay / 1000, fired, time.perf_counter_ns(), delay)
    await finished
    late.sort()
    early = sum(1 for value in late if value < 0)
    return {"early": 100 * early / SPREAD, "p50": late[SPREAD // 2], "p99": late[int(SPREAD * 0.99)]}


CASES = {
    "start-cancel": (PER_TURN * TURNS, start_cancel),
    "start-then-cancel": (MANY, start_then_cancel),
    "fire-same": (MANY, fire_same),
    "fire-random": (MANY, fire_random),
    "pending": pending,
    "lateness": lateness,
}
