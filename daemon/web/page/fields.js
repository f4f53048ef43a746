// The kinds of fields that a form of an act can have. Each gives an element, what was typed (kept as it was typed), and
// what of it goes into the request: `value` answers {body} or {problem}, one sentence. A kind makes a field for a target:
// {app, bed, beds, alarm}, frames as they were when the form was opened.

import {el} from "./dom.js";
import {clockTime} from "./words.js";

let lastId = 0;

function labelled(label, hint, control, extra = null) {
  lastId += 1;
  control.id = `field-${lastId}`;
  const hintNode = hint ? el("span", {class: "hint", id: `hint-${lastId}`}, hint) : null;
  if (hintNode)
    control.setAttribute("aria-describedby", hintNode.id);
  return el("div", {class: "field"}, el("label", {for: control.id}, label), hintNode, el("span", {class: "control"}, control, extra));
}

// A refusal in which the API calls a field by its name: a form calls it by its label.
export function inWords(sentence, fields) {
  return sentence.replace(/[a-z]+(_[a-z]+)+/g, (name) =>
    fields.find((field) => field.name === name)?.node.querySelector("label, legend")?.textContent ?? name);
}

function typed(control) {
  return {get: () => control.value, set: (text) => {
    control.value = text;
  }};
}

// As people write numbers: "0x46" is a slip, and no 70.
const DECIMAL = /^-?(\d+\.?\d*|\.\d+)$/;

// A decimal number; a comma is a point. Optional ones are left out when nothing was typed.
export function decimal(name, label, {unit = "", optional = false, hint = null, whole = false} = {}) {
  return () => {
    const control = el("input", {name, inputmode: whole ? "numeric" : "decimal", autocomplete: "off", maxlength: 12, size: 8});
    return {name, node: labelled(label, hint, control, el("span", {class: "unit"}, unit)), ...typed(control), value: () => {
      const text = control.value.trim().replace(",", ".");
      if (text === "")
        return optional ? {body: {}} : {problem: `${label}: a number is wanted`};
      const number = DECIMAL.test(text) ? Number(text) : NaN;
      if (Number.isNaN(number) || (whole && !Number.isInteger(number)))
        return {problem: `${label}: '${control.value}' is no ${whole ? "whole " : ""}number`};
      return {body: {[name]: number}};
    }};
  };
}

export function line(name, label, {optional = true, hint = null, max = 239, suggest = []} = {}) {
  return () => {
    const control = el("input", {name, maxlength: max, autocomplete: "off", class: "wide"});
    const chips = suggest.length === 0 ? null : el("span", {class: "chips"}, suggest.map((text) =>
      el("button", {type: "button", class: "chip", onclick: () => {
        control.value = text;
        control.dispatchEvent(new Event("input", {bubbles: true}));
        control.focus();
      }}, text)));
    const node = labelled(label, hint, control);
    if (chips)
      node.append(chips);
    return {name, node, ...typed(control), value: () => {
      const text = control.value.trim();
      if (text === "")
        return optional ? {body: {}} : {problem: `${label}: something is wanted here`};
      return {body: {[name]: text}};
    }};
  };
}

export const reason = (options = {}) => line("reason", options.label ?? "Reason", options);

export function tick(name, label, {hint = null} = {}) {
  return () => {
    const control = el("input", {type: "checkbox", name});
    const node = el("label", {class: "field tick"}, control, el("span", {}, label, hint ? el("span", {class: "hint"}, hint) : null));
    return {name, node, get: () => control.checked, set: (on) => {
      control.checked = on === true;
    }, value: () => ({body: control.checked ? {[name]: true} : {}})};
  };
}

// One of several; `options` makes them from what the form is about: [value, text].
export function choice(name, label, options, {hint = null} = {}) {
  return (target) => {
    const control = el("select", {name}, options(target).map(([value, text]) => el("option", {value}, text)));
    return {name, node: labelled(label, hint, control), ...typed(control), value: () =>
      (control.value === "" ? {problem: `${label}: one of them is wanted`} : {body: {[name]: control.value}})};
  };
}

// Numbers of the ticked items, as one list.
export function items(name, label, options) {
  return (target) => {
    const boxes = options(target).map(({item, text, done}) => ({item, box: el("input", {type: "checkbox", checked: done}), text}));
    const node = el("fieldset", {class: "field items"}, el("legend", {}, label),
      boxes.map(({box, text}) => el("label", {class: "tick"}, box, el("span", {}, text))));
    return {name, node, get: () => boxes.map(({box}) => box.checked), set: (marks) => boxes.forEach(({box}, i) => {
      box.checked = marks[i] === true;
    }), value: () => ({body: {[name]: boxes.filter(({box}) => box.checked).map(({item}) => item)}})};
  };
}

// A time of the clinic's clock, HH:MM or HH:MM:SS: the last such time before now. Nothing typed: now, where that is allowed.
export function clock(name, label, {optional = false, hint = null} = {}) {
  return ({app}) => {
    const now = clockTime(app.live.time() ?? 0, app.utcOffsetMin(), false);
    const control = el("input", {name, inputmode: "numeric", autocomplete: "off", maxlength: 8, size: 8, placeholder: now});
    return {name, node: labelled(label, hint ?? `by the clinic's clock, where it is now ${now}`, control), ...typed(control), value: () => {
      const text = control.value.trim();
      if (text === "")
        return optional ? {body: {}} : {problem: `${label}: a time like ${now} is wanted`};
      const at = timeBefore(text, app.live.time(), app.utcOffsetMin());
      return at === null ? {problem: `${label}: '${text}' is no time like ${now}`} : {body: {[name]: at}};
    }};
  };
}

// "9:30" as the last such time before `nowMs`, in ISO; null when it is none.
export function timeBefore(text, nowMs, utcOffsetMin) {
  const match = /^([01]?\d|2[0-3])[:.]([0-5]\d)(?:[:.]([0-5]\d))?$/.exec(text);
  if (!match || nowMs === null)
    return null;
  const local = nowMs + utcOffsetMin * 60000;
  const day = Math.floor(local / 86400000) * 86400000;
  let at = day + (Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0)) * 1000;
  if (at > local)
    at -= 86400000;
  return new Date(at - utcOffsetMin * 60000).toISOString();
}
