"""Labs side by side: each is a process with ports of its own.  Before what one prints stands
its number; what they tried is added up here.

SLUICE_LABS is how many there are at a time, two for each processor unless it is given.
"""

import multiprocessing
import os
import sys

from multiprocessing.connection import wait

import tally

AT_ONCE = int(os.environ.get("SLUICE_LABS") or 2 * os.cpu_count())
# Below those that the kernel gives to whoever connects.
LEAST_PORT, MOST_PORT = 15000, 32000

turn = 0  # of the lab of this process, from 0
ports = (LEAST_PORT, MOST_PORT)


class Numbered:
    """Whole lines, each with the lab's number before it."""

    def __init__(self, number):
        self.mark, self.rest = f"lab {number}: ", ""

    def write(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        if lines:
            os.write(1, "".join(f"{self.mark}{line}\n" for line in lines).encode())

    def flush(self):
        pass


def run_child(number, place, run_one, pipe):
    global turn, ports
    turn = number
    width = (MOST_PORT - LEAST_PORT) // AT_ONCE
    ports = (LEAST_PORT + place * width, LEAST_PORT + (place + 1) * width)
    sys.stdout = Numbered(number + 1)
    tally.begin(on_tried=lambda times: pipe.send(("tried", times)))
    good = run_one()
    pipe.send(("ended", good, tally.all_of_it()))


def run(count, run_one, on_tried):
    """`run_one` in so many labs, of which no more are begun once one does not hold.  True
    when all hold.
    """
    sys.stdout.flush()
    context = multiprocessing.get_context("fork")
    running = {}  # pipe: (place, process)
    begun, good = 0, True
    try:
        while running or (good and begun < count):
            while good and begun < count and len(running) < AT_ONCE:
                place = min(set(range(AT_ONCE)) - {one for one, _ in running.values()})
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=run_child,
                                          args=(begun, place, run_one, theirs))
                process.start()
                theirs.close()
                running[ours] = place, process
                begun += 1
            for pipe in wait(list(running)):
                try:
                    said, *more = pipe.recv()
                except EOFError:
                    print("FAILED  a lab ended without a word", flush=True)
                    said, more = "ended", (False, ({}, {}, []))
                if said == "tried":
                    on_tried(*more)
                    continue
                held, counted = more
                good = held and good
                tally.add(*counted)
                running.pop(pipe)[1].join()
                pipe.close()
    finally:
        for _, process in running.values():
            process.terminate()
        for _, process in running.values():
            process.join()
    return good
