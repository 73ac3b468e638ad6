/** Following a subject as it grows: one plain subscription, in force when the promise resolves. */
import type { Msg } from "@nats-io/transport-node";
import type { Cancel, Environment } from "../domain/environment.ts";
import { type Broker, REQUEST_LIMIT_MS } from "./jetstream-connection.ts";
import { LogUnavailable } from "./port.ts";

/** Subscribes and waits until the server knows it. Throws `LogUnavailable`. After a reconnect the client subscribes again by itself. */
export async function subscribe(broker: Broker, { clock }: Environment, subject: string, onMessage: (message: Msg) => void): Promise<Cancel> {
  if (!broker.connected) throw new LogUnavailable("there is no connection to the broker");
  const subscription = broker.nats.subscribe(subject, { callback: (error, message) => void (error ?? onMessage(message)) });
  try {
    await new Promise<void>((resolve, reject) => {
      const late = clock.after(REQUEST_LIMIT_MS, () => reject(new LogUnavailable("the broker does not answer")));
      broker.nats.flush().then(resolve, reject).finally(late);
    });
  } catch (error) {
    subscription.unsubscribe();
    throw error instanceof LogUnavailable ? error : new LogUnavailable("the connection to the broker was lost");
  }
  return () => subscription.unsubscribe();
}
