// All beds at once, each a tile that can be read from the other end of the room. By place a bed keeps its place; worst
// first puts what calls in front. Tiles share the window: sixteen fit into 1920 x 1080.

import {el, list, setAttribute, setText, show} from "./dom.js";
import {alarmBand, standingOf, urgencyOf, worstAlarm} from "./alarm.js";
import {isSaidBy, pressureCell, unwatchedLines, vitalCell} from "./vital.js";
import {checkWords, doneShare, infusedText, phaseWords} from "./phase.js";
import {Live} from "./live.js";
import {count, plural} from "./words.js";
import {nowMs} from "./clock.js";

// A tile is so many letters wide and high; below the smallest letter the page scrolls instead.
const TILE_EM = {width: 37.4, height: 16.8};
const LETTER_PX = {least: 11, most: 34};
const GAP_PX = 8;
// A tile must not run away from under a pointer that is about to press it.
const HOLD_ORDER_MS = 3000;

function tile(app, name) {
  const label = el("a", {class: "tile-name", href: `#/beds/${encodeURIComponent(name)}`});
  const patient = el("span", {class: "tile-patient"});
  const phase = el("span", {class: "tile-phase"});
  const left = el("span", {class: "tile-left"});
  const band = alarmBand(null, true);
  const calm = el("div", {class: "tile-calm"});
  const more = el("span", {class: "tile-more"});
  const banner = el("div", {class: "no-session"});
  const unwatched = el("div", {class: "not-watching"});
  const cells = [pressureCell({small: true}), vitalCell("rate", "Rate", {small: true}), vitalCell("spo2", "SpO2", {small: true})];
  const progress = el("div", {class: "progress"}, el("div", {class: "progress-done"}));
  const check = el("span", {class: "tile-check"});
  const infused = el("span", {class: "tile-infused"});
  const infusedMg = el("strong");
  infused.append(infusedMg, el("small", {}, " calculated from the clock"));
  const audio = el("span", {class: "audio-paused"});
  const node = el("article", {class: "tile", "data-bed": name},
    el("div", {class: "tile-head"}, label, patient, phase, left), progress,
    el("div", {class: "tile-bands"}, band.node, banner, unwatched, calm, more),
    el("div", {class: "tile-vitals"}, cells.map((cell) => cell.node)),
    el("div", {class: "tile-foot"}, check, audio, infused));
  node.addEventListener("click", (event) => event.target.closest("a, button") || app.go(`#/beds/${encodeURIComponent(name)}`));

  function drawBands(entry, lost) {
    const bed = entry.frame;
    const worst = worstAlarm(bed.alarms);
    const lines = bed.not_watching;
    show(band.node, worst);
    if (worst)
      band.update(entry, worst, app.utcOffsetMin());
    // An alarm about not watching already says it in its own sentence.
    const said = worst && lines.length > 0 && isSaidBy(worst, lines[0]);
    show(unwatched, lines.length > 0 && !said);
    setText(unwatched, unwatchedLines(bed, app.utcOffsetMin())[0] ?? "");
    show(banner, bed.banner && !worst);
    setText(banner, bed.banner ?? "");
    show(calm, !worst && !bed.banner && lines.length === 0);
    setText(calm, lost ? "NOT KNOWN: this page hears nothing" : "watched, nothing to report");
    show(more, bed.alarms.length > 1);
    setText(more, `+${bed.alarms.length - 1}`);
    setAttribute(node, "data-worst", worst ? worst.priority : null);
    setAttribute(node, "data-standing", worst ? standingOf(worst) : null);
  }

  function drawFoot(entry) {
    const session = entry.frame.session;
    const next = checkWords(entry);
    const pause = Live.left(entry, entry.frame.audio_pause_left_ms);
    setText(check, next.text);
    setAttribute(check, "data-overdue", next.overdue ? "yes" : null);
    show(infused, session && session.dose_clock.started);
    if (session)
      setText(infusedMg, infusedText(session));
    show(audio, entry.frame.audio_paused && pause > 0);
    setText(audio, pause > 0 ? `sound paused ${count(pause)}` : "");
  }

  return {
    node,
    update(entry) {
      const bed = entry.frame;
      const lost = app.live.lost || app.live.isBedSilent(entry);
      const words = phaseWords(entry);
      setText(label, bed.label || bed.bed);
      setText(patient, bed.session ? bed.session.patient ?? "no pseudonym" : "");
      setText(phase, words.name);
      setText(left, words.left);
      setAttribute(node, "data-phase", bed.session ? bed.session.phase : "none");
      setAttribute(node, "data-watched", bed.watched ? "yes" : "no");
      setAttribute(node, "data-lost", lost ? "yes" : null);
      progress.firstChild.style.setProperty("--done", doneShare(entry));
      drawBands(entry, lost);
      for (const cell of cells)
        cell.update(entry, lost);
      drawFoot(entry);
    },
  };
}

// Columns and the size of a letter, so that all tiles fit; when they cannot, as many columns as can be read.
function fit(count_, width, height) {
  let best = {letter: 0, columns: 1};
  for (let columns = 1; columns <= count_; columns++) {
    const rows = Math.ceil(count_ / columns);
    const letter = Math.min((width - GAP_PX * (columns - 1)) / columns / TILE_EM.width,
      (height - GAP_PX * (rows - 1)) / rows / TILE_EM.height);
    if (letter > best.letter)
      best = {letter, columns};
  }
  if (best.letter >= LETTER_PX.least)
    return {columns: best.columns, letter: Math.min(best.letter, LETTER_PX.most), scrolls: false};
  const columns = Math.max(1, Math.floor(width / (TILE_EM.width * LETTER_PX.least)));
  return {columns, letter: Math.min((width - GAP_PX * (columns - 1)) / columns / TILE_EM.width, 18), scrolls: true};
}

export function overview(app) {
  const tiles = new Map();
  const grid = el("div", {class: "tiles"});
  const summary = el("p", {class: "summary"});
  const order = el("button", {type: "button", class: "quiet", onclick: () => {
    app.settings.set("order", app.settings.get("order") === "worst" ? "place" : "worst");
    heldUntilMs = 0;
    update();
  }});
  const head = el("div", {class: "overview-head"}, el("h1", {class: "unseen"}, "Beds"), summary, order);
  const node = el("div", {class: "overview"}, head, grid);
  let heldUntilMs = 0;
  let placed = [];
  let isCutOff = false;
  grid.addEventListener("pointermove", () => {
    heldUntilMs = nowMs() + HOLD_ORDER_MS;
  });

  function inOrder(entries) {
    if (app.settings.get("order") !== "worst")
      return entries;
    const wanted = entries.map((entry, place) => ({entry, place, urgency: urgencyOf(entry.frame)}))
      .sort((a, b) => b.urgency - a.urgency || a.place - b.place).map((item) => item.entry);
    const names = wanted.map((entry) => entry.frame.bed);
    const isHeld = nowMs() < heldUntilMs || grid.contains(document.activeElement);
    if (isHeld && placed.length === names.length && placed.every((name) => names.includes(name)))
      return placed.map((name) => entries.find((entry) => entry.frame.bed === name));
    placed = names;
    return wanted;
  }

  function layOut(count_) {
    const {columns, letter, scrolls} = fit(count_, grid.clientWidth,
      node.clientHeight - head.offsetHeight - GAP_PX);
    grid.style.setProperty("--columns", columns);
    grid.style.setProperty("--letter", `${letter.toFixed(2)}px`);
    setAttribute(grid, "data-scrolls", scrolls ? "yes" : null);
    isCutOff = scrolls;
  }

  function update() {
    const names = app.live.station ? app.live.station.frame.beds.map((brief) => brief.bed) : [];
    const entries = names.map((name) => app.live.beds.get(name)).filter(Boolean);
    const calling = entries.filter((entry) => entry.frame.alarms.some((alarm) => standingOf(alarm) === "calls")).length;
    setText(order, app.settings.get("order") === "worst" ? "Order: worst first" : "Order: by place");
    setText(summary, entries.length === 0 ? "waiting for the first frame" : `${plural(entries.length, "bed")}, ` +
      `${entries.filter((entry) => entry.frame.watched).length} with a session, ` +
      (calling > 0 ? `${calling} calling` : "none calling"));
    list(grid, tiles, inOrder(entries), (entry) => entry.frame.bed, (entry) => tile(app, entry.frame.bed));
    layOut(entries.length || 1);
  }
  // Where not every tile is seen, what calls is named above the page as it is elsewhere.
  return {node, update, title: "Beds", get here() {
    return isCutOff ? "" : null;
  }};
}
