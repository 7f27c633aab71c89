import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { GatewayError } from "./errors.ts";
import { CORE_LIMITS } from "./limits.ts";
import { createRpc, type Rpc, type RpcHandlers, type RpcPort } from "./rpc.ts";

interface Api {
  "add": (args: { a: number; b: number }) => number;
  "fail": (args: { code: string }) => void;
  "hang": (args: Record<never, never>) => void;
}

/** Two ports joined in memory; messages arrive at once, so a test needs no event loop. */
function joinedPorts(): [RpcPort, RpcPort] {
  const a: RpcPort = { postMessage: (data) => b.onmessage?.({ data } as MessageEvent), onmessage: null };
  const b: RpcPort = { postMessage: (data) => a.onmessage?.({ data } as MessageEvent), onmessage: null };
  return [a, b];
}

const HANDLERS: RpcHandlers<Api> = {
  "add": ({ a, b }) => a + b,
  "fail": ({ code }) => {
    throw code === "" ? new Error("plain") : new GatewayError(code as "CLI_USAGE", "said so", { hint: "do this" });
  },
  "hang": () => new Promise<void>(() => {}),
};

function pair(time = new ManualTime(), handlers = HANDLERS): { time: ManualTime; caller: Rpc<Api>; served: Rpc<Api> } {
  const [a, b] = joinedPorts();
  const options = { clock: time, timers: time };
  const caller = createRpc<Api, Api>(a, { ...options, handlers: {}, peer: "server" });
  const served = createRpc<Api, Api>(b, { ...options, handlers, peer: "client" });
  return { time, caller, served };
}

Deno.test("rpc: answers a call", async () => {
  const { caller, time } = pair();
  equal(await caller.call("add", { a: 2, b: 3 }), 5);
  equal(time.armed, 0);
});

Deno.test("rpc: carries the code, message and hint of a GatewayError", async () => {
  const { caller } = pair();
  await rejects(caller.call("fail", { code: "CLI_USAGE" }), { code: "CLI_USAGE", message: "said so", hint: "do this" });
  await rejects(caller.call("fail", { code: "" }), { code: "RPC_FAILED", message: "plain" });
});

Deno.test("rpc: refuses a method that is not open to the caller", async () => {
  const { served } = pair();
  await rejects(served.call("add", { a: 1, b: 1 }), { code: "RPC_UNKNOWN_METHOD" });
  await rejects(served.call("toString" as "add", { a: 1, b: 1 }), { code: "RPC_UNKNOWN_METHOD" });
});

Deno.test("rpc: a call without an answer ends at its deadline, and the sweep stops", async () => {
  const { caller, time } = pair();
  const call = caller.call("hang", {}, { deadlineMs: 1_000 });
  time.advance(999);
  equal(time.armed, 1);
  time.advance(CORE_LIMITS.rpcSweepMs + 1);
  await rejects(call, { code: "RPC_DEADLINE" });
  equal(time.armed, 0);
});

Deno.test("rpc: all pending calls are rejected when the other side dies, later ones at once", async () => {
  const { caller, time } = pair();
  const calls = [caller.call("hang", {}), caller.call("hang", {})];
  caller.close("it crashed");
  for (const call of calls) await rejects(call, { code: "RPC_PEER_GONE" });
  await rejects(caller.call("add", { a: 1, b: 1 }), { code: "RPC_PEER_GONE" });
  equal(time.armed, 0);
});

Deno.test("rpc: a late answer is dropped", async () => {
  let answer = (_value: number) => {};
  const handlers: RpcHandlers<Api> = { "add": () => new Promise<number>((resolve) => answer = resolve) };
  const { caller, time } = pair(new ManualTime(), handlers);
  const call = caller.call("add", { a: 1, b: 1 }, { deadlineMs: 10 });
  time.advance(CORE_LIMITS.rpcSweepMs);
  await rejects(call, { code: "RPC_DEADLINE" });
  answer(2);
  await Promise.resolve();
  equal(time.armed, 0);
});

Deno.test("rpc: takes up to its limit of pending calls and refuses one past it", async () => {
  const { caller } = pair();
  const calls = Array.from({ length: CORE_LIMITS.rpcPending }, () => caller.call("hang", {}));
  await rejects(caller.call("add", { a: 1, b: 1 }), { code: "RPC_OVERLOAD" });
  caller.close("test over");
  deepEqual((await Promise.allSettled(calls)).every(({ status }) => status === "rejected"), true);
});

Deno.test("rpc: takes arguments up to its limit of characters and refuses one past it", async () => {
  interface Echo {
    "echo": (args: string) => string;
  }
  const [a, b] = joinedPorts();
  const time = new ManualTime();
  const caller = createRpc<Echo, Echo>(a, { handlers: {}, clock: time, timers: time, peer: "server" });
  createRpc<Echo, Echo>(b, { handlers: { "echo": (text) => text }, clock: time, timers: time, peer: "client" });
  const atLimit = "x".repeat(CORE_LIMITS.rpcMessageChars - 2); // two characters are the quotes
  equal((await caller.call("echo", atLimit)).length, atLimit.length);
  await rejects(caller.call("echo", `${atLimit}x`), { code: "RPC_OVERLOAD" });
});

Deno.test("rpc: a notification that fails is told to the serving side only", () => {
  const [a, b] = joinedPorts();
  const time = new ManualTime();
  const faults: string[] = [];
  const caller = createRpc<Api, Api>(a, { handlers: {}, clock: time, timers: time, peer: "server" });
  const onFault = (method: string) => faults.push(method);
  createRpc<Api, Api>(b, { handlers: {}, clock: time, timers: time, peer: "client", onFault });
  caller.notify("add", { a: 1, b: 1 });
  return Promise.resolve().then(() => deepEqual(faults, ["add"]));
});
