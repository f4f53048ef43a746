// The console: who is here, which page is shown, and the bands above every page that say what nobody may overlook.

import {el, list, setAttribute, setText, shape, show} from "./dom.js";
import {beat, nowMs} from "./clock.js";
import {Live} from "./live.js";
import {Sound} from "./sound.js";
import {alarmBand, soundWanted, worstAlarm} from "./alarm.js";
import {ACTS, alarmButtons} from "./acts.js";
import {ask} from "./api.js";
import {bedPage} from "./bed.js";
import {clockTime, span} from "./words.js";
import {elsewhere} from "./elsewhere.js";
import {reopen} from "./dialog.js";
import {Settings} from "./settings.js";
import {choosePassword, login} from "./login.js";
import {overview} from "./overview.js";
import {sessionPage} from "./session.js";
import {sessionsPage} from "./sessions.js";
import {wizard} from "./wizard.js";

// A page's address, what it shows, and which bed it is about: "" for none, null for all.
const ROUTES = [
  [/^#\/beds\/([^/]+)\/start$/, (app, name) => ({...wizard(app, name), here: name})],
  [/^#\/beds\/([^/]+)$/, (app, name) => ({...bedPage(app, name), here: name})],
  [/^#\/sessions\/(\d+)\/print$/, (app, id) => ({...sessionPage(app, Number(id), {isPaper: true}), here: ""})],
  [/^#\/sessions\/(\d+)$/, (app, id) => ({...sessionPage(app, Number(id)), here: ""})],
  [/^#\/sessions(\?.*)?$/, (app) => ({...sessionsPage(app), here: ""})],
  [/^/, overview],
];
const TELL_MS = 8000;

class Console {
  constructor() {
    this.settings = new Settings();
    this.live = new Live();
    this.sound = new Sound();
    this.view = null;
    this.form = null;         // the open form of an act
    this.actingAs = "";       // at a shared terminal
    this.asking = null;
    this.fault = null;
    this.waiting = [];
    this.isDrawing = false;
    this.told = el("p", {class: "told", role: "status", hidden: true});
    this.toldUntilMs = 0;
    document.body.append(this.told);
    this.top = topBar(this);
    this.bands = bands(this);
    document.getElementById("top").append(this.top.node);
    document.getElementById("bands").append(this.bands.node);
    this.live.onChange = () => {
      if (this.live.station)
        this.waiting.splice(0).forEach((resolve) => resolve());
      this.hear();
      this.drawSoon();
    };
    this.live.onTrouble = () => this.lookWhetherKnown();
    for (const name of ["pointerdown", "keydown"])
      document.addEventListener(name, () => this.sound.unlock(), {capture: true});
    this.sound.context.onstatechange = () => this.update();
    // A chart is painted in the colours of its look.
    this.settings.onChange = () => this.update();
    window.addEventListener("hashchange", () => this.route());
  }

  // The clinic's zone, from the last frame.
  utcOffsetMin() {
    return this.live.station ? this.live.station.frame.wall_clock.utc_offset_min : 0;
  }

  // What people call a bed; its name when nobody gave it another, or when it is no more.
  bedLabel(name) {
    return this.live.beds.get(name)?.frame.label || name;
  }

  // The name of the bed that people call so; null when it is called by its name, or none is called so.
  bedCalled(label) {
    const wanted = label.toLowerCase();
    return [...this.live.beds.values()].find(({frame}) => frame.label && frame.label !== frame.bed && frame.label.toLowerCase() === wanted)
      ?.frame.bed ?? null;
  }

  go(hash) {
    location.hash = hash;
  }

  async start() {
    this.update();
    beat(() => this.tick());
    await this.lookWhetherKnown();
  }

  // Who is asking? Nobody known: the log-in stands before everything else, and the page below it stays as it was.
  async lookWhetherKnown() {
    if (this.asking)
      return;
    this.asking = ask("GET", "/api/v1/status").catch(() => null);
    const answer = await this.asking;
    this.asking = null;
    if (answer && answer.status === 401)
      login.open(this);
    else if (answer && answer.status === 403)
      choosePassword(this, null);
    else if (answer && answer.status === 200)
      this.known(answer.body.you);
  }

  known(you) {
    const isNew = this.live.you === null;
    this.live.you = you;
    login.close();
    this.live.start();
    if (isNew)
      this.route();
    this.update();
  }

  // Resolved by the first frame of the station: before it nobody knows the clinic's zone.
  ready() {
    if (this.live.station)
      return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  clockNow() {
    const ms = this.live.time();
    return ms === null ? "--:--:--" : clockTime(ms, this.utcOffsetMin());
  }

  // One sentence about what was just done.
  tell(sentence) {
    setText(this.told, sentence);
    show(this.told, true);
    this.toldUntilMs = nowMs() + TELL_MS;
  }

  async logOut() {
    const answer = await ask("POST", "/api/v1/logout", {}).catch(() => null);
    if (!answer) {
      this.tell("infusiond does not answer: nobody was logged out");
      return;
    }
    this.live.stop();
    this.view = null;
    document.getElementById("view").replaceChildren();
    login.open(this);
    this.update();
  }

  route() {
    const [pattern, make] = ROUTES.find(([regex]) => regex.test(location.hash));
    if (this.view && this.view.leave)
      this.view.leave();
    if (this.form)
      this.form.leave();
    this.view = make(this, ...location.hash.match(pattern).slice(1).map((part) => decodeURIComponent(part ?? "")));
    const place = document.getElementById("view");
    place.replaceChildren(this.view.node);
    place.scrollTop = 0;
    this.update();
  }

  tick() {
    this.live.tick();
    this.sound.tick();
    if (!this.told.hidden && nowMs() > this.toldUntilMs)
      show(this.told, false);
    this.update();
  }

  // A fault in drawing a page must hush no alarm, and must not pass for a calm bed.
  draw() {
    try {
      if (this.view)
        this.view.update();
      this.fault = null;
    } catch (fault) {
      if (this.fault === null)
        console.error(fault);
      this.fault = String(fault);
    }
  }

  // What sounds is decided with every frame, at once.
  hear() {
    this.calls = soundWanted(this.live);
    this.sound.want(this.live.wanted ? this.calls.priority : "none", this.calls.reasons);
  }

  // The frames of one turn are drawn together; a tab that nobody sees is drawn by its ticks.
  drawSoon() {
    if (this.isDrawing || document.hidden)
      return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      this.update();
    });
  }

  update() {
    this.hear();
    setAttribute(document.documentElement, "data-lost", this.live.lost ? "yes" : null);
    this.top.update();
    this.bands.update();
    this.draw();
    if (this.form)
      this.form.follow();
    else if (this.live.you)
      reopen(this, ACTS);
    const title = typeof this.view?.title === "function" ? this.view.title() : this.view?.title;
    const mark = this.live.lost ? "PAGE LOST" : {high: "*** HIGH", medium: "** MEDIUM"}[this.calls.priority] ?? "";
    const text = [mark, title, this.live.station?.frame.clinic].filter(Boolean).join(" · ");
    if (document.title !== text)
      document.title = text;
  }
}

function topBar(app) {
  const clinic = el("a", {class: "clinic", href: "#/"});
  const time = el("time", {class: "clinic-time"});
  const who = el("button", {type: "button", class: "quiet who", title: "Change the password", onclick: () => choosePassword(app, null, true)});
  const out = el("button", {type: "button", class: "quiet", onclick: () => app.logOut()}, "Log out");
  const theme = el("button", {type: "button", class: "quiet", onclick: () => app.settings.nextTheme()});
  const test = el("button", {type: "button", class: "quiet", onclick: () => app.sound.test()}, "Test sound");
  const links = [["#/", "Beds"], ["#/sessions", "Sessions"]].map(([href, text]) => el("a", {class: "nav", href}, text));
  const node = el("div", {class: "top"}, clinic, el("nav", {"aria-label": "Pages"}, links), el("span", {class: "gap"}),
    el("span", {class: "primary-note"}, "The monitors' own alarms stay on and stay primary."), time, who, test, theme, out);
  return {
    node,
    update() {
      setText(clinic, app.live.station ? app.live.station.frame.clinic : "infusiond");
      setText(time, app.clockNow());
      // The socket knows people by their user: there is no log-in to end and no password to change.
      const isLoggedIn = Boolean(app.live.you && app.live.you.logged_in_until);
      show(out, isLoggedIn);
      who.disabled = !isLoggedIn;
      setText(who, app.live.you ? `${app.live.you.name} (${app.live.you.role})` : "");
      setText(theme, `Look: ${app.settings.get("theme")}`);
      for (const link of links)
        setAttribute(link, "aria-current", location.hash.startsWith(link.getAttribute("href")) &&
          (link.getAttribute("href") !== "#/" || !location.hash.startsWith("#/sessions")) ? "page" : null);
    },
  };
}

function bands(app) {
  const lost = el("div", {class: "band lost", role: "alert"});
  const fault = el("div", {class: "band lost", role: "alert"}, "THIS PAGE HAS A FAULT and may not show what is: look at the monitors, and load it anew");
  const off = el("button", {type: "button", class: "band sound-off", onclick: () => app.sound.unlock()}, 
    "SOUND IS OFF: click here. Until then no alarm can be heard on this page.");
  const backText = el("span");
  const back = el("div", {class: "band back"}, backText, el("button", {type: "button", onclick: () => {
    app.live.back = null;
    app.update();
  }}, "Seen"));
  const renewed = el("div", {class: "band back"}, "infusiond was renewed while this page was open.",
    el("button", {type: "button", onclick: () => location.reload()}, "Load the page anew"));
  const rows = new Map();
  const station = el("div", {class: "station-alarms"});
  const others = elsewhere(app);
  const node = el("div", {}, lost, fault, off, back, renewed, station, others.node);
  const spoken = document.getElementById("spoken");
  return {
    node,
    update() {
      const live = app.live;
      show(lost, live.lost);
      if (live.lost) {
        setText(lost, `PAGE LOST: this page has not heard from infusiond for ${span(live.silentMs())}: look at the monitors`);
      }
      show(fault, app.fault !== null);
      show(off, app.sound.isOff && live.wanted);
      show(back, live.back && !live.lost);
      if (live.back)
        setText(backText, `This page is back. Nobody was shown anything here for ${span(live.back.lastedMs)}, from ` +
          `${clockTime(Date.parse(live.back.fromIso), app.utcOffsetMin())} to ${clockTime(Date.parse(live.back.toIso), app.utcOffsetMin())}.`);
      const alarms = live.station ? live.station.frame.alarms.filter((alarm) => alarm.state !== "over") : [];
      list(station, rows, alarms, (alarm) => alarm.id, () => {
        const buttons = alarmButtons(app, null);
        const band = alarmBand(buttons);
        return {node: band.node, update: (alarm) => band.update(live.station, alarm, app.utcOffsetMin())};
      });
      show(renewed, live.isRenewed);
      others.update(app.view ? app.view.here : null);
      const worst = worstAlarm([...live.beds.values()].flatMap((entry) => entry.frame.alarms));
      setText(spoken, worst && worst.state === "active" ? `${worst.priority}: ${worst.bed ?? ""} ${worst.group}` : "");
    },
  };
}

// A screen that goes dark shows no alarm; a browser that cannot be asked leaves it to the computer's own settings.
async function keepAwake() {
  try {
    if (document.visibilityState === "visible")
      await navigator.wakeLock?.request("screen");
  } catch {
    // Refused, as on a low battery.
  }
}

document.addEventListener("visibilitychange", keepAwake);
keepAwake();
const app = new Console();
// For whoever looks into the page from outside: the audio graph's state and the last frames.
window.infusiond = {sound: app.sound, live: app.live, nowMs};
app.start();
