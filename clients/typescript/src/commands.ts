/** The commands to one task as its worker meets them: each handed over once, answered once. */
import { TaskwireError } from "./errors.ts";
import type { Emit, Fields } from "./producer-parts.ts";

/** A command that the service has accepted. */
export interface TaskCommand {
  readonly commandId: string;
  readonly command: string;
  readonly data: Fields;
  /** The key of the user who ordered it. */
  readonly by: string | null;
}

/** What a person has said to a task at work. */
export interface TaskMessage {
  readonly text: string;
  readonly messageId: string;
  readonly by: string | null;
}

/** The answer to a question. */
export interface Answer {
  readonly outcome: string;
  readonly response: unknown;
  readonly by: string | null;
}

export interface Desk {
  /** Takes an event of the task's own log. `history`: it was there before the worker. */
  take(event: { readonly type: string; readonly data?: unknown }, history: boolean): void;
  /** What was accepted in history and not applied is handed over now. */
  begin(): void;
  onCommand(listener: (command: TaskCommand) => void): () => void;
  onMessage(listener: (message: TaskMessage) => void): () => void;
  pausePoint(): Promise<void>;
  answer(requestId: string): Promise<Answer>;
  /** The question was not taken. */
  unasked(requestId: string, reason: unknown): void;
  /** The cancel that was not answered yet. */
  readonly canceled: TaskCommand | null;
  /** Nothing more comes: whoever waits is told. */
  close(reason: unknown): void;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/** A desk for one task. `abort` ends the work; `emit` publishes under its lease. */
export function createDesk(emit: Emit, abort: (reason: TaskwireError) => void): Desk {
  const pending = new Map<string, TaskCommand>();
  const listeners = new Set<(command: TaskCommand) => void>();
  const readers = new Set<(message: TaskMessage) => void>();
  const questions = new Map<string, Waiting>();
  const answers = new Map<string, Answer>();
  /** Said before anybody listened. */
  let unread: TaskCommand[] = [];
  let pause: TaskCommand | null = null;
  let resume: TaskCommand | null = null;
  let stirred: (() => void)[] = [];
  /** Where all rest that come to a pause point meanwhile. */
  let resting: Promise<void> | null = null;
  let canceled: TaskCommand | null = null;
  let closed: { readonly reason: unknown } | null = null;

  const applied = (command: TaskCommand): void => void emit("command.applied", { command_id: command.commandId, command: command.command }).catch(() => {});
  const stir = (): void => {
    for (const go of stirred.splice(0)) go();
  };

  function read(command: TaskCommand): void {
    if (readers.size === 0) return void unread.push(command);
    for (const reader of readers) reader({ text: String(command.data.text ?? ""), messageId: String(command.data.message_id ?? command.commandId), by: command.by });
    applied(command);
  }

  function hand(command: TaskCommand): void {
    for (const listener of listeners) listener(command);
    switch (command.command) {
      case "cancel":
        canceled = command;
        return abort(new TaskwireError("canceled", { detail: "The task is canceled.", advice: "Stop working on it; the client says so to the service." }));
      case "pause":
        pause = command;
        return;
      case "resume":
        // Nothing rests, and nothing is about to.
        if (pause === null && resting === null) return applied(command);
        resume = command;
        return stir();
      case "message":
        return read(command);
    }
  }

  function accepted(data: Fields, history: boolean): void {
    const command: TaskCommand = { commandId: String(data.command_id), command: String(data.command), data: (data.data ?? {}) as Fields, by: typeof data.by === "string" ? data.by : null };
    if (command.command === "respond") return;
    if (history) pending.set(command.commandId, command);
    else hand(command);
  }

  function resolved(data: Fields): void {
    const answer = { outcome: String(data.outcome), response: data.response, by: typeof data.by === "string" ? data.by : null };
    const id = String(data.request_id);
    answers.set(id, answer);
    questions.get(id)?.resolve(answer);
    questions.delete(id);
  }

  async function rest(): Promise<void> {
    const paused = pause as TaskCommand;
    pause = null;
    if (resume === null) {
      void emit("task.paused", paused.by === null ? {} : { by: paused.by });
      applied(paused);
      while (resume === null && closed === null) await new Promise<void>((resolve) => void stirred.push(resolve));
      if (closed !== null) throw (closed as { readonly reason: unknown }).reason;
      void emit("task.resumed", {});
    } else applied(paused);
    if (resume !== null) applied(resume);
    resume = null;
  }

  return {
    take({ type, data = {} }, history) {
      const fields = data as Fields;
      if (type === "command.accepted") accepted(fields, history);
      else if (type === "command.applied") pending.delete(String(fields.command_id));
      else if (type === "input.resolved" && !history) resolved(fields);
    },
    begin() {
      for (const command of [...pending.values()]) hand(command);
      pending.clear();
    },
    onCommand(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onMessage(listener) {
      readers.add(listener);
      const waiting = unread;
      unread = [];
      for (const command of waiting) read(command);
      return () => void readers.delete(listener);
    },
    async pausePoint() {
      if (closed !== null) throw closed.reason;
      if (pause === null && resting === null) return;
      resting ??= rest().finally(() => (resting = null));
      return resting;
    },
    answer(requestId) {
      const known = answers.get(requestId);
      if (known !== undefined) return Promise.resolve(known);
      return closed === null ? new Promise((resolve, reject) => void questions.set(requestId, { resolve, reject })) : Promise.reject(closed.reason);
    },
    unasked(requestId, reason) {
      questions.get(requestId)?.reject(reason);
      questions.delete(requestId);
    },
    get canceled() {
      return canceled;
    },
    close(reason) {
      closed ??= { reason };
      stir();
      for (const { reject } of questions.values()) reject(reason);
      questions.clear();
    },
  };
}
