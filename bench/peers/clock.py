"""The clock of batches: wall clock, or processor time where the run asks for it (bench/harness/program.ts)."""

import os
import time

nanotime = time.process_time_ns if os.environ.get("AIOLOOP_BENCH_CLOCK") == "cpu" else time.perf_counter_ns
