import type {
  AccessDecision,
  AccessGrant,
  AccessPerson,
  AccessQuestion,
  AccessRequest,
  ConsideredGrant,
  DeviceRole,
} from "./access_types.ts";
import { DAYS } from "./access_types.ts";
import { isWithinHours } from "./week_hours.ts";

/** How old a second factor may be where a grant asks for one. */
export const ACCESS_FACTOR_MS = 15 * 60_000;

/** Minutes of a grant that a person may be given at most, four-eyes or not. */
export const MANUFACTURER_MINUTES = 120;

/** An account whose use always needs a second person's approval, whatever a grant says (EV-04). */
export const FOUR_EYES: DeviceRole = "manufacturer";

/**
 * Decides whether a person may use this account of this station's controller now. The first grant that fits and is open
 * decides; one that needs approval is open while an approved request of this person under it lives.
 */
export function decideAccess(
  question: AccessQuestion,
  grants: readonly AccessGrant[],
  requests: readonly AccessRequest[],
): AccessDecision {
  const considered: ConsideredGrant[] = [];
  const fitting: AccessGrant[] = [];
  for (const grant of grants) {
    const miss = missOf(question, grant);
    if (miss) considered.push({ grant: grant.id, ...miss });
    else fitting.push(grant);
  }
  const ways = waysOf(question, fitting, requests);
  const isProven = ({ grant }: Way) =>
    !grant.secondFactor || (question.secondFactorAgeMs ?? Infinity) <= ACCESS_FACTOR_MS;
  const way = ways.find(isProven);
  if (!way) return ways[0] ? refuseUnproven(ways[0], considered) : refuse(question, fitting, considered);
  const { grant, request } = way;
  const box = question.now + minutesOf(grant, question.deviceRole) * 60_000;
  const ends = [box, grant.notAfter, request?.until, scheduleEnd(grant, question)];
  return {
    effect: "allow",
    rule: grant.id,
    because: grant.because,
    until: Math.min(...ends.filter((end) => end !== undefined)),
    ...request ? { request: request.id } : {},
    considered,
  };
}

interface Way {
  readonly grant: AccessGrant;
  readonly request?: AccessRequest;
}

/** What opens without anybody's help comes first, then what an approval has opened. */
function waysOf(question: AccessQuestion, fitting: readonly AccessGrant[], requests: readonly AccessRequest[]): Way[] {
  const alone = fitting.filter((grant) => !needsApproval(grant, question)).map((grant) => ({ grant }));
  const approved = fitting.filter((grant) => needsApproval(grant, question)).flatMap((grant) => {
    const request = approvedRequest(question, grant, requests);
    return request ? [{ grant, request }] : [];
  });
  return [...alone, ...approved];
}

function refuseUnproven({ grant }: Way, considered: readonly ConsideredGrant[]): AccessDecision {
  return {
    effect: "deny",
    rule: "access.second-factor",
    reason: `The grant "${grant.id}" asks for a second factor within the last ${ACCESS_FACTOR_MS / 60_000} minutes`,
    hint: "Prove your second factor once more",
    next: { kind: "second-factor", grant: grant.id },
    considered,
  };
}

/** Minutes that a way may stay open under a grant. */
export function minutesOf({ maxMinutes }: Pick<AccessGrant, "maxMinutes">, deviceRole: DeviceRole): number {
  return deviceRole === FOUR_EYES ? Math.min(maxMinutes, MANUFACTURER_MINUTES) : maxMinutes;
}

/** Whether a second person has to agree: because the grant says so, because of the account, or because a secret is shown. */
export function needsApproval(
  { when }: Pick<AccessGrant, "when">,
  { deviceRole, capability }: Pick<AccessQuestion, "capability" | "deviceRole">,
): boolean {
  return when.kind === "request" || deviceRole === FOUR_EYES || capability === "secrets";
}

/** Whether a grant is for this person: everything that it names must be true. One that names nobody is for nobody. */
export function isGrantedTo({ who }: Pick<AccessGrant, "who">, { name, roles, groups }: AccessPerson): boolean {
  const { person, group, role } = who;
  if (person === undefined && group === undefined && role === undefined) return false;
  return (person === undefined || person === name) && (group === undefined || groups.includes(group)) &&
    (role === undefined || roles.includes(role));
}

type Miss = Pick<ConsideredGrant, "failed" | "why">;

/** The first thing for which a grant does not fit, in the order people think: who, where, what, when, from where. */
function missOf(question: AccessQuestion, grant: AccessGrant): Miss | undefined {
  const { person, station, deviceRole, capability, now, networks } = question;
  if (!isGrantedTo(grant, person)) return { failed: "person", why: `it is for ${describeWho(grant)}` };
  if (!namesStation(grant, station)) return { failed: "station", why: `it does not name station ${station.id}` };
  if (!grant.deviceRoles.includes(deviceRole)) {
    return { failed: "device-role", why: `it gives ${grant.deviceRoles.join(", ")}, not ${deviceRole}` };
  }
  if (!grant.capabilities.includes(capability)) {
    return { failed: "capability", why: `it allows ${grant.capabilities.join(", ")}, not ${capability}` };
  }
  if (grant.notAfter !== undefined && now >= grant.notAfter) {
    return { failed: "expired", why: `it ended ${Math.floor((now - grant.notAfter) / 60_000)} minutes ago` };
  }
  if (!isInHours(grant, question)) return { failed: "schedule", why: `it counts ${describeWhen(grant)}` };
  if (grant.sources && !grant.sources.some((network) => networks.includes(network))) {
    return { failed: "source", why: `it counts from ${grant.sources.join(", ")} only` };
  }
  return undefined;
}

function namesStation({ stations }: AccessGrant, { id, unit, vendor }: AccessQuestion["station"]): boolean {
  return stations.all === true || (stations.ids?.includes(id) ?? false) ||
    unit !== undefined && (stations.units?.includes(unit) ?? false) ||
    vendor !== undefined && (stations.vendors?.includes(vendor) ?? false);
}

function isInHours({ when }: AccessGrant, { minuteOfWeek }: AccessQuestion): boolean {
  return when.kind !== "schedule" || isWithinHours({ ...when, days: [...when.days ?? DAYS] }, minuteOfWeek);
}

/** When the hours of a grant end, looked for minute by minute: at most a week of them. */
function scheduleEnd(grant: AccessGrant, question: AccessQuestion): number | undefined {
  if (grant.when.kind !== "schedule") return undefined;
  const limit = minutesOf(grant, question.deviceRole);
  for (let minutes = 1; minutes <= limit; minutes++) {
    const minuteOfWeek = (question.minuteOfWeek + minutes) % (7 * 24 * 60);
    if (isInHours(grant, { ...question, minuteOfWeek })) continue;
    return question.now - (question.now % 60_000) + minutes * 60_000;
  }
  return undefined;
}

function approvedRequest(
  { person, station, deviceRole, capability, now }: AccessQuestion,
  grant: AccessGrant,
  requests: readonly AccessRequest[],
): AccessRequest | undefined {
  return requests.find((request) =>
    request.state === "approved" && request.grant === grant.id && request.person === person.name &&
    request.station === station.id && request.deviceRole === deviceRole && covers(request, capability) &&
    request.decidedBy !== person.name && request.until !== undefined && now < request.until
  );
}

/** Who was allowed to change something may look at it too. */
function covers(request: AccessRequest, capability: AccessQuestion["capability"]): boolean {
  return request.capability === capability || capability === "view";
}

function refuse(
  { deviceRole, station, capability }: AccessQuestion,
  fitting: readonly AccessGrant[],
  considered: readonly ConsideredGrant[],
): AccessDecision {
  const [asking] = fitting;
  if (asking) {
    const isFourEyes = asking.when.kind !== "request";
    return {
      effect: "deny",
      rule: isFourEyes ? "access.four-eyes" : "access.approval",
      reason: isFourEyes
        ? capability === "secrets"
          ? "Secrets of devices are shown with a second person's approval only"
          : `The account ${deviceRole} is used with a second person's approval only`
        : `The grant "${asking.id}" asks for approval`,
      hint: "Ask for access with a reason; somebody else approves it",
      next: { kind: "request", grant: asking.id },
      considered,
    };
  }
  const nearest = considered.toSorted((a, b) => CLOSENESS.indexOf(b.failed) - CLOSENESS.indexOf(a.failed))[0];
  const almost = nearest && nearest.failed !== "person" ? `; "${nearest.grant}" comes nearest, but ${nearest.why}` : "";
  return {
    effect: "deny",
    rule: nearest && nearest.failed !== "person" ? `access.${nearest.failed}` : "access.no-grant",
    reason: `No grant gives ${deviceRole} of ${station.id} for this now${almost}`,
    hint: "Ask an administrator for a grant: `grant add`",
    considered,
  };
}

/** How far a grant was looked at before it failed: the later, the nearer. */
const CLOSENESS: readonly ConsideredGrant["failed"][] = [
  "person",
  "station",
  "device-role",
  "capability",
  "expired",
  "source",
  "schedule",
];

/** For whom a grant is, in words. */
export function describeWho({ who }: Pick<AccessGrant, "who">): string {
  const parts = [
    who.person && `the person ${who.person}`,
    who.group && `the group ${who.group}`,
    who.role && `the role ${who.role}`,
  ];
  return parts.filter((part) => part).join(" and ") || "nobody";
}

/** When a grant counts, in words. */
export function describeWhen({ when }: Pick<AccessGrant, "when">): string {
  if (when.kind === "always") return "always";
  if (when.kind === "request") return "after approval";
  return `${(when.days ?? DAYS).join(" ")} ${when.from}-${when.to}`;
}
