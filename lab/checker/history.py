"""Reads the history of a run: README.md says what stands in it."""

import json
from collections import defaultdict
from typing import NamedTuple

# so long an acknowledgement may be on its way, in milliseconds
ON_ITS_WAY = 1000


class Fault(NamedTuple):
    kind: str
    start: float
    end: float
    touched: object

    def met(self, name, start, end):
        """Whether it touched this worker or producer in this time."""
        return self.start <= end and self.end >= start and (self.touched == "all" or name in self.touched)


class Try:
    """One time that a handler ran a task."""

    def __init__(self, by, begun):
        self.by = by
        self.begun = begun
        self.done = None  # by the handler's word
        self.ended = None  # by the worker's word
        self.outcome = None

    def end(self):
        ends = [at for at in (self.done, self.ended) if at is not None]
        return max(ends) if ends else None


class Task:
    __slots__ = ("sent", "answers", "due", "confirmed", "begun", "done", "ended", "dead", "cancelled")

    def __init__(self):
        self.sent = []  # (by, at)
        self.answers = []  # (by, since, at)
        self.due = None
        self.confirmed = False
        self.begun = []  # (at, by)
        self.done = []  # (at, by, since)
        self.ended = []  # (at, by, outcome)
        self.dead = []  # (at, reason)
        self.cancelled = False

    def tries(self):
        """The tries in the order of their beginning, and what was done that was not begun."""
        tries = [Try(by, at) for at, by in sorted(self.begun)]
        stray = []
        for at, by, since in sorted(self.done):
            found = next((t for t in tries if t.by == by and t.begun == since and t.done is None), None)
            if found:
                found.done = at
            else:
                stray.append((at, by))
        for at, by, outcome in sorted(self.ended):
            # the latest of this worker that had begun by then, and of which nothing was said
            own = [t for t in tries if t.by == by and t.begun <= at and t.outcome is None]
            if own:
                own[-1].ended, own[-1].outcome = at, outcome
        return tries, stray


class History:
    def __init__(self):
        self.limit = None
        self.tasks = defaultdict(Task)
        self.faults = []
        self.events = 0


def read(lines):
    """@raises ValueError for a line that README.md does not know"""
    history = History()
    for number, line in enumerate(lines, 1):
        try:
            event = json.loads(line)
            _take(history, event, event["event"], event["at"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number}: {error!r}: {line.strip()[:200]}") from error
        history.events += 1
    if history.limit is None:
        raise ValueError("the history has no run")
    return history


def _take(history, event, name, at):
    if name == "run":
        history.limit = event["deliveryLimit"]
        return
    if name == "fault":
        history.faults.append(Fault(event["kind"], event["from"], event["to"], event["touched"]))
        return
    task, by = history.tasks[event["id"]], event["by"]
    if name == "sent":
        task.sent.append((by, at))
        task.due = event.get("due", task.due)
    elif name in ("confirmed", "unconfirmed"):
        task.answers.append((by, event["since"], at))
        task.confirmed = task.confirmed or name == "confirmed"
    elif name == "begun":
        task.begun.append((at, by))
    elif name == "done":
        task.done.append((at, by, event["since"]))
    elif name == "ended":
        task.ended.append((at, by, event["outcome"]))
    elif name == "dead":
        task.dead.append((at, event["reason"]))
    elif name == "cancelled":
        task.cancelled = True
    else:
        raise ValueError(f"no event is called {name}")
