import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { BadgeBook } from "./badge_book.ts";
import { readBadgeFile } from "./badge_lines.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { BADGE_LIMITS, OUTAGE_LIMITS } from "./limits.ts";
import { outageBox, outageRig, outageSite } from "./testing/outage_rig.ts";

const OLD = "04A1B2C3", NEW = "04FFEE11";
type Rig = Awaited<ReturnType<typeof outageRig>>;
const blockedHashes = async (rig: Rig) => (await rig.handlers["badges.blocked"]!({})).hashes.length;
const judge = async (rig: Rig, badge: string) =>
  (await rig.handlers["badges.judge"]!({ stationId: "CP001", csms: "main", badge, isJustApproved: false })).rule;

/** A rig on a box of its own. */
async function withRig(test: (rig: Rig, box: Awaited<ReturnType<typeof outageBox>>) => Promise<void>): Promise<void> {
  const box = await outageBox();
  try {
    await test(await outageRig(box, { site: outageSite("local-badges") }), box);
  } finally {
    await box.store.close();
  }
}

Deno.test("EV-24: a badge is suspended until a moment: then it is blocked no more, and the Workers are told", () =>
  withRig(async (rig, box) => {
    await rig.command("badge block", { badge: OLD, reason: "on holiday", until: "2026-01-01T01:00:00Z" });
    equal(await judge(rig, OLD), "badge.blocked");
    match((await rig.command("badge list")).text, /blocked .* 2026-01-01T01:00:00.000Z +- +on holiday/);
    await box.time.advance(3_600_000 - 1);
    equal(await blockedHashes(rig), 1);
    await box.time.advance(1 + OUTAGE_LIMITS.lookMs);
    equal(await blockedHashes(rig), 0);
    const told = () =>
      rig.calls.flatMap(({ method, args }) =>
        method === "badges.changed" ? [(args as { hashes: [] }).hashes.length] : []
      );
    await waitFor("the Workers to be told", () => told().length === 2);
    deepEqual(told(), [1, 0]);
    ok(await judge(rig, OLD) !== "badge.blocked");
    equal((await rig.command("badge list")).text, "No badge is blocked or listed.");
    const ended = rig.audited.find(({ event }) => event === "badge.suspension.ended");
    equal(ended?.detail?.["note"], "on holiday");
  }));

Deno.test("badge lists: a badge that may charge until a day is shown for its days after it, and then no more", async () => {
  const box = await outageBox();
  const book = await BadgeBook.open(box.store, box.sealer), expiresAt = 1_000;
  await book.change([{ list: "listed", hash: "h", entry: { note: "a guest", at: 0, expiresAt } }]);
  const last = expiresAt + BADGE_LIMITS.overShownMs - 1;
  equal(book.hasOver(last), false);
  await book.dropOver(last);
  equal(book.entries("listed").length, 1);
  equal(book.hasOver(last + 1), true, "the look that takes it off is made for it alone");
  deepEqual(await book.dropOver(last + 1), [], "no block has ended");
  deepEqual([book.entries("listed"), book.hasOver(last + 1)], [[], false]);
  await box.store.close();
});

Deno.test("badge lists: a hash is taken from as many characters as the list shows, and not from one less", () =>
  withRig(async (rig) => {
    await rig.command("badge block", { badge: OLD, reason: "lost" });
    const [{ hash }] = (await rig.command("badge list")).data as unknown as [{ hash: string }];
    equal(hash.length, BADGE_LIMITS.hashChars);
    await rejects(rig.command("badge unblock", { hash: hash.slice(0, -1) }), /shorter than 8 characters/);
    match((await rig.command("badge unblock", { hash })).text, /^Done/);
  }));

Deno.test("EV-24: a suspension that is over already is refused", () =>
  withRig(async (rig) => {
    for (const until of ["2025-12-31", "yesterday", ""]) {
      await rejects(rig.command("badge block", { badge: OLD, reason: "x", until }), {
        code: "CLI_USAGE",
        message: /end/,
      });
    }
    equal(await blockedHashes(rig), 0);
  }));

Deno.test("EV-24: renewing blocks the old badge, links the new one, and gives it the place of the old on the site's list", () =>
  withRig(async (rig) => {
    await rig.command("badge allow", { badge: OLD, note: "van 3", until: "2026-12-31" });
    const { text } = await rig.command("badge renew", { badge: OLD.toLowerCase(), new: NEW, reason: "maybe copied" });
    match(text, /^Blocked[^]*stands on the site's list in its place/);
    deepEqual([await judge(rig, OLD), await judge(rig, NEW)], ["badge.blocked", "badge.list-accepted"]);
    const entries = (await rig.command("badge list")).data as unknown as Record<string, unknown>[];
    const [blocked, listed] = [
      entries.find(({ list }) => list === "blocked")!,
      entries.find(({ list }) => list === "listed")!,
    ];
    equal(blocked["renewedBy"], listed["hash"]);
    deepEqual([listed["note"], listed["until"], entries.length], ["van 3", "2026-12-31T23:59:59.999Z", 2]);
    const event = rig.audited.find(({ event: name }) => name === "badge.entry.renewed")!;
    deepEqual(event.detail, { badge: OLD.toLowerCase(), newBadge: NEW, reason: "maybe copied" });
  }));

Deno.test("EV-24: a badge that was on no list is blocked all the same, and the CSMS has to know the new one", () =>
  withRig(async (rig) => {
    match((await rig.command("badge renew", { badge: OLD, new: NEW, reason: "lost" })).text, /The CSMS has to know/);
    equal(await judge(rig, NEW), "badge.list-unknown");
  }));

const REFUSED: readonly (readonly [command: string, args: Record<string, string>, message: RegExp])[] = [
  ["badge renew", { badge: OLD, new: OLD.toLowerCase(), reason: "x" }, /the old one/],
  ["badge renew", { badge: OLD, new: "", reason: "x" }, /badge of 0 characters/],
  ["badge renew", { badge: OLD, new: NEW }, /--reason is missing/],
  ["badge import", { file: "A;x" }, /--list "" is no list/],
  ["badge import", { file: "A;x", list: "white" }, /"white"/],
  ["badge import", { file: "", list: "blocked" }, /no line with a badge/],
  ["badge import", { file: "A;x\nB", list: "blocked" }, /line 2: the note is missing/],
];
for (const [command, args, message] of REFUSED) {
  Deno.test(`EV-24: refused, and nothing changes: ${command} ${JSON.stringify(args)}`, () =>
    withRig(async (rig) => {
      await rejects(rig.command(command, args), { message });
      equal((await rig.command("badge list")).text, "No badge is blocked or listed.");
      deepEqual(rig.audited.filter(({ event }) => event.startsWith("badge.")), []);
    }));
}

Deno.test("EV-24: a renewal to a blocked badge is refused", () =>
  withRig(async (rig) => {
    await rig.command("badge block", { badge: NEW, reason: "stolen" });
    await rejects(rig.command("badge renew", { badge: OLD, new: NEW, reason: "x" }), { message: /blocked itself/ });
    equal(await judge(rig, OLD), "badge.list-unknown");
  }));

Deno.test("EV-24: a file of badges is imported whole, with notes and ends, and nothing of it stands in the store in clear", () =>
  withRig(async (rig, box) => {
    const file = `# lost in spring\n${OLD};lost by van 3\r\n\n${NEW};sold;2026-12-31\n`;
    const { data } = await rig.command("badge import", { file, list: "blocked" });
    equal((data as { imported: number }).imported, 2);
    deepEqual([await judge(rig, OLD), await judge(rig, NEW)], ["badge.blocked", "badge.blocked"]);
    for await (const { key, value } of box.store.list([])) {
      const text = `${JSON.stringify(key)} ${JSON.stringify(value)}`.toUpperCase();
      ok(!text.includes(OLD) && !text.includes(NEW), text.slice(0, 200));
    }
  }));

Deno.test("EV-24: what cannot be read of a file is named by its line, all of it, and never by the badge", () => {
  const lines = ["04SECRET", `${"x".repeat(BADGE_LIMITS.badgeChars + 1)};note`, "A;b;c;d", "A;b;tomorrow", "ok;note"];
  const { faults, lines: read } = readBadgeFile(lines.join("\n"), 0, "UTC");
  deepEqual(faults.map((fault) => fault.slice(0, 7)), ["line 1:", "line 2:", "line 3:", "line 4:"]);
  deepEqual(read.map(({ badge }) => badge), ["ok"]);
  ok(!faults.join().includes("04SECRET"));
});

Deno.test("EV-24: a file with as many badges as the list takes, and one more", () =>
  withRig(async (rig) => {
    const file = (count: number) => Array.from({ length: count }, (_, at) => `B${at};x`).join("\n");
    await rejects(rig.command("badge import", { file: file(BADGE_LIMITS.entries + 1), list: "listed" }), {
      message: /would have 10001, and takes 10000/,
    });
    equal((await rig.command("badge list")).text, "No badge is blocked or listed.");
  }));
