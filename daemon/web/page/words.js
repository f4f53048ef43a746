// How numbers, ages and times are written. Figures have one width each, so nothing jumps.

export const PRIORITIES = ["none", "low", "medium", "high"];
export const STARS = {high: "***", medium: "**", low: "*", none: ""};

export const PHASES = {
  none: "No session", baseline: "Baseline", infusion: "Infusion", paused: "Paused", recovery: "Recovery",
  discharged: "Discharged",
};

export const SOURCES = {cuff: "cuff", ecg: "ECG", pleth: "oximeter", impedance: "impedance", probe: "probe", manual: "by hand"};

// What the API calls a vital sign, as it is called elsewhere on the page.
const VITALS = {spo2: "SpO2", cuff_pulse: "pulse of the cuff"};

export const vitalWord = (name) => VITALS[name] ?? name;

const two = (number) => String(number).padStart(2, "0");

// How long ago or how long: "27 s", "9 min 05 s", "1 h 12 min".
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60)
    return `${seconds} s`;
  if (seconds < 3600)
    return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86400)
    return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
}

// What is left or over: "32:14", "1:02:14".
export function count(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

export function minutes(ms) {
  return `${Math.round(ms / 60000)} min`;
}

// A number with so many decimals, or as few as it needs.
export function number(value, decimals) {
  if (value === null || value === undefined)
    return "--";
  return decimals === undefined ? String(value) : value.toFixed(decimals);
}

// A time of the record as the clinic's clock shows it. `utcOffsetMin` is the clinic's, never the browser's.
export function clockTime(ms, utcOffsetMin, seconds = true) {
  return new Date(ms + utcOffsetMin * 60000).toISOString().slice(11, seconds ? 19 : 16);
}

export function dayAndTime(iso, utcOffsetMin) {
  if (!iso)
    return "";
  const text = new Date(Date.parse(iso) + utcOffsetMin * 60000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 16)}`;
}

export function plural(count_, one, many = `${one}s`) {
  return `${count_} ${count_ === 1 ? one : many}`;
}
