"""infusionctl in front of the fake clinic: verbs, help, exit codes, messages, the live table on a terminal, lost answers."""

import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from api_case import BOUND_S, ROOT, Server, until
from api_client import Api

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
CTL = os.path.join(BUILD, "daemon/ctl/infusionctl")
WEIGHT = ["--weight-kg", "70", "--weight-lb", "154.3"]


class Fake:
    started = path = process = None


def setUpModule():
    Server.fake = os.path.join(BUILD, "tests/e2e/web_fake")
    Fake.started = Server.started()
    Fake.path, Fake.process = Fake.started.__enter__()


def tearDownModule():
    Fake.started.__exit__(None, None, None)


def ctl(*words, path=None, env=None, **options):
    full = {key: value for key, value in os.environ.items() if key not in ("INFUSIOND_SOCKET", "NO_COLOR")}
    full.update(env or {})
    return subprocess.run([CTL, "--socket", path or Fake.path, *words], capture_output=True, text=True, timeout=60,
                          env=full, stdin=subprocess.DEVNULL, **options)


class Stub:
    """A daemon that answers as it is told, one connection after the other."""

    def __init__(self, *answers):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "s")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.answers, self.heard = list(answers), []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.answers:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            answer = self.answers.pop(0)
            with connection:
                text = b""
                while b"\r\n\r\n" not in text:
                    text += connection.recv(65536)
                length = re.search(rb"Content-Length: (\d+)", text)
                while length and len(text.split(b"\r\n\r\n", 1)[1]) < int(length.group(1)):
                    text += connection.recv(65536)
                self.heard.append(text.split(b"\r\n\r\n", 1)[1].decode())
                if answer is not None:
                    body = json.dumps(answer).encode()
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                                       b"Connection: close\r\n\r\n" % len(body) + body)

    def close(self):
        self.listener.close()
        self.folder.cleanup()


class Verbs(unittest.TestCase):
    def verbs(self):
        lines = ctl("help").stdout.splitlines()
        return [re.match(r"  ((?:sessions |monitor |user |tls )?[a-z-]+)( [A-Z]+)?  ", line) for line in lines
                if re.match(r"  [a-z]", line)]

    def test_every_verb_has_help_and_stands_in_the_manual(self):
        with open(os.path.join(ROOT, "daemon/ctl/infusionctl.1"), encoding="utf-8") as file:
            manual = file.read().replace("\\", "")
        self.assertGreater(len(self.verbs()), 30)
        for match in self.verbs():
            verb = match.group(1)
            shown = ctl("help", *verb.split())
            self.assertEqual(shown.returncode, 0)
            self.assertIn(f"usage: infusionctl {verb}", shown.stdout)
            self.assertEqual(ctl(*verb.split(), "--help").stdout, shown.stdout)
            self.assertIn(verb, manual)
            for option in re.findall(r"^  (--[a-z-]+)", shown.stdout, re.M):
                self.assertIn(option, manual, verb)

    def test_a_group_of_verbs_has_help(self):
        for group, verb in (("sessions", "sessions start BED"), ("user", "user add NAME"), ("monitor", "monitor check PROFILE"),
                            ("tls", "tls init")):
            shown = ctl("help", group)
            self.assertEqual(shown.returncode, 0)
            self.assertIn("\n  " + verb, shown.stdout)
            self.assertNotIn("\n  beds", shown.stdout)
            self.assertEqual(ctl(group, "--help").stdout, shown.stdout)

    def test_bash_completes_verbs_and_options(self):
        script = subprocess.run([CTL, "completion"], capture_output=True, text=True, check=True).stdout
        for words, wanted in (
                (["sess"], {"sessions"}),
                (["sessions", "dis"], {"discharge"}),
                (["--socket", "/x", "monitor", "p"], {"plan", "probe"}),
                (["sessions", "start", "bed1", "--weight"], {"--weight-kg", "--weight-lb"}),
                (["ack", "3", "--re"], {"--revision", "--recheck-min", "--reason"}),
                (["monitor", "probe", "x", "--parity", "e"], {"even"}),
                (["help", "sess"], {"sessions"}),
                (["help", "sessions", "dis"], {"discharge"}),
                (["sessions", "list", "--gap", "y"], {"yes"}),
                (["beds", "--js"], {"--json"})):
            done = subprocess.run(["bash", "-c", script + 'COMP_WORDS=(infusionctl "$@"); COMP_CWORD=$#; _infusionctl; '
                                   'printf "%s\n" "${COMPREPLY[@]}"', "bash"] + words, capture_output=True, text=True, check=True)
            self.assertEqual(set(done.stdout.split()), wanted, words)

    def test_every_field_of_the_api_can_be_given(self):
        api = Api(os.path.join(ROOT, "schema/openapi.yaml"))
        verbs = {"acknowledge": "ack", "off": "alarm-off", "pause-audio": "pause-audio", "resume-audio": "resume-audio",
                 "note": "note", "reading": "reading", "sessions": "sessions start",
                 "reload": "reload"}
        options = {"items_done": "done", "measured_at": "at", "measured_ago_s": "ago-s", "to_ago_s": "ago-s"}
        for path, method, operation in api.operations(but=["accounts"]):
            if method != "post":
                continue
            name = path.rsplit("/", 1)[1]
            verb = verbs.get(name, "sessions " + name)
            shown = ctl("help", *verb.split()).stdout
            schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            for field in api.spec["components"]["schemas"][schema]["properties"]:
                if field not in ("act_id", "as"):
                    self.assertIn("--" + options.get(field, field.replace("_", "-")), shown, (verb, field))

    def test_a_session_from_start_to_discharge(self):
        start = ctl("--as", "nurse", "sessions", "start", "bed2", *WEIGHT, "--confirm", "spo2=97", "--patient", "T-0007")
        self.assertEqual(start.returncode, 0, start.stderr)
        for line in (r"35 mg", r"52\.5 mg/h", r"150 mL/h", r"0\.35 mg/mL"):
            self.assertRegex(start.stdout, r"(?m)" + line.replace(" ", " +") + "$")
        session = re.search(r"session (\d+)", start.stdout).group(1)
        for words, code in ((["sessions", "dose", session], 1),
                            (["sessions", "weight", session, "--weight-kg", "72", "--weight-lb", "158.7"], 0),
                            (["sessions", "dose", session, "--override", "--reason", "no second cuff"], 0),
                            (["sessions", "pause", session], 0), (["sessions", "resume", session], 0),
                            (["note", session, "--text", "calm"], 0),
                            (["reading", session, "--systolic", "122", "--diastolic", "74", "--ago-s", "0"], 0),
                            (["sessions", "limit", session, "--limit", "systolic.high.critical", "--value", "175", "--reason",
                              "known"], 0),
                            (["pause-audio", "bed2"], 0), (["resume-audio", "bed2"], 0),
                            (["sessions", "stop", session], 0),
                            (["sessions", "checklist", session, "--done", "1,2"], 0),
                            (["sessions", "discharge", session], 1),
                            (["sessions", "discharge", session, "--override", "--reason", "test"], 0)):
            done = ctl("--as", "prescriber", *words)
            self.assertEqual(done.returncode, code, (words, done.stderr))
            self.assertRegex(done.stdout if code == 0 else done.stderr, r"^done: ." if code == 0 else r"^infusionctl: .")
        shown = ctl("sessions", "show", session).stdout
        self.assertIn("T-0007", shown)
        self.assertIn("calm", shown)
        # What was changed is named, and the record's own bits are items again.
        self.assertIn("[systolic.high.critical: 180 -> 175] (known)", shown)
        self.assertIn("[taken by hand]", shown)
        self.assertIn("[checklist: none -> 1,2]", shown)

    def test_a_session_is_signed(self):
        session = json.loads(ctl("--json", "--as", "nurse", "sessions", "start", "bed3", *WEIGHT, "--confirm", "none", "--reason",
                                 "x").stdout)["session"]
        self.assertEqual(ctl("--as", "admin", "sessions", "sign", str(session)).returncode, 1)
        ctl("--as", "nurse", "sessions", "discharge", str(session), "--override", "--reason", "test")
        self.assertIn(str(session), ctl("sessions", "list", "--unsigned", "yes").stdout)
        self.assertEqual(ctl("--as", "admin", "sessions", "sign", str(session), "--note", "seen").returncode, 0)
        self.assertRegex(ctl("sessions", "list", "--unsigned", "no", "--find", str(session)).stdout, r"(?m) admin$")

    def test_a_start_is_looked_at(self):
        words = ["--as", "nurse", "sessions", "preview", "bed2", "--weight-kg", "120", "--weight-lb", "264.555"]
        # After a session that was here a moment ago nothing is live until the monitor is read again.
        until(lambda: "no value is live" not in ctl(*words).stdout, "a live value")
        looked = ctl(*words)
        self.assertEqual(looked.returncode, 0, looked.stderr)
        for line in ("nothing was done", "0.5 mg/kg x 120 kg = 60 mg", "UNUSUAL: weight 120.0 kg is unusual", "spo2=97 (good)"):
            self.assertIn(line, looked.stdout)
        self.assertIn("60 mg", json.loads(ctl("--json", *words).stdout)["arithmetic"][1])
        self.assertEqual(ctl("sessions", "preview", "bed2", *WEIGHT).returncode, 1)

    def test_where_there_is_nothing_it_is_said(self):
        session = json.loads(ctl("--json", "--as", "nurse", "sessions", "start", "bed3", *WEIGHT, "--confirm", "none", "--reason",
                                 "x").stdout)["session"]
        try:
            self.assertEqual(ctl("sessions", "readings", str(session), "--vital", "temperature").stdout, "no readings\n")
            self.assertEqual(ctl("sessions", "list", "--bed", "bed77").stdout, "no sessions\n")
            self.assertRegex(ctl("sessions", "list", "--offset", "99999").stdout, r"^none from there on: there are \d+ sessions")
        finally:
            ctl("--as", "nurse", "sessions", "discharge", str(session), "--override", "--reason", "test")

    def test_a_time_by_the_clinics_clock(self):
        session = json.loads(ctl("--json", "--as", "nurse", "sessions", "start", "bed3", *WEIGHT, "--confirm", "none", "--reason",
                                 "x").stdout)["session"]
        try:
            # The fake clinic's zone is UTC. A minute that has not begun yet is yesterday's, before the session.
            soon = time.strftime("%H:%M", time.gmtime(time.time() + 120))
            late = ctl("--as", "nurse", "reading", str(session), "--systolic", "120", "--diastolic", "70", "--at", soon)
            self.assertEqual(late.returncode, 1)
            self.assertIn("from the start of the session until now", late.stderr)
        finally:
            ctl("--as", "nurse", "sessions", "discharge", str(session), "--override", "--reason", "test")

    def test_reading_verbs_in_json(self):
        session = json.loads(ctl("--json", "--as", "nurse", "sessions", "start", "bed3", *WEIGHT, "--confirm", "none", "--reason",
                                 "x").stdout)["session"]
        try:
            for words in (["status"], ["beds"], ["alarms"], ["lines"], ["regimens"], ["sessions"], ["sessions", "list", "--state", "open"],
                          ["sessions", "show", str(session)], ["sessions", "readings", str(session)],
                          ["sessions", "coverage", str(session)], ["verify"]):
                done = ctl("--json", *words)
                self.assertEqual(done.returncode, 0, words)
                self.assertIsInstance(json.loads(done.stdout), dict)
                self.assertEqual(ctl(*words).returncode, 0, words)
            self.assertEqual(json.loads(ctl("--json", "sessions", "show", str(session)).stdout)["session"]["id"], session)
        finally:
            ctl("--as", "nurse", "sessions", "discharge", str(session), "--override", "--reason", "test")

    def test_an_export_goes_into_a_file(self):
        session = json.loads(ctl("--json", "--as", "nurse", "sessions", "start", "bed3", *WEIGHT, "--confirm", "none", "--reason",
                                 "x").stdout)["session"]
        try:
            with tempfile.TemporaryDirectory() as folder:
                name = os.path.join(folder, "s.csv")
                self.assertEqual(ctl("export", str(session), "--out", name).returncode, 0)
                with open(name, encoding="utf-8", newline="") as file:
                    self.assertTrue(file.read().startswith("record,time"))
                self.assertEqual(ctl("export", "999999", "--out", name + "2").returncode, 1)
                self.assertFalse(os.path.exists(name + "2"))
                self.assertEqual(ctl("export", str(session), "--out", folder + "/no/s.csv").returncode, 4)
                self.assertEqual(ctl("export", str(session), "--out", "/dev/full").returncode, 4)
        finally:
            ctl("--as", "nurse", "sessions", "discharge", str(session), "--override", "--reason", "test")


class Wrong(unittest.TestCase):
    def test_command_lines_that_are_wrong(self):
        for words, sentence in (([], "usage: infusionctl"), (["wacth"], "did you mean 'watch'"),
                                (["session", "start", "bed1"], "did you mean 'sessions start'"),
                                (["sessions", "dose"], "usage: infusionctl sessions dose SESSION"),
                                (["sessions", "dose", "1", "2"], "usage: infusionctl sessions dose SESSION"),
                                (["sessions", "dose", "1/2"], "'1/2' is no SESSION"), (["beds", "bed1"], "takes no 'bed1'"),
                                (["sessions", "dose", "1", "--overide"], "sessions dose has no option --overide (did you mean 'override'?)"),
                                (["--jsn", "beds"], "beds has no option --jsn (did you mean 'json'?)"),
                                (["beds", "--jsn=x"], "beds has no option --jsn (did you mean 'json'?)"),
                                (["--version"], "there is no option --version"), (["--json"], "usage: infusionctl"),
                                (["user"], "'user' is no verb; infusionctl help user lists"),
                                (["--json", "monitor", "check", "x"], "monitor check asks no daemon: it has no --json"),
                                (["sessions", "dose", "1", "--overide", "x"], "did you mean 'override'"),
                                (["sessions", "dose", "1", "--override=yes"], "--override takes no value"),
                                (["ack", "1", "--revision"], "--revision needs a value"),
                                (["ack", "1", "--revision", "three"], "--revision: 'three' is no number"),
                                (["sessions", "start", "bed1", "--weight-kg", "70,5"], "--weight-kg: '70,5' is no number"),
                                (["sessions", "start", "bed1", "--confirm", "97"], "--confirm: '97' is neither a vital sign"),
                                (["sessions", "start", "bed1", "--confirm", "spo=97"], "--confirm: 'spo=97' is neither a vital sign"),
                                (["sessions", "checklist", "1", "--done", "1,,2"], "--done: '1,,2' is neither numbers of items"),
                                (["reading", "1", "--at", "10:3"], "--at: '10:3' is no time such as 09:30"),
                                (["reading", "1", "--at", "25:00"], "--at: '25:00' is no time such as 09:30"),
                                (["watch", "--times", "0"], "'0' is no number of tables"),
                                (["watch", "--times", "2x"], "'2x' is no number of tables"),
                                (["a", "b", "c", "d", "e"], "one word too many")):
            done = ctl(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(sentence, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_refusals_are_the_daemons_own(self):
        done = ctl("sessions", "pause", "999999")
        self.assertEqual((done.returncode, done.stderr), (1, "infusionctl: pause is not for a viewer\n"))
        done = ctl("--as", "nurse", "sessions", "pause", "999999")
        self.assertEqual((done.returncode, done.stderr), (1, "infusionctl: there is no such open session\n"))
        self.assertIn("revision is missing", ctl("--as", "nurse", "ack", "1").stderr)

    def test_what_the_api_calls_a_field_is_said_as_the_option(self):
        for words, sentence in ((["ack", "1"], "--revision is missing: "), (["sessions", "start", "bed2"], "--weight-kg is missing: "),
                                (["sessions", "checklist", "1"], "--done is missing: "),
                                (["sessions", "move", "1"], "--to-bed is missing: "),
                                (["reading", "1", "--systolic", "120", "--diastolic", "80", "--ago-s", "-4"], "--ago-s: whole seconds"),
                                (["sessions", "correct", "1", "--what", "stop", "--reason", "x"], "or --ago-s"),
                                (["sessions", "list", "--limit", "x"], "--limit: a whole number is wanted")):
            done = ctl("--as", "nurse", *words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("infusionctl: ", done.stderr)
            self.assertIn(sentence, done.stderr)

    def test_an_answer_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for words in (["beds"], ["--json", "status"], ["regimens"], ["help"], ["watch", "--times", "1"]):
                done = subprocess.run([CTL, "--socket", Fake.path, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual(done.returncode, 4, words)
                self.assertIn("the answer could not be written", done.stderr)

    def test_what_keeps_us_from_the_daemon(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            done = ctl("status", path=path)
            self.assertEqual(done.returncode, 3)
            self.assertIn("there is no such socket", done.stderr)
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(path)
            done = ctl("status", path=path)
            self.assertEqual(done.returncode, 3)
            self.assertIn("nobody listens there", done.stderr)
            # A time of the clinic's clock is asked for first: what keeps us from it is not the time's fault.
            done = ctl("reading", "1", "--systolic", "120", "--diastolic", "80", "--at", "10:02", path=path)
            self.assertEqual(done.returncode, 3)
            self.assertIn("nobody listens there", done.stderr)
            self.assertEqual(ctl("watch", "--times", "1", path=path).returncode, 3)
            for wrong in (__file__, folder, ""):
                done = subprocess.run([CTL, "--socket", wrong, "status"], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 3)
                self.assertIn("socket is empty" if wrong == "" else "is no socket", done.stderr)
            done = ctl("status", path="/tmp/" + "x" * 200)
            self.assertEqual(done.returncode, 3)
            self.assertIn("cannot be that long", done.stderr)

    @unittest.skipUnless(os.getuid() == 0, "only root can become somebody who may not")
    def test_not_permitted(self):
        os.chmod(os.path.dirname(Fake.path), 0o755)
        copy = os.path.join(tempfile.mkdtemp(dir="/tmp"), "infusionctl")
        with open(CTL, "rb") as source, open(copy, "wb") as target:
            target.write(source.read())
        os.chmod(copy, 0o755)
        os.chmod(os.path.dirname(copy), 0o755)
        done = subprocess.run([copy, "--socket", Fake.path, "status"], capture_output=True, text=True, user=65534, group=65534,
                              extra_groups=[], timeout=60)
        os.unlink(copy)
        os.rmdir(os.path.dirname(copy))
        self.assertEqual(done.returncode, 3)
        self.assertIn("you are not permitted", done.stderr)

    def test_a_lost_answer_is_asked_for_once_more(self):
        stub = Stub(None, {"done": True, "act": "note", "bed": "bed1", "session": 1, "alarm": None, "text": "note",
                           "repeated": True})
        try:
            done = ctl("note", "1", "--text", "x", path=stub.path)
            self.assertEqual((done.returncode, done.stdout), (0, "done before: note (session 1, bed bed1)\n"))
            first, second = map(json.loads, stub.heard)
            self.assertEqual(first, second)
            self.assertRegex(first["act_id"], r"^[0-9a-f]{24}$")
        finally:
            stub.close()

    def test_an_answer_that_never_comes(self):
        stub = Stub(None, None)
        try:
            done = ctl("note", "1", "--text", "x", path=stub.path)
            self.assertEqual(done.returncode, 3)
            self.assertIn("NO ANSWER: whether it was done is not known", done.stderr)
        finally:
            stub.close()

    def test_control_characters_do_not_reach_the_terminal(self):
        stub = Stub({"at": None, "alarms": [{"id": 1, "bed": "b\x1b[2J", "group": "g\x9b", "priority": "high", "state": "active",
                                             "revision": 1, "age_ms": 5, "sentence": "x\x07\r\ny", "acknowledged": False}]})
        try:
            done = ctl("alarms", path=stub.path)
            self.assertEqual(done.returncode, 0)
            self.assertEqual([c for c in done.stdout if ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160], [])
        finally:
            stub.close()

    def test_answers_that_are_none(self):
        for answer in ({}, [], 5, {"beds": 5}, {"beds": [None, {}]}, {"alarms": [{}]}, {"sessions": [{}]}):
            for verb in (["beds"], ["alarms"], ["sessions"], ["status"], ["verify"]):
                stub = Stub(answer, answer)
                try:
                    self.assertIn(ctl(*verb, path=stub.path).returncode, (0, 1), (verb, answer))
                finally:
                    stub.close()


class Terminal:
    """infusionctl on a terminal of our own."""

    def __init__(self, *words, rows=24, columns=100, env=None, path=None):
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (rows, columns)) if hasattr(termios, "tcsetwinsize") else \
            __import__("fcntl").ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        full = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        full.update(env or {})
        self.process = subprocess.Popen([CTL, "--socket", path or Fake.path, *words], stdin=slave, stdout=slave, stderr=slave,
                                        env=full, start_new_session=True)
        os.close(slave)
        self.seen = ""

    def read(self, wanted, bound_s=BOUND_S):
        end = time.monotonic() + bound_s
        while not re.search(wanted, self.seen):
            if time.monotonic() > end:
                raise AssertionError(f"{wanted} did not come: {self.seen[-2000:]!r}")
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.master, 65536).decode(errors="replace")
                except OSError:
                    break
        return self.seen

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


class Watch(unittest.TestCase):
    def test_a_script_gets_a_line_of_json_for_each_table(self):
        done = ctl("--json", "watch", "--times", "2")
        self.assertEqual(done.returncode, 0)
        self.assertEqual([len(json.loads(line)["beds"]) > 0 for line in done.stdout.splitlines()], [True, True])

    def test_a_table_fits_the_terminal_and_colour_ends_with_its_line(self):
        terminal = Terminal("beds", columns=80)
        text = terminal.read(r"stay\s+primary[^\n]*\n")
        terminal.close()
        self.assertRegex(text, r"\x1b\[7mNO SESSION: LIMITS OFF\x1b\[0m\r?\n")
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")
        self.assertLessEqual(max(len(line.rstrip()) for line in text.splitlines()), 80)
        self.assertNotIn("PLACE", text)
        self.assertIn("PLACE", ctl("beds").stdout)

    def test_ages_tick_and_the_end_is_clean(self):
        terminal = Terminal("watch")
        try:
            terminal.read(r"SpO2[^\n]*\n(?s:.*)\x1b\[H(?s:.*)\x1b\[H")
            self.assertIn("\x1b[?25l", terminal.seen)
            self.assertIn("NO SESSION: LIMITS OFF", terminal.seen)
            terminal.process.send_signal(signal.SIGINT)
            self.assertEqual(terminal.process.wait(BOUND_S), 0)
            terminal.read(r"\x1b\[\?25h")
        finally:
            terminal.close()

    def test_colour_is_left_out_where_it_is_not_wanted(self):
        session = json.loads(ctl("--json", "--as", "nurse", "sessions", "start", "bed1", *WEIGHT, "--confirm", "none", "--reason",
                                 "x").stdout)["session"]
        try:
            until(lambda: "HIGH" in ctl("beds").stdout, "the alarm")
            plain = ctl("beds").stdout
            self.assertNotIn("\x1b", plain)
            self.assertRegex(plain, r"\*\*\* HIGH +#\d+ r\d+ \S+ +Systolic 192, limit 180")
            for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
                terminal = Terminal("watch", "--times", "1", columns=200, env=env)
                terminal.read(r"stay primary")
                self.assertEqual("\x1b[1;31m*** HIGH" in terminal.seen, coloured)
                terminal.close()
            # On a narrow terminal nothing is wider than it, and no word of the sentence is lost.
            terminal = Terminal("watch", "--times", "1", columns=80, rows=60, env={"NO_COLOR": "1"})
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.read(r"stay\s+primary")).replace("\r", "")
            terminal.close()
            self.assertLessEqual(max(len(line.rstrip()) for line in text.splitlines()), 80)
            self.assertIn("mean.high.critical", text)
            # On a short one the worst come first, and what is left out is said.
            terminal = Terminal("watch", "--times", "1", rows=5)
            text = terminal.read(r"more lines")
            terminal.close()
            self.assertIn("HIGH", text)
        finally:
            ctl("--as", "nurse", "sessions", "discharge", str(session), "--override", "--reason", "test")

    def test_a_daemon_that_is_gone_is_said_and_waited_for(self):
        with Server.started() as (path, process):
            watch = subprocess.Popen([CTL, "--socket", path, "watch"], stdout=subprocess.PIPE, text=True)
            try:
                self.wait_line(watch, "bed1")
                process.kill()
                self.wait_line(watch, "NOT WATCHING from here: .*nobody listens there")
                again = subprocess.Popen([Server.fake, path], stdout=subprocess.PIPE, text=True)
                try:
                    self.wait_line(watch, "bed1")
                finally:
                    again.kill()
                    again.communicate()
            finally:
                watch.send_signal(signal.SIGTERM)
                watch.communicate(timeout=BOUND_S)
            self.assertEqual(watch.returncode, 0)

    def wait_line(self, process, wanted):
        end = time.monotonic() + BOUND_S
        while time.monotonic() < end:
            if re.search(wanted, process.stdout.readline()):
                return
        raise AssertionError(wanted)


if __name__ == "__main__":
    unittest.main()
