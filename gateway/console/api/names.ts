import { z } from "zod";
import { operation } from "./operation.ts";

/** A name that a client was refused. */
export const DeniedRow = z.object({
  client: z.string(),
  isStation: z.boolean(),
  source: z.string(),
  name: z.string(),
  types: z.array(z.string()),
  rule: z.string(),
  reason: z.string(),
  count: z.number(),
  firstAt: z.number().describe("Milliseconds since 1970"),
  lastAt: z.number().describe("Milliseconds since 1970"),
  observed: z.boolean().describe("Only recorded, and looked up (dns.mode: observe)"),
  howToAllow: z.string(),
});
/** A name that a client was refused. */
export type DeniedRow = z.infer<typeof DeniedRow>;

/** Names that clients were refused. */
export const listDeniedNames = operation({
  id: "listDeniedNames",
  method: "get",
  path: "/dns/denied",
  tag: "network",
  summary: "Lists the names that stations were refused, and how to allow each",
  needs: "command dns denied",
  input: z.object({ station: z.string().max(48).optional().describe("A station, or a client's address") }),
  output: z.array(DeniedRow),
  call: async (person, { station }) =>
    z.array(DeniedRow).parse((await person.run("dns denied", station ? { station } : {})).data),
});

/** How DNS stands, and what it lets through. */
export const DnsStatus = z.object({
  upstreams: z.array(z.object({ id: z.string(), kind: z.string(), state: z.enum(["away", "ok", "unused"]) })),
  cache: z.object({ entries: z.number(), bytes: z.number() }),
  outcomes: z.record(z.string(), z.number()),
  mode: z.enum(["enforce", "observe"]),
  names: z.array(z.object({
    name: z.string(),
    effect: z.enum(["allow", "deny", "answer"]),
    rule: z.string(),
    who: z.string().describe("Whom it is for; empty: everybody"),
    answer: z.string().describe("What the gateway answers itself; empty: it is looked up"),
  })),
});
/** How DNS stands, and what it lets through. */
export type DnsStatus = z.infer<typeof DnsStatus>;

/** How DNS stands. */
export const readDnsStatus = operation({
  id: "readDnsStatus",
  method: "get",
  path: "/dns/status",
  tag: "network",
  summary: "Shows the upstreams, the names that are allowed and how questions ended",
  needs: "command dns status",
  input: z.object({}),
  output: DnsStatus,
  call: async (person) => DnsStatus.parse((await person.run("dns status")).data),
});

/** Clears the list of refused names. */
export const forgetDeniedNames = operation({
  id: "forgetDeniedNames",
  method: "post",
  path: "/dns/denied/forget",
  tag: "network",
  summary: "Clears the list of refused names; the audit chain keeps them",
  needs: "command dns forget",
  input: z.object({ station: z.string().max(48).optional().describe("Only those of this station or address") }),
  output: z.object({ text: z.string() }),
  call: async (person, { station }) => ({ text: (await person.run("dns forget", station ? { station } : {})).text }),
});
