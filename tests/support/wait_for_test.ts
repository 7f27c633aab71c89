import assert from "node:assert/strict";
import { waitFor, withDeadline } from "./wait_for.ts";

Deno.test("wait for: gives the first value that is there", async () => {
  const answers = [undefined, null, false, 0] as const;
  let looks = 0;
  assert.equal(await waitFor("an answer", () => answers[looks++]), 0);
  assert.equal(looks, 4);
});

Deno.test("wait for: names what did not come", async () => {
  await assert.rejects(waitFor("the moon", () => false, 0), /in vain for: the moon/);
});

Deno.test("wait for: says what was seen instead, or why that is not known", async () => {
  const moon = (seen: () => unknown) => waitFor("the moon", () => false, 0, 1, seen);
  await assert.rejects(moon(() => ({ clouds: 7 })), /in vain for: the moon; seen: \{"clouds":7\}$/);
  await assert.rejects(moon(() => Promise.resolve("clouds")), /the moon; seen: clouds$/);
  await assert.rejects(moon(() => Promise.reject(new Error("it is dark"))), /the moon; seen: Error: it is dark$/);
});

Deno.test("with deadline: gives what the work gives", async () => {
  assert.equal(await withDeadline("work", Promise.resolve(7)), 7);
});

Deno.test("with deadline: passes on the work's own failure", async () => {
  await assert.rejects(withDeadline("work", Promise.reject(new Error("broken"))), /broken/);
});

Deno.test("with deadline: names work that never ends", async () => {
  await assert.rejects(withDeadline("work", new Promise(() => {}), 1), /work took longer than 1 ms/);
});
