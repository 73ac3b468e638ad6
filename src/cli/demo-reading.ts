/**
 * The console's first task: reads this repository step by step and tells what it finds while it finds it. An ordinary worker with
 * ordinary calls: it pauses, cancels, listens, asks. How long it takes is how long the reading takes.
 */
import type { TaskMessage } from "../../clients/typescript/src/commands.ts";
import type { StepProducer, MessageProducer, WorkTask } from "../../clients/typescript/src/client.ts";
import { type FileFacts, frequentWords, grouped, historyOf, importsOf, listFiles, purposeOf, readFacts, ringIn, roomOf, wordsIn } from "./demo-files.ts";

/** A file longer than this is worth a line in the log. Lines. */
const LONG = 350;
/** How long somebody may think about the question. Milliseconds. */
const ANSWER_MS = 45_000;
/** How long the version control is asked. Milliseconds. */
const HISTORY_MS = 10_000;
const SHOWN = 5;

interface Findings {
  /** Every file was read: only then can be told what is in none. */
  complete: boolean;
  readonly files: FileFacts[];
  readonly changes: Map<string, number>;
  readonly graph: Map<string, readonly string[]>;
}

/** Does the work of one task. Answers what the report comes to, in numbers. */
export async function readRepository(task: WorkTask): Promise<object> {
  const found: Findings = { complete: false, files: [], changes: new Map(), graph: new Map() };
  const asked: TaskMessage[] = [];
  task.onMessage((message) => void asked.push(message));
  const began = Date.now();
  const reader = createReader(task, asked, found);
  const paths = await survey(task);
  await task.message({ role: "assistant", agent: "reader" }, async (report) => {
    await count(reader, paths, report);
    await words(reader, report);
    await imports(reader, report);
    await history(reader, report);
    await closely(reader, report);
  });
  await answer(reader);
  const { files, graph } = found;
  const result = { files: files.length, lines: sum(files, "lines"), bytes: sum(files, "bytes"), imports: [...graph.values()].flat().length, seconds: Math.round((Date.now() - began) / 100) / 10 };
  const text = JSON.stringify({ ...result, largest: largest(files).map(({ path, lines }) => ({ path, lines })), most_changed: mostChanged(found).map(([path, times]) => ({ path, times })) }, null, 2);
  await task.artifact({ artifact_id: "report", name: "repository.json", media_type: "application/json", size: Buffer.byteLength(text), inline: text });
  return result;
}

interface Reader {
  readonly task: WorkTask;
  readonly found: Findings;
  /** Goes through files one by one: where the task can rest, be cancelled, and hear what it is told. */
  each(step: StepProducer, paths: readonly string[], share: readonly [number, number], work: (path: string, at: number) => Promise<void>): Promise<void>;
  readonly asked: TaskMessage[];
}

function createReader(task: WorkTask, asked: TaskMessage[], found: Findings): Reader {
  const reader: Reader = {
    task,
    found,
    asked,
    async each(step, paths, [from, to], work) {
      const began = Date.now();
      for (const [at, path] of paths.entries()) {
        await task.pausePoint();
        await work(path, at);
        if (at % 10 !== 9 && at !== paths.length - 1) continue;
        const done = at + 1;
        const left = Math.round(((Date.now() - began) / done) * (paths.length - done));
        void step.progress((done / paths.length) * 100, { message: path });
        void task.progress(from + (to - from) * (done / paths.length), { stage: step.stepId, message: path, ...(left > 500 ? { eta_ms: left } : {}) });
        await answer(reader);
        await task.flush();
      }
    },
  };
  return reader;
}

async function survey(task: WorkTask): Promise<readonly string[]> {
  return task.step("survey", { title: "Look what there is", index: 1, total: 6 }, async (step) => {
    const paths = await task.tool("list_files", { title: "List the repository's files", input: { apart: ["node_modules", ".git", "what is made"] }, step_id: step.stepId }, async (tool) => {
      const all = await listFiles();
      await tool.completed({ output: { files: all.length, rooms: [...new Set(all.map(roomOf))].length } });
      return all;
    });
    await task.reasoning({ agent: "reader" }, async (thought) => {
      const rooms = [...grouped(paths, roomOf)].sort(([, a], [, b]) => b.length - a.length).slice(0, SHOWN);
      await thought.delta(`There are ${paths.length} files that people wrote. Most lie in ${rooms.map(([room, list]) => `${room} (${list.length})`).join(", ")}. `);
      await thought.delta(`I read each of them once for its size, its digest and its imports; then the READMEs for their words; then I ask the version control how often each was changed, which takes longest.`);
    });
    return paths;
  });
}

async function count({ each, task, found }: Reader, paths: readonly string[], report: MessageProducer): Promise<void> {
  await task.step("count", { title: "Read and count every file", index: 2, total: 6 }, async (step) => {
    await each(step, paths, [2, 30], async (path) => {
      const facts = await readFacts(path).catch(() => null);
      if (facts === null) return void task.log(`${path} has gone while I was reading`, "warn", { step_id: step.stepId });
      found.files.push(facts);
      if (facts.lines > LONG && facts.language !== "JSON") void task.log(`${path}: ${facts.lines} lines, sha256 ${facts.digest.slice(0, 12)}`, "info", { step_id: step.stepId });
      if (found.files.length % 100 === 0) void task.metrics({ files: found.files.length, lines: sum(found.files, "lines"), bytes: sum(found.files, "bytes") });
    });
    found.complete = true;
    const languages = [...grouped(found.files, ({ language }) => language)].map(([language, files]) => ({ language, files: files.length, lines: sum(files, "lines") })).sort((a, b) => b.lines - a.lines);
    await say(report, `${found.files.length} files, ${sum(found.files, "lines").toLocaleString("en")} lines, ${Math.round(sum(found.files, "bytes") / 1024).toLocaleString("en")} KiB.\n`);
    for (const { language, files, lines } of languages) await say(report, `  · ${language}: ${lines.toLocaleString("en")} lines in ${files} files\n`);
    await say(report, `\nThe largest that people wrote:\n`);
    for (const { path, lines } of largest(found.files)) await say(report, `  · ${path}, ${lines} lines\n`);
    void task.metrics({ files: found.files.length, lines: sum(found.files, "lines"), bytes: sum(found.files, "bytes") });
    await step.completed({ output: { languages: languages.length, files: found.files.length } });
  });
}

async function words({ task, found, each }: Reader, report: MessageProducer): Promise<void> {
  const readmes = found.files.filter(({ path }) => path.endsWith("README.md"));
  await task.step("words", { title: "Read the READMEs for their words", index: 3, total: 6 }, async (step) => {
    await say(report, `\n${readmes.length} READMEs with ${readmes.reduce((all, { text }) => all + wordsIn(text), 0).toLocaleString("en")} words:\n`);
    await each(step, readmes.map(({ path }) => path), [30, 40], async (path, at) => {
      const text = readmes[at]?.text ?? "";
      const most = frequentWords(text, 4).map(({ word, count: times }) => `${word} ${times}×`).join(", ");
      await say(report, `  · ${path}: ${wordsIn(text)} words, most of all ${most}\n`);
    });
    const rooms = [...new Set(found.files.filter(({ path }) => path.startsWith("src/")).map(({ path }) => roomOf(path)))];
    const without = rooms.filter((room) => !readmes.some(({ path }) => path.startsWith(`${room}/`)));
    void task.emit("quality.checked", { check: "every_room_has_a_readme", passed: without.length === 0, score: 1 - without.length / rooms.length, issues: without, step_id: step.stepId });
  });
}

async function imports({ task, found, each }: Reader, report: MessageProducer): Promise<void> {
  const code = found.files.filter(({ language }) => language === "TypeScript" || language === "JavaScript");
  await task.step("imports", { title: "Draw the graph of imports", index: 4, total: 6 }, async (step) => {
    const counts = new Map<string, number>();
    await each(step, code.map(({ path }) => path), [40, 50], async (path, at) => {
      const targets = code[at] ? importsOf(code[at]) : [];
      found.graph.set(path, targets);
      for (const target of targets) counts.set(target, (counts.get(target) ?? 0) + 1);
    });
    const ring = await task.tool("find_rings", { title: "Look for files that import each other in a ring", step_id: step.stepId }, async (tool) => {
      const rings = ringIn(new Map(code.filter(({ path }) => path.startsWith("src/")).map((facts) => [facts.path, importsOf(facts, true)])));
      await tool.completed({ output: rings ?? "none" });
      return rings;
    });
    await say(report, `\n${[...counts.values()].reduce((a, b) => a + b, 0).toLocaleString("en")} imports between ${code.length} files of code; ${ring ? `one ring: ${ring.join(" → ")}` : "no ring among those of the service"}. Most wanted:\n`);
    for (const [path, times] of [...counts].sort(([, a], [, b]) => b - a).slice(0, SHOWN)) await say(report, `  · ${path}, by ${times} files\n`);
  });
}

async function history({ task, found, each }: Reader, report: MessageProducer): Promise<void> {
  await task.step("history", { title: "Ask how often each file was changed", index: 5, total: 6 }, async (step) => {
    // The longest first, and as many as there is time for: each is a question to the version control of its own.
    const code = found.files.filter(({ language, path }) => path.startsWith("src/") && language !== "JSON").sort((a, b) => b.lines - a.lines);
    const until = Date.now() + HISTORY_MS;
    if ((await historyOf("README.md")) === null) {
      await say(report, "\nThere is no history at hand: this copy has none, or git is not installed.\n");
      return;
    }
    await each(step, code.map(({ path }) => path), [50, 85], async (path) => {
      const past = Date.now() > until ? null : await historyOf(path);
      if (past !== null) found.changes.set(path, past.changes);
      if (past !== null && past.changes >= SHOWN) void task.log(`${path}: changed ${past.changes} times, last on ${past.last?.slice(0, 10)}`, "debug", { step_id: step.stepId });
    });
    await say(report, `\nOf ${found.changes.size} files of the service, changed most often, where a second look pays:\n`);
    for (const [path, times] of mostChanged(found)) await say(report, `  · ${path}, ${times} times\n`);
  });
}

async function closely({ task, found, each }: Reader, report: MessageProducer): Promise<void> {
  const rooms = [...grouped(found.files.filter(({ path }) => path.startsWith("src/")), ({ path }) => roomOf(path))].filter(([, files]) => files.length > 3);
  const names = rooms.map(([room]) => room).sort();
  const fallback = rooms.toSorted(([, a], [, b]) => sum(b, "lines") - sum(a, "lines"))[0]?.[0] ?? "src";
  const { outcome, response } = await task.ask({
    prompt: "Which part shall I read closely? I tell what each of its files says of itself.",
    schema: { type: "object", required: ["room"], properties: { room: { type: "string", title: "Part", enum: names, default: fallback }, purpose_only: { type: "boolean", title: "Leave out files that say nothing of themselves", default: true } } },
    expires_at: new Date(Date.now() + ANSWER_MS).toISOString(),
  });
  const wanted = outcome === "answered" ? (response as { room?: string; purpose_only?: boolean }) : {};
  const room = names.includes(wanted.room ?? "") ? (wanted.room as string) : fallback;
  await task.step("closely", { title: `Read ${room} closely`, index: 6, total: 6 }, async (step) => {
    await say(report, `\n${outcome === "answered" ? `You asked for ${room}` : `Nobody chose, so I took the largest part, ${room}`}:\n`);
    const files = rooms.find(([name]) => name === room)?.[1] ?? [];
    await each(step, files.map(({ path }) => path), [85, 99], async (path, at) => {
      const purpose = files[at] ? purposeOf(files[at]) : null;
      if (purpose !== null || wanted.purpose_only === false) await say(report, `  · ${path.slice(room.length + 1)}: ${purpose ?? "says nothing of itself"}\n`);
    });
  });
}

/** What somebody has said to the task in the meantime: the name of a file or folder is looked up, anything else is searched for. */
async function answer({ task, asked, found }: Reader): Promise<void> {
  if (!found.complete) return;
  for (let message = asked.shift(); message; message = asked.shift()) {
    const said = message.text.trim();
    const inside = found.files.filter(({ path }) => path === said || path.startsWith(`${said.replace(/\/$/, "")}/`));
    await task.message({ role: "assistant", agent: "reader" }, async (reply) => {
      if (inside.length > 0) {
        await say(reply, `${said}: ${inside.length} ${inside.length === 1 ? "file" : "files"} with ${sum(inside, "lines")} lines.\n`);
        for (const facts of largest(inside)) await say(reply, `  · ${facts.path}: ${purposeOf(facts) ?? `${facts.lines} lines`}\n`);
        return;
      }
      const hits = found.files.filter(({ text }) => text.toLowerCase().includes(said.toLowerCase()));
      await say(reply, hits.length === 0 ? `Nothing that I have read so far has “${said}” in it.` : `“${said}” stands in ${hits.length} of the ${found.files.length} files that I have read:\n`);
      for (const facts of hits.slice(0, 8)) await say(reply, `  · ${facts.path}: ${purposeOf(facts) ?? `${facts.lines} lines`}\n`);
    });
  }
}

/** Tells a text word by word, as a model would. */
export async function say(message: MessageProducer, text: string): Promise<void> {
  for (const token of text.match(/\s*\S+\s*?(?=\s|$)|\s+/g) ?? []) await message.delta(token);
}

function sum(files: readonly FileFacts[], what: "lines" | "bytes"): number {
  return files.reduce((all, facts) => all + facts[what], 0);
}

function largest(files: readonly FileFacts[]): readonly FileFacts[] {
  return files.filter(({ language, path }) => language !== "JSON" && !path.startsWith("generated/")).sort((a, b) => b.lines - a.lines).slice(0, SHOWN);
}

function mostChanged({ changes }: Findings): readonly (readonly [string, number])[] {
  return [...changes].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
}
