"""Acts: a session from start to discharge, alarms, one effect per act."""

import json
import uuid

from api_case import START, Case, Server, until
from api_client import Answer, Connection


class Session(Case):
    def test_a_whole_session(self):
        bed, other = self.free_beds()[:2]
        started = self.act("/api/v1/beds/{bed}/sessions", bed=bed, body={**START, "patient": "T-0042", "act_id": str(uuid.uuid4())})
        session = started["session"]
        at = {"session": session}
        of = "/api/v1/sessions/{session}/"
        self.assertEqual((started["act"], started["bed"], started["repeated"]), ("start", bed, False))
        frame = self.bed(bed)
        plan = frame["session"]["plan"]
        self.assertEqual((plan["weight_kg"], plan["dose_mg"], plan["rate_mg_h"], plan["rate_ml_h"], plan["planned_min"]),
                         (70, 35, 52.5, 150, 40))
        self.assertEqual((frame["session"]["patient"], frame["session"]["phase"], frame["banner"]), ("T-0042", "baseline", None))
        self.act("/api/v1/beds/{bed}/sessions", status=409, bed=bed)
        for act in ("pause", "resume", "stop", "correct", "confirm-gap"):
            self.act(of + act, status=409, **at)
        self.act(of + "weight", **at)
        self.assertEqual(self.bed(bed)["session"]["plan"]["dose_mg"], 35.75)
        for act in ("decide", "review", "limit", "note", "reading", "confirm-time"):
            self.act(of + act, **at)
        self.act(of + "limit", status=409, body={"limit": "systolic.high.critical", "value": 250, "reason": "x"}, **at)
        self.act(of + "dose", body={"override": True, "reason": "no second cuff"}, **at)
        clock = self.bed(bed)["session"]["dose_clock"]
        self.assertTrue(clock["running"])
        self.assertEqual(clock["infused_label"], "calculated from the clock")
        self.act(of + "correct", body={"what": "dose-start", "to_ago_s": 0, "reason": "pump started now"}, **at)
        for act in ("decide", "review", "weight", "dose"):
            self.act(of + act, status=409, **at)
        self.act(of + "reading", status=409, body={"systolic": 70, "diastolic": 120}, **at)
        self.act(of + "checklist", status=409, body={"items_done": [16]}, **at)
        self.act(of + "pause", **at)
        self.assertFalse(self.bed(bed)["session"]["dose_clock"]["running"])
        self.act(of + "resume", **at)
        self.act(of + "move", status=409, body={"to_bed": bed}, **at)
        self.act(of + "move", body={"to_bed": other, "reason": "chair broken"}, **at)
        self.assertEqual(self.bed(other)["session"]["id"], session)
        self.assertIsNone(self.bed(bed)["session"])
        self.act(of + "discharge", status=409, body={}, **at)
        self.act(of + "stop", **at)
        self.act(of + "checklist", body={"items_done": [1, 2]}, **at)
        done = [item["item"] for item in self.bed(other)["session"]["checklist"] if item["done"]]
        self.assertEqual(done, [1, 2])
        self.act(of + "discharge", body={"override": True, "reason": "test"}, **at)
        self.assertEqual(self.bed(other)["banner"], "NO SESSION: LIMITS OFF")
        self.act(of + "note", status=404, **at)
        row = self.ask("get", "/api/v1/sessions/{session}", **at).json()
        self.assertEqual((row["phase"], row["patient"]), ("discharged", "T-0042"))
        events = self.ask("get", "/api/v1/sessions/{session}/events", **at).json()["events"]
        self.assertIn(Server.people["prescriber"], {event["who"] for event in events})

    def test_a_start_is_looked_at_before_it_is_done(self):
        bed = self.free_beds()[0]
        looked = self.preview(bed)
        self.assertEqual((looked["bed"], looked["regimen"], looked["unusual"]), (bed, "iv-ketamine", []))
        self.assertEqual(looked["arithmetic"], [
            "70 kg / 0.45359237 kg/lb = 154.324 lb (rounded); 154.3 lb was read, 0.024 lb apart", "0.5 mg/kg x 70 kg = 35 mg",
            "35 mg / 100 mL = 0.35 mg/mL", "35 mg x 60 min/h / 40 min = 52.5 mg/h", "100 mL x 60 min/h / 40 min = 150 mL/h"])
        self.assertIsNone(self.bed(bed)["session"])
        unusual = {"weight_kg": 120, "weight_lb": 264.555, "dose_mg": 100}
        asked = self.preview(bed, **unusual)["unusual"]
        self.assertEqual(asked, [
            {"about": "weight", "sentence": "weight 120.0 kg is unusual: confirm it"},
            {"about": "dose", "sentence": "dose 833 micrograms per kg is unusual (500 is planned): confirm it"}])
        # What the start refuses, the preview refuses in the same words; what it asks for, the preview tells.
        refused = self.act("/api/v1/beds/{bed}/sessions", status=409, bed=bed, body={**START, **unusual})
        self.assertEqual(refused["error"], asked[0]["sentence"])
        for fields in ({"weight_kg": 20, "weight_lb": 44.092}, {"weight_lb": 155}, {"regimen": "none"}):
            start = self.act("/api/v1/beds/{bed}/sessions", status=409, bed=bed, body={**START, **fields})
            self.assertEqual(self.preview(bed, status=409, **fields)["error"], start["error"])
        session = self.act("/api/v1/beds/{bed}/sessions", bed=bed)["session"]
        try:
            self.assertEqual(self.bed(bed)["session"]["plan"], looked["plan"])
            start = self.act("/api/v1/beds/{bed}/sessions", status=409, bed=bed)
            self.assertEqual(self.preview(bed, status=409)["error"], start["error"])
        finally:
            self.end(session)

    def rows(self, query):
        answer = self.ask("get", "/api/v1/sessions", query=query).json()
        return answer["total"], [row["id"] for row in answer["sessions"]]

    def test_an_ended_session_is_signed(self):
        """By each person once, by prescribers and admins, and found by who has not."""
        path = "/api/v1/sessions/{session}/sign"
        bed = self.free_beds()[0]
        session = self.act("/api/v1/beds/{bed}/sessions", bed=bed, body={**START, "patient": "T-0815x"})["session"]
        try:
            refused = self.act(path, status=409, session=session)
            self.assertEqual(refused["error"], "sign is not possible: the drug has not been started")
            self.assertEqual(self.rows("?unsigned=yes&q=T-0815X"), (0, []))
        finally:
            self.end(session)
        self.assertEqual(self.rows("?unsigned=yes&q=t-0815X"), (1, [session]))
        body = {"note": "looked through", "act_id": "s-" + str(uuid.uuid4())}
        self.assertEqual(self.act(path, session=session, body=body)["session"], session)
        self.assertTrue(self.act(path, session=session, body=body)["repeated"])
        refused = self.act(path, status=409, session=session)
        self.assertEqual(refused["error"], f"{Server.people['prescriber']} has signed session {session} already")
        self.act(path, role="nurse", status=403, session=session)
        self.act(path, role="admin", session=session)
        row = self.ask("get", "/api/v1/sessions/{session}", session=session).json()
        self.assertEqual(row["signed_by"], f"{Server.people['prescriber']}, {Server.people['admin']}")
        self.assertIsNotNone(row["signed_at"])
        self.assertEqual((self.rows("?unsigned=yes&q=T-0815x"), self.rows("?unsigned=no&patient=T-0815x")), ((0, []), (1, [session])))
        events = self.ask("get", "/api/v1/sessions/{session}/events", session=session).json()["events"]
        self.assertEqual([(event["who"], event["reason"]) for event in events if event["type"] == "signed"],
                         [(Server.people["prescriber"], "looked through"), (Server.people["admin"], "")])
        self.assertTrue(self.ask("get", "/api/v1/verify").json()["sound"])

    def test_two_signatures_of_one_person_at_once(self):
        """Two questions on two connections, each an act of its own: one signature, and the other hears so."""
        session = self.start()[1]
        self.end(session)
        statuses = []
        connections = [Connection(Server.socket) for _ in range(2)]
        for connection in connections:
            connection.request("POST", f"/api/v1/sessions/{session}/sign", json.dumps({"as": Server.people["admin"]}),
                               {"Content-Type": "application/json"})
        for connection in connections:
            statuses.append(connection.getresponse().status)
            connection.close()
        self.assertEqual(sorted(statuses), [200, 409])

    def test_one_effect_per_act(self):
        bed, session = self.start()
        try:
            body = {"text": "once", "act_id": "t-" + str(uuid.uuid4())}
            first = self.act("/api/v1/sessions/{session}/note", body=body, session=session)
            again = self.act("/api/v1/sessions/{session}/note", body=body, session=session)
            self.assertEqual((first["repeated"], again["repeated"]), (False, True))
            events = self.ask("get", "/api/v1/sessions/{session}/events", session=session).json()["events"]
            self.assertEqual(len([e for e in events if e["type"] == "note" and e["reason"] == "once"]), 1)
        finally:
            self.end(session)

    def test_the_same_act_twice_at_once(self):
        """Two questions of one act_id on two connections: one effect, both are answered, and one hears that it was done."""
        bed, session = self.start()
        try:
            for act, body in (("note", {"text": "twice"}), ("confirm-time", {})):
                path = "/api/v1/sessions/{session}/" + act
                body = {**body, "act_id": str(uuid.uuid4()), "as": Server.people["nurse"]}
                answers = self.twice_at_once(path, session, body)
                self.assertEqual([answer.status for answer in answers], [200, 200])
                self.assertEqual(sorted(answer.json()["repeated"] for answer in answers), [False, True])
                self.assertEqual([answer.json()["session"] for answer in answers], [session, session])
            events = self.ask("get", "/api/v1/sessions/{session}/events", session=session).json()["events"]
            self.assertEqual(len([e for e in events if e["type"] == "note" and e["reason"] == "twice"]), 1)
        finally:
            self.end(session)

    def test_an_id_stands_for_one_act(self):
        """Whoever takes an id that somebody used must not hear that their own act was done."""
        bed, session = self.start()
        try:
            for act, body in (("note", {"text": "mine"}), ("confirm-time", {})):
                path = "/api/v1/sessions/{session}/" + act
                body = {**body, "act_id": str(uuid.uuid4())}
                self.act(path, body=body, role="nurse", session=session)
                refused = self.act(path, body=body, role="prescriber", session=session, status=409)
                self.assertIn("used for another act", refused["error"])
        finally:
            self.end(session)

    def test_an_id_stands_for_what_was_sent(self):
        """No answer was seen, a value is changed, and it is sent again: the new value must not be taken for done."""
        if Server.fake is not None:
            self.skipTest("the daemon's own")
        bed, session = self.start()
        try:
            body = {"limit": "systolic.high.critical", "value": 170, "reason": "first", "act_id": str(uuid.uuid4())}
            self.act("/api/v1/sessions/{session}/limit", body=body, session=session)
            refused = self.act("/api/v1/sessions/{session}/limit", body={**body, "value": 175}, session=session, status=409)
            self.assertEqual(refused["error"],
                             "act_id: it was done already, and not with these values: a limit was changed for this patient")
            self.assertEqual(self.act("/api/v1/sessions/{session}/limit", body=body, session=session)["repeated"], True)
            body = {"act_id": str(uuid.uuid4())}
            self.act("/api/v1/beds/{bed}/pause-audio", body=body, bed=bed)
            refused = self.act("/api/v1/beds/{bed}/resume-audio", body=body, bed=bed, status=409)
            self.assertEqual(refused["error"],
                             "act_id: it was done already, and not with these values: sound paused for 120 s")
        finally:
            self.end(session)

    def twice_at_once(self, path, session, body):
        connections = [Connection(Server.socket) for _ in range(2)]
        answers = []
        for connection in connections:
            connection.request("POST", path.replace("{session}", str(session)), json.dumps(body),
                               {"Content-Type": "application/json"})
        for connection in connections:
            response = connection.getresponse()
            answers.append(Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()))
            Server.api.check(path, "post", answers[-1])
            connection.close()
        return answers

    def test_a_cuff_is_started_and_cancelled(self):
        """Where the engineer permits it; everywhere else it is refused, and not offered."""
        for bed in self.free_beds():
            session = self.act("/api/v1/beds/{bed}/sessions", bed=bed)["session"]
            try:
                permitted = any(device["may_start_cuff"] for device in self.bed(bed)["devices"])
                self.assertEqual("cuff-start" in self.bed(bed)["allowed"], permitted)
                self.act("/api/v1/sessions/{session}/cuff-cancel", status=409, session=session)
                if not permitted:
                    refused = self.act("/api/v1/sessions/{session}/cuff-start", status=409, session=session)
                    self.assertIn("the engineer permits it", refused["error"])
                    continue
                self.act("/api/v1/sessions/{session}/cuff-start", session=session)
                self.act("/api/v1/sessions/{session}/cuff-start", status=409, session=session)
                self.act("/api/v1/sessions/{session}/cuff-cancel", session=session)
            finally:
                self.end(session)

    def test_sound_of_a_bed(self):
        bed, session = self.start()
        try:
            self.act("/api/v1/beds/{bed}/resume-audio", status=409, bed=bed)
            self.act("/api/v1/beds/{bed}/pause-audio", status=409, body={"seconds": 121}, bed=bed)
            self.act("/api/v1/beds/{bed}/pause-audio", body={"seconds": 60}, bed=bed)
            frame = self.bed(bed)
            self.assertTrue(frame["audio_paused"])
            self.assertTrue(0 < frame["audio_pause_left_ms"] <= 60000)
            self.assertIn("resume-audio", frame["allowed"])
            self.act("/api/v1/beds/{bed}/resume-audio", bed=bed)
            self.assertFalse(self.bed(bed)["audio_paused"])
        finally:
            self.end(session)


class AnyAlarm(Case):
    """Wherever it runs, a bed soon has something to say: a critical pressure, or a monitor that does not answer."""

    def test_an_alarm_is_answered(self):
        bed, session = self.start()
        path = "/api/v1/alarms/{alarm}/acknowledge"
        try:
            alarm = until(lambda: next((a for a in self.ask("get", "/api/v1/alarms").json()["alarms"] if a["bed"] == bed),
                                       None), "an alarm")
            self.assertIn("acknowledge", alarm["allowed"])
            self.act(path, status=409, body={"revision": 0, "reason": "an old screen"}, alarm=alarm["id"])
            self.act(path, body={"revision": alarm["revision"], "reason": "looking"}, alarm=alarm["id"])
            seen = next(a for a in self.bed(bed)["alarms"] if a["id"] == alarm["id"])
            self.assertEqual((seen["acknowledged_by"], seen["doing"]), (Server.people["prescriber"], "looking"))
            self.act("/api/v1/alarms/{alarm}/off", status=409, body={"condition": "clock", "reason": "x"}, alarm=alarm["id"])
            rows = self.ask("get", "/api/v1/sessions/{session}/alarms", session=session).json()["alarms"]
            self.assertIn((alarm["id"], "looking"), [(row["id"], row["note"]) for row in rows])
        finally:
            self.end(session)


class Alarms(Case):
    needs_fake = True

    def test_a_critical_pressure_is_acknowledged(self):
        _, session = self.start("bed1")
        try:
            alarm = until(lambda: next((a for a in self.ask("get", "/api/v1/alarms").json()["alarms"]
                                        if a["group"] == "pressure"), None), "the alarm")
            self.assertEqual((alarm["bed"], alarm["priority"], alarm["state"], alarm["sounds"]), ("bed1", "high", "active", True))
            self.assertEqual(alarm["allowed"], ["acknowledge"])
            self.assertRegex(alarm["sentence"], r"^Systolic 192, limit 180 \(critical high\)")
            self.assertEqual(alarm["worst_values"]["systolic.high"], 192)
            path = "/api/v1/alarms/{alarm}/acknowledge"
            self.act(path, status=404, alarm=alarm["id"] + 1000)
            self.act(path, status=200, body={"revision": alarm["revision"], "reason": "cuff repeated", "recheck_min": 5},
                     alarm=alarm["id"])
            seen = next(a for a in self.bed("bed1")["alarms"] if a["id"] == alarm["id"])
            self.assertEqual((seen["acknowledged"], seen["acknowledged_by"], seen["sounds"], seen["allowed"]),
                             (True, Server.people["prescriber"], False, []))
            self.assertEqual(self.bed("bed1")["session"]["recheck_in_ms"] is None, False)
            self.act("/api/v1/alarms/{alarm}/off", status=409, alarm=alarm["id"])
            self.act(path, status=409, body={"revision": 0}, alarm=alarm["id"])
        finally:
            self.end(session)

    def test_a_live_value_is_confirmed(self):
        """Only what is being read now can be compared with the monitor's screen; a cuff never."""
        # The label is of the monitor that gave the value: at bed3 the first one never answers.
        for bed, label, monitors in (("bed2", "Monitor 2", [("m2", True)]), ("bed3", "Monitor 4", [("m3", False), ("m4", True)])):
            until(lambda: self.preview(bed)["live"], "a live value")
            looked = self.preview(bed)
            self.assertEqual([(m["device"], m["answers"]) for m in looked["monitors"]], monitors)
            self.assertEqual([(v["vital"], v["value"], v["unit"], v["source"], v["device_label"]) for v in looked["live"]],
                             [("rate", 74, "/min", "pleth", label), ("spo2", 97, "%", "pleth", label)])
            self.assertTrue(all(0 <= v["age_ms"] < 10000 for v in looked["live"]))
        start = {"weight_kg": 70, "weight_lb": 154.3}
        for confirm, sentence in (({"vital": "spo2", "value": 91}, "the monitor shows spo2 91 and this bed reads 97"),
                                  ({"vital": "systolic", "value": 121}, "no live systolic is read"),
                                  ({"vital": "breathing", "value": 12}, "no live breathing is read")):
            refused = self.act("/api/v1/beds/{bed}/sessions", status=409, bed="bed2", body={**start, "confirm": confirm})
            self.assertIn(sentence, refused["error"])
        self.end(self.act("/api/v1/beds/{bed}/sessions", bed="bed2",
                          body={**start, "confirm": {"vital": "spo2", "value": 97}})["session"])

    def test_what_is_not_watched_is_said(self):
        _, session = self.start("bed3")
        try:
            lines = until(lambda: self.bed("bed3")["not_watching"], "the line")
            self.assertRegex(lines[0]["line"], r"^NOT WATCHING .* at bed3 since \d\d:\d\d: .+")
            alarm = self.bed("bed3")["alarms"][0]
            self.assertEqual((alarm["group"], alarm["allowed"]), ("technical:m3", ["acknowledge", "off"]))
            self.assertEqual(self.bed("bed3")["devices"][0]["link"]["state"], "down")
            less = self.act("/api/v1/alarms/{alarm}/off", status=409, body={"condition": "silent"}, alarm=alarm["id"])
            self.assertIn("reason", less["error"])
            self.act("/api/v1/alarms/{alarm}/off", body={"condition": "silent", "reason": "not needed"}, alarm=alarm["id"])
            self.assertEqual(self.bed("bed3")["session"]["turned_off"], [{"device": "m3", "condition": "silent"}])
            self.assertEqual(self.bed("bed3")["not_watching"], [])
        finally:
            self.end(session)
