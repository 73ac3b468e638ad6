/** Does to a running command what its task is ordered: SIGTERM and then SIGKILL, SIGSTOP, SIGCONT, a line on its stdin. */
import type { EventDraft } from "../../clients/typescript/src/client.ts";
import type { Child } from "./run-child.ts";

export interface Order {
  readonly commandId: string;
  readonly command: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly by: string | null;
}

/** By whom and why a task is canceled. */
export interface Canceled {
  readonly by: string | null;
  readonly reason: string | null;
}

export interface Steering {
  obey(order: Order): void;
  /** SIGTERM now, SIGKILL if that is not enough. */
  stop(): void;
  /** Set once a cancel was ordered; `command` is to be told as applied when the command has ended. */
  readonly canceled: (Canceled & { readonly commandId: string }) | null;
  /** The command has ended. */
  end(): void;
}

/** How long a command that was sent SIGTERM may take. Milliseconds. */
const GRACE_MS = 10_000;

/** Steers one command; what it does is told as events. */
export function createSteering(child: Child, tell: (event: EventDraft) => void): Steering {
  let canceled: Steering["canceled"] = null;
  let late: ReturnType<typeof setTimeout> | undefined;

  const applied = ({ commandId, command }: Order): void => tell({ type: "command.applied", data: { command_id: commandId, command } });
  const whose = ({ by, data }: Order): Record<string, string> => ({ ...(by === null ? {} : { by }), ...(typeof data.reason === "string" ? { reason: data.reason } : {}) });

  function stop(): void {
    // One that is stopped does not hear it.
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    late ??= setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  }

  return {
    obey(order) {
      switch (order.command) {
        case "cancel":
          canceled ??= { by: order.by, reason: typeof order.data.reason === "string" ? order.data.reason : null, commandId: order.commandId };
          return stop();
        case "pause":
          child.kill("SIGSTOP");
          tell({ type: "task.paused", data: whose(order) });
          return applied(order);
        case "resume":
          child.kill("SIGCONT");
          tell({ type: "task.resumed", data: whose(order) });
          return applied(order);
        case "message":
          if (child.write(`${String(order.data.text ?? "")}\n`)) applied(order);
      }
    },
    stop,
    get canceled() {
      return canceled;
    },
    end: () => clearTimeout(late),
  };
}
