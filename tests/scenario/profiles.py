#!/usr/bin/env python3
"""Keys of a profile that the lab's own leaves alone."""

import time

from decimal import Decimal

from lab import SOURCE, check, equal, scenario, until
from lab_cascade_rows import CascadeLab, delivered
from provider import cut, reply

TEXT_MAX = 20
EACH = "entry.*.changes.*.value.statuses.*"


class KeyedLab(CascadeLab):
    """Its messenger knows a repeat by its ref, takes short texts only, and reports in the form
    of the WhatsApp Cloud API."""

    def _write_config(self):
        self.edit = self._keyed
        return super()._write_config()

    def _keyed(self, text):
        profiles = self.folder / "providers"
        profiles.mkdir()
        own = (SOURCE / "conf/providers/lab.conf").read_text()
        (profiles / "keyed.conf").write_text(
            own.replace("repeats_safely = false", "repeats_safely = true").replace(
                "text_max = 196608", f"text_max = {TEXT_MAX}")
            + f'report_each = "{EACH}"\n')
        return text.replace(f'providers = "{SOURCE}/conf/providers"',
                            f'providers = "{profiles}"', 1).replace(
                                'profile = "lab"', 'profile = "keyed"', 1)


    def report(self, **body):
        return self.report_all([[body]])

    def report_all(self, entries):
        """A list of statuses for each entry."""
        return self.hook({
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": {
                "messaging_product": "whatsapp", "statuses": statuses}}]}
                      for statuses in entries]})

    def taken(self, numbers):
        """A message to each, which the messenger takes: their ids, and its own."""
        ids = [self.send_to(number, reply(200)) for number in numbers]
        return ids, [self.post_of(number).id for number in numbers]


def a_post_in_doubt_goes_once_more_with_the_same_ref(lab):
    for number, doubt in (("79030000201", reply(500)), ("79030000202", cut)):
        message_id = lab.send_to(number, doubt, reply(200, before=delivered(lab)))
        again = lab.post_of(number, 2)
        first = lab.provider.to(number)[0]
        equal(again.body["ref"], first.body["ref"], "ref")
        check(0.9 <= again.at - first.at <= 1.9, f"again after {again.at - first.at:.2f} s")
        equal(lab.receipt(message_id).stat, "DELIVRD", "stat")
        equal(lab.charged(message_id), Decimal("0.01"), "charged")
        equal(len(lab.sms(number)), 0, "SMS")


def a_second_doubt_is_not_asked_again(lab):
    number = "79030000203"
    message_id = lab.send_to(number, reply(500), reply(500), reply(200))
    lab.went_as_sms(number, message_id, 1.9, 3.3, posts=2)


def a_text_that_is_too_long_goes_as_an_sms_without_a_post(lab):
    for size, posts in ((TEXT_MAX, 1), (TEXT_MAX + 1, 0)):
        number = f"7903000021{posts}"
        lab.provider.script[number] = [reply(200, before=delivered(lab))]
        message = lab.send("cascade", number, "x" * size).json["id"]
        row = lab.ended(message)
        equal((row["end"], len(lab.provider.to(number))), ("delivered", posts), "end, posts")
        equal(row["attempts"][0]["reason"], None if posts else "content", "reason")


def unheard(lab):
    return lab.metric("reports_unheard_total")


def one_body_tells_of_many_messages(lab):
    numbers = [f"7903000022{i}" for i in range(3)]
    ids, theirs = lab.taken(numbers)
    before = unheard(lab)
    answer = lab.report_all([
        [{"id": theirs[0], "status": "delivered"}, {"id": theirs[1], "status": "deleted"},
         {"id": "nobody's", "status": "read"}],
        [],
        [{"id": theirs[1], "status": "read"},
         {"id": theirs[2], "status": "failed", "reason": "blocked"}]])
    equal(answer.status, 200, "hook")
    for message_id in ids[:2]:
        equal(lab.receipt(message_id, 1).stat, "DELIVRD", "stat")
        equal(lab.charged(message_id), Decimal("0.01"), "charged")
    lab.went_as_sms(numbers[2], ids[2], 0, 1)
    equal([len(lab.sms(number)) for number in numbers], [0, 0, 1], "SMS")
    equal(unheard(lab) - before, 1, "not understood")


def a_body_without_reports_is_taken_and_one_of_which_none_is_understood_is_not(lab):
    written = {"object": "whatsapp_business_account", "entry": [{"changes": [{"value": {
        "messages": [{"from": "79030000230", "type": "text"}]}}]}]}
    before = unheard(lab)
    for body, status in ((written, 200), ({"entry": []}, 200), ([], 200), (b"{", 400)):
        equal(lab.hook(body).status, status, str(body))
    equal(lab.report_all([[{"id": "m1", "status": "deleted"}, 7]]).status, 400, "strange")
    equal(lab.report_all([[{"id": "m1", "status": "read"}] * 1001]).status, 400, "too many")
    equal(unheard(lab), before, "passed over")


def many_that_are_gone_are_read_after_all(lab):
    numbers = [f"790300003{i:02}" for i in range(40)]
    ids, theirs = lab.taken(numbers)
    equal(lab.report_all([[{"id": it, "status": "delivered"} for it in theirs]]).status, 200,
          "hook")
    for message_id in ids:
        equal(lab.receipt(message_id).stat, "DELIVRD", "stat")
    until(lambda: lab.metric("messages_live") == 0, 10, "they stay in memory")
    late = lab.metric("reports_late_total")
    equal(lab.report_all([[{"id": it, "status": "read"}] for it in theirs]).status, 200, "hook")
    until(lambda: lab.metric("reports_late_total") == late + len(ids), 10,
          "not all late reports were heard")
    for message_id in ids:
        equal(lab.message(message_id)["attempts"][0]["state"], "read", "state")


def nothing_is_held_and_the_ledger_verifies(lab):
    time.sleep(0.5)
    lab.nothing_held("cascade")
    lab.verify()


if __name__ == "__main__":
    scenario(60, KeyedLab,
             a_post_in_doubt_goes_once_more_with_the_same_ref,
             a_second_doubt_is_not_asked_again,
             a_text_that_is_too_long_goes_as_an_sms_without_a_post,
             one_body_tells_of_many_messages,
             a_body_without_reports_is_taken_and_one_of_which_none_is_understood_is_not,
             many_that_are_gone_are_read_after_all,
             nothing_is_held_and_the_ledger_verifies)
