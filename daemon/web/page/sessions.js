// The list of sessions, newest first: what was asked for stands in the page's address, so that Back, a reload or a link
// shows the same again.

import {el, setText, show} from "./dom.js";
import {ask} from "./api.js";
import {PHASES, dayAndTime, number, plural} from "./words.js";

const PAGE = 50;

// Each filter is one word of the API's question. The days are the clinic's.
const FILTERS = [
  {name: "from", label: "From", type: "date"},
  {name: "to", label: "To", type: "date"},
  {name: "q", label: "Patient, bed or regimen"},
  {name: "state", label: "State", options: [["", "any"], ["open", "open"], ["ended", "ended"]]},
  {name: "alarm", label: "Alarm", options: [["", "any"], ["low", "any alarm"], ["medium", "medium or high"], ["high", "high"],
    ["pressure", "pressure"], ["rate", "rate"], ["oxygen", "oxygen"], ["breathing", "breathing"]]},
  {name: "gap", label: "Not watched", options: [["", "any"], ["yes", "with a gap"], ["no", "no gap"]]},
  {name: "unsigned", label: "Signed", options: [["", "any"], ["yes", "not signed"], ["no", "signed"]]},
];

// What a link may ask beside them.
const WORDS = [...FILTERS.map((filter) => filter.name), "bed", "patient", "regimen"];

// "2026-01-02" of the clinic as the instant at which that day begins, or ends; null when it is no day.
function dayToTime(day, utcOffsetMin, isEnd) {
  const begin = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  return Number.isNaN(begin) ? null : new Date(begin - utcOffsetMin * 60000 + (isEnd ? 86400000 : 0)).toISOString();
}

// What is wrong with the days that are asked for, in one sentence; null when nothing is.
function wrongDays(words) {
  const days = FILTERS.filter(({name, type}) => type === "date" && words.get(name));
  const wrong = days.find(({name}) => dayToTime(words.get(name), 0, false) === null);
  if (wrong)
    return `${wrong.label}: '${words.get(wrong.name)}' is no day like 2026-01-31.`;
  return days.length === 2 && words.get("to") < words.get("from") ? "To: that day is before From." : null;
}

export function wordsOfHash(hash) {
  return new URLSearchParams(hash.split("?")[1] ?? "");
}

function question(words, app) {
  const query = new URLSearchParams({limit: String(PAGE)});
  for (const name of WORDS) {
    const value = words.get(name);
    if (value)
      query.set(name, name === "from" || name === "to" ? dayToTime(value, app.utcOffsetMin(), name === "to") : value);
  }
  // A bed is looked for by what it is called here, too.
  const bed = app.bedCalled(words.get("q") ?? "");
  if (bed) {
    query.delete("q");
    query.set("bed", bed);
  }
  if (words.get("offset"))
    query.set("offset", words.get("offset"));
  return `/api/v1/sessions?${query}`;
}

function control({name, type, options}, value) {
  const node = options ? el("select", {id: `filter-${name}`, name}, options.map(([key, text]) => el("option", {value: key}, text)))
    : el("input", {id: `filter-${name}`, name, type: type ?? "text", autocomplete: "off", size: 12, maxlength: 63});
  node.value = value ?? "";
  return node;
}

function row(session, utcOffsetMin, bedName) {
  const alarms = session.alarms === 0 ? "none" : `${session.alarms}` + (session.high_alarms > 0 ? `, ${session.high_alarms} high` : "");
  const cells = [session.patient || "–", bedName, session.regimen, dayAndTime(session.started, utcOffsetMin),
    session.dose_started ? dayAndTime(session.dose_started, utcOffsetMin).slice(11) : "not given",
    session.ended ? dayAndTime(session.ended, utcOffsetMin).slice(11) : `open, ${PHASES[session.phase].toLowerCase()}`,
    `${number(session.dose_mg)} mg`, session.aborted ? "aborted" : "", alarms, session.gaps === 0 ? "none" : String(session.gaps), session.signed_by ?? ""];
  return el("tr", {"data-session": session.id}, el("th", {scope: "row"}, el("a", {href: `#/sessions/${session.id}`, class: "row-link"}, `${session.id}`)),
    cells.map((text) => el("td", {}, text)));
}

const HEADS = ["No.", "Patient", "Bed", "Regimen", "Started", "Drug", "Ended", "Dose", "Remark", "Alarms", "Gaps", "Signed by"];

export function sessionsPage(app) {
  const words = wordsOfHash(location.hash);
  const controls = FILTERS.map((filter) => control(filter, words.get(filter.name)));
  const form = el("form", {class: "filters", role: "search", novalidate: true}, FILTERS.map((filter, i) => el("div", {class: "filter"},
    el("label", {for: `filter-${filter.name}`}, filter.label), controls[i])),
  el("button", {class: "primary"}, "Search"), el("a", {class: "button", href: "#/sessions"}, "All"));
  const body = el("tbody");
  const table = el("table", {class: "rows"}, el("thead", {}, el("tr", {}, HEADS.map((text) => el("th", {scope: "col"}, text)))), body);
  const said = el("p", {class: "summary", role: "status"});
  const newer = el("a", {class: "button"}, "Newer");
  const older = el("a", {class: "button"}, "Older");
  const node = el("div", {class: "record"}, el("h1", {}, "Sessions"), form, said, el("div", {class: "table-box", tabindex: "0"}, table),
    el("nav", {class: "pages", "aria-label": "Further sessions"}, newer, older));

  function hashWith(changes) {
    const next = new URLSearchParams(words);
    for (const [name, value] of Object.entries(changes))
      if (value)
        next.set(name, value);
      else
        next.delete(name);
    return `#/sessions${next.size > 0 ? `?${next}` : ""}`;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const half = FILTERS.find((filter, i) => controls[i].validity.badInput);
    if (half) {
      setText(said, `${half.label}: the day is not whole.`);
      return;
    }
    const changes = Object.fromEntries(FILTERS.map(({name}, i) => [name, controls[i].value.trim()]));
    const hash = hashWith({...changes, offset: "", bed: "", patient: "", regimen: ""});
    // The same question again may have another answer.
    if (hash === location.hash)
      load();
    else
      app.go(hash);
  });

  function draw(answer) {
    const offset = Number(words.get("offset") ?? 0);
    const {sessions, total} = answer;
    body.replaceChildren(...sessions.map((session) => row(session, app.utcOffsetMin(), app.bedLabel(session.bed))));
    show(newer, offset > 0);
    show(older, offset + sessions.length < total);
    newer.href = hashWith({offset: offset > PAGE ? String(offset - PAGE) : ""});
    older.href = hashWith({offset: String(offset + PAGE)});
    setText(said, sessions.length === 0 ? "No session is like that." : `${offset + 1} to ${offset + sessions.length} of ` +
      plural(total, "session"));
  }

  async function load() {
    setText(said, wrongDays(words) ?? "looking");
    if (wrongDays(words))
      return;
    await app.ready();
    const answer = await ask("GET", question(words, app)).catch(() => null);
    if (answer && answer.status === 200)
      draw(answer.body);
    else
      setText(said, answer ? answer.body.error : "infusiond does not answer.");
  }

  body.addEventListener("click", (event) => {
    const line = event.target.closest("tr");
    if (line && !event.target.closest("a"))
      app.go(`#/sessions/${line.dataset.session}`);
  });
  show(newer, false);
  show(older, false);
  load();
  return {node, update() {}, title: "Sessions"};
}
