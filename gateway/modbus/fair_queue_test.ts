import assert from "node:assert/strict";
import { FairQueue, type Queued, type ServiceClass } from "./fair_queue.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { seeded } from "../../tests/support/mutate.ts";

interface Entry extends Queued {
  readonly name: string;
}

function entry(client: string, serviceClass: ServiceClass = "read", options: Partial<Entry> = {}): Entry {
  return { client, serviceClass, cost: 10, deadline: 1_000, name: `${client} ${serviceClass}`, ...options };
}

/** Serves `turns` requests of clients that always have one waiting; answers the cost that each had of the line. */
function served(queue: FairQueue<Entry>, refill: (client: string) => Entry, clients: string[], turns: number) {
  const cost = new Map(clients.map((client) => [client, 0]));
  for (const client of clients) for (let i = 0; i < 4; i++) queue.push(refill(client));
  for (let turn = 0; turn < turns; turn++) {
    const next = queue.shift()!;
    cost.set(next.client, cost.get(next.client)! + next.cost);
    queue.push(refill(next.client));
  }
  return [...cost.values()];
}

const spread = (values: readonly number[]) => Math.max(...values) / Math.min(...values);
const TEN = Array.from({ length: 10 }, (_, index) => `client-${index}`);

Deno.test("modbus queue: ten clients that ask the same have the same of the line", () => {
  assert.ok(spread(served(new FairQueue(), (client) => entry(client), TEN, 1_000)) <= 1.02);
});

Deno.test("modbus queue: long requests buy no more of the line, and neither do many", () => {
  const random = seeded(1);
  const costs = served(
    new FairQueue(),
    (client) => entry(client, "read", { cost: client === "client-0" ? 250 : 10 + random(20) }),
    TEN,
    20_000,
  );
  assert.ok(spread(costs) <= 1.05, String(costs));
});

Deno.test("modbus queue: who asks one thing at a time has as many turns as who always has four waiting", () => {
  const queue = new FairQueue<Entry>();
  const turns = new Map(TEN.map((client) => [client, 0]));
  for (const client of TEN) for (let i = 0; i < (client === "client-0" ? 4 : 1); i++) queue.push(entry(client));
  // On a line the next request of a client comes while another one's is on the line.
  let before: Entry | undefined;
  for (let turn = 0; turn < 1_000; turn++) {
    const next = queue.shift()!;
    turns.set(next.client, turns.get(next.client)! + 1);
    if (before) queue.push(entry(before.client));
    before = next;
  }
  assert.ok(spread([...turns.values()]) <= 1.05, String([...turns.values()]));
});

Deno.test("modbus queue: a client of weight 3 has three times the line", () => {
  const queue = new FairQueue<Entry>((client) => client === "a" ? 3 : 1);
  const [a, b] = served(queue, (client) => entry(client), ["a", "b"], 4_000);
  assert.ok(Math.abs(a! / b! - 3) < 0.05, `${a} to ${b}`);
});

Deno.test("modbus queue: a client that comes late has its share at once, not what it left out before", () => {
  const queue = new FairQueue<Entry>();
  served(queue, (client) => entry(client), ["a"], 1_000);
  for (let i = 0; i < 20; i++) queue.push(entry("b"));
  const next = Array.from({ length: 10 }, () => {
    const { client } = queue.shift()!;
    if (client === "a") queue.push(entry("a"));
    return client;
  });
  const ofB = next.filter((client) => client === "b").length;
  assert.ok(ofB === 5 || ofB === 4 || ofB === 6, next.join(" "));
});

Deno.test("modbus queue: heartbeats go before writes, writes before reads, each in its order", () => {
  const queue = new FairQueue<Entry>();
  for (const serviceClass of ["read", "write", "heartbeat"] as const) {
    queue.push(entry("a", serviceClass, { name: `${serviceClass} 1` }));
    queue.push(entry("a", serviceClass, { name: `${serviceClass} 2` }));
  }
  const names = Array.from({ length: 6 }, () => queue.shift()!.name);
  assert.deepEqual(names, ["heartbeat 1", "heartbeat 2", "write 1", "write 2", "read 1", "read 2"]);
  assert.equal(queue.shift(), undefined);
});

Deno.test("modbus queue: a flood of writes starves no read, and one of heartbeats no write", () => {
  const queue = new FairQueue<Entry>();
  queue.push(entry("reader"));
  queue.push(entry("writer", "write"));
  const order: ServiceClass[] = [];
  for (let turn = 0; turn < 40; turn++) {
    queue.push(entry("flood", turn % 2 === 0 ? "heartbeat" : "write"));
    order.push(queue.shift()!.serviceClass);
  }
  assert.ok(order.indexOf("read") <= MODBUS_LIMITS.turnsBeforeLower, order.join(" "));
  assert.ok(order.indexOf("write") <= MODBUS_LIMITS.turnsBeforeLower + 1, order.join(" "));
});

Deno.test("modbus queue: a client has so many waiting, one more is refused and disturbs no other", () => {
  const queue = new FairQueue<Entry>();
  for (let i = 0; i < MODBUS_LIMITS.queuedPerClient; i++) assert.equal(queue.push(entry("a")), true);
  assert.equal(queue.push(entry("a")), false);
  assert.equal(queue.push(entry("b")), true);
  queue.shift();
  queue.shift();
  assert.equal(queue.push(entry("a")), true);
});

Deno.test("modbus queue: a line has so many waiting, one more is refused", () => {
  const queue = new FairQueue<Entry>();
  for (let i = 0; i < MODBUS_LIMITS.queuedPerLine; i++) assert.equal(queue.push(entry(`client-${i}`)), true);
  assert.equal(queue.push(entry("one-more")), false);
  assert.equal(queue.length, MODBUS_LIMITS.queuedPerLine);
});

Deno.test("modbus queue: what is past its deadline, or of a client that is gone, leaves and makes room", () => {
  const queue = new FairQueue<Entry>();
  queue.push(entry("a", "read", { name: "late", deadline: 100 }));
  queue.push(entry("a", "write", { name: "in time", deadline: 101 }));
  queue.push(entry("b", "read", { name: "of b" }));
  assert.deepEqual(queue.expire(100).map(({ name }) => name), ["late"]);
  assert.deepEqual(queue.remove(({ client }) => client === "b").map(({ name }) => name), ["of b"]);
  assert.deepEqual(queue.clear().map(({ name }) => name), ["in time"]);
  assert.equal(queue.length, 0);
  for (let i = 0; i < MODBUS_LIMITS.queuedPerClient; i++) assert.equal(queue.push(entry("a")), true);
});

Deno.test("modbus queue: everything that was taken in comes out once (seeded)", () => {
  const random = seeded(9), queue = new FairQueue<Entry>();
  const inside = new Set<string>();
  for (let step = 0; step < 20_000; step++) {
    if (random(2) === 0) {
      const serviceClass = (["heartbeat", "write", "read"] as const)[random(3)]!;
      const made = entry(`c${random(12)}`, serviceClass, {
        name: `${step}`,
        cost: 1 + random(300),
        deadline: step + random(400),
      });
      if (queue.push(made)) inside.add(made.name);
    } else if (random(20) === 0) {
      for (const { name, deadline } of queue.expire(step)) {
        assert.ok(deadline <= step && inside.delete(name));
      }
    } else {
      const next = queue.shift();
      assert.equal(next === undefined, inside.size === 0);
      if (next) assert.ok(inside.delete(next.name));
    }
    assert.equal(queue.length, inside.size);
  }
});
