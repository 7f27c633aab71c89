import { deepEqual, doesNotThrow, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { CORE_LIMITS } from "./limits.ts";
import { createRpc, type Rpc, type RpcHandlers, type RpcPort } from "./rpc.ts";

interface Api {
  "echo": (args: unknown) => unknown;
  "other": (args: unknown) => unknown;
}

/** Two ends joined by a wire that delivers only when told to, so that a test decides the order. */
function wire(handlers: { left?: RpcHandlers<Api>; right?: RpcHandlers<Api> } = {}) {
  const time = new ManualTime();
  const queue: [RpcPort, unknown][] = [];
  const port = (other: () => RpcPort): RpcPort => ({
    postMessage: (data) => void queue.push([other(), structuredClone(data)]),
    onmessage: null,
  });
  const a: RpcPort = port(() => b), b: RpcPort = port(() => a);
  const faults: string[] = [];
  const end = (at: RpcPort, own: RpcHandlers<Api> = {}): Rpc<Api> =>
    createRpc<Api, Api>(at, {
      handlers: own,
      clock: time,
      timers: time,
      peer: "the other",
      onFault: (method) => faults.push(method),
    });
  const deliver = async (index = 0) => {
    const [[to, data]] = queue.splice(index, 1) as [[RpcPort, unknown]];
    to.onmessage?.({ data } as MessageEvent);
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  const deliverAll = async () => {
    while (queue.length > 0) await deliver();
  };
  return { time, queue, faults, left: end(a, handlers.left), right: end(b, handlers.right), deliver, deliverAll };
}
const echo: RpcHandlers<Api> = { "echo": (args) => args };

Deno.test("rpc: answers that overtake each other reach their own callers", async () => {
  const { left, deliver } = wire({ right: echo });
  const [first, second] = [left.call("echo", 1), left.call("echo", 2)];
  await deliver();
  await deliver();
  await deliver(1);
  await deliver();
  deepEqual([await first, await second], [1, 2]);
});

Deno.test("rpc: calls reach the handler in the order they were made", async () => {
  const seen: unknown[] = [];
  const { left, deliverAll } = wire({ right: { "echo": (args) => void seen.push(args) } });
  const calls = [left.call("echo", 1), left.call("echo", 2), left.call("echo", 3)];
  await deliverAll();
  await Promise.all(calls);
  deepEqual(seen, [1, 2, 3]);
});

Deno.test("rpc: a notification sent before a call is handled before it", async () => {
  const seen: string[] = [];
  const handlers = { "echo": () => void seen.push("call"), "other": () => void seen.push("notification") };
  const { left, deliverAll } = wire({ right: handlers });
  left.notify("other", {});
  const call = left.call("echo", {});
  await deliverAll();
  await call;
  deepEqual(seen, ["notification", "call"]);
});

Deno.test("rpc: a handler may call back into its caller before it answers", async () => {
  const ends: { right?: Rpc<Api> } = {};
  const rig = wire({
    left: { "other": (args) => `left saw ${args}` },
    right: { "echo": (args) => ends.right!.call("other", args) },
  });
  ends.right = rig.right;
  const call = rig.left.call("echo", "x");
  await rig.deliverAll();
  equal(await call, "left saw x");
  equal(rig.time.armed, 0);
});

Deno.test("rpc: a handler may close its own end; its caller is not left waiting past the deadline", async () => {
  const ends: { right?: Rpc<Api> } = {};
  const rig = wire({ right: { "echo": () => ends.right!.close("enough") } });
  ends.right = rig.right;
  const call = rig.left.call("echo", "x", { deadlineMs: 50 });
  await rig.deliverAll();
  rig.time.advance(CORE_LIMITS.rpcSweepMs);
  equal(await call, undefined);
});

Deno.test("rpc: without a deadline of its own a call waits the default and no longer", async () => {
  const { left, time } = wire();
  let state = "waiting";
  const call = left.call("echo", 1).catch(({ code }) => state = code);
  time.advance(CORE_LIMITS.rpcDeadlineMs - 1);
  await Promise.resolve();
  equal(state, "waiting");
  time.advance(CORE_LIMITS.rpcSweepMs);
  await call;
  equal(state, "RPC_DEADLINE");
});

Deno.test("rpc: one sweep timer serves many calls, and each ends at its own deadline", async () => {
  const { left, time } = wire();
  const ended: string[] = [];
  const call = (name: string, deadlineMs: number) =>
    left.call("echo", name, { deadlineMs }).catch(() => void ended.push(name));
  const calls = [call("slow", 300), call("fast", 100)];
  equal(time.armed, 1);
  time.advance(100);
  await Promise.resolve();
  await Promise.resolve();
  deepEqual(ended, ["fast"]);
  time.advance(200);
  await Promise.all(calls);
  deepEqual([ended, time.armed], [["fast", "slow"], 0]);
});

Deno.test("rpc: a jump of the wall clock moves no deadline", async () => {
  const { left, time, deliverAll } = wire({ right: echo });
  const call = left.call("echo", "still here", { deadlineMs: 1_000 });
  time.jump(86_400_000);
  time.advance(CORE_LIMITS.rpcSweepMs);
  await deliverAll();
  equal(await call, "still here");
});

const VALUES: readonly { name: string; value: unknown; arrives?: unknown }[] = [
  { name: "nothing", value: undefined },
  { name: "null", value: null },
  { name: "false", value: false },
  { name: "an empty string", value: "" },
  { name: "text beyond ASCII", value: "Säule \u{1F50C} \u2028" },
  { name: "a nested object", value: { a: [1, { b: null }] } },
  { name: "an absent key", value: { a: undefined, b: 1 }, arrives: { b: 1 } },
];
for (const { name, value, arrives = value } of VALUES) {
  Deno.test(`rpc: ${name} crosses both ways as JSON does`, async () => {
    const { left, deliverAll } = wire({ right: echo });
    const call = left.call("echo", value);
    await deliverAll();
    deepEqual(await call, arrives);
  });
}

Deno.test("rpc: carries an answer up to its limit of characters and refuses one past it", async () => {
  const { left, deliverAll } = wire({ right: { "echo": (length) => "x".repeat(Number(length)) } });
  const atLimit = left.call("echo", CORE_LIMITS.rpcMessageChars - 2); // two characters are the quotes
  const past = left.call("echo", CORE_LIMITS.rpcMessageChars - 1);
  const settled = Promise.allSettled([atLimit, past]);
  await deliverAll();
  await settled;
  equal((await atLimit as string).length, CORE_LIMITS.rpcMessageChars - 2);
  await rejects(past, { code: "RPC_OVERLOAD", message: /answer to echo has/ });
});

Deno.test("rpc: a call that was refused for its size leaves no timer and no pending call", async () => {
  const { left, time, queue } = wire();
  await rejects(left.call("echo", "x".repeat(CORE_LIMITS.rpcMessageChars)), { code: "RPC_OVERLOAD" });
  deepEqual([time.armed, queue.length], [0, 0]);
});

Deno.test("rpc: room that an answer made can be used again", async () => {
  const { left, deliver, deliverAll } = wire({ right: echo });
  const calls = Array.from({ length: CORE_LIMITS.rpcPending }, (_, i) => left.call("echo", i));
  await deliver();
  await deliver(CORE_LIMITS.rpcPending - 1);
  equal(await calls[0], 0);
  const again = left.call("echo", "again");
  left.close("test over");
  await deliverAll();
  await rejects(again, { code: "RPC_PEER_GONE" });
  await Promise.allSettled(calls);
});

Deno.test("rpc: a closed end sends nothing, serves nothing and may be closed again", async () => {
  const served: unknown[] = [];
  const { left, right, queue, deliverAll } = wire({ right: { "echo": (args) => void served.push(args) } });
  left.notify("echo", "before");
  right.close("over");
  right.close("again");
  await deliverAll();
  right.notify("echo", "after");
  deepEqual([served, queue.length], [[], 0]);
  await rejects(right.call("echo", 1), { code: "RPC_PEER_GONE", message: /over \(peer "the other"\)/ });
});

Deno.test("rpc: an answer that nobody asked for is ignored", async () => {
  const { left, right, queue, deliverAll } = wire({ right: echo });
  right.notify("echo", 1);
  const [to] = queue.splice(0)[0]!;
  doesNotThrow(() => to.onmessage?.({ data: { r: 99, v: "1" } } as MessageEvent));
  doesNotThrow(() => to.onmessage?.({ data: { e: 99, k: "CLI_USAGE", t: "x" } } as MessageEvent));
  const call = left.call("echo", "fine");
  await deliverAll();
  equal(await call, "fine");
});

Deno.test("rpc: a notification of an unknown method is a fault of the serving side, not an answer", async () => {
  const { left, faults, queue, deliver } = wire();
  left.notify("other", 1);
  await deliver();
  deepEqual([faults, queue.length], [["other"], 0]);
});

Deno.test("rpc: methods of Object are not open to a caller", async () => {
  const { left, deliverAll } = wire({ right: echo });
  const calls = ["constructor", "__proto__", "hasOwnProperty"].map((method) => left.call(method as "echo", {}));
  const settled = Promise.allSettled(calls);
  await deliverAll();
  for (const outcome of await settled) {
    equal(outcome.status === "rejected" && outcome.reason.code, "RPC_UNKNOWN_METHOD");
  }
});
