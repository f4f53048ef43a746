import {el} from "./dom.js";
export function trend() {
  return {node: el("div", {class: "trend"}), update() {}, leave() {}};
}
