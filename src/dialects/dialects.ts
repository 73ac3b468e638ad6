/** All dialects that the service speaks. A further one is a file of its own, and a line here. */
import { agentProgress } from "./agent-progress.ts";
import { chat } from "./chat.ts";
import { createDataQuestions } from "./data-questions.ts";
import type { StageTable } from "./data-questions-stages.ts";
import { orchestration } from "./orchestration.ts";
import type { Dialect } from "./port.ts";
import { researchPlans } from "./research-plans.ts";

/** `stages`: which of the workers' names are which stage of a data question. */
export function dialectsWith({ stages }: { readonly stages: StageTable }): readonly Dialect[] {
  return [agentProgress, researchPlans, orchestration, createDataQuestions(stages), chat];
}
