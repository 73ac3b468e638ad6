/** Where on the page we are: what stands behind the # of the address. */
import { signal } from "../view.min.js";

/** `#/tasks/ID?tab=frames` → `{ page: "tasks", id: "ID", query }`; `#ID`, as the command line prints it, is that task. */
export function parseRoute(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const parts = path.split("/").map(safely);
  if (parts[0] !== "" && parts.length === 1) return { page: "tasks", id: parts[0], query: new URLSearchParams(query) };
  return { page: parts[1] || "tasks", id: parts[2] || null, query: new URLSearchParams(query) };
}

function safely(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal(parseRoute(location.hash));
addEventListener("hashchange", () => void (route.value = parseRoute(location.hash)));

/** The address of a page. */
export function to(page, id = null, query = {}) {
  // Whoever watches by a link keeps it on the way.
  const access = route.value.query.get("access");
  const all = new URLSearchParams({ ...query, ...(access ? { access } : {}) }).toString();
  return `#/${page}${id === null ? "" : `/${encodeURIComponent(id)}`}${all ? `?${all}` : ""}`;
}

/** Goes there; `replace`: without a step in the history. */
export function go(address, replace = false) {
  if (replace) location.replace(address);
  else location.hash = address;
}
