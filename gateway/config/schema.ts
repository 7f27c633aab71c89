import { z } from "zod";

/** The whole site.yaml. Each conduit's part stands in its own config.ts; this file composes them. */
export const Site = z.strictObject({
  version: z.literal(1).describe("Version of this file's form"),
});

/** The validated site.yaml. */
export type Site = z.infer<typeof Site>;
