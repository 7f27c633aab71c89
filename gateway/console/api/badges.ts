import { z } from "zod";
import { operation } from "./operation.ts";

const Badge = z.string().min(1).max(255).describe(
  "idTag or idToken as the station sends it; kept as a keyed hash only",
);
const Note = z.string().min(1).max(200);
const Until = z.iso.date().or(z.iso.datetime({ offset: true })).optional().describe(
  "Last day or moment; absent: no end",
);
const Said = z.object({ text: z.string().describe("What became of it, for people") });

/** One badge on a list of the site, which knows it by its hash. */
export const BadgeRow = z.object({
  list: z.enum(["blocked", "listed"]),
  hash: z.string(),
  note: z.string(),
  since: z.string(),
  until: z.string().nullable(),
  renewedBy: z.string().nullable(),
});
/** One badge on a list of the site. */
export type BadgeRow = z.infer<typeof BadgeRow>;

/** Blocked and listed badges. */
export const listBadges = operation({
  id: "listBadges",
  method: "get",
  path: "/badges",
  tag: "badges",
  summary: "Lists blocked and listed badges with their notes; the badges themselves are kept as hashes only",
  needs: "command badge list",
  input: z.object({}),
  output: z.array(BadgeRow),
  call: async (person) => z.array(BadgeRow).parse((await person.run("badge list")).data),
});

/** Refuses a badge everywhere. */
export const blockBadge = operation({
  id: "blockBadge",
  method: "post",
  path: "/badges/block",
  tag: "badges",
  summary: "Refuses a badge at every station from now on and stops what it charges",
  needs: "command badge block",
  input: z.object({ badge: Badge, reason: Note.describe("Why"), until: Until }),
  output: Said,
  call: async (person, input) => ({ text: (await person.run("badge block", input)).text }),
});

/** Takes a badge off the block list. */
export const unblockBadge = operation({
  id: "unblockBadge",
  method: "post",
  path: "/badges/unblock",
  tag: "badges",
  summary: "Takes a badge off the block list",
  needs: "command badge unblock",
  input: z.object({ badge: Badge }),
  output: Said,
  call: async (person, input) => ({ text: (await person.run("badge unblock", input)).text }),
});

/** Puts a badge on the site's list. */
export const allowBadge = operation({
  id: "allowBadge",
  method: "post",
  path: "/badges/allow",
  tag: "badges",
  summary: "Puts a badge on the site's list, which counts in the offline authorisation mode local-badges",
  needs: "command badge allow",
  input: z.object({ badge: Badge, note: Note.describe("Whose it is or why"), until: Until }),
  output: Said,
  call: async (person, input) => ({ text: (await person.run("badge allow", input)).text }),
});

/** Takes a badge off the site's list. */
export const forgetBadge = operation({
  id: "forgetBadge",
  method: "post",
  path: "/badges/forget",
  tag: "badges",
  summary: "Takes a badge off the site's list",
  needs: "command badge forget",
  input: z.object({ badge: Badge }),
  output: Said,
  call: async (person, input) => ({ text: (await person.run("badge forget", input)).text }),
});

/** Gives out another badge for one. */
export const renewBadge = operation({
  id: "renewBadge",
  method: "post",
  path: "/badges/renew",
  tag: "badges",
  summary: "Gives out another badge for one: the old one is blocked, the new one takes its place on the site's list",
  needs: "command badge renew",
  input: z.object({ badge: Badge, new: Badge, reason: Note.describe("Why") }),
  output: Said,
  call: async (person, input) => ({ text: (await person.run("badge renew", input)).text }),
});

/** Puts many badges on a list. */
export const importBadges = operation({
  id: "importBadges",
  method: "post",
  path: "/badges/import",
  tag: "badges",
  summary: "Puts the badges of a text on a list, all or none: BADGE;note or BADGE;note;2026-12-31 in each line",
  needs: "command badge import",
  input: z.object({ list: z.enum(["blocked", "listed"]), lines: z.string().min(1).max(200_000) }),
  output: Said,
  call: async (person, { list, lines }) => ({ text: (await person.run("badge import", { list, file: lines })).text }),
});
