"""The console as a nurse uses it: what is seen, heard and done in a browser, against the whole daemon."""

import os
import time
import unittest

from api_client import ask
from clinic import wait_for
from console import PASSWORD, Browser, Clock, Stand, Wire, is_there, words_of

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
MIN = 60000


@unittest.skipUnless(is_there(), "no Chromium with chromedriver here")
class Case(unittest.TestCase):
    """A clinic of two beds: bed0 with a session whose drug runs, bed1 with none."""

    def setUp(self):
        self.open_browsers = []
        self.clinic = Stand(BUILD, ["generic-gateway", "generic-gateway"])
        self.clinic.start_daemon()
        self.clock = Clock(self.clinic)
        self.wire = Wire(self.clinic.address)
        self.session = self.clinic.start_session("bed0")
        self.clinic.ctl("sessions", "dose", self.session, "--override", "--reason", "test", who="prescriber")
        self.clinic.tell_sim(0, "cuff 122 93 78")
        self.clock.on(5000)

    def tearDown(self):
        for browser in self.open_browsers:
            browser.close()
        self.clock.close()
        self.wire.close()
        self.clinic.close()

    def browse(self, page="", **options):
        browser = Browser("http://127.0.0.1:%d/" % self.wire.port, **options)
        self.open_browsers.append(browser)
        browser.go(page)
        return browser

    def record(self, what):
        return ask(self.clinic.path("d.sock"), "GET", "/api/v1/sessions/%d/%s" % (self.session, what)).json()[what]

    def events(self, kind):
        return [event for event in self.record("events") if event["type"] == kind]

    def crisis(self, systolic=186):
        self.clinic.tell_sim(0, "cuff %d 140 100" % systolic)
        self.clock.on(3000)


class Seen(Case):
    def test_values_with_unit_source_and_an_age_of_the_pages_own(self):
        browser = self.browse("#/beds/bed0")
        browser.see(".vital-pressure .figures", "122/78")
        browser.see(".vital-pressure .unit", "mmHg")
        browser.see(".vital-pressure .source", "cuff")
        for name in ("rate", "spo2"):
            browser.see(".vital-%s .source" % name, "oximeter")
        ladder = [rung.text for rung in browser.all(".vital-rate .rung")]
        self.assertEqual(ladder, ["130", "110", "50", "40"])
        # No frame comes while the clock stands, and ages grow all the same.
        with self.clock.lock:
            self.clock.runs = False
        before = browser.run("return infusiond.live.station.receivedMs")
        age = int(browser.see(".vital-pressure .age").text.split()[0])
        wait_for("an age two seconds older", lambda: int(browser.see(".vital-pressure .age").text.split()[0]) >= age + 2, 5)
        self.assertLess(browser.run("return infusiond.live.station.receivedMs") - before, 1500)

    def test_a_wrong_clock_of_the_browser_changes_nothing(self):
        browser = self.browse()
        browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
            const Real = Date, wrong = 3600000;
            window.Date = class extends Real { constructor(...a) { if (a.length) super(...a); else super(Real.now() + wrong); }
                                               static now() { return Real.now() + wrong; } };"""})
        browser.driver.get("about:blank")
        browser.go("#/beds/bed0")
        seconds = int(browser.see(".vital-pressure .age").text.split()[0])
        self.assertLess(seconds, 60)
        self.assertTrue(browser.see(".clinic-time").text.startswith("09:0"), browser.see(".clinic-time").text)

    def test_no_session_is_never_a_watched_bed(self):
        browser = self.browse()
        browser.see(".tile[data-bed=bed1] .no-session", "NO SESSION: LIMITS OFF")
        self.assertEqual(browser.find(".tile[data-bed=bed0] .no-session"), None)
        self.assertEqual(browser.all(".tile[data-bed=bed1] .rung"), [])
        browser.to("#/beds/bed1")
        browser.see(".alarms .no-session", "NO SESSION: LIMITS OFF")

    def test_not_watching_is_said(self):
        self.clinic.tell_sim(0, "sensor-off pleth")
        self.clock.on(25000)
        browser = self.browse()
        browser.see(".tile[data-bed=bed0] .alarm", "NOT WATCHING")
        browser.see(".tile[data-bed=bed0] .vital-spo2 .flag", "NOT WATCHED")
        self.assertEqual(browser.run("return document.querySelector('.tile .vital-spo2').dataset.show"), "grey")
        browser.to("#/beds/bed0")
        browser.see(".vital-spo2 .flag", "NOT WATCHED")
        browser.see(".alarms", "NOT WATCHING")

    def test_a_value_to_look_at_twice_has_its_mark(self):
        browser = self.browse("#/beds/bed0")
        self.assertEqual(words_of(browser.see(".vital-pressure .figures")), "122/78")
        self.clinic.tell_sim(0, "cuff 176 120 90")
        self.clock.on(3000)
        browser.see(".vital-pressure .figures", "176/90?")

    def test_two_browsers_in_step(self):
        first, second = self.browse("#/beds/bed0"), self.browse()
        self.crisis()
        began = time.monotonic()
        first.see(".alarm-stack .alarm", "Systolic 186", 5)
        second.see(".tile[data-bed=bed0] .alarm", "Systolic 186", 5)
        self.assertLess(time.monotonic() - began, 3)
        first.act("acknowledge", reason="prescriber called")
        first.gone("dialog.drawer")
        began = time.monotonic()
        second.see(".tile[data-standing=held]", "", 2)
        self.assertLess(time.monotonic() - began, 1)

    def test_worst_first_and_by_place(self):
        self.clinic.start_session("bed1")
        browser = self.browse()
        order = "return [...document.querySelectorAll('.tile')].map((tile) => tile.dataset.bed)"
        self.clinic.tell_sim(1, "cuff 186 140 100")
        self.clock.on(3000)
        browser.see(".tile[data-bed=bed1] .alarm", "Systolic 186")
        self.assertEqual(browser.run(order), ["bed0", "bed1"])
        browser.press(".overview-head button", "by place")
        browser.driver.execute_script("document.activeElement.blur()")
        wait_for("the worst first", lambda: browser.run(order) == ["bed1", "bed0"])
        browser.driver.refresh()
        wait_for("the order kept", lambda: browser.run(order) == ["bed1", "bed0"])

    def test_flashes_as_often_as_the_priority_says(self):
        browser = self.browse("#/beds/bed0", motion=True)
        self.crisis()
        browser.see(".alarm-stack .alarm[data-standing=calls]")
        seconds = "return getComputedStyle(document.querySelector('.alarm-stack .alarm')).animationDuration"
        self.assertEqual(browser.run(seconds), "0.5s")
        browser.act("acknowledge")
        browser.see(".alarm-stack .alarm[data-standing=held]")
        self.assertEqual(browser.run("return getComputedStyle(document.querySelector('.alarm-stack .alarm')).animationName"), "none")
        browser.look(motion=False)
        self.clinic.tell_sim(0, "cuff 205 150 110")
        self.clock.on(3000)
        browser.see(".alarm-stack .alarm[data-standing=calls]", "205")
        self.assertEqual(browser.run("return getComputedStyle(document.querySelector('.alarm-stack .alarm')).animationName"), "none")

    def test_sixteen_beds_need_no_scrolling(self):
        self.tearDown()
        self.open_browsers = []
        self.clinic = Stand(BUILD, ["generic-gateway"] * 16)
        self.clinic.start_daemon()
        self.clock = Clock(self.clinic)
        self.wire = Wire(self.clinic.address)
        self.clock.on(5000)
        browser = self.browse(may_play=True)
        wait_for("sixteen tiles", lambda: len(browser.all(".tile")) == 16)
        for element in ("document.documentElement", "document.querySelector('#view')", "document.querySelector('.overview')"):
            self.assertTrue(browser.wait("no scrolling", "const e = %s; return e.scrollHeight <= e.clientHeight" % element, 3), element)
        boxes = browser.run("return [...document.querySelectorAll('.tile')].map((t) => { const b = t.getBoundingClientRect(); "
                            "return [b.left, b.top, b.right, b.bottom]; })")
        self.assertTrue(all(left >= 0 and top >= 0 and right <= 1920 and bottom <= 1080 for left, top, right, bottom in boxes))


class Heard(Case):
    def test_silent_until_a_click_then_heard(self):
        browser = self.browse("#/beds/bed0")
        # Logging in was a click into the page; a page that is loaded again has had none.
        browser.go("#/beds/bed0")
        browser.see(".sound-off", "SOUND IS OFF: click here")
        self.crisis()
        browser.see(".alarm-stack .alarm[data-priority=high]", "Systolic 186")
        self.assertEqual(browser.sound()["bursts"], [])
        browser.press(".sound-off")
        browser.gone(".sound-off")
        wait_for("a high burst", lambda: browser.sound()["bursts"])
        burst = browser.sound()["bursts"][0]
        self.assertEqual((burst["priority"], burst["pulses"]), ("high", 10))
        wait_for("a level in the audio graph", lambda: browser.sound()["level"] > 0.05, 10)
        wait_for("the next burst", lambda: len(browser.sound()["bursts"]) >= 2, 12)
        bursts = browser.sound()["bursts"]
        self.assertAlmostEqual(bursts[1]["atMs"] - bursts[0]["atMs"], 7500, delta=600)

    def test_acknowledged_is_silent_and_on_record(self):
        browser = self.browse("#/beds/bed0", may_play=True)
        self.crisis()
        wait_for("a high burst", lambda: browser.sound()["bursts"])
        browser.act("acknowledge", reason="prescriber called", recheck_min=5)
        browser.gone("dialog.drawer")
        browser.see(".alarm[data-standing=held]", "acknowledged by nurse")
        browser.see(".alarm[data-standing=held]", "prescriber called")
        self.assertEqual(browser.sound()["wanted"], "none")
        browser.see(".schedule", "promised recheck in")
        kept = [alarm for alarm in self.record("alarms") if alarm["group"] == "pressure"][0]
        self.assertEqual((kept["acknowledged_by"], kept["note"]), ("nurse", "prescriber called"))

    def test_medium_sounds_and_pauses(self):
        browser = self.browse("#/beds/bed0", may_play=True)
        self.clinic.tell_sim(0, "cuff 164 118 90")
        self.clock.on(3000)
        wait_for("a medium burst", lambda: browser.sound()["bursts"])
        self.assertEqual([(b["priority"], b["pulses"]) for b in browser.sound()["bursts"]][:1], [("medium", 3)])
        browser.press("[data-act=pause-audio]")
        browser.see(".audio-paused", "sound paused 0")
        wait_for("silence", lambda: browser.sound()["wanted"] == "none")
        browser.see(".alarm[data-standing=calls]", "sound paused")
        # Worse is heard at once, pause or not.
        self.crisis()
        wait_for("a high burst", lambda: browser.sound()["bursts"][-1]["priority"] == "high", 5)

    def test_bursts_are_as_the_standard_has_them(self):
        """Rendered offline and measured: when each pulse begins and how long it is, in ms."""
        browser = self.browse()
        high = [0, 250, 500, 1000, 1250]
        wanted = {"high": (150, high + [1250 + 150 + 500 + at for at in high]), "medium": (200, [0, 400, 800]), "low": (200, [0])}
        for priority, (length, starts) in wanted.items():
            pulses = browser.async_run("""
                const {playBurst} = await import("/page/sound.js");
                const rate = 44100, context = new OfflineAudioContext(1, rate * 5, rate);
                playBurst(context, context.destination, 0.1, arguments[0]);
                const samples = (await context.startRendering()).getChannelData(0);
                const pulses = []; let last = -1;
                samples.forEach((sample, i) => {
                  if (Math.abs(sample) < 0.01) return;
                  if (last < 0 || i - last > rate * 0.03) pulses.push([i, i]);
                  pulses.at(-1)[1] = i; last = i;
                });
                return pulses.map(([from, to]) => [from / rate * 1000 - 100, (to - from) / rate * 1000]);""", priority)
            self.assertEqual(len(pulses), len(starts), priority)
            for (at, lasted), start in zip(pulses, starts):
                self.assertAlmostEqual(at, start, delta=4)
                self.assertAlmostEqual(lasted, length, delta=8)


class Lost(Case):
    def test_the_page_alarms_when_the_daemon_is_killed_and_recovers_by_itself(self):
        browser = self.browse("#/beds/bed0", may_play=True)
        browser.complaints()
        self.clinic.kill_daemon()
        began = time.monotonic()
        browser.see(".band.lost", "PAGE LOST: this page has not heard from infusiond for", 6)
        self.assertLess(time.monotonic() - began, 4)
        browser.see(".band.lost", "look at the monitors")
        wait_for("a high burst", lambda: browser.sound()["bursts"] and browser.sound()["bursts"][-1]["priority"] == "high", 3)
        self.assertEqual(browser.run("return document.querySelector('.vital-rate').dataset.show"), "grey")
        wait_for("six seconds", lambda: "6 s" in browser.see(".band.lost").text or "7 s" in browser.see(".band.lost").text, 10)
        self.clinic.start_daemon()
        browser.gone(".band.lost", 3)
        browser.see(".band.back", "Nobody was shown anything here for")
        browser.press(".band.back button")
        browser.gone(".band.back")
        browser.see(".bed-name")

    def test_a_network_that_goes_quiet(self):
        browser = self.browse("#/beds/bed0", may_play=True)
        self.wire.is_frozen = True
        began = time.monotonic()
        browser.see(".band.lost", "PAGE LOST", 6)
        self.assertLess(time.monotonic() - began, 4)
        self.crisis()
        wait_for("eight seconds", lambda: time.monotonic() - began > 8, 12)
        self.wire.mend()
        mended = time.monotonic()
        browser.see(".alarm-stack .alarm", "Systolic 186", 5)
        browser.gone(".band.lost", 3)
        # The right state is there at once: within a second of the next attempt, which is at most a second away.
        self.assertLess(time.monotonic() - mended, 3.5)

    def test_a_network_that_is_cut(self):
        browser = self.browse()
        self.wire.cut()
        browser.see(".band.lost", "PAGE LOST", 6)
        self.wire.mend()
        browser.gone(".band.lost", 3)


class Done(Case):
    def test_worse_since_it_was_opened(self):
        browser = self.browse("#/beds/bed0")
        self.crisis()
        browser.act("acknowledge", reason="prescriber called", send=False)
        self.crisis(205)
        browser.see("dialog .changed", "205")
        browser.press("dialog .primary")
        browser.see(".refusal", "205")
        self.assertEqual(browser.see("dialog [name=reason]").get_attribute("value"), "prescriber called")
        browser.see("dialog .says", "205")
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        browser.see(".alarm[data-standing=held]", "prescriber called")

    def test_no_answer_then_once_more_is_done_once(self):
        browser = self.browse("#/beds/bed0")
        path = "/api/v1/sessions/%d/note" % self.session
        self.wire.dropped = path
        browser.act("note", text="light-headed")
        browser.see(".refusal", "No answer")
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        browser.see(".told", "Was done already")
        self.assertEqual(len(self.events("note")), 1)

    def test_reload_in_the_middle_of_an_act(self):
        browser = self.browse("#/beds/bed0")
        self.wire.dropped = "/api/v1/sessions/%d/note" % self.session
        browser.act("note", text="dizzy")
        browser.see(".refusal", "No answer")
        browser.driver.refresh()
        browser.see(".refusal", "before the page was loaded anew")
        self.assertEqual(browser.see("dialog [name=text]").get_attribute("value"), "dizzy")
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        self.assertEqual(len(self.events("note")), 1)

    def test_a_refusal_is_its_sentence_and_loses_nothing(self):
        browser = self.browse("#/beds/bed0")
        browser.act("reading", systolic=90, diastolic=120)
        browser.see(".refusal", "ystolic")
        self.assertEqual(browser.see("dialog [name=diastolic]").get_attribute("value"), "120")
        browser.type("dialog [name=diastolic]", "6x")
        browser.press("dialog .primary")
        browser.see(".refusal", "'6x' is no number")
        browser.type("dialog [name=diastolic]", "60")
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        browser.see(".vital-pressure .figures", "90/60")

    def test_every_act_of_a_session(self):
        browser = self.browse("#/beds/bed0")

        def done(kind, told, who="nurse", **fields):
            browser.act(kind, who=who, **fields)
            browser.gone("dialog.drawer")
            browser.see(".told", told)

        done("limit", "", limit="systolic.high.advisory", value=165, reason="known hypertension")
        browser.see(".vital-pressure .ladder", "165")
        self.clock.on(2 * MIN)
        done("pause", "paused", reason="nausea")
        browser.see(".bed-phase", "Paused")
        done("resume", "")
        browser.see(".bed-phase", "Infusion")
        done("correct", "", what="dose-start", to="09:01", reason="the pump was started later")
        done("move", "", to_bed="bed1")
        browser.see(".alarms .no-session", "NO SESSION")
        browser.to("#/beds/bed1")
        browser.see(".bed-patient", "T-0001")
        done("stop", "abort", abort=True, reason="patient asked")
        browser.see(".bed-phase", "Recovery")
        browser.press("[data-act=checklist]")
        if browser.find("#acting-as"):
            browser.type("#acting-as", "nurse")
        for box in browser.all("dialog [type=checkbox]"):
            box.click()
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        browser.act("discharge")
        browser.see(".refusal")
        browser.act("discharge", override=True, reason="escort is waiting")
        browser.gone("dialog.drawer")
        browser.see(".alarms .no-session", "NO SESSION: LIMITS OFF")
        kinds = {event["type"]: event["who"] for event in self.record("events") if event["who"]}
        for kind in ("limit_changed", "paused", "resumed", "corrected", "moved", "aborted", "checklist", "discharged"):
            self.assertEqual(kinds.get(kind), "nurse", kind)

    def test_from_the_wizard_to_the_record(self):
        browser = self.browse("#/beds/bed1")
        browser.press("[data-act=start]")
        browser.see("h1", "Start a session at bed1")
        if browser.find("#acting-as"):
            browser.type("#acting-as", "nurse")
        browser.type("[name=patient]", "T-0042")
        browser.type("[name=weight_kg]", "40")
        browser.type("[name=weight_lb]", "90")
        browser.press(".wizard .primary", "See the arithmetic")
        browser.see(".refusal", "The weight in kg and in lb are not the same weight")
        browser.type("[name=weight_lb]", "88,2")
        browser.press(".wizard .primary")
        browser.see(".plan", "20 mg")
        browser.see(".plan", "150 mL/h")
        browser.see(".arithmetic", "0.5 mg/kg x 40 kg = 20 mg")
        browser.press(".wizard .primary", "It is right")
        browser.see(".refusal", "confirmed first")
        browser.press("[name=unusual_confirmed]")
        browser.press(".wizard .primary")
        browser.see(".monitor-label", "m1")
        browser.type("[name=seen]", "12")
        browser.press(".wizard .primary", "Compare")
        browser.press(".wizard .primary", "Start the session")
        browser.see(".refusal", "is it the right monitor?")
        browser.press(".wizard [type=button]", "Back")
        frame = browser.frame("bed1")
        rate = [vital for vital in frame["vitals"] if vital["vital"] == "rate"][0]
        browser.run("document.querySelector('[name=vital]').value = 'rate'")
        browser.type("[name=seen]", rate["text"])
        browser.press(".wizard .primary", "Compare")
        browser.press(".wizard .primary", "Start the session")
        browser.see(".bed-phase", "Baseline")
        browser.see(".bed-patient", "T-0042")
        browser.to("#/sessions?patient=T-0042")
        browser.press(".rows tbody tr")
        browser.see("h1", "Session")
        browser.see(".session-facts", "T-0042")
        browser.see(".rows", "session started")

    def test_a_reload_keeps_what_the_wizard_was_told(self):
        browser = self.browse("#/beds/bed1/start")
        browser.type("[name=patient]", "T-0042")
        browser.type("[name=weight_kg]", "70")
        browser.driver.refresh()
        browser.wait("the pseudonym", "return document.querySelector('[name=patient]')?.value === 'T-0042'")
        self.assertEqual(browser.see("[name=weight_kg]").get_attribute("value"), "70")

    def test_a_signature(self):
        self.clinic.ctl("sessions", "stop", self.session)
        self.clinic.ctl("sessions", "checklist", self.session, "--done", "1,2,3,4,5,6,7,8,9")
        self.clinic.ctl("sessions", "discharge", self.session, "--override", "--reason", "test")
        nurse = self.browse("#/sessions/%d" % self.session)
        nurse.see(".session-facts", "nobody")
        self.assertIsNone(nurse.find("[data-act=sign]"))
        prescriber = self.browse("#/sessions?unsigned=yes", who="prescriber")
        prescriber.press(".rows tbody tr")
        prescriber.act("sign", note="looked through")
        prescriber.gone("dialog.drawer")
        prescriber.see(".session-facts", "prescriber, ")
        prescriber.to("#/sessions?unsigned=yes")
        prescriber.see(".summary", "No session is like that")

    def test_escape_and_the_focus(self):
        browser = self.browse("#/beds/bed0")
        browser.press("[data-act=note]")
        browser.see("dialog.drawer")
        for _ in range(12):
            browser.driver.switch_to.active_element.send_keys("\ue004")
            self.assertTrue(browser.run("const a = document.activeElement; return a === document.body || a.closest('dialog') !== null"))
        browser.driver.switch_to.active_element.send_keys("\ue00c")
        browser.gone("dialog.drawer")
        self.assertEqual(browser.run("return document.activeElement.dataset.act"), "note")


class LoggedIn(Case):
    def test_nothing_before_the_log_in_and_after_it_has_ended(self):
        browser = Browser("http://127.0.0.1:%d/" % self.wire.port)
        self.open_browsers.append(browser)
        browser.driver.get(browser.base + "#/beds/bed0")
        browser.see("dialog.login", "watches nothing until somebody logs in")
        self.assertIsNone(browser.find(".figures"))
        self.assertIsNone(browser.find(".band.lost"))
        browser.log_in("nurse", "wrong password here")
        browser.see(".refusal")
        self.assertEqual(browser.see("#login-name").get_attribute("value"), "nurse")
        browser.log_in("nurse")
        browser.see(".vital-pressure .figures", "122/78")
        browser.see(".who", "nurse (nurse)")
        browser.press(".top button", "Log out")
        browser.see("dialog.login")
        self.assertIsNone(browser.find(".figures"))
        self.assertIsNone(browser.find(".band.lost"))
        self.assertEqual(browser.run("return infusiond.live.socket"), None)

    def test_a_restart_asks_nobody_to_load_the_page_anew(self):
        """Log-ins outlive a restart; one that an admin has ended does not, and the page asks without being loaded anew."""
        browser = self.browse("#/beds/bed0", may_play=True)
        browser.run("window.sameTab = true")
        self.clinic.kill_daemon()
        browser.see(".band.lost", "PAGE LOST", 6)
        self.clinic.start_daemon()
        browser.gone(".band.lost", 3)
        self.assertIsNone(browser.find("dialog.login"))
        answer = ask(self.clinic.path("d.sock"), "POST", "/api/v1/users/nurse/password",
                     {"password": PASSWORD + "!", "must_change_password": False, "as": "admin"})
        self.assertEqual(answer.status, 200, answer.body)
        browser.see("dialog.login")
        browser.see(".band.lost", "PAGE LOST", 6)
        browser.log_in("nurse", PASSWORD + "!")
        browser.gone(".band.lost", 3)
        browser.see(".band.back", "Nobody was shown anything here")
        self.assertTrue(browser.run("return window.sameTab"))

    def test_a_password_that_somebody_else_chose(self):
        self.clinic.add_account("new", "nurse", must_change_password=True)
        browser = Browser("http://127.0.0.1:%d/" % self.wire.port)
        self.open_browsers.append(browser)
        browser.driver.get(browser.base)
        browser.see("dialog.login")
        browser.log_in("new")
        browser.see("dialog.password", "Before anything else")
        browser.driver.refresh()
        browser.see("#password-old")
        browser.type("#password-old", PASSWORD)
        browser.type("#password-new", "short")
        browser.type("#password-again", "other")
        browser.press("dialog.password .primary")
        browser.see("dialog.password .refusal", "not the same")
        browser.type("#password-again", "short")
        browser.press("dialog.password .primary")
        browser.see("dialog.password .refusal", "10")
        for name in ("#password-new", "#password-again"):
            browser.type(name, "a word of my own")
        browser.press("dialog.password .primary")
        browser.see(".tile")

    def test_who_may_only_look_is_offered_nothing(self):
        browser = self.browse("#/beds/bed0", who="viewer")
        self.crisis()
        browser.see(".alarm-stack .alarm")
        self.assertEqual(browser.all("[data-act]"), [])
        browser.see(".acts", "As viewer you can look and do nothing here")

    def test_a_shared_terminal_asks_who_is_acting(self):
        wire = Wire(self.clinic.path("d.sock"))
        try:
            browser = Browser("http://127.0.0.1:%d/" % wire.port)
            self.open_browsers.append(browser)
            browser.go("#/beds/bed0")
            self.assertIsNone(browser.find("dialog.login"))
            browser.act("note", who="nurse", text="seen at the desk")
            browser.gone("dialog.drawer")
            self.assertEqual([event["who"] for event in self.events("note")], ["nurse"])
        finally:
            wire.close()


class Pages(Case):
    PAGES = ("", "#/beds/bed0", "#/beds/bed1", "#/beds/bed1/start", "#/beds/nowhere", "#/sessions", "#/sessions?alarm=high&patient=T-0001",
             "#/sessions/%d", "#/sessions/%d/print", "#/sessions/999")

    def test_no_page_complains_under_its_own_policy(self):
        browser = self.browse(may_play=True)
        self.crisis()
        # Nobody was known before the log-in, and the browser itself notes each refusal.
        self.assertTrue(all("401" in text for text in browser.complaints()))
        for page in self.PAGES:
            browser.go(page.replace("%d", str(self.session)))
            browser.see("h1, .nothing")
            if page.endswith("%d"):
                browser.wait("a chart", "return document.querySelectorAll('.trend canvas').length >= 4")
            said = [text for text in browser.complaints() if not (page == "#/sessions/999" and "404" in text)]
            self.assertEqual(said, [], page)
            self.assertIsNone(browser.find(".band.lost"), page)

    @unittest.skipUnless(os.environ.get("AXE_CORE"), "AXE_CORE does not name axe-core's axe.min.js")
    def test_axe_finds_nothing_serious(self):
        with open(os.environ["AXE_CORE"], encoding="utf-8") as file:
            axe = file.read()
        browser = self.browse(may_play=True)
        self.crisis()
        self.clinic.tell_sim(0, "sensor-off pleth")
        self.clock.on(25000)
        found = []
        for scheme in ("dark", "light"):
            browser.look(scheme=scheme)
            for page in self.PAGES + ("form", "lost"):
                if page == "form":
                    browser.go("#/beds/bed0")
                    browser.act("acknowledge", send=False)
                elif page == "lost":
                    browser.go("#/")
                    self.wire.cut()
                    browser.see(".band.lost")
                else:
                    browser.go(page.replace("%d", str(self.session)))
                    browser.see("h1, .nothing")
                browser.run(axe)
                violations = browser.async_run("return (await axe.run(document, {resultTypes: ['violations']})).violations"
                                               ".map((v) => [v.id, v.impact, v.nodes.length, v.nodes[0].html, v.nodes[0].failureSummary])")
                found += [(page, scheme, *v) for v in violations if v[1] in ("serious", "critical")]
                self.wire.mend()
        self.assertEqual(found, [])

    def test_targets_are_large_enough(self):
        browser = self.browse(may_play=True)
        self.crisis()
        for page in self.PAGES[:-1]:
            browser.go(page.replace("%d", str(self.session)))
            browser.see("h1, .nothing")
            small = browser.run("""return [...document.querySelectorAll("button, a, input, select, summary")].filter((node) => {
                const box = (node.closest("label") ?? node).getBoundingClientRect();
                return box.width > 0 && !node.closest("[hidden]") && !node.classList.contains("tile-name") && !node.classList.contains("row-link") &&
                  (box.height < 37.5 || box.width < 37.5);
              }).map((node) => node.outerHTML.slice(0, 100))""")
            self.assertEqual(small, [], page)

    def test_the_trend_is_drawn(self):
        self.clock.on(10 * MIN)
        self.crisis()
        browser = self.browse("#/beds/bed0")
        browser.wait("a chart", "return document.querySelectorAll('.trend-place canvas').length >= 4")
        dots = browser.wait("something drawn", """
            const strip = document.querySelector('.trend-strip');
            const data = strip.getContext('2d').getImageData(0, 0, strip.width, strip.height).data;
            let red = 0;
            for (let i = 0; i < data.length; i += 4) if (data[i] > 180 && data[i + 1] < 60) red += 1;
            return red > 20 ? red : 0;""", 15)
        self.assertGreater(dots, 20)

    def test_print_is_the_session_alone(self):
        browser = self.browse("#/sessions/%d/print" % self.session)
        browser.see(".paper h1", "Session")
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        for hidden in ("#top", "#bands", ".record-acts"):
            self.assertIsNone(browser.find(hidden), hidden)
        browser.see(".rows", "dose started")


if __name__ == "__main__":
    unittest.main()
