/** One line that the conformance kit says to the driver. */
export interface Command {
  readonly do: string;
  readonly id?: number;
  readonly follow?: string;
  readonly [field: string]: unknown;
}
