"""The shortest loop with pika: URL, QUEUE and SLOTS by environment; a channel per slot, prefetch 1."""

import os

import pika

connection = pika.BlockingConnection(pika.URLParameters(os.environ["URL"]))


def work(channel, method, properties, body):
    channel.basic_ack(method.delivery_tag)


for _ in range(int(os.environ["SLOTS"])):
    channel = connection.channel()
    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(os.environ["QUEUE"], work)
channel.start_consuming()
