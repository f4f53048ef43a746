"""What is done at the console, and who did it."""

import struct
import unittest

from api_client import ask
from console import PASSWORD, Wire
from console_case import MIN, Case


class Done(Case):
    def refused(self, browser, sentence, *press, **typed):
        """Fields are filled in and sent with the form's first button; it is refused in these words."""
        for name, text in typed.items():
            browser.type("[name=%s]" % name, text)
        browser.press(*press)
        browser.see(".refusal", sentence)

    def lose_the_answer(self, browser, text):
        """A note arrives at the daemon, and its answer does not come back."""
        self.wire.dropped = "/api/v1/sessions/%d/note" % self.session
        browser.act("note", text=text)
        browser.see(".refusal", "No answer: it may or may not have been done")

    def send_again(self, browser):
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        browser.see(".told", "Was done already")
        self.assertEqual(len(self.events("note")), 1)

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
        self.lose_the_answer(browser, "light-headed")
        self.send_again(browser)

    def test_what_may_have_been_done_itself_is_no_change_of_the_state(self):
        self.crisis()
        browser = self.browse("#/beds/bed0")
        self.wire.dropped = "/api/v1/alarms"
        browser.act("acknowledge", reason="prescriber called")
        browser.see(".refusal", "No answer")
        browser.see(".alarm[data-standing=held]", "prescriber called")
        self.assertIsNone(browser.find("dialog .changed"))
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        browser.see(".told", "Was done already")

    def test_what_got_no_answer_is_locked_until_there_is_one(self):
        """Another value under the same id would be another act: the same is sent again, through a reload too."""
        browser = self.browse("#/beds/bed0")
        self.lose_the_answer(browser, "pale")
        for _ in range(2):
            self.assertEqual(browser.run("return [...document.querySelectorAll('dialog input, dialog .chip')].filter((node) => !node.matches(':disabled')).length"), 0)
            self.assertEqual(browser.all("dialog .chip"), [])
            self.assertTrue(browser.run("return document.activeElement.matches('dialog .primary')"))
            browser.see(".refusal", "only be sent again as it is, which does it once, or cancelled and looked for in the record")
            browser.driver.refresh()
            browser.see("dialog .refusal")
        self.send_again(browser)
        # A refusal is an answer: nothing was done, and everything can be changed.
        path = "/api/v1/sessions/%d/reading" % self.session
        self.wire.dropped = path
        browser.act("reading", systolic=90, diastolic=120)
        browser.see(".refusal", "No answer")
        browser.press("dialog .primary")
        browser.see(".refusal", "ystolic")
        browser.type("dialog [name=diastolic]", "60")
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        browser.see(".vital-pressure .figures", "90/60")

    def test_reload_in_the_middle_of_an_act(self):
        browser = self.browse("#/beds/bed0")
        self.lose_the_answer(browser, "dizzy")
        browser.driver.refresh()
        browser.see(".refusal", "no answer was seen")
        self.assertEqual(browser.see("dialog [name=text]").get_attribute("value"), "dizzy")
        self.send_again(browser)

    def test_back_in_the_middle_of_an_act(self):
        """What may have been done follows whoever sent it, until an answer has been seen."""
        browser = self.browse("#/")
        browser.to("#/beds/bed0")
        self.lose_the_answer(browser, "cold hands")
        browser.driver.back()
        browser.see(".refusal", "no answer was seen")
        self.assertEqual(browser.see("dialog [name=text]").get_attribute("value"), "cold hands")
        self.send_again(browser)

    def test_back_before_the_answer(self):
        browser = self.browse("#/")
        browser.to("#/beds/bed0")
        browser.act("note", text="warm hands", send=False)
        self.wire.is_frozen = True
        browser.press("dialog .primary")
        browser.driver.back()
        browser.see(".refusal", "no answer was seen")
        self.wire.mend()
        browser.gone("dialog.drawer")
        browser.see(".told")
        self.assertEqual(len(self.events("note")), 1)
        self.assertIsNone(browser.run("return sessionStorage.getItem('infusiond.draft')"))

    def test_two_tabs(self):
        """A tab that was duplicated has the same form in it, and it is the same act."""
        browser = self.browse("#/beds/bed0")
        browser.act("note", text="seen in both", send=False)
        first = browser.driver.current_window_handle
        browser.new_tab("window.open(location.href)")
        browser.see("dialog.drawer")
        self.assertEqual(browser.see("dialog [name=text]").get_attribute("value"), "seen in both")
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        browser.driver.switch_to.window(first)
        browser.press("dialog .primary")
        browser.see(".told", "Was done already")
        self.assertEqual(len(self.events("note")), 1)

    def test_two_tabs_before_one_alarm(self):
        """Whoever comes second is told that it has been answered before they answer it."""
        self.crisis()
        browser = self.browse("#/beds/bed0")
        browser.act("acknowledge", reason="first tab", send=False)
        first = browser.driver.current_window_handle
        browser.new_tab("window.open('about:blank', '_blank', 'noopener')")
        browser.go("#/beds/bed0")
        browser.act("acknowledge", reason="second tab")
        browser.gone("dialog.drawer")
        browser.driver.switch_to.window(first)
        browser.see("dialog .changed", "no longer be possible")
        browser.press("dialog [type=button]", "Cancel")
        browser.see(".alarm[data-standing=held]", "second tab")
        kept = [(alarm["acknowledged_by"], alarm["note"]) for alarm in self.record("alarms") if alarm["group"] == "pressure"]
        self.assertEqual(kept, [("nurse", "second tab")])

    def test_a_refusal_is_its_sentence_and_loses_nothing(self):
        browser = self.browse("#/beds/bed0")
        browser.act("reading", systolic=90, diastolic=120)
        browser.see(".refusal", "ystolic")
        self.assertEqual(browser.see("dialog [name=diastolic]").get_attribute("value"), "120")
        self.refused(browser, "'6x' is no whole number", "dialog .primary", diastolic="6x")
        self.refused(browser, "'60,5' is no whole number", "dialog .primary", diastolic="60,5")
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

        # Beside whole numbers stands the last one that is inside: 165 would be over 164.6, and 88 under 88.4.
        done("limit", "", limit="systolic.high.advisory", value=164.6, reason="known hypertension")
        browser.see(".vital-pressure .ladder", "164")
        done("limit", "", limit="systolic.low.advisory", value=88.4, reason="known hypertension")
        browser.see(".vital-pressure .ladder", "89")
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
        for box in browser.all("dialog [type=checkbox]"):
            box.click()
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        browser.act("discharge")
        browser.see(".refusal")
        browser.act("discharge", override=True, reason="escort is waiting")
        browser.gone("dialog.drawer")
        browser.see(".told", "Discharged: watching has ended")
        browser.see(".alarms .no-session", "NO SESSION: LIMITS OFF")
        kinds = {event["type"]: event["who"] for event in self.record("events") if event["who"]}
        for kind in ("limit_changed", "paused", "resumed", "corrected", "moved", "aborted", "checklist", "discharged"):
            self.assertEqual(kinds.get(kind), "nurse", kind)

    def test_from_the_wizard_to_the_record(self):
        browser = self.browse("#/beds/bed1")
        browser.press("[data-act=start]")
        browser.see("h1", "Start a session at bed1")
        self.refused(browser, "The weight in kg and in lb are not the same weight", ".wizard .primary", "See the arithmetic",
                     patient="T-0042", weight_kg="40", weight_lb="90")
        browser.type("[name=weight_lb]", "88,2")
        browser.press(".wizard .primary")
        browser.see(".plan", "20 mg")
        browser.see(".plan", "150 mL/h")
        browser.see(".arithmetic", "0.5 mg/kg x 40 kg = 20 mg")
        self.refused(browser, "confirmed first", ".wizard .primary", "It is right")
        browser.press("[name=unusual_confirmed]")
        browser.press(".wizard .primary")
        browser.see(".monitor-label", "m1")
        browser.type("[name=seen]", "12")
        browser.press(".wizard .primary", "Go on")
        self.refused(browser, "is it the right monitor?", ".wizard .primary", "Start the session")
        browser.press(".wizard [type=button]", "Back")
        frame = browser.frame("bed1")
        rate = [vital for vital in frame["vitals"] if vital["vital"] == "rate"][0]
        browser.run("document.querySelector('[name=vital]').value = 'rate'")
        browser.type("[name=seen]", rate["text"])
        browser.press(".wizard .primary", "Go on")
        # The answer to the start is lost: nothing can be changed any more, not even by a reload, and it is started once.
        self.wire.dropped = "/api/v1/beds/bed1/sessions"
        self.refused(browser, "No answer", ".wizard .primary", "Start the session")
        for _ in range(2):
            self.assertIsNone(browser.find(".wizard [type=button]", "Back"))
            browser.see(".wizard .says", "T-0042")
            browser.driver.refresh()
            browser.see(".refusal", "can only be sent again as it is")
        browser.press(".wizard .primary", "Start the session")
        browser.see(".told", "Was started already")
        browser.see(".bed-phase", "Baseline")
        browser.see(".bed-patient", "T-0042")
        browser.to("#/sessions?patient=T-0042")
        browser.press(".rows tbody tr")
        browser.see("h1", "Session")
        browser.see(".session-facts", "T-0042")
        browser.see(".rows", "session started")

    def press(self, browser, selector, count):
        """A press of the mouse, the `count`th in one place within the time of a double click."""
        at = browser.run("const box = arguments[0].getBoundingClientRect(); return [box.left + 20, box.top + 20]", browser.see(selector))
        for kind in ("mousePressed", "mouseReleased"):
            browser.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": count})

    def test_a_double_click_agrees_to_nothing(self):
        """Its second press hits what the first one put in its place."""
        browser = self.browse("#/beds/bed1/start")
        browser.type("[name=weight_kg]", "70")
        browser.type("[name=weight_lb]", "154.3")
        self.press(browser, ".wizard .primary", 1)
        browser.see(".wizard .primary", "It is right")
        self.press(browser, ".wizard .primary", 2)
        browser.see(".step[data-state=now]", "Dose, volume and rate")
        self.press(browser, ".wizard .primary", 1)
        browser.see(".step[data-state=now]", "The right monitor")
        browser.to("#/beds/bed0")
        self.press(browser, "[data-act=pause-audio]", 1)
        browser.see(".audio-paused", "sound paused")
        self.press(browser, "[data-act=resume-audio]", 2)
        browser.act("note", text="still paused")
        browser.see(".told", "note")
        self.assertEqual(self.events("audio_resumed"), [])

    def test_a_key_that_is_held_down_sends_nothing(self):
        browser = self.browse("#/beds/bed0")
        browser.run("arguments[0].focus()", browser.see("[data-act=note]"))
        key = {"type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        browser.driver.execute_cdp_cmd("Input.dispatchKeyEvent", key)
        browser.see("dialog.drawer")
        browser.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {**key, "autoRepeat": True})
        self.assertIsNone(browser.find("dialog .refusal"))
        browser.driver.execute_cdp_cmd("Input.dispatchKeyEvent", key)
        browser.see("dialog .refusal", "something is wanted here")

    def test_the_wizard_by_keys_alone(self):
        browser = self.browse("#/beds/bed1/start")

        def keys(text):
            browser.driver.switch_to.active_element.send_keys(text)

        def is_at_the_button(text):
            browser.see(".wizard .primary", text)
            browser.wait("focus on " + text, "return document.activeElement.matches('.wizard .primary:enabled')")

        browser.run("arguments[0].focus()", browser.see("[name=weight_kg]"))
        keys("0x46\t154,3\ue007")
        browser.see(".wizard .refusal", "'0x46' is no number")
        keys("\ue009a\ue00070\ue007")
        is_at_the_button("It is right")
        keys("\ue007")
        browser.see(".step[data-state=now]", "The right monitor")
        keys("\t12\ue007")
        is_at_the_button("Start the session")
        browser.see(".step-brief", "its screen shows Rate 12")
        keys("\ue007")
        browser.see(".wizard .refusal", "is it the right monitor?")
        is_at_the_button("Start the session")

    def test_a_reload_keeps_what_the_wizard_was_told(self):
        browser = self.browse("#/beds/bed1/start")
        browser.type("[name=patient]", "T-0042")
        browser.type("[name=weight_kg]", "70")
        browser.driver.refresh()
        browser.wait("the pseudonym", "return document.querySelector('[name=patient]')?.value === 'T-0042'")
        self.assertEqual(browser.see("[name=weight_kg]").get_attribute("value"), "70")

    def test_a_signature(self):
        self.end_session()
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


class Recorded(Case):
    """The acts that the tests above do not do, each found in the record under the name of who did it."""

    def who_did(self, kind):
        return {event["who"] for event in self.events(kind) if event["who"]}

    def done(self, browser, kind, event, **fields):
        browser.act(kind, **fields)
        browser.gone("dialog.drawer")
        self.assertEqual(self.who_did(event), {browser.who}, kind)

    def test_before_the_drug(self):
        self.session = self.clinic.start_session("bed1")
        for pressures in ("152 112 92", "154 113 93"):
            self.clinic.tell_sim(1, "cuff " + pressures)
            self.clock.on(2.5 * MIN)
        browser = self.browse("#/beds/bed1", who="prescriber")
        self.done(browser, "weight", "weight_changed", weight_kg=72, weight_lb="158.7")
        self.done(browser, "decide", "gate_decided", reason="known hypertension")
        self.done(browser, "review", "limits_reviewed")
        self.done(browser, "dose", "dose_started")

    def test_sound(self):
        browser = self.browse("#/beds/bed0")
        for kind, told, event in (("pause-audio", "sound paused for", "audio_paused"), ("resume-audio", "pause of sound was ended", "audio_resumed")):
            browser.press("[data-act=%s]" % kind)
            browser.see(".told", told)
            self.assertEqual(self.who_did(event), {"nurse"}, kind)

    def test_after_a_restart_and_a_step_of_the_clock(self):
        self.clinic.kill_daemon()
        self.clock.on_while_down(20000)
        self.clinic.start_daemon()
        browser = self.browse("#/beds/bed0")
        self.done(browser, "confirm-gap", "gap_confirmed", reason="the pump ran")
        self.assertIsNone(browser.find("[data-act=confirm-time]"))
        struct.pack_into("<q", self.clinic.clock, 24, -3600000)
        browser.see(".station-alarms .alarm", "clock stepped")
        self.done(browser, "confirm-time", "time_confirmed")
        browser.gone(".station-alarms .alarm")

    def test_by_hand_and_acknowledged(self):
        self.crisis()
        browser = self.browse("#/beds/bed0")
        # A refusal of the API calls a field as the form does.
        browser.act("acknowledge", recheck_min=500)
        browser.see("dialog .refusal", "Recheck promised in: whole minutes")
        browser.press("dialog [type=button]", "Cancel")
        browser.act("reading", systolic=184, diastolic=99)
        browser.gone("dialog.drawer")
        browser.see(".told", "The pressure was recorded")
        # The mean of the cuff before is not of this pressure.
        browser.see(".vital-pressure .figures", "184/99")
        self.assertEqual(browser.run("return document.querySelector('.vital-pressure .figure-mean').textContent"), "")
        charted = browser.async_run("""
            const {Series} = await import("/page/series.js");
            const series = new Series(1);
            series.takeFrame(infusiond.live.beds.get("bed0").frame);
            return [...series.pressures.values()].map(({systolic, mean}) => [systolic, mean]);""")
        self.assertEqual(charted, [[184, None]])
        by_hand = [event for event in self.events("cuff_measured") if event["who"]]
        self.assertEqual([(event["who"], event["text"][:6]) for event in by_hand], [("nurse", "184/99")])
        browser.act("acknowledge", reason="arm was moved", recheck_min=5)
        browser.gone("dialog.drawer")
        browser.see(".told", "Acknowledged")
        kept = [(alarm["acknowledged_by"], alarm["note"]) for alarm in self.record("alarms") if alarm["group"] == "pressure"]
        self.assertEqual(kept, [("nurse", "arm was moved")])


class SecondMonitor(Case):
    @staticmethod
    def edit(text):
        return text.replace("monitors: [m0]", "monitors: [m0, m1]").replace("  - {name: bed1, monitors: [m1]}\n", "")

    def test_a_technical_alarm_is_turned_off(self):
        self.clinic.tell_sim(1, "refuse")
        self.clock.on(25000)
        browser = self.browse("#/beds/bed0")
        browser.see(".alarm-stack .alarm", "m1")
        browser.act("off", condition="silent", reason="taken away for another patient")
        browser.gone("dialog.drawer")
        self.assertEqual([(event["who"], event["reason"]) for event in self.events("alarm_off")],
                         [("nurse", "taken away for another patient")])


class Cuff(Case):
    profiles = ("generic-dialects",)
    cuff_interval = 0

    @staticmethod
    def edit(text):
        return text.replace("profile: generic-dialects, line", "profile: generic-dialects, start_cuff: true, line")

    def test_a_cuff_is_started_and_cancelled(self):
        browser = self.browse("#/beds/bed0")
        for kind in ("cuff-start", "cuff-cancel"):
            browser.act(kind)
            browser.gone("dialog.drawer")
        browser.gone("[data-act=cuff-cancel]")
        asked = [(event["new"], event["who"]) for event in self.events("cuff_started") if "asked" in event["new"]]
        self.assertEqual(asked, [("asked", "nurse"), ("cancel asked", "nurse")])


class LoggedIn(Case):
    def test_nothing_before_the_log_in_and_after_it_has_ended(self):
        self.clinic.need_account("nurse")
        browser = self.open_browser()
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
        browser = self.browse("#/beds/bed0")
        browser.run("window.sameTab = true")
        self.clinic.kill_daemon()
        browser.see(".band.lost", "PAGE LOST")
        self.clinic.start_daemon()
        browser.gone(".band.lost")
        self.assertIsNone(browser.find("dialog.login"))
        answer = ask(self.clinic.path("d.sock"), "POST", "/api/v1/users/nurse/password",
                     {"password": PASSWORD + "!", "must_change_password": False, "as": "admin"})
        self.assertEqual(answer.status, 200, answer.body)
        browser.see("dialog.login")
        browser.see(".band.lost", "PAGE LOST")
        browser.log_in("nurse", PASSWORD + "!")
        browser.gone(".band.lost")
        browser.see(".band.back", "Nobody was shown anything here")
        self.assertTrue(browser.run("return window.sameTab"))

    def test_a_password_that_somebody_else_chose(self):
        self.clinic.add_account("new", "nurse", must_change_password=True)
        browser = self.open_browser()
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
            browser = self.open_browser(wire)
            browser.go("#/beds/bed0")
            self.assertIsNone(browser.find("dialog.login"))
            browser.act("note", who="nurse", text="seen at the desk")
            browser.gone("dialog.drawer")
            self.assertEqual([event["who"] for event in self.events("note")], ["nurse"])
        finally:
            wire.close()


if __name__ == "__main__":
    unittest.main()
