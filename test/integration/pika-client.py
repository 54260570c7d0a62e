"""Publishes or reads tasks as any AMQP client would. Reads { url, queue, publish: [...] or take: n } from stdin."""

import json
import sys

import pika

request = json.load(sys.stdin)
connection = pika.BlockingConnection(pika.URLParameters(request["url"]))
channel = connection.channel()
queue = request["queue"]

if "publish" in request:
    channel.confirm_delivery()
    for task in request["publish"]:
        properties = pika.BasicProperties(**task["properties"])
        channel.basic_publish(queue, queue, task["body"].encode(), properties, mandatory=True)
    print("null")
else:
    taken = []
    for _ in range(request["take"]):
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        known = {name: value for name, value in vars(properties).items() if value is not None}
        taken.append({"properties": known, "body": body.decode(), "redelivered": method.redelivered})
    print(json.dumps(taken))

connection.close()
