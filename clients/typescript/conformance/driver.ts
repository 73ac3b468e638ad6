/** The conformance kit's driver of this client: commands on stdin, outputs on stdout, one JSON object a line. For Bun, Node and Deno. */
import process from "node:process";
import { createInterface } from "node:readline";
import { createDriver } from "./commands.ts";

const take = createDriver((output) => void process.stdout.write(`${JSON.stringify(output)}\n`));
const lines = createInterface({ input: process.stdin });
lines.on("line", take);
lines.on("close", () => process.exit(0));
