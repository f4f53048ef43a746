"""Coming in over the network, as a whole: what is listened on, TLS, restarts, the end of log-ins, infusionctl over a URL."""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import time
import unittest

from api_case import BOUND_S, ROOT, Server, free_address, until
from api_client import Closed, Live, ask, ask_raw, connect, parse_raw
from clinic import Clinic

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
DAEMON = os.path.join(BUILD, "daemon/infusiond")
CTL = os.path.join(BUILD, "daemon/ctl/infusionctl")
PASSWORD = "correct horse battery"
CONFIG = """\
store: record.sqlite
socket: d.sock
{web}
lines:
  - {{name: gateway, host: 127.0.0.1, port: 9, response_timeout_ms: 200}}
profiles: [{root}/config/monitors/generic-gateway.yaml]
regimens: [{root}/config/regimens/iv-ketamine.yaml]
monitors: [{{name: m1, profile: generic-gateway, line: gateway}}]
beds: [{{name: bed1, monitors: [m1]}}]
people:
  - {{user: {user}, name: host, role: {role}}}
  - {{name: nurse, user: nobody, role: nurse}}
  - {{user: daemon, name: prescriber, role: prescriber}}
"""


class Place:
    """A daemon in a folder of its own."""

    def __init__(self, web, role="admin"):
        self.folder = tempfile.mkdtemp(prefix="infusiond-test.")
        self.socket, self.process = self.path("d.sock"), None
        self.write(web, role)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, web, role="admin"):
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        with open(self.path("infusiond.yaml"), "w", encoding="utf-8") as file:
            file.write(CONFIG.format(web=web, root=ROOT, user=user, role=role))

    def start(self):
        with open(self.path("log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([DAEMON, "--config", self.path("infusiond.yaml")], stdin=subprocess.DEVNULL, stderr=log)
        until(self.answers, "answering daemon")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("the daemon died: " + self.log())
        try:
            return ask(self.socket, "GET", "/healthz").status == 200
        except OSError:
            return False

    def log(self):
        with open(self.path("log"), encoding="utf-8") as file:
            return file.read()

    def first(self):
        return re.search("log in as admin with the password ([a-z0-9-]+) ", self.log()).group(1)

    def kill(self):
        self.process.kill()
        self.process.wait(BOUND_S)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(BOUND_S)
        if code != 0:
            raise AssertionError(f"the daemon ended with {code}:\n{self.log()}")

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ctl(self, *words, code=0, text=None, url=None, env=None):
        where = ["--url", url] if url else ["--socket", self.socket]
        full = {key: value for key, value in os.environ.items() if not key.startswith("INFUSIOND_")}
        full.update({"XDG_RUNTIME_DIR": self.folder, **(env or {})})
        full = {key: value for key, value in full.items() if value is not None}
        done = subprocess.run([CTL, *where, *words], capture_output=True, text=True, timeout=60, input=text or "", env=full)
        if done.returncode != code:
            raise AssertionError(f"infusionctl {words}: {done.returncode}, {done.stdout} {done.stderr}")
        return done.stdout if code == 0 else done.stderr

    def add(self, name, role):
        self.ctl("user", "add", name, "--role", role, "--keep-password", text=PASSWORD + "\n")


@contextlib.contextmanager
def placed(web, **words):
    place = Place(web, **words)
    try:
        yield place
    finally:
        place.close()


def listening(pid):
    """What the kernel says that a process listens on."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            match = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{fd}"))
            if match:
                inodes.add(match.group(1))
    found = set()
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        with open(f"/proc/net/{name}", encoding="ascii") as file:
            for line in file.readlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in inodes:
                    host, port = fields[1].split(":")
                    words = [bytes.fromhex(host[i:i + 8])[::-1] for i in range(0, len(host), 8)]
                    text = socket.inet_ntop(family, b"".join(words))
                    found.add(("[%s]:%d" if family == socket.AF_INET6 else "%s:%d") % (text, int(port, 16)))
    return found


def log_in(where, name, password=PASSWORD, asked=ask):
    answer = asked(where, "POST", "/api/v1/login", {"name": name, "password": password}, {"Origin": "http://" + where})
    if answer.status != 200:
        raise AssertionError(answer.body)
    return {"Cookie": answer.headers["set-cookie"].split(";")[0]}


class Addresses(unittest.TestCase):
    def test_what_was_asked_for_and_nothing_else(self):
        v4 = free_address()
        v6 = "[::1]:" + v4.rsplit(":", 1)[1]
        with placed(f'web: {{listen: ["{v4}", "{v6}"]}}') as place:
            place.start()
            self.assertEqual(listening(place.process.pid), {v4, v6})
            for where in (v4, v6):
                self.assertEqual(ask(where, "GET", "/healthz").status, 200)
                self.assertEqual(ask(where, "GET", "/api/v1/status").status, 401)
            self.assertIn(f"browsers find the clinic at http://{v4}/", place.log())
            place.stop()
            with self.assertRaises(OSError):
                connect(v4)

    def test_without_the_section_there_is_the_socket_only(self):
        with placed("") as place:
            place.start()
            self.assertEqual(listening(place.process.pid), set())
            self.assertNotIn("password", place.log())
            place.ctl("user", "add", "nurse1", "--role", "nurse", text=PASSWORD + "\n")
            place.stop()

    def test_an_address_that_somebody_has(self):
        where = free_address()
        with placed(f"web: {{listen: ['{where}']}}") as first, placed(f"web: {{listen: ['{where}']}}") as second:
            first.start()
            cookie = log_in(where, "admin", first.first())
            done = subprocess.run([DAEMON, "--config", second.path("infusiond.yaml")], capture_output=True, text=True, timeout=BOUND_S)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{where} cannot be listened on: Address already in use", done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertFalse(os.path.exists(second.socket))
            self.assertEqual(listening(first.process.pid), {where})
            self.assertEqual(ask(where, "GET", "/api/v1/status", headers=cookie).status, 403)
            first.stop()

    def test_beyond_this_host_without_tls_is_refused(self):
        for where in ("0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080"):
            with placed(f"web: {{listen: ['{where}']}}") as place:
                for words in (["--check"], []):
                    done = subprocess.run([DAEMON, *words, "--config", place.path("infusiond.yaml")], capture_output=True, text=True,
                                          timeout=BOUND_S)
                    self.assertEqual(done.returncode, 2)
                    self.assertRegex(done.stdout + done.stderr, r"infusiond\.yaml:3: web\.listen\[0\]: \S+ can be reached from other "
                                                                r"computers, which needs 'certificate' and 'key'")

    def test_crowds_over_tcp_leave_the_socket_room(self):
        Server.fake = os.path.join(BUILD, "tests/e2e/web_fake")
        where = free_address()
        with Server.started(where) as (path, process):
            crowd = [connect(where) for _ in range(161)]
            refused = parse_raw(crowd[-1].recv(4096))
            self.assertEqual(refused.status, 503)
            self.assertEqual(len(refused.body), int(refused.headers["content-length"]))
            self.assertEqual(ask(path, "GET", "/healthz").status, 200)
            for one in crowd:
                one.close()
            until(lambda: ask_raw(where, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200"), "room again")
            process.send_signal(signal.SIGTERM)
            self.assertEqual((process.wait(BOUND_S), process.stderr.read()), (0, ""))


class Restarts(unittest.TestCase):
    def test_nobody_is_logged_out_by_a_restart(self):
        where = free_address()
        with placed(f"web: {{listen: ['{where}']}}") as place:
            place.start()
            first = place.first()
            for name in ("nurse1", "viewer1", "nurse2"):
                place.add(name, "nurse")
            nurse1, viewer1, nurse2 = (log_in(where, name) for name in ("nurse1", "viewer1", "nurse2"))
            headers = {**viewer1, "Origin": "http://" + where, "Content-Type": "application/json"}
            self.assertEqual(ask(where, "POST", "/api/v1/logout", {}, headers).status, 200)
            place.ctl("user", "disable", "nurse2", "--reason", "on leave")
            place.kill()
            place.start()
            self.assertEqual([ask(where, "GET", "/api/v1/status", headers=who).status for who in (nurse1, viewer1, nurse2)], [200, 401, 401])
            # The first password is told once, and is still good.
            self.assertNotIn("password", place.log())
            log_in(where, "admin", first)
            users = {user["name"]: user for user in json.loads(place.ctl("--json", "user", "list"))["users"]}
            self.assertEqual({name: (user["role"], user["disabled"], user["log_ins"]) for name, user in users.items()},
                             {"admin": ("admin", False, 1), "nurse1": ("nurse", False, 1), "viewer1": ("nurse", False, 0),
                              "nurse2": ("nurse", True, 0)})
            place.ctl("user", "remove", "nurse1")
            place.kill()
            place.start()
            self.assertEqual(ask(where, "GET", "/api/v1/status", headers=nurse1).status, 401)
            self.check_record(place)
            place.stop()

    def check_record(self, place):
        rows = subprocess.run(["sqlite3", "-separator", "|", place.path("record.sqlite"),
                               "SELECT who, role, subject, old_value, new_value, reason FROM audit_log WHERE type = 'account' "
                               "AND new_value NOT LIKE 'logged%' ORDER BY event"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(rows.splitlines(), [
            "||admin||admin|", "host|admin|nurse1||nurse|", "host|admin|viewer1||nurse|", "host|admin|nurse2||nurse|",
            "host|admin|nurse2|enabled|disabled|on leave", "host|admin|nurse1|nurse|removed|"])
        rows = subprocess.run(["sqlite3", "-separator", "|", place.path("record.sqlite"),
                               "SELECT who, subject, new_value FROM audit_log WHERE new_value LIKE 'logged%' ORDER BY event"],
                              capture_output=True, text=True, check=True).stdout
        self.assertEqual(rows.splitlines(), ["nurse1|nurse1|logged in", "viewer1|viewer1|logged in", "nurse2|nurse2|logged in", "viewer1|viewer1|logged out",
                                             "admin|admin|logged in"])
        # Neither a password nor a token stands anywhere in the file.
        with open(place.path("record.sqlite"), "rb") as file:
            self.assertNotIn(PASSWORD.encode(), file.read())
        self.assertTrue(json.loads(place.ctl("--json", "verify"))["sound"])

    def test_a_password_is_reset_at_the_host(self):
        where = free_address()
        with placed(f"web: {{listen: ['{where}']}}") as place:
            place.start()
            place.ctl("user", "password", "admin", text="a new password\n")
            cookie = log_in(where, "admin", "a new password")
            self.assertEqual(ask(where, "GET", "/api/v1/users", headers=cookie).status, 403)
            place.stop()
            # Only for whom the configuration calls an admin.
            place.write(f"web: {{listen: ['{where}']}}", role="nurse")
            place.start()
            refused = place.ctl("user", "password", "admin", text="another password\n", code=1)
            self.assertEqual(refused, "infusionctl: accounts are kept by an admin, not by a nurse\n")
            place.stop()


class Ends(unittest.TestCase):
    """On a clock of the test's own: a log-in ends when it is not used for 5 minutes, and after 15."""

    def setUp(self):
        self.where = free_address()
        self.clinic = Clinic(BUILD, ["generic-gateway"], cadence_ms=10000,
                             web=f"web: {{listen: ['{self.where}'], idle_min: 5, longest_min: 15}}")
        self.addCleanup(self.clinic.close)
        self.clinic.start_daemon()
        first = re.search("with the password ([a-z0-9-]+) ", self.clinic.daemon_log()).group(1)
        self.now = 0
        self.admin = log_in(self.where, "admin", first)
        self.post("/api/v1/password", {"password": first, "new_password": PASSWORD}, self.admin)

    def tearDown(self):
        self.clinic.stop_daemon()

    def post(self, path, body, cookie):
        answer = ask(self.where, "POST", path, body, {**cookie, "Origin": "http://" + self.where})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def after(self, minutes):
        self.now += int(minutes * 60000)
        self.clinic.run_to(self.now)

    def status(self, cookie):
        return ask(self.where, "GET", "/api/v1/status", headers=cookie).status

    def live(self, cookie):
        return Live(self.where, origin="http://" + self.where, headers=["Cookie: " + cookie["Cookie"]])

    def test_unused_and_at_last(self):
        used, idle = log_in(self.where, "admin"), log_in(self.where, "admin")
        for _ in range(3):
            self.after(4)
            self.assertEqual(self.status(used), 200)
        self.assertEqual(self.status(idle), 401)
        self.after(2.9)
        until_text = ask(self.where, "GET", "/api/v1/status", headers=used).json()["you"]["logged_in_until"]
        self.assertRegex(until_text, "T09:15:")
        self.after(0.2)
        self.assertEqual(self.status(used), 401)
        # A restart gives no time back, and takes at most what was not yet written of the last use.
        again = log_in(self.where, "admin")
        self.after(4.9)
        self.clinic.kill_daemon()
        self.clinic.start_daemon()
        self.assertEqual(self.status(again), 200)
        self.clinic.kill_daemon()
        self.now += 20 * 60000
        self.clinic.leap(self.now)
        self.clinic.start_daemon()
        self.assertEqual(self.status(again), 401)

    def test_watching_is_use_and_no_console_goes_dark_over_a_patient(self):
        cookie = log_in(self.where, "admin")
        live = self.live(cookie)
        live.receive()
        self.after(8)
        self.assertEqual(self.status(cookie), 200)
        session = self.clinic.start_session("bed0")
        self.after(8)
        # Past the longest: nothing more can be asked, but what is watched goes on.
        self.assertEqual(self.status(cookie), 401)
        self.newest(live)
        self.clinic.ctl("sessions", "discharge", session, "--override", "--reason", "test", who="prescriber")
        self.after(0.2)
        with self.assertRaises((Closed, ConnectionError)):
            began = time.monotonic()
            while time.monotonic() - began < BOUND_S:
                live.receive()
        live.close()

    def newest(self, live):
        """Frames come up to the present instant."""
        present = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(self.clinic.now_ms() / 1000))
        end = time.monotonic() + BOUND_S
        while not live.receive().get("at", "").startswith(present):
            self.assertLess(time.monotonic(), end)


class Secure(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="infusiond-test.")
        cls.pki = os.path.join(cls.folder, "pki")
        done = subprocess.run([CTL, "tls", "init", "--dir", cls.pki, "--host", "chair.example"], capture_output=True, text=True,
                              check=True)
        cls.said = done.stdout
        cls.where = free_address()
        cls.everywhere = "0.0.0.0:" + free_address().rsplit(":", 1)[1]
        cls.place = Place(f"web: {{listen: ['{cls.where}', '{cls.everywhere}'], certificate: {cls.pki}/server.pem, "
                          f"key: {cls.pki}/server-key.pem}}")
        cls.place.start()
        cls.place.add("nurse1", "nurse")
        cls.place.add("boss", "admin")

    @classmethod
    def tearDownClass(cls):
        cls.place.stop()
        cls.place.close()
        shutil.rmtree(cls.folder)

    def context(self):
        context = ssl.create_default_context(cafile=os.path.join(self.pki, "ca.pem"))
        context.set_alpn_protocols(["h2", "http/1.1"])
        return context

    def wrapped(self, where=None, name="localhost", context=None):
        return (context or self.context()).wrap_socket(connect(where or self.where), server_hostname=name)

    def ask(self, where, method, url, body=None, headers=None):
        """One question over TLS, by hand."""
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {url} HTTP/1.1", f"Host: {where}", "Connection: close", f"Content-Length: {len(data)}"]
        lines += ["Content-Type: application/json"] if method == "POST" else []
        lines += [f"{key}: {value}" for key, value in (headers or {}).items()]
        with self.wrapped(where) as sock:
            sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + data)
            got = b""
            while piece := sock.recv(65536):
                got += piece
        return parse_raw(got)

    def log_in(self, name):
        headers = {"Origin": "https://" + self.where}
        answer = self.ask(self.where, "POST", "/api/v1/login", {"name": name, "password": PASSWORD}, headers)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(answer.headers["set-cookie"].endswith("; HttpOnly; SameSite=Strict; Path=/; Secure"))
        return answer.headers["set-cookie"].split(";")[0]

    def test_http_over_tls(self):
        cookie = self.log_in("nurse1")
        answer = self.ask(self.where, "GET", "/api/v1/status", headers={"Cookie": cookie})
        self.assertEqual((answer.status, answer.json()["you"]["name"]), (200, "nurse1"))
        self.assertEqual(self.ask(self.where, "GET", "/api/v1/status").status, 401)
        self.assertIn("content-security-policy", answer.headers)
        # A whole file of the console.
        page = self.ask(self.where, "GET", "/page/main.js")
        self.assertEqual((page.status, len(page.body)), (200, int(page.headers["content-length"])))
        with self.wrapped() as sock:
            self.assertEqual(sock.selected_alpn_protocol(), "http/1.1")
            self.assertIn(sock.version(), ("TLSv1.2", "TLSv1.3"))
            sock.sendall(b"BREW / HTTP/1.1\r\n\r\n")
            self.assertEqual(parse_raw(sock.recv(65536)).status, 501)

    def test_a_large_body_and_many_on_one_connection(self):
        cookie = self.log_in("nurse1")
        with self.wrapped() as sock:
            for number in range(20):
                body = json.dumps({"text": "x" * 30}).ljust(16384 if number % 2 else 200).encode()
                head = (f"POST /api/v1/sessions/999999/note HTTP/1.1\r\nHost: {self.where}\r\nOrigin: https://{self.where}\r\n"
                        f"Cookie: {cookie}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
                for piece in (head, body[:7], body[7:]):
                    sock.sendall(piece)
                got = b""
                while b"\r\n\r\n" not in got:
                    got += sock.recv(65536)
                answer = parse_raw(got)
                while len(answer.body) < int(answer.headers["content-length"]):
                    answer.body += sock.recv(65536)
                self.assertEqual(answer.status, 404, answer.body)

    def test_the_live_socket_over_tls(self):
        cookie = self.log_in("nurse1")
        lives = [Live(self.where, origin="https://" + self.where, headers=["Cookie: " + cookie], sock=self.wrapped())
                 for _ in range(10)]
        for live in lives:
            self.assertEqual(live.receive()["you"]["name"], "nurse1")
            for _ in range(6):
                self.assertIn(live.receive()["type"], ("station", "bed"))
            live.close()
        refused = Live(self.where, origin="https://" + self.where, sock=self.wrapped())
        self.assertEqual(refused.answer.status, 401)
        refused.close()

    def test_whoever_speaks_no_tls_is_let_go_and_holds_nobody_up(self):
        silent = [connect(self.where) for _ in range(20)]
        half = connect(self.where)
        half.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        plain = ask_raw(self.where, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertNotIn(b"200", plain)
        began = time.monotonic()
        self.assertEqual(self.ask(self.where, "GET", "/healthz").status, 200)
        self.assertLess(time.monotonic() - began, 5)
        for one in silent + [half]:
            one.close()

    def test_old_protocols_are_refused(self):
        context = self.context()
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.wrapped(context=context)

    def test_the_certificate_names_what_was_asked(self):
        for name in ("chair.example", "localhost", "127.0.0.1"):
            self.wrapped(name=name).close()
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.wrapped(name="other.example")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.wrapped(context=ssl.create_default_context())

    def test_health_and_metrics_are_for_this_host(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))
                own = probe.getsockname()[0]
            except OSError:
                self.skipTest("the host has no address but loopback's")
        there = own + ":" + self.everywhere.rsplit(":", 1)[1]
        here = "127.0.0.1:" + self.everywhere.rsplit(":", 1)[1]
        cookie = self.log_in("nurse1")
        for url in ("/healthz", "/metrics"):
            self.assertEqual(self.ask(here, "GET", url).status, 200)
            self.assertEqual(self.ask(there, "GET", url).status, 401)
            self.assertEqual(self.ask(there, "GET", url, headers={"Cookie": cookie}).status, 200)
        self.assertRegex(self.ask(here, "GET", "/metrics").body.decode(), r"infusiond_web_certificate_left_seconds 7\d{7}\n")

    def test_making_a_certificate(self):
        self.assertIn("listen:", self.said)
        for name, mode in (("ca.pem", 0o644), ("ca-key.pem", 0o600), ("server.pem", 0o644), ("server-key.pem", 0o600)):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.pki, name)).st_mode) & ~0o022, mode & ~0o022, name)
        before = {name: open(os.path.join(self.pki, name), "rb").read() for name in os.listdir(self.pki)}
        again = subprocess.run([CTL, "tls", "init", "--dir", self.pki], capture_output=True, text=True)
        self.assertEqual((again.returncode, "nothing is overwritten" in again.stderr), (4, True))
        self.assertEqual(before, {name: open(os.path.join(self.pki, name), "rb").read() for name in os.listdir(self.pki)})
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        for name in ("ca.pem", "ca-key.pem"):
            shutil.copy(os.path.join(self.pki, name), other)
        # The authority that is there is used: browsers that know it know the new certificate.
        subprocess.run([CTL, "tls", "init", "--dir", other, "--host", "192.0.2.7", "--host", "*.example"], check=True,
                       capture_output=True)
        shown = subprocess.run(["openssl", "verify", "-CAfile", os.path.join(self.pki, "ca.pem"), "-purpose", "sslserver",
                                "-verify_ip", "192.0.2.7", os.path.join(other, "server.pem")], capture_output=True, text=True)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        os.remove(os.path.join(other, "ca-key.pem"))
        os.remove(os.path.join(other, "server.pem"))
        os.remove(os.path.join(other, "server-key.pem"))
        for words, sentence in (([other], "an authority is both"), ([self.folder + "/no/where"], "cannot be made"),
                                ([self.folder + "/x", "--host", "a b"], "no host name"),
                                ([self.folder + "/x", "--host", "a,DNS:b"], "no host name")):
            done = subprocess.run([CTL, "tls", "init", "--dir", *words], capture_output=True, text=True)
            self.assertEqual((done.returncode, sentence in done.stderr), (4, True), done.stderr)
        self.assertEqual(os.listdir(other), ["ca.pem"])

    def test_infusionctl_over_the_network(self):
        url, ca = "https://" + self.where, os.path.join(self.pki, "ca.pem")
        kept = self.place.path("infusionctl-" + re.sub(r"[^A-Za-z0-9.-]", "_", url))

        def ctl(*words, **options):
            return self.place.ctl("--ca", ca, *words, url=url, **options)

        self.assertEqual(ctl("beds", code=1), "infusionctl: log in first\n")
        self.assertIn("logged in as nurse1 (nurse) until 20", ctl("login", "--name", "nurse1", text=PASSWORD + "\n"))
        self.assertEqual(stat.S_IMODE(os.stat(kept).st_mode), 0o600)
        self.assertIn("bed1", ctl("beds"))
        self.assertIn("bed1", ctl("watch", "--times", "1"))
        self.assertIn("nurse1", ctl("status"))
        self.assertIn("no such open session", ctl("note", "999999", "--text", "seen", code=1))
        self.assertIn("not by a nurse", ctl("user", "list", code=1))
        self.assertIn("for shared terminals", ctl("--as", "prescriber", "note", "1", "--text", "x", code=1))
        os.chmod(kept, 0o644)
        self.assertIn("log in first", ctl("beds", code=1))
        os.chmod(kept, 0o600)
        self.assertEqual(ctl("logout"), "done: logged out\n")
        self.assertFalse(os.path.exists(kept))
        self.assertEqual(ctl("login", "--name", "nurse1", text="wrong password\n", code=1), "infusionctl: the name or the password is wrong\n")
        self.assertIn("no password", ctl("login", "--name", "nurse1", code=2))
        self.assertIn("XDG_RUNTIME_DIR", ctl("login", "--name", "nurse1", text=PASSWORD + "\n", code=4, env={"XDG_RUNTIME_DIR": None}))
        self.assertIn("not trusted", self.place.ctl("beds", url=url, code=3))
        self.assertIn("cannot be read", self.place.ctl("--ca", "/nowhere", "beds", url=url, code=3))
        self.assertIn("nobody answers", self.place.ctl("beds", url="https://" + free_address(), code=3))
        self.assertIn("no TLS", self.place.ctl("--ca", ca, "beds", url="https://127.0.0.1:%d" % self.deaf(), code=3))

    def deaf(self):
        """A port that answers something that is no TLS."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        import threading

        def serve():
            with contextlib.suppress(OSError):
                peer, _ = listener.accept()
                peer.recv(4096)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                peer.close()
        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    def test_urls_that_are_none(self):
        for url, sentence in (("clinic", "no URL"), ("ftp://x", "no URL"), ("https://", "no URL"), ("https://x/path", "scheme, host and port"),
                              ("https://u:p@x", "scheme, host and port"), ("http://192.0.2.1:8080", "use https"),
                              ("http://127.evil.example:1", "use https"), ("", "no URL")):
            self.assertIn(sentence, self.place.ctl("beds", url=url or "x:", code=2), url)

    def test_keeping_accounts_over_the_network(self):
        url, ca = "https://" + self.where, os.path.join(self.pki, "ca.pem")

        def ctl(*words, **options):
            return self.place.ctl("--ca", ca, *words, url=url, **options)

        ctl("login", "--name", "boss", text=PASSWORD + "\n")
        self.assertIn("at least 10 characters", ctl("user", "add", "t-a", "--role", "nurse", text="short\n", code=1))
        self.assertIn("role: ", ctl("user", "add", "t-a", "--role", "king", text=PASSWORD + "\n", code=1))
        self.assertIn("account t-a was made: nurse", ctl("user", "add", "t-a", "--role", "nurse", text=PASSWORD + "\n"))
        self.assertRegex(ctl("user", "list"), r"(?m)^t-a +nurse +0 +never +may log in, must change the password$")
        for words, said in ((["role", "t-a", "--role", "viewer"], "is viewer now"), (["disable", "t-a"], "disabled"),
                            (["enable", "t-a"], "enabled"), (["password", "t-a"], "given a password"), (["remove", "t-a"], "removed")):
            self.assertIn(said, ctl("user", *words, text=PASSWORD + "\n"))
        self.assertIn("no such account", ctl("user", "remove", "t-a", code=1))
        self.assertIn("done", ctl("password", text=PASSWORD + "\n" + PASSWORD + "2\n"))
        self.assertIn("boss", ctl("status"))
        ctl("password", text=PASSWORD + "2\n" + PASSWORD + "\n")
        ctl("logout")

    def test_a_password_is_typed_unseen(self):
        for second, code, sentence in ((PASSWORD, 0, "was made"), ("something else", 2, "not the same")):
            pid, terminal = pty.fork()
            if pid == 0:
                os.execv(CTL, [CTL, "--socket", self.place.socket, "user", "add", "t-typed", "--role", "viewer"])
            shown = b""

            def see(wanted):
                nonlocal shown
                end = time.monotonic() + BOUND_S
                while wanted not in shown:
                    ready, _, _ = select.select([terminal], [], [], end - time.monotonic())
                    self.assertTrue(ready, (wanted, shown))
                    try:
                        shown += os.read(terminal, 4096)
                    except OSError:
                        break
            see(b"password for t-typed: ")
            os.write(terminal, PASSWORD.encode() + b"\n")
            see(b"once more: ")
            os.write(terminal, second.encode() + b"\n")
            see(sentence.encode())
            _, status = os.waitpid(pid, 0)
            os.close(terminal)
            self.assertEqual(os.waitstatus_to_exitcode(status), code)
            self.assertNotIn(PASSWORD.encode(), shown)
            if code == 0:
                self.place.ctl("user", "remove", "t-typed")


if __name__ == "__main__":
    unittest.main()
