import assert from "node:assert/strict";
import { MODBUS_LIMITS } from "./limits.ts";
import { ReadCache, type ReadKey } from "./read_cache.ts";
import type { Table } from "./point.ts";

const key = (address: number, quantity = 2, device = 1, table: Table = "holding"): ReadKey => ({
  device,
  table,
  address,
  quantity,
});
const PDU = Uint8Array.of(3, 2, 0, 1);

/** A cache that holds the answer of one read, taken at 0. */
function holding(read: ReadKey): ReadCache<string> {
  const cache = new ReadCache<string>();
  cache.answered(cache.began(read, 500), PDU, 0);
  return cache;
}

Deno.test("modbus cache: an answer is given again to the end of its age, and not a millisecond longer", () => {
  const cache = holding(key(10));
  assert.equal(cache.fresh(key(10), 500, 500), PDU);
  assert.equal(cache.fresh(key(10), 500, 501), undefined);
  assert.equal(cache.fresh(key(10), 0, 0), undefined);
});

Deno.test("modbus cache: another device, table or span has an answer of its own", () => {
  const cache = holding(key(10));
  for (const other of [key(11), key(10, 1), key(10, 2, 2), key(10, 2, 1, "input")]) {
    assert.equal(cache.fresh(other, 500, 1), undefined);
  }
});

Deno.test("modbus cache: a write forgets exactly the reads that share a register with it", () => {
  const written = (address: number, quantity: number) => {
    const cache = holding(key(10, 3)); // 10, 11, 12
    cache.written(1, { table: "holding", span: { address, quantity } });
    return cache.fresh(key(10, 3), 500, 1) === undefined;
  };
  assert.deepEqual([written(8, 2), written(9, 2), written(12, 5), written(13, 1)], [false, true, true, false]);
  const cache = holding(key(10));
  cache.written(2, { table: "holding", span: { address: 10, quantity: 1 } });
  cache.written(1, { table: "coil", span: { address: 10, quantity: 1 } });
  assert.equal(cache.fresh(key(10), 500, 1), PDU);
  cache.written(0, { table: "holding", span: { address: 10, quantity: 1 } });
  assert.equal(cache.fresh(key(10), 500, 1), undefined, "a broadcast reaches every device");
});

Deno.test("modbus cache: equal reads join the one on its way and have its answer", () => {
  const cache = new ReadCache<string>();
  assert.equal(cache.join(key(10), "b"), false);
  const read = cache.began(key(10), 500);
  assert.equal(cache.join(key(10), "b"), true);
  assert.equal(cache.join(key(10), "c"), true);
  assert.equal(cache.join(key(11), "d"), false);
  assert.deepEqual(cache.answered(read, PDU, 5), ["b", "c"]);
  assert.equal(cache.join(key(10), "e"), false);
});

Deno.test("modbus cache: after a write nobody joins an older read, and its answer is not kept", () => {
  const cache = new ReadCache<string>();
  const read = cache.began(key(10), 500);
  cache.join(key(10), "before");
  cache.written(1, { table: "holding", span: { address: 11, quantity: 1 } });
  assert.equal(cache.join(key(10), "after"), false);
  const newer = cache.began(key(10), 500);
  assert.equal(cache.join(key(10), "after"), true);
  assert.deepEqual(cache.answered(read, PDU, 5), ["before"]);
  assert.equal(cache.fresh(key(10), 500, 5), undefined);
  assert.deepEqual(cache.answered(newer, PDU, 6), ["after"]);
  assert.equal(cache.fresh(key(10), 500, 6), PDU);
});

Deno.test("modbus cache: an exception is told to who joined and never kept", () => {
  const cache = new ReadCache<string>();
  const read = cache.began(key(10), 500);
  cache.join(key(10), "b");
  assert.deepEqual(cache.answered(read, undefined, 5), ["b"]);
  assert.equal(cache.fresh(key(10), 500, 5), undefined);
});

Deno.test("modbus cache: so many join and are kept, one more is not", () => {
  const cache = new ReadCache<number>();
  cache.began(key(10), 500);
  for (let asker = 0; asker < MODBUS_LIMITS.joinedReads; asker++) assert.equal(cache.join(key(10), asker), true);
  assert.equal(cache.join(key(10), -1), false);
  for (let address = 0; address <= MODBUS_LIMITS.cachedReads; address++) {
    cache.answered(cache.began(key(address), 500), PDU, 0);
  }
  assert.equal(cache.fresh(key(0), 500, 1), undefined);
  assert.equal(cache.fresh(key(1), 500, 1), PDU);
  cache.clear();
  assert.equal(cache.fresh(key(1), 500, 1), undefined);
});

Deno.test("modbus cache: what must be new is shared while it waits for its turn, not once it left for the device", () => {
  const cache = new ReadCache<string>();
  const read = cache.began(key(10), 0);
  assert.equal(cache.join(key(10), "b"), true);
  read.isSent = true;
  assert.equal(cache.join(key(10), "c"), false, "its answer may be older than c's question");
  assert.deepEqual(cache.answered(read, PDU, 5), ["b"]);
  assert.equal(cache.fresh(key(10), 500, 5), undefined, "and nothing of it is kept");
});

Deno.test("modbus cache: what may be some milliseconds old is shared also on its way to the device", () => {
  const cache = new ReadCache<string>();
  const read = cache.began(key(10), 1);
  read.isSent = true;
  assert.equal(cache.join(key(10), "b"), true);
  assert.deepEqual(cache.answered(read, PDU, 5), ["b"]);
});

Deno.test("modbus cache: a read that waits is not joined after a write that it may have missed", () => {
  const cache = new ReadCache<string>();
  cache.began(key(10), 0);
  cache.written(1, { table: "holding", span: { address: 11, quantity: 1 } });
  assert.equal(cache.join(key(10), "b"), false);
});
