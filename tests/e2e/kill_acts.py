"""Acts for test_kill.py: how they are sent, and which a bed allows. Each says what it does to the model of all beds
(kill_model.py), given the answer's session and the instant at which it is done."""

import json
import socket
import time
import uuid

from kill_model import INTERVAL, Bed

NORMAL, CRITICAL = (124, 92, 78), ((186, 140, 112), (198, 148, 116), (210, 156, 120))


class Act:
    def __init__(self, kind, path, body, effect, who="nurse"):
        self.kind, self.path, self.effect, self.asks_about_a_gap = kind, path, effect, False
        self.id, self.who, self.reason = str(uuid.uuid4()), who, body.get("reason", body.get("text", ""))
        self.body = {**body, "act_id": self.id, "as": who}


class Asked:
    """An act on its way. Its connection is kept, so that an answer can still be read when the program is dead."""

    def __init__(self, path, act):
        body = json.dumps(act.body)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.socket.sendall(("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                             % (act.path, len(body), body)).encode())

    def answer(self):
        """Status and body; None when no whole answer came."""
        got = b""
        try:
            while True:
                whole = self.parse(got)
                if whole is not None:
                    return whole
                piece = self.socket.recv(65536)
                if not piece:
                    return None
                got += piece
        except OSError:
            return None
        finally:
            self.socket.close()

    def parse(self, got):
        head, gap, body = got.partition(b"\r\n\r\n")
        lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        if not gap or not lengths or len(body) < lengths[0]:
            return None
        return int(head.split()[1]), json.loads(body)


def iso(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + ".%03dZ" % (ms % 1000)


def start(bed, patient):
    body = {"weight_kg": 70, "weight_lb": 154.3, "confirm": None, "reason": "test", "patient": patient}
    return Act("start", "/api/v1/beds/%s/sessions" % bed, body,
               lambda beds, session, at: beds[bed].start(session, patient, "m" + bed[3:], at))


def pause_sound(bed):
    return Act("pause-audio", "/api/v1/beds/%s/pause-audio" % bed, {"seconds": 100}, lambda beds, session, at: beds[bed].pause_sound())


def acknowledge(bed, alarm, revision, reason, recheck_min=None):
    body = {"revision": revision, "reason": reason, **({"recheck_min": recheck_min} if recheck_min else {})}

    def effect(beds, session, at):
        alarms = [a for a in beds[bed].alarms if a.id == alarm.id]
        beds[bed].acknowledge(alarms[0], "nurse", reason, at, recheck_min)
    act = Act("acknowledge", "/api/v1/alarms/%d/acknowledge" % alarm.id, body, effect)
    act.asks_about_a_gap = "unwatched" in alarm.conditions
    return act


class Choice:
    """What may be done to the session at one bed now."""

    def __init__(self, beds, bed, frame, zero_ms, now, random):
        self.beds, self.bed, self.frame, self.zero_ms, self.now, self.random = beds, bed, frame, zero_ms, now, random
        self.model = beds[bed]

    def act(self, kind, effect, who="nurse", **body):
        """`effect` takes the bed's model and the instant."""
        bed = self.bed
        return Act(kind, "/api/v1/sessions/%d/%s" % (self.model.session, kind), body,
                   lambda beds, session, at: effect(beds[bed], at), who)

    def note(self):
        return self.act("note", lambda m, at: None, text="at %d" % self.now)

    def checklist(self):
        return self.act("checklist", lambda m, at: setattr(m, "checklist", [1, 3, 5]), items_done=[1, 3, 5])

    def confirm_gap(self):
        return self.act("confirm-gap", lambda m, at: setattr(m, "unverified", False))

    def dose(self):
        return self.act("dose", lambda m, at: m.dose(at), "prescriber", override=True, reason="test")

    def stop(self):
        return self.act("stop", lambda m, at: m.stop(at, True), abort=True, reason="too high")

    def discharge(self):
        return self.act("discharge", lambda m, at: m.discharge(), override=True, reason="test")

    def by_hand(self):
        s, m, d = self.random.choice((NORMAL,) + CRITICAL)
        return self.act("reading", lambda model, at: model.cuff(at, s, m, d), systolic=s, mean=m, diastolic=d, reason="by hand")

    def limit(self):
        value = self.random.choice((170, 185, 195))
        return self.act("limit", lambda m, at: m.limit("systolic.high.critical", value, at), "prescriber",
                        limit="systolic.high.critical", value=value, reason="known")

    def move(self):
        to, bed = "bed1" if self.bed == "bed0" else "bed0", self.bed

        def effect(beds, session, at):
            beds[to], beds[bed] = beds[bed], Bed()
            beds[to].technical, beds[to].blind_since = "technical:m" + to[3:], at
        act = self.act("move", None, to_bed=to)
        act.effect = effect
        return act

    def correct(self):
        to = max(self.model.dose_started - 20000, self.model.started)
        return self.act("correct", lambda m, at: m.correct_dose_start(to, at), what="dose-start", to=iso(self.zero_ms + to),
                        reason="the pump's own clock")

    def of_alarms(self):
        shown = {a["id"]: a for a in self.frame["alarms"] if "acknowledge" in a["allowed"]}
        reason = self.random.choice(("", "prescriber called", "cuff repeated"))
        return [acknowledge(self.bed, alarm, shown[alarm.id]["revision"], reason, self.random.choice((None, None, 2, 5)))
                for alarm in self.model.alarms if alarm.id in shown]

    def of_phase(self):
        model, stop = self.model, self.stop()
        if model.phase == "baseline":
            return [] if model.has_baseline() else [self.dose()]
        if model.phase == "infusion":
            return [self.act("pause", lambda m, at: m.pause(at), reason="asked"), stop, self.correct()]
        if model.phase == "paused":
            return [self.act("resume", lambda m, at: m.resume(at)), stop]
        return [self.discharge()] if model.checklist is not None else []

    def others(self):
        model = self.model
        acts = [self.note(), self.checklist()]
        if model.phase != "baseline":
            acts.append(self.by_hand())
        if model.may_pause_sound():
            acts.append(pause_sound(self.bed))
        if model.unverified:
            acts.append(self.confirm_gap())
        if model.last is not None and not model.doubted and self.now - model.last_at < INTERVAL[model.phase]:
            acts.append(self.limit())
        if model.alarm(model.technical) is None and not self.beds["bed1" if self.bed == "bed0" else "bed0"].session:
            acts.append(self.move())
        return acts

    def any(self):
        """A kind first, so that the many alarms do not crowd out the rest."""
        kinds = [acts for acts in (self.of_alarms(), self.of_alarms(), self.of_phase(), self.others()) if acts]
        return self.random.choice(self.random.choice(kinds))
