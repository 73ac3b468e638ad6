/** The dialects by name, as in `TASKWIRE_DIALECTS`; and those that have an open form, which serves callers without a token. */
export const DIALECT_NAMES = ["agent-progress", "research-plans", "orchestration", "data-questions", "chat"] as const;

export type DialectName = (typeof DIALECT_NAMES)[number];

/** `agent-progress:open` in `TASKWIRE_DIALECTS` turns it on. */
export const OPEN_FORMS: ReadonlySet<DialectName> = new Set(["agent-progress", "research-plans", "data-questions"]);
