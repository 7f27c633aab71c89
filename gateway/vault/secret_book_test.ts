import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { KEYS } from "../store/keys.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { emptyRecord } from "./rotations.ts";
import { SecretBook } from "./secret_book.ts";
import { commonValue, type SecretRecord, valueOf } from "./secret_record.ts";
import { SecretRig } from "./testing/secret_rig.ts";

type Slot = SecretRecord["slot"];

/** A vault of one's own, with nothing in it. */
async function empty(): Promise<{ rig: SecretRig; book: SecretBook } & AsyncDisposable> {
  const rig = await SecretRig.up({ stations: [] });
  return { rig, book: rig.feature.vault.book, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}

/** Stores a value that a station has. */
async function add(book: SecretBook, text: string, subject = "CP001", slot: Slot = "operator"): Promise<SecretRecord> {
  return await book.add({ subject, slot }, text, { source: "brought", at: 1, by: "eva" }, (value) => {
    const before = book.get(subject, slot) ?? emptyRecord(subject, slot, 1);
    return { ...before, has: { [subject]: value.number }, values: [...before.values, value] };
  });
}

Deno.test("secret book: numbers grow over all units and an end of the gateway, and are never given twice", async () => {
  await using own = await empty();
  const first = await add(own.book, "one"), second = await add(own.book, "two", "CP002");
  deepEqual([first.values[0]!.number, second.values[0]!.number], [1, 2]);
  await own.book.erase("CP002");
  await own.rig.crash();
  const third = await add(own.rig.feature.vault.book, "three", "CP003");
  equal(third.values[0]!.number, 3, "also not that of a unit that is gone");
  equal(await own.rig.feature.vault.book.text(first, 1), "one");
});

Deno.test("secret book: a value that could not be stored is not there, and its number counts for no escrow", async () => {
  await using own = await empty();
  await add(own.book, "one");
  own.rig.diskFault = new StorageError("STORE_FULL", "no room");
  const failing = add(own.book, "two", "CP002");
  ok(own.book.settledUpTo <= 1, "while it is being stored no escrow may claim it");
  await rejects(failing, { code: "STORE_FULL" });
  own.rig.diskFault = undefined;
  equal(own.book.get("CP002", "operator"), undefined);
  const next = await add(own.book, "three", "CP002");
  deepEqual([next.values[0]!.number > 1, await own.book.text(next, next.values[0]!.number)], [true, "three"]);
  equal(own.book.settledUpTo, next.values[0]!.number);
});

Deno.test("secret book: as many values as are kept, and one more: the oldest that nobody has goes, with its bytes", async () => {
  await using own = await empty();
  for (let at = 0; at < VAULT_LIMITS.values; at++) await add(own.book, `value-${at}`);
  equal(own.book.get("CP001", "operator")!.values.length, VAULT_LIMITS.values);
  const record = await add(own.book, "one more");
  equal(record.values.length, VAULT_LIMITS.values);
  await rejects(own.book.text(record, 1), { code: "SECRET_UNKNOWN" });
  equal(await own.rig.store.get([...KEYS.vault, "value", "CP001\noperator\n1"]), undefined);
  equal(await own.book.text(record, 2), "value-1");
});

Deno.test("secret book: a value that a controller still has is never the one that goes", async () => {
  await using own = await empty();
  await add(own.book, "still in use");
  for (let at = 0; at <= VAULT_LIMITS.values + 2; at++) {
    await own.book.add({ subject: "CP001", slot: "operator" }, `${at}`, { source: "made", at, by: "eva" }, (value) => {
      const before = own.book.get("CP001", "operator")!;
      return { ...before, values: [...before.values, value] };
    });
  }
  equal(await own.book.text(own.book.get("CP001", "operator")!, 1), "still in use");
});

Deno.test("secret book: dropping one secret leaves the unit's others, and the last takes the key along", async () => {
  await using own = await empty();
  const operator = await add(own.book, "one"), puk = await add(own.book, "two", "CP001", "puk");
  await own.book.drop(operator);
  deepEqual([own.book.get("CP001", "operator"), await own.book.text(puk, 2)], [undefined, "two"]);
  equal(await own.rig.store.get([...KEYS.vault, "value", "CP001\noperator\n1"]), undefined);
  ok(await own.rig.store.get([...KEYS.vault, "key", "CP001"]));
  await own.book.drop(puk);
  equal(await own.rig.store.get([...KEYS.vault, "key", "CP001"]), undefined);
  const again = await add(own.book, "three");
  equal(await own.book.text(again, 3), "three", "a unit that comes back gets another key");
});

Deno.test("secret book: erasing a unit touches no other whose name begins alike", async () => {
  await using own = await empty();
  for (const subject of ["CP1", "CP10", "CP1 "]) await add(own.book, `of ${subject}`, subject);
  equal(await own.book.erase("CP1"), 1);
  deepEqual(own.book.all().map(({ subject }) => subject).toSorted(), ["CP1 ", "CP10"]);
  for (const record of own.book.all()) {
    equal(await own.book.text(record, record.values[0]!.number), `of ${record.subject}`);
  }
});

Deno.test("secret book: values whose key is gone do not open, and no new key is made over them", async () => {
  await using own = await empty();
  const record = await add(own.book, "one");
  await own.rig.store.commit([{ delete: [...KEYS.vault, "key", "CP001"] }]);
  await own.rig.crash();
  const book = own.rig.feature.vault.book;
  await rejects(book.text(record, 1), { code: "SEAL_BROKEN", message: /The key of CP001 is missing/ });
  await rejects(add(book, "two"), { code: "SEAL_BROKEN" });
  equal(await own.rig.store.get([...KEYS.vault, "key", "CP001"]), undefined);
});

Deno.test("secret book: a value of another unit, slot or number does not open in its place", async () => {
  await using own = await empty();
  const mine = await add(own.book, "mine"), other = await add(own.book, "other", "CP002");
  await add(own.book, "puk", "CP001", "puk");
  const value = (
    subject: string,
    slot: Slot,
    number: number,
  ) => [...KEYS.vault, "value", `${subject}\n${slot}\n${number}`];
  const from = [value("CP002", "operator", 2), value("CP001", "puk", 3)];
  for (const key of from) {
    const stolen = (await own.rig.store.get(key))!.value;
    await own.rig.store.commit([{ set: value("CP001", "operator", 1), value: stolen }]);
    await rejects(own.book.text(mine, 1), { code: "SEAL_BROKEN" });
  }
  equal(await own.book.text(other, 2), "other");
});

const RECORD: SecretRecord = { ...emptyRecord("bay-2", "operator", 1), has: { A: 1, B: 1 } };
const rotating = (hasA: "new" | "old" | "unknown", hasB: "new" | "old" | "unknown"): SecretRecord => ({
  ...RECORD,
  rotation: {
    ...{ candidate: 2, from: { A: 1, B: 1 }, reason: "asked", who: "eva", startedAt: 1, phase: "running" },
    machine: {
      direction: "forward",
      members: [["A", hasA], ["B", hasB]].map(([station, has]) => ({
        ...{ station: station!, way: "driver", isProvable: true, step: "prove", failed: 0, refusals: 0 },
        ...{ waits: 0, notBefore: 0, wasSent: false, has: has as "new" },
      })),
    },
  },
});

for (
  const [what, record, a, common] of [
    ["at rest", RECORD, 1, 1],
    ["at rest, apart", { ...RECORD, has: { A: 1, B: 2 } }, 1, undefined],
    ["nobody has one", { ...RECORD, has: {} }, undefined, undefined],
    ["during a change, before it", rotating("old", "old"), 1, 1],
    ["during a change, half way", rotating("new", "old"), 2, undefined],
    ["during a change, after it", rotating("new", "new"), 2, 2],
    ["during a change, not known", rotating("unknown", "old"), undefined, undefined],
    ["during a change, both not known", rotating("unknown", "unknown"), undefined, undefined],
  ] as const
) {
  Deno.test(`secret record: which value a controller has, and whether all have one: ${what}`, () => {
    deepEqual([valueOf(record as SecretRecord, "A"), commonValue(record as SecretRecord)], [a, common]);
    equal(valueOf(record as SecretRecord, "C"), undefined, "of a controller that is none of the unit nothing is known");
  });
}

Deno.test("secret book: a controller's secret is found by its name alone, whatever its unit is called", async () => {
  await using own = await empty();
  await own.book.add({ subject: "bay-2", slot: "operator" }, "pair", { source: "made", at: 1, by: "eva" }, (value) => ({
    ...emptyRecord("bay-2", "operator", 1),
    ...{ has: { CP002: value.number, "CP002-S": value.number }, values: [value] },
  }));
  for (const id of ["CP002", "CP002-S"]) equal(own.book.ofStation(id, "operator")?.subject, "bay-2");
  for (const id of ["CP00", "CP002-", "bay-2", "toString"]) equal(own.book.ofStation(id, "operator"), undefined, id);
  equal(own.book.ofStation("CP002", "installer"), undefined);
});
