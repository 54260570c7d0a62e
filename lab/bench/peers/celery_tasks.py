"""A Celery application: URL, QUEUE and, for its best setting instead of its defaults, FAIR by environment."""

import os

import work
from celery import Celery
from kombu import Exchange, Queue

name = os.environ["QUEUE"]
app = Celery("bench", broker=os.environ["URL"])
app.conf.task_queues = [
    # the queue is there; that it is a quorum queue Celery has to be told
    Queue(name, Exchange(name, no_declare=True), routing_key=name, no_declare=True,
          queue_arguments={"x-queue-type": "quorum"})
]
app.conf.task_default_queue = name
app.conf.task_ignore_result = True
app.conf.worker_redirect_stdouts = False
if "FAIR" in os.environ:
    # https://docs.celeryq.dev/en/stable/userguide/optimizing.html#reserve-one-task-at-a-time
    app.conf.task_acks_late = True
    app.conf.worker_prefetch_multiplier = 1
    app.conf.worker_disable_rate_limits = True
    app.conf.worker_enable_remote_control = False


@app.task(name="bench.work")
def bench_work(type, ms, id):
    work.do(type, ms, id)
