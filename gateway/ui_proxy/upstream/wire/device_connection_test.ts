import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { waitFor } from "../../../../tests/support/wait_for.ts";
import { UI_PROXY_LIMITS } from "../../limits.ts";
import { FakeEnd } from "../../testing/fake_end.ts";
import { DeviceAnswer } from "./device_answer.ts";
import { ClosedUnanswered, DeviceConnection } from "./device_connection.ts";

const HEAD = "GET / HTTP/1.1\r\n\r\n";
const answer = (length: number, ...more: readonly string[]) =>
  `${["HTTP/1.1 200 OK", `Content-Length: ${length}`, ...more].join("\r\n")}\r\n\r\n`;
const LONG = UI_PROXY_LIMITS.wholeAnswerBytes + 1;

function connection() {
  const device = new FakeEnd(), told: string[] = [];
  const own = new DeviceConnection(device, { free: () => told.push("free"), gone: () => told.push("gone") });
  return { device, told, own };
}

async function textOf(found: unknown): Promise<string> {
  ok(found instanceof DeviceAnswer);
  let text = "";
  for await (const part of found) text += part;
  return text;
}

Deno.test("connections: a short answer comes whole, and the connection is free for the next", async () => {
  const { device, told, own } = connection();
  for (const [count, text] of ["one", ""].entries()) {
    equal(own.isIdle, true);
    const asked = own.ask(HEAD, false);
    equal(own.isIdle, false);
    device.say(answer(text.length));
    if (text !== "") device.say(text);
    const found = await asked as DeviceAnswer;
    deepEqual([found.statusCode, String(found.whole), await textOf(found)], [200, text, text]);
    equal(told.length, count + 1);
  }
  equal(device.got, HEAD.repeat(2));
  deepEqual(told, ["free", "free"]);
});

Deno.test("connections: an answer at the limit comes whole, one byte more as it is read; who reads slowly holds the device back", async () => {
  const { device, told, own } = connection();
  const whole = own.ask(HEAD, false);
  device.say(answer(LONG - 1) + "x".repeat(LONG - 1));
  equal(((await whole) as DeviceAnswer).whole?.length, LONG - 1);
  const asked = own.ask(HEAD, false);
  device.say(answer(3 * LONG) + "x".repeat(LONG));
  const found = await asked as DeviceAnswer;
  equal(found.whole, undefined);
  device.say("x".repeat(LONG));
  await waitFor("the device to be held back", () => device.isPaused());
  device.say("x".repeat(LONG));
  equal((await textOf(found)).length, 3 * LONG);
  deepEqual(told, ["free", "free"]);
});

Deno.test("connections: after an answer that ends with the connection, or has more behind it, there is none", async () => {
  for (const text of [`${answer(2, "Connection: close")}hi`, `${answer(2)}hiHTTP/1.1 200 OK`]) {
    const { device, told, own } = connection(), asked = own.ask(HEAD, false);
    device.say(text);
    equal(await textOf(await asked), "hi");
    deepEqual([told, device.destroyed, own.isIdle], [["gone"], true, false]);
  }
  const { device, told, own } = connection(), asked = own.ask(HEAD, false);
  device.say("HTTP/1.0 200 OK\r\n\r\nold");
  const found = await asked;
  device.push(null);
  equal(await textOf(found), "old");
  deepEqual(told, ["gone"]);
});

Deno.test("connections: what nobody asked for ends it", async () => {
  const { device, told } = connection();
  device.say("HTTP/1.1 408 Timeout\r\n\r\n");
  await waitFor("its end", () => device.destroyed);
  deepEqual(told, ["gone"]);
});

const BROKEN: readonly [name: string, act: (device: FakeEnd) => unknown, why: RegExp, isUnanswered: boolean][] = [
  ["it closes", (device) => device.push(null), /without an answer/, true],
  [
    "it is reset",
    (device) => device.destroy(Object.assign(new Error("reset"), { code: "ECONNRESET" })),
    /without an answer/,
    true,
  ],
  ["it fails otherwise", (device) => device.destroy(new Error("no route")), /no route/, false],
  ["it closes in the head", (device) => (device.say("HTTP/1.1 2"), device.push(null)), /before its head/, false],
  ["it closes in the body", (device) => (device.say(`${answer(9)}part`), device.push(null)), /broke off/, false],
  ["it says nonsense", (device) => device.say("nonsense\r\n\r\n"), /HTTP\/1/, false],
];
for (const [name, act, why, isUnanswered] of BROKEN) {
  Deno.test(`connections: ${name} before an answer is whole: the request fails`, async () => {
    const { device, told, own } = connection(), asked = own.ask(HEAD, false);
    act(device);
    await rejects(
      asked,
      (error: Error) => why.test(error.message) && (error instanceof ClosedUnanswered) === isUnanswered,
    );
    deepEqual([told, device.destroyed], [["gone"], true]);
  });
}

Deno.test("connections: an answer that breaks off while it is read breaks off there", async () => {
  const { device, own } = connection(), asked = own.ask(HEAD, false);
  device.say(`${answer(LONG)}part`);
  const found = await asked;
  device.push(null);
  await rejects(textOf(found), /broke off/);
});

Deno.test("connections: nobody wants the rest: the connection ends with it", async () => {
  const { device, told, own } = connection(), asked = own.ask(HEAD, false);
  device.say(`${answer(LONG)}part`);
  (await asked as DeviceAnswer).destroy();
  await waitFor("its end", () => device.destroyed);
  deepEqual(told, ["gone"]);
});

Deno.test("connections: a body goes on as the device takes it, and the connection is free when both are through", async () => {
  const { device, told, own } = connection(), body = new PassThrough();
  device.isSlow = true;
  const asked = own.ask(HEAD, false, body);
  body.write("x".repeat(5_000));
  await waitFor("the browser to be held back", () => body.isPaused());
  device.say(answer(0));
  await asked;
  deepEqual(told, [], "the answer came before its request was out");
  device.goOn();
  body.end("end");
  await waitFor("the connection to be free", () => told.length === 1);
  deepEqual([told, device.got], [["free"], `${HEAD}${"x".repeat(5_000)}end`]);
});

Deno.test("connections: a body that breaks off breaks off the request; a text goes with its head", async () => {
  const { device, own } = connection(), body = new Readable({ read() {} });
  const asked = own.ask(HEAD, false, body);
  body.push("part");
  await waitFor("a part", () => device.got.endsWith("part"));
  body.destroy(new Error("the browser went away"));
  await rejects(asked, /the browser went away/);
  equal(device.destroyed, true);
  const left = connection(), silent = new Readable({ read() {} }), other = left.own.ask(HEAD, false, silent);
  silent.destroy();
  await rejects(other, /the browser broke off/);
  const text = connection();
  text.own.ask(HEAD, false, "a=\u00e4").catch(() => {});
  await waitFor("the text", () => text.device.got === `${HEAD}a=\xc3\xa4`);
  text.own.destroy();
});

Deno.test("connections: another protocol takes the connection along, with what came early", async () => {
  const { device, told, own } = connection(), asked = own.ask(HEAD, false);
  device.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nearly");
  const found = await asked;
  ok(!(found instanceof DeviceAnswer));
  deepEqual([String(found.head), found.response.statusCode, told], ["early", 101, ["gone"]]);
  let heard = "";
  device.say("late");
  found.socket.on("data", (part) => heard += part);
  await waitFor("what came before anybody listened", () => heard === "late");
  found.socket.write("said");
  match(device.got, /said$/);
  equal(device.destroyed, false);
  device.destroy();
});

Deno.test("connections: HEAD has no body, whatever it announces", async () => {
  const { device, told, own } = connection(), asked = own.ask("HEAD / HTTP/1.1\r\n\r\n", true);
  device.say(answer(5_000_000));
  equal(await textOf(await asked), "");
  deepEqual(told, ["free"]);
});
