import { deepEqual, equal, ok } from "node:assert/strict";
import { COMMAND_VERBS, decideVerb, PERSON_VERBS, type VerbCaller, verbRule, verbsOf } from "./person_verbs.ts";

const DONE: VerbCaller = { roles: ["administrator"], isDone: true, isProven: true };
const rule = (verb: string, caller: Partial<VerbCaller>) => decideVerb(verb, { ...DONE, ...caller }).rule;

Deno.test("verbs: an administrator with a fresh proof adds people; without one the proof is asked for", () => {
  equal(rule("people.account.add", {}), "verb.allowed");
  equal(rule("people.account.add", { isProven: false }), "verb.proof");
});

Deno.test("verbs: no other role adds people, proof or not (EV-04)", () => {
  for (const role of ["operator", "technician", "auditor"]) {
    equal(rule("people.account.add", { roles: [role] }), "verb.role");
  }
  equal(rule("people.account.add", { roles: [] }), "verb.role");
});

Deno.test("verbs: a login that is not finished may do nothing", () => {
  for (const verb of Object.keys(PERSON_VERBS)) equal(rule(verb, { isDone: false }), "verb.login");
});

Deno.test("verbs: what is not in the table is refused, inherited names too", () => {
  equal(rule("people.account.rename", {}), "verb.unknown");
  equal(rule("toString", {}), "verb.unknown");
  equal(verbRule("constructor"), undefined);
});

Deno.test("verbs: a command that nobody listed is an administrator's, with a fresh proof, and never a token's", () => {
  equal(rule("command station decommission", {}), "verb.allowed");
  equal(rule("command station decommission", { isProven: false }), "verb.proof");
  equal(rule("command station decommission", { roles: ["operator"] }), "verb.role");
  equal(rule("command toString", { roles: ["operator"] }), "verb.role");
  equal(rule("command cert revoke", { scopes: ["operate", "read", "audit"] }), "verb.scope");
});

Deno.test("verbs: the auditor reads the audit trail and changes nothing", () => {
  equal(rule("command audit export", { roles: ["auditor"] }), "verb.allowed");
  equal(rule("command audit export", { roles: ["operator"] }), "verb.role");
  const may = verbsOf(["auditor"], ["status", "badge block", "station adopt", "audit tail", "reload"]);
  ok(may.includes("command audit tail") && may.includes("command status"));
  for (const change of ["command badge block", "command station adopt", "command reload", "people.grant.add"]) {
    equal(may.includes(change), false, change);
  }
});

Deno.test("verbs: a token reads with the scope read, and never what its owner may not", () => {
  const scopes = ["read"];
  equal(rule("command stations", { scopes }), "verb.allowed");
  equal(rule("command badge block", { scopes }), "verb.scope");
  equal(rule("command audit tail", { roles: ["technician"], scopes: ["audit"] }), "verb.role");
});

Deno.test("verbs: no verb that changes people, factors, tokens or grants is open to a token", () => {
  const scopes = ["audit", "operate", "read"];
  const open = Object.keys(PERSON_VERBS).filter((verb) => rule(verb, { scopes }) === "verb.allowed");
  deepEqual(open, [
    "device.pages",
    "people.access.explain",
    "people.access.list",
    "people.account.list",
    "people.grant.list",
  ]);
});

Deno.test("verbs: whatever needs a proof is never open to a token", () => {
  for (const [name, { needsProof, scope }] of [...Object.entries(PERSON_VERBS), ...Object.entries(COMMAND_VERBS)]) {
    if (needsProof) equal(scope, undefined, name);
  }
});

Deno.test("verbs: what the console shows is what the roles allow, proof left aside", () => {
  const may = verbsOf(["administrator"], ["cert revoke"]);
  ok(may.includes("people.account.add") && may.includes("command cert revoke"));
  equal(verbsOf([], ["status"]).includes("command status"), false);
});

/** What each role may, as an auditor reads it: A administrator, O operator, T technician, U auditor; ! with a fresh proof. */
const MATRIX: Readonly<Record<string, string>> = {
  "people.access.explain": "AOTU",
  "people.access.open": "AOTU",
  "people.account.add": "A!",
  "people.account.change": "A!",
  "people.account.list": "AOU",
  "people.account.remove": "A!",
  "people.account.reset": "A!",
  "people.account.unlock": "A",
  "people.break-glass.renew": "A!",
  "people.factor.remove": "AOTU!",
  "people.grant.add": "A!",
  "people.grant.list": "AOTU",
  "people.grant.remove": "A!",
  "people.password.change": "AOTU",
  "people.recovery.renew": "AOTU!",
  "people.request.add": "AOTU",
  "people.request.decide": "AO!",
  "people.session.end": "AOTU",
  "people.token.add": "AOTU!",
  "command access end": "AO",
  "command alarms ack": "AO",
  "command alarms list": "AOTU",
  "command audit export": "AU",
  "command audit tail": "AU",
  "command backup": "A",
  "command badge block": "AO",
  "command badge list": "AOU",
  "command cert issue": "A!",
  "command cert list": "AOU",
  "command cert revoke": "A!",
  "command csms migrate wave": "A!",
  "command grant list": "AOU",
  "command policy explain": "AOU",
  "command reload": "A!",
  "command security-events": "AOU",
  "command session list": "A",
  "command station adopt": "AO",
  "command request approve": "AO!",
  "command session end": "A",
  "command station climb": "A!",
  "command station decommission": "A!",
  "command stations": "AOTU",
  "command status": "AOTU",
  "command token revoke": "A",
  "command user add": "A!",
  "command user list": "AOU",
  "command why": "AOTU",
};
const ROLE_OF = { A: "administrator", O: "operator", T: "technician", U: "auditor" } as const;

for (const [verb, roles] of Object.entries(MATRIX)) {
  Deno.test(`verbs: ${verb} is for ${roles}`, () => {
    const open = Object.entries(ROLE_OF).filter(([, role]) => rule(verb, { roles: [role] }) === "verb.allowed");
    equal(open.map(([letter]) => letter).join(""), roles.replace("!", ""));
    const proof = rule(verb, { roles: Object.values(ROLE_OF), isProven: false });
    equal(proof, roles.endsWith("!") ? "verb.proof" : "verb.allowed");
  });
}
