import { z } from "zod";
import { ListenAddress, Text } from "../../gateway/config/values.ts";

/** The part of site.yaml that this conduit would own: `echo:`. Units stand in key names. */
export const EchoConfig = z.strictObject({
  listen: ListenAddress.describe("Where the echo conduit listens"),
  idleSeconds: z.number().int().min(1).max(3600).default(60).describe(
    "Seconds of silence before a connection is closed",
  ),
  rules: z.array(z.strictObject({
    id: z.string().min(1).max(48).describe("Name of the rule, shown in refusals and audit"),
    effect: z.enum(["allow", "deny"]),
    because: Text.describe("One sentence: why"),
    startsWith: z.string().max(256).describe("Lines that start with this; an empty text is every line"),
  })).max(100).default([]).describe("Deny wins, then the first allow, else deny"),
});

/** The validated `echo:` part. */
export type EchoConfig = z.infer<typeof EchoConfig>;
