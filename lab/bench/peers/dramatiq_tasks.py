"""A Dramatiq application: URL and QUEUE by environment."""

import os

import dramatiq
import work as bench
from dramatiq.brokers.rabbitmq import RabbitmqBroker


class Broker(RabbitmqBroker):
    """Takes the work queue as it is; Dramatiq would declare a classic one."""

    def _declare_queue(self, queue_name):
        return self.channel.queue_declare(queue=queue_name, passive=True)


dramatiq.set_broker(Broker(url=os.environ["URL"]))


@dramatiq.actor(queue_name=os.environ["QUEUE"])
def work(type, ms, id):
    bench.do(type, ms, id)
