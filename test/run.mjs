#!/usr/bin/env node
/**
 * `npm test`: everything that must hold, on a fresh clone with Node 20 and npm. Installs what is missing, checks types and
 * the generated code, runs every test file in a process of its own (two at a time), and ends with `N passed, N failed`.
 *
 *   npm test                     everything
 *   npm test -- unit feed        only files whose path contains one of the words
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { ensureInstalled, findBun, ROOT } from "../src/cli/install.mjs";

/** Files at once: the machine's two cores; what measures or needs quiet runs alone, at the end. */
const LANES = 2;
/** Longest time for one file. Milliseconds. */
const FILE_LIMIT_MS = 5 * 60_000;
/** Longest time for one test, unless it says otherwise. Milliseconds. */
const TEST_LIMIT_MS = 30_000;
/** What takes long begins early, so that the lanes end together. */
const FIRST = ["chaos", "cluster", "e2e", "runtime", "integration"];

const colour = process.stdout.isTTY ? (code, text) => `\u001b[${code}m${text}\u001b[0m` : (_, text) => text;
const totals = { passed: 0, failed: 0, skipped: 0 };

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : testFiles(path);
    return /\.test\.ts$/.test(entry.name) ? [path] : [];
  });
}

/** Runs a program with its output kept, killed after the limit; what it tells of its progress on stderr is shown where that is wanted. */
function collect(command, args, limitMs, show = false) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
    let output = "";
    let late = false;
    const limit = setTimeout(() => ((late = true), child.kill("SIGKILL")), limitMs);
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => ((output += chunk), show && process.stderr.write(chunk)));
    child.once("error", (error) => (clearTimeout(limit), resolve({ code: 1, output: String(error.message) })));
    child.once("close", (code) => {
      clearTimeout(limit);
      resolve({ code: late ? 1 : code, output: late ? `${output}\nstopped after ${limitMs / 1000} s` : output });
    });
  });
}

const count = (output, word) => Number(output.match(new RegExp(`^ *(\\d+) ${word}$`, "m"))?.[1] ?? 0);

function report(name, began, { code, output }, { passed, failed, skipped }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  const seconds = `${((Date.now() - began) / 1000).toFixed(1)} s`;
  const numbers = `${passed} passed${failed ? `, ${failed} failed` : ""}${skipped ? `, ${skipped} skipped` : ""}`;
  process.stdout.write(`${failed ? colour(31, "failed") : colour(32, "ok")}  ${name}  ${colour(2, `${numbers}, ${seconds}`)}\n`);
  if (failed || code !== 0) process.stdout.write(`${output.trim()}\n`);
  else for (const line of output.split("\n")) if (/^(skipped|note):/i.test(line)) process.stdout.write(`    ${line}\n`);
}

/** One check that either holds or not. */
async function check(name, command, args, show = false) {
  const began = Date.now();
  const result = await collect(command, args, FILE_LIMIT_MS, show);
  report(name, began, result, result.code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 });
}

async function runFile(bun, file) {
  const began = Date.now();
  const result = await collect(bun, ["test", "--timeout", String(TEST_LIMIT_MS), file], FILE_LIMIT_MS);
  const numbers = { passed: count(result.output, "pass"), failed: count(result.output, "fail"), skipped: count(result.output, "skip") };
  // A file that ends badly, or that ran nothing, is a failure even where no test says so.
  if (numbers.failed === 0 && (result.code !== 0 || numbers.passed + numbers.skipped === 0)) numbers.failed = 1;
  report(relative(join(ROOT, "test"), file), began, result, numbers);
}

const rank = (file) => {
  const found = FIRST.findIndex((word) => file.includes(word));
  return found === -1 ? FIRST.length : found;
};

try {
  const words = process.argv.slice(2);
  await ensureInstalled({ development: true });
  const bun = findBun();
  const wanted = testFiles(join(ROOT, "test"))
    .filter((file) => words.length === 0 || words.some((word) => relative(ROOT, file).includes(word)))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  if (words.length === 0) {
    await check("nats-server is at hand", bun, [join(ROOT, "src/cli/main.ts"), "doctor", "--only", "nats-server"], true);
    await check("types", join(ROOT, "node_modules/.bin/tsc"), ["-p", ROOT]);
    await check("generated code is that of the contract", "node", [join(ROOT, "contract/generator/generate.mjs"), "--check"], true);
  }
  const queue = [...wanted];
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (let file = queue.shift(); file; file = queue.shift()) await runFile(bun, file);
  }));
} catch (error) {
  process.stdout.write(`${error.message}\n`);
  totals.failed += 1;
}
if (totals.skipped) process.stdout.write(`${totals.skipped} skipped, for the reasons given above\n`);
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`);
process.exitCode = totals.failed ? 1 : 0;
