/** Messages that trusted producers write straight to the broker, on JetStream: a stream captures them until they were taken over. */
import type { JetStreamManager } from "@nats-io/jetstream";
import type { Environment } from "../domain/environment.ts";
import type { Broker } from "./jetstream-connection.ts";
import { subscribe } from "./jetstream-follow.ts";
import { labelled } from "./jetstream-headers.ts";
import { publish } from "./jetstream-publish.ts";
import type { Reader } from "./jetstream-read.ts";
import { prepareInbox } from "./jetstream-streams.ts";
import { inboxPlace } from "./jetstream-subjects.ts";
import { type Inbox, LogUnavailable } from "./port.ts";

export interface InboxParts {
  readonly broker: Broker;
  readonly reader: Reader;
  readonly manager: JetStreamManager;
  readonly environment: Environment;
  readonly replicas: number;
}

/** Of what is set aside so much is kept. Bytes. */
const ASIDE_BYTES = 64 * 1024;
/** A reason is one line for people. UTF-16 units. */
const REASON_LENGTH = 500;

/** Makes or finds the inbox of this name. What was purged was taken over, so that the stream itself says what was not. */
export async function openJetStreamInbox({ broker, reader, manager, environment, replicas }: InboxParts, name: string): Promise<Inbox> {
  const place = inboxPlace(name);
  const epoch = await prepareInbox({ manager, environment }, place, replicas);
  return {
    epoch,
    async read(after, maxBytes) {
      const { messages } = await reader.stretch({ stream: place.stream, subject: place.subjects, from: after + 1, maxBytes });
      return messages.map(({ position, subject, data }) => ({ position, topic: subject.slice(name.length + 1), body: data }));
    },
    follow: (onMessage) => subscribe(broker, environment, place.live, () => onMessage()),
    async done(upTo) {
      const answer = await broker.ask(`$JS.API.STREAM.PURGE.${place.stream}`, JSON.stringify({ seq: upTo + 1 }));
      if (answer.kind !== "answer") throw new LogUnavailable("the broker does not answer");
      const { error } = JSON.parse(new TextDecoder().decode(answer.message.data)) as { error?: { description: string } };
      if (error) throw new LogUnavailable(`the broker cannot purge: ${error.description}`);
    },
    async setAside({ position, topic, body }, reason) {
      const fields = { "Tw-Subject": `${name}.${topic}`, "Tw-Position": String(position), "Tw-Reason": reason.slice(0, REASON_LENGTH) };
      const outcome = await publish(broker, place.aside, body.slice(0, ASIDE_BYTES), labelled(`${epoch}-${position}`, fields));
      if (outcome.kind === "unavailable" || outcome.kind === "unknown") throw new LogUnavailable("the broker did not acknowledge");
    },
  };
}
