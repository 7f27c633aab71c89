import { z } from "zod";
import { CAPABILITIES, DAYS, DEVICE_ROLES, type GrantWhen } from "../../../policies/access_types.ts";
import type { NewGrant } from "../../core/people_access_api.ts";
import { operation } from "./operation.ts";

const NAME = z.string().min(1).max(64);
const DeviceRoleName = z.enum(DEVICE_ROLES);
const CapabilityName = z.enum(CAPABILITIES);
/** When a grant holds. */
const GrantWhenShape = z.union([
  z.object({ kind: z.literal("always") }),
  z.object({ kind: z.literal("schedule"), days: z.array(z.enum(DAYS)).optional(), from: z.string(), to: z.string() }),
  z.object({ kind: z.literal("request") }),
]);
/** One grant. */
export const GrantRow = z.object({
  id: z.string(),
  who: z.object({ person: z.string(), group: z.string(), role: z.string() }).partial(),
  stations: z.object({
    all: z.literal(true),
    ids: z.array(z.string()),
    units: z.array(z.string()),
    vendors: z.array(z.string()),
  }).partial(),
  deviceRoles: z.array(DeviceRoleName),
  capabilities: z.array(CapabilityName),
  when: GrantWhenShape,
  secondFactor: z.boolean(),
  maxMinutes: z.number(),
  sources: z.array(z.string()).optional(),
  notAfter: z.number().optional(),
  oldPages: z.literal(true).optional(),
  because: z.string(),
  createdBy: z.string(),
  createdAt: z.number(),
});

/** The grants in force. */
export const listGrants = operation({
  id: "listGrants",
  method: "get",
  path: "/grants",
  tag: "access",
  summary: "Lists who may open which controllers' pages, when and as what",
  needs: "people.grant.list",
  input: z.object({}),
  output: z.array(GrantRow),
  call: async (person) => z.array(GrantRow).parse(await person.ask("people.grant.list", {})),
});

/** A new grant, flat as a form posts it. */
const FlatGrant = z.object({
  id: NAME.regex(/^[a-z0-9][a-z0-9-]*$/, "wanted small letters, digits and dashes").describe(
    "Id, as field-installers",
  ),
  person: NAME.optional().describe("Only this person"),
  group: NAME.optional().describe("Only this group of the identity provider"),
  role: z.enum(["administrator", "operator", "technician", "auditor"]).optional().describe("Only this role"),
  stations: z.array(z.string().max(48)).max(500).optional().describe("Station ids; absent with allStations"),
  units: z.array(NAME).max(100).optional(),
  vendors: z.array(NAME).max(50).optional(),
  allStations: z.boolean().optional().describe("Every station of the site"),
  deviceRoles: z.array(DeviceRoleName).min(1),
  capabilities: z.array(CapabilityName).min(1),
  when: z.enum(["always", "schedule", "request"]),
  days: z.array(z.enum(DAYS)).optional().describe("With schedule; absent: every day"),
  from: z.string().max(5).optional().describe("With schedule, as 06:00"),
  to: z.string().max(5).optional().describe("With schedule, as 20:00"),
  secondFactor: z.boolean().optional().describe("A second factor within the last minutes is asked for"),
  maxMinutes: z.number().int().min(1).max(480).describe("Minutes after which the way closes"),
  sources: z.array(z.string().max(50)).max(20).optional().describe("Networks it may be used from; absent: any"),
  oldPages: z.boolean().optional().describe("The maker's old pages too, where a station leaves them to grants"),
  because: z.string().min(1).max(200).describe("A sentence for people"),
});

/** Lets somebody open controllers' pages. */
export const addGrant = operation({
  id: "addGrant",
  method: "post",
  path: "/grants",
  tag: "access",
  summary: "Lets somebody open controllers' pages",
  needs: "people.grant.add",
  input: FlatGrant,
  output: GrantRow,
  call: async (person, flat) => GrantRow.parse(await person.ask("people.grant.add", { grant: shapeGrant(flat) })),
});

function shapeGrant(flat: z.infer<typeof FlatGrant>): NewGrant {
  const { id, person, group, role, stations, units, vendors, allStations, deviceRoles, capabilities } = flat;
  const { when, days, from, to, secondFactor = false, maxMinutes, sources, oldPages, because } = flat;
  const shaped: GrantWhen = when === "schedule"
    ? { kind: "schedule", ...days === undefined ? {} : { days }, from: from ?? "00:00", to: to ?? "24:00" }
    : { kind: when };
  return {
    id,
    who: present({ person, group, role }),
    stations: allStations ? { all: true } : present({ ids: stations, units, vendors }),
    ...{ deviceRoles, capabilities, when: shaped, secondFactor, maxMinutes, because },
    ...sources === undefined ? {} : { sources },
    ...oldPages ? { oldPages } : {},
  };
}

/** Without the keys that have no value. */
function present<T extends Record<string, unknown>>(given: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}

/** Ends a grant and the ways that it opened. */
export const removeGrant = operation({
  id: "removeGrant",
  method: "delete",
  path: "/grants/{id}",
  tag: "access",
  summary: "Ends a grant and the ways that it opened",
  needs: "people.grant.remove",
  input: z.object({ id: NAME }),
  output: z.object({ removed: z.string() }),
  call: async (person, { id }) => {
    await person.ask("people.grant.remove", { id });
    return { removed: id };
  },
});

/** A request for access. */
export const RequestRow = z.object({
  id: z.string(),
  person: z.string(),
  station: z.string(),
  deviceRole: DeviceRoleName,
  capability: CapabilityName,
  grant: z.string(),
  reason: z.string(),
  minutes: z.number(),
  state: z.enum(["approved", "denied", "pending", "withdrawn"]),
  createdAt: z.number(),
  decidedBy: z.string().optional(),
  decidedAt: z.number().optional(),
  note: z.string().optional(),
  until: z.number().optional(),
});
/** A request for access. */
export type RequestRow = z.infer<typeof RequestRow>;

/** Requests for access. */
export const listRequests = operation({
  id: "listAccessRequests",
  method: "get",
  path: "/access-requests",
  tag: "access",
  summary: "Lists requests for access: the own ones, or all for who decides",
  needs: "people.request.list",
  input: z.object({}),
  output: z.array(RequestRow),
  call: async (person) => z.array(RequestRow).parse(await person.ask("people.request.list", {})),
});

const WISH = {
  station: z.string().min(1).max(48),
  deviceRole: DeviceRoleName,
  capability: CapabilityName,
};

/** Asks for access that a grant allows on approval. */
export const addRequest = operation({
  id: "requestAccess",
  method: "post",
  path: "/access-requests",
  tag: "access",
  summary: "Asks for access that a grant allows on approval",
  needs: "people.request.add",
  input: z.object({
    ...WISH,
    reason: z.string().min(1).max(200),
    minutes: z.number().int().min(1).max(480),
  }),
  output: RequestRow,
  call: async (person, { reason, minutes, ...wish }) =>
    RequestRow.parse(await person.ask("people.request.add", { wish, reason, minutes })),
});

/** Decides a request of somebody else. */
export const decideRequest = operation({
  id: "decideAccessRequest",
  method: "post",
  path: "/access-requests/{id}/decision",
  tag: "access",
  summary: "Approves or denies a request of somebody else",
  needs: "people.request.decide",
  input: z.object({
    id: z.string().max(64),
    decision: z.enum(["approve", "deny"]),
    note: z.string().max(200).optional(),
  }),
  output: RequestRow,
  call: async (person, { id, decision, note }) =>
    RequestRow.parse(
      await person.ask("people.request.decide", {
        ...{ id, approve: decision === "approve" },
        ...note === undefined ? {} : { note },
      }),
    ),
});

/** Takes back a request. */
export const withdrawRequest = operation({
  id: "withdrawAccessRequest",
  method: "post",
  path: "/access-requests/{id}/withdraw",
  tag: "access",
  summary: "Takes back the own request",
  needs: "people.request.withdraw",
  input: z.object({ id: z.string().max(64) }),
  output: RequestRow,
  call: async (person, { id }) => RequestRow.parse(await person.ask("people.request.withdraw", { id })),
});

const Explained = z.object({ decision: z.looseObject({ effect: z.string(), rule: z.string() }), text: z.string() });
/** What the simulator answers. */
export type Explained = z.infer<typeof Explained>;

/** May this person do this now, and why. */
export const explainAccess = operation({
  id: "explainAccess",
  method: "get",
  path: "/access-decision",
  tag: "policies",
  summary: "Says whether a person may open the page of a station or unit, by which grant, and why no other",
  needs: "people.access.explain",
  input: z.object({
    person: NAME.optional().describe("Absent: the caller"),
    ...WISH,
    at: z.iso.datetime({ offset: true, local: false }).optional().describe(
      "When, ISO 8601 with its offset; absent: now",
    ),
    from: z.string().max(45).optional().describe("Address it comes from; absent: the caller's"),
  }),
  output: Explained,
  call: async (person, { person: who, at, from, ...wish }) =>
    Explained.parse(
      await person.ask("people.access.explain", {
        wish,
        ...who === undefined ? {} : { person: who },
        ...at === undefined ? {} : { at: Date.parse(at) },
        ...from === undefined ? {} : { from },
      }),
    ),
});

/** An opened way to a controller. */
export const LeaseRow = z.object({
  id: z.string(),
  person: z.string(),
  station: z.string(),
  deviceRole: DeviceRoleName,
  capabilities: z.array(CapabilityName),
  grant: z.string(),
  reason: z.string(),
  since: z.number(),
  until: z.number(),
});
/** An opened way to a controller. */
export type LeaseRow = z.infer<typeof LeaseRow>;

/** The ways that are open now. */
export const listLeases = operation({
  id: "listOpenAccess",
  method: "get",
  path: "/open-access",
  tag: "access",
  summary: "Lists the ways to controllers that are open now",
  needs: "people.access.list",
  input: z.object({}),
  output: z.array(LeaseRow),
  call: async (person) => z.array(LeaseRow).parse(await person.ask("people.access.list", {})),
});

/** Closes a way at once. */
export const endLease = operation({
  id: "endOpenAccess",
  method: "delete",
  path: "/open-access/{id}",
  tag: "access",
  summary: "Closes a way to a controller at once",
  needs: "people.access.end",
  input: z.object({ id: z.string().max(64) }),
  output: z.object({ ended: z.string() }),
  call: async (person, { id }) => {
    await person.ask("people.access.end", { lease: id });
    return { ended: id };
  },
});
