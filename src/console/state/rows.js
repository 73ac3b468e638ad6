/** From events to the rows of a timeline: what belongs together is one row, which grows. Pure but for its own rows. */

const LIFE = /^(task|intent|entities|agents|plan|health)\./;
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;

/** Rows that take events in. `list` only grows at its end; a row that changes raises its `rev`. */
export function createRows() {
  const list = [];
  const open = new Map();
  let count = 0;

  const add = (kind, event, fields, id = null) => {
    const row = { key: (count += 1), kind, seq: event.seq, time: event.time ?? null, step: event.step_id ?? event.data?.step_id ?? null, rev: 0, status: "done", ...fields };
    list.push(row);
    if (id !== null) open.set(`${kind} ${id}`, row);
    return row;
  };
  const change = (kind, id, event, fields) => {
    const row = open.get(`${kind} ${id}`) ?? add(kind, event, { id, name: id, text: "", status: "running" }, id);
    Object.assign(row, fields(row));
    row.rev += 1;
    return row;
  };
  const closeAll = () => {
    for (const row of open.values()) if (row.status === "running") Object.assign(row, { status: "closed", rev: row.rev + 1 });
  };

  const part = (kind, id, event, data, [, what]) => {
    if (what === "started") return void add(kind, event, { id, text: "", status: "running", role: data.role ?? null, agent: data.agent ?? null }, id);
    if (what === "delta") return void change(kind, id, event, ({ text }) => ({ text: text + String(data.delta ?? "") }));
    change(kind, id, event, ({ text }) => ({ text: data.content ?? (text || data.summary || ""), status: "done", ended: event.time, role: data.role ?? open.get(`${kind} ${id}`)?.role ?? null, sources: data.sources ?? null }));
  };
  const job = (kind, id, event, data, [, what]) => {
    if (what === "started") return void add(kind, event, { ...data, id, status: "running", text: "" }, id);
    if (what === "progress") return void change(kind, id, event, (row) => ({ percent: data.percent ?? (data.total > 0 ? (data.current / data.total) * 100 : row.percent), message: data.message ?? row.message, text: row.text + String(data.output_delta ?? "") }));
    const status = what === "retrying" || data.will_retry === true ? "retrying" : what;
    change(kind, id, event, (row) => ({ ...data, id, name: row.name, title: row.title, status, ended: event.time, percent: what === "completed" ? 100 : row.percent, error: data.error ?? row.error }));
  };
  const metrics = (event, data) => {
    const last = list.at(-1);
    if (last?.kind !== "metrics") return void add("metrics", event, { values: { ...data.values } });
    Object.assign(last.values, data.values);
    last.rev += 1;
  };

  return {
    list,
    take(event) {
      const { type, data = {} } = event;
      const words = type.split(".");
      switch (words[0]) {
        case "message": return part("message", data.message_id, event, data, words);
        case "reasoning": return part("reasoning", data.reasoning_id, event, data, words);
        case "step": return job("step", data.step_id, event, data, words);
        case "tool": return job("tool", data.tool_call_id, event, data, words);
        case "log": return void add("log", event, { text: String(data.text ?? "").replace(ESCAPES, ""), level: String(data.level ?? "info"), stream: data.stream ?? null });
        case "artifact": return void add("artifact", event, { data });
        case "quality": return void add("check", event, { data, status: data.passed ? "completed" : "failed" });
        case "metrics": return metrics(event, data);
        case "command": return void change("command", data.command_id, event, (row) => ({ name: data.command, status: words[1], code: data.code ?? row.code, said: data.data?.text ?? row.said }));
        case "input":
          if (type === "input.requested") return void add("ask", event, { data, id: data.request_id, status: "running" }, data.request_id);
          return void change("ask", data.request_id, event, () => ({ status: "done", outcome: data.outcome, response: data.response }));
        default:
      }
      if (type === "task.progress") return;
      if (["task.recovering", "task.retrying", "task.completed", "task.failed", "task.canceled", "task.deleted"].includes(type)) closeAll();
      if (type === "task.snapshot") return void add("gap", event, { data });
      if (LIFE.test(type)) add("life", event, { type, data, message: event.message ?? null, status: type === "task.failed" ? "failed" : type === "task.completed" ? "completed" : "done" });
      else add("other", event, { type, data });
    },
  };
}
