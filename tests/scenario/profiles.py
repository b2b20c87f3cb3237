#!/usr/bin/env python3
"""Keys of a profile that the lab's own leaves alone."""

import time

from decimal import Decimal

from lab import SOURCE, check, equal, scenario
from lab_cascade_rows import CascadeLab, delivered
from provider import cut, reply

TEXT_MAX = 20


class KeyedLab(CascadeLab):
    """Its messenger knows a repeat by its ref, and takes short texts only."""

    def _write_config(self):
        self.edit = self._keyed
        return super()._write_config()

    def _keyed(self, text):
        profiles = self.folder / "providers"
        profiles.mkdir()
        own = (SOURCE / "conf/providers/lab.conf").read_text()
        (profiles / "keyed.conf").write_text(
            own.replace("repeats_safely = false", "repeats_safely = true").replace(
                "text_max = 196608", f"text_max = {TEXT_MAX}"))
        return text.replace(f'providers = "{SOURCE}/conf/providers"',
                            f'providers = "{profiles}"', 1).replace(
                                'profile = "lab"', 'profile = "keyed"', 1)


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


def nothing_is_held_and_the_ledger_verifies(lab):
    time.sleep(0.5)
    lab.nothing_held("cascade")
    lab.verify()


if __name__ == "__main__":
    scenario(60, KeyedLab,
             a_post_in_doubt_goes_once_more_with_the_same_ref,
             a_second_doubt_is_not_asked_again,
             a_text_that_is_too_long_goes_as_an_sms_without_a_post,
             nothing_is_held_and_the_ledger_verifies)
