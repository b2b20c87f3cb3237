#!/usr/bin/env python3
"""Texts through the real programs: alphabets on both sides, ways of cutting, national
tables, transliteration, and what must pass through octet for octet."""

import struct

from decimal import Decimal

from cli import sluice
from lab import Lab, check, equal, scenario, until
from smpp_client import (SUBMIT, TAG_PAYLOAD, Session, sar, submit_body, tlv, udh8, udh16)

SMS, MESSAGE = Decimal("0.05"), Decimal("0.01")
SPLITS = ("udh8", "udh16", "sar", "payload")
ALPHABETS = ("gsm0338", "latin1")
# A plan of its own for each link, chosen by how the number begins.
LINKS = {f"{alphabet}-{split}": f"7905{row}{column}"
         for row, alphabet in enumerate(ALPHABETS) for column, split in enumerate(SPLITS)}
TURKISH, FLASH_AS_TEXT = "790580", "790590"

# As far as the texts below need them.
GSM = {"é": 0x05, "ü": 0x7E, "Ö": 0x5C, "@": 0x00, "$": 0x02, "\n": 0x0A, " ": 0x20}


def gsm(text):
    return bytes(GSM.get(letter, ord(letter)) for letter in text)


def from_gsm(octets):
    back = {code: letter for letter, code in GSM.items()}
    return "".join(back.get(octet, chr(octet)) for octet in octets)


ENCODERS = {"gsm0338": gsm, "latin1": lambda text: text.encode("latin-1")}
DECODERS = {"gsm0338": from_gsm, "latin1": lambda octets: octets.decode("latin-1")}


def link(name, more):
    return f"""
link "{name}" {{
  host = "127.0.0.1"  port = PORT  system_id = "sluice"  password = "sluice"
  window = 64  reconnect_min = "200ms"  reconnect_max = "1s"  {more}
}}
plan "{name}" {{ step "sms" {{ channels = {{"{name}"}} }} }}
price {{ side = "sell"  channel = "{name}"  price = "0.050000"  on = "accepted" }}
price {{ side = "buy"   channel = "{name}"  price = "0.030000"  on = "accepted" }}
"""


def account(name, plan, more):
    return f"""
account "{name}" {{
  password = "secret08"  plan = "{plan}"  plans = {{"*"}}  opening = "1000.00"  binds = 16
  window = 1000  {more}
}}
"""


def edit(text):
    port = text.split("port = ", 1)[1].split("\n", 1)[0]
    for name, prefix in LINKS.items():
        alphabet, split = name.split("-")
        text += link(name, f'default_alphabet = "{alphabet}"  split = "{split}"')
        text += f'rule {{ prefix = "{prefix}"  plan = "{name}" }}\n'
    text += link("turkish", 'languages = {"turkish"}')
    text += f'rule {{ prefix = "{TURKISH}"  plan = "turkish" }}\n'
    text += f"""
plan "flash-as-text" {{
  step "messenger" {{ channels = {{"messenger"}}  within = "2s"  flash = "as text" }}
  step "sms"       {{ channels = {{"smsc"}} }}
}}
rule {{ prefix = "{FLASH_AS_TEXT}"  plan = "flash-as-text" }}
"""
    text += account("latin", "sms", 'default_alphabet = "latin1"')
    text += account("thin", "messenger-then-sms", "").replace("1000.00", "0.16")
    text += account("cyrillic", "messenger-then-sms", 'transliterate = "when cheaper"')
    return text.replace("PORT", port)


class TextLab(Lab):
    def __init__(self):
        super().__init__(messenger="rule=*1:delivered,rule=*2:failed", edit=edit)

    def wait_bound(self, binds=4 + len(LINKS) + 1, timeout_s=10):
        super().wait_bound(binds, timeout_s)

    def __enter__(self):
        super().__enter__()
        self.esmes = {name: Session(self.ports["smpp"], name)
                      for name in ("sms", "latin", "cascade", "cyrillic", "thin")}
        return self

    def __exit__(self, *error):
        for esme in getattr(self, "esmes", {}).values():
            esme.close()
        super().__exit__(*error)

    def posted(self, to):
        return [bytes.fromhex(post["text"]).decode() for post in self.posts(to)]

    def sent(self, to, count=1):
        return until(lambda: len(self.sms(to)) == count and self.sms(to), 8,
                     lambda: f"{len(self.sms(to))} SMS to {to}, not {count}")


def submit(lab, account, to, text, **fields):
    """In short_message where it fits, else in message_payload."""
    if len(text) > 254:
        fields["tlvs"] = tlv(TAG_PAYLOAD, text) + fields.get("tlvs", b"")
        text = b""
    return lab.esmes[account].submitted(to, text, **fields)


# ---- Cutting, link by link --------------------------------------------------------


def parts_of(lab, split, to, count):
    """The octets of each segment without what says which it is, and that it does."""
    found = lab.sent(to, 1 if split == "payload" else count)
    octets = []
    for number, one in enumerate(found, 1):
        text, tlvs = bytes.fromhex(one["text"]), bytes.fromhex(one["tlvs"])
        is_udh = split in ("udh8", "udh16") and count > 1
        equal(int(one["esm_class"]) & 0x40, 0x40 if is_udh else 0, "UDHI")
        if is_udh:
            size = 6 if split == "udh8" else 7
            equal(text[:3], b"\5\0\3" if split == "udh8" else b"\6\x08\4", "header")
            equal(text[size - 2:size], bytes([count, number]), "total and number")
            text = text[size:]
        elif split == "sar" and count > 1:
            check(tlv(0x020E, bytes([count])) in tlvs and
                  tlv(0x020F, bytes([number])) in tlvs, f"sar_ parameters of {one}")
        octets.append(text)
    references = {bytes.fromhex(one["text"])[3:-1][:1 if split == "udh8" else 2]
                  for one in found} if split.startswith("udh") and count > 1 else {0}
    equal(len(references), 1, "references")
    equal(len({one["bind"] for one in found}), 1, "binds")
    return octets, {one["data_coding"] for one in found}


def each_link_gets_a_long_text_in_its_alphabet_and_cut_its_way(lab):
    text = ("é $ü@ Ö" * 60)[:300]
    for name, prefix in LINKS.items():
        alphabet, split = name.split("-")
        count = 2
        for account, own in (("sms", "gsm0338"), ("latin", "latin1")):
            to = f"{prefix}{'12'[account == 'latin']}0001"
            if account == "latin" and alphabet == "latin1":
                count = 3  # octets as they came: 134 in a part
            message_id = submit(lab, account, to, ENCODERS[own](text))
            octets, codings = parts_of(lab, split, to, count)
            where = f"{account} over {name}"
            equal(codings, {"0"}, f"data_coding of {where}")
            equal("".join(DECODERS[alphabet](part) for part in octets), text,
                  f"text of {where}")
            row = lab.ended(message_id)
            equal((row["end"], row["parts"], Decimal(row["charged"])),
                  ("delivered", count, count * SMS), f"end of {where}")


def what_the_links_alphabet_lacks_goes_as_ucs_2(lab):
    text = "á" * 100  # in Latin-1, not in GSM
    for split in SPLITS:
        to = f"{LINKS[f'gsm0338-{split}']}30001"
        message_id = submit(lab, "latin", to, text.encode("latin-1"))
        octets, codings = parts_of(lab, split, to, 2)
        equal(codings, {"8"}, "data_coding")
        equal(b"".join(octets).decode("utf-16-be"), text, "text")
        equal(Decimal(lab.ended(message_id)["charged"]), 2 * SMS, "charged")


def the_parts_of_a_client_are_recoded_behind_their_headers(lab):
    to = f"{LINKS['gsm0338-udh8']}40001"
    for number in (1, 2):
        submit(lab, "latin", to, ("é" * 134).encode("latin-1"), udh=udh8(9, 2, number))
    for number, one in enumerate(lab.sent(to, 2), 1):
        equal(bytes.fromhex(one["text"]), udh8(9, 2, number) + b"\x05" * 134, "octets")
        equal((one["data_coding"], one["esm_class"]), ("0", str(0x40)), "fields")


def the_api_is_written_in_each_links_alphabet(lab):
    for alphabet, text, coding in (("gsm0338", "prix: 5 $, été", "0"),
                                   ("latin1", "prix: 5 $, été", "0"),
                                   ("latin1", "naïve", "0"),
                                   ("gsm0338", "naïve", "8")):
        to = f"{LINKS[alphabet + '-udh8']}5000{len(text) % 10}"
        answer = lab.send("sms", to, text)
        equal(answer.status, 202, f"{answer!r}")
        one, = lab.sent(to)
        octets = bytes.fromhex(one["text"])
        said = octets.decode("utf-16-be") if coding == "8" else DECODERS[alphabet](octets)
        equal((one["data_coding"], said), (coding, text), f"{text} over {alphabet}")


# ---- National tables --------------------------------------------------------------


def a_shift_table_saves_parts_where_the_operator_takes_it(lab):
    for text, count, header in (("ş" * 70, 1, None),
                                ("ş" * 155, 1, "03250101"),
                                ("ş" * 298, 2, "080003")):
        to = f"{TURKISH}{len(text):05d}"
        answer = lab.send("sms", to, text)
        equal((answer.status, answer.json["parts"], Decimal(answer.json["held"])),
              (202, count, count * SMS), "parts and hold")
        found = lab.sent(to, count)
        if header is None:
            equal((found[0]["data_coding"], found[0]["esm_class"]), ("8", "0"), "UCS-2")
            continue
        octets = [bytes.fromhex(one["text"]) for one in found]
        check(all(one["text"].lower().startswith(header) for one in found), f"{found}")
        equal({one["data_coding"] for one in found}, {"0"}, "data_coding")
        sizes = [octet[0] + 1 for octet in octets]
        check(all(octet[:size].endswith(b"\x25\x01\x01")
                  for octet, size in zip(octets, sizes)), "each part names its table")
        equal(b"".join(octet[size:] for octet, size in zip(octets, sizes)),
              b"\x1D" * len(text), "0x1D is s with cedilla in the locking table")
        equal(Decimal(lab.ended(answer.json["id"])["charged"]), count * SMS, "charged")


def a_shifted_text_is_text_for_a_messenger(lab):
    to = "79060000001"
    message_id = submit(lab, "cascade", to, b"\x40\x0B", udh=b"\x03\x25\x01\x01")
    equal(lab.ended(message_id)["end"], "delivered", "end")
    equal(lab.posted(to), ["İĞ"], "posts")
    to = "79060000011"
    ids = [submit(lab, "cascade", to, b"\x1B\x53", udh=b"\x08\x00\x03\x07\x02\x01\x24\x01\x01"),
           submit(lab, "cascade", to, b"\x40", udh=b"\x08\x00\x03\x07\x02\x02\x25\x01\x01")]
    equal({lab.ended(one)["end"] for one in ids}, {"delivered"}, "ends")
    equal(lab.posted(to), ["Şİ"], "each part by its own tables")
    to = "79060000002"
    submit(lab, "cascade", to, b"\x40\x0B", udh=b"\x03\x25\x01\x01")
    one, = lab.sent(to)
    equal(bytes.fromhex(one["text"]), b"\x03\x25\x01\x01\x40\x0B", "the link gets it as it came")


# ---- Passing through --------------------------------------------------------------

WAP_PUSH = b"\x06\x05\x04\x0B\x84\x23\xF0"
THROUGH = (
    # name, fields, octets
    ("flash", {"data_coding": 0x10}, b"hello"),
    ("flash UCS-2", {"data_coding": 0x18}, "привет".encode("utf-16-be")),
    ("flash of 0xF0", {"data_coding": 0xF0}, b"hello"),
    ("flash by parameter", {"tlvs": tlv(0x0005, b"\1")}, b"hello"),
    ("class 2 octets", {"data_coding": 0xF6}, b"\0\1\2\xFF"),
    ("WAP push", {"data_coding": 0xF5, "udh": WAP_PUSH}, b"\x01\x06\x00"),
    ("WAP push in parts", {"data_coding": 4,
                           "udh": b"\x0B\x05\x04\x0B\x84\x23\xF0\x00\x03\x05\x02\x01"}, b"\x01"),
    ("ports by 8 bits", {"data_coding": 4, "udh": b"\x04\x04\x02\xF0\x01"}, b"\x01\x02"),
    ("ports by parameter", {"tlvs": tlv(0x020A, b"\x23\xF0") + tlv(0x020B, b"\x0B\x84")},
     b"text to a port"),
    ("a protocol id", {"protocol_id": 0x41}, b"replace me"),
    ("message waiting", {"data_coding": 0xC8}, b"you have a message"),
    ("compressed", {"data_coding": 0x20}, b"\x12\x34"),
    ("reserved group", {"data_coding": 0x8F}, b"hello"),
)


def what_is_no_text_passes_to_links_unchanged_and_never_to_messengers(lab):
    for number, (name, fields, octets) in enumerate(THROUGH):
        to = f"790700{number:03d}01"
        message_id = submit(lab, "cascade", to, octets, **fields)
        one, = lab.sent(to)
        equal(bytes.fromhex(one["text"]), fields.get("udh", b"") + octets, f"octets of {name}")
        equal(int(one["data_coding"]), fields.get("data_coding", 0), f"data_coding of {name}")
        equal(int(one["esm_class"]), 0x40 if "udh" in fields else 0, f"esm_class of {name}")
        check(fields.get("tlvs", b"") in bytes.fromhex(one["tlvs"]), f"TLVs of {name}: {one}")
        row = lab.ended(message_id)
        first = row["attempts"][0]
        equal((row["end"], first["step"], first["state"], first["reason"]),
              ("delivered", "messenger", "failed", "content"), f"trace of {name}")
        equal(lab.posts(to), [], f"posts of {name}")


def the_first_part_holds_for_all_the_others(lab):
    # Enough for the messenger and three SMS, and not for one SMS more.
    esme = lab.esmes["thin"]
    to = "79060000022"
    ids = [esme.submitted(to, b"part 1 ", udh=udh8(4, 3, 1))]
    equal(lab.balance("thin")["available"], 0, "available after the first part")
    equal(esme.response(esme.submit("79060000031", b"another")).status, 0x45, "another message")
    ids += [esme.submitted(to, b"part %d " % n, udh=udh8(4, 3, n)) for n in (2, 3)]
    equal({lab.ended(one)["end"] for one in ids}, {"delivered"}, "ends")
    equal(lab.balance("thin")["charged"], 3 * SMS, "charged")


def class_1_is_a_text_like_any_other(lab):
    to = "79070100001"
    message_id = submit(lab, "cascade", to, b"hello", data_coding=0xF1)
    equal(lab.ended(message_id)["end"], "delivered", "end")
    equal(lab.posted(to), ["hello"], "posts")


def a_step_may_show_flash_as_text(lab):
    to = FLASH_AS_TEXT + "00001"
    submit(lab, "cascade", to, b"now!", data_coding=0x10)
    until(lambda: lab.posted(to) == ["now!"], 5, "it was not posted")
    to = FLASH_AS_TEXT + "00011"
    ids = [submit(lab, "cascade", to, b"part %d " % n, data_coding=0x10, udh=udh8(3, 2, n))
           for n in (1, 2)]
    equal({lab.ended(one)["end"] for one in ids}, {"delivered"}, "ends")
    equal(lab.posted(to), ["part 1 part 2 "], "flash in parts is collected")
    to = FLASH_AS_TEXT + "00002"  # the messenger fails
    submit(lab, "cascade", to, b"now!", data_coding=0x10)
    one, = lab.sent(to)
    equal(one["data_coding"], str(0x10), "over the link it is flash still")
    to = FLASH_AS_TEXT + "00021"
    submit(lab, "cascade", to, b"\1\2", data_coding=0x14)
    lab.sent(to)
    equal(lab.posts(to), [], "octets of class 0 are no text")


# ---- Cyrillic in Latin letters ----------------------------------------------------


def cyrillic_in_latin_saves_a_part_and_its_price(lab):
    text = "Ваш заказ готов, приходите. " * 4  # 112 letters: two parts of UCS-2
    latin = "Vash zakaz gotov, prikhodite. " * 4
    to = "79080000002"
    answer = lab.send("cyrillic", to, text)
    equal((answer.status, answer.json["parts"], Decimal(answer.json["held"])),
          (202, 1, MESSAGE + SMS), "parts and hold")
    one, = lab.sent(to)
    equal((one["data_coding"], bytes.fromhex(one["text"]).decode()), ("0", latin), "SMS")
    equal(lab.posted(to), [text], "the messenger is told it in Cyrillic")
    row = lab.ended(answer.json["id"])
    equal((row["parts"], Decimal(row["charged"])), (1, SMS), "parts, charged")
    check(lab.get(f"/v1/messages/{answer.json['id']}/trace")["transliterated"], "trace")
    check("Latin letters" in sluice(lab, "trace", answer.json["id"]), "sluice trace")

    to = "79080000012"
    message_id = submit(lab, "cyrillic", to, text.encode("utf-16-be"), data_coding=8)
    one, = lab.sent(to)
    equal(bytes.fromhex(one["text"]).decode(), latin, "submitted over SMPP")
    equal(Decimal(lab.ended(message_id)["charged"]), SMS, "charged")


def what_saves_nothing_stays_cyrillic(lab):
    for to, account, text, parts in (("79080000022", "cyrillic", "Привет", 1),
                                     ("79080000032", "cyrillic", "щ" * 71, 2),
                                     ("79080000042", "cyrillic", "ы🙂" * 40, 2),
                                     ("79080000052", "cascade", "ы" * 71, 2)):
        answer = lab.send(account, to, text)
        equal((answer.status, answer.json["parts"]), (202, parts), f"parts of {text[:3]}")
        found = lab.sent(to, parts)
        equal({one["data_coding"] for one in found}, {"8"}, f"data_coding of {text[:3]}")
        check(not lab.get(f"/v1/messages/{answer.json['id']}/trace")["transliterated"],
              "trace")


def in_the_end_nothing_is_held_and_the_ledger_is_right(lab):
    for name in ("sms", "latin", "cascade", "cyrillic"):
        lab.nothing_held(name)
    lab.verify()


if __name__ == "__main__":
    scenario(60, TextLab, in_the_end_nothing_is_held_and_the_ledger_is_right, together=(
        each_link_gets_a_long_text_in_its_alphabet_and_cut_its_way,
        what_the_links_alphabet_lacks_goes_as_ucs_2,
        the_parts_of_a_client_are_recoded_behind_their_headers,
        the_api_is_written_in_each_links_alphabet,
        a_shift_table_saves_parts_where_the_operator_takes_it,
        a_shifted_text_is_text_for_a_messenger,
        what_is_no_text_passes_to_links_unchanged_and_never_to_messengers,
        the_first_part_holds_for_all_the_others,
        class_1_is_a_text_like_any_other,
        a_step_may_show_flash_as_text,
        cyrillic_in_latin_saves_a_part_and_its_price,
        what_saves_nothing_stays_cyrillic,
    ))
