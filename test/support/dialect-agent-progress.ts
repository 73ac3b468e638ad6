/** Whether messages are what a client of agent progress may be sent: written from what those clients read, not from our code. */

const KNOWN = new Set(["step", "tool", "message", "percent", "timestamp", "error", "heartbeat"]);
const UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/** Why these frames of one connection are not legal; null where they are. The answer to connecting may stand first. */
export function legal(frames: readonly unknown[]): string | null {
  let highest = 0;
  let over = false;
  for (const [at, frame] of frames.entries()) {
    const where = `frame ${at} ${JSON.stringify(frame)}`;
    if (typeof frame !== "object" || frame === null || Array.isArray(frame)) return `${where} is no object`;
    const { step, tool, message, percent, timestamp, error, heartbeat, ...others } = frame as Record<string, unknown>;
    if (Object.keys(others).length > 0) return `${where} has fields that nobody knows`;
    if (typeof timestamp !== "string" || !UTC.test(timestamp) || Number.isNaN(Date.parse(timestamp.replace(":60", ":59")))) return `${where} has no time in UTC`;
    if (heartbeat !== undefined) {
      if (heartbeat !== true || Object.keys(frame).length !== 2) return `${where} is a heartbeat that says more, or less`;
      if (over) return `${where} comes when the task is over`;
      continue;
    }
    if (Object.keys(frame).some((name) => !KNOWN.has(name))) return `${where} is not known`;
    if (typeof step !== "string" || step === "" || typeof message !== "string" || message === "") return `${where} has no step, or no message`;
    if (tool !== undefined && (typeof tool !== "string" || tool === "")) return `${where} has a tool that is none`;
    if (error !== undefined && typeof error !== "boolean") return `${where} has an error that is neither true nor false`;
    if (!Number.isInteger(percent) || Object.is(percent, -0) || (percent as number) < 0 || (percent as number) > 100) return `${where} has a percent that is no whole number from 0 to 100`;
    if (over) return `${where} comes when the task is over`;
    if (step === "failed") {
      if (percent !== 0 || error !== true) return `${where} has failed and does not say so`;
      over = true;
    } else if (step === "completed") {
      if (percent !== 100 || error === true) return `${where} is completed and does not say so`;
      over = true;
    } else if ((percent as number) < highest) return `${where} falls behind ${highest}`;
    else highest = percent as number;
  }
  return null;
}

/** How many ends there are. */
export function ends(frames: readonly unknown[]): number {
  return frames.filter((frame) => ["completed", "failed"].includes((frame as { readonly step?: string }).step ?? "")).length;
}
