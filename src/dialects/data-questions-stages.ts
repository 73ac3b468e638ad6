/** The stages that people see while a question is answered, and which of a worker's own names belongs to which. Nothing else of a worker's words is shown. */
import { isFields } from "./fields.ts";

/** A stage: what people read, and the percents that it spans. */
export interface Stage {
  readonly message: string;
  readonly from: number;
  readonly to: number;
}

export const STAGES = {
  planning: { message: "Planning Task...", from: 0, to: 15 },
  fetching: { message: "Fetching Data...", from: 30, to: 50 },
  validating: { message: "Validating Data...", from: 40, to: 40 },
  interpreting: { message: "Interpreting Data...", from: 75, to: 85 },
  finalizing: { message: "Finalizing Response...", from: 95, to: 95 },
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof STAGES;

/** A worker's names → stages. Names are compared without regard to case and to what stands between their words. */
export type StageTable = ReadonlyMap<string, StageName>;

const NAMES: Readonly<Record<StageName, string>> = {
  planning: "plan planner planning plan_task planning_task start starting route router routing intent understand understand_question parse_question rewrite_question classify classify_question analyze_question decompose clarify select_tables",
  fetching: "fetch fetching fetch_data fetching_data get_data load load_data retrieve retrieve_data retrieval schema get_schema inspect_schema query build_query write_query generate_query execute_query run_query sql generate_sql write_sql text_to_sql nl_to_sql execute_sql run_sql sql_executor execute extract",
  validating: "validate validating validation validate_data validating_data validate_query validate_sql validate_result validate_results check_query check_sql check_data query_validation sql_validation data_validation verify_data verify_query",
  interpreting: "interpret interpreting interpretation interpret_data interpreting_data interpret_result interpret_results interpreter analyze analyse analyze_data analyze_results analysis summarize summarize_data insight insights explain validate_interpretation check_interpretation interpretation_validation visualize chart",
  finalizing: "finalize finalizing finalise finalize_response finalizing_response finish respond response format format_response format_answer compose compose_answer answer generate_response generate_answer write_answer synthesize",
};

/** The names that workers usually give. */
export const USUAL_STAGES: StageTable = new Map((Object.keys(NAMES) as StageName[]).flatMap((stage) => NAMES[stage].split(" ").map((name) => [name, stage] as const)));

/** A name as it stands in a table: `fetchData`, `Fetch data` and `fetch-data` are `fetch_data`. */
export function stageKey(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_+|_+$/g, "");
}

/** The stage that a percent (0..100) falls into; between two, the earlier. */
export function stageAt(percent: number): StageName {
  if (percent === STAGES.validating.from) return "validating";
  return percent >= STAGES.finalizing.from ? "finalizing" : percent >= STAGES.interpreting.from ? "interpreting" : percent >= STAGES.fetching.from ? "fetching" : "planning";
}

/**
 * A table as operators write it, on top of the usual names: JSON such as `{"node_7":"fetching"}`, worker's name → stage.
 * A text says what is wrong with it, for people.
 */
export function readStages(text: string): StageTable | string {
  const expected = `expected JSON such as {"node_7":"fetching"}, each name one of ${Object.keys(STAGES).join(", ")}`;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return `it is not JSON; ${expected}`;
  }
  if (!isFields(given)) return `it is no JSON object; ${expected}`;
  const wrong = Object.entries(given).find(([name, stage]) => stageKey(name) === "" || typeof stage !== "string" || !Object.hasOwn(STAGES, stage));
  if (wrong !== undefined) return `${JSON.stringify(wrong[0])} is ${JSON.stringify(wrong[1])}; ${expected}`;
  return new Map([...USUAL_STAGES, ...Object.entries(given).map(([name, stage]) => [stageKey(name), stage as StageName] as const)]);
}
