import {el} from "./dom.js";
export function actButtons() {
  return {node: el("div", {class: "acts"}), update() {}};
}
export function alarmButtons() {
  return {node: el("span"), update() {}};
}
