import { deepEqual, ok } from "node:assert/strict";
import { PEOPLE_METHODS } from "../core/people_methods.ts";
import { patientControl } from "./patient_control.ts";
import type { ConsoleControl } from "./person.ts";

/** The options that control was called with. */
async function optionsOf(method: string, given?: { readonly deadlineMs?: number }): Promise<unknown> {
  const seen: unknown[] = [];
  const control = { call: (...args: unknown[]) => Promise.resolve(void seen.push(args[2])) };
  const { call } = patientControl(control as unknown as ConsoleControl);
  await (call as unknown as (...args: unknown[]) => Promise<unknown>)(method, {}, ...given ? [given] : []);
  return seen[0];
}

Deno.test("patient control: whatever hashes a password waits longer than control itself does", async () => {
  const waiting = PEOPLE_METHODS.filter((method) =>
    /\.(password|forgotten|break-glass|recovery|claim|step-up|reset)$|password\.change$/.test(method)
  );
  ok(waiting.length >= 7);
  for (const method of waiting) {
    const options = await optionsOf(method) as { deadlineMs?: number };
    ok((options.deadlineMs ?? 0) > 20_000, method);
  }
});

Deno.test("patient control: everything else keeps the usual deadline, and a named one counts", async () => {
  deepEqual(await optionsOf("people.session.check"), {});
  deepEqual(await optionsOf("health.summary"), {});
  deepEqual(await optionsOf("people.login.password", { deadlineMs: 7 }), { deadlineMs: 7 });
});
