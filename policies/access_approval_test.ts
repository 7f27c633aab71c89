import { equal } from "node:assert/strict";
import { type ApprovalFacts, decideApproval, REQUEST_MS } from "./access_approval.ts";

const REQUEST = { person: "anna", state: "pending", deviceRole: "installer", createdAt: 0 } as const;
const FACTS: ApprovalFacts = { request: REQUEST, by: "olga", roles: ["operator"], now: 1 };
const rule = (facts: Partial<ApprovalFacts>, request: Partial<ApprovalFacts["request"]> = {}) =>
  decideApproval({ ...FACTS, ...facts, request: { ...REQUEST, ...request } }).rule;

Deno.test("approval: an operator decides a request of somebody else", () => {
  equal(rule({}), "approval.allowed");
});

Deno.test("approval: nobody decides the own request, whatever the role and the spelling", () => {
  for (const by of ["anna", "Anna", "ANNA"]) {
    equal(rule({ by, roles: ["administrator", "operator"] }), "approval.own");
  }
});

Deno.test("approval: the break-glass account decides nothing, for nobody knows who uses it", () => {
  equal(rule({ by: "break-glass", roles: ["administrator"] }), "approval.break-glass");
});

Deno.test("approval: technicians and auditors decide nothing", () => {
  for (const role of ["technician", "auditor"]) equal(rule({ roles: [role] }), "approval.role");
  equal(rule({ roles: [] }), "approval.role");
});

Deno.test("EV-04: the manufacturer's account is approved by an administrator only", () => {
  equal(rule({}, { deviceRole: "manufacturer" }), "approval.role");
  equal(rule({ roles: ["administrator"] }, { deviceRole: "manufacturer" }), "approval.allowed");
});

Deno.test("approval: what is decided or withdrawn is not decided again", () => {
  for (const state of ["approved", "denied", "withdrawn"] as const) equal(rule({}, { state }), "approval.decided");
});

Deno.test("approval: a request is void after a day, to the millisecond", () => {
  equal(rule({ now: REQUEST_MS - 1 }), "approval.allowed");
  equal(rule({ now: REQUEST_MS }), "approval.expired");
});
