#!/usr/bin/env python3
"""Account `sms` of the lab, on its fixed ports: what goes out, what comes back, the money.
"""

import re
import time

from datetime import datetime, timezone
from decimal import Decimal

from lab import Lab, check, equal, scenario
from smpp_client import (
    OK, TAG_NETWORK_ERROR, TAG_RECEIPTED_ID, TAG_STATE, Session)

SMSC = "rule=790*0042:undelivered+err:042,rule=790*0043:never"
RECEIPT = re.compile(
    rb"id:(\d+) sub:001 dlvrd:(\d{3}) submit date:(\d{10}) done date:(\d{10}) "
    rb"stat:([A-Z]{7}) err:(\S{3}) text:(.*)", re.DOTALL)


def started():
    """sluiced is ready before any operator is there."""
    lab = Lab(smsc=SMSC, fixed=True, start=False)
    return lab


def it_is_ready_while_no_link_is_bound(lab):
    begin = time.monotonic()
    lab.start()
    took_s = time.monotonic() - begin
    equal(lab.http("GET", "/livez", token=None).status, 200, "/livez")
    check((lab.state / "sluice.sock").is_socket(), "there is no socket in the state folder")
    lab.start_sim()
    lab.wait_bound()
    return f"{took_s:.2f} s to ready"


def the_opening_is_the_contracts(lab):
    for account, opening in (("sms", "1000000"), ("cascade", "1000000"), ("poor", "1"),
                             ("slow", "1000000")):
        row = lab.balance(account)
        equal(row["opening"], Decimal(opening), f"opening of {account}")
        equal(row["available"], Decimal(opening), f"available of {account}")
    equal(lab.http("GET", "/v1/accounts/nobody/balance").status, 404, "unknown account")
    equal(lab.http("GET", "/v1/accounts/sms/balance", token=None).status, 401, "no token")
    equal(lab.http("GET", "/v1/accounts/sms/balance", token="wrong").status, 401,
          "wrong token")


def dates_are_now(*dates):
    now = datetime.now(timezone.utc)
    for date in dates:
        then = datetime.strptime(date.decode(), "%y%m%d%H%M").replace(tzinfo=timezone.utc)
        check(-1 <= (now - then).total_seconds() <= 180, f"date {date!r} is not now, in UTC")


def a_receipt_is_appendix_b_and_two_tlvs(lab):
    with Session(lab.ports["smpp"]) as esme:
        equal(esme.bind_status, OK, "bind")
        message_id = esme.submitted("79030000001", b"The quick brown fox jumps over it")
        check(re.fullmatch(r"\d+", message_id), f"id {message_id!r} is not decimal")
        receipt = esme.receipt(message_id)
        equal(receipt.esm_class, 0x04, "esm_class")
        equal((receipt.source, receipt.destination), (b"79030000001", b"Shop"),
              "addresses, exchanged")
        equal((receipt.source_form, receipt.destination_form), (b"\1\1", b"\5\0"),
              "their TON and NPI")
        equal(receipt.data_coding, 0, "data_coding")
        found = RECEIPT.fullmatch(receipt.text)
        check(found, f"the text is not that of Appendix B: {receipt.text!r}")
        equal(found.group(1).decode(), message_id, "id in the text")
        equal(found.group(2, 5, 6, 7), (b"001", b"DELIVRD", b"000", b"The quick brown fox "),
              "dlvrd, stat, err, text")
        dates_are_now(*found.group(3, 4))
        equal(sorted(receipt.tlvs), [(TAG_RECEIPTED_ID, message_id.encode() + b"\0"),
                                     (TAG_STATE, b"\2")], "TLVs")

        sent, = lab.sms("79030000001")
        equal(sent["text"], b"The quick brown fox jumps over it".hex(), "octets sent")
        equal((sent["source"], sent["registered_delivery"], sent["data_coding"]),
              ("Shop", "1", "0"), "source, registered_delivery, data_coding")

        row = lab.ended(message_id)
        equal((row["id"], row["submissions"], row["account"], row["to"], row["end"]),
              (message_id, [message_id], "sms", "79030000001", "delivered"), "JSON")
        equal((row["parts"], row["charged"], row["cost"], row["currency"]),
              (1, "0.050000", "0.030000", "EUR"), "JSON: parts and money")
        attempt, = row["attempts"]
        equal((attempt["step"], attempt["channel"], attempt["segment"], attempt["try"],
               attempt["state"], attempt["reason"], attempt["provider_id"],
               attempt["charged"], attempt["cost"]),
              ("sms", "smsc", 1, 1, "delivered", None, sent["id"], "0.050000", "0.030000"),
              "JSON: the attempt")
        for time_of in (row["accepted_at"], row["ended_at"], attempt["sent_at"],
                        attempt["updated_at"]):
            check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time_of or ""),
                  f"{time_of!r} is not RFC 3339 in UTC with milliseconds")


def a_refused_delivery_carries_the_operators_code(lab):
    with Session(lab.ports["smpp"]) as esme:
        message_id = esme.submitted("79030000042")
        receipt = esme.receipt(message_id)
        found = RECEIPT.fullmatch(receipt.text)
        check(found, f"the text is not that of Appendix B: {receipt.text!r}")
        equal(found.group(2, 5, 6), (b"000", b"UNDELIV", b"042"), "dlvrd, stat, err")
        tlvs = dict(receipt.tlvs)
        equal(sorted(tlvs), [TAG_RECEIPTED_ID, TAG_NETWORK_ERROR, TAG_STATE], "TLVs")
        equal(tlvs[TAG_STATE], b"\5", "message_state")
        equal(len(tlvs[TAG_NETWORK_ERROR]), 3, "octets of network_error_code")
        equal(tlvs[TAG_NETWORK_ERROR][1:], b"\0\x2a", "network_error_code")
        row = lab.ended(message_id)
        equal((row["end"], row["charged"]), ("undeliverable", "0.050000"),
              "UNDELIV after it was accepted stays charged")


def octets_of_the_alphabet_pass_as_they_are(lab):
    text = bytes(range(0x01, 0x1b)) + b"\x1b\x65\x1b\x3c\x1b\x3e\x00 abc"
    with Session(lab.ports["smpp"]) as esme:
        receipt = esme.receipt(esme.submitted("79030000002", text))
        equal(receipt.stat, "DELIVRD", "stat")
        equal(lab.sms("79030000002")[0]["text"], text.hex(), "data_coding 0")
        for coding, octets, to in ((8, "Привет, 🙂".encode("utf-16-be"), "79030000003"),
                                   (4, bytes(range(256))[:140], "79030000004"),
                                   (3, "déjà".encode("latin-1"), "79030000005")):
            esme.receipt(esme.submitted(to, octets, data_coding=coding))
            sent = lab.sms(to)[0]
            equal((sent["text"], sent["data_coding"]), (octets.hex(), str(coding)),
                  f"data_coding {coding}")


def registered_delivery_decides_what_the_client_hears(lab):
    with Session(lab.ports["smpp"]) as esme:
        # Those on failure (2) hear nothing of a success, and the other way round (3).
        silent = [esme.submitted("79030000011", registered=0),
                  esme.submitted("79030000012", registered=2),
                  esme.submitted("79040000042", registered=3)]
        loud = [esme.submitted("79030000013", registered=1),
                esme.submitted("79050000042", registered=2),
                esme.submitted("79030000014", registered=3)]
        for message_id in loud:
            esme.receipt(message_id)
        for message_id in silent:
            lab.ended(message_id)
        last = esme.submitted("79030000015")
        esme.receipt(last)
        for message_id in silent:
            equal(esme.receipts_of(message_id), [], "a receipt nobody asked for")
    for to in ("79030000011", "79030000012", "79040000042"):
        equal(lab.sms(to)[0]["registered_delivery"], "1", f"southbound, to {to}")


def five_thousand_over_two_binds(lab):
    before, sim_before = lab.balance("sms"), lab.sim_stats("smsc")
    numbers = lab.bench("--account", "sms", "-b", 2, "-w", 64, "-n", 5000,
                        "-d", "79161######", "--expect-stat", "DELIVRD")
    lab.nothing_held("sms")
    after, sim = lab.balance("sms"), lab.sim_stats("smsc")
    equal(numbers["submits"]["accepted"], 5000, "accepted")
    equal(numbers["receipts"]["completed"], 5000, "receipts")
    equal(before["available"] - after["available"], Decimal("250.000000"), "balance down by")
    equal(after["charged"] - before["charged"], Decimal("250.000000"), "charged")
    equal(sim["taken"] - sim_before["taken"], 5000, "SMS at the operator")
    lab.verify()
    return "5000 accepted, 5000 DELIVRD, 250.000000 charged"


def the_statement_agrees(lab):
    row = lab.get("/v1/accounts/sms/statement")
    text = str(row)
    charged = lab.balance("sms")["charged"]
    check(f"{charged:.6f}" in text, f"the statement does not name {charged:.6f}: {row}")
    stats = lab.get("/v1/stats/channels")
    check("smsc" in str(stats), f"/v1/stats/channels does not name the link: {stats}")


def it_stops_and_comes_back_with_all_it_had(lab):
    with Session(lab.ports["smpp"], command=0x2) as esme: # a transmitter
        waiting = esme.submitted("79030000021")
        open_one = esme.submitted("79030000043")
        lab.ended(waiting)
    before = lab.balance("sms")
    took_s = lab.stop()
    lab.start()
    lab.wait_bound()
    equal(lab.balance("sms"), before, "balance")
    equal(lab.message(waiting)["end"], "delivered", "the message that had ended")
    equal(lab.message(open_one)["state"], "sent", "the message that had not")
    with Session(lab.ports["smpp"]) as esme:
        equal(esme.receipt(waiting).stat, "DELIVRD", "its receipt, after the restart")
    lab.verify()
    return f"{took_s:.1f} s to stop"


if __name__ == "__main__":
    scenario(100, started, it_is_ready_while_no_link_is_bound, the_opening_is_the_contracts,
             a_receipt_is_appendix_b_and_two_tlvs,
             a_refused_delivery_carries_the_operators_code,
             octets_of_the_alphabet_pass_as_they_are,
             registered_delivery_decides_what_the_client_hears,
             five_thousand_over_two_binds, the_statement_agrees,
             it_stops_and_comes_back_with_all_it_had)
