import { equal } from "node:assert/strict";
import { EventEmitter } from "node:events";
import { Buffer } from "node:buffer";
import type { WebSocket } from "ws";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { MARK } from "./liveness.ts";
import { givesSignOfLife } from "./sign_of_life.ts";

class Socket extends EventEmitter {
  readonly OPEN = 1;
  readonly pings: string[] = [];
  constructor(readonly readyState = 1) {
    super();
  }
  ping(data: Buffer): void {
    this.pings.push(String(data));
  }
}

const ask = (socket: Socket, timers: ManualTime, ping = true) =>
  givesSignOfLife(socket as unknown as WebSocket, { ping, withinMs: 2_000, timers });

const SIGNS: readonly [name: string, give: (socket: Socket) => void, alive: boolean][] = [
  ["the pong to the gateway's ping", (socket) => socket.emit("pong", MARK), true],
  ["a message", (socket) => socket.emit("message", Buffer.from("[]"), false), true],
  ["a ping", (socket) => socket.emit("ping", Buffer.alloc(0)), true],
  ["its close", (socket) => socket.emit("close"), false],
  ["only a pong to somebody else", (socket) => socket.emit("pong", Buffer.from("csms")), false],
  ["nothing", () => {}, false],
];
for (const [name, give, alive] of SIGNS) {
  Deno.test(`sign of life: ${name} means ${alive ? "alive" : "dead"}, and nothing keeps listening`, async () => {
    const time = new ManualTime(), socket = new Socket();
    const answer = ask(socket, time);
    give(socket);
    time.advance(2_000);
    equal(await answer, alive);
    equal(socket.pings.length, 1);
    equal(socket.eventNames().length, 0);
  });
}

Deno.test("sign of life: one millisecond before its time a pong still counts", async () => {
  const time = new ManualTime(), socket = new Socket();
  const answer = ask(socket, time);
  time.advance(1_999);
  socket.emit("pong", MARK);
  equal(await answer, true);
});

Deno.test("sign of life: a station that breaks on pings gets none, a closing socket is dead at once", async () => {
  const time = new ManualTime(), quiet = new Socket();
  const answer = ask(quiet, time, false);
  time.advance(2_000);
  equal(await answer, false);
  equal(quiet.pings.length, 0);
  equal(await ask(new Socket(2), time), false);
});
