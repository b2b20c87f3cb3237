#!/usr/bin/env python3
"""What a messenger may answer and report, one by one, and what comes of it."""

import contextlib
import json
import pathlib
import re
import time

from decimal import Decimal

from lab import Failure, Lab, check, equal, scenario, until
from provider import Provider, cut, reply, silence
from smpp_client import Session


class CascadeLab(Lab):
    """A lab whose messenger is a Provider, with one client bound as `cascade`."""

    def __init__(self):
        super().__init__(smsc="rule=*777:never", messenger=False)

    def __enter__(self):
        super().__enter__()
        self.provider = Provider(self.ports["messenger"])
        self.esme = Session(self.ports["smpp"], "cascade")
        return self

    def __exit__(self, *error):
        if hasattr(self, "esme"):
            self.esme.close()
        if hasattr(self, "provider"):
            self.provider.close()
        super().__exit__(*error)

    def report(self, **body):
        return self.hook(body)

    def send_to(self, number, *acts):
        self.provider.script[number] = list(acts)
        return self.esme.submitted(number)

    def post_of(self, number, count=1, timeout_s=3):
        until(lambda: len(self.provider.to(number)) >= count, timeout_s,
              f"{number} was not posted {count} times")
        return self.provider.to(number)[count - 1]

    def receipt(self, message_id, timeout_s=8):
        return self.esme.receipt(message_id, timeout_s)

    def charged(self, message_id):
        return Decimal(self.ended(message_id)["charged"])

    def went_as_sms(self, number, message_id, least_s, most_s, posts=1):
        """One SMS so long after the first post, delivered; only it is charged."""
        equal(self.receipt(message_id).stat, "DELIVRD", "stat")
        sent = self.provider.to(number)
        equal(len(sent), posts, f"posts to {number}")
        sms, = self.sms(number)
        if sent:
            took_s = sms["at"] - sent[0].at
            check(least_s <= took_s <= most_s,
                  f"SMS {took_s:.2f} s after the post, not {least_s} to {most_s}")
        equal(self.charged(message_id), Decimal("0.05"), "charged")


def delivered(lab):
    """A report that follows the answer."""
    return lambda post: equal(lab.report(id=post.id, status="delivered").status, 200, "hook")


# ---- Answers ----


def a_request_has_the_shape_of_the_contract(lab):
    number = "79030000101"
    lab.provider.script[number] = [reply(200)]
    text = "Привет, мир"
    message_id = lab.esme.submitted(number, text.encode("utf-16-be"), data_coding=8)
    post = lab.post_of(number)
    equal(post.path, "/send", "path")
    equal(post.headers["Authorization"], "Bearer lab", "Authorization")
    check("json" in post.headers.get("Content-Type", ""), "Content-Type is not JSON")
    equal(sorted(post.body), ["ref", "text", "to", "ttl"], "members")
    equal((post.to, post.body["text"], post.body["ttl"]), (number, text, 2),
          "to, text, ttl")
    check(re.fullmatch(r"\d+", post.ref), f"ref {post.ref!r} is not our id of the attempt")
    equal(lab.report(id=post.id, status="delivered").status, 200, "hook")
    equal(lab.receipt(message_id).stat, "DELIVRD", "stat")
    equal((lab.charged(message_id), lab.sms(number)), (Decimal("0.01"), []), "charged, SMS")


def a_text_of_many_parts_is_posted_whole(lab):
    number = "79030000102"
    text = "\u0436" * 67 * 60
    lab.provider.script[number] = [reply(200, before=delivered(lab))]
    message_id = lab.send("cascade", number, text).json["id"]
    equal(lab.post_of(number).body["text"], text, "text")
    equal((lab.ended(message_id)["end"], lab.charged(message_id)),
          ("delivered", Decimal("0.01")), "end, charged")


def not_found_and_bad_content_advance_at_once(lab):
    for number, status, reason in (("79030000111", 404, "no_account"),
                                   ("79030000112", 400, "content")):
        message_id = lab.send_to(number, reply(status))
        lab.went_as_sms(number, message_id, 0, 1)
        equal(lab.message(message_id)["attempts"][0]["reason"], reason, f"reason of {status}")


def a_429_inside_the_step_is_tried_again(lab):
    number = "79030000121"
    message_id = lab.send_to(number, reply(429, headers={"Retry-After": "1"}), reply(200))
    again = lab.post_of(number, 2)
    waited_s = again.at - lab.post_of(number).at
    check(0.9 <= waited_s <= 1.7, f"posted again after {waited_s:.2f} s, not 1")
    equal(lab.report(id=again.id, status="delivered").status, 200, "hook")
    equal(lab.receipt(message_id).stat, "DELIVRD", "stat")
    equal((lab.charged(message_id), lab.sms(number)), (Decimal("0.01"), []), "charged, SMS")
    return f"again after {waited_s:.2f} s"


def a_429_beyond_the_step_advances_at_once(lab):
    number = "79030000122"
    message_id = lab.send_to(number, reply(429, headers={"Retry-After": "5"}))
    lab.went_as_sms(number, message_id, 0, 1)
    equal(lab.message(message_id)["attempts"][0]["reason"], "quota", "reason")


def what_is_in_doubt_becomes_an_sms_and_is_never_posted_twice(lab):
    rows = {"79030000131": reply(500), "79030000132": reply(503), "79030000133": silence,
            "79030000134": cut, "79030000135": reply(200, no_id=True),
            "79030000136": reply(200, body=b"not JSON")}
    sent = {number: lab.send_to(number, act) for number, act in rows.items()}
    for number, message_id in sent.items():
        try:
            lab.went_as_sms(number, message_id, 1.8, 3.3)
        except Failure as failure:
            raise Failure(f"{number}: {failure}") from None


def much(post):
    """An answer of 100 MB, until nobody reads on."""
    handler = post.handler
    handler.send_response(200)
    handler.send_header("Content-Length", str(100 << 20))
    handler.end_headers()
    post.told = 0
    with contextlib.suppress(OSError):
        while post.told < 100 << 20:
            handler.wfile.write(b'{"id":"' + b"7" * 65529)
            post.told += 65536
    handler.close_connection = True


def slowly(post):
    """One octet a second of the right answer."""
    handler = post.handler
    octets = json.dumps({"id": post.id}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(octets)))
    handler.end_headers()
    with contextlib.suppress(OSError):
        for octet in octets:
            handler.wfile.write(bytes([octet]))
            handler.wfile.flush()
            time.sleep(1)
    handler.close_connection = True


def an_answer_of_100_mb_or_of_an_octet_a_second_becomes_an_sms(lab):
    resident = lambda: int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(
        f"/proc/{lab.sluiced.pid}/status").read_text())[1])
    before_kb = resident()
    sent = {f"790300004{i:02}": lab.send_to(f"790300004{i:02}", much if i % 2 else slowly)
            for i in range(61, 69)}
    for number, message_id in sent.items():
        lab.went_as_sms(number, message_id, 0, 3.3)
    told = max(getattr(lab.post_of(number), "told", 0) for number in sent)
    check(told < 16 << 20, f"{told} octets of an answer were taken")
    grown_kb = resident() - before_kb
    check(grown_kb < 24 << 10, f"{grown_kb} KiB more in memory")
    return f"{told >> 10} KiB at most were taken of one, {grown_kb} KiB more in memory"


def a_report_counts_while_it_is_in_doubt(lab):
    number = "79030000141"
    message_id = lab.send_to(number, reply(500))
    post = lab.post_of(number)
    time.sleep(0.3)
    equal(lab.report(id="m-unheard-of", ref=post.ref, status="delivered").status, 200, "hook")
    equal(lab.receipt(message_id, 2).stat, "DELIVRD", "stat")
    time.sleep(2)
    equal((lab.sms(number), len(lab.provider.to(number))), ([], 1), "SMS, posts")
    equal(lab.charged(message_id), Decimal("0.01"), "charged")


# ---- Reports ----


def failed_and_expired_advance_at_once(lab):
    for number, status in (("79030000151", "failed"), ("79030000152", "expired")):
        message_id = lab.send_to(number, reply(200))
        post = lab.post_of(number)
        equal(lab.report(id=post.id, status=status).status, 200, "hook")
        lab.went_as_sms(number, message_id, 0, 1)


def silence_and_sent_alone_become_an_sms_after_two_seconds(lab):
    quiet = lab.send_to("79030000161", reply(200))
    heard = lab.send_to("79030000162", reply(200))
    equal(lab.report(id=lab.post_of("79030000162").id, status="sent").status, 200, "hook")
    lab.went_as_sms("79030000161", quiet, 1.8, 3.3)
    lab.went_as_sms("79030000162", heard, 1.8, 3.3)


def a_report_may_come_before_the_answer(lab):
    number = "79030000171"
    message_id = lab.send_to(number, reply(200, before=delivered(lab), wait_s=0.3))
    equal(lab.receipt(message_id, 3).stat, "DELIVRD", "stat")
    time.sleep(2)
    equal((lab.charged(message_id), lab.sms(number)), (Decimal("0.01"), []), "charged, SMS")


def read_implies_delivered_and_is_charged_once(lab):
    number = "79030000181"
    message_id = lab.send_to(number, reply(200))
    post = lab.post_of(number)
    equal(lab.report(id=post.id, status="read").status, 200, "hook")
    equal(lab.receipt(message_id, 2).stat, "DELIVRD", "stat")
    for status in ("delivered", "read", "delivered", "failed"):
        equal(lab.report(id=post.id, status=status).status, 200, f"repeat: {status}")
    row = lab.ended(message_id)
    equal((row["end"], row["charged"], row["attempts"][0]["state"]),
          ("delivered", "0.010000", "read"), "end, charged, state")
    equal(len(lab.esme.receipts_of(message_id)), 1, "receipts")


def a_late_report_is_charged_too_and_changes_no_end(lab):
    number = "79030000191"
    message_id = lab.send_to(number, reply(200))
    lab.went_as_sms(number, message_id, 1.8, 3.3)
    post = lab.post_of(number)
    for turn in range(2):
        equal(lab.report(id=post.id, status="delivered").status, 200, f"late report {turn}")
        row = lab.ended(message_id)
        equal((row["end"], row["charged"]), ("delivered", "0.060000"), "end, charged")
    equal(len(lab.esme.receipts_of(message_id)), 1, "receipts")


def delivered_after_failed_ends_it_while_the_sms_is_open(lab):
    number = "79030201777"  # of whom the operator never reports
    message_id = lab.send_to(number, reply(200))
    post = lab.post_of(number)
    equal(lab.report(id=post.id, status="failed").status, 200, "hook")
    until(lambda: lab.sms(number), 2, "there was no SMS")
    until(lambda: lab.message(message_id)["charged"] == "0.050000", 2, "SMS not charged")
    equal(lab.report(id=post.id, status="delivered").status, 200, "hook")
    equal(lab.receipt(message_id, 2).stat, "DELIVRD", "stat")
    equal(lab.charged(message_id), Decimal("0.06"), "charged")


def hooks_answer_as_the_contract_says(lab):
    number = "79030000211"
    message_id = lab.send_to(number, reply(200))
    post = lab.post_of(number)
    report = {"id": post.id, "status": "delivered"}
    before = lab.verify()["postings"]
    rows = (
        ("a wrong signature", lab.hook(report, signature="sha256=" + "0" * 64), 401),
        ("no signature", lab.hook(report, signature=False), 401),
        ("another form of signature", lab.hook(report, signature="0" * 64), 401),
        ("no JSON", lab.hook(b"{not JSON"), 400),
        ("no object", lab.hook(b"[]"), 400),
        ("an unknown status", lab.hook({"id": post.id, "status": "dancing"}), 400),
        ("no status", lab.hook({"id": post.id}), 400),
        ("an unknown id", lab.hook({"id": "m-nobodys", "status": "delivered"}), 200),
    )
    for name, answer, status in rows:
        equal(answer.status, status, f"{name}: {answer!r}")
    equal(lab.message(message_id)["state"], "sent", "state, after those")
    for _ in range(3):
        equal(lab.hook(report).status, 200, "a report, and its repeat")
    equal(lab.charged(message_id), Decimal("0.01"), "charged")
    check(lab.verify()["postings"] >= before, "postings went away")
    equal(lab.http("POST", "/v1/hooks/nobody", b"{}", token=None).status, 404,
          "hook of an unknown channel")


# ---- The channel as a whole: one after the other ----


def a_refused_token_suspends_it_for_two_seconds_and_one_probe(lab):
    provider = lab.provider
    begin = lab.send_to("79030000301", reply(401))
    lab.went_as_sms("79030000301", begin, 0, 1)
    suspended_at = provider.to("79030000301")[0].at
    # Meanwhile nobody is posted, and nobody waits.
    message_id = lab.send_to("79030000302", reply(200))
    lab.receipt(message_id, 1)
    equal(provider.to("79030000302"), [], "posts while it is suspended")
    equal(len(lab.sms("79030000302")), 1, "SMS while it is suspended")
    # One probe, refused again: another two seconds.
    time.sleep(max(0, suspended_at + 2.2 - time.time()))
    probes = {f"7903000031{i}": lab.send_to(f"7903000031{i}", reply(403, wait_s=0.2))
              for i in range(4)}
    for number, message_id in probes.items():
        equal(lab.receipt(message_id, 4).stat, "DELIVRD", f"stat of {number}")
    posted = [post for number in probes for post in provider.to(number)]
    equal(len(posted), 1, "probes")
    # The next one is taken: it is open again.
    time.sleep(max(0, posted[0].at + 2.6 - time.time()))
    for number in ("79030000321", "79030000322"):
        message_id = lab.send_to(number, reply(200))
        post = lab.post_of(number)
        equal(lab.report(id=post.id, status="delivered").status, 200, "hook")
        equal(lab.receipt(message_id, 2).stat, "DELIVRD", "stat")
        equal(lab.sms(number), [], f"SMS to {number}")


def a_refused_connection_advances_at_once(lab):
    lab.provider.close()
    number = "79030000331"
    begin = time.time()
    message_id = lab.esme.submitted(number)
    equal(lab.receipt(message_id, 3).stat, "DELIVRD", "stat")
    sms, = lab.sms(number)
    took_s = sms["at"] - begin
    check(took_s < 1, f"SMS after {took_s:.2f} s")
    equal(lab.message(message_id)["attempts"][0]["reason"], "provider_down", "reason")
    equal(lab.charged(message_id), Decimal("0.05"), "charged")
    lab.provider = Provider(lab.ports["messenger"])


def in_the_end_nothing_is_held_and_the_ledger_is_right(lab):
    lab.nothing_held("cascade")
    lab.verify()
    balance = lab.balance("cascade")
    return f"{balance['charged']} charged"


if __name__ == "__main__":
    scenario(80, CascadeLab,
             a_refused_token_suspends_it_for_two_seconds_and_one_probe,
             a_refused_connection_advances_at_once,
             in_the_end_nothing_is_held_and_the_ledger_is_right,
             together=(
                 a_request_has_the_shape_of_the_contract,
                 a_text_of_many_parts_is_posted_whole,
                 not_found_and_bad_content_advance_at_once,
                 a_429_inside_the_step_is_tried_again,
                 a_429_beyond_the_step_advances_at_once,
                 what_is_in_doubt_becomes_an_sms_and_is_never_posted_twice,
                 an_answer_of_100_mb_or_of_an_octet_a_second_becomes_an_sms,
                 a_report_counts_while_it_is_in_doubt,
                 failed_and_expired_advance_at_once,
                 silence_and_sent_alone_become_an_sms_after_two_seconds,
                 a_report_may_come_before_the_answer,
                 read_implies_delivered_and_is_charged_once,
                 a_late_report_is_charged_too_and_changes_no_end,
                 delivered_after_failed_ends_it_while_the_sms_is_open,
                 hooks_answer_as_the_contract_says,
             ))
