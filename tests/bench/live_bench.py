#!/usr/bin/python3
"""How long it takes from a monitor's reply on the wire to a frame in a console's socket, with 64 monitors at 32 beds, each
polled once a second, and a session open at every bed; and what 100 idle and 10 stalled consoles change. A program, not a
test: it prints what it measured.

On a machine that others use too, --ahead puts both programs before theirs (chrt -f 10; needs root), and --against another
infusiond measures the two in turn, round by round, so that what the machine does else falls on both.

  live_bench.py BUILD [--ahead] [--against INFUSIOND] [--rounds 1] [--monitors 64] [--seconds 60] [--idle 100] [--stalled 10]

BUILD/tests/bench/live-probe is both ends; see there."""

import argparse
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOUND_S = 60
TARGET = {"p50": 2, "p99": 10}


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=BOUND_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def ask(self, method, url, body=None):
        self.request(method, url, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
        response = self.getresponse()
        text = response.read()
        if response.status != 200:
            raise AssertionError(f"{url}: {response.status} {text[:200]}")
        return text


def configuration(folder, ports):
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    lines = ["clinic: Benchmark", "store: record.sqlite", "socket: s", f"profiles: [{ROOT}/config/monitors/generic-plain.yaml, breathing.yaml]",
             f"regimens: [{ROOT}/config/regimens/iv-ketamine.yaml]", "lines:"]
    lines += [f"  - {{name: l{i}, host: 127.0.0.1, port: {port}, response_timeout_ms: 500}}" for i, port in enumerate(ports)]
    lines += ["monitors:"] + [f"  - {{name: m{i}, profile: {'breathing' if i % 2 else 'generic-plain'}, line: l{i}}}"
                              for i in range(len(ports))]
    lines += ["beds:"] + [f"  - {{name: b{i}, monitors: [m{2 * i}, m{2 * i + 1}]}}" for i in range(len(ports) // 2)]
    lines += ["people:", f"  - {{user: {user}, name: desk, role: viewer, shared_terminal: true}}", "  - {name: nurse, role: nurse}"]
    with open(os.path.join(folder, "breathing.yaml"), "w", encoding="utf-8") as file:
        file.write("name: breathing\ntitle: Breathing alone\nfunction: 3\ncadence_ms: 1000\n"
                   "values:\n  - {vital: breathing, source: impedance, register: 0}\n")
    path = os.path.join(folder, "infusiond.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


class Probe:
    def __init__(self, build, monitors, before):
        self.process = subprocess.Popen([*before, os.path.join(build, "tests/bench/live-probe"), str(monitors)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.ports = [int(word) for word in self.process.stdout.readline().split()[1:]]

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


def spent_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_it_answers(path, process):
    until = time.monotonic() + BOUND_S
    while time.monotonic() < until and process.poll() is None:
        try:
            return Connection(path).ask("GET", "/healthz")
        except OSError:
            time.sleep(0.05)
    with open(os.path.join(os.path.dirname(path), "log"), encoding="utf-8") as log:
        raise AssertionError("infusiond does not answer: " + log.read())


def report(what, measured, cpu_s, seconds):
    latency, period = measured["latency_ms"], measured["period_ms"]
    print(f"{what}\n  reply to frame   p50 {latency['p50']:7.2f}   p95 {latency['p95']:7.2f}   p99 {latency['p99']:7.2f}   "
          f"most {latency['most']:7.2f} ms   of {latency['count']} replies\n"
          f"  poll period      p50 {period['p50']:7.2f}   p95 {period['p95']:7.2f}   p99 {period['p99']:7.2f}   "
          f"least {period['least']:.2f}, most {period['most']:.2f} ms\n"
          f"  one console was sent {measured['frames'] / seconds:.0f} frames, {measured['bytes'] / seconds / 1024:.0f} KiB a second; "
          f"infusiond took {cpu_s / seconds * 100:.0f} % of a processor", flush=True)
    return {"reply to frame, p50": latency["p50"], "reply to frame, p99": latency["p99"], "poll period, p50": period["p50"],
            "poll period, p99": period["p99"], "processor, %": cpu_s / seconds * 100}


def measure(probe, daemon, what, seconds):
    probe.tell("measure 3")
    before = spent_s(daemon.pid)
    measured = json.loads(probe.tell(f"measure {seconds}"))
    return report(what, measured, spent_s(daemon.pid) - before, seconds)


def run(folder, program, build, arguments):
    """What was measured with one console alone, and beside the others."""
    before = ["chrt", "-f", "10"] if arguments.ahead else []
    probe = Probe(build, arguments.monitors, before)
    path = os.path.join(folder, "s")
    config = configuration(folder, probe.ports)
    with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
        daemon = subprocess.Popen([*before, program, "--config", config], stdin=subprocess.DEVNULL, stderr=log)
    try:
        wait_until_it_answers(path, daemon)
        connection = Connection(path)
        for bed in range(arguments.monitors // 2):
            connection.ask("POST", f"/api/v1/beds/b{bed}/sessions",
                           {"as": "nurse", "weight_kg": 70, "weight_lb": 154.3, "confirm": None, "reason": "benchmark"})
        probe.tell(f"watch {path}")
        print(f"\n{program}: {arguments.monitors} monitors, load of the machine {os.getloadavg()[0]:.1f}")
        alone = measure(probe, daemon, "one console", arguments.seconds)
        probe.tell(f"idle {path} {arguments.idle}")
        probe.tell(f"stalled {path} {arguments.stalled}")
        beside = measure(probe, daemon, f"one console beside {arguments.idle} that read and {arguments.stalled} that do not", arguments.seconds)
        return alone, beside
    finally:
        daemon.send_signal(signal.SIGTERM)
        # Whoever answers the polls must be there until the lines have stopped.
        code = daemon.wait(BOUND_S)
        probe.process.kill()
        probe.process.wait(BOUND_S)
        if code != 0:
            with open(os.path.join(folder, "log"), encoding="utf-8") as log:
                raise AssertionError(f"infusiond ended with {code}: {log.read()}")


def summary(program, rounds):
    """The middle of the rounds."""
    print(f"\n{program}, the middle of {len(rounds)}:")
    for name in rounds[0][0]:
        alone, beside = (statistics.median(measured[place][name] for measured in rounds) for place in (0, 1))
        print(f"  {name:22} alone {alone:8.2f}   beside the others {beside:8.2f}")
    return all(statistics.median(alone[f"reply to frame, {key}"] for alone, _ in rounds) <= most for key, most in TARGET.items())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--ahead", action="store_true")
    parser.add_argument("--against")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--monitors", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--idle", type=int, default=100)
    parser.add_argument("--stalled", type=int, default=10)
    arguments = parser.parse_args()
    programs = [os.path.join(arguments.build, "daemon/infusiond"), *([arguments.against] if arguments.against else [])]
    rounds = {program: [] for program in programs}
    for turn in range(arguments.rounds):
        for program in programs if turn % 2 == 0 else reversed(programs):
            with tempfile.TemporaryDirectory(prefix="infusiond-bench.") as folder:
                rounds[program].append(run(folder, program, arguments.build, arguments))
    good = [summary(program, rounds[program]) for program in programs][0]
    print("\nwithin 2 ms at the median and 10 ms at the 99th percentile" if good else "\nnot within 2 and 10 ms")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
