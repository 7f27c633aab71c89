import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { BadgeBook } from "./badge_book.ts";
import { lineOf, readBadgeFile } from "./badge_lines.ts";
import { BADGE_LIMITS } from "./limits.ts";
import { type OutageBox, outageBox, outageRig, outageSite } from "./testing/outage_rig.ts";

type Rig = Awaited<ReturnType<typeof outageRig>>;
const NOW = Date.UTC(2026, 0, 1);

async function withRig(test: (rig: Rig, box: OutageBox) => Promise<void>): Promise<void> {
  const box = await outageBox();
  try {
    await test(await outageRig(box, { site: outageSite("local-badges") }), box);
  } finally {
    await box.store.close();
  }
}

const rows = async (rig: Rig) => (await rig.command("badge list")).data as unknown as Record<string, string | null>[];
const audited = (rig: Rig, event: string) => rig.audited.filter((one) => one.event === event);

const LINES: readonly (readonly [what: string, text: string, badges: readonly string[]])[] = [
  ["line ends of three systems", "A;x\r\nB;x\nC;x\rD;x", ["A", "B", "C", "D"]],
  ["a byte order mark and a heading", "\uFEFFBadge;Note;Until\nA;x", ["A"]],
  ["quotes of a spreadsheet", '"A";"x";"2026-12-31"', ["A"]],
  ["blanks around", "  A  ;  x  ", ["A"]],
  ["comments and empty lines", "# a;b\n\nA;x\n   \n", ["A"]],
  ["empty parts at the end", "A;x;;", ["A"]],
];
for (const [what, text, badges] of LINES) {
  Deno.test(`badge files: ${what} are read`, () => {
    const { lines, faults } = readBadgeFile(text, NOW, "UTC");
    deepEqual([lines.map(({ badge }) => badge), faults], [badges, []]);
  });
}

const FAULTS: readonly (readonly [line: string, fault: RegExp])[] = [
  ["A", /the note is missing/],
  ["A,x", /no semicolon/],
  ["A;x;2026-12-31;y", /more than three parts/],
  ["A;x;soon", /Cannot use the end "soon"/],
  ["A;x;2025-12-31", /Cannot use the end "2025-12-31"/],
  [";x", /badge of 0 characters/],
  [`${"A".repeat(BADGE_LIMITS.badgeChars + 1)};x`, /badge of 256 characters/],
  [`A;${"x".repeat(BADGE_LIMITS.noteChars + 1)}`, /longer than 200/],
];
for (const [line, fault] of FAULTS) {
  Deno.test(`badge files: a fault is named by its line: ${line.slice(0, 24)}`, () => {
    const { lines, faults } = readBadgeFile(`OK;x\n${line}`, NOW, "UTC");
    equal(lines.length, 1);
    match(faults.join(), /^line 2: /);
    match(faults.join(), fault);
  });
}

const ENDS: readonly (readonly [text: string, zone: string, end: string])[] = [
  ["2026-12-31", "UTC", "2026-12-31T23:59:59.999Z"],
  ["2026-12-31", "Europe/Berlin", "2026-12-31T22:59:59.999Z"],
  ["2026-03-29", "Europe/Berlin", "2026-03-29T21:59:59.999Z"],
  ["2026-12-31", "America/New_York", "2027-01-01T04:59:59.999Z"],
  ["2026-12-31T18:00:00Z", "Europe/Berlin", "2026-12-31T18:00:00.000Z"],
];
for (const [text, zone, end] of ENDS) {
  Deno.test(`badge files: ${text} in ${zone} ends at ${end}: of a date the whole day counts`, () =>
    equal(readBadgeFile(`A;x;${text}`, NOW, zone).lines[0]!.end.expiresAt, Date.parse(end)));
}

Deno.test("badge files: a note is neither a second part, nor a line, nor a formula; it is read back as it was", () => {
  for (const note of ["=1+1", "+49 30", "-x", "@a"]) {
    const line = lineOf("A".repeat(22) + "==", note);
    ok(line.includes(`;'${note}`));
    equal(readBadgeFile(line, NOW, "UTC").lines[0]!.note, note);
  }
  equal(lineOf("h", "a;b\nc"), "hash:h;a,b,c");
});

Deno.test("EV-24: the verdict on a file says what it would do, and keeps nothing", () =>
  withRig(async (rig, box) => {
    await rig.command("badge block", { badge: "OLD", reason: "x" });
    await rig.command("badge allow", { badge: "VAN", note: "x" });
    rig.audited.length = 0;
    const file = "old;again\nNEW;x\nNEW;y\nVAN;x";
    const before = await stored(box);
    const { data, text, ok: isOk } = await rig.command("badge import", { file, list: "blocked", check: true });
    deepEqual(data, { list: "blocked", badges: 3, added: 2, replaced: 1, repeated: 1, onOther: 1, faults: [] });
    match(text, /3 badges .* 2 new, 1 replaced\. 1 lines repeat .* Nothing was imported yet/);
    equal(isOk, true);
    deepEqual(await stored(box), before);
    deepEqual(rig.audited, []);
  }));

Deno.test("EV-24: a file that cannot be taken is said to be so with every fault, and nothing of it is kept", () =>
  withRig(async (rig) => {
    const file = ["A;x", "B", "C;x;soon"].join("\n");
    const { data, ok: isOk } = await rig.command("badge import", { file, list: "blocked", check: true });
    const { faults, refusal } = data as unknown as { faults: string[]; refusal: string };
    deepEqual(faults.map((fault) => fault.slice(0, 6)), ["line 2", "line 3"]);
    match(refusal, /cannot be imported/);
    equal(isOk, false);
    await rejects(rig.command("badge import", { file, list: "blocked" }), {
      code: "CLI_USAGE",
      message: /line 2.*line 3/,
    });
    deepEqual(await rows(rig), []);
    await rejects(rig.command("badge import", { file: "x".repeat(BADGE_LIMITS.fileChars + 1), list: "blocked" }), {
      message: /more than 2000000 characters/,
    });
  }));

Deno.test("EV-24: an export has no badge, and is taken again by the same site after all was lost; entries keep note and end", () =>
  withRig(async (rig) => {
    await rig.command("badge import", { file: "04AA;lost; \n04BB;on leave;2026-12-31", list: "blocked" });
    const { file } = (await rig.command("badge export", { list: "blocked" })).data as { file: string };
    ok(!file.includes("04AA") && !file.includes("04BB"));
    match(
      file,
      /^# bulkhead badges 1; key [0-9a-f]{16}; list blocked;.*\nhash:.{24};lost\nhash:.{24};on leave;2026-12-31T23:59:59.999Z\n$/,
    );
    deepEqual(audited(rig, "badge.list.exported").map(({ detail }) => detail), [{ list: "blocked", badges: 2 }]);
    const before = (await rows(rig)).map(({ hash, note, until }) => [hash, note, until]);
    for (const [hash] of before) await rig.command("badge unblock", { hash: hash! });
    equal((await rig.handlers["badges.blocked"]!({})).hashes.length, 0);
    await rig.command("badge import", { file, list: "blocked" });
    deepEqual((await rows(rig)).map(({ hash, note, until }) => [hash, note, until]), before);
    const ask = { stationId: "CP001", csms: "main", badge: "04aa", isJustApproved: false };
    equal((await rig.handlers["badges.judge"]!(ask)).rule, "badge.blocked");
  }));

Deno.test("EV-24: hashes of another site mean nothing here and are refused", () =>
  withRig(async (rig) => {
    const foreign = `# bulkhead badges 1; key 0123456789abcdef; list blocked; x\nhash:${"A".repeat(22)}==;x`;
    for (const file of [foreign, foreign.split("\n")[1]!]) {
      await rejects(rig.command("badge import", { file, list: "blocked" }), { message: /another site/ });
    }
    deepEqual(await rows(rig), []);
  }));

Deno.test("EV-24: an import is recorded with its number and digest; of a short one each badge, of a long one none", () =>
  withRig(async (rig) => {
    const file = (count: number) => Array.from({ length: count }, (_, at) => `B${at};x`).join("\n");
    await rig.command("badge import", { file: file(BADGE_LIMITS.recordedEach), list: "listed" });
    equal(audited(rig, "badge.entry.allowed").length, BADGE_LIMITS.recordedEach);
    await rig.command("badge import", { file: file(BADGE_LIMITS.recordedEach + 1), list: "listed" });
    equal(audited(rig, "badge.entry.allowed").length, BADGE_LIMITS.recordedEach);
    const [, last] = audited(rig, "badge.list.imported");
    deepEqual([last!.detail!["badges"], last!.detail!["added"]], [BADGE_LIMITS.recordedEach + 1, 1]);
    match(String(last!.detail!["digest"]), /^[0-9a-f]{64}$/);
  }));

Deno.test("EV-24: an import that was stored whole goes on after a crash; one that was not is forgotten", async () => {
  const box = await outageBox();
  const entries = Array.from(
    { length: 2 * BADGE_LIMITS.chunk + 1 },
    (_, at) => [`hash${at}`, { note: "x", at }] as const,
  );
  let commits = 0, dieAt = 0;
  const dying = {
    ...{ get: box.store.get.bind(box.store), list: box.store.list.bind(box.store) },
    commit: (...args: Parameters<typeof box.store.commit>) =>
      ++commits === dieAt ? Promise.reject(new Error("power cut")) : box.store.commit(...args),
  } as unknown as typeof box.store;
  // three parts, the mark, three takings, the mark goes: a cut before the mark leaves none, after it all
  for (const [at, left] of [[1, 0], [3, 0], [4, 0], [5, entries.length], [7, entries.length], [8, entries.length]]) {
    const book = await BadgeBook.open(dying, box.sealer);
    await book.change(book.entries("listed").map(({ hash }) => ({ list: "listed", hash })));
    commits = 0;
    dieAt = at!;
    await rejects(book.bring("listed", entries), /power cut/);
    dieAt = 0;
    const again = await BadgeBook.open(box.store, box.sealer);
    equal(again.entries("listed").length, left, `the ${at}th commit`);
    equal((await stored(box)).filter((line) => line.includes('"staged"')).length, 0);
  }
  await box.store.close();
});

async function stored(box: OutageBox): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key, value } of box.store.list(["badges"], { limit: Infinity })) {
    found.push(JSON.stringify([key, value]));
  }
  return found;
}
