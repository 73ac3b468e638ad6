/** Answers a question about this repository, in a conversation: what its files say of it, found by reading them. */
import type { WorkTask } from "../../clients/typescript/src/client.ts";
import { frequentWords, listFiles, purposeOf, readFacts, wordsIn } from "./demo-files.ts";
import { say } from "./demo-reading.ts";

const MOST = 6;
/** A paragraph says more than a mention, and a README more than code. */
const WEIGHTS = { readme: 5, path: 8 };

/** Does the work of one question. Answers how many files were read. */
export async function answerQuestion(task: WorkTask): Promise<object> {
  const { question = "" } = (task.lease.input ?? {}) as { question?: string };
  const wanted = frequentWords(question, 8).map(({ word }) => word);
  const found: { path: string; score: number; text: string }[] = [];
  const paths = await listFiles();
  await task.tool("search", { title: "Read every file for these words", input: { words: wanted } }, async (tool) => {
    for (const [at, path] of paths.entries()) {
      await task.pausePoint();
      const facts = await readFacts(path).catch(() => null);
      if (facts === null) continue;
      const words = facts.text.toLowerCase();
      const score = wanted.reduce((all, word) => all + Math.log2(words.split(word).length) / Math.log2(wordsIn(words) + 2) + (path.toLowerCase().includes(word) ? WEIGHTS.path : 0), 0) * (path.endsWith("README.md") ? WEIGHTS.readme : 1);
      if (score > 0) found.push({ path, score, text: purposeOf(facts) ?? `${facts.lines} lines` });
      if (at % 50 === 49) void tool.progress((at / paths.length) * 100);
    }
    await tool.completed({ output: { files: paths.length, found: found.length } });
  });
  await task.message({ role: "assistant", agent: "reader" }, async (message) => {
    if (wanted.length === 0 || found.length === 0) return message.delta("I found nothing. Ask with words that stand in the files, such as: cursor, lease, merge.");
    const best = found.sort((a, b) => b.score - a.score).slice(0, MOST);
    await message.delta(`${wanted.join(", ")}: ${found.length} of ${paths.length} files speak of it. The best places to read:\n`);
    for (const { path, text } of best) await say(message, `  · ${path}: ${text}\n`);
  });
  return { files: paths.length, found: found.length };
}
