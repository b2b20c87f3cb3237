#!/usr/bin/env python3
"""SIGHUP with the real program: settings that change while it runs, all of them or none, with
no bind dropped and no accepted message changed.
"""

import json
import pathlib
import re
import signal
import subprocess

from decimal import Decimal

from lab import BUILD, DEEP, Lab, check, equal, scenario, until
from smpp_client import OK, Session

THROTTLED, NO_MONEY, BAD_DESTINATION, WRONG = 0x58, 0x45, 0x0B, 0x0E
TO = "4917012345678"
PASSWORDS = ("secret01", "secret02")
# A sanitizer's allocator keeps what is freed: what is asked of it is whether any of it is used.
SANITIZED = any(word in (BUILD / "sluiced").read_bytes()
                for word in (b"__asan_init", b"__tsan_init"))
RELOADS = 10 if SANITIZED else 1000 if DEEP else 100
COMMON = 'plan = "sms" opening = "10.00" window = 100'
ACCOUNT = f'account "live" {{ password = "secret08" {COMMON} }}\n'


def make_lab():
    return Lab(smsc="report_delay=50", edit=lambda text: text + ACCOUNT)


def say(lab, text):
    lab.config_path.write_text(text)
    before = len(lab.log_lines("config.reloaded") + lab.log_lines("config.kept"))
    lab.sluiced.send_signal(signal.SIGHUP)
    until(lambda: len(lab.log_lines("config.reloaded") + lab.log_lines("config.kept")) > before,
          5, "no word of the configuration in the log")


def reloads(lab, result):
    page = lab.http("GET", "/metrics").body.decode()
    return int(re.search(rf'^sluice_config_reloads_total{{result="{result}"}} (\d+)$', page,
                         re.MULTILINE).group(1))


def status_of(esme, to=TO):
    return esme.response(esme.submit(to)).status


def bind_status(lab, password):
    with Session(lab.ports["smpp"], "live", password) as esme:
        return esme.bind_status


def an_accounts_settings_change_under_its_binds(lab):
    text = lab.config_path.read_text()
    with Session(lab.ports["smpp"], "live") as esme:
        equal([status_of(esme) for _ in range(5)], [OK] * 5, "before")
        say(lab, text.replace('account "live" { password = "secret08"',
                              'account "live" { password = "secret09" tps = 1 burst = 2'))
        equal(reloads(lab, "done"), 1, "reloads")
        said = [status_of(esme) for _ in range(5)]
        check(said.count(THROTTLED) >= 2 and said[0] == OK, f"over the new rate: {said}")
        check(not esme.closed, "the bind was dropped")
    equal((bind_status(lab, "secret08"), bind_status(lab, "secret09")), (WRONG, OK),
          "the old and the new password")
    say(lab, text.replace('account "live" { password = "secret08"',
                          'account "live" { password = "secret08" destinations = {"GB"}'))
    with Session(lab.ports["smpp"], "live") as esme:
        equal(status_of(esme), BAD_DESTINATION, "a country it may not send to any more")
        equal(status_of(esme, "447400123456"), OK, "without the rate")
    say(lab, text)
    equal(reloads(lab, "done"), 3, "reloads")
    say(lab, "# the same\n" + text)
    equal(reloads(lab, "same"), 1, "nothing is different")
    lab.nothing_held("live")


def a_price_is_for_what_is_accepted_from_then_on(lab):
    text = lab.config_path.read_text()
    charged = lab.balance("live")["charged"]
    lab.stop_sim()
    before = lab.send("live", TO).json
    equal(before["held"], "0.050000", "held before")
    dearer = re.sub(r'(side = "sell"  channel = "smsc".*price = )"0.050000"', r'\1"0.070000"',
                    text)
    check(dearer != text, "the price of the lab is another one")
    say(lab, dearer)
    after = lab.send("live", TO).json
    equal(after["held"], "0.070000", "held after")
    lab.start_sim()
    lab.wait_bound()
    lab.ended(before["id"])
    lab.ended(after["id"])
    lab.nothing_held("live")
    equal(lab.balance("live")["charged"] - charged, Decimal("0.12"), "charged: 0.05 and 0.07")
    lab.verify()
    say(lab, text)


def a_file_that_is_wrong_or_wants_more_changes_nothing(lab):
    text = lab.config_path.read_text()
    throttled = text.replace('account "live" { password = "secret08"',
                             'account "live" { password = "secret08" tps = 1 burst = 1')
    done = reloads(lab, "done")
    wrong = (
        (throttled + "nonsense = 1\n", "nonsense"),
        (throttled.replace('system_id = "sluice"', 'system_id = "other"'), "link smsc"),
        (throttled + 'account "more" { password = "x" plan = "sms" }\n', "account more"),
        (throttled.replace('value = "lab-token"', 'value = "other"'), "the secret of"),
    )
    with Session(lab.ports["smpp"], "live") as esme:
        for at, (content, why) in enumerate(wrong):
            check(content != throttled, f"{why}: the lab says it in another way")
            say(lab, content)
            said = lab.log_lines("config.kept")[-1]["reason"]
            check(why in said, f"{why}: the log says {said}")
            equal(reloads(lab, "refused"), at + 1, f"{why}: refused")
            equal([status_of(esme) for _ in range(3)], [OK] * 3, f"{why}: the old rate")
        check(not esme.closed, "the bind was dropped")
    equal(reloads(lab, "done"), done, "reloads")
    lab.nothing_held("live")
    lab.config_path.write_text(text)


def many_reloads_take_no_more_memory_than_a_few(lab):
    """Passwords, their hashes, prices and what an account may send change each time."""
    text = lab.config_path.read_text()
    hashes = [subprocess.run([str(BUILD / "sluice"), "hash-password"], input=one + "\n",
                             stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
              for one in PASSWORDS]
    texts = [re.sub(r'(side = "sell"  channel = "smsc".*price = )"0.050000"',
                    rf'\1"0.0{number + 5}0000"', text).replace(
                        'account "live" { password = "secret08"',
                        f'account "live" {{ password_hash = "{one}" sources = {{"Shop{number}"}}')
             for number, one in enumerate(hashes)]
    status = pathlib.Path(f"/proc/{lab.sluiced.pid}/status")
    done, sizes = reloads(lab, "done"), {}
    for count in range(1, RELOADS + 1):
        lab.config_path.write_text(texts[count % 2])
        lab.sluiced.send_signal(signal.SIGHUP)
        until(lambda: reloads(lab, "done") == done + count, 5, "it does not reload", 0.002)
        if count in (RELOADS // 5, RELOADS):
            sizes[count] = int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1])
            # The hash of what was there before is nobody's, and the strangers' work no less.
            for account, password in (("live", PASSWORDS[0]), ("live", PASSWORDS[1]),
                                      ("nobody", PASSWORDS[0])):
                good = (account, password) == ("live", PASSWORDS[count % 2])
                with Session(lab.ports["smpp"], account, password) as esme:
                    equal(esme.bind_status, OK if good else WRONG, f"{account} with {password}")
    few, many = sizes.values()
    check(many - few < 1024 or SANITIZED, f"{few} KiB after {RELOADS // 5} reloads, {many} after {RELOADS}")
    lab.config_path.write_text(text)
    return f"{few} KiB after {RELOADS // 5}, {many} after {RELOADS}"


def a_hundred_reloads_under_load_lose_nothing_and_drop_nobody(lab):
    """Each changes a limit of somebody who is bound; one in ten is of a file that is wrong."""
    text = lab.config_path.read_text()
    say(lab, text)
    before = {result: reloads(lab, result) for result in ("done", "refused")}
    with Session(lab.ports["smpp"], "live") as esme:
        bench = lab.bench_start("-r", 800, "-s", 8, "-b", 2, "--wait", 20)
        for number in range(100):
            said = text.replace('account "live" {', f'account "live" {{ tps = {500 + number}')
            say(lab, said if number % 10 else said + "nonsense = 1\n")
        _, told = bench.communicate(timeout=60)
        equal(bench.returncode, 0, f"the status of sluice-bench ({told})")
        equal(status_of(esme), OK, "who was bound before")
        check(not esme.closed, "the bind was dropped")
    equal({result: reloads(lab, result) - before[result] for result in before},
          {"done": 90, "refused": 10}, "reloads")
    numbers = json.loads(bench.json_path.read_text())["submits"]
    lab.config_path.write_text(text)
    lab.nothing_held("sms", 10)
    lab.verify()
    return f"beside {numbers['accepted']} submits"


if __name__ == "__main__":
    scenario(90, make_lab,
             an_accounts_settings_change_under_its_binds,
             a_price_is_for_what_is_accepted_from_then_on,
             a_file_that_is_wrong_or_wants_more_changes_nothing,
             many_reloads_take_no_more_memory_than_a_few,
             a_hundred_reloads_under_load_lose_nothing_and_drop_nobody)
