import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  ACCESS_FACTOR_MS,
  decideAccess,
  describeWhen,
  describeWho,
  isGrantedTo,
  MANUFACTURER_MINUTES,
  minutesOf,
} from "./access.ts";
import { BUILT_IN_GRANTS } from "./access_builtin.ts";
import {
  type AccessGrant,
  type AccessQuestion,
  type AccessRequest,
  CAPABILITIES,
  DEVICE_ROLES,
} from "./access_types.ts";

const MINUTE = 60_000, NOW = Date.UTC(2026, 10, 20, 9, 30); // a Friday
const FRIDAY = 4 * 24 * 60;

const GRANT: AccessGrant = {
  id: "field-team",
  who: { role: "technician" },
  stations: { units: ["bay-07"] },
  deviceRoles: ["operator", "installer"],
  capabilities: ["view", "edit"],
  when: { kind: "always" },
  secondFactor: false,
  maxMinutes: 60,
  because: "The field team services bay 7",
  createdBy: "eva",
  createdAt: 0,
};
const ASK: AccessQuestion = {
  person: { name: "anna", roles: ["technician"], groups: ["field"] },
  station: { id: "CP001", unit: "bay-07", vendor: "bender" },
  deviceRole: "installer",
  capability: "edit",
  now: NOW,
  minuteOfWeek: FRIDAY + 9 * 60 + 30,
  networks: [],
};
const REQUEST: AccessRequest = {
  id: "r1",
  person: "anna",
  station: "CP001",
  deviceRole: "installer",
  capability: "edit",
  grant: "field-team",
  reason: "meter replaced",
  minutes: 30,
  state: "approved",
  createdAt: NOW - MINUTE,
  decidedBy: "olga",
  decidedAt: NOW,
  until: NOW + 30 * MINUTE,
};

function ask(
  question: Partial<AccessQuestion> = {},
  grant: Partial<AccessGrant> = {},
  requests: readonly AccessRequest[] = [],
) {
  return decideAccess({ ...ASK, ...question }, [{ ...GRANT, ...grant }], requests);
}
const rule = (...args: Parameters<typeof ask>) => ask(...args).rule;

Deno.test("access: a grant that fits opens the way for its minutes and says why", () => {
  deepEqual(ask(), {
    effect: "allow",
    rule: "field-team",
    because: "The field team services bay 7",
    until: NOW + 60 * MINUTE,
    considered: [],
  });
});

for (
  const [what, question, grant, expected] of [
    ["another person", { person: { name: "max", roles: ["operator"], groups: [] } }, {}, "access.no-grant"],
    ["another station", { station: { id: "CP002", unit: "bay-08" } }, {}, "access.station"],
    ["a station without a unit", { station: { id: "CP001" } }, {}, "access.station"],
    ["another account", { deviceRole: "user" }, {}, "access.device-role"],
    ["another capability", { capability: "firmware" }, {}, "access.capability"],
    ["the millisecond of its end", {}, { notAfter: NOW }, "access.expired"],
    ["an address outside", {}, { sources: ["10.99.0.0/24"] }, "access.source"],
    ["an address in another network", { networks: ["10.1.0.0/16"] }, { sources: ["10.99.0.0/24"] }, "access.source"],
    ["a time outside its hours", {}, { when: { kind: "schedule", from: "10:00", to: "16:00" } }, "access.schedule"],
    ["another day", {}, { when: { kind: "schedule", days: ["sat"], from: "00:00", to: "24:00" } }, "access.schedule"],
  ] as const
) {
  Deno.test(`access: a grant does not open for ${what}: ${expected}`, () => {
    const decision = ask(question as Partial<AccessQuestion>, grant as Partial<AccessGrant>);
    equal(decision.rule, expected);
    equal(decision.considered.length, 1);
    ok(decision.effect === "deny" && decision.hint !== "" && !decision.next);
  });
}

for (
  const [what, question, grant] of [
    ["the millisecond before its end", {}, { notAfter: NOW + 1 }],
    ["an address inside", { networks: ["10.99.0.0/24"] }, { sources: ["10.99.0.0/24"] }],
    ["a time within its hours", {}, { when: { kind: "schedule", days: ["fri"], from: "09:30", to: "09:31" } }],
    ["the night that began the day before", { minuteOfWeek: FRIDAY + 60 }, {
      when: { kind: "schedule", days: ["thu"], from: "22:00", to: "06:00" },
    }],
    ["a station by its id", {}, { stations: { ids: ["CP001"] } }],
    ["a station by its maker", {}, { stations: { vendors: ["bender"] } }],
    ["every station", { station: { id: "x" } }, { stations: { all: true } }],
    ["the person by name", {}, { who: { person: "anna" } }],
    ["the person by group", {}, { who: { group: "field" } }],
  ] as const
) {
  Deno.test(`access: a grant opens for ${what}`, () => {
    equal(rule(question as Partial<AccessQuestion>, grant as Partial<AccessGrant>), "field-team");
  });
}

Deno.test("access: names are compared whole, never by prefix or case (invariant 11)", () => {
  for (const id of ["CP00", "CP0011", "cp001", "CP001 "]) {
    equal(rule({ station: { id } }, { stations: { ids: ["CP001"] } }), "access.station", id);
  }
  for (const person of ["ann", "annabella", "Anna", "anna@oidc"]) {
    equal(rule({}, { who: { person } }), "access.no-grant", person);
  }
});

Deno.test("access: all that a grant says of a person must be true, and one that names nobody is for nobody", () => {
  const person = ASK.person;
  equal(isGrantedTo({ who: { group: "field", role: "operator" } }, person), false);
  equal(isGrantedTo({ who: { group: "field", role: "technician", person: "anna" } }, person), true);
  equal(isGrantedTo({ who: {} }, person), false);
});

Deno.test("access: the way closes with the grant, its hours, its approval or its minutes, whichever is first", () => {
  const until = (...args: Parameters<typeof ask>) => {
    const decision = ask(...args);
    return decision.effect === "allow" ? (decision.until - NOW) / MINUTE : undefined;
  };
  equal(until(), 60);
  equal(until({}, { notAfter: NOW + 10 * MINUTE }), 10);
  equal(until({}, { when: { kind: "schedule", from: "09:00", to: "10:00" } }), 30);
  equal(until({}, { when: { kind: "schedule", from: "09:00", to: "16:00" } }), 60);
  equal(until({}, { when: { kind: "request" } }, [REQUEST]), 30);
});

Deno.test("access: hours that never end within the week close by the minutes of the grant", () => {
  const decision = ask({}, { when: { kind: "schedule", from: "00:00", to: "24:00" }, maxMinutes: 480 });
  ok(decision.effect === "allow" && decision.until === NOW + 480 * MINUTE);
});

Deno.test("access: a grant that asks for a second factor wants one of the last fifteen minutes", () => {
  equal(rule({}, { secondFactor: true }), "access.second-factor");
  equal(rule({ secondFactorAgeMs: ACCESS_FACTOR_MS }, { secondFactor: true }), "field-team");
  const late = ask({ secondFactorAgeMs: ACCESS_FACTOR_MS + 1 }, { secondFactor: true });
  ok(late.effect === "deny" && late.next?.kind === "second-factor");
});

Deno.test("access: a grant on request opens after approval, and says so before", () => {
  const before = ask({}, { when: { kind: "request" } });
  ok(before.effect === "deny" && before.rule === "access.approval" && before.next?.kind === "request");
  const after = ask({}, { when: { kind: "request" } }, [REQUEST]);
  ok(after.effect === "allow" && after.request === "r1");
});

for (
  const [what, change] of [
    ["pending", { state: "pending" }],
    ["denied", { state: "denied" }],
    ["withdrawn", { state: "withdrawn" }],
    ["of another person", { person: "max" }],
    ["for another station", { station: "CP002" }],
    ["for another account", { deviceRole: "operator" }],
    ["for another capability", { capability: "view" }],
    ["under another grant", { grant: "other" }],
    ["over at this millisecond", { until: NOW }],
    ["approved by the person alone", { decidedBy: "anna" }],
  ] as const
) {
  Deno.test(`access: a request that is ${what} opens nothing`, () => {
    const request = { ...REQUEST, ...change } as AccessRequest;
    equal(rule({}, { when: { kind: "request" } }, [request]), "access.approval");
  });
}

Deno.test("EV-04: the manufacturer's account needs a second person, whatever the grant says", () => {
  const grant = { deviceRoles: DEVICE_ROLES, when: { kind: "always" } } as const;
  const alone = ask({ deviceRole: "manufacturer" }, grant);
  ok(alone.effect === "deny" && alone.rule === "access.four-eyes" && alone.next?.kind === "request");
  const request = { ...REQUEST, deviceRole: "manufacturer" } as const;
  equal(rule({ deviceRole: "manufacturer" }, grant, [request]), "field-team");
  equal(rule({ deviceRole: "manufacturer" }, grant, [{ ...request, decidedBy: "anna" }]), "access.four-eyes");
});

Deno.test("BC-06: a secret is shown with a second person's approval only, whatever the grant says", () => {
  const grant = { deviceRoles: DEVICE_ROLES, capabilities: CAPABILITIES, when: { kind: "always" } } as const;
  const alone = ask({ capability: "secrets" }, grant);
  ok(alone.effect === "deny" && alone.rule === "access.four-eyes" && alone.next?.kind === "request");
  match(alone.reason, /Secrets of devices are shown with a second person's approval only/);
  equal(rule({ capability: "secrets" }, grant, [{ ...REQUEST, capability: "secrets" }]), "field-team");
  equal(rule({ capability: "secrets" }, grant, [REQUEST]), "access.four-eyes", "an approval to edit shows no secret");
  equal(rule({ capability: "edit" }, grant), "field-team", "everything else as before");
});

Deno.test("EV-04: the manufacturer's account is never open for more than two hours", () => {
  equal(minutesOf({ maxMinutes: 480 }, "manufacturer"), MANUFACTURER_MINUTES);
  equal(minutesOf({ maxMinutes: 480 }, "installer"), 480);
  equal(minutesOf({ maxMinutes: 15 }, "manufacturer"), 15);
});

Deno.test("access: what opens by itself is preferred to what needs approval", () => {
  const grants = [{ ...GRANT, id: "asks", when: { kind: "request" } as const }, GRANT];
  equal(decideAccess(ASK, grants, []).rule, "field-team");
});

Deno.test("access: a grant that needs no second factor is preferred to one that lacks it", () => {
  const grants = [{ ...GRANT, id: "strict", secondFactor: true }, GRANT];
  equal(decideAccess(ASK, grants, []).rule, "field-team");
  equal(decideAccess({ ...ASK, secondFactorAgeMs: 0 }, grants, []).rule, "strict");
});

Deno.test("access: without any grant everything is refused", () => {
  const decision = decideAccess(ASK, [], []);
  ok(decision.effect === "deny" && decision.rule === "access.no-grant" && decision.considered.length === 0);
});

Deno.test("access: the refusal names the grant that comes nearest and what differs", () => {
  const grants = [
    { ...GRANT, id: "wrong-bay", stations: { units: ["bay-99"] } },
    { ...GRANT, id: "later", when: { kind: "schedule", days: ["fri"], from: "10:00", to: "16:00" } as const },
    { ...GRANT, id: "ended", notAfter: NOW - 3 * MINUTE },
  ];
  const decision = decideAccess(ASK, grants, []);
  ok(decision.effect === "deny");
  match(decision.reason, /"later" comes nearest, but it counts fri 10:00-16:00/);
  match(decision.considered.find(({ grant }) => grant === "ended")!.why, /it ended 3 minutes ago/);
});

Deno.test("built-in grants: operators view, administrators configure, nobody uses the manufacturer's account alone", () => {
  const may = (role: string, deviceRole: AccessQuestion["deviceRole"], capability: AccessQuestion["capability"]) =>
    decideAccess(
      { ...ASK, person: { name: "x", roles: [role], groups: [] }, deviceRole, capability, secondFactorAgeMs: 0 },
      BUILT_IN_GRANTS,
      [],
    ).effect === "allow";
  for (const deviceRole of DEVICE_ROLES) {
    for (const capability of CAPABILITIES) {
      equal(may("technician", deviceRole, capability) || may("auditor", deviceRole, capability), false);
      equal(may("operator", deviceRole, capability), deviceRole === "user" && capability === "view");
      const needsTwo = deviceRole === "manufacturer" || capability === "secrets";
      equal(may("administrator", deviceRole, capability), !needsTwo);
    }
  }
});

Deno.test("built-in grants: every one says why and has an id of its own", () => {
  ok(BUILT_IN_GRANTS.every(({ id, because }) => id.startsWith("built-in.") && because.length > 10));
  equal(new Set(BUILT_IN_GRANTS.map(({ id }) => id)).size, BUILT_IN_GRANTS.length);
});

Deno.test("access: grants describe themselves in words", () => {
  equal(describeWho({ who: { group: "field", role: "technician" } }), "the group field and the role technician");
  equal(describeWho({ who: {} }), "nobody");
  equal(describeWhen({ when: { kind: "request" } }), "after approval");
  equal(
    describeWhen({ when: { kind: "schedule", from: "08:00", to: "16:00" } }),
    "mon tue wed thu fri sat sun 08:00-16:00",
  );
});
