import { deepEqual, equal, ok } from "node:assert/strict";
import { ACCESS_FACTOR_MS, decideAccess, isGrantedTo, minutesOf } from "./access.ts";
import { BUILT_IN_GRANTS } from "./access_builtin.ts";
import {
  type AccessGrant,
  type AccessQuestion,
  type AccessRequest,
  CAPABILITIES,
  DAYS,
  DEVICE_ROLES,
} from "./access_types.ts";

/** Laws that hold for every question, whatever the grants: tried with a few thousand made-up sites. */
const SEED = 20261121, TRIES = 3_000, MINUTE = 60_000;

/** Numbers that look random and are the same in every run (a linear congruential generator). */
function dice(seed: number) {
  let state = seed >>> 0;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = <T>(list: readonly T[]): T => list[next(list.length)]!;
  const some = <T>(list: readonly T[]): T[] => list.filter(() => next(2) === 0);
  return { next, pick, some };
}
type Dice = ReturnType<typeof dice>;

const PEOPLE = ["anna", "olga", "eva"], GROUPS = ["field", "office"], STATIONS = ["CP001", "CP002"];
const ROLES = ["administrator", "operator", "technician", "auditor"], NETWORKS = ["10.99.0.0/24", "10.1.0.0/16"];

function madeGrant(roll: Dice, id: number): AccessGrant {
  const when = roll.pick<AccessGrant["when"]>([
    { kind: "always" },
    { kind: "request" },
    { kind: "schedule", days: roll.some(DAYS), from: "08:00", to: roll.pick(["16:00", "06:00", "24:00"]) },
  ]);
  return {
    id: `grant-${id}`,
    who: roll.pick<AccessGrant["who"]>([{ person: roll.pick(PEOPLE) }, { group: roll.pick(GROUPS) }, {
      role: roll.pick(ROLES),
    }, {}]),
    stations: roll.pick<AccessGrant["stations"]>([{ all: true }, { ids: roll.some(STATIONS) }, { units: ["bay-1"] }]),
    deviceRoles: roll.some(DEVICE_ROLES),
    capabilities: roll.some(CAPABILITIES),
    when,
    secondFactor: roll.next(2) === 0,
    maxMinutes: 1 + roll.next(480),
    ...roll.next(3) === 0 ? { sources: roll.some(NETWORKS) } : {},
    ...roll.next(3) === 0 ? { notAfter: roll.next(2_000) * MINUTE } : {},
    because: "made up",
    createdBy: "test",
    createdAt: 0,
  };
}

function madeQuestion(roll: Dice): AccessQuestion {
  const now = roll.next(2_000) * MINUTE;
  return {
    person: { name: roll.pick(PEOPLE), roles: roll.some(ROLES), groups: roll.some(GROUPS) },
    station: { id: roll.pick(STATIONS), ...roll.next(2) === 0 ? { unit: roll.pick(["bay-1", "bay-2"]) } : {} },
    deviceRole: roll.pick(DEVICE_ROLES),
    capability: roll.pick(CAPABILITIES),
    now,
    minuteOfWeek: roll.next(7 * 24 * 60),
    networks: roll.some(NETWORKS),
    ...roll.next(2) === 0 ? { secondFactorAgeMs: roll.next(30) * MINUTE } : {},
  };
}

function madeRequest(roll: Dice, question: AccessQuestion, grants: readonly AccessGrant[]): AccessRequest {
  return {
    id: `request-${roll.next(1_000_000)}`,
    person: roll.pick([question.person.name, roll.pick(PEOPLE)]),
    station: roll.pick([question.station.id, roll.pick(STATIONS)]),
    deviceRole: question.deviceRole,
    capability: roll.pick([question.capability, roll.pick(CAPABILITIES)]),
    grant: grants.length > 0 ? roll.pick(grants).id : "none",
    reason: "made up",
    minutes: 30,
    state: roll.pick(["approved", "approved", "pending", "denied"]),
    createdAt: 0,
    decidedBy: roll.pick(PEOPLE),
    until: question.now + (roll.next(60) - 30) * MINUTE,
  };
}

function eachSite(
  law: (question: AccessQuestion, grants: AccessGrant[], requests: AccessRequest[], roll: Dice) => void,
) {
  const roll = dice(SEED);
  for (let at = 0; at < TRIES; at++) {
    const grants = Array.from({ length: roll.next(8) }, (_, id) => madeGrant(roll, id));
    const question = madeQuestion(roll);
    const requests = Array.from({ length: roll.next(5) }, () => madeRequest(roll, question, grants));
    law(question, grants, requests, roll);
  }
}

Deno.test("access law: whoever is let in is named by a grant that still holds, for no longer than it says", () => {
  let allowed = 0;
  eachSite((question, grants, requests) => {
    const decision = decideAccess(question, grants, requests);
    if (decision.effect === "deny") return;
    allowed++;
    const grant = grants.find(({ id }) => id === decision.rule)!;
    ok(isGrantedTo(grant, question.person) && grant.deviceRoles.includes(question.deviceRole));
    ok(grant.capabilities.includes(question.capability));
    ok(grant.notAfter === undefined || question.now < grant.notAfter && decision.until <= grant.notAfter);
    ok(!grant.sources || grant.sources.some((network) => question.networks.includes(network)));
    ok(!grant.secondFactor || (question.secondFactorAgeMs ?? Infinity) <= ACCESS_FACTOR_MS);
    ok(
      decision.until > question.now && decision.until <= question.now + minutesOf(grant, question.deviceRole) * MINUTE,
    );
  });
  ok(allowed > 40, `only ${allowed} of ${TRIES} were let in: the law was hardly tried`);
});

Deno.test("access law: the manufacturer's account opens by somebody else's approval only (EV-04)", () => {
  let approved = 0;
  eachSite((question, grants, requests) => {
    const deviceRole = "manufacturer" as const;
    const asked = requests.map((request) => ({ ...request, deviceRole }));
    const decision = decideAccess({ ...question, deviceRole }, grants, asked);
    if (decision.effect === "deny") return;
    const request = requests.find(({ id }) => id === decision.request)!;
    ok(request.state === "approved" && request.person === question.person.name);
    ok(request.decidedBy !== question.person.name && question.now < request.until!);
    approved++;
  });
  ok(approved > 0, "nobody was let in: the law was not tried");
});

Deno.test("access law: a grant more never takes away, and a grant less never gives", () => {
  eachSite((question, grants, requests, roll) => {
    const before = decideAccess(question, grants, requests).effect;
    const more = decideAccess(question, [...grants, madeGrant(roll, 99)], requests).effect;
    if (before === "allow") equal(more, "allow");
    const less = decideAccess(question, grants.slice(1), requests).effect;
    if (before === "deny") equal(less, "deny");
  });
});

Deno.test("access law: the same question has the same answer, and asking changes nothing", () => {
  eachSite((question, grants, requests) => {
    const before = JSON.stringify([question, grants, requests]);
    deepEqual(decideAccess(question, grants, requests), decideAccess(question, grants, requests));
    equal(JSON.stringify([question, grants, requests]), before);
  });
});

Deno.test("access law: every grant that did not open it is accounted for", () => {
  eachSite((question, grants, requests) => {
    const { considered } = decideAccess(question, grants, requests);
    const known = new Set(grants.map(({ id }) => id));
    ok(considered.every(({ grant, why }) => known.has(grant) && why.length > 5));
    equal(new Set(considered.map(({ grant }) => grant)).size, considered.length);
  });
});

Deno.test("access law: without a role and a group the built-in grants open nothing", () => {
  eachSite((question) => {
    const nobody = { ...question, person: { ...question.person, roles: [], groups: [] } };
    equal(decideAccess(nobody, BUILT_IN_GRANTS, []).effect, "deny");
  });
});
