import { equal, throws } from "node:assert/strict";
import { TUNNEL_LIMITS } from "./limits.ts";
import { TunnelFlow } from "./session.ts";

const WINDOW = TUNNEL_LIMITS.windowBytes;
const FRAME = { code: "TUNNEL_FRAME" };

Deno.test("tunnel flow: a window can be sent, and nothing beyond it before something was taken", () => {
  const flow = new TunnelFlow();
  equal(flow.credit, WINDOW);
  flow.sent(WINDOW);
  equal(flow.credit, 0);
  throws(() => flow.sent(1), RangeError);
  flow.taken(10);
  flow.sent(10);
  throws(() => flow.sent(1), RangeError);
});

Deno.test("tunnel flow: nobody takes what was never sent", () => {
  const flow = new TunnelFlow();
  throws(() => flow.taken(1), FRAME);
  flow.sent(5);
  flow.taken(5);
  throws(() => flow.taken(1), FRAME);
  equal(flow.credit, WINDOW);
});

Deno.test("tunnel flow: a window may come in ahead, one byte more is a fault of the other side", () => {
  const flow = new TunnelFlow();
  flow.received(WINDOW - 1);
  flow.received(1);
  equal(flow.owed, WINDOW);
  throws(() => flow.received(1), FRAME);
});

Deno.test("tunnel flow: what was passed on and not yet reported counts against the window", () => {
  const flow = new TunnelFlow();
  flow.received(WINDOW);
  equal(flow.passed(100), 0);
  throws(() => flow.received(1), FRAME); // the other side cannot know of the 100 yet
});

Deno.test("tunnel flow: taken bytes are reported in quarters of a window, or when nothing is left to pass on", () => {
  const flow = new TunnelFlow();
  flow.received(WINDOW);
  equal(flow.passed(WINDOW / 4 - 1), 0);
  equal(flow.passed(1), WINDOW / 4);
  equal(flow.passed(100), 0);
  equal(flow.passed(WINDOW - WINDOW / 4 - 100), WINDOW - WINDOW / 4);
  flow.received(3);
  equal(flow.passed(3), 3); // a single keystroke is not held back
});

Deno.test("tunnel flow: two ends that keep to it move any amount and stay within their windows", () => {
  const from = new TunnelFlow(), to = new TunnelFlow();
  let moved = 0, underWay = 0;
  while (moved < 10 * WINDOW) {
    while (from.credit > 0) {
      const count = Math.min(from.credit, TUNNEL_LIMITS.dataBytes);
      from.sent(count);
      to.received(count);
      underWay += count;
    }
    const passing = Math.min(underWay, 20_000);
    const taken = to.passed(passing);
    underWay -= passing;
    moved += passing;
    if (taken > 0) from.taken(taken);
    equal(to.owed, underWay);
  }
});
