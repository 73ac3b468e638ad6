/** All dialects that the service speaks. A further one is a file of its own, and a line here. */
import { agentProgress } from "./agent-progress.ts";
import { chat } from "./chat.ts";
import { createDataQuestions } from "./data-questions.ts";
import { orchestration } from "./orchestration.ts";
import type { Dialect } from "./port.ts";
import { researchPlans } from "./research-plans.ts";

export const DIALECTS: readonly Dialect[] = [agentProgress, researchPlans, orchestration, createDataQuestions(), chat];
