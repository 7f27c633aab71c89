import { deepEqual, equal, ok } from "node:assert/strict";
import {
  type Publication,
  PUBLISH_TELLINGS,
  type PublishEffect,
  type PublishEvent,
  type PublishState,
  type PublishStatus,
  type PublishTimes,
  stepPublication,
} from "./firmware_publish.ts";

const TIMES: PublishTimes = { beginMs: 30, heldMs: 7_000, silentMs: 1_000 };
const NOW = 10_000;
const SHA = "ab".repeat(32);
const NEW: Publication = {
  id: "p1",
  csms: "main",
  requestId: 7,
  checksum: "cd".repeat(16),
  state: "asked",
  failures: 0,
  retries: 2,
  retryMs: 300,
  dueAt: NOW + 30,
  telling: [],
  last: "Idle",
};
const at = (state: PublishState, more: Partial<Publication> = {}): Publication => ({
  ...NEW,
  state,
  dueAt: NOW,
  last: state === "published" ? "Published" : state === "asked" ? "Idle" : "Downloading",
  ...more,
});
const judged = (outcome: "verified" | "held" | "refused", rule = `firmware.${outcome}`): PublishEvent => ({
  is: "judged",
  outcome,
  rule,
  why: "why",
  ...outcome === "refused" ? {} : { sha256: SHA },
});
const go = (publication: Publication, event: PublishEvent, now = NOW) =>
  stepPublication(publication, event, now, TIMES);

/** Plays events one after the other, one millisecond apart; returns the end and all effects. */
function play(publication: Publication, ...events: readonly PublishEvent[]) {
  const effects: PublishEffect[] = [];
  let now = NOW;
  for (const event of events) {
    const next = go(publication, event, now++);
    effects.push(...next.effects);
    publication = next.publication;
  }
  return { publication, effects };
}

Deno.test("firmware publish: the whole life of one that goes well (L03, L04)", () => {
  const up = play(NEW, { is: "begun" }, judged("verified"));
  deepEqual([up.publication.state, up.publication.sha256], ["published", SHA]);
  deepEqual(up.publication.telling, ["Downloading", "Downloaded", "ChecksumVerified", "Published"]);
  deepEqual(up.effects, ["fetch", "tell", "tell"]);
  const told = play(up.publication, { is: "told" }, { is: "told" }, { is: "told" }, { is: "told" });
  deepEqual([told.publication.telling, told.effects], [[], ["tell", "tell", "tell"]]);
  const over = go(told.publication, { is: "unpublished" });
  deepEqual([over.publication.state, over.publication.outcome, over.effects], ["ended", "unpublished", []]);
});

const REFUSALS: readonly (readonly [rule: string, heard: readonly PublishStatus[]])[] = [
  ["firmware.md5", ["Downloaded", "InvalidChecksum"]],
  ["firmware.evidence", ["Downloaded", "PublishFailed"]],
  ["firmware.signature", ["Downloaded", "PublishFailed"]],
  ["firmware.tuf", ["Downloaded", "PublishFailed"]],
  ["firmware.floor", ["Downloaded", "PublishFailed"]],
  ["firmware.withdrawn", ["Downloaded", "PublishFailed"]],
  ["firmware.host", ["DownloadFailed"]],
  ["firmware.size", ["DownloadFailed"]],
  ["firmware.vendor", ["DownloadFailed"]],
  ["firmware.refused", ["DownloadFailed"]],
];
for (const [rule, heard] of REFUSALS) {
  Deno.test(`firmware publish: an image refused by ${rule} is never published, and its CSMS hears ${heard.at(-1)}`, () => {
    const { publication, effects } = go(at("fetching"), judged("refused", rule));
    deepEqual([publication.state, publication.outcome, publication.rule], ["ended", "failed", rule]);
    deepEqual([publication.telling, effects], [heard, ["tell"]]);
    equal(publication.last, heard.at(-1));
  });
}

Deno.test("firmware publish: a right MD5 and nothing else holds or refuses, as the vendor's profile says", () => {
  const held = go(at("fetching"), judged("held"));
  deepEqual([held.publication.state, held.publication.dueAt], ["held", NOW + TIMES.heldMs]);
  deepEqual(held.publication.telling, ["Downloaded", "ChecksumVerified"]);
  const still = go(held.publication, judged("held"));
  deepEqual([still.publication.telling, still.effects], [held.publication.telling, []], "it is said once");
  const released = go(held.publication, judged("verified"));
  deepEqual([released.publication.state, released.publication.telling.at(-1)], ["published", "Published"]);
  equal("why" in released.publication, false, "what it waited for is over");
  const refused = go(held.publication, judged("refused"));
  deepEqual([refused.publication.outcome, refused.publication.last], ["failed", "PublishFailed"]);
  const soon = go(held.publication, { is: "tick" }, NOW + TIMES.heldMs - 1);
  equal(soon.publication, held.publication);
  const over = go(held.publication, { is: "tick" }, NOW + TIMES.heldMs);
  deepEqual([over.publication.rule, over.publication.last], ["firmware.held", "PublishFailed"]);
});

Deno.test("firmware publish: a fetch is repeated as often as the CSMS allows, and not once more", () => {
  let publication = at("fetching");
  for (const failures of [1, 2]) {
    const next = go(publication, { is: "unfetched", why: "refused" });
    deepEqual([next.publication.failures, next.publication.dueAt, next.effects], [failures, NOW + 300, []]);
    deepEqual(go(next.publication, { is: "tick" }, NOW + 299).effects, []);
    const due = go(next.publication, { is: "tick" }, NOW + 300);
    deepEqual(due.effects, ["fetch"]);
    deepEqual(go(due.publication, { is: "tick" }, NOW + 301).effects, [], "not twice for one due time");
    publication = due.publication;
  }
  const last = go(publication, { is: "unfetched", why: "refused" });
  deepEqual([last.publication.rule, last.publication.telling], ["firmware.unfetched", ["DownloadFailed"]]);
});

Deno.test("firmware publish: a fault of the gateway itself counts against nobody", () => {
  let publication = at("fetching");
  for (let time = 0; time < 10; time++) {
    publication = go(publication, { is: "unfetched", why: "restarting", isOurs: true }).publication;
    deepEqual([publication.state, publication.failures], ["fetching", 0]);
  }
});

const TRIGGERS: readonly (readonly [PublishState, PublishStatus, PublishStatus])[] = [
  ["fetching", "Downloading", "Downloading"],
  ["held", "ChecksumVerified", "ChecksumVerified"],
  ["published", "Published", "Idle"],
  ["ended", "DownloadFailed", "DownloadFailed"],
  ["ended", "InvalidChecksum", "InvalidChecksum"],
  ["ended", "Published", "Idle"],
];
for (const [state, last, wanted] of TRIGGERS) {
  Deno.test(`firmware publish: asked when "${state}" after ${last}, it says ${wanted} (L03.FR.10, 11)`, () => {
    const { publication, effects } = go(at(state, { last }), { is: "triggered" });
    deepEqual([publication.telling, publication.last, effects], [[wanted], last, ["tell"]]);
    const again = go(publication, { is: "triggered" });
    equal(again.publication, publication, "once, until it was told");
  });
}

Deno.test("firmware publish: questions of a CSMS that does not listen add no more than so many messages", () => {
  const full = at("fetching", { telling: Array(PUBLISH_TELLINGS).fill("Downloaded") });
  equal(go(full, { is: "triggered" }).publication, full);
  const room = at("fetching", { telling: Array(PUBLISH_TELLINGS - 1).fill("Downloaded") });
  equal(go(room, { is: "triggered" }).publication.telling.length, PUBLISH_TELLINGS);
  ok(go(full, judged("verified")).publication.telling.includes("Published"), "what happened is never left out");
});

Deno.test("firmware publish: an image that loses its trust is published no more, in any state", () => {
  for (const state of ["asked", "fetching", "held", "published"] as const) {
    const { publication } = go(at(state), { is: "withdrawn", why: "changed on the disk" });
    deepEqual([publication.state, publication.rule, publication.telling], [
      "ended",
      "firmware.withdrawn",
      ["PublishFailed"],
    ], state);
  }
});

Deno.test("firmware publish: a newer request takes its place without a word about the older one", () => {
  for (const state of ["asked", "fetching", "held", "published"] as const) {
    const { publication, effects } = go(at(state), { is: "replaced" });
    deepEqual([publication.outcome, publication.telling, effects], ["replaced", [], []], state);
  }
});

// kill -9 in every state
const RESUMED: readonly (readonly [PublishState, PublishState, readonly PublishEffect[]])[] = [
  ["asked", "asked", []],
  ["fetching", "fetching", ["fetch"]],
  ["held", "held", []],
  ["published", "published", []],
  ["ended", "ended", []],
];
for (const [state, then, effects] of RESUMED) {
  Deno.test(`firmware publish: after a restart in "${state}" it goes on`, () => {
    const next = go(at(state), { is: "resumed" });
    deepEqual([next.publication.state, next.effects], [then, effects]);
    const owing = go(at(state, { telling: ["Downloading"] }), { is: "resumed" });
    deepEqual(owing.effects, [...effects, "tell"], "what the CSMS was not told yet");
  });
}

Deno.test("firmware publish: one whose answer may have been lost is begun all the same, after a while", () => {
  const { publication } = go(at("asked"), { is: "resumed" });
  deepEqual(go(publication, { is: "tick" }, NOW + TIMES.beginMs - 1).effects, []);
  const begun = go(publication, { is: "tick" }, NOW + TIMES.beginMs);
  deepEqual([begun.publication.state, begun.effects], ["fetching", ["fetch", "tell"]]);
  equal(go(begun.publication, { is: "begun" }).publication, begun.publication, "not twice");
});

Deno.test("firmware publish: events that do not fit the state change nothing", () => {
  const events: readonly (readonly [PublishEvent, readonly PublishState[]])[] = [
    [{ is: "begun" }, ["fetching", "held", "published", "ended"]],
    [judged("verified"), ["asked", "published", "ended"]],
    [judged("refused"), ["asked", "published", "ended"]],
    [{ is: "unfetched", why: "x" }, ["asked", "held", "published", "ended"]],
    [{ is: "withdrawn", why: "x" }, ["ended"]],
    [{ is: "unpublished" }, ["ended"]],
    [{ is: "replaced" }, ["ended"]],
    [{ is: "tick" }, ["ended"]],
  ];
  for (const [event, states] of events) {
    for (const state of states) {
      const before = at(state);
      const { publication, effects } = go(before, event);
      deepEqual([publication === before, effects], [true, []], `${event.is} in ${state}`);
    }
  }
  const published = at("published", { dueAt: Number.MAX_SAFE_INTEGER });
  equal(go(published, { is: "tick" }).publication, published);
});

Deno.test("firmware publish: no order of events publishes what was not verified, or ends without an outcome", () => {
  const events: readonly PublishEvent[] = [
    { is: "begun" },
    ...(["verified", "held", "refused"] as const).map((outcome) => judged(outcome)),
    { is: "unfetched", why: "x".repeat(999) },
    { is: "withdrawn", why: "x" },
    { is: "unpublished" },
    { is: "triggered" },
    { is: "told" },
    { is: "resumed" },
    { is: "tick" },
  ];
  let seed = 11;
  const pick = () => events[(seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % events.length]!;
  for (let run = 0; run < 500; run++) {
    let publication = NEW, isVerified = false;
    for (let step = 0, now = NOW; step < 40; step++, now += 200) {
      const event = pick();
      isVerified ||= event.is === "judged" && event.outcome === "verified";
      publication = go(publication, event, now).publication;
      equal(publication.state === "ended", publication.outcome !== undefined);
      if (publication.state === "published" || publication.telling.includes("Published")) ok(isVerified);
      ok((publication.why ?? "").length <= 300);
    }
  }
});
