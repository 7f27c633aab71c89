import { z } from "zod";
import { FilePath, listOf } from "../config/values.ts";
import { POSTURE_LIMITS } from "./limits.ts";

/** The `posture` section. */
export const PostureConfig = z.strictObject({
  probe: z.strictObject({}).optional().describe(
    "Looks at stations from outside once a day while they are idle: open ports, TLS and certificate of their page; absent: never",
  ),
  golden: listOf(z.strictObject({ goldenFile: FilePath.describe("YAML file with the wanted settings of one model") }))
    .max(POSTURE_LIMITS.goldenFiles).default([]).describe(
      "The site's own golden configurations; one with the id of one that comes with the gateway replaces it",
    ),
});
/** The `posture` section. */
export type PostureConfig = z.infer<typeof PostureConfig>;
