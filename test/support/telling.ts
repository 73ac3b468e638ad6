/** A task told by a projection, event by event, as whoever watches from its beginning is told. */
import type { Frame, Projection, TaskEvent } from "../../src/dialects/port.ts";

/** All frames that these events come to. */
export function tell<State>(projection: Projection<State>, taskId: string, events: readonly TaskEvent[]): Frame[] {
  let state = projection.start(taskId);
  return events.flatMap((event) => {
    const told = projection.step(state, event);
    state = told.state;
    return told.frames;
  });
}
