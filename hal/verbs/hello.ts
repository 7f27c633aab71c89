import { KEY_STORE_KINDS } from "../key_store.ts";
import { either, flag, integer, list, literal, object, oneOf, text } from "../schema.ts";
import { defineVerb } from "../verb.ts";

/** Form of frames and verbs; another number means that hald and gateway come from releases that do not fit. */
export const HALD_PROTOCOL = 1;

/** Who is there, what it can do and which of it this box has. The first call on every connection. */
export const hello = defineVerb({
  name: "hald.hello",
  permission: "read",
  args: object({}),
  answer: object({
    protocol: integer(1, 2 ** 16),
    version: text({ max: 40 }),
    capabilities: object({
      keyStore: either(literal("none"), oneOf(KEY_STORE_KINDS)),
      watchdog: flag,
    }),
    verbs: list(text({ max: 40 }), 100),
  }),
  run: (_, box) =>
    Promise.resolve({
      protocol: HALD_PROTOCOL,
      version: box.version,
      capabilities: { keyStore: box.keyStore?.kind ?? "none" as const, watchdog: box.watchdog !== undefined },
      verbs: box.verbs,
    }),
});
