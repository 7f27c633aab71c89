import { equal } from "node:assert/strict";
import { connect as connectTcp, type Socket } from "node:net";
import { letPauseReachTcp } from "./tls_pause.ts";

Deno.test("pause: a plain socket needs nothing, and one of TLS whose connection cannot be reached is told apart", () => {
  equal(letPauseReachTcp(connectTcp(1, "127.0.0.1").on("error", () => {}).destroy()), true);
  const handle = { readStart: () => 0, readStop: () => 0 };
  const cases: readonly [what: string, socket: Record<string, unknown>, reaches: boolean][] = [
    ["TLS with its TCP", { encrypted: true, _handle: { ...handle }, _parent: { _handle: handle } }, true],
    ["TLS of its own making", { encrypted: true, _handle: { ...handle } }, false],
    ["TLS over nothing", { encrypted: true, _handle: { ...handle }, _parent: null }, false],
    ["TLS over a stream without a handle", { encrypted: true, _handle: { ...handle }, _parent: {} }, false],
    ["TLS that has closed", { encrypted: true, _handle: null, _parent: { _handle: handle } }, false],
    ["a handle that is named otherwise", { encrypted: true, _handle: {}, _parent: { _handle: handle } }, false],
  ];
  for (const [what, socket, reaches] of cases) equal(letPauseReachTcp(socket as unknown as Socket), reaches, what);
});

Deno.test("pause: stopping and starting go to both, and still work when the connection below is gone", () => {
  const calls: string[] = [];
  const named = (name: string) => ({
    readStart: () => calls.push(`${name} start`),
    readStop: () => calls.push(`${name} stop`),
  });
  const socket = { encrypted: true, _handle: named("tls"), _parent: { _handle: named("tcp") as object | null } };
  letPauseReachTcp(socket as unknown as Socket);
  socket._handle.readStop();
  socket._handle.readStart();
  socket._parent._handle = null;
  socket._handle.readStop();
  equal(calls.join(), "tcp stop,tls stop,tcp start,tls start,tls stop");
});
