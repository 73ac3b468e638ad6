#!/usr/bin/env node
/**
 * Makes `client.min.js` for the page: the TypeScript client and what it needs, in one file that any browser loads. It is
 * committed, so that the service needs no build step on either runtime; a test says when it is no longer what the sources
 * make. With a file name it is written there instead.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findBun, ROOT } from "../cli/install.mjs";

const target = process.argv[2] ?? join(ROOT, "src/console/client.min.js");
const license = readFileSync(join(ROOT, "node_modules/eventsource-parser/LICENSE"), "utf8").trim();
const banner = `/*! Built from clients/typescript by src/console/build.mjs. Contains eventsource-parser:\n${license}\n*/`;
const { status } = spawnSync(findBun(), ["build", "clients/typescript/src/client.ts", "--target=browser", "--format=esm", "--minify", `--banner=${banner}`, `--outfile=${target}`], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
process.exitCode = status ?? 1;
