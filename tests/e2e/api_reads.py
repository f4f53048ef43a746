"""Reading: every GET, HEAD, the words after the '?'."""

from api_case import Case, Server
from api_client import ask


class Shapes(Case):
    def test_health_and_metrics_need_nobody(self):
        self.assertEqual(self.ask("get", "/healthz").json(), {"status": "ok"})
        text = self.ask("get", "/metrics").body.decode()
        names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
        self.assertLessEqual({"infusiond_beds", "infusiond_alarms_active", "infusiond_store_lag_seconds"}, names)
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \w+ .*|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[0-9.e+-]+)$')

    def test_status_says_who_asks(self):
        you = self.ask("get", "/api/v1/status").json()["you"]
        self.assertEqual((you["role"], you["may_speak_for_others"], you["may"]), ("viewer", True, []))

    def test_head_is_a_get_without_a_body(self):
        for path in ("/healthz", "/api/v1/beds", "/api/v1/sessions", "/api/v1/nothing"):
            head, get = ask(Server.socket, "HEAD", path), ask(Server.socket, "GET", path)
            self.assertEqual((head.status, head.body), (get.status, b""))
            self.assertEqual(head.headers["content-type"], get.headers["content-type"])
            self.assertIn("content-length", head.headers)

    def test_every_read_of_a_session(self):
        _, session = self.start()
        try:
            for path, method, operation in Server.api.operations():
                if method == "get" and "{session}" in path:
                    self.assertEqual(self.ask("get", path, session=session).status, 200)
            for query, status in (("?state=open&limit=5&offset=0", 200), ("?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z",
                                  200), ("?alarm=high&bed=none&patient=T-9&regimen=none", 200), ("?alarm=dreadful", 422),
                                  ("?state=closed", 422), ("?limit=-1", 422), ("?limit=1e3", 422), ("?from=yesterday", 422),
                                  ("?bed", 422), ("?bed=", 422), ("?sort=up", 422), ("?bed=" + "x" * 200, 422),
                                  ("?&&state=closed", 422), ("?bed=%62ed1&&limit=x", 422)):
                self.assertEqual(self.ask("get", "/api/v1/sessions", query=query).status, status, query)
            self.assertIn("did you mean 'patient'", self.ask("get", "/api/v1/sessions", query="?patiant=T-1").error)
            self.assertEqual(self.ask("get", "/api/v1/sessions/{session}/readings", session=session,
                                      query="?vital=spo3").status, 422)
            self.assertEqual(self.ask("get", "/api/v1/verify", query="?head=nonsense").status, 422)
            open_ones = self.ask("get", "/api/v1/sessions", query="?state=open").json()["sessions"]
            self.assertIn(session, [row["id"] for row in open_ones])
        finally:
            self.end(session)

    def test_the_record_is_sound(self):
        self.assertTrue(self.ask("get", "/api/v1/verify").json()["sound"])

    def test_every_get_refuses_words_and_ids_that_are_none(self):
        for path, method, operation in Server.api.operations():
            if method != "get" or path == "/api/v1/live":
                continue
            if "422" in operation["responses"]:
                self.assertEqual(self.ask("get", path, query="?nonsense=1", session=1, bed="x").status, 422)
            for wrong in ("999999", "0", "-1", "abc", "9" * 40, "1%2F2", "%00"):
                if "{" in path:
                    answer = ask(Server.socket, "GET", path.replace("{session}", wrong).replace("{bed}", wrong))
                    self.assertEqual(answer.status, 404, (path, wrong))
                    self.assertIn("error", answer.json())
            if "404" in operation["responses"]:
                self.assertEqual(self.ask("get", path, session=999999, bed="nowhere").status, 404)
