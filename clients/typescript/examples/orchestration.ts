/**
 * Plans and carries out: tasks of the kind `orchestration`. What the query names is looked up by one agent each, compared by another and
 * written up by a third. Runs beside a service on this machine:
 *   bun clients/typescript/examples/orchestration.ts
 */
import type { StepProducer, WorkTask } from "../src/client.ts";
import { connect } from "./connect.ts";
import { inWords, type Measure, openCountries, type Question, queryFor, type Row, run, understand } from "./countries.ts";

const database = openCountries();
const CONTINENTS = ["Africa", "Asia", "Europe", "North America", "Oceania", "South America"];

interface Found {
  readonly name: string;
  readonly value: number;
}

/** One thing to look up. */
interface Subject {
  readonly name: string;
  readonly question: Question;
}

interface PlannedStep {
  readonly step_id: string;
  readonly name: string;
  readonly title: string;
  readonly agent: string;
  run(step: StepProducer): unknown;
}

/** What there is to look up: the countries that are named, else the continents, else all of them. */
function subjectsOf(query: string): { readonly measure: Measure; readonly subjects: readonly Subject[] } {
  const question = understand(database, query) ?? { kind: "values", measure: "density", countries: [], continents: [], most: 1, highest: true };
  const { measure } = question;
  const about = { ...question, countries: [], continents: [] };
  if (question.countries.length > 0) return { measure, subjects: question.countries.map((name) => ({ name, question: { ...about, kind: "values", countries: [name] } })) };
  const continents = question.continents.length > 0 ? question.continents : CONTINENTS;
  return { measure, subjects: continents.map((name) => ({ name, question: { ...about, kind: "sum", continents: [name] } })) };
}

async function work(task: WorkTask): Promise<void> {
  const query = String((task.lease.input as { query?: unknown } | undefined)?.query ?? "");
  await task.emit("intent.started", { query });
  const { measure, subjects } = subjectsOf(query);
  await task.emit("intent.parsed", { intent: `compare ${measure}`, confidence: 0.9, entities: subjects.map(({ name }) => ({ type: "place", value: name })) });
  await task.emit("agents.search_started", { query });
  await task.emit("agents.found", { agents: [{ name: "researcher", description: "Looks facts up" }, { name: "analyst", description: "Compares them" }, { name: "writer", description: "Says what they mean" }] });

  const found: Found[] = [];
  let report = "";
  const plan: readonly PlannedStep[] = [
    ...subjects.map(({ name, question }, at) => ({
      step_id: `look-up-${at + 1}`, name: "look_up", title: `Look up the ${measure} of ${name}`, agent: "researcher",
      run: async (step: StepProducer) => {
        const rows: readonly Row[] = run(database, queryFor(question));
        found.push({ name, value: Number(rows[0]?.[measure] ?? 0) });
        await step.completed({ output: { sentence: inWords(question, rows) }, quality_score: rows.length === 1 ? 1 : 0 });
      },
    })),
    {
      step_id: "compare", name: "compare", title: "Compare what was found", agent: "analyst",
      run: async () => {
        found.sort((a, b) => b.value - a.value);
        const [first, last] = [found[0], found.at(-1)];
        await task.reasoning({ agent: "analyst" }, (reasoning) => reasoning.completed({ summary: `${first?.name} has ${((first?.value ?? 0) / (last?.value || 1)).toFixed(1)} times the ${measure} of ${last?.name}.` }));
      },
    },
    {
      step_id: "write", name: "write", title: "Write it up", agent: "writer",
      run: () => void (report = `By ${measure}:\n${found.map(({ name, value }, at) => `${at + 1}. ${name}: ${value.toLocaleString("en", { maximumFractionDigits: 1 })}`).join("\n")}`),
    },
  ];

  await task.emit("plan.started", {});
  await task.emit("plan.created", { steps: plan.map(({ step_id, title, agent }, at) => ({ step_id, title, agent, ...(at === 0 ? {} : { depends_on: [plan[at - 1]?.step_id] }) })) });
  for (const [at, { step_id, name, title, agent, run: carryOut }] of plan.entries()) {
    await task.pausePoint();
    await task.step(name, { step_id, title, description: title, agent, index: at + 1, total: plan.length }, carryOut);
    await task.progress(((at + 1) / plan.length) * 100);
  }
  await task.completed({ response: report, result: { measure, found: [...found] }, metadata: { agent: "writer", sources: [{ title: "countries.csv" }] } });
}

const { client, signal } = connect();
console.log("orchestrating; Ctrl-C ends it");
await client.work("orchestration", work, { signal, workerId: "orchestrator", concurrency: 4, onError: (error) => console.error(String(error)) });
process.exit(0);
