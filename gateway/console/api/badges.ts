import { z } from "zod";
import { operation } from "./operation.ts";

const Hash = z.string().min(8).max(24).describe("Instead of the badge: its hash, as the lists show it");
const Badge = z.string().min(1).max(255).describe(
  "idTag or idToken as the station sends it; kept as a keyed hash only",
);
/** By one of them, not by both. */
const isNamed = ({ badge, hash }: { readonly badge?: string | undefined; readonly hash?: string | undefined }) =>
  (badge === undefined) !== (hash === undefined);
const NAMED = { path: ["badge"], message: "Give the badge or its hash" };
const Note = z.string().min(1).max(200);
const Until = z.iso.date().or(z.iso.datetime({ offset: true })).optional().describe(
  "Last day, or moment; absent: no end",
);
const Said = z.object({ text: z.string().describe("What became of it, for people") });

/** One badge on a list of the site, which knows it by its hash. */
export const BadgeRow = z.object({
  list: z.enum(["blocked", "listed"]),
  hash: z.string(),
  note: z.string(),
  by: z.string().nullable().describe("Who put it there"),
  since: z.string(),
  until: z.string().nullable(),
  renewedBy: z.string().nullable().describe("Hash of the badge that was given out instead"),
  renews: z.string().nullable().describe("Hash of the badge that this one was given out for"),
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
  input: z.object({ badge: Badge.optional(), hash: Hash.optional(), reason: Note.describe("Why"), until: Until })
    .refine(isNamed, NAMED),
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
  input: z.object({ badge: Badge.optional(), hash: Hash.optional() }).refine(isNamed, NAMED),
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
  input: z.object({ badge: Badge.optional(), hash: Hash.optional() }).refine(isNamed, NAMED),
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

/** What a file would do to a list. */
export const BadgeVerdict = z.object({
  list: z.enum(["blocked", "listed"]),
  badges: z.number().int(),
  added: z.number().int(),
  replaced: z.number().int(),
  repeated: z.number().int().describe("Lines that name a badge of an earlier line"),
  onOther: z.number().int().describe("Badges that stand on the other list too"),
  faults: z.array(z.string()).describe("Lines that cannot be read"),
  refusal: z.string().optional().describe("Why nothing of it can be taken"),
});
/** What a file would do to a list. */
export type BadgeVerdict = z.infer<typeof BadgeVerdict>;

/** Says what an import would do. */
export const checkBadges = operation({
  id: "checkBadges",
  method: "post",
  path: "/badges/import/check",
  tag: "badges",
  summary: "Says what an import would do, line by line; nothing is kept",
  needs: "command badge import",
  input: z.object({ list: z.enum(["blocked", "listed"]), lines: z.string().min(1).max(200_000) }),
  output: BadgeVerdict,
  call: async (person, { list, lines }) =>
    BadgeVerdict.parse((await person.run("badge import", { list, file: lines, check: true })).data),
});

/** A list as a file. */
export const exportBadges = operation({
  id: "exportBadges",
  method: "get",
  path: "/badges/export",
  tag: "badges",
  summary: "Gives a list by keyed hashes, as an import of this site takes it again",
  needs: "command badge export",
  input: z.object({ list: z.enum(["blocked", "listed"]) }),
  output: z.object({ file: z.string() }),
  call: async (person, { list }) =>
    z.object({ file: z.string() }).parse((await person.run("badge export", { list })).data),
});

/** A badge that looks copied, with both places. */
export const SuspectRow = z.object({
  hash: z.string(),
  at: z.string(),
  kind: z.enum(["csms-says-so", "impossible-order", "renewed", "two-places"]),
  station: z.string(),
  elsewhere: z.string(),
  times: z.number().int(),
  stands: z.boolean().describe("Its alarm stands"),
});
/** A badge that looks copied. */
export type SuspectRow = z.infer<typeof SuspectRow>;

/** Badges that look copied. */
export const listSuspects = operation({
  id: "listSuspectedBadges",
  method: "get",
  path: "/badges/suspects",
  tag: "badges",
  summary: "Lists badges that look copied, the latest first",
  needs: "command badge suspects",
  input: z.object({}),
  output: z.array(SuspectRow),
  call: async (person) => z.array(SuspectRow).parse((await person.run("badge suspects")).data),
});

/** All of them, as the registry lists them. */
export const BADGE_OPERATIONS = [
  listBadges,
  listSuspects,
  exportBadges,
  blockBadge,
  unblockBadge,
  renewBadge,
  allowBadge,
  forgetBadge,
  importBadges,
  checkBadges,
] as const;
