import { deepEqual, equal } from "node:assert/strict";
import { nextSiteStep, releasedUntil, SITE_STEPS, type SiteStanding, whyNotSkipSite } from "./site_decommission.ts";

const NOW = 1_000_000, HOUR = 3_600_000;
const skipped = { state: "skipped", at: 1, by: "eva", note: "they stay with another gateway" } as const;
const DONE: SiteStanding = {
  ...{ stations: 0, work: 0, untold: 0, isExported: true, approvedAt: [NOW], needsApprovals: 1, skipped: {} },
  ...{ now: NOW, approvalMs: HOUR },
};

const cases: readonly { readonly name: string; readonly is: Partial<SiteStanding>; readonly next: string }[] = [
  {
    name: "stations in service come first",
    is: { stations: 1, work: 1, untold: 1, isExported: false },
    next: "stations",
  },
  {
    name: "stations that were passed over do not hold it up",
    is: { stations: 1, skipped: { stations: skipped } },
    next: "erase",
  },
  { name: "work under way comes next", is: { work: 1, untold: 1 }, next: "work" },
  {
    name: "passed-over work does not hide stations",
    is: { stations: 1, work: 1, skipped: { work: skipped } },
    next: "stations",
  },
  {
    name: "passed-over work does not hold it up",
    is: { work: 3, untold: 1, skipped: { work: skipped } },
    next: "told",
  },
  { name: "a line that nobody answered for", is: { untold: 1, isExported: false }, next: "told" },
  { name: "nothing is erased that is not kept elsewhere", is: { isExported: false }, next: "export" },
  { name: "nobody has agreed", is: { approvedAt: [] }, next: "approve" },
  { name: "one of two has agreed", is: { needsApprovals: 2 }, next: "approve" },
  { name: "two of two have agreed", is: { needsApprovals: 2, approvedAt: [NOW, NOW - 5] }, next: "erase" },
  {
    name: "a site where one decides needs another person for its gateway",
    is: { needsApprovals: 0, approvedAt: [] },
    next: "approve",
  },
  { name: "all is there", is: {}, next: "erase" },
  { name: "an approval at its last moment", is: { approvedAt: [NOW - HOUR] }, next: "erase" },
  { name: "an approval that is over", is: { approvedAt: [NOW - HOUR - 1] }, next: "approve" },
  { name: "an approval from a clock that was set back since", is: { approvedAt: [NOW + 1] }, next: "approve" },
  {
    name: "one of two approvals is over",
    is: { needsApprovals: 2, approvedAt: [NOW, NOW - HOUR - 1] },
    next: "approve",
  },
  { name: "work that began after the approval holds it up again", is: { work: 1 }, next: "work" },
];
for (const { name, is, next } of cases) {
  Deno.test(`decommissioning a gateway: ${name}`, () => equal(nextSiteStep({ ...DONE, ...is }), next));
}

Deno.test("decommissioning a gateway: the oldest approval that is needed ends it", () => {
  const until = (approvedAt: readonly number[], needsApprovals: number) =>
    releasedUntil({ approvedAt, needsApprovals, approvalMs: HOUR, now: NOW });
  deepEqual(
    [until([], 1), until([NOW - 5], 1), until([NOW - 9, NOW - 5], 2), until([NOW - 9, NOW - 5], 1), until([NOW], 0)],
    [undefined, NOW - 5 + HOUR, NOW - 9 + HOUR, NOW - 5 + HOUR, NOW + HOUR],
  );
});

Deno.test("decommissioning a gateway: only stations and work may be passed over, in their turn", () => {
  const standing = { ...DONE, stations: 1, work: 1 };
  deepEqual(SITE_STEPS.map((step) => whyNotSkipSite(standing, step)), [
    ...[undefined, "not-its-turn", "not-skippable", "not-skippable", "not-skippable", "not-skippable"],
  ]);
  equal(whyNotSkipSite({ ...standing, skipped: { stations: skipped } }, "work"), undefined);
  equal(whyNotSkipSite(DONE, "stations"), "not-its-turn");
  equal(whyNotSkipSite(DONE, "everything"), "not-skippable");
});
