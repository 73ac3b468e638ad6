/** A test broker's address as `NATS_URL` wants it. */
import type { NatsServer } from "./nats.ts";

/** The address with name and password in it. */
export function brokerUrl({ url, credentials }: Pick<NatsServer, "url" | "credentials">): string {
  const address = new URL(url);
  if (credentials) [address.username, address.password] = [credentials.user, credentials.password];
  return address.href.replace(/\/$/, "");
}
