/**
 * Answers questions about countries: tasks of the kinds `data-questions` and `chat`. Runs beside a service on this machine:
 *   bun clients/typescript/examples/questions.ts
 */
import type { WorkTask } from "../src/client.ts";
import { connect } from "./connect.ts";
import { ELSEWHERE, inWords, openCountries, type Question, type Query, queryFor, run, understand } from "./countries.ts";

const WORD_MS = 30;
const database = openCountries();

/** What the task asks: `{query}` of a data question, `{message}` of a chat. */
function askedIn(input: unknown): string {
  const { query, message } = (input ?? {}) as { query?: unknown; message?: unknown };
  return String(query ?? message ?? input ?? "");
}

/** A query that the database takes: SQLite explains what it would do before anything is done. */
function isSound({ sql, values }: Query): boolean {
  return database.query(`EXPLAIN QUERY PLAN ${sql}`).all(...values).length > 0;
}

/** From the question to the sentence, telling of each stage. */
async function answerTo(task: WorkTask, question: Question): Promise<{ readonly text: string; readonly query: Query }> {
  const query = await task.step("generate_query", {}, () => queryFor(question));
  await task.progress(40, { stage: "validate_query" });
  if (!isSound(query)) throw new Error("The query is not sound.");
  await task.progress(50, { stage: "execute_query" });
  const rows = await task.tool("sqlite", { input: query }, async (tool) => {
    const found = run(database, query);
    await tool.completed({ output: found.slice(0, 20) });
    return found;
  });
  await task.progress(80, { stage: "interpret_results" });
  return { text: inWords(question, rows), query };
}

/** The answer, word by word; in a chat as fast as a model writes, so that there is something to see. */
async function say(task: WorkTask, text: string): Promise<void> {
  await task.message({ agent: "countries" }, async (message) => {
    for (const word of text.match(/\S+\s*/g) ?? []) {
      await message.delta(word);
      if (task.lease.kind === "chat") await new Promise((resolve) => setTimeout(resolve, WORD_MS));
    }
  });
}

async function work(task: WorkTask): Promise<void> {
  await task.progress(10, { stage: "agent_routing" });
  const question = understand(database, askedIn(task.lease.input));
  await task.progress(30, { stage: "rag_retrieval" });
  const answer = question === null ? null : await answerTo(task, question);
  await task.progress(95, { stage: "generating" });
  await say(task, answer?.text ?? ELSEWHERE);
  await task.completed({
    response: answer?.text ?? ELSEWHERE,
    result: { sql: answer?.query.sql ?? null },
    metadata: { agent: "countries", confidence: answer === null ? 0 : 1, sources: answer === null ? [] : [{ title: "countries.csv", snippet: answer.query.sql }] },
  });
}

const { client, signal } = connect();
console.log("answering questions about countries; Ctrl-C ends it");
await Promise.all(["data-questions", "chat"].map((kind) => client.work(kind, work, { signal, workerId: "countries", onError: (error) => console.error(String(error)) })));
process.exit(0);
