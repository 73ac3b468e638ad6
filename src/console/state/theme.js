/** Dark, light, or as the system has it. */
import { signal } from "../view.min.js";

const KEY = "taskwire-theme";
const ORDER = ["auto", "light", "dark"];

const read = () => {
  try {
    return ORDER.find((name) => name === localStorage.getItem(KEY)) ?? "auto";
  } catch {
    return "auto";
  }
};

export const theme = signal(read());

const show = () => {
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
};
show();

/** The next one. */
export function turnTheme() {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length];
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // A page that may keep nothing has it until it is closed.
  }
  show();
}
