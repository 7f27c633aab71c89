import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import type { CommandArgs } from "../../gateway/control/contract.ts";
import { createLedgerExport } from "../../gateway/cli/ledger_commands.ts";
import { StorageError } from "../../gateway/core/errors.ts";
import type { LedgerFact } from "../../gateway/core/ledger_api.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { LedgerBook, type LedgerSearch } from "../../gateway/inventory/ledger/ledger_book.ts";
import { ledgerCommands } from "../../gateway/inventory/ledger/ledger_commands.ts";
import { ledgerRow } from "../../gateway/inventory/ledger/ledger_export.ts";
import { LEDGER_LIMITS } from "../../gateway/inventory/ledger/limits.ts";
import { type OcppVersion, parseFrame } from "../../gateway/ocpp/codec.ts";
import { factOfAnswer, factOfCall } from "../../gateway/ocpp/ledger/ledger_facts.ts";
import { LEDGER_FEED_LIMITS } from "../../gateway/ocpp/ledger/limits.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import type { Mutation } from "../../gateway/store/store.ts";
import { ManualTime } from "../support/manual_time.ts";

type Payload = Readonly<Record<string, unknown>>;
/** A CALL of the station and what the CSMS answers; no answer when there is none. */
type Turn = readonly [action: string, payload: Payload, answer?: Payload | "error"];

/** Messages as stations write them, read by the Worker's part and kept by control's. */
class Story implements AsyncDisposable {
  readonly time = new ManualTime();
  isDiskFull = false;
  book!: LedgerBook;
  #store!: Awaited<ReturnType<typeof openStore>>;

  static async begin(): Promise<Story> {
    const story = new Story();
    story.#store = await openStore({ path: ":memory:", clock: story.time, timers: story.time });
    await story.restart();
    return story;
  }

  /** What is not on the disk is forgotten. */
  async restart(): Promise<void> {
    const store = this.#store, same = (bytes: Uint8Array) => Promise.resolve(bytes as Uint8Array<ArrayBuffer>);
    const commit = (mutations: readonly Mutation[]) =>
      this.isDiskFull ? Promise.reject(new StorageError("STORE_FULL", "full")) : store.commit(mutations);
    this.book = await LedgerBook.open({
      store: {
        ...{ get: store.get.bind(store), list: store.list.bind(store), snapshot: store.snapshot.bind(store) },
        ...{ close: store.close.bind(store), commit },
      },
      ...{ clock: this.time, log: nullLogger, pseudonym: () => Promise.resolve("p"), retentionDays: () => 400 },
      sealer: { seal: same, unseal: same },
    });
  }

  async tell(protocol: OcppVersion, ...turns: readonly Turn[]): Promise<void> {
    for (const [action, payload, answer] of turns) {
      const fact = factOfCall(parseFrame(JSON.stringify([2, "1", action, payload])));
      if (!fact) continue;
      const base = { stationId: "CP001", protocol, at: this.time.now() };
      await this.book.record([{ ...base, ...fact }]);
      if (answer === undefined) continue;
      const frame = answer === "error" ? [4, "1", "InternalError", "", {}] : [3, "1", answer];
      await this.book.record([{ ...base, ...factOfAnswer(fact, parseFrame(JSON.stringify(frame)), false) }]);
    }
  }

  /** Columns of all transactions, in the order of their names. */
  async rows(...columns: readonly string[]): Promise<unknown[][]> {
    return (await this.book.list()).map(ledgerRow).map((row) => columns.map((name) => row[name]));
  }

  async signed(): Promise<string[]> {
    const [record] = await this.book.list();
    return (await this.book.signedOf(record!)).map(({ value }) => value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close();
  }
}

const T = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const OK = { idTagInfo: { status: "Accepted" } };
const start = (transactionId: number, minute: number, meterStart: unknown, more: Payload = {}): Turn => [
  "StartTransaction",
  { connectorId: 1, idTag: "A", meterStart, timestamp: T(minute), ...more },
  { transactionId, ...OK },
];
const meter = (transactionId: number, minute: number, value: string, more: Payload = {}): Turn => [
  "MeterValues",
  { connectorId: 1, transactionId, meterValue: [{ timestamp: T(minute), sampledValue: [{ value, ...more }] }] },
  {},
];
const stop = (transactionId: unknown, minute: number, meterStop: unknown, more: Payload = {}): Turn => [
  "StopTransaction",
  { transactionId, meterStop, timestamp: T(minute), ...more },
  OK,
];
const event = (eventType: string, id: string, seqNo: number, minute: number, wh?: number, more: Payload = {}): Turn => [
  "TransactionEvent",
  {
    ...{ eventType, seqNo, timestamp: T(minute), triggerReason: "Authorized", transactionInfo: { transactionId: id } },
    ...wh === undefined ? {} : { meterValue: [{ timestamp: T(minute), sampledValue: [{ value: wh }] }] },
    ...more,
  },
  {},
];

Deno.test("ledger stories: an end that is sent again after a restart is the same transaction, its energy counted once", async () => {
  await using story = await Story.begin();
  const transactionData = [{ timestamp: T(0), sampledValue: [{ value: "0" }] }];
  for (let i = 0; i < LEDGER_LIMITS.closedPerStation; i++) {
    await story.tell("ocpp1.6", start(i, i, 0), stop(i, i, 5_000, { transactionData }));
  }
  await story.restart();
  for (let i = 0; i < LEDGER_LIMITS.closedPerStation; i++) {
    await story.tell("ocpp1.6", stop(i, i, 5_000, { transactionData }));
  }
  const rows = await story.rows("measuredWh", "ends", "state", "partial");
  equal(rows, Array.from({ length: LEDGER_LIMITS.closedPerStation }, () => [5_000, 2, "closed", false]));
});

Deno.test("ledger stories: the marks of transactions that need not be known any more go", async () => {
  await using story = await Story.begin();
  for (let i = 0; i < 3 * LEDGER_LIMITS.closedPerStation; i++) {
    await story.tell("ocpp1.6", start(i, i, 0), stop(i, i, 5));
  }
  await story.restart();
  equal(story.book.unsettled().length, LEDGER_LIMITS.closedPerStation);
  equal((await story.rows("state")).length, 3 * LEDGER_LIMITS.closedPerStation);
});

Deno.test("ledger stories: transactions that close while the disk is full are all written when it is not", async () => {
  await using story = await Story.begin();
  story.isDiskFull = true;
  const count = 3 * LEDGER_LIMITS.closedPerStation;
  for (let i = 0; i < count; i++) await story.tell("ocpp1.6", start(i, i, 0), stop(i, i, 5));
  equal((await story.rows("state")).length, count, "a list shows what is not on the disk yet");
  story.isDiskFull = false;
  await story.book.flush(true);
  await story.restart();
  equal(await story.rows("state", "measuredWh"), Array.from({ length: count }, () => ["closed", 5]));
});

Deno.test("ledger stories: the signed value at the end of a long list is kept, and what has no room is counted", async () => {
  await using story = await Story.begin();
  const sampled = (n: number, context: string) => ({
    timestamp: T(n),
    sampledValue: [{ value: `OCMF|${n}`, format: "SignedData", context }],
  });
  const many = LEDGER_FEED_LIMITS.valuesPerMessage + 20;
  const transactionData = [
    sampled(0, "Transaction.Begin"),
    ...Array.from({ length: many }, (_, i) => sampled(i + 1, "Sample.Clock")),
    sampled(many + 1, "Transaction.End"),
  ];
  await story.tell("ocpp1.6", start(7, 0, 0), stop(7, 99, 900, { transactionData }));
  const kept = await story.signed();
  ok(kept.includes("OCMF|0") && kept.includes(`OCMF|${many + 1}`), kept.join(" "));
  equal(kept.length, LEDGER_LIMITS.signed);
  equal(await story.rows("signedValues", "signedDropped"), [[LEDGER_LIMITS.signed, many + 2 - LEDGER_LIMITS.signed]]);
});

Deno.test("ledger stories: a signed value that is too long is counted, one that is not marked is kept", async () => {
  await using story = await Story.begin();
  const long = "x".repeat(LEDGER_FEED_LIMITS.signedChars + 1);
  await story.tell(
    "ocpp1.6",
    start(7, 0, 0),
    meter(7, 1, long, { format: "SignedData" }),
    meter(7, 2, 'OCMF|{"RD":[]}|{}'),
    stop(7, 3, 10),
  );
  equal(await story.rows("signedValues", "signedDropped", "measuredWh"), [[1, 1, 10]]);
  equal(await story.signed(), ['OCMF|{"RD":[]}|{}']);
});

const ROUNDED = LEDGER_LIMITS.roundedWh;
const BREAKS: readonly (readonly [name: string, turns: readonly Turn[], measured: number, falls: number])[] = [
  ["rolls over", [start(7, 0, 999_000), meter(7, 1, "999900"), meter(7, 2, "300"), stop(7, 3, 1_200)], 2_100, 1],
  [
    "is reset twice",
    [start(7, 0, 0), meter(7, 1, "500"), meter(7, 2, "40"), meter(7, 3, "10"), stop(7, 4, 90)],
    630,
    2,
  ],
  ["rolls over before its first reading", [start(7, 0, 999_900), stop(7, 3, 400)], 400, 1],
  ["is rounded at its end", [start(7, 0, 100), meter(7, 1, "900.6"), stop(7, 2, 900)], 800, 0],
  [
    "is in kWh with one decimal until its end",
    [start(7, 0, 5_000_000), meter(7, 1, "5012.4", { unit: "kWh" }), stop(7, 2, 5_012_355)],
    12_355,
    0,
  ],
  ["falls by what is rounded", [start(7, 0, 0), meter(7, 1, "9000"), stop(7, 2, 9_000 - ROUNDED)], 8_000, 0],
  ["falls by more than is rounded", [start(7, 0, 0), meter(7, 1, "9000"), stop(7, 2, 8_999 - ROUNDED)], 16_999, 1],
  ["falls by half", [start(7, 0, 0), meter(7, 1, "900"), stop(7, 2, 450)], 450, 0],
  ["falls by more than half", [start(7, 0, 0), meter(7, 1, "900"), stop(7, 2, 449)], 1_349, 1],
  ["falls by less than the limit", [start(7, 0, 0), meter(7, 1, "10"), stop(7, 2, 11 - LEDGER_LIMITS.fallWh)], 1, 0],
  ["falls by the limit", [start(7, 0, 0), meter(7, 1, "10"), stop(7, 2, 10 - LEDGER_LIMITS.fallWh)], 10, 1],
];
for (const [name, turns, measured, falls] of BREAKS) {
  Deno.test(`ledger stories: a register that ${name}`, async () => {
    await using story = await Story.begin();
    await story.tell("ocpp1.6", ...turns);
    equal(await story.rows("measuredWh", "registerFalls", "state"), [[measured, falls, "closed"]]);
  });
}

Deno.test("ledger stories: energy of a register that began anew is missing when the CSMS never took its end", async () => {
  await using story = await Story.begin();
  const [action, payload] = stop(7, 3, 400);
  await story.tell("ocpp1.6", start(7, 0, 999_900), [action, payload]);
  equal(await story.rows("state", "unacknowledgedWh"), [["unacknowledged", 400]]);
});

Deno.test("ledger stories: messages of 2.x that come late, and with what the register was, change nothing", async () => {
  await using story = await Story.begin();
  const offline = { offline: true };
  await story.tell(
    "ocpp2.0.1",
    event("Updated", "t", 1, 10, 300),
    event("Ended", "t", 3, 30, 900),
    event("Updated", "t", 2, 20, 600, offline),
    event("Started", "t", 0, 0, 100, offline),
  );
  equal(await story.rows("state", "partial", "measuredWh", "missingEvents", "registerFalls", "begins"), [
    ["closed", false, 800, "", 0, 1],
  ]);
});

Deno.test("ledger stories: a begin that comes late and is never acknowledged leaves the transaction unacknowledged", async () => {
  await using story = await Story.begin();
  const [action, payload] = event("Started", "t", 0, 0, 100);
  await story.tell("ocpp2.0.1", event("Updated", "t", 1, 10, 300), [action, payload], event("Ended", "t", 2, 30, 900));
  equal(await story.rows("state", "partial"), [["unacknowledged", false]]);
});

Deno.test("ledger stories: a transaction told of late ends none that began behind it on its EVSE", async () => {
  await using story = await Story.begin();
  const evse = { evse: { id: 1, connectorId: 1 } };
  await story.tell(
    "ocpp2.0.1",
    event("Started", "new", 0, 50, 500, evse),
    event("Started", "old", 0, 0, 0, { evse: { id: 1 }, offline: true }),
    event("Ended", "old", 1, 40, 500),
    event("Ended", "new", 1, 60, 700),
    event("Started", "later", 0, 70, 700, { evse: { id: 1 } }),
    event("Started", "last", 0, 80, 700, evse),
  );
  equal(await story.rows("id", "state", "superseded"), [
    ["last", "open", false],
    ["later", "unacknowledged", true],
    ["new", "closed", false],
    ["old", "closed", false],
  ]);
});

for (const isRestarted of [false, true]) {
  const when = isRestarted ? " after a restart and long ago" : "";
  Deno.test(`ledger stories: a station of 2.x that counts its transactions anew makes another one${when}`, async () => {
    await using story = await Story.begin();
    await story.tell("ocpp2.0.1", event("Started", "1", 0, 0, 0), event("Ended", "1", 1, 10, 5_000));
    for (let i = 0; isRestarted && i <= LEDGER_LIMITS.closedPerStation; i++) {
      await story.tell("ocpp2.0.1", event("Started", `x${i}`, 0, 20, 0), event("Ended", `x${i}`, 1, 30, 0));
    }
    if (isRestarted) await story.restart();
    const again = [event("Started", "1", 0, 60, 5_000), event("Updated", "1", 1, 65, 6_000)];
    await story.tell("ocpp2.0.1", ...again, event("Started", "1", 0, 60, 5_000), event("Ended", "1", 2, 70, 7_000));
    const own = (await story.rows("transactionId", "measuredWh", "begins", "state")).filter(([id]) => id === "1");
    equal(own, [["1", 5_000, 1, "closed"], ["1", 2_000, 2, "closed"]]);
  });
}

const ODD: readonly (readonly [name: string, first: Payload, second: Payload])[] = [
  ["whose clock stands still", { timestamp: "1970-01-01T00:00:00Z" }, { timestamp: "1970-01-01T00:00:00Z" }],
  ["that writes no time", { timestamp: "" }, { timestamp: "" }],
  ["that writes numbers as texts", { connectorId: "1", meterStart: "0" }, { connectorId: "1", meterStart: "700.0" }],
  ["that writes decimals", { meterStart: 0.5 }, { meterStart: 700.25 }],
];
for (const [name, first, second] of ODD) {
  Deno.test(`ledger stories: two transactions of a station ${name} are two, whole, each with its own answers`, async () => {
    await using story = await Story.begin();
    await story.tell("ocpp1.6", start(7, 0, 0, first), stop("7", 5, 700));
    await story.tell("ocpp1.6", start(8, 10, 700, second), start(8, 10, 700, second), stop(8, 15, 1_000.5));
    const rows = await story.rows("transactionId", "state", "partial", "begins");
    equal(rows, [["7", "closed", false, 1], ["8", "closed", false, 2]]);
    const energy = (await story.rows("measuredWh")).flat() as number[];
    ok(Math.abs(energy[0]! - 700) < 1 && Math.abs(energy[1]! - 300.5) < 1, energy.join());
  });
}

Deno.test("ledger stories: where the CSMS gives every transaction the same id, samples go by their connector", async () => {
  await using story = await Story.begin();
  await story.tell("ocpp1.6", start(0, 0, 0), start(0, 1, 100, { connectorId: 2 }), meter(0, 2, "50"));
  equal(await story.rows("connector", "measuredWh"), [[1, 50], [2, 0]]);
});

Deno.test("ledger stories: where the CSMS gives every transaction the same id, each end is that of its own", async () => {
  const ends = [stop(0, 2, 110), stop(0, 3, 950)] as const;
  for (const turns of [ends, ends.toReversed(), [...ends, ...ends]]) {
    await using story = await Story.begin();
    await story.tell("ocpp1.6", start(0, 0, 100), start(0, 1, 900, { connectorId: 2 }), ...turns);
    const sent = turns.length / 2;
    equal(await story.rows("connector", "measuredWh", "registerFalls", "state", "ends"), [
      [1, 10, 0, "closed", sent],
      [2, 50, 0, "closed", sent],
    ]);
  }
});

Deno.test("ledger stories: a station of 2.x that counts anew after a reset in the midst of a transaction makes another one", async () => {
  await using story = await Story.begin();
  const first = event("Started", "1", 0, 0, 100);
  await story.tell("ocpp2.0.1", first, first, event("Updated", "1", 1, 10, 5_000), first);
  await story.tell("ocpp2.0.1", event("Started", "1", 0, 30, 5_000), event("Ended", "1", 1, 60, 9_000));
  equal(await story.rows("begins", "measuredWh", "state", "superseded"), [
    [3, 4_900, "unacknowledged", true],
    [1, 4_000, "closed", false],
  ]);
});

Deno.test("ledger stories: a transaction whose messages are signed is read from what they wrap", async () => {
  await using story = await Story.begin();
  const signed = ([action, plain, answer = {}]: Turn): Turn => {
    const payload = btoa(JSON.stringify(plain)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return [`${action}-Signed`, { payload, protected: "e30", signature: "AA" }, answer];
  };
  await story.tell("ocpp2.1", ...[event("Started", "t", 0, 0, 0), event("Ended", "t", 1, 9, 800)].map(signed));
  await story.tell("ocpp2.1", ["TransactionEvent-Signed", { payload: "e30", signature: "AA" }, {}]);
  equal(await story.rows("id", "state", "measuredWh"), [["t", "closed", 800]]);
});

Deno.test("ledger stories: kilowatt-hours make no crumbs", async () => {
  await using story = await Story.begin();
  await story.tell("ocpp1.6", start(7, 0, 0.1), meter(7, 1, "1.1", { unit: "kWh" }));
  equal(await story.rows("lastWh", "measuredWh"), [[1_100, 1_099.9]]);
});

Deno.test("ledger stories: an export goes on page by page to the last transaction, and finds those of its time", async () => {
  await using story = await Story.begin();
  const stations = 3, each = LEDGER_LIMITS.exported / 2, began = story.time.now();
  for (let station = 0; station < stations; station++) {
    const facts = Array.from({ length: each }, (_, i): LedgerFact => ({
      ...{
        kind: "begin",
        stationId: `CP${station}`,
        protocol: "ocpp1.6",
        at: began + station * 1_000,
        connector: i,
        key: `${i}@`,
      },
    }));
    for (let at = 0; at < each; at += LEDGER_LIMITS.factsPerCall) {
      await story.book.record(facts.slice(at, at + LEDGER_LIMITS.factsPerCall));
    }
  }
  const context = { audit: { record: () => Promise.resolve({ sequence: 1 }) } };
  const commands = ledgerCommands({ context, book: story.book, settle: () => Promise.resolve() } as never);
  const asked: CommandArgs[] = [];
  const run = (name: string, args: CommandArgs) => (asked.push(args), commands[name]!(args, "eva"));
  const lines = async (args: CommandArgs) => {
    const written: string[] = [];
    await createLedgerExport({ run, write: (text) => Promise.resolve(void written.push(text)) })(args);
    return written.join("").split(/\r?\n/).filter((line) => line !== "");
  };
  const ids = (await lines({})).map((line) => JSON.parse(line)).map(({ station, id }) => `${station} ${id}`);
  equal([ids.length, new Set(ids).size, asked.length], [stations * each, stations * each, 2]);
  const csv = await lines({ format: "csv" });
  equal([csv.length, csv.filter((line) => line.startsWith("station,")).length], [stations * each + 1, 1]);
  equal(
    (await lines({ from: new Date(began + 2_000).toISOString() })).length,
    each,
    "the last station's, behind all others",
  );
  equal((await lines({ station: "CP1" })).length, each);
  await rejects(lines({ after: "nowhere" }), /--after "nowhere" is no place/);
});

Deno.test("ledger stories: one look at the ledger is bounded, the next goes on behind it", async () => {
  await using story = await Story.begin();
  const at = story.time.now();
  await story.book.record(Array.from({ length: 10 }, (_, i): LedgerFact => ({
    ...{ kind: "begin", stationId: "CP", protocol: "ocpp1.6", at, connector: i, key: `${i}@` },
  })));
  const look = async (search: Omit<LedgerSearch, "limit">, limit = 10) => {
    const { records, next } = await story.book.page({ ...search, limit });
    return [records.map(({ connector }) => connector).join(""), next?.[1]];
  };
  equal(await look({}), ["0123456789", undefined]);
  equal(await look({}, 9), ["012345678", "8@"]);
  equal(await look({ after: ["CP", "8@"] }, 9), ["9", undefined]);
  equal(await look({ looked: 10 }), ["0123456789", undefined]);
  equal(await look({ looked: 9 }), ["012345678", "8@"]);
  equal(await look({ looked: 4, fits: ({ connector }) => connector === 3 }), ["3", "3@"]);
  equal((await story.book.list("CP", 2)).length, 2);
});
