import { type Checked, either, integer, object, optional, type Schema, text } from "./schema.ts";

/** Any JSON value; judged later by the verb's own schema. */
const anything: Schema<unknown> = (value) => value;

/** A call: `id` is chosen by the client and comes back with the answer. */
export const Request = object({
  id: integer(1, Number.MAX_SAFE_INTEGER),
  verb: text({ min: 1, max: 40 }),
  args: anything,
});
/** A call. */
export type Request = Checked<typeof Request>;

/** What hald says when a call failed. */
export const Fault = object({
  code: text({ min: 1, max: 40, form: /^[A-Z0-9_]+$/ }),
  message: text({ max: 2_000 }),
  hint: optional(text({ max: 1_000 })),
});
/** What hald says when a call failed. */
export type Fault = Checked<typeof Fault>;

/** An answer or a fault. */
export const Response = either(
  object({ id: integer(1, Number.MAX_SAFE_INTEGER), answer: anything }),
  object({ id: integer(1, Number.MAX_SAFE_INTEGER), fault: Fault }),
);
/** An answer or a fault. */
export type Response = Checked<typeof Response>;
