#!/usr/bin/python3
"""Takes pictures of the console, in clinics on virtual time in which everything that can be seen happens.

  pictures.py BUILD                  the README's pictures, config/demo/overview.png and config/demo/bed.png
  pictures.py BUILD --all FOLDER     every state of every page, dark and light, to be looked at"""

import os
import re
import sys
from contextlib import contextmanager

from clinic import TOP
from console import Browser, Clock, Stand, Wire

MIN = 60000
CALM, ADVISORY, CRITICAL, ANSWERED, LATCHED, UNKNOWN, GONE, EMPTY = STATES = range(8)
DESK, LAPTOP, TABLET, UPRIGHT = (1920, 1080), (1280, 800), (1024, 768), (768, 1024)


def name_of(bed):
    return "chair%d" % (bed + 1)


class Stage(Stand):
    """As a clinic names its things."""

    def write_config(self):
        super().write_config()
        with open(self.path("infusiond.yaml"), encoding="utf-8") as file:
            text = file.read().replace("clinic: Test clinic", "clinic: Demo clinic")
        text = re.sub(r"\{name: bed(\d+),", lambda m: "{name: %s, label: Chair %d," % (name_of(int(m[1])), int(m[1]) + 1), text)
        text = re.sub(r"\{name: m(\d+),", lambda m: "{name: monitor%d, label: Monitor %d," % (int(m[1]) + 1, int(m[1]) + 1), text)
        text = re.sub(r"\[m(\d+)\]", lambda m: "[monitor%d]" % (int(m[1]) + 1), text)
        with open(self.path("infusiond.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def alarm(self, bed, group="pressure"):
        return next(alarm for alarm in self.bed(name_of(bed))["alarms"] if alarm["group"] == group)

    def cuff(self, bed, systolic):
        self.tell_sim(bed, "cuff %d %d %d" % (systolic, systolic * 0.76, systolic * 0.63))


def begin(clinic, clock, watched):
    """A session at each bed, its baseline, and the drug."""
    sessions = {}
    for bed in watched:
        kg = 58 + 4 * (bed % 8)
        sessions[bed] = clinic.ctl("sessions", "start", name_of(bed), "--weight-kg", kg, "--weight-lb", "%.1f" % (kg / 0.45359237),
                                   "--patient", "T-%04d" % (bed + 1), "--confirm", "none", "--reason", "demonstration")[1]["session"]
    clock.on(4000)
    for step in (0, 1):
        for bed in watched:
            clinic.cuff(bed, 118 + 2 * (bed % 8) + step)
        clock.on(2.5 * MIN)
    for bed in watched:
        clinic.tell_sim(bed, "dose")
        clinic.ctl("sessions", "dose", sessions[bed])


def answer(clinic, bed):
    alarm = clinic.alarm(bed)
    clinic.ctl("ack", alarm["id"], "--revision", alarm["revision"], "--reason", "prescriber called, infusion slowed", "--recheck-min", 8)


def play(clinic, clock, states):
    """Twenty-six minutes of infusion; at the end each bed is in its state."""
    watched = [bed for bed, state in enumerate(states) if state != EMPTY]

    def each_in(state):
        return [bed for bed in watched if states[bed] == state]

    begin(clinic, clock, watched)
    for minute in range(24):
        clock.on(MIN)
        if minute % 5 == 4:
            for bed in watched:
                clinic.cuff(bed, 122 + 2 * (bed % 8) + minute // 2)
        if minute == 11:
            for bed in each_in(LATCHED):
                clinic.cuff(bed, 188)
        if minute == 16:
            for bed in each_in(ANSWERED):
                clinic.cuff(bed, 186)
            clock.on(3000)
            for bed in each_in(ANSWERED):
                answer(clinic, bed)
    for bed in each_in(UNKNOWN):
        clinic.tell_sim(bed, "sensor-off pleth")
    for bed in each_in(GONE):
        clinic.tell_sim(bed, "refuse")
    clock.on(22000)
    for state, systolic in ((ADVISORY, 150), (CRITICAL, 186), (ANSWERED, 182)):
        for bed in each_in(state):
            clinic.cuff(bed, systolic)
    clock.on(9000)


@contextmanager
def playing(build, states):
    """A browser before a clinic whose beds are in these states, and the clinic."""
    clinic = Stage(build, ["generic-gateway"] * len(states), cuff_interval=0)
    clock = wire = browser = None
    try:
        clinic.start_daemon()
        clock = Clock(clinic)
        wire = Wire(clinic.address)
        clinic.need_account("nurse")
        browser = Browser("http://127.0.0.1:%d/" % wire.port, who="nurse")
        play(clinic, clock, states)
        yield browser, clinic
    finally:
        for part in (browser, clock, wire, clinic):
            if part is not None:
                part.close()


def page_of(bed):
    return "#/beds/" + name_of(bed)


def readme(browser):
    pictures = os.path.join(TOP, "config", "demo")
    for page, name, height in (("", "overview", 900), (page_of(ANSWERED), "bed", 1060)):
        browser.look((1600, height), "dark")
        browser.go(page)
        settle(browser, page)
        browser.shot(os.path.join(pictures, name + ".png"))
        print("config/demo/%s.png" % name)


def settle(browser, page=""):
    """Until what is asked of the record has been drawn, and the letters are there."""
    browser.run("document.activeElement.blur()")
    if "/beds/" in page and "start" not in page:
        browser.wait("a chart", "return document.querySelectorAll('.trend-place canvas').length >= 4 || "
                     "infusiond.live.beds.get(location.hash.split('/').pop())?.frame.session === null")
    elif "sessions/" in page:
        browser.wait("a chart", "return document.querySelectorAll('.session-chart canvas').length >= 4")
    elif "sessions" in page:
        browser.see(".rows tbody tr")
    browser.async_run("await document.fonts.ready; for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);")


PAGES = (("overview", ""), ("calm", page_of(CALM)), ("advisory", page_of(ADVISORY)), ("critical", page_of(CRITICAL)),
         ("acknowledged", page_of(ANSWERED)), ("latched", page_of(LATCHED)), ("unknown", page_of(UNKNOWN)),
         ("not-watching", page_of(GONE)), ("no-session", page_of(EMPTY)), ("wizard", page_of(EMPTY) + "/start"),
         ("sessions", "#/sessions"), ("session", "#/sessions/5"), ("print", "#/sessions/5/print"))
LOOKS = (("dark", DESK), ("light", LAPTOP))


class Album:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def take(self, browser, name):
        browser.shot(os.path.join(self.folder, name + ".png"))
        print(name, flush=True)


def pages(browser, album):
    for scheme, size in LOOKS:
        browser.look(size, scheme)
        for name, page in PAGES:
            browser.go(page)
            settle(browser, page)
            album.take(browser, "%s-%s" % (name, scheme))
        browser.go(page_of(CRITICAL))
        browser.act("acknowledge", send=False)
        album.take(browser, "acknowledge-" + scheme)
        browser.press("dialog [type=button]", "Cancel")


def lost(browser, clinic, album):
    clinic.kill_daemon()
    for scheme, size in LOOKS:
        browser.look(size, scheme)
        for name, page in (("lost-overview", "#/"), ("lost-bed", page_of(CALM))):
            browser.to(page)
            browser.see(".band.lost", "PAGE LOST")
            album.take(browser, "%s-%s" % (name, scheme))
    clinic.start_daemon()
    browser.see(".band.back", "Nobody was shown")
    for scheme, size in LOOKS:
        browser.look(size, scheme)
        settle(browser, page_of(CALM))
        album.take(browser, "back-" + scheme)


def doors(browser, album):
    browser.press(".who")
    for scheme, size in LOOKS:
        browser.look(size, scheme)
        browser.see("dialog.password")
        album.take(browser, "password-" + scheme)
    browser.press("dialog.password [type=button]", "Cancel")
    browser.press(".top button", "Log out")
    for scheme, size in LOOKS:
        browser.look(size, scheme)
        browser.see("dialog.login")
        album.take(browser, "log-in-" + scheme)


def overviews(browser, album, count):
    for size, scheme in ((DESK, "dark"), (LAPTOP, "light"), (TABLET, "dark"), (UPRIGHT, "light")):
        browser.look(size, scheme)
        browser.go("")
        settle(browser)
        album.take(browser, "overview-%d-beds-%dx%d-%s" % (count, *size, scheme))


def main():
    build = os.path.abspath(sys.argv[1])
    if "--all" not in sys.argv:
        with playing(build, STATES) as (browser, _):
            readme(browser)
        return
    album = Album(sys.argv[sys.argv.index("--all") + 1])
    with playing(build, STATES) as (browser, clinic):
        pages(browser, album)
        for size, scheme in ((TABLET, "dark"), (UPRIGHT, "light")):
            browser.look(size, scheme)
            browser.go(page_of(CRITICAL))
            settle(browser, page_of(CRITICAL))
            album.take(browser, "critical-%dx%d-%s" % (*size, scheme))
        lost(browser, clinic, album)
        doors(browser, album)
    for states in ((CALM, CRITICAL, GONE, EMPTY), tuple(STATES) * 2):
        with playing(build, states) as (browser, _):
            overviews(browser, album, len(states))


if __name__ == "__main__":
    main()
