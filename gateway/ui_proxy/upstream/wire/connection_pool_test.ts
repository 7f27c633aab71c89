import { deepEqual, equal, rejects } from "node:assert/strict";
import type { Duplex } from "node:stream";
import { ManualTime } from "../../../../tests/support/manual_time.ts";
import { UI_PROXY_LIMITS } from "../../limits.ts";
import { FakeEnd } from "../../testing/fake_end.ts";
import { ConnectionPool } from "./connection_pool.ts";
import type { DeviceConnection } from "./device_connection.ts";

function poolOf(most: number, dial?: () => Promise<Duplex>) {
  const timers = new ManualTime(), dialled: FakeEnd[] = [];
  const own = () => {
    const end = new FakeEnd();
    dialled.push(end);
    return Promise.resolve(end);
  };
  return { timers, dialled, pool: new ConnectionPool({ most, timers, dial: dial ?? own }) };
}

/** One request and its answer. */
async function exchange(connection: DeviceConnection): Promise<void> {
  const asked = connection.ask("GET / HTTP/1.1\r\n\r\n", false);
  (connection.socket as FakeEnd).say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  await asked;
}

Deno.test("pool: no more connections than may be, given out in the order of who asked", async () => {
  const { pool, dialled } = poolOf(2), order: string[] = [];
  const taken = ["a", "b", "c", "d"].map(async (name) => {
    const connection = await pool.take();
    order.push(name);
    return connection;
  });
  const first = await taken[0]!, second = await taken[1]!;
  deepEqual([order, dialled.length], [["a", "b"], 2]);
  await exchange(second);
  equal(await taken[2]!, second);
  await exchange(first);
  equal(await taken[3]!, first);
  deepEqual([order, dialled.length], [["a", "b", "c", "d"], 2]);
  pool.close();
});

Deno.test("pool: the connection that was used last goes out first, a closed one never, and its place is free again", async () => {
  const { pool, dialled } = poolOf(2);
  const [first, second] = await Promise.all([pool.take(), pool.take()]);
  await exchange(first!);
  await exchange(second!);
  const third = await pool.take();
  equal(third, second);
  await exchange(third);
  second!.socket.destroy();
  dialled[0]!.destroy();
  dialled[1]!.destroy();
  const fresh = await pool.take();
  equal(fresh !== first && fresh !== second, true);
  equal(dialled.length, 3);
  pool.close();
});

Deno.test("pool: who waits gets a new connection when one breaks", async () => {
  const { pool, dialled } = poolOf(1);
  const first = await pool.take(), waiting = pool.take();
  first.destroy();
  equal((await waiting) !== first, true);
  equal(dialled.length, 2);
  pool.close();
});

Deno.test("pool: a device that is away is told to each who asked, one after the other", async () => {
  let tries = 0;
  const { pool } = poolOf(1, () => {
    tries++;
    return Promise.reject(new Error(`away ${tries}`));
  });
  const asked = [pool.take(), pool.take()];
  await rejects(asked[0]!, /away 1/);
  await rejects(asked[1]!, /away 2/);
});

Deno.test("pool: what nobody has used between two looks is closed, what was used is not", async () => {
  const { pool, dialled, timers } = poolOf(2);
  const [first, second] = await Promise.all([pool.take(), pool.take()]);
  await exchange(first!);
  await exchange(second!);
  timers.advance(UI_PROXY_LIMITS.deviceSilenceMs);
  deepEqual(dialled.map(({ destroyed }) => destroyed), [false, false]);
  await exchange(await pool.take());
  timers.advance(UI_PROXY_LIMITS.deviceSilenceMs - 1);
  deepEqual(dialled.map(({ destroyed }) => destroyed), [false, false]);
  timers.advance(1);
  deepEqual(dialled.map(({ destroyed }) => destroyed), [true, false]);
  timers.advance(UI_PROXY_LIMITS.deviceSilenceMs);
  timers.advance(UI_PROXY_LIMITS.deviceSilenceMs);
  deepEqual(dialled.map(({ destroyed }) => destroyed), [true, true]);
  equal(timers.armed, 0, "nobody looks at nothing");
});

Deno.test("pool: its end is the end of every connection and of who waits, also of one that is being dialled", async () => {
  const late = Promise.withResolvers<Duplex>(), end = new FakeEnd();
  const { pool } = poolOf(1, () => late.promise);
  const first = pool.take(), waiting = pool.take();
  pool.close();
  await rejects(waiting, /the session ended/);
  late.resolve(end);
  equal((await first).isIdle, false);
  equal(end.destroyed, true);
  await rejects(pool.take(), /the session ended/);
});
