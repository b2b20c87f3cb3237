#!/usr/bin/env python3
"""Every route of the API with every role: who may, who may not, and for whose things.

The routes and the scopes they want are read from openapi.yaml, which tests/gateway/api_test.c
compares with the code: a route that is added is in the matrix.  What the answers say is
looked at, too: nothing of an account is told to whoever may not act for it."""

import http.client
import re
import socket
import time
import urllib.parse

from lab import SOURCE, TOKEN, Answer, Lab, check, equal, request, scenario, until

OWN, OTHER, NOBODY = "sms", "cascade", "nobody"
NUMBERS = {OWN: "79030000009", OTHER: "79030777009", NOBODY: "79030000009"}
SENDERS = {OWN: "Shop", OTHER: "Rival"}
WRITER, WRITTEN = "79039999123", "words of a stranger"
RANKS = {"open": 0, "read": 1, "send": 2, "admin": 3, "all": 4}
KEPT = "look at this"
# What only OTHER may be told, and whoever may act for all.
SECRETS = [text.encode() for text in (NUMBERS[OTHER], SENDERS[OTHER], f"words for {OTHER}",
                                      WRITER, WRITTEN)]

# The name of a role, its token, its rank, and whether it may act for all accounts.
ROLES = [("nobody", None, 0, False), ("a wrong token", "send-one-toke", 0, False),
         ("half a token", "send-one", 0, False), ("a longer token", "send-one-token1", 0, False),
         ("read", "read-one-token", 1, False), ("send", "send-one-token", 2, False),
         ("admin", "admin-one-token", 3, False), ("read all", "read-all-token", 1, True),
         ("send all", "send-all-token", 2, True), ("admin all", TOKEN, 3, True),
         ("the socket", "", 3, True)]


def configure(text):
    tokens = "".join(
        f'  token "{scope}-{who}" {{ value = "{scope}-{who}-token" scope = "{scope}" '
        f"accounts = {{{accounts}}} }}\n"
        for scope in ("read", "send", "admin")
        for who, accounts in (("one", f'"{OWN}"'), ("all", '"*"')))
    text = text.replace("http {\n", "http {\n" + tokens, 1)
    return 'inbound_unroutable = "keep"\n' + text + f'content "kept" {{ text = {{"{KEPT}"}} action = "review" }}\n'


def read_routes():
    """(method, path, scope) of each; the scope "all" is admin for all accounts."""
    routes, path = [], None
    for line in (SOURCE / "gateway/openapi.yaml").read_text().splitlines():
        if line.startswith("components:"):
            break
        if found := re.match(r"  (/\S*):$", line):
            path = found[1]
        elif found := re.match(r"    (get|post|put|delete|patch):$", line):
            routes.append([found[1].upper(), path, "open"])
        elif found := re.match(r"      summary: .*\(scope (\w+)(, all accounts)?\)", line):
            routes[-1][2] = "all" if found[2] else found[1]
    return routes


class Local(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(lab, token, method, path, body=None):
    if token != "":
        return lab.http(method, path, body, token=token)
    connection = Local(lab.state / "sluice.sock")
    try:
        connection.request(method, path, body=body,
                           headers={"Content-Type": "application/json"} if body else {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def send(lab, account, text="hello", **more):
    answer = lab.send(account, NUMBERS[account], f"{text}, words for {account}",
                      **{"from": SENDERS[account], **more})
    equal(answer.status, 202, f"{account} sends: {answer!r}")
    return answer.json["id"]


def tomorrow():
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 86400))


def is_kept(lab, message_id):
    return message_id in [row["id"] for row in lab.get("/v1/review")["messages"]]


class Cell:
    """One route, asked about something of one account: the request, and what it would change."""

    def __init__(self, lab, method, path, account):
        self.body = self.still_is = self.undo = None
        self.is_of_account = True
        real = OWN if account == NOBODY else account
        if path == "/v1/messages":
            self.body = (f'{{"account":"{account}","from":"Shop","to":"{NUMBERS[account]}",'
                         f'"text":"hello"}}').encode()
            # What was sent before may be charged meanwhile: that takes nothing more.
            before = lab.balance(real)["available"]
            self.still_is = lambda: equal(lab.balance(real)["available"], before, "available")
        elif path.startswith("/v1/messages/"):
            made = send(lab, real, schedule=tomorrow())
            self.still_is = lambda: equal(lab.message(made)["state"], "scheduled", "state")
            path = path.replace("{id}", "1" if account == NOBODY else made)
            self.undo = lambda: lab.http("DELETE", f"/v1/messages/{made}")
        elif path.startswith("/v1/review/"):
            made = send(lab, real, text=KEPT)
            self.still_is = lambda: check(is_kept(lab, made), "it is kept no more")
            path = path.replace("{id}", "1" if account == NOBODY else made)
            self.body = b"{}"
            self.undo = lambda: lab.http("POST", f"/v1/review/{made}/drop", {})
        elif "{name}" in path:
            path = path.replace("{name}", account).replace("{number}", NUMBERS[account])
            optouts = f"/v1/accounts/{real}/optouts/{NUMBERS[account]}"
            suspension = f"/v1/accounts/{real}/resume"
            if "optouts" in path and method in ("PUT", "DELETE"):
                was = 200 if method == "DELETE" else 404
                if was == 200:
                    lab.http("PUT", optouts)
                self.still_is = lambda: equal(lab.http("GET", optouts).status, was, "opt-out")
                self.undo = lambda: lab.http("DELETE", optouts)
            elif "optouts/" in path:
                lab.http("PUT", optouts)
                self.undo = lambda: lab.http("DELETE", optouts)
            elif "suspend" in path or "resume" in path:
                self.body = b"{}"
                self.undo = lambda: lab.http("POST", suspension, {})
                self.still_is = lambda: equal(lab.send(real, NUMBERS[real]).status, 202, "sends")
        else:
            self.is_of_account = False
            path = path.replace("{id}", "1").replace("{channel}", "messenger")
            self.body = b"{}" if method == "POST" else None
        self.method, self.path = method, path


def wanted_of(cell, role, scope, account):
    """The statuses that are right."""
    _, _, rank, is_for_all = role
    if rank < RANKS[scope] and not (rank == RANKS["admin"] and is_for_all):
        return (401,) if rank == 0 else (403,)
    if cell.path == "/v1/inbound/1":
        return (404,)
    if cell.path.startswith("/v1/hooks/"):
        return (401,)  # its signature is its token
    if not cell.is_of_account or (account != NOBODY and (is_for_all or account == OWN)):
        # It has not ended: there is nothing to tell yet.
        return (409,) if cell.path.endswith("/receipt") else (200, 202, 204)
    return (404,)


def every_route_with_every_role_answers_as_the_table_says(lab):
    routes = read_routes()
    check(len(routes) >= 25, f"{len(routes)} routes were read")
    cells = 0
    for method, path, scope in routes:
        for account in (OWN, OTHER, NOBODY):
            for role in ROLES:
                cell = Cell(lab, method, path, account)
                answer = ask(lab, role[1], method, cell.path, cell.body)
                said = f"{method} {path} for {account} by {role[0]}"
                wanted = wanted_of(cell, role, scope, account)
                check(answer.status in wanted, f"{said}: {answer!r}, not {wanted}")
                if answer.status >= 400 and cell.still_is:
                    cell.still_is()
                if cell.undo:
                    cell.undo()
                cells += 1
                if not role[3]:
                    check_no_secret(said, answer)
            if not cell.is_of_account:
                break
    return f"{len(routes)} routes, {len(ROLES)} roles, {cells} questions"


def check_no_secret(said, answer):
    told = [secret for secret in SECRETS if secret in answer.body]
    check(not told, f"{said}: it is told {told}: {answer!r}")


def others_live(lab):
    """OTHER sends, a message of it is kept, a number opts out; a subscriber writes to nobody."""
    sent = [send(lab, OTHER), send(lab, OTHER, text=KEPT)]
    lab.http("PUT", f"/v1/accounts/{OTHER}/optouts/{NUMBERS[OTHER]}?sender={SENDERS[OTHER]}")
    query = urllib.parse.urlencode({"from": WRITER, "to": "1000", "text": WRITTEN})
    before = lab.get("/v1/inbound")["unrouted"]
    equal(request(lab.control_port, "POST", "/message?" + query).status, 200, "it is written")
    until(lambda: lab.get("/v1/inbound")["unrouted"] > before, 5, "it has not come")
    lab.ended(sent[0])
    return sent


def what_others_do_changes_no_answer_to_a_limited_token(lab):
    """Each GET of each role that is not for all accounts, before and after OTHER has lived."""
    lab.nothing_held(OWN)
    made = send(lab, OWN, schedule=tomorrow())
    kept = send(lab, OWN, text=KEPT)
    lab.http("PUT", f"/v1/accounts/{OWN}/optouts/{NUMBERS[OWN]}")
    names = {"{id}": made, "{name}": OWN, "{number}": NUMBERS[OWN]}
    questions = []
    for method, path, scope in read_routes():
        # The sums of /metrics are open to all, the figures of an account are not among them.
        if method == "GET" and path != "/metrics":
            for word, value in names.items():
                path = path.replace(word, value)
            questions += [(path, role) for role in ROLES if not role[3]]
    answers = {}
    for when in ("before", "after"):
        for path, role in questions:
            said = f"GET {path} by {role[0]}"
            answer = ask(lab, role[1], "GET", path)
            answer.body = re.sub(rb'"to":"[^"]*Z"', b'"to":"now"', answer.body)
            check_no_secret(said, answer)
            if when == "before":
                answers[said] = answer
            equal((answer.status, answer.body), (answers[said].status, answers[said].body),
                  f"{said}, after another account has sent")
        if when == "before":
            sent = others_live(lab)
    good = sum(answer.status == 200 for answer in answers.values())
    check(good >= 20, f"{good} answers told something")
    for role in ROLES:
        if not role[3]:
            check_no_secret(f"/metrics by {role[0]}", ask(lab, role[1], "GET", "/metrics"))
    for one in (made, kept, sent[1]):
        lab.http("DELETE", f"/v1/messages/{one}")
        lab.http("POST", f"/v1/review/{one}/drop", {})
    for account in (OWN, OTHER):
        lab.http("DELETE", f"/v1/accounts/{account}/optouts/{NUMBERS[account]}")
    for row in lab.get("/v1/inbound")["messages"]:
        lab.http("DELETE", f"/v1/inbound/{row['id']}")
    return f"{len(answers)} answers, {good} of them told something"


def what_is_kept_for_review_is_told_to_whose_it_is(lab):
    mine, others = send(lab, OWN, text=KEPT), send(lab, OTHER, text=KEPT)
    for name, token, rank, is_for_all in ROLES:
        if rank < 3:
            continue
        listed = [row["id"] for row in ask(lab, token, "GET", "/v1/review").json["messages"]]
        check(mine in listed, f"{name} does not see its own")
        equal(others in listed, is_for_all, f"{name} sees another's")
    for one in (mine, others):
        lab.http("POST", f"/v1/review/{one}/drop", {})


def ids_that_are_none_are_unknown_to_everybody(lab):
    """Injection: what is no id, or name, is a word and nothing else."""
    words = ["0", "-1", "1%27%20OR%201=1", "1;DROP%20TABLE%20message", "%27", "1%00", "..%2f1",
             "{{7*7}}", "$%7B7*7%7D", "9" * 19, "9" * 40, "1e3", "0x1", "%252e", "*", "%25",
             "18446744073709551617", "1%20UNION%20SELECT%201", "sms%27--", "null"]
    asked = 0
    before = lab.verify()
    for word in words:
        for method, path in (("GET", "/v1/messages/{}"), ("DELETE", "/v1/messages/{}"),
                             ("GET", "/v1/messages/{}/trace"),
                             ("GET", "/v1/accounts/{}/balance"),
                             ("GET", "/v1/accounts/{}/statement"),
                             ("POST", "/v1/accounts/{}/suspend"),
                             ("POST", "/v1/review/{}/drop"), ("DELETE", "/v1/inbound/{}")):
            answer = lab.http(method, path.format(word), b"{}" if method == "POST" else None)
            check(answer.status in (400, 404), f"{method} {path.format(word)}: {answer!r}")
            asked += 1
        for query in ("from", "to"):
            answer = lab.http("GET", f"/v1/accounts/{OWN}/statement?{query}={word}")
            check(answer.status in (200, 400), f"statement?{query}={word}: {answer!r}")
            asked += 1
    equal(lab.verify()["postings"], before["postings"], "postings")
    return f"{asked} questions"


def nothing_is_held_in_the_end(lab):
    lab.nothing_held(OTHER)
    lab.nothing_held(OWN)
    lab.verify()


if __name__ == "__main__":
    scenario(60, lambda: Lab(edit=configure),
             every_route_with_every_role_answers_as_the_table_says,
             what_others_do_changes_no_answer_to_a_limited_token,
             what_is_kept_for_review_is_told_to_whose_it_is,
             ids_that_are_none_are_unknown_to_everybody, nothing_is_held_in_the_end)
