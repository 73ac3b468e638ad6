/** The shapes of what stands in addresses. */
import { z } from "@hono/zod-openapi";

/** An id in a path or a query. */
export const TASK_ID = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "expected 1 to 64 characters of A-Z a-z 0-9 _ -");

/** A text of at most 256 characters. */
export function text(description: string): z.ZodType<string> {
  return z.string().max(256).openapi({ description });
}

/** A whole number, `least` to `most`. */
export function whole(least: number, most: number, description: string): z.ZodType<number> {
  const expected = `expected a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, expected)
    .transform(Number)
    .refine((value) => value >= least && value <= most, expected)
    .openapi({ type: "integer", minimum: least, maximum: most, description });
}

/** What a page shows instead of a token; read before the rest is. */
export const TICKET = text("From `POST /v1/tickets`, instead of a token").optional();

/** How history is delivered. */
export const REPLAYS = ["full", "compact", "none"] as const;
