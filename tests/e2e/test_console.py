"""The console as a nurse sees and hears it, against the whole daemon."""

import os
import time
import unittest

from console import Clock, Stand, Wire, wait_for, words_of
from console_case import BUILD, MIN, Case
from machine import family


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
        # A cuff that is new, however long the browser took to be there.
        self.clinic.tell_sim(0, "cuff 124 93 78")
        self.clock.on(3000)
        browser.see(".vital-pressure .figures", "124/78")
        # No frame comes while the clock stands, and ages grow all the same.
        with self.clock.lock:
            self.clock.runs = False
        late = browser.lateness(self.clinic.daemon.pid)
        before = browser.run("return infusiond.live.station.receivedMs")
        age = int(browser.see(".vital-pressure .age").text.split()[0])
        wait_for("an age two seconds older", lambda: int(browser.see(".vital-pressure .age").text.split()[0]) >= age + 2)
        self.assertLess(browser.run("return infusiond.live.station.receivedMs") - before - late.ms(), 1500)

    def test_a_wrong_clock_of_the_browser_changes_nothing(self):
        browser = self.browse()
        browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
            const Real = Date, wrong = 3600000;
            window.Date = class extends Real { constructor(...a) { if (a.length) super(...a); else super(Real.now() + wrong); }
                                               static now() { return Real.now() + wrong; } };"""})
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

    def test_what_an_alarm_says_is_not_said_beside_it(self):
        self.clinic.tell_sim(0, "refuse")
        self.clock.on(25000)
        browser = self.browse("#/beds/bed0")
        browser.see(".alarm-stack .alarm-sentence", "NOT WATCHING m0")
        line = browser.see(".not-watching-lines").text
        self.assertIn("NOT WATCHING rate, SpO2 since", line)
        self.assertNotIn("m0", line)
        # What the line says of each attempt to connect is no news, and must not make a tile's band jump.
        browser.to("")
        browser.see(".tile[data-bed=bed0] .alarm", "NOT WATCHING")
        shown = browser.async_run("""
            const {live} = infusiond;
            live.take = () => {};
            for (const line of live.beds.get("bed0").frame.not_watching) {
              line.line = line.line.replace(line.reason, "another cause");
              line.reason = "another cause";
            }
            live.onChange();
            for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
            return document.querySelector(".tile[data-bed=bed0] .not-watching").hidden;""")
        self.assertTrue(shown)

    def test_a_value_to_look_at_twice_has_its_mark(self):
        browser = self.browse("#/beds/bed0")
        self.assertEqual(words_of(browser.see(".vital-pressure .figures")), "122/78")
        self.clinic.tell_sim(0, "cuff 176 120 90")
        self.clock.on(3000)
        browser.see(".vital-pressure .figures", "176/90?")

    def test_two_browsers_in_step(self):
        first, second = self.browse("#/beds/bed0"), self.browse()

        def in_step(act, here, there, text):
            first.watch(here, text)
            second.watch(there, text)
            late = first.lateness(*family(second.driver.service.process.pid), self.clinic.daemon.pid)
            act()
            self.assertLess(abs(first.moment() - second.moment()) - late.s(), 1)

        in_step(self.crisis, ".alarm-stack .alarm", ".tile[data-bed=bed0] .alarm", "Systolic 186")
        in_step(lambda: first.act("acknowledge", reason="prescriber called"), ".alarm-stack .alarm[data-standing=held]",
                ".tile[data-standing=held]", "")
        in_step(lambda: first.act("reading", systolic=122, diastolic=78), ".vital-pressure .figures", ".tile .vital-pressure .figures", "122/78")

    def test_nothing_moves_when_another_bed_calls(self):
        browser = self.browse("#/beds/bed1")
        where = "const box = document.querySelector('[data-act=start]').getBoundingClientRect(); return [box.top, box.left]"
        browser.see(".elsewhere", "No other bed calls")
        before = browser.run(where)
        self.crisis()
        browser.see(".elsewhere .alarm", "Systolic 186")
        self.assertEqual(browser.run(where), before)

    def test_nothing_moves_when_the_sound_is_paused(self):
        browser = self.browse("#/beds/bed0")
        top = "return document.querySelector('.bed-vitals').getBoundingClientRect().top"
        for size in ((1920, 1080), (1280, 800), (1024, 768), (768, 1024)):
            browser.look(size)
            browser.see("[data-act=pause-audio]")
            before = browser.run(top)
            browser.press("[data-act=pause-audio]")
            browser.see(".audio-paused", "sound paused")
            self.assertEqual(browser.run(top), before, size)
            right = browser.run("return document.querySelector('[data-act=resume-audio]').getBoundingClientRect().right")
            self.assertLessEqual(right, size[0])
            browser.press("[data-act=resume-audio]")
            browser.gone(".audio-paused")

    def test_every_alarm_of_a_bed_is_seen(self):
        for command in ("set breathing 4", "set spo2 80", "set rate 150"):
            self.clinic.tell_sim(0, command)
        self.crisis()
        self.clock.on(20000)
        for size in ((1920, 1080), (1280, 800)):
            browser = self.browse("#/beds/bed0")
            browser.look(size)
            wait_for("four alarms", lambda: len(browser.all(".alarm-stack .alarm")) >= 4)
            browser.wait("each of them whole", """
                const stack = document.querySelector('.alarm-stack').getBoundingClientRect();
                return [...document.querySelectorAll('.alarm-stack .alarm')].every((node) => {
                  const box = node.getBoundingClientRect();
                  return box.top >= stack.top && box.bottom <= stack.bottom + 1 && box.bottom <= innerHeight;
                });""")
            browser.close()
            self.open_browsers.remove(browser)

    def test_all_of_the_chart_is_seen_in_a_low_window(self):
        self.clinic.start_session("bed1")
        self.clock.on(3000)
        browser = self.browse("#/beds/bed0", size=(1280, 800))
        for bed, shown in (("bed0", ".dose-label"), ("bed1", ".before li")):
            browser.to("#/beds/" + bed)
            browser.wait("a chart", "return document.querySelectorAll('.trend-place canvas').length >= 4")
            browser.see(shown)
            browser.see(".checks .check")
            high, seen, chart, bottom = browser.run("""
                const view = document.querySelector("#view"), chart = document.querySelector(".trend").getBoundingClientRect();
                return [view.scrollHeight, view.clientHeight, chart.height, chart.bottom];""")
            self.assertLessEqual(high, seen, bed)
            self.assertLessEqual(bottom, 800, bed)
            self.assertGreater(chart, 240, bed)

    def test_how_many_more_alarms_hides_no_word(self):
        self.clinic.tell_sim(0, "set spo2 80")
        self.crisis()
        self.clock.on(20000)
        browser = self.browse()
        more = browser.see(".tile[data-bed=bed0] .tile-more", "+1")
        self.assertLessEqual(*browser.run("const box = (node) => node.getBoundingClientRect(); return "
                                          "[box(arguments[0].parentNode.querySelector('.alarm-text')).right, box(arguments[0]).left]", more))

    def test_where_not_every_tile_is_seen_what_calls_is_named(self):
        self.crisis()
        browser = self.browse()
        browser.see(".tile[data-bed=bed0] .alarm", "Systolic 186")
        self.assertIsNone(browser.find(".elsewhere"))
        browser.look((420, 300))
        browser.see(".elsewhere .alarm", "bed0")

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
        self.close()
        self.clinic = Stand(BUILD, ["generic-gateway"] * 16)
        self.clinic.start_daemon()
        self.clock = Clock(self.clinic)
        self.wire = Wire(self.clinic.address)
        self.clock.on(5000)
        browser = self.browse()
        wait_for("sixteen tiles", lambda: len(browser.all(".tile")) == 16)
        for element in ("document.documentElement", "document.querySelector('#view')", "document.querySelector('.overview')"):
            self.assertTrue(browser.wait("no scrolling", "const e = %s; return e.scrollHeight <= e.clientHeight" % element), element)
        boxes = browser.run("return [...document.querySelectorAll('.tile')].map((t) => { const b = t.getBoundingClientRect(); "
                            "return [b.left, b.top, b.right, b.bottom]; })")
        self.assertTrue(all(left >= 0 and top >= 0 and right <= 1920 and bottom <= 1080 for left, top, right, bottom in boxes))
        # The figures are as large as the widest go, and one vital sign does not run into the next.
        high, gaps, foot = browser.run("""
            const tile = document.querySelector(".tile");
            for (const figure of tile.querySelectorAll(".figure"))
              figure.textContent = figure.closest(".vital-spo2") ? "100" : "188";
            tile.querySelector(".vital-pressure .doubt").textContent = "?";
            const box = (node) => node.getBoundingClientRect();
            const cells = [...tile.querySelectorAll(".figures")];
            const ends = [box(cells[1]).left, box(cells[2]).left, box(tile).right];
            return [parseFloat(getComputedStyle(cells[0]).fontSize),
              cells.map((each, i) => ends[i] - box(i === 0 ? each : each.querySelector(".figure")).right), box(tile.querySelector(".tile-foot")).top -
              Math.max(...[...tile.querySelectorAll(".vital")].map((each) => box(each).bottom))];""")
        self.assertGreaterEqual(high, 48)
        self.assertTrue(all(gap >= 10 for gap in gaps), gaps)
        self.assertGreaterEqual(foot, 0)


class Heard(Case):
    def test_silent_until_a_click_then_heard(self):
        browser = self.browse("#/beds/bed0", may_play=False)
        browser.see(".sound-off", "SOUND IS OFF: click here")
        self.crisis()
        browser.see(".alarm-stack .alarm[data-priority=high]", "Systolic 186")
        self.assertEqual(browser.sound()["bursts"], [])
        browser.press(".sound-off")
        browser.gone(".sound-off")
        wait_for("a high burst", lambda: browser.sound()["bursts"])
        late = browser.lateness()
        burst = browser.sound()["bursts"][0]
        self.assertEqual((burst["priority"], burst["pulses"]), ("high", 10))
        self.assertEqual(browser.run("return infusiond.sound.context.state"), "running")
        wait_for("a level in the audio graph", lambda: browser.sound()["level"] > 0.05)
        wait_for("the next burst", lambda: len(browser.sound()["bursts"]) >= 2)
        bursts = browser.sound()["bursts"]
        self.assertAlmostEqual(bursts[1]["atMs"] - bursts[0]["atMs"], 7500, delta=600 + late.ms())

    def test_acknowledged_is_silent_and_on_record(self):
        browser = self.browse("#/beds/bed0")
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
        browser = self.browse("#/beds/bed0")
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
        wait_for("a high burst", lambda: browser.sound()["bursts"][-1]["priority"] == "high")

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


class Pages(Case):
    PAGES = ("", "#/beds/bed0", "#/beds/bed1", "#/beds/bed1/start", "#/beds/nowhere", "#/sessions", "#/sessions?alarm=high&patient=T-0001",
             "#/sessions/%d", "#/sessions/%d/print", "#/sessions/999")

    def test_no_page_complains_under_its_own_policy(self):
        browser = self.browse()
        self.crisis()
        self.assertEqual(browser.complaints(), [])
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
        browser = self.browse()
        self.crisis()
        self.clinic.tell_sim(0, "sensor-off pleth")
        self.clock.on(25000)
        found = []
        for scheme in ("dark", "light"):
            browser.look(scheme=scheme)
            # The last of the pages before was that of somebody who had logged out.
            browser.let_in()
            for page in self.PAGES:
                browser.go(page.replace("%d", str(self.session)))
                browser.see("h1, .nothing")
                found += self.violations(browser, axe, page, scheme)
            for name in ("lost", "form", "refused", "wizard", "password", "login"):
                browser.go("#/beds/bed0")
                getattr(self, "show_" + name)(browser)
                found += self.violations(browser, axe, name, scheme)
                self.wire.mend()
                for cancel in browser.all("dialog [type=button]"):
                    if words_of(cancel) == "Cancel":
                        cancel.click()
        self.assertEqual(found, [])

    def violations(self, browser, axe, page, scheme):
        browser.run(axe)
        violations = browser.async_run("return (await axe.run(document, {resultTypes: ['violations']})).violations"
                                       ".map((v) => [v.id, v.impact, v.nodes.length, v.nodes[0].html, v.nodes[0].failureSummary])")
        return [(page, scheme, *v) for v in violations if v[1] in ("serious", "critical")]

    def show_lost(self, browser):
        self.wire.cut()
        browser.see(".band.lost")

    def show_form(self, browser):
        browser.act("acknowledge", send=False)
        browser.see("dialog [name=recheck_min]")

    def show_refused(self, browser):
        browser.act("reading", systolic=90, diastolic=120)
        browser.see("dialog .refusal")

    def show_wizard(self, browser):
        browser.to("#/beds/bed1/start")
        browser.type("[name=weight_kg]", "70")
        browser.type("[name=weight_lb]", "154.3")
        browser.press(".wizard .primary", "See the arithmetic")
        browser.see(".arithmetic")

    def show_password(self, browser):
        browser.press(".who")
        browser.see("dialog.password")

    def show_login(self, browser):
        browser.press(".top button", "Log out")
        browser.see("dialog.login")

    def test_targets_are_large_enough(self):
        browser = self.browse()
        self.crisis()
        for page in self.PAGES[:-1]:
            browser.go(page.replace("%d", str(self.session)))
            browser.see("h1, .nothing")
            small = browser.run("""return [...document.querySelectorAll("button, a, input, select, summary")].filter((node) => {
                const box = (node.closest("label") ?? node).getBoundingClientRect();
                return box.width > 0 && !node.closest("[hidden]") && !node.classList.contains("tile-name") && !node.classList.contains("row-link") &&
                  (box.height < 43.5 || box.width < 43.5);
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
            return red > 20 ? red : 0;""")
        self.assertGreater(dots, 20)

    def test_an_alarm_in_the_record_is_said_in_words(self):
        self.clinic.tell_sim(0, "cuff 186 141 118")
        self.clock.on(3000)
        browser = self.browse("#/beds/bed0")
        browser.see(".alarm-stack .alarm", "Systolic 186")
        kept = next(alarm["sentence"] for alarm in self.record("alarms") if alarm["group"] == "pressure")
        self.assertIn("; diastolic.high.critical", kept)
        browser.see(".alarm-stack .alarm-state", "also diastolic critical high")
        for page in ("#/sessions/%d", "#/sessions/%d/print"):
            browser.go(page % self.session)
            cell = browser.see(".rows td", "limit 180 (critical high)").text
            said, rules = cell.split("\nBy rule: ")
            self.assertRegex(said, r"^Systolic 186, limit 180 \(critical high\).*; measured at 09:0\d\nAlso diastolic critical high, mean critical high, systolic rising$")
            self.assertEqual(rules.replace(", ", "; "), kept.split("; ", kept[:kept.index("; systolic.")].count("; ") + 1)[-1])
            # The same in what happened: what became of it, and no name of a rule.
            events = [[words_of(cell) for cell in row] for row in browser.run(
                "return [...document.querySelectorAll('.record section:last-of-type tbody tr')].map((row) => [...row.cells])")]
            told = [row for row in events if "Systolic 186" in row[2]]
            self.assertEqual([row[1] for row in told], ["alarm"])
            self.assertNotIn("systolic.", told[0][2])

    def test_print_is_the_session_alone(self):
        browser = self.browse("#/sessions/%d/print" % self.session)
        browser.see(".paper h1", "Session")
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        for hidden in ("#top", "#bands", ".record-acts"):
            self.assertIsNone(browser.find(hidden), hidden)
        browser.see(".rows", "dose started")


class Called(Case):
    """Beds that people call otherwise than the configuration does."""

    LONG = "Treatment room north, chair by the window, left"

    @classmethod
    def edit(cls, text):
        return text.replace("{name: bed0,", "{name: bed0, label: Chair 1,").replace("{name: bed1,", "{name: bed1, label: '%s'," % cls.LONG)

    def test_a_long_label_is_not_cut_off(self):
        self.clinic.ctl("sessions", "start", "bed1", "--weight-kg", "70", "--weight-lb", "154.3", "--patient", "T-" + "0123456789" * 4,
                        "--confirm", "none", "--reason", "test")
        browser = self.browse("#/beds/bed1", size=(1280, 800))
        for part, text in ((".bed-name", self.LONG), (".bed-patient", "T-" + "0123456789" * 4)):
            self.assertTrue(browser.run("return arguments[0].scrollWidth <= arguments[0].clientWidth", browser.see(part, text)), part)
        self.assertLess(browser.run("return document.querySelector('.bed-head').offsetHeight"), 60)
        # However much more is said there, nothing of it lies outside the window.
        browser.async_run("""
            const {live} = infusiond, {frame} = live.beds.get("bed1");
            live.take = () => {};
            frame.session.phase = "infusion";
            frame.session.dose_clock.left_ms = -1000;
            frame.session.next_check_in_ms = -725000;
            Object.assign(frame, {audio_paused: true, audio_pause_left_ms: 119000, allowed: [...frame.allowed, "resume-audio"]});
            live.onChange();
            for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);""")
        browser.see(".bed-where", "END: stop the pump?")
        self.assertLessEqual(browser.run("return Math.max(...[...document.querySelectorAll('.bed-head *')].map((node) => "
                                         "node.getBoundingClientRect().right))"), 1280)

    def test_a_session_is_found_by_what_its_bed_is_called(self):
        browser = self.browse("#/sessions")
        for text, found in (("chair 1", "1 to 1 of 1 session"), ("bed0", "1 to 1 of 1 session"), (self.LONG, "No session is like that")):
            browser.type("#filter-q", text)
            browser.press(".filters .primary")
            browser.wait("the question asked", "return decodeURIComponent(location.hash).replaceAll('+', ' ').includes(%r)" % text)
            browser.see(".summary", found)

    def test_days_that_are_none(self):
        browser = self.browse("#/sessions?from=2026-13-45")
        browser.see(".summary", "From: '2026-13-45' is no day like 2026-01-31")
        self.assertIsNone(browser.find(".pages .button"))
        browser.to("#/sessions?from=2026-02-01&to=2026-01-01")
        browser.see(".summary", "To: that day is before From")
        browser.to("#/sessions")
        browser.see(".summary", "1 to 1 of 1 session")
        browser.see("#filter-from").send_keys("0131")
        browser.press(".filters .primary")
        browser.see(".summary", "From: the day is not whole")
        self.assertEqual(browser.complaints(), [])

    def test_the_same_search_is_asked_again(self):
        browser = self.browse("#/sessions?state=open")
        browser.see(".summary", "1 to 1 of 1 session")
        self.clinic.start_session("bed1")
        browser.press(".filters .primary")
        browser.see(".summary", "1 to 2 of 2 sessions")

    def test_one_long_word_leaves_room_for_the_others(self):
        self.clinic.ctl("note", self.session, "--text", "x" * 239)
        browser = self.browse("#/sessions/%d" % self.session, size=(1280, 800))
        browser.see(".rows td", "x" * 239)
        wide = browser.run("return [...document.querySelectorAll('.record section:last-of-type tbody td:nth-child(3)')].map((cell) => cell.offsetWidth)")
        self.assertGreater(min(wide), 350)


if __name__ == "__main__":
    unittest.main()
