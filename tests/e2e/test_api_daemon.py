"""The tests of the API against the daemon itself, at real time: a clinic of three beds whose monitors never answer, and one
whose monitor does."""

import os
import re
import signal
import subprocess
import sys
import tempfile

import api_all
from api_case import BOUND_S, ROOT, Server, free_address, until
from api_client import ask

api_all.into(sys.modules[__name__])

CONFIG = """\
clinic: Test clinic
store: record.sqlite
socket: d.sock
web: {{listen: ["{web}"]}}
lines:
  - {{name: gateway, host: 127.0.0.1, port: 9, response_timeout_ms: 200}}
  - {{name: cable, host: 127.0.0.1, port: {sim}, response_timeout_ms: 1000}}
profiles: [{root}/config/monitors/generic-gateway.yaml]
regimens: [{root}/config/regimens/iv-ketamine.yaml]
monitors:
  - {{name: m1, profile: generic-gateway, line: gateway, unit: 1}}
  - {{name: m2, profile: generic-gateway, line: gateway, unit: 2}}
  - {{name: m3, profile: generic-gateway, line: gateway, unit: 3}}
  - {{name: m4, profile: generic-gateway, line: cable}}
beds:
  - {{name: bed1, label: Chair 1, monitors: [m1]}}
  - {{name: bed2, label: Chair 2, monitors: [m2]}}
  - {{name: bed3, label: Chair 3, monitors: [m3]}}
  - {{name: bed4, label: Chair 4, monitors: [m4]}}
people:
  - {{user: {user}, name: desk, role: viewer, shared_terminal: true}}
  - {{name: nurse, role: nurse}}
  - {{name: prescriber, role: prescriber}}
  - {{name: admin, role: admin}}
  - {{name: engineer, role: engineer}}
"""


class Running:
    folder = process = sim = None


def answers(path):
    if Running.process.poll() is not None:
        raise AssertionError("the daemon died")
    try:
        return ask(path, "GET", "/healthz").status == 200
    except OSError:
        return False


def start_simulator(build):
    """Answers where it listens."""
    Running.sim = subprocess.Popen([os.path.join(build, "daemon/sim/infusion-sim"), "--profile",
                                    os.path.join(ROOT, "config/monitors/generic-gateway.yaml"), "--listen", "127.0.0.1:0"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return int(Running.sim.stdout.readline().split()[1].rsplit(":", 1)[1])


def setUpModule():
    build = os.environ.get("INFUSIOND_BUILD", "build")
    Running.folder = tempfile.TemporaryDirectory(prefix="infusiond-test.")
    config = os.path.join(Running.folder.name, "infusiond.yaml")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    with open(config, "w", encoding="utf-8") as file:
        web = free_address()
        file.write(CONFIG.format(root=ROOT, user=user, web=web, sim=start_simulator(build)))
    with open(os.path.join(Running.folder.name, "log"), "w", encoding="utf-8") as log:
        Running.process = subprocess.Popen([os.path.join(build, "daemon/infusiond"), "--config", config],
                                           stdin=subprocess.DEVNULL, stderr=log)
    path = os.path.join(Running.folder.name, "d.sock")
    until(lambda: answers(path), "answering daemon")
    with open(os.path.join(Running.folder.name, "log"), encoding="utf-8") as log:
        first = re.search("log in as admin with the password ([a-z0-9-]+) ", log.read())
    Server.use(path, None, web, first.group(1))


def tearDownModule():
    Running.process.send_signal(signal.SIGTERM)
    code = Running.process.wait(BOUND_S)
    Running.sim.kill()
    Running.sim.communicate(timeout=BOUND_S)
    with open(os.path.join(Running.folder.name, "log"), encoding="utf-8") as log:
        text = log.read()
    Running.folder.cleanup()
    if code != 0:
        raise AssertionError(f"the daemon ended with {code}:\n{text}")
