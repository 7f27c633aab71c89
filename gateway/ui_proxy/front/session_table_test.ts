import { deepEqual, equal, ok } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { DeviceSession } from "../../core/device_api.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import type { DeviceLink } from "../upstream/mod.ts";
import { FakePeople } from "../testing/fake_people.ts";
import { SessionTable } from "./session_table.ts";

const ORIGIN = "https://cp001.gw.lab.example:8447";
const MINUTE = 60_000;

function tableOf() {
  const time = new ManualTime(), closed: string[] = [], counts: number[] = [];
  const people = new FakePeople({} as never, time.now);
  const table = new SessionTable({
    control: { call: people.call } as never,
    clock: time,
    timers: time,
    openLink: ({ id }) => ({ close: () => Promise.resolve(void closed.push(id)) }) as unknown as DeviceLink,
    onCount: (count) => counts.push(count),
  });
  const make = (token: string, more: Partial<DeviceSession> = {}) => {
    const session = people.make("CP001", more);
    people.cookies.set(`${ORIGIN} ${token}`, session.id);
    return session;
  };
  const asked = (method: string) => people.calls.filter((call) => call === method).length;
  return { time, closed, counts, people, table, make, asked };
}

Deno.test("session table: control is asked once per cookie", async () => {
  const { table, make, asked } = tableOf();
  make("a");
  const first = await table.find("a", ORIGIN, "127.0.0.1");
  equal(first, await table.find("a", ORIGIN, "127.0.0.1"));
  equal(asked("device.check"), 1);
  equal(await table.find("b", ORIGIN, "127.0.0.1"), "ended");
  equal(await table.find("a", "https://cp002.gw.lab.example:8447", "127.0.0.1"), "ended");
});

Deno.test("session table: from another address control is asked anew, since the grant may name networks", async () => {
  const { table, make, asked } = tableOf();
  make("a");
  await table.find("a", ORIGIN, "127.0.0.1");
  await table.find("a", ORIGIN, "10.99.0.7");
  await table.find("a", ORIGIN, "10.99.0.7");
  equal(asked("device.check"), 3);
});

Deno.test("session table: two cookies of one session are one session with one way to the device", async () => {
  const { table, make, people } = tableOf();
  const session = make("a");
  people.cookies.set(`${ORIGIN} b`, session.id);
  equal(await table.find("a", ORIGIN, "127.0.0.1"), await table.find("b", ORIGIN, "127.0.0.1"));
  deepEqual(table.ids(), [session.id]);
});

Deno.test("session table: at the deadline control is asked, and its answer counts", async () => {
  const { table, make, time, people, closed } = tableOf();
  const session = make("a");
  await table.find("a", ORIGIN, "127.0.0.1");
  time.advance(29 * MINUTE);
  people.sessions.set(session.id, { ...session, idleAt: time.now() + 30 * MINUTE }); // awake in the console
  time.advance(MINUTE);
  ok(typeof await table.find("a", ORIGIN, "127.0.0.1") === "object");
  time.advance(30 * MINUTE);
  equal(await table.find("a", ORIGIN, "127.0.0.1"), "ended");
  deepEqual(closed, [session.id]);
});

Deno.test("session table: the sweep ends what is over, asks first, and needs no control for it", async () => {
  const { table, make, time, people, closed } = tableOf();
  const first = make("a"), second = make("b", { idleAt: time.now() + 50 * MINUTE });
  for (const token of ["a", "b"]) await table.find(token, ORIGIN, "127.0.0.1");
  time.advance(30 * MINUTE - 1);
  await table.sweep();
  deepEqual(closed, []);
  people.away = true;
  time.advance(1);
  await table.sweep();
  deepEqual([closed, table.ids()], [[first.id], [second.id]]);
  people.away = false;
  people.sessions.set(second.id, { ...second, idleAt: time.now() + 55 * MINUTE, endsAt: time.now() + 25 * MINUTE });
  time.advance(20 * MINUTE);
  await table.sweep();
  deepEqual(table.ids(), [second.id], "control says that somebody was there");
  time.advance(10 * MINUTE);
  await table.sweep();
  deepEqual(table.ids(), [], "the end of the way is the end");
});

Deno.test("session table: activity is told at most every beat, and at once where a person says so", async () => {
  const { table, make, time, asked } = tableOf();
  make("a");
  const carried = await table.find("a", ORIGIN, "127.0.0.1");
  ok(typeof carried === "object");
  equal(await table.active(carried), true);
  equal(asked("device.active"), 0, "entering was activity");
  time.advance(UI_PROXY_LIMITS.beatMs - 1);
  await table.active(carried);
  equal(asked("device.active"), 0);
  time.advance(1);
  await table.active(carried);
  await table.active(carried);
  equal(asked("device.active"), 1);
  await table.active(carried, true);
  equal(asked("device.active"), 2);
});

Deno.test("session table: activity of a session that control ended ends it here; with control away it goes on", async () => {
  const { table, make, people, closed } = tableOf();
  const session = make("a");
  const carried = await table.find("a", ORIGIN, "127.0.0.1");
  ok(typeof carried === "object");
  people.away = true;
  equal(await table.active(carried, true), true);
  people.away = false;
  people.sessions.delete(session.id);
  equal(await table.active(carried, true), false);
  deepEqual(closed, [session.id]);
});

Deno.test("session table: an end closes streams first, then tells what was done and lets the device go", async () => {
  const { table, make, people, closed, counts } = tableOf();
  const session = make("a");
  const carried = await table.find("a", ORIGIN, "127.0.0.1");
  ok(typeof carried === "object");
  const ended: string[] = [];
  carried.live.add(() => ended.push("stream"));
  carried.log.note({
    at: 1,
    method: "GET",
    page: "/",
    capability: "view",
    decision: "allowed",
    rule: "g",
    status: 200,
    count: 1,
    bytesIn: 0,
    bytesOut: 0,
  });
  equal(await table.end([session.id, "unknown"]), 1);
  deepEqual([ended, closed, people.requests.length, counts.at(-1)], [["stream"], [session.id], 1, 0]);
  equal(await table.end([session.id]), 0);
});

Deno.test("session table: who looks on uses the way of the other, which stays when the look ends", async () => {
  const { table, make, closed } = tableOf();
  const session = make("a"), look = make("b", { watches: session.id });
  const own = await table.find("a", ORIGIN, "127.0.0.1"), other = await table.find("b", ORIGIN, "127.0.0.1");
  ok(typeof own === "object" && typeof other === "object");
  equal(own.link, other.link);
  await table.end([look.id]);
  deepEqual(closed, []);
});

Deno.test("session table: so many cookies are known without asking; one more forgets the oldest", async () => {
  const { table, people, asked } = tableOf();
  const session = people.make("CP001");
  for (let at = 0; at <= UI_PROXY_LIMITS.cookies; at++) table.admit(`t${at}`, ORIGIN, session);
  people.cookies.set(`${ORIGIN} t0`, session.id);
  await table.find("t1", ORIGIN, "127.0.0.1");
  equal(asked("device.check"), 0);
  await table.find("t0", ORIGIN, "127.0.0.1");
  equal(asked("device.check"), 1);
});
