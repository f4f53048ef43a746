#!/usr/bin/python3
"""How quickly the record is read: the list of sessions, its searches, and everything that a session's page asks for, over the
API of a running infusiond with a store of 10,000 sessions behind it. A program, not a test: it prints what it measured.

  record_bench.py BUILD [STORE] [--times N]

Without STORE one is generated (BUILD/tests/bench/generate-sessions; some minutes, about 800 MB in /tmp). The store is
opened in place: it gets one start and one stop of the program more."""

import argparse
import concurrent.futures
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOUND_S = 60
TARGET_MS = 150

CONFIG = """\
clinic: Benchmark
store: {store}
socket: {socket}
lines:
  - {{name: gateway, host: 127.0.0.1, port: 9, response_timeout_ms: 200}}
profiles: [{root}/config/monitors/generic-gateway.yaml]
regimens: [{root}/config/regimens/iv-ketamine.yaml]
monitors:
  - {{name: m1, profile: generic-gateway, line: gateway, unit: 1}}
beds:
  - {{name: bed1, monitors: [m1]}}
people:
  - {{user: {user}, name: desk, role: viewer, shared_terminal: true}}
"""

# What people look for, as the page of sessions asks it: 50 rows each, and how many there are in all.
SEARCHES = {
    "list, newest 50": "",
    "list, page 100": "&offset=4950",
    "list, the oldest 50": "&offset=9950",
    "by bed": "&bed=bed3",
    "by patient": "&patient=T-0042",
    "by text in a patient": "&q=t-004",
    "by id": "&q=ID",
    "by text that is nowhere": "&q=nowhere",
    "by a high alarm": "&alarm=high",
    "by a group of alarms": "&alarm=oxygen",
    "by gap": "&gap=yes",
    "unsigned": "&unsigned=yes",
    "by a week of last year": "&from=2024-03-04T00:00:00Z&to=2024-03-11T00:00:00Z",
    "all at once": "&alarm=medium&gap=yes&unsigned=yes&q=bed2",
}
PAGE = ("", "/events", "/alarms", "/coverage", "/chart")


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=BOUND_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def get(self, url):
        self.request("GET", url)
        response = self.getresponse()
        body = response.read()
        if response.status != 200:
            raise AssertionError(f"{url}: {response.status} {body[:200]}")
        return body


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


class Program:
    """What the program itself has spent: on a machine that others use too, the times by the clock are theirs as well."""

    def __init__(self, process):
        self.stat = f"/proc/{process.pid}/stat"

    def spent_s(self):
        with open(self.stat, encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(what, values, spent_s, extra=""):
    p50, p95 = percentile(values, 50) * 1000, percentile(values, 95) * 1000
    print(f"{what:<34} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   most {max(values) * 1000:7.1f} ms   "
          f"CPU {spent_s / len(values) * 1000:6.1f} ms  {'' if p95 <= TARGET_MS else 'TOO SLOW  '}{extra}", flush=True)
    return p95 <= TARGET_MS


def timed(work):
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def measure_searches(program, connection, ids, times):
    good = True
    for what, query in SEARCHES.items():
        took, query, spent_s = [], query.replace("ID", str(ids[len(ids) // 2])), program.spent_s()
        for _ in range(times):
            elapsed, body = timed(lambda: connection.get("/api/v1/sessions?limit=50" + query))
            took.append(elapsed)
        answer = json.loads(body)
        good &= report(what, took, program.spent_s() - spent_s, f"{len(answer['sessions'])} of {answer['total']}, {len(body) // 1024} KiB")
    return good


def open_page(connections, pool, session):
    """A page asks for everything at once, and is there when the last of it is."""
    urls = [f"/api/v1/sessions/{session}{part}" for part in PAGE]
    return [future.result() for future in [pool.submit(connection.get, url) for connection, url in zip(connections, urls)]]


def measure_pages(program, socket_path, what, sessions, times):
    connections = [Connection(socket_path) for _ in PAGE]
    whole, size, spent_s = [], 0, program.spent_s()
    with concurrent.futures.ThreadPoolExecutor(len(PAGE)) as pool:
        for _ in range(times):
            elapsed, bodies = timed(lambda: open_page(connections, pool, random.choice(sessions)))
            whole.append(elapsed)
            size = max(size, sum(map(len, bodies)))
    good = report(f"{what}: the whole page", whole, program.spent_s() - spent_s, f"at most {size // 1024} KiB")
    for part in PAGE:
        spent_s = program.spent_s()
        values = [timed(lambda: connections[0].get(f"/api/v1/sessions/{random.choice(sessions)}{part}"))[0] for _ in range(times)]
        report(f"  of it {part or '/'}", values, program.spent_s() - spent_s)
    return good


def all_sessions(connection):
    ids, total = [], 1
    while len(ids) < total:
        answer = json.loads(connection.get(f"/api/v1/sessions?limit=200&offset={len(ids)}"))
        total = answer["total"]
        ids += [row["id"] for row in answer["sessions"]]
    return ids


def wait_until_it_answers(path, process):
    until = time.monotonic() + BOUND_S
    while time.monotonic() < until and process.poll() is None:
        try:
            return Connection(path).get("/healthz")
        except OSError:
            time.sleep(0.05)
    raise AssertionError("infusiond does not answer")


def measure(folder, build, store, times):
    path = os.path.join(folder, "s")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    with open(os.path.join(folder, "infusiond.yaml"), "w", encoding="utf-8") as file:
        file.write(CONFIG.format(store=os.path.abspath(store), socket=path, root=ROOT, user=user))
    process = subprocess.Popen([os.path.join(build, "daemon/infusiond"), "--config", os.path.join(folder, "infusiond.yaml")],
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_answers(path, process)
        connection = Connection(path)
        ids = all_sessions(connection)
        counts = json.loads(connection.get("/api/v1/sessions?limit=1"))["total"]
        print(f"{counts} sessions; the newest 50 are whole, two hours at one poll a second\n")
        program = Program(process)
        good = measure_searches(program, connection, ids, times)
        good &= measure_pages(program, path, "a small session", ids[50:], times)
        good &= measure_pages(program, path, "a whole session", ids[:50], times)
        return good
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(BOUND_S)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("store", nargs="?")
    parser.add_argument("--times", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="infusiond-bench.") as folder:
        store = arguments.store
        if store is None:
            store = os.path.join(folder, "record.sqlite")
            subprocess.run([os.path.join(arguments.build, "tests/bench/generate-sessions"), store], check=True)
        good = measure(folder, arguments.build, store, arguments.times)
    print("\neach within %d ms at the 95th percentile" % TARGET_MS if good else "\nnot each within %d ms" % TARGET_MS)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
