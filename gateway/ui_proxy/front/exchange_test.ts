import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough, Readable, Writable } from "node:stream";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { carryAnswer, readWhole, watchBody } from "./exchange.ts";

/** A browser that takes what waits only when it is told to. */
class SlowBrowser extends Writable {
  taken = 0;
  #next: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 65_536 });
  }

  override _write(piece: Uint8Array, _encoding: string, next: () => void): void {
    this.#next = () => {
      this.taken += piece.length;
      next();
    };
  }

  /** Takes one piece. */
  take(): void {
    const next = this.#next;
    this.#next = undefined;
    next?.();
  }
}

/** A device that has more than enough, and counts what was asked of it. */
function device(pieces: number) {
  const asked = { count: 0 };
  const body = new Readable({
    highWaterMark: 65_536,
    read() {
      this.push(asked.count++ < pieces ? new Uint8Array(65_536) : null);
    },
  });
  return { body, asked };
}

const carry = (body: Readable, browser: Writable, time: ManualTime) =>
  carryAnswer(body, browser as unknown as ServerResponse, time);

Deno.test("answers: a device is held back while the browser is slow, and everything arrives", async () => {
  const time = new ManualTime(), browser = new SlowBrowser(), { body, asked } = device(20);
  const carried = carry(body, browser, time);
  await waitFor("the pause", () => body.isPaused());
  equal(asked.count < 8, true, `${asked.count} pieces were asked for although none was taken`);
  await waitFor("the whole answer", () => {
    browser.take();
    return browser.taken === 20 * 65_536;
  });
  deepEqual(await carried, { bytes: 20 * 65_536 });
  equal(time.armed, 0, "nothing waits any more");
});

Deno.test("answers: a browser that takes nothing is cut off at the limit, one that takes a piece is not", async () => {
  const time = new ManualTime(), browser = new SlowBrowser(), { body } = device(1_000);
  let fault: string | undefined;
  const carried = carry(body, browser, time).then((end) => fault = end.fault ?? "none");
  await waitFor("the pause", () => body.isPaused());
  time.advance(UI_PROXY_LIMITS.answerStallMs - 1);
  await waitFor("what waits to be taken", () => {
    browser.take();
    return !body.isPaused();
  });
  await waitFor("the next pause", () => body.isPaused());
  time.advance(UI_PROXY_LIMITS.answerStallMs - 1);
  equal(fault, undefined);
  time.advance(1);
  await carried;
  deepEqual([fault, body.destroyed, browser.destroyed], ["backlog", true, true]);
});

Deno.test("answers: a device that cannot be held back is cut off one byte past the bound", async () => {
  for (const [more, fault] of [[0, undefined], [1, "backlog"]] as const) {
    const time = new ManualTime(), browser = new SlowBrowser(), body = new PassThrough();
    let end: string | undefined;
    const carried = carry(body, browser, time).then((carriage) => end = carriage.fault);
    body.emit("data", Buffer.alloc(UI_PROXY_LIMITS.answerBacklogBytes));
    body.emit("data", Buffer.alloc(more));
    await Promise.resolve();
    equal(end, fault);
    if (fault === undefined) browser.destroy();
    await carried;
  }
});

Deno.test("answers: whoever goes away ends the other", async () => {
  const cases: readonly [string, (body: Readable, browser: Writable) => void, string][] = [
    ["the browser leaves", (_, browser) => browser.destroy(), "browser"],
    ["the device breaks off", (body) => body.destroy(), "device"],
    ["the device breaks", (body) => body.destroy(new Error("reset")), "device"],
  ];
  for (const [what, act, fault] of cases) {
    const body = new PassThrough(), browser = new SlowBrowser();
    browser.on("error", () => {});
    const carried = carry(body, browser, new ManualTime());
    body.write("part");
    act(body, browser);
    equal((await carried).fault, fault, what);
    deepEqual([body.destroyed, browser.destroyed], [true, true], what);
  }
});

/** A request whose body comes as a test says. */
function upload() {
  const body = new PassThrough(), socket = { bytesRead: 0 };
  const request = Object.assign(body, { socket, complete: false }) as unknown as IncomingMessage;
  let fault: string | undefined;
  body.on("error", (error: Error) => fault = error.message);
  const say = (text: string) => {
    socket.bytesRead += text.length;
    body.write(text);
  };
  return { request, say, body, faultOf: () => fault };
}

Deno.test("bodies: one that stands still is broken off at the limit, one that comes in crumbs or is held back is not", async () => {
  const limit = UI_PROXY_LIMITS.bodySilenceMs;
  const still = upload(), crumbs = upload(), held = upload(), time = new ManualTime();
  for (const { request } of [still, crumbs, held]) watchBody(request, time);
  for (const { say } of [still, crumbs, held]) say("begin");
  held.body.pause();
  time.advance(limit);
  crumbs.say(".");
  time.advance(limit - 1);
  deepEqual([still, crumbs, held].map(({ body }) => body.destroyed), [false, false, false]);
  time.advance(1);
  deepEqual([still, crumbs, held].map(({ body }) => body.destroyed), [true, false, false]);
  held.body.resume();
  time.advance(limit);
  await waitFor("the reason", () => still.faultOf() !== undefined);
  deepEqual([still.faultOf(), held.body.destroyed], ["its body stood still", true]);
  crumbs.body.destroy();
  await waitFor("no more looks", () => time.armed === 0);
});

Deno.test("bodies: what is judged is read whole up to its limit, and one byte more is too long", async () => {
  const read = async (text: string, act: (body: PassThrough) => void = (body) => body.end()) => {
    const { request, say, body } = upload(), whole = readWhole(request, new ManualTime(), 5);
    if (text !== "") say(text);
    act(body);
    const found = await whole;
    return typeof found === "string" ? found : new TextDecoder().decode(found);
  };
  equal(await read("12345"), "12345");
  equal(await read(""), "");
  equal(await read("123456"), "too-long");
  equal(await read("12", (body) => body.destroy(new Error("gone"))), "broken");
});
