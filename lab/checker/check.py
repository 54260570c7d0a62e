#!/usr/bin/env python3
"""Finds violations of docs/at-least-once.md in the history of a run: README.md says which."""

import sys
from collections import Counter

sys.dont_write_bytecode = True

from history import ON_ITS_WAY, read  # noqa: E402

# two clocks of one process, rounded
ROUNDED = 5

FOR_GOOD = ("permanent-failure", "unreadable")
NO_FAILURE = ("done", "later", "cancelled", "handed-back", "consumer-timeout")


def met(history, name, start, end):
    return any(fault.met(name, start, end) for fault in history.faults)


def second_messages(history, task):
    """How many messages there may be of a task beyond its first."""
    again = len(task.sent) - 1
    # who gets no confirm publishes once more, and tells nobody
    again += sum(met(history, by, since, at) for by, since, at in task.answers)
    if task.due is not None:
        again += any(met(history, None, at, task.due + ON_ITS_WAY) for _, at in task.sent)
    return again


def met_fault(history, one, until):
    end = until if one.done is None else min(until, max(one.done, one.end()) + ON_ITS_WAY)
    return met(history, one.by, one.begun, end)


def check_tries(history, task, tries):
    if len(tries) < 2:
        return
    spare = second_messages(history, task)
    several = spare > 0
    for earlier, later in zip(tries, tries[1:]):
        if earlier.end() is not None and later.begun < earlier.end() and earlier.outcome != "consumer-timeout":
            if not several and not met(history, earlier.by, earlier.begun, later.begun):
                yield "at-once", (f"on {earlier.by} until {earlier.end()} ({earlier.outcome}), "
                                  f"on {later.by} from {later.begun}")
                continue
        if earlier.outcome not in (None, "done") or met_fault(history, earlier, later.begun):
            continue
        spare -= 1
        if spare < 0:
            yield "repeated", f"begun on {earlier.by} at {earlier.begun}, again on {later.by} at {later.begun}"


def check_dead(history, task, tries):
    for at, reason in task.dead:
        if reason not in ("rejected", "delivery_limit"):
            yield "dropped", f"for the reason {reason}"
            continue
        outcomes = [outcome for _, _, outcome in task.ended]
        if any(outcome in FOR_GOOD for outcome in outcomes):
            continue
        failures = sum(outcome not in NO_FAILURE for outcome in outcomes)
        # a worker that is killed says nothing, and may not even have begun
        untold = sum(one.outcome is None for one in tries)
        first = min((sent for _, sent in task.sent), default=at)
        faults = sum(fault.start <= at and fault.end >= first for fault in history.faults)
        if failures + untold + faults <= history.limit:
            yield "dead-too-early", f"after {failures} failures and {faults} faults, of {history.limit} allowed"
    done = [one for one in tries if one.done is not None]
    if task.dead and done and second_messages(history, task) == 0:
        if not any(one.outcome not in (None, "done") or met_fault(history, one, float("inf")) for one in done):
            yield "dead-though-done", f"done on {done[0].by} at {done[0].done}"


def check_task(history, task):
    tries, stray = task.tries()
    if not task.sent and (task.begun or task.done or task.ended or task.dead):
        yield "invented", "nobody has sent it"
        return
    if task.confirmed and not (task.done or task.dead or task.cancelled):
        yield "lost", f"confirmed, {len(tries)} tries"
    for at, by in stray:
        yield "never-begun", f"done on {by} at {at}"
    for at, by, outcome in task.ended:
        if outcome == "done" and not any(each == by and done <= at + ROUNDED for done, each, _ in task.done):
            yield "acknowledged-early", f"on {by} at {at}"
        if outcome == "cancelled" and not task.cancelled:
            yield "cancelled-by-nobody", f"on {by} at {at}"
    yield from check_tries(history, task, tries)
    yield from check_dead(history, task, tries)


def main(path):
    try:
        with open(path, encoding="utf-8") as lines:
            history = read(lines)
    except (OSError, ValueError) as error:
        print(f"cannot read the history: {error}", file=sys.stderr)
        return 2
    found = Counter()
    for name, task in history.tasks.items():
        # a message that has no id is nobody's
        for kind, detail in check_task(history, task) if name else ():
            found[kind] += 1
            print(f"violated: {kind} {name}: {detail}")
    confirmed = sum(task.confirmed for task in history.tasks.values())
    print(f"{history.events} events, {confirmed} tasks confirmed, {len(history.faults)} faults: "
          + (", ".join(f"{count} {kind}" for kind, count in found.items()) or "no violation"))
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: check.py <history.jsonl>")
    sys.exit(main(sys.argv[1]))
