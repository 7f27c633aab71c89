import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { openStore } from "../../store/kv_store.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { AlarmRaise, AuditEvent } from "../../core/control_api.ts";
import { type AdvisedStation, type Advisories, createAdvisories } from "./feature.ts";
import { AdvisoryBook } from "./advisory_book.ts";
import { readCsaf } from "./csaf_reader.ts";
import { ADVISORY_LIMITS } from "./limits.ts";
import { csaf } from "./testing/csaf.ts";

const STATIONS: readonly AdvisedStation[] = [
  { id: "CP001", unit: "bay-01", vendor: "bender", model: "CC612", version: "5.22.1" },
  { id: "CP002", vendor: "bender", model: "CC612", version: "5.33.11-21500" },
  { id: "CP003", vendor: "bender", model: "CC612" },
  { id: "CP004", vendor: "alfen", model: "Eve", version: "1.0" },
];

/** Advisories on a store in memory. */
async function up(test: (rig: Rig) => Promise<void>): Promise<void> {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  const audited: AuditEvent[] = [], raised: AlarmRaise[] = [], cleared: string[] = [], stations = [...STATIONS];
  const context = {
    ...{ clock: time, store },
    audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: audited.push(event) }) },
    alarms: {
      raise: (alarm: AlarmRaise) => Promise.resolve(void raised.push(alarm)),
      clear: (kind: string, subject: string) => Promise.resolve(void cleared.push(`${kind} ${subject}`)),
    },
  };
  const open = () => createAdvisories({ context, stations: () => stations });
  try {
    await test({ audited, raised, cleared, stations, open, advisories: await open() });
  } finally {
    await store.close();
  }
}

interface Rig {
  readonly audited: AuditEvent[];
  readonly raised: AlarmRaise[];
  readonly cleared: string[];
  readonly stations: AdvisedStation[];
  readonly open: () => Promise<Advisories>;
  readonly advisories: Advisories;
}

const fileOf = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");
const run = (advisories: Advisories, name: string, args: Record<string, string>) =>
  advisories.commands[`posture advisory ${name}`]!(args, "eva");
const importing = ({ advisories }: Rig, value: unknown = csaf(), more: Record<string, string> = {}) =>
  run(advisories, "import", { file: fileOf(value), ...more });

Deno.test("EV-32: an advisory is imported, and the stations that it affects are named by bay, with an alarm", () =>
  up(async (rig) => {
    const { text } = await importing(rig);
    match(text, /BSA-2026-001: Passwords can be set without a login/);
    match(text, /CP001 +bay-01 +affected +5\.22\.1 +it is CC612 with 5\.22\.1/);
    match(text, /CP003 +- +possible +- +it has not told its firmware version yet/);
    equal(text.includes("CP002") || text.includes("CP004"), false);
    deepEqual(rig.raised.map(({ kind, subject, detail }) => [kind, subject, detail]), [
      ["posture.advisory.affects", "BSA-2026-001", "Passwords can be set without a login: CP001"],
    ]);
    equal(rig.audited[0]?.event, "posture.advisory.imported");
    match((await run(rig.advisories, "list", {})).text, /BSA-2026-001 +2026-06-01 +9\.8 .* CP001 +CP003/);
    deepEqual(STATIONS.map((station) => rig.advisories.of(station)?.affected), [["BSA-2026-001"], [], [], []]);
    deepEqual(rig.advisories.of(STATIONS[2]!)?.possible, ["BSA-2026-001"]);
  }));

Deno.test("advisories: before the first one nothing is known of any station", () =>
  up(async ({ advisories }) => {
    equal(advisories.of(STATIONS[0]!), undefined);
    match((await run(advisories, "list", {})).text, /No advisory was imported yet/);
  }));

Deno.test("advisories: they are there after a restart, a large one in parts, and gone when removed", () =>
  up(async (rig) => {
    const noise = Array.from({ length: 1_500 }, (_, at) => ({
      ...{ product_id: `X${at}`, name: createHash("sha512").update(String(at)).digest("base64") },
    }));
    await importing(rig, csaf({ tree: { full_product_names: noise } }));
    const again = await rig.open();
    deepEqual(again.of(STATIONS[0]!)?.affected, ["BSA-2026-001"]);
    await importing(rig, csaf()); // smaller: what is left of the larger one goes
    const third = await rig.open();
    equal(((await run(third, "show", { id: "BSA-2026-001" })).data as { cves: string[] }).cves.length, 1);
    await run(third, "remove", { id: "BSA-2026-001" });
    equal((await rig.open()).of(STATIONS[0]!), undefined);
  }));

Deno.test("advisories: a sum of its publisher is compared; another one refuses the file", () =>
  up(async (rig) => {
    const text = JSON.stringify(csaf());
    const sum = (algorithm: string) => createHash(algorithm).update(text).digest("hex");
    await rejects(importing(rig, text, { sha256: sum("sha512") }), /not the sha256 sum/);
    await rejects(importing(rig, `${text} `, { sha512: `${sum("sha512")}  a.json\n` }), /not the sha512 sum/);
    deepEqual(rig.audited, []);
    match(
      (await importing(rig, text, { sha512: `${sum("sha512").toUpperCase()}  a.json\n` })).text,
      /compared with its sha512/,
    );
    match((await importing(rig, text)).text, /compared with no sum of its publisher/);
  }));

Deno.test("advisories: a newer version replaces, an older one is refused", () =>
  up(async (rig) => {
    await importing(rig, csaf({ tracking: { version: "1.10.0" } }));
    await rejects(
      importing(rig, csaf({ tracking: { version: "1.9.0" } })),
      /is here in version 1\.10\.0, newer than 1\.9\.0/,
    );
    await importing(rig, csaf({ tracking: { version: "2" }, document: { title: "Second" } }));
    match((await run(rig.advisories, "list", {})).text, /Second/);
  }));

Deno.test("advisories: a newer file that comes while an older one is taken, or while it is withdrawn, is never lost", () =>
  up(async (rig) => {
    const version = (version: string) =>
      importing(rig, csaf({ tracking: { version }, document: { title: `V${version}` } }));
    await version("1");
    const taken = await Promise.allSettled([version("3"), version("2")]);
    deepEqual(taken.map(({ status }) => status), ["fulfilled", "rejected"]);
    const [withdrawn] = await Promise.all([
      run(rig.advisories, "withdraw", { id: "BSA-2026-001", reason: "not here" }),
      version("4"),
    ]);
    match(withdrawn.text, /V3[^]*not here/);
    match((await run(rig.advisories, "show", { id: "BSA-2026-001" })).text, /^BSA-2026-001: V4/);
    deepEqual(rig.advisories.of(STATIONS[0]!)?.affected, ["BSA-2026-001"], "a newer file counts anew");
    const gone = await Promise.allSettled([
      run(rig.advisories, "remove", { id: "BSA-2026-001" }),
      run(rig.advisories, "withdraw", { id: "BSA-2026-001", reason: "late" }),
    ]);
    deepEqual(gone.map(({ status }) => status), ["fulfilled", "rejected"]);
    equal((await rig.open()).of(STATIONS[0]!), undefined, "what was removed does not come back");
  }));

Deno.test("advisories: one that is withdrawn affects nobody, stays in the list with its reason, and its alarm ends", () =>
  up(async (rig) => {
    await importing(rig);
    await rejects(run(rig.advisories, "withdraw", { id: "BSA-2026-001" }), /needs a reason/);
    await rejects(run(rig.advisories, "withdraw", { id: "BSA-2026-001", reason: "x".repeat(501) }), /needs a reason/);
    match(
      (await run(rig.advisories, "withdraw", { id: "BSA-2026-001", reason: "replaced" })).text,
      /Withdrawn by eva: replaced/,
    );
    deepEqual(rig.advisories.of(STATIONS[0]!)?.affected, []);
    ok(rig.cleared.includes("posture.advisory.affects BSA-2026-001"));
    match((await run(rig.advisories, "list", {})).text, /withdrawn by eva/);
  }));

Deno.test("advisories: a station that is updated is not affected any more, and the alarm ends by itself", () =>
  up(async (rig) => {
    await importing(rig);
    rig.stations[0] = { ...STATIONS[0]!, version: "5.33.11-21500" };
    await rig.advisories.look();
    ok(rig.cleared.includes("posture.advisory.affects BSA-2026-001"));
  }));

const REFUSED: readonly (readonly [what: string, value: unknown, error: object])[] = [
  ["no file", "", { code: "ADVISORY_INVALID" }],
  ["what is no advisory", { hello: 1 }, { code: "ADVISORY_INVALID" }],
  ["more bytes than the limit", " ".repeat(ADVISORY_LIMITS.fileBytes + 1), { code: "ADVISORY_INVALID" }],
];
for (const [what, value, error] of REFUSED) {
  Deno.test(`advisories: refused, and nothing is kept: ${what}`, () =>
    up(async (rig) => {
      await rejects(importing(rig, value), error);
      deepEqual([rig.audited.length, rig.advisories.of(STATIONS[0]!)], [0, undefined]);
    }));
}

Deno.test("advisories: bytes that are not UTF-8, and an id that nobody knows, are refused by name", () =>
  up(async (rig) => {
    await rejects(run(rig.advisories, "import", { file: Buffer.from([0xff, 0xfe]).toString("base64") }), /not UTF-8/);
    for (const name of ["show", "remove", "withdraw"]) {
      await rejects(run(rig.advisories, name, { id: "X", reason: "r" }), { code: "ADVISORY_UNKNOWN" });
    }
  }));

Deno.test("advisories: as many as the limit are kept, one more is refused, a newer version of one is taken", async () => {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    const book = await AdvisoryBook.open(store),
      { sha256, ...advisory } = { ...readCsaf(JSON.stringify(csaf())), sha256: "" };
    const one = (id: string, version = "1") => ({ ...advisory, id, version, sha256, importedBy: "eva", importedAt: 1 });
    for (let at = 0; at < ADVISORY_LIMITS.kept; at++) await book.put(one(`A-${at}`));
    await rejects(book.put(one("B")), /advisories are kept already/);
    await book.put(one("A-7", "3"));
    equal((await AdvisoryBook.open(store)).get("A-7")?.version, "3");
  } finally {
    await store.close();
  }
});

Deno.test("advisories: one that does not fit into its parts is refused, and the one before it stays", async () => {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    const book = await AdvisoryBook.open(store), advisory = readCsaf(JSON.stringify(csaf()));
    const kept = { ...advisory, sha256: "", importedBy: "eva", importedAt: 1 };
    await book.put(kept);
    const bytes = ADVISORY_LIMITS.partBytes * ADVISORY_LIMITS.parts;
    const large = {
      ...kept,
      products: Array.from({ length: 12 }, (_, at) => ({
        ...{
          id: `X${at}`,
          vendors: [],
          names: [Buffer.from(crypto.getRandomValues(new Uint8Array(bytes / 12))).toString("base64")],
        },
      })),
    };
    await rejects(book.put(large), /too large to be kept/);
    deepEqual((await AdvisoryBook.open(store)).get(kept.id), kept);
  } finally {
    await store.close();
  }
});

Deno.test("advisories: the same file once more brings nothing back that a person withdrew; a newer version counts anew", () =>
  up(async (rig) => {
    await importing(rig);
    await run(rig.advisories, "withdraw", { id: "BSA-2026-001", reason: "not our variant" });
    await importing(rig);
    deepEqual(rig.advisories.of(STATIONS[0]!)?.affected, []);
    match((await run(rig.advisories, "show", { id: "BSA-2026-001" })).text, /Withdrawn by eva: not our variant/);
    await importing(rig, csaf({ tracking: { version: "3" } }));
    deepEqual(rig.advisories.of(STATIONS[0]!)?.affected, ["BSA-2026-001"]);
  }));

const ORDER: readonly (readonly [older: string, newer: string])[] = [
  ["1", "2"],
  ["9", "10"],
  ["1.0.0", "1.0.1"],
  ["1.9.9", "1.10.0"],
  ["1.99.99", "2.0.0"],
];
for (const [older, newer] of ORDER) {
  Deno.test(`advisories: version ${newer} comes after ${older}, never the other way round`, () =>
    up(async (rig) => {
      await importing(rig, csaf({ tracking: { version: newer } }));
      await rejects(importing(rig, csaf({ tracking: { version: older } })), { code: "ADVISORY_INVALID" });
      match((await run(rig.advisories, "show", { id: "BSA-2026-001" })).text, new RegExp(`version ${newer},`));
      await importing(rig, csaf({ tracking: { version: newer } }));
    }));
}

const SUMS: readonly (readonly [what: string, sum: (hex: string) => string, isTaken: boolean])[] = [
  ["the bare sum", (hex) => hex, true],
  ["a line of sha256sum", (hex) => `${hex}  advisory.json\n`, true],
  ["a line for a binary file", (hex) => `${hex} *advisory.json`, true],
  ["the sum in capitals", (hex) => hex.toUpperCase(), true],
  ["blanks in front", (hex) => `  ${hex}`, true],
  ["half of it", (hex) => hex.slice(0, 32), false],
  ["one that goes on", (hex) => `${hex}0`, false],
  ["the name first", (hex) => `advisory.json ${hex}`, false],
  ["nothing", () => "", false],
];
for (const [what, sumOf, isTaken] of SUMS) {
  Deno.test(`advisories: the publisher's sum as ${what} is ${isTaken ? "taken" : "refused, and nothing is kept"}`, () =>
    up(async (rig) => {
      const text = JSON.stringify(csaf()), sha256 = sumOf(createHash("sha256").update(text).digest("hex"));
      if (isTaken) match((await importing(rig, text, { sha256 })).text, /compared with its sha256/);
      else {
        await rejects(importing(rig, text, { sha256 }), { code: "ADVISORY_INVALID" });
        equal(rig.advisories.of(STATIONS[0]!), undefined);
      }
    }));
}

Deno.test("advisories: an advisory that is about nobody here raises nothing and is listed as such", () =>
  up(async (rig) => {
    rig.stations.splice(0, Infinity, STATIONS[3]!);
    const { text } = await importing(rig);
    match(text, /No station of the site is affected, as far as is known/);
    deepEqual(rig.raised, []);
  }));

Deno.test("advisories: a removed one ends its alarm and is gone after a restart", () =>
  up(async (rig) => {
    await importing(rig);
    await run(rig.advisories, "remove", { id: "BSA-2026-001" });
    ok(rig.cleared.includes("posture.advisory.affects BSA-2026-001"));
    deepEqual(rig.audited.map(({ event }) => event), ["posture.advisory.imported", "posture.advisory.removed"]);
    equal((await rig.open()).of(STATIONS[0]!), undefined);
    await rejects(run(rig.advisories, "show", { id: "BSA-2026-001" }), { code: "ADVISORY_UNKNOWN" });
  }));
