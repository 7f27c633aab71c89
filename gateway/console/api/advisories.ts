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

const Id = z.string().min(1).max(200).describe("The advisory's id, as VDE-2026-031");
const Weakness = z.object({
  id: z.string().optional(),
  title: z.string().optional(),
  score: z.number().optional(),
  remedies: z.array(z.string()),
});
const Verdict = Advisory.extend({ weaknesses: z.array(Weakness) });
/** One advisory with its weaknesses and what they mean for the site. */
export type AdvisoryVerdict = z.infer<typeof Verdict>;

/** One advisory. */
export const readAdvisory = operation({
  id: "readAdvisory",
  method: "get",
  path: "/advisories/{id}",
  tag: "security",
  summary: "One advisory: its weaknesses, what to do, and each station with why it is affected",
  needs: "command posture advisory show",
  input: z.object({ id: Id }),
  output: Verdict,
  call: async (person, input) => Verdict.parse((await person.run("posture advisory show", input)).data),
});

/** Takes one. */
export const importAdvisory = operation({
  id: "importAdvisory",
  method: "post",
  path: "/advisories",
  tag: "security",
  summary: "Takes a maker's security advisory (CSAF 2.0) and says which stations it is about",
  needs: "command posture advisory import",
  input: z.object({
    file: z.string().min(1).describe("The JSON file as base64"),
    sha256: z.string().max(1_000).optional().describe("Its sum, as the publisher gives it; another one is refused"),
    sha512: z.string().max(1_000).optional().describe("The same with SHA-512"),
  }),
  output: Verdict,
  call: async (person, input) => Verdict.parse((await person.run("posture advisory import", input)).data),
});

/** Says that one does not count here. */
export const withdrawAdvisory = operation({
  id: "withdrawAdvisory",
  method: "post",
  path: "/advisories/{id}/withdraw",
  tag: "security",
  summary: "Says that an advisory does not count here; it stays in the list with the reason",
  needs: "command posture advisory withdraw",
  input: z.object({ id: Id, reason: z.string().min(1).max(200) }),
  output: Verdict,
  call: async (person, input) => Verdict.parse((await person.run("posture advisory withdraw", input)).data),
});

/** Forgets one. */
export const removeAdvisory = operation({
  id: "removeAdvisory",
  method: "delete",
  path: "/advisories/{id}",
  tag: "security",
  summary: "Forgets an advisory",
  needs: "command posture advisory remove",
  input: z.object({ id: Id }),
  output: z.object({ id: z.string() }),
  call: async (person, input) =>
    z.object({ id: z.string() }).parse((await person.run("posture advisory remove", input)).data),
});

/** All operations about advisories. */
export const ADVISORY_OPERATIONS = [listAdvisories, readAdvisory, importAdvisory, withdrawAdvisory, removeAdvisory];
