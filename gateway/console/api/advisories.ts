import { z } from "zod";
import { operation } from "./operation.ts";

const Advisory = z.object({
  ...{ id: z.string(), title: z.string(), publisher: z.string(), version: z.string() },
  releasedAt: z.number().describe("Milliseconds since 1970"),
  cves: z.array(z.string()),
  severity: z.string().optional(),
  score: z.number().optional().describe("The highest CVSS base score"),
  provenBy: z.string().optional().describe("Absent: compared with no sum of its publisher"),
  withdrawn: z.object({ who: z.string(), at: z.number(), reason: z.string() }).optional(),
  stations: z.array(z.object({
    ...{ station: z.string(), unit: z.string().optional(), version: z.string().optional() },
    state: z.enum(["affected", "possible"]),
    weaknesses: z.array(z.string()),
    why: z.string(),
  })),
});
/** A security advisory with the stations that it is about. */
export type Advisory = z.infer<typeof Advisory>;

/** All advisories. */
export const listAdvisories = operation({
  id: "listAdvisories",
  method: "get",
  path: "/advisories",
  tag: "security",
  summary: "Shows the security advisories that were imported, with the stations that they affect, or may affect",
  needs: "command posture advisory list",
  input: z.object({}),
  output: z.array(Advisory),
  call: async (person) => z.array(Advisory).parse((await person.run("posture advisory list")).data),
});
