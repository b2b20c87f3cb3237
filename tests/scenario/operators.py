"""More operators than the lab has: each a sluice-sim of its own, so that one can be
stopped, killed and started again, and a link of sluiced to it."""

import signal
import subprocess

from lab import BUILD, Failure, Lab, check, end_process, free_ports, read_events, request


class Operator:
    """A sluice-sim that plays one SMSC."""

    def __init__(self, lab, name, description=""):
        self.lab, self.name, self.description = lab, name, description
        self.port, self.control = free_ports(2)
        self.log = lab.folder / f"{name}.log"
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [str(BUILD / "sluice-sim"), "--log", str(self.log),
             "--control", f"port={self.control}",
             "--smsc", ",".join(filter(None, [f"port={self.port}", self.description]))],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.lab.others.append(self.process)
        line = self.process.stdout.readline()
        self.process.stdout.close()
        check(line.startswith("ready"), f"operator {self.name} did not start: {line!r}")
        return self

    def stop(self):
        end_process(self.process)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stats(self):
        return request(self.control, "GET", "/stats").json["roles"][0]

    def events(self, event, **wanted):
        return read_events(self.log, event, **wanted)

    def took(self, to=None):
        """The submit_sm it answered with 0, of all or of one number."""
        return [one for one in self.events("submit", status=0)
                if to is None or one["destination"] == to]


# Quick about everything, so that a row takes seconds.
QUICK = """
  reconnect_min = "50ms"
  reconnect_max = "200ms"
  already_bound_wait = "0s"
  bind_timeout = "2s"
  response_timeout = "1s"
  enquire_link = "1s"
  in_doubt_wait = "500ms"
  grace = "500ms"
"""

PRICES = """
price { side = "sell" price = "0.050000" }
price { side = "buy" price = "0.030000" }
"""


def link(name, port, settings=""):
    return (f'link "{name}" {{\n  host = "127.0.0.1"\n  port = {port}\n'
            f'  system_id = "{name}"\n  password = "p"\n{QUICK}{settings}\n}}\n')


def plan(name, channels, more=""):
    named = ", ".join(f'"{one}"' for one in channels)
    return (f'plan "{name}" {{ deadline = "60s" step "sms" {{ channels = {{{named}}} '
            f'{more} }} }}\n')


class OperatorsLab(Lab):
    """A lab with `operators` (name -> description) and what `sections(operators)` adds
    to its configuration.  Those whose description is None are not started."""

    def __init__(self, operators, sections, **more):
        self.wanted, self.sections = operators, sections
        super().__init__(edit=self._add, **more)

    def _add(self, text):
        self.operators = {name: Operator(self, name, description or "")
                          for name, description in self.wanted.items()}
        for name, operator in self.operators.items():
            if self.wanted[name] is not None:
                operator.start()
        return text + PRICES + self.sections(self.operators)

    def channel(self, name):
        """What /v1/stats/channels says of it."""
        for one in self.get("/v1/stats/channels")["channels"]:
            if one["channel"] == name:
                return one
        raise Failure(f"there is no channel {name}")

    def sent(self, plan_name, count, first=79030000000, account="sms", **more):
        """So many messages over this plan; number -> id."""
        found = {}
        for number in range(first, first + count):
            answer = self.send(account, str(number), plan=plan_name, **more)
            check(answer.status == 202, f"POST /v1/messages: {answer!r}")
            found[str(number)] = answer.json["id"]
        return found

    def all_end(self, messages, wanted, timeout_s=15):
        for message_id in messages.values():
            end = self.ended(message_id, timeout_s)["end"]
            check(end == wanted, f"message {message_id} ended {end}, not {wanted}")
