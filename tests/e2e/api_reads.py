"""Reading: every GET, HEAD, the words after the '?'."""

from api_case import GOOD, Case, Server, until
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

    def test_lines_say_what_the_engineer_needs(self):
        def one_with_replies():
            lines = self.ask("get", "/api/v1/lines").json()["lines"]
            return lines if any(line["replies"] > 0 for line in lines) else None

        lines = until(one_with_replies, "line with replies")
        for line in lines:
            self.assertLessEqual(line["round_trip_us"]["p50"], line["round_trip_us"]["p99"])
            self.assertLessEqual(line["round_trip_us"]["p99"], line["round_trip_us"]["most"])
        self.assertIn("m1", [monitor["monitor"] for line in lines for monitor in line["monitors"]])

    def test_regimens_say_what_a_start_needs(self):
        answer = self.ask("get", "/api/v1/regimens").json()
        regimen = answer["regimens"][0]
        self.assertEqual((regimen["name"], regimen["route"], regimen["default"]), ("iv-ketamine", "intravenous", True))
        self.assertEqual(regimen["dose"], {"mg_per_kg": 0.5, "usual_mg_per_kg": {"low": 0.25, "high": 0.75}, "volume_ml": 100,
                                           "planned_min": 40})
        self.assertEqual(regimen["weight"], {"units": ["kg", "lb"], "allowed_kg": {"low": 30, "high": 250},
                                             "usual_kg": {"low": 45, "high": 115}})
        self.assertEqual([(p["phase"], p["cuff_interval_min"], p["minimum_min"]) for p in regimen["phases"]],
                         [("baseline", 5, None), ("infusion", 10, None), ("paused", 5, None), ("recovery", 15, 60)])
        self.assertEqual(regimen["phases"][0]["required"], ["systolic", "rate", "spo2"])
        self.assertEqual({row["limit"]: row["value"] for row in regimen["limits"] if row["vital"] == "spo2"},
                         {"spo2.low.advisory": 92, "spo2.low.critical": 88})
        self.assertEqual({row["limit"]: row["value"] for row in regimen["ceiling"] if row["vital"] == "systolic"},
                         {"systolic.low.critical": 70, "systolic.high.critical": 200})
        relative = {row["limit"]: (row["percent"], row["amount"], row["floor"]) for row in regimen["relative_limits"]}
        self.assertEqual((relative["systolic.high.critical"], relative["spo2.low.advisory"]), ((30, 40, 160), (None, 4, 94)))
        self.assertEqual(regimen["gate"], {"decide_above": {"systolic": 140, "diastolic": 90},
                                           "block_from": {"systolic": 160, "diastolic": 100}})
        self.assertEqual(regimen["baseline"], {"cuffs": 2, "apart_s": 120, "at_most_old_min": 30})
        self.assertEqual(regimen["checks"], {"tolerance_s": 180, "overdue_percent": 150})
        self.assertEqual([row["item"] for row in regimen["checklist"]], list(range(1, 10)))
        self.assertEqual(regimen["checklist"][6]["text"], "Escort present")
        self.assertEqual({row["act"] for row in answer["reasons"] if row["when"] == "always"}, {"decide", "limit", "correct", "off"})

    def test_what_asks_for_a_reason_is_refused_without_one(self):
        """Each act that is said to ask always does, and with a reason it is not the reason that is missing."""
        always = [row["act"] for row in self.ask("get", "/api/v1/regimens").json()["reasons"] if row["when"] == "always"]
        bed, session = self.start()
        try:
            # Before the drug a decision, after it a correction; what is turned off needs an alarm, and is tested with one.
            for act in sorted(set(always) - {"off"}, key="correct".__eq__):
                if act == "correct":
                    self.act("/api/v1/sessions/{session}/dose", body={"override": True, "reason": "no cuff"}, session=session)
                good = {**GOOD[act], **({"to_ago_s": 0} if act == "correct" else {})}
                less = {key: value for key, value in good.items() if key != "reason"}
                refused = self.act("/api/v1/sessions/{session}/" + act, status=409, body=less, session=session)
                self.assertIn("reason", refused["error"])
                self.act("/api/v1/sessions/{session}/" + act, body=good, session=session)
        finally:
            self.end(session)

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
                                  ("?state=closed", 422), ("?gap=yes&unsigned=no&q=bed", 200),
                                  ("?gap=true", 422), ("?unsigned=", 422), ("?q=" + "x" * 64, 422), ("?limit=-1", 422), ("?limit=1e3", 422), ("?from=yesterday", 422),
                                  ("?bed", 422), ("?bed=", 422), ("?sort=up", 422), ("?bed=" + "x" * 200, 422),
                                  ("?&&state=closed", 422), ("?bed=%62ed1&&limit=x", 422)):
                self.assertEqual(self.ask("get", "/api/v1/sessions", query=query).status, status, query)
            self.assertIn("did you mean 'patient'", self.ask("get", "/api/v1/sessions", query="?patiant=T-1").error)
            self.assertEqual(self.ask("get", "/api/v1/sessions/{session}/readings", session=session,
                                      query="?vital=spo3").status, 422)
            for query, status in (("?step_s=1", 200), ("?step_s=3600", 200), ("?step_s=0", 422), ("?step_s=3601", 422),
                                  ("?step_s=1.5", 422), ("?limit=5", 422)):
                self.assertEqual(self.ask("get", "/api/v1/sessions/{session}/chart", session=session, query=query).status,
                                 status, query)
            self.assertEqual(self.ask("get", "/api/v1/verify", query="?head=nonsense").status, 422)
            open_ones = self.ask("get", "/api/v1/sessions", query="?state=open").json()["sessions"]
            self.assertIn(session, [row["id"] for row in open_ones])
            few = self.ask("get", "/api/v1/sessions", query=f"?q={session}&limit=1").json()
            self.assertEqual((few["total"], few["sessions"][0]["id"]), (1, session))
            beyond = self.ask("get", "/api/v1/sessions", query="?offset=100000").json()
            self.assertEqual((beyond["sessions"], beyond["total"] >= 1), ([], True))
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
