"""What every test of the console begins with: a clinic of two beds before a browser."""

import os
import unittest

from api_client import ask
from console import Browser, Clock, Stand, Wire, is_there

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
MIN = 60000


@unittest.skipUnless(is_there(), "no Chromium with chromedriver here")
class Case(unittest.TestCase):
    """A clinic of two beds: bed0 with a session whose drug runs, bed1 with none."""

    profiles = ("generic-gateway", "generic-gateway")
    cuff_interval = 300

    @staticmethod
    def edit(text):
        return text

    def setUp(self):
        self.open_browsers, self.clock, self.wire, self.clinic = [], None, None, None
        self.addCleanup(self.close)
        self.clinic = Stand(BUILD, self.profiles, edit=self.edit, cuff_interval=self.cuff_interval)
        self.clinic.start_daemon()
        self.clock = Clock(self.clinic)
        self.wire = Wire(self.clinic.address)
        self.session = self.clinic.start_session("bed0")
        self.clinic.ctl("sessions", "dose", self.session, "--override", "--reason", "test", who="prescriber")
        if self.cuff_interval > 0:
            self.clinic.tell_sim(0, "cuff 122 93 78")
        self.clock.on(5000)

    def close(self):
        for part in (*self.open_browsers, self.clock, self.wire, self.clinic):
            if part is not None:
                part.close()
        self.open_browsers, self.clock, self.wire, self.clinic = [], None, None, None

    def browse(self, page="", who="nurse", **options):
        self.clinic.need_account(who)
        browser = self.open_browser(who=who, **options)
        browser.go(page)
        return browser

    def open_browser(self, wire=None, **options):
        browser = Browser("http://127.0.0.1:%d/" % (wire or self.wire).port, **options)
        self.open_browsers.append(browser)
        return browser

    def record(self, what):
        return ask(self.clinic.path("d.sock"), "GET", "/api/v1/sessions/%d/%s" % (self.session, what)).json()[what]

    def events(self, kind):
        return [event for event in self.record("events") if event["type"] == kind]

    def end_session(self):
        self.clinic.ctl("sessions", "stop", self.session)
        self.clinic.ctl("sessions", "checklist", self.session, "--done", "1,2,3,4,5,6,7,8,9")
        self.clinic.ctl("sessions", "discharge", self.session, "--override", "--reason", "test")

    def crisis(self, systolic=186):
        self.clinic.tell_sim(0, "cuff %d 140 100" % systolic)
        self.clock.on(3000)
