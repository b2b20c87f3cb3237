#!/usr/bin/env python3
"""npm's smpp as the ESME and as the operator, while the lines break and sluiced is killed."""

import json
import subprocess
import threading

from strangers import (HERE, Stranger, node_environment, program, whole_text,
                       wireshark_finds_nothing_malformed)

from lab import check, equal, scenario, until

MESSAGES = 2000
LONG = ("abcdefghijklmnopqrstuvwxyz" * 20)[:400]


class Client:
    """client.js, and the lines it prints."""

    def __init__(self, lab, count):
        self.process = subprocess.Popen(
            [program("node", "nodejs"), str(HERE / "client.js"), str(lab.relay.port),
             str(count)],
            env=node_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True)
        lab.others.append(self.process)
        equal(self.process.stdout.readline(), "bound\n", "first line of client.js")

    def result(self):
        line = self.process.stdout.readline()
        check(line, "client.js ended without a result")
        return json.loads(line)


def taken(lab):
    """Of the short ones: how often each number was sent to."""
    times = {}
    for one in lab.operator.taken():
        if not one["to"].startswith("79075"):
            times.setdefault(one["to"], []).append(one["text"])
    return times


def each_message_is_reported_though_everything_breaks(lab):
    client = Client(lab, MESSAGES)
    broken = 0
    for share, break_it in enumerate((lab.relay.cut, lab.operator.cut, lab.restart,
                                      lab.relay.cut), 1):
        until(lambda: len(taken(lab)) >= MESSAGES * share / 6, 10,
              lambda: f"{len(taken(lab))} are at the operator")
        break_it()
        broken += 1
    ends = []
    waiting = threading.Thread(target=lambda: ends.append(client.result()), daemon=True)
    waiting.start()
    waiting.join(20)
    check(ends, "not all are reported")
    end, = ends
    equal((end["accepted"], end["failed"]), (MESSAGES + 7, 0), "accepted and failed")
    check(end["binds"] >= 3, f"{end['binds']} binds")
    # What was under way when the line broke: given twice, or told twice.
    check(end["unknown"] <= end["again"], f"reports of ids never given: {end}")
    times = taken(lab)
    equal(sorted(times), [str(79070000000 + number) for number in range(MESSAGES)],
          "numbers at the operator")
    for to, texts in times.items():
        equal(set(texts), {f"npm {int(to) - 79070000000}"}, f"texts for {to}")
    lab.nothing_held("sms")
    lab.verify()
    return ", ".join(f"{key} {value}" for key, value in end.items())


def long_ones_arrive_whole(lab):
    sent = {to: [one for one in lab.operator.taken() if one["to"] == to]
            for to in ("79075000001", "79075000002", "79075000003")}
    # Element 0, three octets: reference, total, number (3GPP TS 23.040, 9.2.3.24.1).
    for to in ("79075000001", "79075000003"):
        for one in sent[to]:
            equal((one["udh"][:4], one["udh"][6:8]), ("0003", "03"), f"header for {to}")
        equal(whole_text([(int(one["udh"][8:], 16), one["text"]) for one in sent[to]]), LONG,
              f"text for {to}")
    equal({one["udh"][4:6] for one in sent["79075000001"]}, {"4d"}, "reference")
    for one in sent["79075000002"]:
        equal(one["sar"][:2], [777, 3], "SAR parameters")
    equal(whole_text([(one["sar"][2], one["text"]) for one in sent["79075000002"]]), LONG,
          "text of the SAR parts")


if __name__ == "__main__":
    scenario(60, Stranger, each_message_is_reported_though_everything_breaks,
             long_ones_arrive_whole, wireshark_finds_nothing_malformed)
