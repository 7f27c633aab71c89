import { deepStrictEqual as equal } from "node:assert/strict";
import { parseFrame } from "../codec.ts";
import { Acceptance } from "./acceptance.ts";
import { MOVING_LIMITS } from "./limits.ts";

const result = (payload: object) => parseFrame(JSON.stringify([3, "1", payload]));
const error = parseFrame('[4,"1","SecurityError","",{}]');
const BOOT = "BootNotification";

Deno.test("acceptance: a BootNotification answered with Accepted", () => {
  const step = new Acceptance(0).answered(BOOT, result({ status: "Accepted" }));
  equal(step, { verdict: "accepted", why: "its BootNotification was accepted" });
});

Deno.test("acceptance: Pending waits, Rejected and an error refuse", () => {
  const pending = new Acceptance(0);
  equal(pending.answered(BOOT, result({ status: "Pending" })), undefined);
  equal(pending.answered(BOOT, result({ status: "Accepted" })), {
    verdict: "accepted",
    why: "its BootNotification was accepted",
  });
  const refused = (frame: typeof error) => (new Acceptance(0).answered(BOOT, frame) as { verdict: string }).verdict;
  equal([refused(result({ status: "Rejected" })), refused(result({})), refused(error)], Array(3).fill("refused"));
});

Deno.test("acceptance: a station that does not boot is asked to, once, when its time is over and not before", () => {
  const acceptance = new Acceptance(0);
  equal(acceptance.tick(MOVING_LIMITS.bootWaitMs - 1), undefined);
  equal(acceptance.tick(MOVING_LIMITS.bootWaitMs), "ask");
  equal(acceptance.tick(MOVING_LIMITS.bootWaitMs + 1), undefined);
  const booted = new Acceptance(0);
  booted.called(BOOT);
  equal(booted.tick(MOVING_LIMITS.bootWaitMs), undefined);
});

Deno.test("acceptance: when it will not boot on request, any result counts, before or after, and no error does", () => {
  const before = new Acceptance(0);
  equal(before.answered("Heartbeat", result({})), undefined);
  equal(before.willBoot(true), undefined);
  equal((before.willBoot(false) as { verdict: string }).verdict, "accepted");
  const after = new Acceptance(0);
  equal([after.willBoot(false), after.answered("Heartbeat", error)], [undefined, undefined]);
  equal((after.answered("Heartbeat", result({})) as { verdict: string }).verdict, "accepted");
});

Deno.test("acceptance: without any answer it is refused when its time is over, once", () => {
  const acceptance = new Acceptance(0);
  acceptance.called(BOOT);
  equal(acceptance.tick(MOVING_LIMITS.acceptMs - 1), undefined);
  equal((acceptance.tick(MOVING_LIMITS.acceptMs) as { verdict: string }).verdict, "refused");
  equal([acceptance.tick(MOVING_LIMITS.acceptMs), acceptance.answered(BOOT, result({ status: "Accepted" }))], [
    undefined,
    undefined,
  ]);
});
