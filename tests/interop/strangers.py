"""Programs that others wrote, found and started.  What is missing is a failure that says so."""

import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))

from lab import BUILD, SOURCE, check  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def program(name, package):
    """Its path; a program for root may not be on the path of others."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    check(path, f"{name} is not there: install {package} (./autogen.sh deps --test)")
    return path


def node_environment():
    """An environment in which node finds npm's `smpp`."""
    folders = [pathlib.Path(one) for one in os.environ.get("NODE_PATH", "").split(":") if one]
    folders += [BUILD / "npm/node_modules", SOURCE / "build/npm/node_modules"]
    found = next((one for one in folders if (one / "smpp").is_dir()), None)
    check(found, "npm's smpp is not there: ./autogen.sh deps --test installs it; looked in "
          + ", ".join(map(str, folders)))
    return {**os.environ, "NODE_PATH": str(found)}


def start_operator(lab, log):
    """npm's smpp as the operator on the port of the link."""
    node = program("node", "nodejs")
    process = subprocess.Popen(
        [node, str(HERE / "operator.js"), str(lab.ports["smsc"]), str(log)],
        env=node_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    lab.others.append(process)
    line = process.stdout.readline()
    check(line == "ready\n", f"the operator of npm's smpp did not start: {line!r}")
    return process
