import { DEVICE_PASSWORD_RULES } from "../../profiles/controllers/password_rules.ts";
import {
  HARMLESS_SPECIALS,
  LOG_PASSWORD_RULE,
  PUK_RULE,
  SECRET_LENGTH,
} from "../../profiles/controllers/secret_rules.ts";
import type { DeviceRole } from "../../policies/access_types.ts";
import { isAccount, type SecretSlot } from "../../policies/secret_schedule.ts";
import type { NewMember } from "../../policies/secret_rotation.ts";
import { GatewayError } from "../core/errors.ts";
import type { Station } from "../inventory/config.ts";
import type { DeviceAccounts } from "./device_accounts.ts";

/** Several units with one secret, as under vault.groups. */
export type SecretGroups = readonly {
  readonly id: string;
  readonly units: "all" | readonly string[];
  readonly slots: readonly SecretSlot[];
}[];

/** The stations of the site, as far as secrets go. */
export interface UnitParts {
  readonly context: { readonly site: { readonly vault: { readonly groups: SecretGroups } } };
  readonly stations: () => readonly Station[];
  readonly devices: DeviceAccounts;
  /** The controller's family has an account of this role. */
  readonly hasAccount: (station: Station, role: DeviceRole) => boolean;
}

/** Parts of one unit have one secret; a station that is no part is a unit of its own. */
export const subjectOf = ({ unit, id }: Pick<Station, "id" | "unit">): string => unit ?? id;

/** What has this secret of a station: its unit, or the group of units that has one together (BC-02). */
export function secretSubject(
  { context }: Pick<UnitParts, "context">,
  station: Pick<Station, "id" | "unit">,
  slot: SecretSlot,
): string {
  const unit = subjectOf(station);
  const group = context.site.vault.groups.find(({ units, slots }) =>
    slots.includes(slot) && (units === "all" || units.includes(unit))
  );
  return group?.id ?? unit;
}

/**
 * What has a secret that a person names: by a group, a unit, or a station of one.
 * @throws GatewayError SECRET_UNKNOWN
 */
export function secretNamed(parts: Pick<UnitParts, "context" | "stations">, name: string, slot: SecretSlot): string {
  const group = parts.context.site.vault.groups.find(({ id }) => id === name);
  if (!group) {
    const unit = unitNamed(parts.stations(), name);
    return secretSubject(parts, parts.stations().find((station) => subjectOf(station) === unit)!, slot);
  }
  if (group.slots.includes(slot)) return name;
  throw new GatewayError("SECRET_UNKNOWN", `The group "${name}" has no ${slot} together`, {
    hint: `It has ${group.slots.join(", ")}; each unit has its own ${slot}`,
  });
}

/** The unit that a person names, by itself or by one of its stations. @throws GatewayError SECRET_UNKNOWN */
export function unitNamed(stations: readonly Station[], name: string): string {
  const station = stations.find(({ id }) => id === name) ?? stations.find(({ unit }) => unit === name);
  if (station) return subjectOf(station);
  throw new GatewayError("SECRET_UNKNOWN", `There is no station or unit "${name.slice(0, 64)}"`, {
    hint: "`stations` lists all",
  });
}

/**
 * The controllers of a unit or group that have this secret, primary ones first. One that has no page of its own counts where
 * it is the other half of a pair (BC-03: both have the same).
 */
export function membersOf(
  given: Pick<UnitParts, "context" | "hasAccount" | "stations">,
  subject: string,
  slot: SecretSlot,
): readonly Station[] {
  const { stations, hasAccount } = given;
  const parts = stations().filter((station) => secretSubject(given, station, slot) === subject);
  const having = parts.filter((station) =>
    station.ui !== undefined && (!isAccount(slot) || station.ui.driver === "guided" || hasAccount(station, slot))
  );
  if (having.length === 0) return [];
  const units = new Set(having.map(subjectOf));
  const halves = parts.filter((one) => one.ui === undefined && one.part === "secondary" && units.has(subjectOf(one)));
  const order = ({ part }: Station) => part === "secondary" || part === "dispenser" ? 1 : 0;
  return [...having, ...halves].toSorted((a, b) => order(a) - order(b));
}

/** How a controller takes part in a rotation. */
export function memberOf(devices: DeviceAccounts, { id, ui, access }: Station, slot: SecretSlot): NewMember {
  const isReached = ui !== undefined && access === "network" && isAccount(slot);
  const ways = isReached ? devices.ways(id) : { canLogIn: false, canSet: [] };
  const way = isReached && ways.canSet.includes(slot) ? "driver" : "person";
  return { station: id, way, isProvable: ways.canLogIn };
}

/** What a secret has to be like: of the gateway's making, and at all. */
export interface SecretRule {
  readonly length: number;
  readonly specials: string;
  readonly min: number;
  readonly max: number;
}

/** What a secret of these controllers has to be like: what the strictest of them takes. */
export function ruleOf(members: readonly Station[], slot: SecretSlot): SecretRule {
  const rules = slot === "puk"
    ? [PUK_RULE]
    : slot === "log-password"
    ? [LOG_PASSWORD_RULE]
    : members.flatMap(({ ui }) => ui ? [DEVICE_PASSWORD_RULES[ui.driver]] : []);
  const max = Math.min(...rules.map(({ maxLength }) => maxLength));
  return {
    length: Math.min(SECRET_LENGTH, max),
    specials: [...HARMLESS_SPECIALS].filter((char) => rules.every(({ special }) => special.includes(char))).join(""),
    min: Math.max(...rules.map(({ minLength }) => minLength)),
    max,
  };
}
