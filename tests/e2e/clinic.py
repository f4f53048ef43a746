"""A clinic on a test's own clock: simulated monitors over TCP, the test build of the daemon, and infusionctl. Virtual time
runs as fast as the machine allows, and only as far as the test lets it."""

import json
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import ports
from machine import go_first

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAGIC = 0x494e4655434c4b31
START_MS = 1767258000000        # 2026-01-01T09:00:00Z
PATIENCE_S = 120
QUICK_MS = 200


def wait_for(what, look, patience=PATIENCE_S, pause_s=0.002):
    """Waits for a thing, with a bound; the pause only spares the processor."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(pause_s)
    raise AssertionError("in %d s there was no %s" % (patience, what))


class Clinic:
    """response_timeout_ms is real time, which virtual time waits for: what a monitor that answers may take on a busy machine, and what
    each poll of one that does not costs the test. Tests of monitors that are mute have QUICK_MS."""

    def __init__(self, build, profiles, cuff_interval=300, cadence_ms=1000, web=None, response_timeout_ms=1000):
        self.response_timeout_ms = response_timeout_ms
        self.build, self.profiles = build, profiles
        self.folder = tempfile.mkdtemp(prefix="infusiond-test.")
        self.clock_path = self.path("clock")
        with open(self.clock_path, "wb") as file:
            file.write(struct.pack("<qqqq", MAGIC, START_MS, START_MS, 0))
        self.clock_file = open(self.clock_path, "r+b")
        self.clock = mmap.mmap(self.clock_file.fileno(), 32)
        self.cuff_interval, self.cadence_ms = cuff_interval, cadence_ms
        self.web = web
        self.sims, self.ports, self.reserved, self.daemon = [], [], [], None
        for index in range(len(profiles)):
            self.start_sim(index)
        self.write_config()

    def path(self, name):
        return os.path.join(self.folder, name)

    # Time

    def now_ms(self):
        return struct.unpack_from("<q", self.clock, 8)[0]

    def let_run(self, ms):
        """Lets virtual time run to `ms` after the start, and does not wait for it."""
        struct.pack_into("<q", self.clock, 16, START_MS + ms)

    def run_to(self, ms):
        """Lets virtual time run to `ms` after the start, and waits until it is there."""
        self.let_run(ms)
        wait_for("virtual time %d ms" % ms, lambda: self.now_ms() >= START_MS + ms or self.daemon_died())
        return ms

    def leap(self, ms):
        """Nobody watches: time passes while the daemon is down."""
        struct.pack_into("<qq", self.clock, 8, START_MS + ms, START_MS + ms)

    def daemon_died(self):
        if self.daemon is not None and self.daemon.poll() is not None:
            raise AssertionError("the daemon died:\n" + self.daemon_log())
        return False

    def daemon_log(self):
        with open(self.path("daemon.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    # Programs

    def reserve_port(self):
        """Until the clinic is closed."""
        self.reserved.append(ports.reserve())
        return self.reserved[-1]

    def start_sim(self, index):
        if index == len(self.ports):
            self.ports.append(self.reserve_port())
        arguments = [os.path.join(self.build, "daemon/sim/infusion-sim"), "--profile",
                     os.path.join(TOP, "config/monitors", self.profiles[index] + ".yaml"), "--listen",
                     "127.0.0.1:%d" % self.ports[index], "--seed", str(index + 1),
                     "--cuff-interval", str(self.cuff_interval), "--clock", self.clock_path, "--log",
                     self.path("sim%d.log" % index), "--control", self.path("sim%d.sock" % index)]
        sim = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = sim.stdout.readline()
        if not line.startswith("listening"):
            raise AssertionError("the simulator did not start: " + line + sim.stderr.read())
        self.sims.append(sim)
        go_first(sim.pid)

    def tell_sim(self, index, command):
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE_S)
            control.connect(self.path("sim%d.sock" % index))
            control.sendall((command + "\n").encode())
            answer = control.recv(512).decode()
        if answer != "ok\n":
            raise AssertionError("%s: %s" % (command, answer))

    def write_config(self):
        config = os.path.join(TOP, "config")
        lines = ["clinic: Test clinic", "store: record.sqlite", "socket: d.sock", *([self.web] if self.web else []), "lines:"]
        for i, port in enumerate(self.ports):
            lines.append("  - {name: line%d, host: 127.0.0.1, port: %d, response_timeout_ms: %d, backoff_first_ms: 1000, "
                         "backoff_most_ms: 1000}" % (i, port, self.response_timeout_ms))
        names = sorted(set(self.profiles))
        lines.append("profiles: [%s]" % ", ".join("%s/monitors/%s.yaml" % (config, name) for name in names))
        lines.append("regimens: [%s/regimens/iv-ketamine.yaml]" % config)
        lines.append("monitors:")
        for i, profile in enumerate(self.profiles):
            lines.append("  - {name: m%d, profile: %s, line: line%d, cadence_ms: %d}" % (i, profile, i, self.cadence_ms))
        lines.append("beds:")
        for i in range(len(self.profiles)):
            lines.append("  - {name: bed%d, monitors: [m%d]}" % (i, i))
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        lines += ["people:", "  - {user: %s, name: desk, role: viewer, shared_terminal: true}" % user,
                  "  - {name: nurse, role: nurse}", "  - {name: prescriber, role: prescriber}"]
        with open(self.path("infusiond.yaml"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def launch_daemon(self):
        """Starts it, and does not wait until it answers."""
        log = open(self.path("daemon.log"), "a", encoding="utf-8")
        self.daemon = subprocess.Popen([os.path.join(self.build, "daemon/infusiond-test"), "--config",
                                        self.path("infusiond.yaml")], stdin=subprocess.DEVNULL, stderr=log,
                                       env=dict(os.environ, INFUSIOND_CLOCK_FILE=self.clock_path))
        log.close()

    def start_daemon(self):
        self.launch_daemon()
        wait_for("answering daemon", lambda: not self.daemon_died() and self.ctl("status", check=False)[0] == 0)

    def kill_daemon(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait(PATIENCE_S)

    def stop_daemon(self):
        began = time.monotonic()
        self.daemon.send_signal(signal.SIGTERM)
        code = self.daemon.wait(PATIENCE_S)
        if code != 0:
            raise AssertionError("the daemon ended with %d:\n%s" % (code, self.daemon_log()))
        return time.monotonic() - began

    def ctl(self, *arguments, check=True, who="nurse"):
        """infusionctl: exit status and its JSON, None when there is none."""
        done = subprocess.run([os.path.join(self.build, "daemon/ctl/infusionctl"), "--socket", self.path("d.sock"), "--as", who,
                               "--json"] + [str(a) for a in arguments], capture_output=True, text=True, timeout=PATIENCE_S)
        if check and done.returncode != 0:
            raise AssertionError("infusionctl %s: %d %s" % (" ".join(map(str, arguments)), done.returncode, done.stderr))
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, None

    def start_session(self, bed):
        return self.ctl("sessions", "start", bed, "--weight-kg", "70", "--weight-lb", "154.3", "--patient", "T-0001",
                        "--confirm", "none", "--reason", "test")[1]["session"]

    def bed(self, name):
        for bed in self.ctl("beds")[1]["beds"]:
            if bed["bed"] == name:
                return bed
        raise AssertionError("no bed " + name)

    def sim_cuffs(self, index):
        """What really was: (instant ms, key, systolic, mean, diastolic) of every cuff that gave a pressure."""
        cuffs = []
        with open(self.path("sim%d.log" % index), encoding="utf-8") as file:
            for line in file:
                fields = line.strip().split(",")
                if fields[1] == "cuff":
                    at = time.strptime(fields[0][:19], "%Y-%m-%dT%H:%M:%S")
                    cuffs.append((int(__import__("calendar").timegm(at)) * 1000, int(fields[2])) + tuple(map(int, fields[3:6])))
        return cuffs

    def close(self):
        for process in self.sims + ([self.daemon] if self.daemon is not None else []):
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE_S)
        for sim in self.sims:
            sim.stdout.close()
            sim.stderr.close()
        for port in self.reserved:
            ports.release(port)
        self.clock.close()
        self.clock_file.close()
        shutil.rmtree(self.folder, ignore_errors=True)
