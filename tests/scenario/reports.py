#!/usr/bin/env python3
"""Delivery reports of operators that do it their own way, and of those that do not report.
"""

import re
import sys
import time

from lab import Lab, bounded, check, equal, run_together, until

LONG = "x" * 400 # three segments


def link(*settings, until="delivered"):
    """The lab with other settings of its link, and what its SMS steps wait for."""
    def edit(text):
        for one in settings:
            text = re.sub(rf"^  {one.split()[0]} = .*\n", "", text, flags=re.M)
        text = text.replace('link "smsc" {\n', 'link "smsc" {\n  ' + "\n  ".join(settings)
                            + "\n", 1)
        return re.sub(r'(\{"smsc"\}\s+until = )"delivered"', rf'\1"{until}"', text)
    return edit


def metric(lab, name):
    """The sum over its labels."""
    page = lab.http("GET", "/metrics").body.decode()
    found = re.findall(rf"^sluice_{name}(?:\{{[^}}]*\}})? (\d+)$", page, re.M)
    check(found, f"there is no metric {name}")
    return sum(map(int, found))


def ends(lab, ids, wanted, timeout_s=10):
    for one in ids:
        equal(lab.ended(one, timeout_s)["end"], wanted, f"end of {one}")


def sent(lab, to, text="hello", **more):
    answer = lab.send("sms", to, text, **more)
    equal(answer.status, 202, f"answer {answer!r}")
    return answer.json["id"]


def every_form_of_a_receipt_is_understood():
    with Lab(smsc="format=all", messenger=False) as lab:
        numbers = lab.bench("--account", "sms", "-b", 1, "-w", 32, "-n", 380,
                            "-d", "79161######", "--expect-stat", "DELIVRD")
        equal(numbers["receipts"]["completed"], 380, "receipts")
        equal(metric(lab, "reports_unmatched_total"), 0, "reports of nobody")
        lab.verify()
        return "19 forms, 380 DELIVRD"


def the_rule_of_the_ids_is_learned_and_kept():
    with Lab(smsc="ids=decimal-hex,tlvs=no", messenger=False,
             edit=link('id_rule = "learn"', 'receipt_address = "checked"')) as lab:
        ids = [sent(lab, f"7903{i:07}") for i in range(25)]
        until(lambda: lab.log_lines("link.id_rule"), 10, "no rule is learned")
        equal(lab.log_lines("link.id_rule")[0]["rule"], "receipt-hex", "rule")
        ends(lab, ids, "delivered")
        lab.stop()
        lab.start()
        lab.wait_bound()
        ends(lab, [sent(lab, "79039999999")], "delivered")
        row = next(one for one in lab.get("/v1/stats/channels")["channels"]
                   if one["channel"] == "smsc")
        equal(row["id_rule"], "receipt-hex", "id_rule of the API after a restart")
        equal(metric(lab, "id_rules_proposed_total"), 0, "learned anew")
        return "25 pairs"


def one_part_speaks_for_all_where_the_link_says_so():
    for policy, rules in (("last", "every=3:delivered,default=never"),
                          ("any", "every=3:never,every=2:delivered,default=never")):
        with Lab(smsc=rules, messenger=False,
                 edit=link(f'parts_report = "{policy}"')) as lab:
            one = sent(lab, "79030000001", LONG)
            row = lab.ended(one)
            equal((row["end"], row["parts"], row["charged"]), ("delivered", 3, "0.150000"),
                  f"{policy}: end, parts, charged")
            equal([attempt["state"] for attempt in row["attempts"]], ["delivered"] * 3,
                  f"{policy}: attempts")
            lab.verify()


def without_the_policy_it_waits_for_each_part():
    with Lab(smsc="every=3:delivered,default=never", messenger=False) as lab:
        row = lab.ended(sent(lab, "79030000001", LONG, validity=2))
        equal(row["end"], "expired", "end")
        equal([attempt["state"] for attempt in row["attempts"]],
              ["accepted", "accepted", "delivered"], "attempts")
        equal(metric(lab, "channel_unreported_total"), 2, "unreported")


def an_operator_that_never_reports_is_closed_by_rule():
    with Lab(smsc="default=never", messenger=False) as lab:
        begin = time.monotonic()
        row = lab.ended(sent(lab, "79030000001", validity=2))
        took_s = time.monotonic() - begin
        equal((row["end"], row["charged"]), ("expired", "0.050000"), "end, charged")
        check(2.8 <= took_s <= 6, f"it ended {took_s:.1f} s after a deadline of 2 s and a "
              "grace of 1 s")
        equal(metric(lab, "channel_unreported_total"), 1, "unreported")
        lab.nothing_held("sms")


def a_link_without_receipts_proves_acceptance():
    with Lab(smsc="default=never", messenger=False,
             edit=link("receipts = false", until="accepted")) as lab:
        one = sent(lab, "79030000001")
        equal(lab.ended(one)["end"], "accepted", "end")
        equal(lab.sms("79030000001")[0]["registered_delivery"], "0", "registered_delivery")
        equal(metric(lab, "channel_unreported_total"), 0, "unreported")


def a_report_counts_though_the_answer_never_comes():
    with Lab(smsc="default=swallow+delivered", messenger=False) as lab:
        row = lab.ended(sent(lab, "79030000001", validity=2))
        equal(row["end"], "delivered", "a deadline before the end of the answer's time")
        ids = [sent(lab, "79030000002", text) for text in ("Your code is 4711",
                                                           "Your code is 0815")]
        ends(lab, ids, "delivered", 15)
        equal(len(lab.sms("79030000002")), 2, "SMS to one number: none was sent again")
        lab.verify()


def a_report_after_the_end_and_a_restart_is_kept():
    with Lab(smsc="late=5500,default=late+delivered", messenger=False) as lab:
        one = sent(lab, "79030000001", validity=1)
        equal(lab.ended(one)["end"], "expired", "end")
        lab.stop()
        lab.start()
        lab.wait_bound()
        until(lambda: metric(lab, "reports_late_total") == 1, 10, "no late report")
        row = lab.message(one)
        equal((row["end"], row["attempts"][0]["state"]), ("expired", "delivered"),
              "end, and what is known now")
        lab.verify()


def an_operators_words_mean_what_its_link_says():
    words = ('report_word "ACCEPTD" { is = "delivered" }',
             'report_word "REJECTD" { is = "failed" reason = "quota" }',
             'report_error "042" { reason = "no_account" }')
    with Lab(smsc="rule=*1:accepted,rule=*2:rejected,rule=*3:undelivered+err:042",
             messenger=False, edit=link(*words)) as lab:
        ids = [sent(lab, f"7903000000{i}") for i in (1, 2, 3)]
        found = [(row["end"], row["attempts"][0]["reason"])
                 for row in map(lab.ended, ids)]
        equal(found, [("delivered", None), ("undeliverable", "quota"),
                      ("undeliverable", "no_account")], "ends and reasons")


ROWS = (every_form_of_a_receipt_is_understood, the_rule_of_the_ids_is_learned_and_kept,
        one_part_speaks_for_all_where_the_link_says_so,
        without_the_policy_it_waits_for_each_part,
        an_operator_that_never_reports_is_closed_by_rule,
        a_link_without_receipts_proves_acceptance,
        a_report_counts_though_the_answer_never_comes,
        a_report_after_the_end_and_a_restart_is_kept,
        an_operators_words_mean_what_its_link_says)


if __name__ == "__main__":
    with bounded(120):
        sys.exit(0 if run_together(ROWS) else 1)
