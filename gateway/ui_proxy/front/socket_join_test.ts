import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { FakeEnd } from "../testing/fake_end.ts";
import { joinSockets } from "./socket_join.ts";

function join({ speaks = true, early = {} }: { speaks?: boolean; early?: { browser?: string; device?: string } } = {}) {
  const browser = new FakeEnd(), device = new FakeEnd(), timers = new ManualTime(), live = new Set<() => void>();
  const bytes = (text = "") => Buffer.from(text, "latin1");
  const ended = joinSockets({
    ...{ browser, device, speaks, timers, live },
    early: { browser: bytes(early.browser), device: bytes(early.device) },
  });
  return { browser, device, timers, live, ended };
}

const TEXT = "\x81\x85\0\0\0\0hello", PING = "\x89\x80\0\0\0\0";

Deno.test("sockets: who may speak is heard, bytes are counted, what came early too", async () => {
  const { browser, device, live, ended } = join({ early: { browser: "early", device: "first" } });
  browser.say(TEXT);
  device.say("answer");
  await waitFor("both", () => device.got === `early${TEXT}` && browser.got === "firstanswer");
  equal(live.size, 1);
  for (const end of live) end();
  deepEqual(await ended, { bytesIn: 5 + TEXT.length, bytesOut: 11, dropped: 0 });
  deepEqual([browser.destroyed, device.destroyed, live.size], [true, true, 0]);
});

Deno.test("sockets: who may only look is seen to live, what is said is counted and goes nowhere", async () => {
  const { browser, device, ended } = join({ speaks: false, early: { browser: TEXT } });
  browser.say(TEXT.slice(0, 4));
  browser.say(`${TEXT.slice(4)}${PING}`);
  device.say("live values");
  await waitFor("both", () => device.got === PING && browser.got === "live values");
  device.destroy();
  deepEqual(await ended, { bytesIn: 2 * TEXT.length + PING.length, bytesOut: 11, dropped: 2 });
  equal(browser.destroyed, true);
});

Deno.test("sockets: what cannot be read ends both", async () => {
  const { browser, device, ended } = join({ speaks: false });
  browser.say("\x81\x05hello");
  deepEqual(await ended, { bytesIn: 7, bytesOut: 0, dropped: 0 });
  deepEqual([browser.destroyed, device.destroyed, device.got], [true, true, ""]);
});

Deno.test("sockets: either end holds the other back, and one that takes nothing ends both at the limit", async () => {
  for (const slow of ["browser", "device"] as const) {
    const { timers, ended, ...ends } = join();
    const from = slow === "browser" ? ends.device : ends.browser, to = ends[slow];
    to.isSlow = true;
    from.say("x".repeat(2_000));
    await waitFor(`the ${slow} to be waited for`, () => from.isPaused());
    timers.advance(UI_PROXY_LIMITS.answerStallMs - 1);
    to.goOn();
    await waitFor("the rest to come", () => !from.isPaused());
    to.isSlow = true;
    from.say("x".repeat(2_000));
    await waitFor("the next wait", () => from.isPaused());
    timers.advance(UI_PROXY_LIMITS.answerStallMs - 1);
    equal(to.destroyed, false);
    timers.advance(1);
    await ended;
    deepEqual([from.destroyed, to.destroyed, timers.armed], [true, true, 0]);
  }
});

Deno.test("sockets: an end that cannot be held back is cut off past the bound", async () => {
  const { browser, device, ended } = join();
  browser.isSlow = true;
  device.emit("data", Buffer.alloc(UI_PROXY_LIMITS.answerBacklogBytes));
  equal(browser.destroyed, false);
  device.emit("data", Buffer.alloc(1));
  await ended;
  equal(browser.destroyed, true);
});

Deno.test("sockets: whichever way one goes, the other goes", async () => {
  const ways: readonly [string, (ends: { readonly browser: FakeEnd; readonly device: FakeEnd }) => void][] = [
    ["the browser closes", ({ browser }) => browser.destroy()],
    ["the browser breaks", ({ browser }) => browser.destroy(new Error("reset"))],
    ["the browser says no more", ({ browser }) => browser.push(null)],
    ["the device breaks", ({ device }) => device.destroy(new Error("reset"))],
    ["the device says no more", ({ device }) => device.push(null)],
  ];
  for (const [what, act] of ways) {
    const joined = join();
    act(joined);
    await joined.ended;
    deepEqual([joined.browser.destroyed, joined.device.destroyed, joined.timers.armed], [true, true, 0], what);
  }
});
