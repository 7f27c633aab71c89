import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { OFFLINE_MODES } from "../../../policies/offline_authorisation.ts";
import { Csms } from "../../ocpp/config.ts";
import { badgeHash } from "../../core/badge_hash.ts";
import { Buffer } from "node:buffer";
import { BADGE_LIMITS } from "./limits.ts";
import { meter, outageBox, outageRig, outageSite } from "./testing/outage_rig.ts";

const BADGE = "04A1B2C3D4E5F6";
const ask = { stationId: "CP001", csms: "main", badge: BADGE, isJustApproved: false };
const learned = {
  csms: "main",
  badge: BADGE,
  status: "Accepted",
  info: `{"status":"Accepted","parentIdTag":"P"}`,
};

Deno.test("outage feature: the modes of site.yaml are those of the policy", () => {
  deepEqual(Csms.shape.offlineAuthorisation.unwrap().options, [...OFFLINE_MODES]);
});

Deno.test("T3: closed by default, the mode in force stands in status in capitals and its change in the audit chain", async () => {
  const box = await outageBox();
  const closed = await outageRig(box);
  equal((await closed.handlers["badges.judge"]!(ask)).status, "Invalid");
  deepEqual(closed.audited.filter(({ event }) => event === "outage.mode.changed"), []);
  deepEqual(closed.feature.status().modes, { main: "csms-only" });
  const open = await outageRig(box, { site: outageSite("free-vend") });
  equal((await open.handlers["badges.judge"]!(ask)).status, "Accepted");
  deepEqual(open.audited.map(({ event, target, detail }) => [event, target, detail?.["mode"]]).slice(0, 1), [
    ["outage.mode.changed", "main", "free-vend"],
  ]);
  const same = await outageRig(box, { site: outageSite("free-vend") });
  deepEqual(same.audited, [], "a restart changes nothing");
  await same.feature.reconfigure!(outageSite("csms-only"));
  deepEqual(same.audited.map(({ detail }) => detail), [{ mode: "csms-only", before: "free-vend" }]);
  await box.store.close();
});

Deno.test("T2: a blocked badge is refused in every mode at once and after a restart, and every Worker is told before the command answers", async () => {
  const box = await outageBox();
  for (const mode of OFFLINE_MODES) {
    const rig = await outageRig(box, { site: outageSite(mode) });
    await rig.handlers["badges.learn"]!(learned);
    const { text } = await rig.command("badge block", { badge: BADGE.toLowerCase(), reason: "lost" });
    match(text, /every station is told/);
    const told = rig.calls.at(-1)!;
    const { key, hashes } = told.args as { key: string; hashes: string[] };
    equal(told.method, "badges.changed");
    ok(hashes.includes(badgeHash(BADGE, Buffer.from(key, "base64"))));
    const again = await outageRig(box, { site: outageSite(mode) });
    deepEqual(await again.handlers["badges.judge"]!({ ...ask, isJustApproved: true }), {
      status: "Blocked",
      rule: "badge.blocked",
    });
    deepEqual(await again.handlers["badges.blocked"]!({}), { key, hashes });
    await again.command("badge unblock", { badge: BADGE });
    deepEqual((await again.handlers["badges.blocked"]!({})).hashes, []);
  }
  await box.store.close();
});

Deno.test("outage feature: what the CSMS approved counts in cache-then-csms with all it said, until it ends or grows too old", async () => {
  const box = await outageBox();
  const rig = await outageRig(box, { site: outageSite("cache-then-csms") });
  await rig.handlers["badges.learn"]!(learned);
  const again = await outageRig(box, { site: outageSite("cache-then-csms") });
  deepEqual(await again.handlers["badges.judge"]!(ask), {
    status: "Accepted",
    rule: "badge.cache-accepted",
    info: learned.info,
  });
  box.time.advance(BADGE_LIMITS.cachedDays * 86_400_000 - 1);
  equal((await again.handlers["badges.judge"]!(ask)).status, "Accepted");
  box.time.advance(1);
  equal((await again.handlers["badges.judge"]!(ask)).rule, "badge.cache-unknown");
  await rig.handlers["badges.learn"]!({ ...learned, expiresAt: box.time.now() + 1_000 });
  const fresh = await outageRig(box, { site: outageSite("cache-then-csms") });
  equal((await fresh.handlers["badges.judge"]!(ask)).status, "Accepted");
  box.time.advance(1_000);
  equal((await fresh.handlers["badges.judge"]!(ask)).status, "Expired");
  await box.store.close();
});

Deno.test("outage feature: badges are learned only where the mode needs them, and stand nowhere in clear", async () => {
  const box = await outageBox();
  const rig = await outageRig(box);
  await rig.handlers["badges.learn"]!(learned);
  const keys = async () => {
    const found: string[] = [];
    for await (const { key, value } of box.store.list(["badges"])) found.push(JSON.stringify([key, value]));
    return found;
  };
  deepEqual(await keys(), []);
  const cache = await outageRig(box, { site: outageSite("cache-then-csms") });
  await cache.handlers["badges.learn"]!(learned);
  equal((await keys()).length, 1);
  ok(!(await keys()).join().includes(BADGE));
  await box.store.close();
});

Deno.test("outage feature: a listed badge counts in local-badges until its end", async () => {
  const box = await outageBox();
  const rig = await outageRig(box, { site: outageSite("local-badges") });
  equal((await rig.handlers["badges.judge"]!(ask)).rule, "badge.list-unknown");
  await rig.command("badge allow", { badge: BADGE, note: "van 3", until: "2026-01-01T01:00:00Z" });
  equal((await rig.handlers["badges.judge"]!(ask)).rule, "badge.list-accepted");
  match((await rig.command("badge list")).text, /listed .* 2026-01-01T01:00:00.000Z +- +van 3/);
  box.time.advance(3_600_000);
  equal((await rig.handlers["badges.judge"]!(ask)).rule, "badge.list-expired");
  await rig.command("badge forget", { badge: BADGE });
  equal((await rig.command("badge list")).text, "No badge is blocked or listed.");
  await box.store.close();
});

Deno.test("outage feature: every answer about a badge is recorded with rule, mode and the badge under a pseudonym's key", async () => {
  const box = await outageBox();
  const rig = await outageRig(box);
  await rig.handlers["badges.judge"]!(ask);
  const { event, outcome, rule, detail } = rig.audited[0]!;
  deepEqual([event, outcome, rule, detail], ["badge.answer.given", "refused", "badge.csms-only", {
    badge: BADGE, // the audit chain replaces this key's value (gateway/control/audit/pseudonyms.ts)
    mode: "csms-only",
    status: "Invalid",
  }]);
  await box.store.close();
});

const FAULTY: readonly (readonly [command: string, args: Record<string, string>, message: RegExp])[] = [
  ["badge block", { badge: BADGE }, /--reason is missing/],
  ["badge block", { badge: "", reason: "x" }, /badge of 0 characters/],
  ["badge block", { badge: "x".repeat(BADGE_LIMITS.badgeChars + 1), reason: "x" }, /badge of 256 characters/],
  ["badge block", { badge: BADGE, reason: "x".repeat(BADGE_LIMITS.noteChars + 1) }, /longer than 200/],
  ["badge allow", { badge: BADGE, note: "x", until: "tomorrow" }, /end "tomorrow"/],
  ["badge forget", { badge: BADGE }, /not on the list of listed badges/],
  ["badge unblock", { badge: BADGE }, /not on the list of blocked badges/],
  ["outage refused", { station: "CP9" }, /No station "CP9"/],
  ["outage discard", { station: "CP001" }, /without a reason/],
];
for (const [name, args, message] of FAULTY) {
  Deno.test(`outage feature: \`${name}\` with ${JSON.stringify(args).slice(0, 60)} is refused in words, without the badge`, async () => {
    const box = await outageBox();
    const rig = await outageRig(box);
    await rejects(rig.command(name, args), (error: Error) => {
      match(error.message, message);
      ok(!error.message.includes(BADGE));
      return true;
    });
    deepEqual(rig.audited, []);
    await box.store.close();
  });
}

Deno.test("outage feature: longest badge and note are taken", async () => {
  const box = await outageBox();
  const rig = await outageRig(box);
  const reason = "x".repeat(BADGE_LIMITS.noteChars);
  equal((await rig.command("badge block", { badge: "x".repeat(BADGE_LIMITS.badgeChars), reason })).ok, undefined);
  await box.store.close();
});

Deno.test("outage feature: full and refused are alarms, that end when the cause is over", async () => {
  const box = await outageBox();
  const rig = await outageRig(box, { site: outageSite("csms-only", { messages: 1 }) });
  const keep = (id: number) =>
    rig.handlers["outage.keep"]!({ stationId: "CP001", csms: "main", action: "MeterValues", text: meter(`${id}`, id) });
  equal((await keep(1)).kept, true);
  equal((await keep(2)).kept, false);
  deepEqual(rig.raised.map(({ kind, subject }) => [kind, subject]), [["ocpp.outage.full", "CP001"]]);
  match((await rig.command("outage list")).text, /CP001 +main +1 +\d+ +0 s +0 +FULL/);
  const { message } = await rig.handlers["outage.next"]!({ stationId: "CP001", csms: "main" });
  const outcome = { answered: false, code: "FormationViolation", description: "no" } as const;
  await rig.handlers["outage.delivered"]!({ stationId: "CP001", csms: "main", sequence: message!.sequence, outcome });
  deepEqual(rig.raised.at(-1)?.kind, "ocpp.outage.refused");
  deepEqual(rig.audited.at(-1)?.event, "outage.message.refused");
  match((await rig.command("outage refused", { station: "CP001" })).text, /MeterValues +FormationViolation no/);
  await rig.command("outage discard", { station: "CP001", reason: "settled" });
  ok(rig.cleared.includes("ocpp.outage.refused CP001"));
  equal((await rig.command("outage list")).text, "No message waits for a CSMS.");
  await box.store.close();
});

Deno.test("outage feature: messages that wait for more than a day are an alarm until they are gone", async () => {
  const box = await outageBox();
  const rig = await outageRig(box);
  await rig.handlers["outage.keep"]!({ stationId: "CP001", csms: "main", action: "MeterValues", text: meter("1", 1) });
  box.time.advance(86_400_000);
  await box.store.idle();
  deepEqual(rig.raised, []);
  box.time.advance(10_001);
  await box.store.idle();
  deepEqual(rig.raised.map(({ kind }) => kind), ["ocpp.outage.stale"]);
  await rig.command("outage discard", { station: "CP001", all: true, reason: "gone" });
  box.time.advance(10_000);
  await box.store.idle();
  ok(rig.cleared.includes("ocpp.outage.stale CP001"));
  await box.store.close();
});
