import { deepEqual, equal } from "node:assert/strict";
import { decideOfflineBadge, OFFLINE_MODES, type OfflineBadgeFacts } from "./offline_authorisation.ts";

const NOW = 1_000_000;
const FACTS: OfflineBadgeFacts = { mode: "csms-only", isBlocked: false, isJustApproved: false, now: NOW };

const CASES: readonly (readonly [name: string, facts: Partial<OfflineBadgeFacts>, rule: string, status: string])[] = [
  ["nobody by default", {}, "badge.csms-only", "Invalid"],
  [
    "nobody by default, cached or listed or not",
    {
      cached: { status: "Accepted" },
      local: {},
    },
    "badge.csms-only",
    "Invalid",
  ],
  ["whom the CSMS just approved", { isJustApproved: true }, "badge.csms-approved", "Accepted"],
  [
    "whom the CSMS approved before",
    {
      mode: "cache-then-csms",
      cached: { status: "Accepted" },
    },
    "badge.cache-accepted",
    "Accepted",
  ],
  ["nobody whom the CSMS never saw", { mode: "cache-then-csms" }, "badge.cache-unknown", "Invalid"],
  [
    "nobody whom the CSMS blocked",
    {
      mode: "cache-then-csms",
      cached: { status: "Blocked" },
    },
    "badge.cache-refused",
    "Blocked",
  ],
  [
    "nobody whom the CSMS called expired",
    {
      mode: "cache-then-csms",
      cached: { status: "Expired" },
    },
    "badge.cache-refused",
    "Expired",
  ],
  [
    "nobody whom the CSMS refused in words of 2.x",
    {
      mode: "cache-then-csms",
      cached: { status: "NotAtThisTime" },
    },
    "badge.cache-refused",
    "Invalid",
  ],
  [
    "an approval until it ends",
    {
      mode: "cache-then-csms",
      cached: { status: "Accepted", expiresAt: NOW + 1 },
    },
    "badge.cache-accepted",
    "Accepted",
  ],
  [
    "no approval from the moment it ends",
    {
      mode: "cache-then-csms",
      cached: { status: "Accepted", expiresAt: NOW },
    },
    "badge.cache-expired",
    "Expired",
  ],
  ["no listed badge in cache mode", { mode: "cache-then-csms", local: {} }, "badge.cache-unknown", "Invalid"],
  ["a listed badge", { mode: "local-badges", local: {} }, "badge.list-accepted", "Accepted"],
  [
    "a listed badge until its entry ends",
    {
      mode: "local-badges",
      local: { expiresAt: NOW + 1 },
    },
    "badge.list-accepted",
    "Accepted",
  ],
  [
    "no listed badge from the moment its entry ends",
    {
      mode: "local-badges",
      local: { expiresAt: NOW },
    },
    "badge.list-expired",
    "Expired",
  ],
  [
    "no cached badge in list mode",
    {
      mode: "local-badges",
      cached: { status: "Accepted" },
    },
    "badge.list-unknown",
    "Invalid",
  ],
  ["everybody in free-vend", { mode: "free-vend" }, "badge.free-vend", "Accepted"],
];
for (const [name, facts, rule, status] of CASES) {
  Deno.test(`offline authorisation: lets in ${name}`, () => {
    const decision = decideOfflineBadge({ ...FACTS, ...facts });
    deepEqual([decision.rule, decision.status], [rule, status]);
    equal(decision.effect, status === "Accepted" ? "allow" : "deny");
  });
}

for (const mode of OFFLINE_MODES) {
  Deno.test(`offline authorisation: a blocked badge is refused in ${mode}, whatever speaks for it (T2)`, () => {
    const facts = { mode, isBlocked: true, isJustApproved: true, cached: { status: "Accepted" }, local: {}, now: NOW };
    deepEqual([decideOfflineBadge(facts).rule, decideOfflineBadge(facts).status], ["badge.blocked", "Blocked"]);
  });
}
