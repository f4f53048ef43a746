"""The console in a browser, in front of a clinic on a test's own clock: a wire between the two that can be cut or held, time
that goes on by itself, and Chromium driven by Selenium."""

import atexit
import json
import os
import shutil
import socket
import struct
import tempfile
import threading
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

import clinic
import ports
from api_client import Live, ask
from clinic import PATIENCE_S, START_MS, Clinic
from machine import Lateness, family

CHROMIUM, CHROMEDRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--mute-audio")
STEP_S = 0.02
PAUSE_S = 0.02      # between two looks at a page: each costs three programs some time
SHOWN = """
const isShown = (node) => node.checkVisibility({visibilityProperty: true, opacityProperty: true}) &&
  [...node.getClientRects()].some((box) => box.width > 0 && box.height > 0);
"""


def wait_for(what, look, patience=PATIENCE_S):
    return clinic.wait_for(what, look, patience, PAUSE_S)


def is_there():
    return os.path.exists(CHROMIUM) and os.path.exists(CHROMEDRIVER)


PASSWORD = "correct horse battery"


class Stand(Clinic):
    """A clinic with an address for browsers. edit(): what is otherwise in its configuration."""

    def __init__(self, *arguments, edit=None, **options):
        self.edit = edit or (lambda text: text)
        self.address = ("127.0.0.1", ports.reserve())
        self.accounts = set()
        super().__init__(*arguments, web='web: {listen: ["%s:%d"]}' % self.address, **options)
        self.reserved.append(self.address[1])

    def write_config(self):
        super().write_config()
        with open(self.path("infusiond.yaml"), encoding="utf-8") as file:
            text = self.edit(file.read() + "  - {name: admin, role: admin}\n")
        with open(self.path("infusiond.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def need_account(self, role):
        """An account that is called as its role is, made when somebody first wants it: each hash is a seventh of a second."""
        if role not in self.accounts:
            self.add_account(role, role)

    def add_account(self, name, role, **more):
        self.accounts.add(name)
        answer = ask(self.path("d.sock"), "POST", "/api/v1/users", {
            "name": name, "role": role, "password": PASSWORD, "must_change_password": False, "as": "admin", **more})
        if answer.status != 200:
            raise AssertionError(answer.body)


def shut(*ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Wire:
    """A TCP port before the daemon's: its address, or the path of its socket. cut(): what is connected ends and nobody new comes in. freeze(): bytes stop
    without a word, as when a cable is pulled. dropped = PATH: the next act sent there arrives, and its answer breaks off."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.is_cut, self.is_frozen, self.dropped, self.broken = False, False, None, set()
        self.pairs = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.is_cut:
                client.close()
                continue
            daemon = socket.socket(socket.AF_UNIX if isinstance(self.target, str) else socket.AF_INET)
            try:
                daemon.connect(self.target)
            except OSError:
                client.close()
                continue
            self.pairs.append((client, daemon))
            threading.Thread(target=self.pass_on, args=(client, daemon, True), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(daemon, client, False), daemon=True).start()

    def pass_on(self, source, sink, is_question):
        try:
            while True:
                piece = source.recv(65536)
                if not piece:
                    break
                while self.is_frozen:
                    time.sleep(STEP_S)
                if is_question and self.dropped and piece.startswith(b"POST " + self.dropped.encode()):
                    self.dropped = None
                    self.broken.add(source)
                if sink in self.broken:
                    # The daemon has done it, and the browser gets the head of another answer only.
                    sink.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n")
                    break
                sink.sendall(piece)
        except OSError:
            pass
        shut(source, sink)

    def cut(self):
        self.is_cut = True
        for pair in self.pairs:
            shut(*pair)

    def mend(self):
        self.is_cut = self.is_frozen = False

    def close(self):
        self.listener.close()
        self.cut()
        for pair in self.pairs:
            for end in pair:
                end.close()


class Clock:
    """Lets a clinic's virtual time run on as real time does, so that frames keep coming; to() leaps ahead."""

    def __init__(self, clinic):
        self.clinic, self.at_ms, self.runs, self.ended = clinic, 0, True, False
        self.lock = threading.Lock()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        before = time.monotonic()
        while not self.ended:
            time.sleep(STEP_S)
            now = time.monotonic()
            with self.lock:
                if self.runs and not self.ended:
                    self.at_ms += (now - before) * 1000
                    struct.pack_into("<q", self.clinic.clock, 16, START_MS + int(self.at_ms))
            before = now

    def to(self, ms):
        with self.lock:
            self.at_ms = max(self.at_ms, ms)
            self.clinic.run_to(int(self.at_ms))
        return ms

    def on(self, ms):
        """So much later than now."""
        return self.to(self.at_ms + ms)

    def on_while_down(self, ms):
        """So much later, and no daemon was there."""
        with self.lock:
            self.at_ms += ms
            self.clinic.leap(int(self.at_ms))

    def close(self):
        with self.lock:
            self.ended = True


def words_of(element):
    """Figures stand in pieces of their own; what is read is the whole."""
    return element.get_attribute("textContent")


class Chromium:
    """A Chromium that outlives the tests: starting one costs more than most of them. None of them finds anything of another in
    it, since each has a browser context of its own: cookies, storage, cache and pages."""

    idle = {True: [], False: []}     # by whether a page may play without a click

    @classmethod
    def take(cls, may_play):
        return cls.idle[may_play].pop() if cls.idle[may_play] else cls(may_play)

    def __init__(self, may_play):
        self.may_play, self.folder = may_play, tempfile.mkdtemp(prefix="infusiond-browser.")
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in FLAGS + ("--user-data-dir=" + self.folder,):
            options.add_argument(flag)
        if may_play:
            options.add_argument("--autoplay-policy=no-user-gesture-required")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(CHROMEDRIVER), options=options)
        atexit.register(self.end)
        self.home = self.driver.current_window_handle
        # The driver speaks for one page, and contexts are the whole browser's.
        place = self.driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
        address = ask(place, "GET", "/json/version").json()["webSocketDebuggerUrl"]
        self.whole = Live(place, address.split(place, 1)[1], None)
        self.said, self.context = 0, None

    def tell(self, method, **parameters):
        self.said += 1
        self.whole.send(1, json.dumps({"id": self.said, "method": method, "params": parameters}).encode())
        while True:
            answer = self.whole.receive()
            if answer.get("id") == self.said:
                return answer["result"]

    def open(self):
        self.context = self.tell("Target.createBrowserContext")["browserContextId"]
        page = self.tell("Target.createTarget", url="about:blank", browserContextId=self.context)["targetId"]
        wait_for("new page", lambda: page in self.driver.window_handles)
        self.driver.switch_to.window(page)
        # Its log goes on from one test to the next.
        self.driver.get_log("browser")

    def give_back(self):
        self.driver.switch_to.window(self.home)
        self.tell("Target.disposeBrowserContext", browserContextId=self.context)
        self.idle[self.may_play].append(self)

    def end(self):
        self.whole.close()
        self.driver.quit()
        shutil.rmtree(self.folder, ignore_errors=True)


class Browser:
    """A browser as one who has never been here begins with, and its page. who: has logged in before the page is opened."""

    def __init__(self, base, who=None, size=(1920, 1080), scheme="dark", may_play=True, motion=False):
        self.base, self.who, self.chromium = base, who, Chromium.take(may_play)
        self.driver = self.chromium.driver
        self.chromium.open()
        self.look(size, scheme, motion)
        if who is not None:
            self.let_in()

    def let_in(self):
        """A log-in as the page itself does one, without a key pressed: that it does is for the tests of logging in."""
        place = self.base.split("/")[2]
        answer = ask(place, "POST", "/api/v1/login", {"name": self.who, "password": PASSWORD}, {"Origin": "http://" + place})
        if answer.status != 200:
            raise AssertionError(answer.body)
        name, value = answer.headers["set-cookie"].split(";")[0].split("=", 1)
        self.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": self.base, "path": "/",
                                                          "httpOnly": True, "sameSite": "Strict"})

    def look(self, size=(1920, 1080), scheme="dark", motion=False):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": size[0], "height": size[1],
                                                                          "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "no-preference" if motion else "reduce"}]})

    def go(self, page=""):
        """A page of the console, loaded anew: an address that differs after its # alone would load nothing."""
        if self.driver.current_url.startswith(self.base):
            self.driver.execute_script("history.replaceState(null, '', arguments[0])", self.base + page)
            self.driver.refresh()
        else:
            self.driver.get(self.base + page)
        self.wait("frames", "return window.infusiond?.live.station != null && infusiond.live.beds.size > 0")

    def log_in(self, name, password=PASSWORD):
        self.type("#login-name", name)
        self.type("#login-password", password)
        self.press("dialog.login .primary")

    def to(self, page):
        """Another page of the console, without loading it anew."""
        self.run("location.hash = arguments[0]", page)

    def new_tab(self, script):
        """Goes to the tab that a script of the page opens."""
        before = set(self.driver.window_handles)
        self.run(script)
        self.driver.switch_to.window(wait_for("new tab", lambda: set(self.driver.window_handles) - before).pop())

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, selector, text=""):
        """What is shown on the page, with this text in it."""
        return self.run(SHOWN + "return [...document.querySelectorAll(arguments[0])].filter((node) => isShown(node) && "
                        "node.textContent.includes(arguments[1]));", selector, text)

    def find(self, selector, text=""):
        return next(iter(self.all(selector, text)), None)

    def see(self, selector, text="", bound=PATIENCE_S):
        """The element, once it is shown with this text in it."""
        return wait_for("%s with '%s' on the page" % (selector, text), lambda: self.find(selector, text), bound)

    def watch(self, selector, text=""):
        """Notes when the page first shows an element with this text; moment() tells it."""
        self.run("""
            const [selector, text] = arguments;
            window.shownAt = null;
            const look = () => {
              if ([...document.querySelectorAll(selector)].some((node) => node.checkVisibility() && node.textContent.includes(text))) {
                window.shownAt = Date.now();
                observer.disconnect();
              }
            };
            const observer = new MutationObserver(look);
            observer.observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
            look();""", selector, text)

    def moment(self, bound=PATIENCE_S):
        """When what is watched for was shown, in seconds since 1970 as time.time() has them."""
        return wait_for("what is watched for", lambda: self.run("return window.shownAt"), bound) / 1000

    def lateness(self, *pids):
        """What this machine keeps the browser and these others from, from now on."""
        return Lateness(*family(self.driver.service.process.pid), *pids)

    def gone(self, selector, bound=PATIENCE_S):
        wait_for("page without %s" % selector, lambda: self.find(selector) is None, bound)

    def wait(self, what, script, bound=PATIENCE_S):
        return wait_for(what, lambda: self.run(script), bound)

    def press(self, selector, text=""):
        self.see(selector, text).click()

    def type(self, selector, text):
        element = self.see(selector)
        element.clear()
        element.send_keys(text)

    def act(self, kind, who="nurse", send=True, **fields):
        """Opens the form of an act, fills it in and, unless told not to, sends it."""
        if self.find("dialog.drawer") is None:
            self.press("[data-act=%s]" % kind)
        self.see("dialog.drawer")
        if self.find("#acting-as") is not None:
            self.type("#acting-as", who)
        for name, value in fields.items():
            field = self.see("dialog.drawer [name=%s]" % name)
            if value is True:
                field.click()
            elif field.tag_name == "select":
                field.find_element(By.CSS_SELECTOR, "option[value='%s']" % value).click()
            else:
                field.clear()
                field.send_keys(str(value))
        if send:
            self.press("dialog.drawer .primary")

    def frame(self, bed):
        return self.run("return infusiond.live.beds.get(arguments[0]).frame", bed)

    def sound(self):
        return self.run("const s = infusiond.sound; return {off: s.isOff, wanted: s.wanted, bursts: s.bursts, level: s.level(), "
                        "now: infusiond.nowMs()}")

    def shot(self, path):
        self.driver.save_screenshot(path)

    def complaints(self):
        """What the browser's console has been told since the last call, but for a server that was taken away on purpose."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE" or "Content Security" in entry["message"]]

    def async_run(self, script, *arguments):
        self.driver.set_script_timeout(PATIENCE_S)
        answer = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1]; (async () => {%s})().then((value) => done(JSON.stringify({value})), "
            "(error) => done(JSON.stringify({error: String(error)})))" % script, *arguments)
        answer = json.loads(answer)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer.get("value")

    def close(self):
        self.chromium.give_back()
