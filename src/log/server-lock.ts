/** One service at a time on one folder: two nats-servers on the same data corrupt it without a word. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type ProcessIdentity, isRunning, startOf } from "./server-process.ts";

/** How often a lock that changes under our hands is looked at anew. */
const ATTEMPTS = 20;

/** Thrown where another service holds the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
  readonly pid: number;

  constructor(folder: string, pid: number) {
    super(`the state folder ${folder} is in use by pid ${pid}: stop that service, or set TASKWIRE_HOME to another folder`);
    this.pid = pid;
  }
}

function readIdentity(file: string): { readonly text: string; readonly holder: ProcessIdentity | null } | null {
  try {
    const text = readFileSync(file, "utf8");
    const { pid, started } = JSON.parse(text) as Partial<ProcessIdentity>;
    return { text, holder: typeof pid === "number" && typeof started === "string" ? { pid, started } : null };
  } catch (error) {
    return error instanceof SyntaxError ? { text: "", holder: null } : null;
  }
}

/** Takes the lock away from a process that has ended; whoever else took it in between gets it back. */
function clear(lock: string, seen: string): void {
  const aside = `${lock}.${process.pid}.old`;
  try {
    renameSync(lock, aside);
    if (readFileSync(aside, "utf8") !== seen) linkSync(aside, lock);
  } catch {
    // Somebody was faster; the next look tells who.
  }
  rmSync(aside, { force: true });
}

/** Locks a folder for this process; answers how to let it go. Throws `FolderInUse`, which names `home`. A lock whose holder has ended is taken over. */
export function lockFolder(folder: string, home: string): () => void {
  const lock = join(folder, "lock");
  const own = `${lock}.${process.pid}.new`;
  const identity = JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? "" });
  writeFileSync(own, identity, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        // A link appears whole or not at all, and only where there is none.
        linkSync(own, lock);
        return () => {
          if (readIdentity(lock)?.text === identity) rmSync(lock, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const found = readIdentity(lock);
      if (found?.holder && isRunning(found.holder)) throw new FolderInUse(home, found.holder.pid);
      if (found) clear(lock, found.text);
    }
    throw new Error(`the lock ${lock} cannot be taken: remove it if no service uses the folder`);
  } finally {
    rmSync(own, { force: true });
  }
}
