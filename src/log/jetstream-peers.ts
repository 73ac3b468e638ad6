/** The other instances of the service, over plain NATS: what is asked is heard by all, and whoever knows something answers. */
import { createInbox } from "@nats-io/nats-core/internal";
import type { Environment } from "../domain/environment.ts";
import type { Broker } from "./jetstream-connection.ts";
import { subscribe } from "./jetstream-follow.ts";
import { peerSubject } from "./jetstream-subjects.ts";
import { LogUnavailable, type Peers } from "./port.ts";

const text = new TextDecoder();

/** The `Peers` over this connection. */
export function createJetStreamPeers(broker: Broker, environment: Environment): Peers {
  const { clock, journal } = environment;
  return {
    answer: (topic, onQuestion) => subscribe(broker, environment, peerSubject(topic), (message) => {
      Promise.resolve(text.decode(message.data)).then(onQuestion).then(
        (answer) => void (answer !== null && message.reply !== undefined && message.reply !== "" && broker.nats.publish(message.reply, answer)),
        (error: unknown) => journal.error("peer_failed", `A question of another instance could not be answered: ${String(error)}`, { topic }),
      );
    }),
    async ask(topic, question, waitMs) {
      if (!broker.connected) throw new LogUnavailable("there is no connection to the broker");
      const answers: string[] = [];
      const inbox = createInbox();
      const subscription = broker.nats.subscribe(inbox, { callback: (error, message) => void (error === null && message.headers?.code !== 503 && answers.push(text.decode(message.data))) });
      broker.nats.publish(peerSubject(topic), question, { reply: inbox });
      await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
      subscription.unsubscribe();
      return answers;
    },
    async tell(topic, message) {
      if (!broker.connected) throw new LogUnavailable("there is no connection to the broker");
      broker.nats.publish(peerSubject(topic), message);
    },
  };
}
