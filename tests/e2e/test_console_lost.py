"""A page that hears nothing: the daemon killed, the network cut or quiet, a tab that outlives a restart."""

import re
import time
import unittest

from console import wait_for, words_of
from console_case import Case


class Lost(Case):
    def test_the_page_alarms_when_the_daemon_is_killed_and_recovers_by_itself(self):
        browser = self.browse("#/beds/bed0")
        began, late = time.time(), browser.lateness()
        browser.watch(".band.lost", "PAGE LOST: this page has not heard from infusiond for")
        self.clinic.kill_daemon()
        self.assertLess(browser.moment() - began - late.s(), 4)
        browser.see(".band.lost", "look at the monitors")
        wait_for("a high burst", lambda: browser.sound()["bursts"] and browser.sound()["bursts"][-1]["priority"] == "high")
        self.assertEqual(browser.run("return document.querySelector('.vital-rate').dataset.show"), "grey")
        self.wait_lost(browser, 6)
        browser.watch(".band.back", "Nobody was shown anything here for")
        self.clinic.start_daemon()
        away = browser.moment() - began
        browser.gone(".band.lost")
        self.assertAlmostEqual(self.seconds_of(words_of(browser.see(".band.back"))), away, delta=2 + late.s())
        # And of the patient the daemon itself says so.
        browser.see(".alarm-stack .alarm", "nobody watched")
        browser.press(".band.back button")
        browser.gone(".band.back")
        browser.see(".bed-name")

    def test_a_network_that_goes_quiet(self):
        browser = self.browse("#/beds/bed0")
        began, late = time.time(), browser.lateness()
        browser.watch(".band.lost", "PAGE LOST")
        self.wire.is_frozen = True
        self.assertLess(browser.moment() - began - late.s(), 4)
        self.crisis()
        self.wait_lost(browser, 8)
        self.mend(browser)

    def test_a_network_that_is_cut_for_a_minute(self):
        browser = self.browse("#/beds/bed0")
        browser.run("const real = performance.now.bind(performance); window.leapMs = 0; performance.now = () => real() + leapMs;")
        began, late = time.time(), browser.lateness()
        self.wire.cut()
        browser.see(".band.lost", "PAGE LOST")
        self.crisis()
        # The page's own clock and the clinic's: nearly all of the minute passes at once.
        self.clock.on(57000)
        browser.run("leapMs = 57000")
        self.wait_lost(browser, 60)
        browser.see(".band.lost", "for 1 min ")
        away = 57 + self.mend(browser) - began
        self.assertAlmostEqual(self.seconds_of(words_of(browser.see(".band.back"))), away, delta=2 + late.s())

    def test_a_network_that_is_cut_again_and_again(self):
        """What nobody was shown adds up until somebody has seen it."""
        browser = self.browse()
        for _ in range(2):
            self.wire.cut()
            browser.see(".band.lost", "PAGE LOST")
            self.wire.mend()
            browser.gone(".band.lost")
        self.assertGreaterEqual(self.seconds_of(words_of(browser.see(".band.back"))), 6)

    def mend(self, browser):
        """The network is there again: within a second the page shows what is, and takes back that it is lost. When it did."""
        browser.watch(".bed:not([data-lost]) .alarm-stack .alarm", "Systolic 186")
        began, late = time.time(), browser.lateness(self.clinic.daemon.pid)
        self.wire.mend()
        shown = browser.moment()
        self.assertLess(shown - began - late.s(), 1)
        self.assertIsNone(browser.find(".band.lost"))
        return shown

    def wait_lost(self, browser, seconds):
        """Until the page has said for so long that it is lost."""
        wait_for("page that is lost for %d s" % seconds, lambda: self.seconds_of(words_of(browser.see(".band.lost"))) >= seconds)

    def seconds_of(self, sentence):
        minutes, seconds = re.search(r"for (?:(\d+) min )?(\d+) s", sentence).groups()
        return int(minutes or 0) * 60 + int(seconds)

    def test_a_tab_from_before_a_restart(self):
        """An act that was begun before it is done after it, once; and a page of an older program says that it is old."""
        browser = self.browse("#/beds/bed0")
        browser.act("note", text="before the restart", send=False)
        self.clinic.kill_daemon()
        browser.press("dialog .primary")
        browser.see(".refusal", "No answer")
        self.clinic.start_daemon()
        browser.gone(".band.lost")
        browser.press("dialog .primary")
        browser.gone("dialog.drawer")
        self.assertEqual([(event["who"], event["reason"]) for event in self.events("note")], [("nurse", "before the restart")])
        self.assertFalse(browser.run("return infusiond.live.isRenewed"))
        browser.run("infusiond.live.version = 'older'; window.sameTab = true")
        browser.press(".band.back button", "Load the page anew")
        browser.see(".bed-name")
        browser.wait("a new page", "return window.sameTab === undefined && window.infusiond?.live.station && !infusiond.live.isRenewed")

    def test_a_tab_in_which_the_session_is_another(self):
        browser = self.browse("#/beds/bed0")
        browser.act("note", text="of the first session", send=False)
        self.end_session()
        later = self.clinic.start_session("bed0")
        browser.see("dialog .changed", "no longer the one")
        browser.press("dialog .primary")
        browser.see(".refusal")
        self.assertEqual(self.events("note"), [])
        self.session = later
        self.assertEqual(self.events("note"), [])


if __name__ == "__main__":
    unittest.main()
