"""What the tests of the API share: the program that is tested, good and wrong bodies, a session from start to end."""

import contextlib
import os
import subprocess
import tempfile
import time
import unittest

import ports
from api_client import Api, ask

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OPENAPI = os.path.join(ROOT, "schema", "openapi.yaml")

BOUND_S = 60
CONNECTIONS = 192
BODY_MOST = 16384

# Who may do what, by hand: the roles of daemon/clinical/act.c.
BEDSIDE = {"nurse", "prescriber"}
MAY = {"decide": {"prescriber"}, "off": BEDSIDE | {"engineer"}, "note": BEDSIDE | {"admin"}, "correct": BEDSIDE | {"admin"},
       "confirm-time": BEDSIDE | {"admin"}, "sign": {"prescriber", "admin"},
       "reload": {"engineer", "admin"}}

# A body of the right form for every act.
START = {"weight_kg": 70, "weight_lb": 154.3, "confirm": None, "reason": "the screen is off"}
GOOD = {
    "sessions": START, "preview": {"weight_kg": 70, "weight_lb": 154.3}, "decide": {"reason": "seen"}, "checklist": {"items_done": [1]},
    "weight": {"weight_kg": 71.5, "weight_lb": 157.6}, "limit": {"limit": "systolic.high.critical", "value": 175,
                                                               "reason": "known"},
    "reading": {"systolic": 120, "diastolic": 70}, "note": {"text": "seen"},
    "correct": {"what": "dose-start", "to_ago_s": 1, "reason": "clock"}, "move": {"to_bed": ""},
    "acknowledge": {"revision": 1}, "off": {"condition": "lost.spo2", "reason": "changed"},
}
# One field of the wrong kind or out of range for every act that has fields of its own.
WRONG = {
    "sessions": [{"weight_kg": "70"}, {"weight_kg": 70.0001}, {"weight_kg": 0}, {"weight_lb": 1e300}, {"confirm": 97},
                 {"confirm": {"vital": "spo3", "value": 97}}, {"confirm": {"vital": "spo2", "value": 97, "x": 1}},
                 {"patient": "T 1"}, {"regimen": ""}, {"unusual_confirmed": 1}, {"dose_mg": -1}, {"volume_ml": None}],
    "preview": [{"confirm": None}, {"weight_kg": 0}, {"weight_lb": "154"}, {"dose_mg": 0}, {"volume_ml": 10001}, {"regimen": 1},
                {"patient": "T 1"}, {"unusual_confirmed": None}],
    "dose": [{"override": "yes"}], "stop": [{"abort": 0}], "discharge": [{"override": []}],
    "checklist": [{"items_done": [0]}, {"items_done": 1}, {"items_done": [17]}, {"items_done": [1.5]}],
    "weight": [{"weight_kg": None}, {"dose_mg": 10001}],
    "limit": [{"limit": "systolic.high"}, {"limit": 5}, {"value": "180"}, {"value": 180.0005}],
    "reading": [{"systolic": 401}, {"diastolic": True}, {"measured_at": "yesterday"}, {"measured_ago_s": -1},
                {"measured_at": "2026-01-02T09:30:00Z", "measured_ago_s": 5}],
    "note": [{"text": ""}, {"text": "a\nb"}, {"text": "x" * 240}, {"text": 5}, {"reason": "no"}],
    "correct": [{"what": "start"}, {"to": "10:02"}, {"to": "2026-01-02T09:30:00Z"}],
    "move": [{"to_bed": "nowhere"}, {"to_bed": 2}], "acknowledge": [{"revision": -1}, {"recheck_min": 241}],
    "sign": [{"note": 5}, {"note": "x" * 240}, {"note": "a\nb"}, {"reason": "no"}],
    "off": [{"condition": "spo2"}], "pause-audio": [{"seconds": 0}, {"seconds": 1.5}],
}


def name_of(path):
    return path.rsplit("/", 1)[1]


def allowed(act):
    return MAY.get(act, BEDSIDE)


def until(check, what, bound_s=BOUND_S):
    """Waits for what must come; never longer than the bound."""
    end = time.monotonic() + bound_s
    while time.monotonic() < end:
        result = check()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {bound_s} s")


def free_address(host="127.0.0.1"):
    """An address that nobody listens on, nor will unless told to, while this process lives."""
    return ("[%s]:%d" if ":" in host else "%s:%d") % (host, ports.reserve())


class Server:
    """The program that is tested: one that a test module starts, or one that runs."""

    api = None
    fake = None
    socket = None
    web = None      # "127.0.0.1:PORT", where browsers find it; None: there is no such place
    first = None    # the password of the first account, as it was told
    people = {role: role for role in ("nurse", "prescriber", "admin", "engineer")}

    @classmethod
    def use(cls, socket, fake=None, web=None, first=None):
        cls.socket, cls.fake, cls.web, cls.first, cls.api = socket, fake, web, first, Api(OPENAPI)

    @classmethod
    @contextlib.contextmanager
    def started(cls, *words):
        """One more fake in a folder of its own."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            process = subprocess.Popen([cls.fake, path, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                line = process.stdout.readline()
                if line.startswith("first "):
                    process.first = line.split()[2]
                    line = process.stdout.readline()
                if line != "ready\n":
                    raise AssertionError("the fake did not start: " + process.stderr.read())
                yield path, process
            finally:
                process.kill()
                process.communicate()


class Case(unittest.TestCase):
    maxDiff = None
    needs_fake = False

    def setUp(self):
        if self.needs_fake and Server.fake is None:
            self.skipTest("the fake clinic is needed")

    def ask(self, method, path, body=None, headers=None, **params):
        """Asks a documented path and holds the answer against the file."""
        url = path
        query = params.pop("query", "")
        for key, value in params.items():
            url = url.replace("{" + key + "}", str(value))
        answer = ask(Server.socket, method.upper(), url + query, body, headers)
        Server.api.check(path, method.lower(), answer)
        return answer

    def act(self, path, role="prescriber", status=200, **params):
        body = params.pop("body", None)
        body = dict(GOOD.get(name_of(path), {}) if body is None else body)
        if role is not None:
            body["as"] = Server.people[role]
        answer = self.ask("post", path, body, **params)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def bed(self, name):
        return self.ask("get", "/api/v1/beds/{bed}", bed=name).json()

    def free_beds(self):
        return [bed["bed"] for bed in self.ask("get", "/api/v1/beds").json()["beds"] if bed["session"] is None]

    def start(self, bed=None):
        bed = bed or self.free_beds()[0]
        return bed, self.act("/api/v1/beds/{bed}/sessions", bed=bed)["session"]

    def preview(self, bed, status=200, **fields):
        return self.act("/api/v1/beds/{bed}/preview", status=status, bed=bed,
                        body={"weight_kg": 70, "weight_lb": 154.3, **fields})

    def end(self, session):
        """Whatever became of it, the bed is free again."""
        self.ask("post", "/api/v1/sessions/{session}/stop", {"as": Server.people["nurse"]}, session=session)
        items = self.ask("post", "/api/v1/sessions/{session}/checklist",
                         {"as": Server.people["nurse"], "items_done": []}, session=session)
        if items.status == 200:
            self.act("/api/v1/sessions/{session}/discharge", session=session,
                     body={"override": True, "reason": "end of the test"})
