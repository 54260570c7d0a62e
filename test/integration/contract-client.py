"""Sends tasks with the client that was generated from GET /openapi.json: python contract-client.py <endpoint>."""

import json
import sys

from queue_client import Client
from queue_client.api.default import get_queue, get_task, send_tasks
from queue_client.models import Batch, PayloadDigest, PayloadSleep, TaskDigest, TaskSleep

client = Client(base_url=sys.argv[1])
sleep = TaskSleep(type_="sleep", payload=PayloadSleep(ms=1), id="one", priority=9)
one = send_tasks.sync_detailed(client=client, body=sleep)
digest = TaskDigest(type_="digest", payload=PayloadDigest(), unique="key")
many = send_tasks.sync_detailed(client=client, body=Batch(tasks=[digest, digest]))
wrong = send_tasks.sync_detailed(client=client, body=TaskSleep(type_="sleep", payload=PayloadSleep(ms=-1)))
print(
    json.dumps(
        {
            "statuses": [one.status_code, many.status_code, wrong.status_code],
            "ids": one.parsed.ids,
            "same": len(many.parsed.ids) == 2 and len(set(many.parsed.ids)) == 1,
            "path": wrong.parsed.errors[0].path,
            "ready": get_queue.sync(client=client).ready,
            "state": get_task.sync("one", client=client).state,
        }
    )
)
