// What this browser remembers for whoever sits at it: the look and the order of beds. Nothing of any patient.

const DEFAULTS = {theme: "auto", order: "place"};
const THEMES = ["auto", "dark", "light"];

export class Settings {
  constructor() {
    this.onChange = () => {};
    this.light = matchMedia("(prefers-color-scheme: light)");
    this.light.addEventListener("change", () => this.apply());
    this.apply();
  }

  get(name) {
    try {
      return localStorage.getItem(`infusiond.${name}`) ?? DEFAULTS[name];
    } catch {
      return DEFAULTS[name];
    }
  }

  set(name, value) {
    try {
      localStorage.setItem(`infusiond.${name}`, value);
    } catch {
      // A browser that keeps nothing is used as it is.
    }
  }

  nextTheme() {
    this.set("theme", THEMES[(THEMES.indexOf(this.get("theme")) + 1) % THEMES.length]);
    this.apply();
  }

  apply() {
    const theme = this.get("theme");
    document.documentElement.dataset.theme = theme !== "auto" ? theme : this.light.matches ? "light" : "dark";
    this.onChange();
  }
}
