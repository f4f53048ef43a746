"""The configuration read anew while sessions run, on SIGHUP and by a person's word (infusionctl reload): a monitor changed, one taken
out and one put in; the reading of the others goes on without a gap."""

import json
import os
import signal
import sqlite3
import subprocess
import unittest

from clinic import PATIENCE_S, QUICK_MS, TOP, Clinic, wait_for

BUILD = os.environ.get("INFUSIOND_BUILD", "build")


class Case(unittest.TestCase):
    options = {}

    def setUp(self):
        self.clinic = Clinic(BUILD, ["generic-gateway"] * 4, **self.options)
        self.addCleanup(self.clinic.close)
        with open(self.clinic.path("infusiond.yaml"), encoding="utf-8") as file:
            self.whole = file.read() + "  - {name: engineer, role: engineer}\n"
        # m3 is there, but neither its line nor itself is configured yet.
        self.write("".join(line for line in self.whole.splitlines(True)
                           if "line3" not in line and "bed3" not in line))
        self.clinic.start_daemon()
        self.sessions = [self.clinic.start_session("bed%d" % i) for i in range(3)]

    def write(self, text):
        with open(self.clinic.path("infusiond.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def reload(self, wanted):
        before = self.clinic.daemon_log().count(wanted)
        self.clinic.daemon.send_signal(signal.SIGHUP)
        wait_for(wanted, lambda: not self.clinic.daemon_died() and self.clinic.daemon_log().count(wanted) > before)

    def ctl(self, *words, code=0, role="engineer"):
        done = subprocess.run([os.path.join(BUILD, "daemon/ctl/infusionctl"), "--socket", self.clinic.path("d.sock"), "--as", role,
                               *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def rows(self, sql, *values):
        with sqlite3.connect("file:%s?mode=ro" % self.clinic.path("record.sqlite"), uri=True) as record:
            return record.execute(sql, values).fetchall()

    def polled(self, device):
        return [row[0] for row in self.rows(
            "SELECT DISTINCT at_ms FROM reading WHERE device = ? AND vital = 'spo2' ORDER BY at_ms", device)]

    def new_wiring(self):
        text = "".join(line for line in self.whole.splitlines(True) if "bed3" not in line)
        text = text.replace("{name: m1, profile: generic-gateway, line: line1, cadence_ms: 1000}",
                            "{name: m1, profile: generic-gateway, line: line1, cadence_ms: 2000}")
        return text.replace("{name: bed2, monitors: [m2]}", "{name: bed2, monitors: [m3]}")


class Reload(Case):
    def test_others_do_not_notice(self):
        self.clinic.run_to(60000)
        self.write(self.new_wiring())
        self.reload("1 monitors go on as they were, 2 were opened")
        self.clinic.run_to(120000)
        self.clinic.stop_daemon()
        kept = self.polled("m0")
        self.assertGreaterEqual(len(kept), 118)
        self.assertEqual({b - a for a, b in zip(kept, kept[1:])}, {1000})
        changed = self.polled("m1")
        self.assertEqual({b - a for a, b in zip(changed, changed[1:]) if a > changed[0] + 62000}, {2000})
        taken_out, put_in = self.polled("m2"), self.polled("m3")
        self.assertLessEqual(taken_out[-1] - kept[0], 61000)
        self.assertGreaterEqual(put_in[0], taken_out[-1])
        self.assertGreaterEqual(len(put_in), 58)
        changes = dict((row[0], row[1:]) for row in self.rows(
            "SELECT subject, old_value, new_value, reason FROM event WHERE type = 'configuration' "
            "AND reason LIKE '%a reload'"))
        self.assertEqual(set(changes), {"monitor.m1", "line.line3", "monitor.m3", "bed.bed2"})
        self.assertEqual(changes["bed.bed2"][:2], ("m2", "m3"))

    def test_by_a_persons_word(self):
        self.clinic.run_to(60000)
        # m2 goes altogether, with its line; m3 comes in its place.
        gone = ("{name: line2,", "{name: m2,")
        self.write("".join(line for line in self.new_wiring().splitlines(True) if not line.strip(" -").startswith(gone)))
        said = self.ctl("reload", "--reason", "chair 3 has another monitor").splitlines()
        self.assertEqual(said[0], "done: the configuration was read anew: 1 monitors go on as they were, 2 were opened; "
                         "settings: 2 added, 2 changed, 2 removed, 0 wait for a start")
        told = {tuple(line.split()[:2]): line.split(": ", 1)[1] for line in said[1:]}
        self.assertEqual(set(told), {("changed", "monitor.m1:"), ("added", "line.line3:"), ("added", "monitor.m3:"),
                                     ("changed", "bed.bed2:"), ("removed", "line.line2:"), ("removed", "monitor.m2:")})
        self.assertEqual(told["changed", "bed.bed2:"], "m2 -> m3")
        self.assertRegex(told["changed", "monitor.m1:"], "every 1000 ms -> .* every 2000 ms$")
        self.clinic.run_to(120000)
        # What differs in nothing changes nothing, and is on record too.
        same = json.loads(self.ctl("--json", "reload"))
        self.assertEqual((same["changes"], same["repeated"]), ([], False))
        self.assertIn("nothing differs", same["text"])
        self.clinic.run_to(130000)
        self.clinic.stop_daemon()
        kept = self.polled("m0")
        self.assertGreaterEqual(len(kept), 128)
        self.assertEqual({b - a for a, b in zip(kept, kept[1:])}, {1000})
        changes = self.rows("SELECT subject, who, role, old_value <> '', new_value <> '' FROM event WHERE type = 'configuration' "
                            "AND reason LIKE '%a reload'")
        self.assertEqual({row[1:3] for row in changes}, {("engineer", "engineer")})
        self.assertEqual({(row[0], row[3:]) for row in changes}, {
            ("monitor.m1", (1, 1)), ("line.line3", (0, 1)), ("monitor.m3", (0, 1)), ("bed.bed2", (1, 1)), ("line.line2", (1, 0)),
            ("monitor.m2", (1, 0))})
        self.assertEqual(self.rows("SELECT who, role, reason FROM event WHERE type = 'configuration' AND subject = 'reload'"),
                         [("engineer", "engineer", "chair 3 has another monitor"), ("engineer", "engineer", "")])
        # A start after it has nothing left to say.
        before = self.rows("SELECT count(*) FROM event WHERE type = 'configuration'")
        self.clinic.start_daemon()
        self.clinic.stop_daemon()
        self.assertEqual(self.rows("SELECT count(*) FROM event WHERE type = 'configuration'"), before)

    def test_every_fault_is_said(self):
        self.clinic.run_to(10000)
        self.write(self.whole.replace("line: line1", "line: lime1").replace("monitors: [m0]", "monitors: [m9]"))
        said = self.ctl("reload", code=1)
        self.assertIn("monitors[1].line: there is no line 'lime1' (did you mean 'line1'?)", said)
        self.assertIn("beds[0].monitors[0]: there is no monitor 'm9'", said)
        self.write(self.whole.replace("store: record.sqlite", "store: other.sqlite"))
        said = self.ctl("reload", code=1)
        self.assertIn("beds: the list of beds differs: that takes a restart of infusiond", said)
        self.assertIn("store: the record's path differs: that takes a restart of infusiond", said)
        self.assertIn("not by a nurse", self.ctl("reload", code=1, role="nurse"))
        self.clinic.run_to(20000)
        self.clinic.stop_daemon()
        for device in ("m0", "m1", "m2"):
            polled = self.polled(device)
            self.assertEqual({b - a for a, b in zip(polled, polled[1:])}, {1000}, device)
        self.assertEqual(self.rows("SELECT count(*) FROM event WHERE subject = 'reload' OR reason LIKE '%a reload'"), [(0,)])

    def test_sessions_go_on_after_a_restart(self):
        self.clinic.run_to(30000)
        self.write(self.new_wiring())
        self.reload("2 were opened")
        self.clinic.run_to(40000)
        self.clinic.kill_daemon()
        self.clinic.start_daemon()
        self.clinic.run_to(50000)
        bed = self.clinic.bed("bed2")
        self.assertEqual(bed["session"]["id"], self.sessions[2])
        self.assertEqual([device["device"] for device in bed["devices"]], ["m3"])
        self.assertEqual(next(v for v in bed["vitals"] if v["vital"] == "spo2")["state"], "fresh")

    def test_a_regimen_more_waits_for_a_start(self):
        """The list of regimens stays the one that the sessions go by."""
        self.clinic.run_to(10000)
        with open(os.path.join(TOP, "config/regimens/iv-ketamine.yaml"), encoding="utf-8") as file:
            other = file.read().replace("name: iv-ketamine", "name: slow-ketamine", 1)
        with open(self.clinic.path("slow.yaml"), "w", encoding="utf-8") as file:
            file.write(other)
        with open(self.clinic.path("infusiond.yaml"), encoding="utf-8") as file:
            text = file.read()
        self.write(text.replace("regimens: [", "regimens: [slow.yaml, "))
        self.assertIn("  waiting  regimen: iv-ketamine -> slow-ketamine\n", self.ctl("reload"))
        names = json.loads(self.ctl("--json", "regimens"))["regimens"]
        self.assertEqual([regimen["name"] for regimen in names], ["iv-ketamine"])
        self.clinic.run_to(20000)
        self.clinic.stop_daemon()
        self.clinic.start_daemon()
        names = json.loads(self.ctl("--json", "regimens"))["regimens"]
        self.assertEqual([regimen["name"] for regimen in names], ["slow-ketamine", "iv-ketamine"])

    def test_what_is_wrong_changes_nothing(self):
        self.clinic.run_to(10000)
        self.write(self.whole.replace("line: line1", "line: lime1"))
        self.reload("the configuration was not taken up: ")
        self.assertIn("monitors[1].line: there is no line 'lime1' (did you mean 'line1'?)", self.clinic.daemon_log())
        self.write(self.whole)
        self.reload("the list of beds differs: that takes a restart of infusiond")
        self.clinic.run_to(20000)
        self.clinic.stop_daemon()
        for device in ("m0", "m1", "m2"):
            polled = self.polled(device)
            self.assertEqual({b - a for a, b in zip(polled, polled[1:])}, {1000}, device)


class Mute(Case):
    options = {"response_timeout_ms": QUICK_MS}

    def test_a_start_drops_no_alarm_of_a_monitor_that_is_gone(self):
        """Four others stand where its alarm would: there is no going on without it, as there is none by a reload."""
        self.clinic.run_to(10000)
        self.clinic.tell_sim(0, "mute")
        self.clinic.run_to(40000)
        self.clinic.kill_daemon()
        with open(self.clinic.path("infusiond.yaml"), encoding="utf-8") as file:
            before = file.read()
        others = "".join("  - {name: n%d, profile: generic-gateway, line: line0, unit: %d}\n" % (i, 10 + i) for i in range(4))
        self.write(before.replace("beds:\n", others + "beds:\n").replace("monitors: [m0]", "monitors: [n0, n1, n2, n3]"))
        self.clinic.launch_daemon()
        self.assertEqual(self.clinic.daemon.wait(PATIENCE_S), 1)
        self.assertIn("the alarm of monitor 'm0' stands at bed 'bed0', and there is no room for it", self.clinic.daemon_log())
        self.write(before)
        self.clinic.start_daemon()
        self.assertIn("technical:m0", [alarm["group"] for alarm in self.clinic.bed("bed0")["alarms"]])

    def test_a_line_that_hangs_is_let_go(self):
        self.clinic.tell_sim(1, "mute")
        self.clinic.run_to(10000)
        text = "".join(line for line in self.whole.splitlines(True) if "bed3" not in line)
        self.write(text.replace("{name: bed1, monitors: [m1]}", "{name: bed1, monitors: [m3]}"))
        self.reload("2 monitors go on as they were, 1 were opened")
        self.clinic.run_to(30000)
        groups = {alarm["group"]: alarm for alarm in self.clinic.bed("bed1")["alarms"]}
        # R26: a device taken out ends nothing; what was lost ends with the new one's good samples.
        self.assertEqual([c["condition"] for c in groups["technical:m1"]["conditions"]], ["silent"])
        self.assertEqual(next(v for v in self.clinic.bed("bed1")["vitals"] if v["vital"] == "spo2")["state"], "fresh")


if __name__ == "__main__":
    unittest.main()
