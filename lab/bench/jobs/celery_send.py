"""Sends tasks slowly to an idle Celery worker: URL and QUEUE by environment, how many as argument."""

import random
import sys
import time

from celery_tasks import bench_work

for _ in range(int(sys.argv[1])):
    time.sleep(0.02 + 0.02 * random.random())
    bench_work.delay("stamp", 0, time.monotonic_ns() // 1000)
