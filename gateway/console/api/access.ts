import { z } from "zod";
import { CAPABILITIES, DAYS, DEVICE_ROLES } from "../../../policies/access_types.ts";
import { operation } from "./operation.ts";

const DeviceRoleName = z.enum(DEVICE_ROLES);
const CapabilityName = z.enum(CAPABILITIES);
/** When a grant holds. */
export const GrantWhenShape = z.union([
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
