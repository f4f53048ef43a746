"""Everything that is wrong: methods, paths, lengths, encodings, bodies, fields, roles."""

from api_case import BODY_MOST, GOOD, WRONG, Case, Server, allowed, name_of
from api_client import METHODS, ask, ask_raw, parse_raw


class Wrong(Case):
    def paths(self, but=()):
        for path, method, operation in Server.api.operations(but):
            url = path.replace("{session}", "1").replace("{bed}", "bed1").replace("{alarm}", "1").replace("{user}", "nurse1")
            yield path, url, method, operation

    def test_every_path_with_every_method(self):
        have = {}
        for path, url, method, _ in self.paths():
            have.setdefault((path, url), set()).add(method)
        for (path, url), methods in have.items():
            for method in METHODS:
                if method in methods:
                    continue
                answer = ask(Server.socket, method.upper(), url)
                self.assertEqual(answer.status, 405, (method, path))
                self.assertEqual(answer.headers["allow"], ", ".join(
                    {"get": "GET, HEAD", "post": "POST"}[m] for m in sorted(methods)))
                Server.api.validate("Error", answer.json())

    def test_paths_that_are_not_there(self):
        for url in ("/api", "/api/v1", "/api/v1/", "/api/v2/beds", "/api/v1/beds/", "/api/v1/beds/bed1/", "/healthz/",
                    "/api/v1/sessions/1/nothing", "/api/v1/alarms/1", "/%2e%2e/etc/passwd",
                    "/" + "a" * 3000, "/api/v1/bedsx", "/api/v1/sessions/1/export.csv/x"):
            for method in ("GET", "POST"):
                answer = ask(Server.socket, method, url)
                self.assertEqual(answer.status, 404, url)
                Server.api.validate("Error", answer.json())

    def test_methods_of_no_standard(self):
        for method in ("BREW", "TRACE", "CONNECT", "PROPFIND", "X"):
            answer = ask_raw(Server.socket, f"{method} /api/v1/beds HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            self.assertEqual(parse_raw(answer).status, 501, method)
            Server.api.validate("Error", parse_raw(answer).json())

    def raw(self, path, url, method, *headers, body=b""):
        lines = [f"{method.upper()} {url} HTTP/1.1", "Host: x", *headers]
        answer = parse_raw(ask_raw(Server.socket, ("\r\n".join(lines) + "\r\n\r\n").encode() + body))
        Server.api.check(path, method, answer)
        return answer.status

    def test_lengths_and_encodings(self):
        json_type = "Content-Type: application/json"
        for path, url, method, _ in self.paths():
            with self.subTest(path=path, method=method):
                self.assertEqual(self.raw(path, url, method, "Transfer-Encoding: chunked", json_type,
                                          body=b"2\r\n{}\r\n0\r\n\r\n"), 411)
                for length in ("-5", "abc", "5x"):
                    self.assertEqual(self.raw(path, url, method, f"Content-Length: {length}"), 400)
                if method == "get":
                    self.assertEqual(self.raw(path, url, method, "Content-Length: 2", json_type, body=b"{}"), 400)
                    continue
                self.assertEqual(self.raw(path, url, method, f"Content-Length: {BODY_MOST + 1}", json_type,
                                          body=b" " * (BODY_MOST + 1)), 413)
                self.assertEqual(self.raw(path, url, method, "Content-Length: 99999999999999999999", json_type), 413)
                self.assertEqual(self.raw(path, url, method, "Content-Length: 2", body=b"{}"), 415)
                self.assertEqual(self.raw(path, url, method, "Content-Length: 2", "Content-Type: text/plain", body=b"{}"),
                                 415)
                # Neither length nor encoding: no body, and an answer at once.
                self.assertIn(self.raw(path, url, method), (403, 404))
                self.assertIn(self.raw(path, url, method, "Content-Length: 0"), (403, 404))

    def test_bodies_that_are_no_json_objects(self):
        bed = self.free_beds()[0]
        session = self.start(bed)[1]
        try:
            for path, _, method, _ in self.paths():
                if method != "post":
                    continue
                for body in (b"{", b"[]", b"5", b"null", b'{"a":1,"a":2}', b"\xff\xfe{}", b'{"reason":"\xff"}', b"{}{}", b" ",
                             b'{"reason":"\\u0000"}', b"[" * 5000, b'{"weight_kg":1e999}'):
                    answer = self.ask("post", path, body, {"Content-Type": "application/json; charset=utf-8"}, bed=bed,
                                      session=session, alarm=1)
                    self.assertEqual(answer.status, 400, (path, body[:40]))
        finally:
            self.end(session)

    def test_the_largest_body_is_read(self):
        body = b"{" + b" " * (BODY_MOST - 2) + b"}"
        answer = self.ask("post", "/api/v1/sessions/{session}/pause", body, {"Content-Type": "application/json"}, session=1)
        self.assertEqual(answer.status, 403)

    def test_fields_that_are_unknown_or_wrong(self):
        bed = self.free_beds()[0]
        session = self.start(bed)[1]
        nurse = Server.people["prescriber"]
        try:
            for path, _, method, operation in self.paths(but=["accounts", "wiring"]):
                if method != "post":
                    continue
                act = name_of(path)
                good = {**GOOD.get(act, {}), "as": nurse}
                if act == "move":
                    good["to_bed"] = bed
                for wrong in [{"rason": "x"}, {"as": 5}, {"act_id": "a b"}, {"act_id": "x" * 40}, {"act_id": ""},
                              {"reason": "x" * 240}, {"reason": ["x"]}] + WRONG.get(act, []):
                    answer = self.ask("post", path, {**good, **wrong}, bed=bed, session=session, alarm=1)
                    self.assertEqual(answer.status, 422, (path, wrong, answer.body))
                    self.assertIn(list(wrong)[0], answer.error)
                for needed in Server.api.spec["components"]["schemas"][
                        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]].get(
                            "required", []):
                    less = {key: value for key, value in good.items() if key != needed}
                    answer = self.ask("post", path, less, bed=bed, session=session, alarm=1)
                    self.assertEqual(answer.status, 422, (path, needed))
                    self.assertIn(needed, answer.error)
            answer = self.ask("post", "/api/v1/sessions/{session}/pause", {"as": nurse, "rason": "x"}, session=session)
            self.assertIn("did you mean 'reason'", answer.error)
        finally:
            self.end(session)

    def test_documented_fields_are_the_ones_that_are_read(self):
        """Every field in the file is known to the program: none is answered as unknown."""
        for path, _, method, operation in self.paths(but=["accounts", "wiring"]):
            if method != "post":
                continue
            name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            for field in Server.api.spec["components"]["schemas"][name]["properties"]:
                body = {field: {"never": "right"}, "as": Server.people["prescriber"]}
                if field == "as":
                    continue
                answer = self.ask("post", path, body, bed=self.a_bed, session=1, alarm=1)
                self.assertEqual(answer.status, 422, (path, field))
                self.assertNotIn("has no field", answer.error, (path, field))

    def test_beds_that_are_not_there(self):
        for path, _, method, _ in self.paths():
            for bed in ("nowhere", "x" * 100, "bed%20", "%25"):
                if "{bed}" in path:
                    self.assertIn(self.ask(method, path, {} if method == "post" else None, bed=bed).status, (404, 405))

    def setUp(self):
        super().setUp()
        self.a_bed = self.ask("get", "/api/v1/beds").json()["beds"][0]["bed"]


class Roles(Case):
    def test_every_act_by_every_role(self):
        bed = self.ask("get", "/api/v1/beds").json()["beds"][0]["bed"]
        for path, method, _ in Server.api.operations(but=["accounts", "wiring"]):
            if method != "post":
                continue
            act = "start" if name_of(path) == "sessions" else name_of(path)
            for role in ("viewer", "nurse", "prescriber", "admin", "engineer"):
                # A session that is not there tells apart who may ask (404) from who may not (403); at a bed an unknown field does.
                body = {**GOOD.get(name_of(path), {}), "to_bed": bed} if act == "move" else dict(GOOD.get(name_of(path), {}))
                if role != "viewer":
                    body["as"] = Server.people[role]
                if "{bed}" in path:
                    body["nonsense"] = 1
                answer = self.ask("post", path, body, bed=bed, session=999999, alarm=999999)
                wanted = (422 if "{bed}" in path else 404) if role in allowed(act) else 403
                self.assertEqual(answer.status, wanted, (path, role, answer.body))

    def test_speaking_for_nobody(self):
        answer = self.ask("post", "/api/v1/sessions/{session}/pause", {"as": "nobody-of-that-name"}, session=1)
        self.assertEqual(answer.status, 403)
        self.assertIn("nobody-of-that-name", answer.error)
