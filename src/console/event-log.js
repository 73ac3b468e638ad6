/** A task's events as lines of a list. Only ever text: nothing that a task says can become markup. */

/** Lines kept on the page; the task has them all. */
const MOST_LINES = 2_000;
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;

/** What an event says to a reader. @returns {{ text: string, kind: string }} */
export function lineOf({ type, data = {}, message }) {
  if (type === "log.line") return { text: String(data.text ?? "").replace(ESCAPES, ""), kind: data.level === "error" ? "error" : String(data.stream ?? "") };
  if (type === "message.delta" || type === "reasoning.delta") return { text: String(data.delta ?? ""), kind: "part" };
  const words = message ?? data.user_message ?? data.error?.message ?? data.title ?? data.message ?? data.name ?? data.reason ?? data.response ?? "";
  return { text: `${type}${words ? `  ${words}` : ""}`, kind: type.endsWith("failed") ? "error" : "about" };
}

/** @param {HTMLElement} list */
export function createEventLog(list) {
  /** @type {HTMLElement[]} */
  let waiting = [];
  /** The line that a text which comes in parts is added to. */
  let part = null;

  const show = () => {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(...waiting);
    waiting = [];
    while (list.childElementCount > MOST_LINES) list.firstElementChild.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
  };

  return {
    add(event) {
      const { text, kind } = lineOf(event);
      if (kind === "part" && part) {
        part.append(text);
        return;
      }
      const item = document.createElement("li");
      if (kind !== "" && kind !== "part") item.className = kind;
      item.append(text);
      part = kind === "part" ? item : null;
      if (waiting.push(item) === 1) requestAnimationFrame(show);
    },
    clear() {
      waiting = [];
      part = null;
      list.replaceChildren();
    },
  };
}
