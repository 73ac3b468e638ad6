/** The Python app of research plans as a process, told what to do and asked what it has read. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { until } from "./until.ts";

const LIMIT_MS = 20_000;

export interface PlanFrame {
  readonly event_type: string;
  readonly plan_id: string;
  readonly step_id?: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly timestamp: string;
  readonly event_id: string;
}

interface Said {
  readonly frame?: PlanFrame;
  readonly again?: boolean;
  readonly state?: Readonly<Record<string, unknown>>;
  readonly connected?: true;
  readonly closed?: number;
  readonly refused?: number;
  readonly cut?: string;
}

export interface AppOptions {
  readonly clientId?: string;
  /** The plan in the address. */
  readonly planId?: string;
  /** Connects again after every cut. */
  readonly stays?: boolean;
  /** Behind the address: `token=…`. */
  readonly query?: string;
}

export class PlanApp implements Disposable {
  readonly said: Said[] = [];
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(python: string, url: string, { clientId = "app", planId = "", stays = false, query = "" }: AppOptions = {}) {
    const address = `${url.replace(/^http/, "ws")}${query === "" ? "" : `?${query}`}`;
    this.#child = spawn(python, [join(import.meta.dir, "research_plans_client.py"), address, clientId, planId, stays ? "stays" : "once"], { env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: "1" } });
    let rest = "";
    this.#child.stdout.on("data", (chunk) => {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.said.push(JSON.parse(line) as Said);
    });
    this.#child.stderr.on("data", (chunk) => process.stderr.write(String(chunk)));
  }

  /** Everything that came, pings too. */
  get frames(): PlanFrame[] {
    return this.said.flatMap(({ frame }) => (frame === undefined ? [] : [frame]));
  }

  /** What came of plans, or as an answer. */
  get told(): PlanFrame[] {
    return this.frames.filter(({ event_type: type }) => type !== "ping");
  }

  /** What came of a plan, each once. */
  of(planId: string): PlanFrame[] {
    return this.said.flatMap(({ frame, again }) => (frame?.plan_id === planId && again === false ? [frame] : []));
  }

  do(order: object): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  /** Waits until it has said what fits. */
  async says(what: string, fits: (said: Said) => boolean): Promise<Said> {
    return until(what, LIMIT_MS, () => this.said.find(fits)).catch((error: Error) => {
      throw new Error(`${error.message}; it said ${JSON.stringify(this.said).slice(-2_000)}`);
    });
  }

  /** Waits for so many messages that are no pings. */
  async has(count: number): Promise<PlanFrame[]> {
    await until(`${count} messages have come`, LIMIT_MS, () => this.told.length >= count).catch((error: Error) => {
      throw new Error(`${error.message}; there are ${JSON.stringify(this.said).slice(-2_000)}`);
    });
    return this.told;
  }

  /** Waits for the end of a plan. */
  async ends(planId: string): Promise<PlanFrame[]> {
    await this.says(`${planId} is over`, ({ frame }) => frame?.plan_id === planId && (frame.event_type === "plan_completed" || frame.event_type === "plan_failed"));
    return this.of(planId);
  }

  /** What the app shows. */
  async state(): Promise<Readonly<Record<string, unknown>>> {
    const before = this.said.length;
    this.do({ state: true });
    await until("the app has told its state", LIMIT_MS, () => this.said.slice(before).some(({ state }) => state !== undefined));
    return this.said.findLast(({ state }) => state !== undefined)?.state ?? {};
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
