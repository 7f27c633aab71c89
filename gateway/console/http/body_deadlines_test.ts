import { deepEqual, equal, match } from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { EventEmitter } from "node:events";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import { BodyDeadlines } from "./body_deadlines.ts";

/** A request whose head has come, with what was written to its socket. */
function rig(headers: Record<string, string>) {
  const time = new ManualTime(), written: string[] = [];
  const socket = {
    writable: true,
    isDestroyed: false,
    end: (text: string, done: () => void) => {
      written.push(text);
      done();
    },
    destroy: () => void (socket.isDestroyed = true),
  };
  const request = { headers, socket, complete: false };
  const response = Object.assign(new EventEmitter(), { headersSent: false, writableEnded: false });
  const deadlines = new BodyDeadlines(time);
  deadlines.begin(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  return { time, written, socket, request, response, deadlines };
}
const BODY = { "content-length": "10" };

for (const headers of [BODY, { "transfer-encoding": "chunked" }] as Record<string, string>[]) {
  Deno.test(`body deadlines: a body that is too slow (${Object.keys(headers)}) is answered 408 and cut off`, () => {
    const { time, written, socket } = rig(headers);
    time.advance(CONSOLE_LIMITS.requestMs - 1);
    deepEqual([written, socket.isDestroyed], [[], false]);
    time.advance(1);
    match(written.join(), /^HTTP\/1\.1 408 [\s\S]*Connection: close/);
    equal(socket.isDestroyed, true);
  });
}

Deno.test("body deadlines: a request without a body has none", () => {
  for (const headers of [{}, { "content-length": "0" }]) equal(rig(headers).time.armed, 0);
});

Deno.test("body deadlines: one that is whole, released or answered is left alone", () => {
  const whole = rig(BODY);
  whole.request.complete = true;
  const answered = rig(BODY);
  answered.response.writableEnded = true;
  const released = rig(BODY);
  equal(released.deadlines.release(released.request as never), released.request);
  const closed = rig(BODY);
  closed.response.emit("close");
  deepEqual([released.time.armed, closed.time.armed], [0, 0]);
  for (const { time, written, socket } of [whole, answered, released, closed]) {
    time.advance(CONSOLE_LIMITS.requestMs * 2);
    deepEqual([written, socket.isDestroyed], [[], false]);
  }
});

Deno.test("body deadlines: in the middle of an answer, or on a dead socket, nothing is written", () => {
  const begun = rig(BODY);
  begun.response.headersSent = true;
  const dead = rig(BODY);
  dead.socket.writable = false;
  for (const { time, written, socket } of [begun, dead]) {
    time.advance(CONSOLE_LIMITS.requestMs);
    deepEqual([written, socket.isDestroyed], [[], true]);
  }
});
