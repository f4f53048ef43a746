"""Coming in from a browser: log-ins and accounts, every route by every role and by nobody, pages from elsewhere, guessing."""

import concurrent.futures
import os
import time

from api_case import BOUND_S, GOOD, MAY, Case, Server, allowed, name_of, until
from api_client import Closed, Live, ask, ask_raw, parse_raw

ROLES = ("viewer", "nurse", "prescriber", "admin", "engineer")
PASSWORD = "correct horse battery"
HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY",
           "cross-origin-opener-policy": "same-origin"}
# By hand: who may ask what is no act. None: whoever asks from this host; everybody else reads.
OPEN = {"/healthz", "/metrics", "/api/v1/login"}
OF_ADMIN = {"/api/v1/users"} | {"/api/v1/users/{user}/" + word for word in ("password", "role", "disable", "enable", "remove")}
SELF = {"/api/v1/logout", "/api/v1/password"}
COOKIES = {}


class Web(Case):
    """Asks over TCP, as a browser on a page of ours does."""

    def setUp(self):
        super().setUp()
        if Server.web is None:
            self.skipTest("no address for browsers")

    def headers(self, method, cookie=None, more=None):
        headers = {"Origin": "http://" + Server.web, "Content-Type": "application/json"} if method == "post" else {}
        if cookie is not None:
            headers["Cookie"] = "infusiond=" + cookie
        headers.update(more or {})
        return {name: value for name, value in headers.items() if value is not None}

    def web(self, method, path, body=None, cookie=None, headers=None, source=None, **params):
        """Asks a documented path and holds the answer against the file."""
        url = path + params.pop("query", "")
        for key, value in params.items():
            url = url.replace("{" + key + "}", str(value))
        if method == "post" and body is None:
            body = {}
        answer = ask(Server.web, method.upper(), url, body, self.headers(method, cookie, headers), source)
        Server.api.check(path, method, answer)
        return answer

    def cookie_of(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        first, *attributes = answer.headers["set-cookie"].split("; ")
        self.assertEqual(attributes, ["HttpOnly", "SameSite=Strict", "Path=/"])
        self.assertRegex(first, "^infusiond=[0-9a-f]{64}$")
        return first.split("=")[1]

    def log_in(self, name, password=PASSWORD, source=None):
        return self.cookie_of(self.web("post", "/api/v1/login", {"name": name, "password": password}, source=source))

    @property
    def admin(self):
        """The first admin's cookie; the password that was told once is changed at the first log-in."""
        if "first" not in COOKIES:
            cookie = self.log_in("admin", Server.first)
            done = self.web("post", "/api/v1/password", {"password": Server.first, "new_password": PASSWORD}, cookie)
            self.assertEqual(done.status, 200, done.body)
            COOKIES["first"] = cookie
        return COOKIES["first"]

    def add(self, name, role="nurse", status=200, **more):
        body = {"name": name, "role": role, "password": PASSWORD, "must_change_password": False, **more}
        answer = self.web("post", "/api/v1/users", body, self.admin)
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def change(self, word, user, status=200, **body):
        answer = self.web("post", "/api/v1/users/{user}/" + word, body, self.admin, user=user)
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def a_cookie(self, role):
        """Somebody of a role who is logged in."""
        if role not in COOKIES:
            self.add("some-" + role, role)
            COOKIES[role] = self.log_in("some-" + role)
        return COOKIES[role]

    def status_of(self, cookie):
        return self.web("get", "/api/v1/status", cookie=cookie).status

    def live(self, cookie=None, origin="http://", **words):
        return Live(Server.web, origin=origin + Server.web if origin == "http://" else origin,
                    headers=[f"Cookie: infusiond={cookie}"] if cookie is not None else [], **words)


class Access(Web):
    def operations(self):
        for path, method, operation in Server.api.operations():
            yield path, method, operation, {"bed": "nowhere", "session": 999999, "alarm": 999999, "user": "nobody-there"}

    def test_logged_out_nothing_is_told(self):
        for path, method, _, params in self.operations():
            for cookie in (None, "", "0" * 64, "x" * 64, "0" * 5000 if method == "nothing" else "0" * 63):
                answer = self.web(method, path, cookie=cookie, **params)
                if path in OPEN:
                    self.assertEqual(answer.status, 422 if method == "post" else 200, path)
                else:
                    self.assertEqual(answer.status, 401, (path, cookie))
                    self.assertIn("log in", answer.error)

    def test_a_host_header_opens_no_other_door(self):
        """The library chooses what it calls a vhost by it."""
        for host in ("plain", "plain:80", "tls", "unix", ":", "localhost", Server.socket):
            answer = ask(Server.web, "GET", "/api/v1/status", headers={"Host": host})
            self.assertEqual(answer.status, 401, host)
        raw = ask_raw(Server.web, b"GET /api/v1/status HTTP/1.1\r\n\r\n")
        self.assertEqual(parse_raw(raw).status, 401)

    def expected(self, path, role):
        if path in OF_ADMIN:
            return role == "admin"
        if path in SELF or path in OPEN or "post" not in Server.api.spec["paths"][path]:
            return True
        return role in (MAY[name_of(path)] if name_of(path) in MAY else allowed(name_of(path)))

    def test_every_route_by_every_role(self):
        for role in ROLES:
            cookie = self.a_cookie(role)
            for path, method, _, params in self.operations():
                if path in SELF or path == "/api/v1/login":
                    continue
                body = dict(GOOD.get(name_of(path), {})) if method == "post" else None
                if "{bed}" in path and method == "post":
                    # At a bed that is there an unknown field tells apart who may ask.
                    params = {**params, "bed": self.a_bed}
                    body["nonsense"] = 1
                if "{user}" in path and method == "post":
                    body = {"password": {"password": PASSWORD}, "role": {"role": "nurse"}}.get(name_of(path), {})
                answer = self.web(method, path, body, cookie, **params)
                if self.expected(path, role):
                    self.assertIn(answer.status, (200, 404, 422, 426), (path, role, answer.body))
                else:
                    self.assertEqual(answer.status, 403, (path, role, answer.body))
            self.assertEqual(self.web("get", "/api/v1/status", cookie=cookie).json()["you"]["role"], role)

    @property
    def a_bed(self):
        return self.web("get", "/api/v1/beds", cookie=self.admin).json()["beds"][0]["bed"]

    def test_nobody_acts_as_somebody_else(self):
        answer = self.web("post", "/api/v1/sessions/{session}/pause", {"as": Server.people["prescriber"]},
                          self.a_cookie("nurse"), session=1)
        self.assertEqual(answer.status, 403)
        self.assertIn("shared terminals", answer.error)
        # The peer of the connection is no account, whatever user it runs as.
        self.assertEqual(self.web("post", "/api/v1/sessions/{session}/pause", {}, session=1).status, 401)

    def test_what_is_done_carries_the_name(self):
        bed = next(bed["bed"] for bed in self.web("get", "/api/v1/beds", cookie=self.admin).json()["beds"]
                   if bed["session"] is None)
        done = self.web("post", "/api/v1/beds/{bed}/sessions", GOOD["sessions"], self.a_cookie("nurse"), bed=bed)
        self.assertEqual(done.status, 200, done.body)
        session = done.json()["session"]
        try:
            self.assertEqual(self.web("post", "/api/v1/sessions/{session}/note", {"text": "seen"}, self.a_cookie("nurse"),
                                      session=session).status, 200)
            events = self.web("get", "/api/v1/sessions/{session}/events", cookie=self.a_cookie("viewer"),
                              session=session).json()["events"]
            self.assertEqual([(e["who"], e["role"]) for e in events if e["type"] == "note"], [("some-nurse", "nurse")])
        finally:
            self.end(session)

    def test_pages_from_elsewhere(self):
        own = "http://" + Server.web
        cookie = self.a_cookie("nurse")
        for path, method, _, params in self.operations():
            if method != "post" or path in SELF:
                continue
            for headers in ({"Origin": None}, {"Origin": "null"}, {"Origin": "http://example.com"}, {"Origin": own + "0"},
                            {"Origin": own + "/"}, {"Origin": own.replace("http", "ftp")}, {"Origin": Server.web},
                            {"Origin": "http://" + Server.web.replace("127.0.0.1", "localhost")}, {"Origin": "x" * 300},
                            {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
                            {"Origin": None, "Sec-Fetch-Site": "cross-site"},
                            {"Origin": "http://example.com", "Sec-Fetch-Site": "same-origin"}):
                answer = self.web(method, path, {}, cookie, headers, **params)
                self.assertEqual(answer.status, 403, (path, headers))
                self.assertTrue("elsewhere" in answer.error or "Origin" in answer.error, answer.error)
            for kind in (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"):
                for body in (b"{}", b""):
                    answer = self.web(method, path, body, cookie, {"Content-Type": kind}, **params)
                    self.assertEqual(answer.status, 415, (path, kind, body))
        self.assertEqual(self.web("post", "/api/v1/sessions/{session}/pause", {}, cookie, {"Origin": None,
                         "Sec-Fetch-Site": "same-origin"}, session=999999).status, 404)

    def test_every_answer_carries_the_policy(self):
        answers = [ask(Server.web, "GET", url) for url in ("/", "/page/main.js", "/healthz", "/metrics", "/api/v1/beds", "/nothing")]
        refused = self.live()
        answers += [ask(Server.web, "DELETE", "/api/v1/beds"), refused.answer,
                    ask(Server.web, "GET", "/api/v1/status", headers=self.headers("get", self.a_cookie("viewer")))]
        refused.close()
        answers += [parse_raw(ask_raw(Server.web, data)) for data in (
            b"BREW / HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5x\r\n\r\n")]
        for answer in answers:
            for name, value in HEADERS.items():
                self.assertEqual(answer.headers.get(name), value, (answer.status, answer.body[:80]))
            policy = answer.headers["content-security-policy"].split("; ")
            for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'",
                         "form-action 'none'", "frame-ancestors 'none'"):
                self.assertIn(part, policy)
            self.assertNotIn("unsafe", " ".join(policy))
            self.assertIn(answer.headers["cache-control"], ("no-store", "no-cache"))

    def test_cookies_among_others(self):
        cookie = self.a_cookie("viewer")
        for line in (f"infusiond={cookie}", f"a=b; infusiond={cookie}; c=d", f"infusiond=old; infusiond={cookie}",
                     f"xinfusiond={'0' * 64};infusiond={cookie} ;x", f"infusiond={'0' * 64}; infusiond={cookie}"):
            answer = ask(Server.web, "GET", "/api/v1/status", headers={"Cookie": line})
            self.assertEqual(answer.status, 200, line)
        for line in (f"Infusiond={cookie}", f"infusiond={cookie}0", f"infusiond ={cookie}", f"infusiond=\"{cookie}\"", ";;;", "=",
                     f"a=infusiond={cookie}"):
            answer = ask(Server.web, "GET", "/api/v1/status", headers={"Cookie": line})
            self.assertEqual(answer.status, 401, line)

    def test_the_socket_has_no_log_in(self):
        for path in ("/api/v1/login", "/api/v1/logout", "/api/v1/password"):
            answer = self.ask("post", path, {"name": "admin", "password": PASSWORD})
            self.assertEqual(answer.status, 403)
            self.assertIn("by your user", answer.error)
        # A cookie means nothing there.
        you = ask(Server.socket, "GET", "/api/v1/status", headers={"Cookie": "infusiond=" + self.admin}).json()["you"]
        self.assertEqual((you["role"], you["logged_in_until"]), ("viewer", None))


class Accounts(Web):
    """What an admin does, and what it means for whoever is logged in."""

    def users(self):
        return {user["name"]: user for user in self.web("get", "/api/v1/users", cookie=self.admin).json()["users"]}

    def test_from_making_to_removing(self):
        name = "t-life"
        self.assertIn("account t-life was made: nurse", self.add(name).json()["text"])
        self.assertIn("already", self.add(name, status=409).error)
        user = self.users()[name]
        self.assertEqual((user["role"], user["disabled"], user["must_change_password"], user["log_ins"], user["last_used"]),
                         ("nurse", False, False, 0, None))
        cookie = self.log_in(name)
        self.assertEqual(self.users()[name]["log_ins"], 1)
        self.change("role", name, role="prescriber")
        self.assertEqual(self.web("get", "/api/v1/status", cookie=cookie).json()["you"]["role"], "prescriber")
        self.change("disable", name)
        self.assertEqual(self.status_of(cookie), 401)
        refused = self.web("post", "/api/v1/login", {"name": name, "password": PASSWORD})
        self.assertEqual((refused.status, "disabled" in refused.error), (403, True))
        self.assertEqual(self.web("post", "/api/v1/login", {"name": name, "password": "wrong"}).status, 401)
        self.change("enable", name)
        # What ended stays ended.
        self.assertEqual(self.status_of(cookie), 401)
        cookie = self.log_in(name)
        self.change("remove", name, reason="left the clinic")
        self.assertEqual(self.status_of(cookie), 401)
        self.assertNotIn(name, self.users())
        self.assertEqual(self.web("post", "/api/v1/login", {"name": name, "password": PASSWORD}).status, 401)
        self.change("enable", name, status=404)

    def test_a_password_that_somebody_else_chose(self):
        self.add("t-new", must_change_password=True)
        cookie = self.log_in("t-new")
        for path, method, _ in Server.api.operations():
            if path in OPEN or path in SELF:
                continue
            answer = self.web(method, path, {} if method == "post" else None, cookie, bed="bed1", session=1, alarm=1, user="x")
            self.assertEqual(answer.status, 403, path)
            self.assertIn("choose a password of your own", answer.error)
        refused = self.live(cookie)
        self.assertEqual(refused.answer.status, 403)
        refused.close()
        other = self.log_in("t-new")
        own = "/api/v1/password"
        for new in ("short", "T-NEW", PASSWORD, "x" * 257):
            self.assertEqual(self.web("post", own, {"password": PASSWORD, "new_password": new}, cookie).status, 422, new)
        self.assertEqual(self.web("post", own, {"password": "wrong password", "new_password": PASSWORD + "!"}, cookie).status, 403)
        self.assertEqual(self.web("post", own, {"password": PASSWORD, "new_password": "größer als Größe"}, cookie).status, 200)
        self.assertEqual((self.status_of(cookie), self.status_of(other)), (200, 401))
        self.assertEqual(self.web("post", "/api/v1/login", {"name": "t-new", "password": PASSWORD}).status, 401)
        again = self.log_in("t-new", "größer als Größe")
        self.change("password", "t-new", password="another password")
        self.assertEqual((self.status_of(cookie), self.status_of(again)), (401, 401))
        self.assertTrue(self.users()["t-new"]["must_change_password"])
        self.change("remove", "t-new")

    def test_the_last_admin_stays(self):
        for word, body in (("disable", {}), ("remove", {}), ("role", {"role": "nurse"})):
            others = [name for name, user in self.users().items() if user["role"] == "admin" and name != "admin"]
            for name in others:
                self.change("remove", name)
                COOKIES.pop("admin", None)
            self.assertIn("last admin", self.change(word, "admin", status=409, **body).error)
        self.change("role", "admin", role="admin")
        self.add("t-second", "admin")
        second = self.log_in("t-second")
        self.assertEqual(self.web("post", "/api/v1/users/{user}/role", {"role": "admin"}, second, user="admin").status, 200)
        self.change("remove", "t-second")
        self.assertEqual(self.status_of(second), 401)

    def test_a_repeat_is_the_same_act(self):
        self.add("t-once", act_id="t-once-1")
        self.assertTrue(self.add("t-once", act_id="t-once-1").json()["repeated"])
        self.change("disable", "t-once", act_id="t-once-2")
        self.change("enable", "t-once")
        self.assertTrue(self.change("disable", "t-once", act_id="t-once-2").json()["repeated"])
        self.assertFalse(self.users()["t-once"]["disabled"])
        # An id that stands for something else is not taken for it.
        for word, body in (("password", {"password": PASSWORD}), ("role", {"role": "nurse"}), ("disable", {}), ("enable", {}),
                           ("remove", {})):
            self.assertIn("another act", self.change(word, "admin", status=409, act_id="t-once-2", **body).error)
        self.change("remove", "t-once", act_id="t-once-3")
        self.assertTrue(self.change("remove", "t-once", status=200, act_id="t-once-3").json()["repeated"])

    def test_bodies_field_by_field(self):
        good = {"login": {"name": "x", "password": "y"}, "password": {"password": PASSWORD, "new_password": PASSWORD + "!"},
                "users": {"name": "t-x", "role": "nurse", "password": PASSWORD}, "role": {"role": "nurse"},
                "logout": {}, "disable": {}, "enable": {}, "remove": {}}
        wrong = {"name": [5, "x" * 32, "a\nb", None], "password": [5, None, "x" * 257], "new_password": [[], "x" * 257],
                 "role": ["king", 1, None], "must_change_password": ["yes", 1], "reason": ["x" * 240, 5], "act_id": ["a b", ""],
                 "as": [5]}
        for path, method, operation in Server.api.operations():
            if operation["tags"] != ["accounts"] or method != "post":
                continue
            body = {"password": PASSWORD} if path.endswith("{user}/password") else good[name_of(path)]
            schema = Server.api.spec["components"]["schemas"][
                operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]]
            for field in schema["properties"]:
                for value in wrong[field]:
                    answer = self.web("post", path, {**body, field: value}, self.admin, user="nobody-there")
                    self.assertEqual(answer.status, 422, (path, field, value))
                    self.assertTrue(answer.error.startswith(field + ":"), answer.error)
                    self.assertNotIn(str(value)[:20] if isinstance(value, str) and len(value) > 20 else "\0", answer.error)
            for field in schema.get("required", []):
                answer = self.web("post", path, {k: v for k, v in body.items() if k != field}, self.admin, user="nobody-there")
                self.assertEqual(answer.status, 422, (path, field))
                self.assertIn(field + " is missing", answer.error)
            answer = self.web("post", path, {**body, "pasword": 1}, self.admin, user="nobody-there")
            self.assertEqual((answer.status, "has no field 'pasword'" in answer.error), (422, True))
            for text in (b"{", b"[]", b'{"password":"\xff"}', b'{"password":"a","password":"b"}', b'{"password":"\\u0000"}'):
                self.assertEqual(self.web("post", path, text, self.admin, user="nobody-there").status, 400, (path, text))
        for name in ("", "none", "a b", ".a", "ä", "a/b", "a'b"):
            self.assertEqual(self.add(name, status=422).error.split(":")[0], "name", name)
        for password in ("123456789", "t-rules", "T-RULES", ""):
            self.assertIn("password", self.add("t-rules", status=422, password=password).error)
        self.assertEqual(self.add("t-rules", password="äöüßéèàç'\"").status, 200)
        self.change("remove", "t-rules")

    def test_over_the_socket(self):
        """Where the configuration says who is an admin; a shared terminal says who acts."""
        as_admin = {"as": Server.people["admin"]}
        name = "t-host"
        done = self.ask("post", "/api/v1/users", {"name": name, "role": "nurse", "password": PASSWORD, **as_admin})
        self.assertEqual(done.status, 200, done.body)
        for role in ("viewer", "nurse", "prescriber", "engineer"):
            body = {"as": Server.people[role]} if role != "viewer" else {}
            self.assertEqual(self.ask("post", "/api/v1/users/{user}/disable", body, user=name).status, 403)
        self.assertEqual(self.ask("get", "/api/v1/users").status, 403)
        self.assertEqual(self.ask("post", "/api/v1/users/{user}/password", {"password": "new password 1", **as_admin},
                                  user=name).status, 200)
        self.log_in(name, "new password 1")
        self.assertEqual(self.ask("post", "/api/v1/users/{user}/remove", as_admin, user=name).status, 200)
        self.assertEqual(self.ask("post", "/api/v1/users/{user}/remove", as_admin, user=name).status, 404)

    def test_logging_out_and_in_anew(self):
        self.add("t-out")
        first, second = self.log_in("t-out"), self.log_in("t-out")
        self.assertNotEqual(first, second)
        out = self.web("post", "/api/v1/logout", {}, first)
        self.assertEqual((out.status, out.json()["user"]), (200, "t-out"))
        self.assertTrue(out.headers["set-cookie"].startswith("infusiond=; "))
        self.assertIn("Max-Age=0", out.headers["set-cookie"])
        self.assertEqual((self.status_of(first), self.status_of(second)), (401, 200))
        self.assertIn("has ended", self.web("get", "/api/v1/beds", cookie=first).error)
        # A browser that logs in again gives up the log-in that it had.
        third = self.cookie_of(self.web("post", "/api/v1/login", {"name": "t-out", "password": PASSWORD}, second))
        self.assertEqual((self.status_of(second), self.status_of(third)), (401, 200))
        self.change("remove", "t-out")

    def test_one_account_has_so_many_log_ins(self):
        self.add("t-many")
        cookies = [self.log_in("t-many") for _ in range(17)]
        self.assertEqual([self.status_of(cookie) for cookie in cookies], [401] + [200] * 16)
        self.change("remove", "t-many")


def at_once(count, ask_it):
    """What came of each, and how many may have been looked at: three are free, then it takes 1, 2, 4 and 8 s, and a busy machine may take
    longer for all of this than it takes for the first."""
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(lambda _: ask_it(), range(count)))
    took_s = time.monotonic() - began
    return answers, range(4, 5 + sum(took_s >= waited for waited in (1, 3, 7, 15)))


class Guessing(Web):
    """From addresses of loopback of their own, so that nobody else waits."""

    def guess(self, name, source, password="a wrong password"):
        return self.web("post", "/api/v1/login", {"name": name, "password": password}, source=source)

    def test_whoever_guesses_waits(self):
        self.add("t-guess")
        self.add("t-other")
        here, there = "127.0.0.11", "127.0.0.12"
        # Three are free, then it takes 1, 2 and 4 s: long enough to be seen on a slow machine.
        wrong = []
        until(lambda: wrong.append(self.guess("t-guess", here).status) or wrong.count(401) == 6, "six wrong passwords", 60)
        waits = self.guess("t-guess", here, PASSWORD)
        self.assertEqual(waits.status, 429)
        self.assertIn(int(waits.headers["retry-after"]), (1, 2, 3, 4))
        self.assertIn("try again in", waits.error)
        # The address waits for every account, and the account for every address that it was never logged in from.
        self.assertEqual(self.guess("t-other", here, PASSWORD).status, 429)
        self.assertEqual(self.guess("t-guess", there, PASSWORD).status, 429)
        self.assertEqual(self.guess("t-other", there, PASSWORD).status, 200)
        until(lambda: self.guess("t-guess", there, PASSWORD).status == 200, "the end of the wait", 30)
        # From there it is known now: what is done elsewhere keeps nobody out.
        until(lambda: self.guess("t-guess", here).status == 401, "the end of the wait", 30)
        self.assertEqual(self.guess("t-guess", here).status, 429)
        self.assertEqual(self.guess("t-guess", there, PASSWORD).status, 200)
        self.change("remove", "t-guess")
        self.change("remove", "t-other")

    def test_the_old_password_is_guessed_no_faster(self):
        self.add("t-own")
        cookie = self.log_in("t-own", source="127.0.0.13")
        body = {"password": "a wrong password", "new_password": PASSWORD + "!"}
        statuses, looked_at = at_once(12, lambda: self.web("post", "/api/v1/password", body, cookie, source="127.0.0.13").status)
        self.assertIn(statuses.count(403), looked_at)
        self.assertEqual(statuses.count(403) + statuses.count(429), 12)
        self.change("remove", "t-own")

    def test_many_at_once_win_nothing(self):
        """Tries count before they are looked at."""
        answers, looked_at = at_once(12, lambda: self.guess("t-nobody", "127.0.0.14").status)
        self.assertIn(answers.count(401), looked_at)
        self.assertEqual(answers.count(401) + answers.count(429), 12)

    def test_a_name_that_is_not_there_costs_the_same(self):
        """By the processor's time of the program, which nobody else's work changes."""
        if Server.fake is None:
            self.skipTest("the fake's process is needed")
        self.add("t-known")

        def cost(name, source):
            before = processor_time()
            self.assertEqual(self.guess(name, source).status, 401)
            return processor_time() - before

        # By turns: a processor that gets slower meanwhile is so for both.
        known, unknown = map(min, zip(*((cost("t-known", "127.0.0.15"), cost("t-unknown", "127.0.0.16")) for _ in range(3))))
        self.assertGreater(known, 0.02)
        self.assertLess(abs(known - unknown), 0.5 * known, (known, unknown))
        self.change("remove", "t-known")


def processor_time():
    """Of the fake, found by its socket's lock file."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if Server.socket.encode() not in file.read().split(b"\0")[1:2]:
                    continue
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(") ", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            continue
    raise AssertionError("the program's process is not there")


class LiveLogIn(Web):
    def ends(self, live):
        """What was under way still comes, however much that is by now, then the end: little is told after what ended it was answered."""
        answered_ms, began, told = self.ask("get", "/api/v1/status").json()["uptime_ms"], time.monotonic(), 0
        with self.assertRaises((Closed, ConnectionError)):
            while time.monotonic() - began < BOUND_S:
                message = live.receive()
                told += message["type"] == "station" and message["uptime_ms"] > answered_ms
        self.assertLess(told, 4)
        live.close()

    def test_who_may_watch(self):
        cookie = self.a_cookie("viewer")
        for words, status in (({"cookie": cookie}, 101), ({}, 401), ({"cookie": "0" * 64}, 401), ({"cookie": ""}, 401),
                              ({"cookie": cookie, "origin": None}, 403), ({"cookie": cookie, "origin": "null"}, 403),
                              ({"cookie": cookie, "origin": "http://example.com"}, 403),
                              ({"cookie": cookie, "origin": "http://localhost:1"}, 403),
                              ({"cookie": cookie, "subprotocol": None}, 400), ({"cookie": cookie, "subprotocol": "http"}, 400),
                              ({"cookie": cookie, "subprotocol": "misfit"}, 400),
                              ({"cookie": cookie, "url": "/api/v1/beds"}, 404), ({"cookie": cookie, "url": "/"}, 404)):
            live = self.live(**words)
            self.assertEqual(live.answer.status, status, words)
            if "url" not in words:
                Server.api.check("/api/v1/live", "get", live.answer)
            if status == 101:
                hello = live.receive()
                Server.api.validate("Hello", hello)
                self.assertEqual((hello["you"]["name"], hello["you"]["role"]), ("some-viewer", "viewer"))
            live.close()

    def test_it_ends_with_the_log_in(self):
        for act in (lambda name, cookie: self.web("post", "/api/v1/logout", {}, cookie),
                    lambda name, cookie: self.change("disable", name),
                    lambda name, cookie: self.change("remove", name),
                    lambda name, cookie: self.change("role", name, role="viewer"),
                    lambda name, cookie: self.change("password", name, password=PASSWORD + "!"),
                    lambda name, cookie: self.web("post", "/api/v1/login", {"name": name, "password": PASSWORD}, cookie)):
            self.add("t-live")
            cookie = self.log_in("t-live")
            live, other = self.live(cookie), self.live(self.a_cookie("viewer"))
            live.receive()
            act("t-live", cookie)
            self.ends(live)
            other.receive()
            other.close()
            self.web("post", "/api/v1/users/{user}/remove", {}, self.admin, user="t-live")

    def test_one_s_own_password_spares_one_s_own_page(self):
        self.add("t-spare")
        own, other = self.log_in("t-spare"), self.log_in("t-spare")
        mine, theirs = self.live(own), self.live(other)
        done = self.web("post", "/api/v1/password", {"password": PASSWORD, "new_password": PASSWORD + "!"}, own)
        self.assertEqual(done.status, 200)
        self.ends(theirs)
        for _ in range(20):
            mine.receive()
        mine.close()
        self.change("remove", "t-spare")
