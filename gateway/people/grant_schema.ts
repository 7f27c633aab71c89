import { z } from "zod";
import { GatewayError } from "../core/errors.ts";
import type { NewGrant } from "../core/people_access_api.ts";
import { ROLES } from "../core/people_api.ts";
import { parseCidr, parseIp } from "../config/ip.ts";
import { NameId, StationId } from "../config/values.ts";
import { CAPABILITIES, DAYS, DEVICE_ROLES } from "../../policies/access_types.ts";
import { minuteOfDay } from "../../policies/week_hours.ts";
import { PEOPLE_LIMITS } from "./limits.ts";

const Name = z.string().min(1).max(PEOPLE_LIMITS.nameChars);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(200);
const TimeOfDay = z.string().refine((text) => minuteOfDay(text) !== undefined, { error: "a time of day, as 07:30" });
const Network = z.string().refine((text) => parseCidr(text) !== undefined || parseIp(text) !== undefined, {
  error: "a network or address, as 10.99.0.0/24",
}).transform((text) => parseCidr(text) ? text : `${text}/${text.includes(":") ? 128 : 32}`);

const When = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("always") }),
  z.strictObject({ kind: z.literal("request") }),
  z.strictObject({
    kind: z.literal("schedule"),
    days: z.array(z.enum(DAYS)).min(1).max(7).optional(),
    from: TimeOfDay,
    to: TimeOfDay,
  }),
]);

/** A grant as a person writes one. */
const GrantForm = z.strictObject({
  id: NameId.refine((id) => !id.startsWith("built-in."), { error: 'an id that does not begin with "built-in."' }),
  who: z.strictObject({ person: Name.optional(), group: Name.optional(), role: z.enum(ROLES).optional() })
    .refine((who) => Object.keys(who).length > 0, { error: "a person, a group or a role" }),
  stations: z.strictObject({
    all: z.literal(true).optional(),
    ids: list(StationId).optional(),
    units: list(NameId).optional(),
    vendors: list(NameId).optional(),
  }).refine((stations) => Object.keys(stations).length > 0, { error: "all: true, ids, units or vendors" }),
  deviceRoles: list(z.enum(DEVICE_ROLES)),
  capabilities: list(z.enum(CAPABILITIES)),
  when: When,
  secondFactor: z.boolean(),
  maxMinutes: z.int().min(1).max(PEOPLE_LIMITS.leaseMinutes),
  sources: list(Network).optional(),
  notAfter: z.int().positive().optional(),
  oldPages: z.literal(true).optional(),
  because: z.string().trim().min(5).max(200),
});

/** @throws GatewayError GRANT_INVALID with all faults at once */
export function readGrant(value: unknown): NewGrant {
  const { success, data, error } = GrantForm.safeParse(value);
  if (success) return data as NewGrant;
  const faults = error.issues.map(({ path, message }) => `${path.join(".") || "grant"}: wanted ${message}`);
  throw new GatewayError("GRANT_INVALID", `This grant cannot be made: ${faults.join("; ")}`, {
    hint: "docs/people.md shows a grant with all its parts",
  });
}
