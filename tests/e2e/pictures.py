#!/usr/bin/python3
"""Takes pictures of the console, in a clinic of eight beds on virtual time in which everything that can be seen happens.

  pictures.py BUILD                  the README's pictures, config/demo/overview.png and config/demo/bed.png
  pictures.py BUILD --all FOLDER     every state of every page, dark and light, to be looked at"""

import os
import re
import sys

from clinic import TOP
from console import Browser, Clock, Stand, Wire

MIN = 60000
LABELS = ["Chair %d" % (i + 1) for i in range(8)]
CALM, ADVISORY, CRITICAL, ANSWERED, LATCHED, UNKNOWN, GONE, EMPTY = range(8)


class Stage(Stand):
    """As a clinic names its things."""

    def write_config(self):
        super().write_config()
        with open(self.path("infusiond.yaml"), encoding="utf-8") as file:
            text = file.read().replace("clinic: Test clinic", "clinic: Demo clinic")
        text = re.sub(r"\{name: bed(\d+),", lambda m: "{name: bed%s, label: %s," % (m[1], LABELS[int(m[1])]), text)
        text = re.sub(r"\{name: m(\d+),", lambda m: "{name: m%s, label: Monitor %d," % (m[1], int(m[1]) + 1), text)
        with open(self.path("infusiond.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def alarm(self, bed, group="pressure"):
        return next(alarm for alarm in self.bed("bed%d" % bed)["alarms"] if alarm["group"] == group)


def cuff(clinic, bed, systolic):
    clinic.tell_sim(bed, "cuff %d %d %d" % (systolic, systolic * 0.76, systolic * 0.63))


def play(clinic, clock):
    """Twenty-six minutes of infusion; at the end each bed is in the state of its name."""
    sessions = {}
    for bed in range(EMPTY):
        kg = 58 + 4 * bed
        sessions[bed] = clinic.ctl("sessions", "start", "bed%d" % bed, "--weight-kg", kg, "--weight-lb", "%.1f" % (kg / 0.45359237),
                                   "--patient", "T-%04d" % (bed + 1), "--confirm", "none", "--reason", "demonstration")[1]["session"]
    clock.on(4000)
    for step in (0, 1):
        for bed in sessions:
            cuff(clinic, bed, 118 + 2 * bed + step)
        clock.on(2.5 * MIN)
    for bed, session in sessions.items():
        clinic.tell_sim(bed, "dose")
        clinic.ctl("sessions", "dose", session)
    for minute in range(24):
        clock.on(MIN)
        if minute % 5 == 4:
            for bed in sessions:
                cuff(clinic, bed, 122 + 2 * bed + minute // 2)
        if minute == 11:
            cuff(clinic, LATCHED, 188)
        if minute == 16:
            cuff(clinic, ANSWERED, 186)
            clock.on(3000)
            alarm = clinic.alarm(ANSWERED)
            clinic.ctl("ack", alarm["id"], "--revision", alarm["revision"], "--reason", "prescriber called, infusion slowed", "--recheck-min", 8)
    clinic.tell_sim(UNKNOWN, "sensor-off pleth")
    clinic.tell_sim(GONE, "refuse")
    clock.on(22000)
    cuff(clinic, ADVISORY, 150)
    cuff(clinic, CRITICAL, 186)
    cuff(clinic, ANSWERED, 182)
    clock.on(9000)
    return sessions


def readme(browser):
    pictures = os.path.join(TOP, "config", "demo")
    for page, name, height in (("", "overview", 900), ("#/beds/bed%d" % ANSWERED, "bed", 1000)):
        browser.look((1600, height), "dark")
        browser.go(page)
        settle(browser, page)
        browser.shot(os.path.join(pictures, name + ".png"))
        print("config/demo/%s.png" % name)


def settle(browser, page):
    browser.run("document.activeElement.blur()")
    if "/beds/" in page and "start" not in page:
        browser.wait("a chart", "return document.querySelectorAll('.trend-place canvas').length >= 4 || "
                     "infusiond.live.beds.get(location.hash.split('/').pop())?.frame.session === null")
    browser.async_run("await document.fonts.ready; await new Promise((done) => setTimeout(done, 1500));")


PAGES = (("overview", ""), ("calm", "#/beds/bed%d" % CALM), ("advisory", "#/beds/bed%d" % ADVISORY),
         ("critical", "#/beds/bed%d" % CRITICAL), ("acknowledged", "#/beds/bed%d" % ANSWERED), ("latched", "#/beds/bed%d" % LATCHED),
         ("unknown", "#/beds/bed%d" % UNKNOWN), ("not-watching", "#/beds/bed%d" % GONE), ("no-session", "#/beds/bed%d" % EMPTY),
         ("wizard", "#/beds/bed%d/start" % EMPTY), ("sessions", "#/sessions"), ("session", "#/sessions/1"), ("print", "#/sessions/1/print"))


def everything(browser, clinic, folder):
    os.makedirs(folder, exist_ok=True)

    def take(name, scheme):
        browser.shot(os.path.join(folder, "%s-%s.png" % (name, scheme)))
        print(name, scheme)

    for scheme, size in (("dark", (1920, 1080)), ("light", (1280, 800))):
        browser.look(size, scheme)
        for name, page in PAGES:
            browser.go(page)
            settle(browser, page)
            take(name, scheme)
        browser.go("#/beds/bed%d" % CRITICAL)
        browser.act("acknowledge", send=False)
        take("acknowledge", scheme)
        browser.press("dialog [type=button]", "Cancel")
        complaints = browser.complaints()
        if complaints:
            print("the browser complains:", *complaints, sep="\n  ")
    clinic.kill_daemon()
    for scheme, size in (("dark", (1920, 1080)), ("light", (1280, 800))):
        browser.look(size, scheme)
        for name, page in (("lost-overview", "#/"), ("lost-bed", "#/beds/bed%d" % CALM)):
            browser.to(page)
            browser.see(".band.lost", "PAGE LOST")
            take(name, scheme)
    clinic.start_daemon()
    browser.see(".band.back", "Nobody was shown")
    take("back", scheme)


def main():
    build = os.path.abspath(sys.argv[1])
    clinic = Stage(build, ["generic-gateway"] * 8, cuff_interval=0)
    clinic.start_daemon()
    clock = Clock(clinic)
    wire = Wire(clinic.address)
    browser = Browser("http://127.0.0.1:%d/" % wire.port, may_play=True)
    try:
        play(clinic, clock)
        if "--all" in sys.argv:
            everything(browser, clinic, sys.argv[sys.argv.index("--all") + 1])
        else:
            readme(browser)
    finally:
        browser.close()
        clock.close()
        wire.close()
        clinic.close()


if __name__ == "__main__":
    main()
