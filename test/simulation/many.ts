/** Several watchers on one connection: each subscribes behind its own cursor, and now and then leaves and comes again. */
import type { Client } from "./client.ts";
import type { Link } from "./wires.ts";

interface Told {
  readonly type: string;
  readonly task_id?: string;
}

export class Many {
  readonly clients: readonly Client[];
  /** Whether to leave now, by chance. */
  readonly #leaves: () => boolean;
  readonly #leaving = new Set<Client>();
  #link: Link | null = null;

  constructor(clients: readonly Client[], leaves: () => boolean) {
    this.clients = clients;
    this.#leaves = leaves;
  }

  get ended(): boolean {
    return this.clients.every(({ ended }) => ended);
  }

  /** A new connection begins. */
  begin(link: Link): void {
    this.#link = link;
    this.#leaving.clear();
    for (const client of this.clients) client.begin();
  }

  receive(text: string): void {
    const { type, task_id: taskId } = JSON.parse(text) as Told;
    if (type === "stream.ready") for (const client of this.clients) this.#subscribe(client);
    const client = this.clients.find((each) => each.taskId === taskId);
    if (client === undefined) return;
    // What was on its way when it left still comes, up to the answer; then it comes again behind what it has.
    if (type === "stream.unsubscribed") {
      this.#leaving.delete(client);
      return this.#subscribe(client);
    }
    client.receive(text);
    if (this.ended) this.#link?.cut();
    else if (!client.ended && !this.#leaving.has(client) && this.#leaves()) {
      this.#leaving.add(client);
      this.#say({ type: "unsubscribe", task_id: client.taskId });
    }
  }

  #subscribe({ ended, taskId, cursor, replay }: Client): void {
    if (!ended) this.#say({ type: "subscribe", task_id: taskId, replay, ...(cursor === null ? {} : { after: cursor }) });
  }

  #say(frame: object): void {
    this.#link?.say(JSON.stringify(frame));
  }
}
