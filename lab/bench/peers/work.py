"""What a task does, for Celery and Dramatiq: the same as Warren's types nothing, hold and sleep."""

import json
import os
import time

factor = float(os.environ.get("FACTOR", "1"))


def do(type, ms, id):
    if type == "nothing":
        return
    if type == "stamp":
        waited = json.dumps({"waitedUs": time.monotonic_ns() // 1000 - id})
        os.write(1, f"{waited}\n".encode())
        return
    started = time.time()
    time.sleep(ms / 1000 * (factor if type == "sleep" else 1))
    if type == "sleep":
        at = {"startedAt": round(started * 1000), "durationMs": round((time.time() - started) * 1000)}
        line = json.dumps({"msg": "task", "id": id, **at})
        # in one go, since threads and processes write to the same file
        os.write(1, f"{line}\n".encode())
