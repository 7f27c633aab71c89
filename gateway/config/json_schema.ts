import { z } from "zod";
import { Site } from "./schema.ts";

/**
 * The JSON Schema of site.yaml for editors, as the text of schema/site.schema.json. Draft 7, because the YAML language
 * servers of today read it. It knows keys, kinds and values; checks across keys are made by `check` only.
 */
export function siteJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(Site, { io: "input", target: "draft-7" });
  return JSON.stringify({ $schema, title: "Bulkhead site.yaml", ...rest }, null, 2) + "\n";
}
