// What calls at the beds that are not on this page: a strip that leads there. On the overview every bed is seen anyway.

import {el, list, setAttribute, setText, shape, show} from "./dom.js";
import {partsOf, rankOf, standingOf, worstAlarm} from "./alarm.js";
import {STARS} from "./words.js";

export function elsewhere(app) {
  const chips = new Map();
  const row = el("div", {class: "elsewhere-beds"});
  const calm = el("p", {class: "elsewhere-calm"});
  const node = el("nav", {class: "elsewhere", "aria-label": "Other beds that call"}, calm, row);

  const make = () => {
    const mark = el("span", {class: "alarm-mark"});
    const name = el("strong");
    const text = el("span", {class: "elsewhere-text"});
    const node = el("a", {class: "alarm"}, mark, name, text);
    let shown = null;
    return {node, update: ({bed, worst}) => {
      setAttribute(node, "href", `#/beds/${encodeURIComponent(bed.bed)}`);
      setAttribute(node, "data-priority", worst.priority);
      setAttribute(node, "data-standing", standingOf(worst));
      if (shown !== worst.priority)
        mark.replaceChildren(shape(worst.priority));
      shown = worst.priority;
      setText(name, `${bed.label || bed.bed} ${STARS[worst.priority]}`);
      setText(text, partsOf(worst.sentence).main);
    }};
  };

  return {
    node,
    update(here) {
      const calling = here === null ? [] : [...app.live.beds.values()]
        .map((entry) => ({bed: entry.frame, worst: worstAlarm(entry.frame.alarms.filter((alarm) => standingOf(alarm) === "calls"))}))
        .filter((item) => item.worst && item.bed.bed !== here)
        .sort((a, b) => rankOf(b.worst.priority) - rankOf(a.worst.priority));
      list(row, chips, calling, (item) => item.bed.bed, make);
      show(row, calling.length > 0);
      show(calm, calling.length === 0);
      setText(calm, app.live.lost ? "Not known whether another bed calls" : "No other bed calls");
      show(node, here !== null && app.live.station !== null);
    },
  };
}
