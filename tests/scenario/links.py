#!/usr/bin/env python3
"""Links to operators of every temper: several places, groups, and operators that stop,
close, mix up their answers, never answer, or want less than they get."""

import time

from decimal import Decimal

from lab import check, equal, scenario, until
from operators import OperatorsLab, link, plan

SLOW_TPS = 60

OPERATORS = {
    "frozen": "", "spare": "",
    "closing": "every=5:drop-after",
    "mixed": "answer_delay=0-120,report_delay=50-200",
    "mute": "default=swallow+never",
    "slow": f"tps={SLOW_TPS}",
    "two": "report_on=any",
    "heavy": "", "light": "",
    "strict": "system_id=somebody",
    "first": None, "second": "",
    "picky": "default=0x0b", "other": "",
    "undelivering": "default=undelivered+err:034",
    "home": None,
}


def sections(at):
    hosts = (f'hosts = {{"127.0.0.1:{at["home"].port}"}}')
    return "".join([
        link("frozen", at["frozen"].port, "window = 10"), link("spare", at["spare"].port),
        plan("stopped", ["frozen", "spare"]),
        link("closing", at["closing"].port, "window = 1"), plan("closing", ["closing"]),
        link("mixed", at["mixed"].port, "window = 50"), plan("mixed", ["mixed"]),
        link("mute", at["mute"].port, 'window = 4 response_timeout = "300ms"')
            .replace('response_timeout = "1s"\n', ""),
        plan("mute", ["mute"]),
        link("slow", at["slow"].port,
             'window = 100 on_status "0x58" { action = "pause" delays = {"300ms"} }'),
        plan("slow", ["slow"]),
        link("two", at["two"].port, 'bind = "pair" connections = 2'), plan("two", ["two"]),
        link("heavy", at["heavy"].port, "window = 100"),
        link("light", at["light"].port, "window = 100"),
        plan("weights", ["heavy:3", "light:1"], 'choose = "weight"'),
        link("strict", at["strict"].port),
        link("first", at["first"].port,
             f'hosts = {{"127.0.0.1:{at["second"].port}"}} back_to_first = "500ms"'),
        plan("hosts", ["first"]),
        link("picky", at["picky"].port), link("other", at["other"].port),
        plan("refused", ["picky", "other"]),
        link("undelivering", at["undelivering"].port, 'on_report = {"34"}'),
        plan("reported", ["undelivering", "other"]),
        'price { side = "sell" channel = "other" price = "0.080000" }\n',
    ])


def make():
    return OperatorsLab(OPERATORS, sections)


def a_stopped_operator_keeps_no_more_than_its_window(lab):
    frozen, spare = lab.operators["frozen"], lab.operators["spare"]
    until(lambda: lab.channel("frozen")["up"] and lab.channel("spare")["up"], 5,
          "the links are not up")
    frozen.freeze()
    messages = lab.sent("stopped", 40, 79031000000)
    until(lambda: len(spare.took()) >= 30, 10,
          lambda: f"only {len(spare.took())} moved to the other operator")
    frozen.thaw()
    lab.all_end(messages, "delivered", 20)
    twice = sum(len(frozen.took(to)) + len(spare.took(to)) > 1 for to in messages)
    check(twice <= 10, f"{twice} messages went twice, the window is 10")
    until(lambda: lab.channel("frozen")["up"], 5, "the link did not come up again")
    return f"{len(spare.took())} moved, {twice} sent twice"


def an_operator_that_closes_after_each_fifth_loses_nothing(lab):
    messages = lab.sent("closing", 23, 79032000000)
    lab.all_end(messages, "delivered")
    equal(len(lab.operators["closing"].took()), 23, "SMS")
    return f"{len(lab.operators['closing'].events('bind'))} binds"


def answers_out_of_order_find_their_messages(lab):
    messages = lab.sent("mixed", 60, 79033000000)
    lab.all_end(messages, "delivered")
    answers = [int(one["sequence"]) for one in lab.operators["mixed"].events("answer")]
    check(answers != sorted(answers), "the answers were in order")
    for to, message_id in messages.items():
        said = lab.operators["mixed"].took(to)
        equal([one["provider_id"] for one in lab.message(message_id)["attempts"]],
              [one["id"] for one in said], f"ids of the message to {to}")


def an_operator_that_never_answers_costs_nothing(lab):
    messages = lab.sent("mute", 6, 79034000000)
    lab.all_end(messages, "unknown")
    for message_id in messages.values():
        row = lab.message(message_id)
        equal((row["charged"], row["cost"]), ("0.000000", "0.000000"), "charged, cost")
    check(lab.metric("in_doubt_total") >= 12, "each of six was in doubt twice")


def a_throttling_operator_is_given_less(lab):
    begin = time.monotonic()
    messages = lab.sent("slow", 200, 79035000000)
    took_s = time.monotonic() - begin
    lab.all_end(messages, "delivered", 20)
    stats = lab.operators["slow"].stats()
    equal(stats["taken"], 200, "taken")
    equal(lab.metric("link_throttled_total", channel="slow"), stats["throttled"],
          "0x58 counted")
    check(stats["throttled"] <= 100, f"{stats['throttled']} answers were 0x58")
    # A machine may be too slow to send more than he takes.
    check(stats["throttled"] > 0 or took_s > 200 / SLOW_TPS, "no answer was 0x58")
    return f"{stats['throttled']} refused on the way to 200"


def a_pair_of_binds_sends_on_one_and_hears_on_the_other(lab):
    until(lambda: lab.channel("two")["binds"] == 4, 5, "there are not two pairs")
    messages = lab.sent("two", 10, 79036000000)
    lab.all_end(messages, "delivered")
    commands = sorted(one["command"] for one in lab.operators["two"].events("bind"))
    equal(commands, ["1", "1", "2", "2"], "binds")


def weights_share_the_load(lab):
    until(lambda: lab.channel("heavy")["up"] and lab.channel("light")["up"], 5,
          "the links are not up")
    lab.all_end(lab.sent("weights", 40, 79037000000), "delivered")
    equal((len(lab.operators["heavy"].took()), len(lab.operators["light"].took())),
          (30, 10), "SMS of weight 3 and 1")


def a_refused_password_is_told_and_tried_slowly(lab):
    until(lambda: lab.channel("strict")["state"] == "refused", 5, "it is not refused")
    check(lab.metric("link_binds_refused_total", channel="strict") >= 1, "not counted")
    equal(lab.metric("link_state", channel="strict", state="refused"), 1, "its state")
    sentences = lab.get("/v1/status")["attention"]
    check(any("strict" in one and "password" in one for one in sentences), sentences)
    tries = len(lab.operators["strict"].events("bind"))
    check(tries <= 8, f"{tries} tries in a few seconds")


def a_link_leaves_a_host_that_is_gone_and_goes_back(lab):
    first, second = lab.operators["first"], lab.operators["second"]
    until(lambda: lab.channel("first")["up"], 5, "it is not bound to the second host")
    lab.all_end(lab.sent("hosts", 3, 79038000000), "delivered")
    equal(len(second.took()), 3, "SMS at the second host")
    first.start()
    until(lambda: first.stats()["binds_open"] == 1, 5, "it did not go back")
    lab.all_end(lab.sent("hosts", 3, 79038000100), "delivered")
    equal((len(first.took()), len(second.took())), (3, 3), "SMS")
    first.stop()
    until(lambda: second.stats()["binds_open"] == 1, 5, "it did not leave again")
    lab.all_end(lab.sent("hosts", 3, 79038000200), "delivered")
    equal(len(second.took()), 6, "SMS at the second host")


def what_one_operator_refuses_another_takes(lab):
    messages = lab.sent("refused", 5, 79039000000)
    lab.all_end(messages, "delivered")
    for message_id in messages.values():
        row = lab.message(message_id)
        equal([one["channel"] for one in row["attempts"]], ["picky", "other"], "channels")
        equal((row["charged"], row["cost"]), ("0.080000", "0.030000"), "charged, cost")


def a_named_failure_goes_on_and_is_charged_once(lab):
    messages = lab.sent("reported", 5, 79039100000)
    lab.all_end(messages, "delivered")
    for message_id in messages.values():
        row = lab.message(message_id)
        equal([one["state"] for one in row["attempts"]], ["failed", "delivered"], "states")
        equal((row["charged"], row["cost"]), ("0.050000", "0.060000"), "charged, cost")


def nothing_is_held_and_the_ledger_is_right(lab):
    lab.nothing_held("sms")
    lab.verify()
    check(lab.balance("sms")["charged"] > Decimal(0), "nothing was charged")


if __name__ == "__main__":
    scenario(60, make, nothing_is_held_and_the_ledger_is_right, together=(
        a_stopped_operator_keeps_no_more_than_its_window,
        an_operator_that_closes_after_each_fifth_loses_nothing,
        answers_out_of_order_find_their_messages,
        an_operator_that_never_answers_costs_nothing,
        a_throttling_operator_is_given_less,
        a_pair_of_binds_sends_on_one_and_hears_on_the_other,
        weights_share_the_load,
        a_refused_password_is_told_and_tried_slowly,
        a_link_leaves_a_host_that_is_gone_and_goes_back,
        what_one_operator_refuses_another_takes,
        a_named_failure_goes_on_and_is_charged_once))
