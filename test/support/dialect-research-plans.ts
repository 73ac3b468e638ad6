/** Whether messages are what a client of research plans may be sent: written from what those clients read, not from our code. */

const TYPES = new Set([
  "plan_started", "plan_completed", "plan_failed", "plan_paused", "plan_resumed", "step_started", "step_progress", "step_completed", "step_failed",
  "quality_check", "review_required", "metrics_update", "health_update", "error", "ping", "pong",
]);
const UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** What may come of a plan that has not begun. */
const ANY_TIME = new Set(["metrics_update", "health_update", "quality_check", "error", "plan_failed"]);
const ENDS = new Set(["plan_completed", "plan_failed"]);

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isShare = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1;

/** What is wrong with the data of a message; null: nothing. */
function dataOf(type: string, data: Fields): string | null {
  switch (type) {
    case "plan_started":
      if (typeof data.query !== "string" || typeof data.research_type !== "string") return "tells no query, or no research_type";
      return Number.isInteger(data.total_steps) && (data.total_steps as number) >= 0 ? null : "has a number of steps that is none";
    case "step_progress":
      return isShare(data.progress) && isText(data.message) ? null : "has no progress from 0 to 1, or no message";
    case "step_completed":
      return isText(data.status) && (data.quality_score === null || isShare(data.quality_score)) && "data" in data ? null : "has no status, no quality_score or no data";
    case "quality_check":
      return isShare(data.quality_score) ? null : "has no quality_score from 0 to 1";
    case "plan_failed":
    case "step_failed":
      return typeof data.error === "string" ? null : "does not say what failed";
    case "metrics_update":
      return data.progress === undefined || typeof data.progress === "number" ? null : "has a progress that is no number";
    default:
      return null;
  }
}

/** Why these messages of one connection are not legal; null where they are. Of each plan what comes first is its beginning. */
export function legal(frames: readonly unknown[]): string | null {
  const ids = new Set<string>();
  const plans = new Map<string, { begun: boolean; over: boolean; progress: Map<string, number> }>();
  for (const [at, frame] of frames.entries()) {
    const where = `frame ${at} ${JSON.stringify(frame)}`;
    if (!isFields(frame)) return `${where} is no object`;
    const { event_type: type, plan_id: planId, step_id: stepId, data, timestamp, event_id: id, ...others } = frame;
    if (Object.keys(others).length > 0) return `${where} has fields that nobody knows`;
    if (typeof type !== "string" || !TYPES.has(type)) return `${where} is of a type that nobody knows`;
    if (typeof planId !== "string" || !isFields(data)) return `${where} has no plan_id, or no data`;
    if (stepId !== undefined && !isText(stepId)) return `${where} has a step_id that is none`;
    if (typeof timestamp !== "string" || !UTC.test(timestamp)) return `${where} has no time in UTC`;
    if (typeof id !== "string" || !UUID.test(id)) return `${where} has an event_id that is no UUID`;
    if (ids.has(id)) return `${where} has the event_id of another`;
    ids.add(id);
    if (planId === "" || (type === "error" && "code" in data)) continue;
    const wrong = dataOf(type, data);
    if (wrong !== null) return `${where} ${wrong}`;
    const plan = plans.get(planId) ?? { begun: false, over: false, progress: new Map<string, number>() };
    plans.set(planId, plan);
    if (plan.over) return `${where} comes when the plan is over`;
    if (type === "plan_started" ? plan.begun : !plan.begun && !ANY_TIME.has(type)) return `${where} comes at the wrong end`;
    plan.begun ||= type === "plan_started";
    plan.over = ENDS.has(type);
    if (type.startsWith("step_") && stepId === undefined) return `${where} is of no step`;
    const step = String(stepId);
    if (type === "plan_paused" || type === "plan_resumed") plan.progress.clear();
    else if (type === "step_progress") {
      if ((data.progress as number) < (plan.progress.get(step) ?? 0)) return `${where} falls behind ${plan.progress.get(step)}`;
      plan.progress.set(step, data.progress as number);
    } else if (type.startsWith("step_")) plan.progress.delete(step);
  }
  return null;
}

/** How many ends there are. */
export function ends(frames: readonly unknown[]): number {
  return frames.filter((frame) => ENDS.has((frame as { readonly event_type?: string }).event_type ?? "")).length;
}
