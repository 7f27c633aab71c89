import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { type OutageBox, outageBox, outageRig } from "./testing/outage_rig.ts";

type Rig = Awaited<ReturnType<typeof outageRig>>;
async function withRig(test: (rig: Rig, box: OutageBox) => Promise<void>): Promise<void> {
  const box = await outageBox();
  try {
    await test(await outageRig(box), box);
  } finally {
    await box.store.close();
  }
}
const rows = async (rig: Rig) => (await rig.command("badge list")).data as unknown as Record<string, string | null>[];

Deno.test("EV-24: who does not know the number of a lost badge names it by its hash", () =>
  withRig(async (rig) => {
    await rig.command("badge allow", { badge: "04A1", note: "van 3" });
    const [{ hash }] = await rows(rig) as [{ hash: string }];
    const { text } = await rig.command("badge block", { hash, reason: "lost" });
    match(text, /^Blocked/);
    const ask = { stationId: "CP001", csms: "main", badge: "04a1", isJustApproved: false };
    equal((await rig.handlers["badges.judge"]!(ask)).rule, "badge.blocked");
    deepEqual(rig.audited.find(({ event }) => event === "badge.entry.blocked")?.detail, { hash, reason: "lost" });
    await rig.command("badge unblock", { hash });
    await rig.command("badge forget", { hash });
    deepEqual(await rows(rig), []);
  }));

Deno.test("EV-24: a badge that only looks copied is blocked by the hash that its suspicion shows", () =>
  withRig(async (rig) => {
    const seen = `${"ab".repeat(11)}==`, asked: unknown[] = [];
    rig.feature.follow({
      seenHashes: () => [seen],
      shown: () => Promise.resolve(),
      blocked: (badges) => Promise.resolve((asked.push(...badges), ["CP001"])),
    });
    const { text, data } = await rig.command("badge block", { hash: seen.slice(0, 8), reason: "copied" });
    match(text, /It charges at CP001, which is asked to stop/);
    deepEqual((data as { charging: string[] }).charging, ["CP001"]);
    deepEqual(asked, [{ hash: seen }]);
    equal((await rows(rig))[0]!["hash"], seen.slice(0, 8));
  }));

const REFUSED: readonly (readonly [command: string, args: Record<string, string>, code: string, message: RegExp])[] = [
  ["badge block", { badge: "A", hash: "abcdefgh", reason: "x" }, "CLI_USAGE", /Both a badge and --hash/],
  ["badge block", { hash: "abcdefg", reason: "x" }, "CLI_USAGE", /shorter than 8/],
  ["badge block", { hash: "abcdefgh", reason: "x" }, "BADGE_UNKNOWN", /No badge here has/],
  ["badge unblock", { hash: "abcdefgh" }, "BADGE_UNKNOWN", /No badge here has/],
  ["badge forget", { hash: "abcdefgh" }, "BADGE_UNKNOWN", /No badge here has/],
  ["badge export", {}, "CLI_USAGE", /--list "" is no list/],
];
for (const [command, args, code, message] of REFUSED) {
  Deno.test(`EV-24: \`${command}\` with ${JSON.stringify(args)} is refused in words`, () =>
    withRig(async (rig) => {
      await rejects(rig.command(command, args), { code, message });
      deepEqual(rig.audited, []);
    }));
}

Deno.test("EV-24: a beginning of a hash that two badges have names neither", () =>
  withRig(async (rig) => {
    rig.feature.follow({
      seenHashes: () => ["abcdefgh1", "abcdefgh2"],
      shown: () => Promise.resolve(),
      blocked: () => Promise.resolve([]),
    });
    await rejects(rig.command("badge block", { hash: "abcdefgh", reason: "x" }), { message: /2 badges have/ });
    equal((await rig.command("badge block", { hash: "abcdefgh2", reason: "x" })).ok, undefined);
  }));

Deno.test("EV-24: two persons at the same moment: neither change is lost, and a renewal is whole", () =>
  withRig(async (rig, box) => {
    await rig.command("badge allow", { badge: "OLD", note: "van 3" });
    await Promise.all([
      rig.command("badge block", { badge: "A", reason: "x" }),
      rig.command("badge renew", { badge: "OLD", new: "NEW", reason: "x" }),
      rig.command("badge block", { badge: "B", reason: "x" }),
      rig.command("badge allow", { badge: "C", note: "x" }),
    ]);
    const again = await outageRig(box);
    const lists = (await rows(again)).map(({ list }) => list).toSorted();
    deepEqual(lists, ["blocked", "blocked", "blocked", "listed", "listed"]);
    const linked = await rows(again);
    const old = linked.find(({ renewedBy }) => renewedBy !== null)!,
      fresh = linked.find(({ renews }) => renews !== null)!;
    deepEqual([old["renewedBy"], fresh["renews"]], [fresh["hash"], old["hash"]]);
  }));

Deno.test("EV-24: a start that a CSMS orders for a blocked badge is recorded as refused to the CSMS, by its rule", () =>
  withRig(async (rig) => {
    await rig.command("badge block", { badge: "04A1", reason: "lost" });
    const question = { stationId: "CP001", csms: "main", badge: "04A1", isJustApproved: false, ordered: "ReserveNow" };
    equal((await rig.handlers["badges.judge"]!(question)).rule, "badge.blocked-start");
    const { event, who, target, outcome, rule, detail } = rig.audited.at(-1)!;
    deepEqual([event, who, target, outcome, rule, detail], [
      ...["badge.order.refused", "main", "CP001", "refused", "badge.blocked-start"],
      { badge: "04A1", action: "ReserveNow" },
    ]);
  }));

Deno.test("EV-24: a CSMS's list that names blocked badges is recorded badge by badge, and an alarm at that station", () =>
  withRig(async (rig) => {
    await rig.handlers["badges.listed"]!({ stationId: "CP001", csms: "main", badges: ["A", "B"], count: 7 });
    deepEqual(rig.audited.map(({ event, who, target, detail }) => [event, who, target, detail]), [
      ["badge.list.named", "main", "CP001", { badge: "A" }],
      ["badge.list.named", "main", "CP001", { badge: "B" }],
    ]);
    const [alarm] = rig.raised;
    deepEqual([alarm!.kind, alarm!.subject], ["badge.on-local-list", "CP001"]);
    match(alarm!.detail!, /CSMS main put 7 blocked badges/);
  }));
