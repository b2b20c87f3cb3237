#!/usr/bin/env python3
"""Every route of the API with every role: who may, who may not, and for whose things.

The routes and the scopes they want are read from openapi.yaml, which tests/gateway/api_test.c
compares with the code: a route that is added is in the matrix."""

import http.client
import re
import socket
import time

from lab import SOURCE, TOKEN, Answer, Lab, check, equal, scenario

OWN, OTHER, NOBODY = "sms", "cascade", "nobody"
NUMBER = "79030000009"
RANKS = {"open": 0, "read": 1, "send": 2, "admin": 3}
KEPT = "look at this"

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
    return text + f'content "kept" {{ text = {{"{KEPT}"}} action = "review" }}\n'


def read_routes():
    """(method, path, scope) of each."""
    routes, path = [], None
    for line in (SOURCE / "gateway/openapi.yaml").read_text().splitlines():
        if line.startswith("components:"):
            break
        if found := re.match(r"  (/\S*):$", line):
            path = found[1]
        elif found := re.match(r"    (get|post|put|delete|patch):$", line):
            routes.append([found[1].upper(), path, "open"])
        elif found := re.match(r"      summary: .*\(scope (\w+)\)", line):
            routes[-1][2] = found[1]
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


def send(lab, account, **more):
    answer = lab.send(account, NUMBER, **more)
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
            self.body = (f'{{"account":"{account}","from":"Shop","to":"{NUMBER}",'
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
            path = path.replace("{name}", account).replace("{number}", NUMBER)
            optouts = f"/v1/accounts/{real}/optouts/{NUMBER}"
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
                self.still_is = lambda: equal(lab.send(real, NUMBER).status, 202, "sends")
        else:
            self.is_of_account = False
            path = path.replace("{id}", "1").replace("{channel}", "messenger")
            self.body = b"{}" if method == "POST" else None
        self.method, self.path = method, path


def wanted_of(cell, role, scope, account):
    """The statuses that are right."""
    _, _, rank, is_for_all = role
    if rank < RANKS[scope]:
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
                if not cell.is_of_account and account == OWN:
                    check_no_leak(said, answer)
            if not cell.is_of_account:
                break
    return f"{len(routes)} routes, {len(ROLES)} roles, {cells} questions"


def check_no_leak(said, answer):
    if answer.status >= 400:
        check(NUMBER.encode() not in answer.body and KEPT.encode() not in answer.body,
              f"{said}: refused, and told {answer.body!r}")


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
             what_is_kept_for_review_is_told_to_whose_it_is,
             ids_that_are_none_are_unknown_to_everybody, nothing_is_held_in_the_end)
