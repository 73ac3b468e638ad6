/** Connections that are nobody's: of a task that is not there, and of a client that has gone without a word. */
import type { Environment } from "../../src/domain/environment.ts";
import type { LimitSet } from "../../src/limits.ts";
import { type Instance, me } from "./instance.ts";
import { Link, type Weather } from "./wires.ts";

export interface Place {
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly weather: Weather;
  readonly instance: Instance;
  readonly wrong: (what: string) => void;
}

const sleep = ({ clock }: Environment, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

/** Somebody asks for a task that is not there, and is told so within `limitMs`. */
export async function watchNothing({ environment, weather, instance, wrong }: Place, limitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let told = "";
  const link = new Link(environment, { ...weather, lost: 0 }, { receive: (text) => (told += text), closed: resolve, wrong });
  instance.links.add(link);
  instance.connections.stream(link, { identity: me, task: "nothing", after: null, replay: "full" });
  await Promise.race([promise, instance.death, sleep(environment, limitMs)]);
  if (link.held) wrong("a watcher of nothing was left waiting");
  if (!instance.dead && !/task_unknown|stream.closing/.test(told)) wrong(`a watcher of nothing was told: ${told.trim()}`);
  instance.links.delete(link);
}

/** The service lets a peer go that has gone without a word, in time. */
export async function findOut({ environment, limits, instance, wrong }: Place, link: Link): Promise<void> {
  const { clock } = environment;
  const { heartbeatMs, silentHeartbeatTenths } = limits;
  // Noticed at a turn of the wheel, judged a tenth of a heartbeat later; on a full stream only a heartbeat's time notices.
  const within = heartbeatMs * (silentHeartbeatTenths / 10 + 1.3) + 600;
  const giveUp = clock.now() + 10 * heartbeatMs;
  while (link.held && !instance.dead) {
    if (clock.now() > link.deafSince + within) {
      wrong(`nobody was there for ${clock.now() - link.deafSince} ms, and the service did not see it`);
      break;
    }
    // A stream to which little is written looks well for as long as the system's own limits allow.
    if (clock.now() > giveUp) break;
    await sleep(environment, heartbeatMs / 10);
  }
  link.cut();
  instance.links.delete(link);
}
