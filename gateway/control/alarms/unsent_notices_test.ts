import { deepEqual, equal } from "node:assert/strict";
import type { AuditEvent } from "../../core/control_api.ts";
import { nullLogger } from "../../core/log.ts";
import type { Mutation } from "../../store/store.ts";
import { ALARM_LIMITS } from "./limits.ts";
import { UnsentNotices } from "./unsent_notices.ts";

const notice = (number: number): Mutation => ({ set: ["outbox", number], value: number });
const notices = (from: number, count: number) => Array.from({ length: count }, (_, at) => notice(from + at));

/** Notices beside an audit chain that fails while told to, and a log. */
function rig() {
  const audited: AuditEvent[] = [];
  const logged: string[] = [];
  const chain = { fails: false };
  const record = (event: AuditEvent) =>
    chain.fails ? Promise.reject(new Error("disk full")) : Promise.resolve({ sequence: audited.push(event) });
  const log = {
    ...nullLogger,
    error: (event: string, facts?: object) => void logged.push(`${event} ${JSON.stringify(facts)}`),
  };
  return { unsent: new UnsentNotices({ record }, log), audited, logged, chain };
}

Deno.test("unsent notices: what is put back waits in front of what came since, and is taken once", () => {
  const { unsent } = rig();
  unsent.putBack(notices(3, 2));
  unsent.putBack(notices(1, 2));
  deepEqual(unsent.take(), notices(1, 4));
  deepEqual(unsent.take(), []);
});

Deno.test("unsent notices: 2,000 wait and nothing is said; one more gives up the oldest, logged at once", async () => {
  const { unsent, audited, logged } = rig();
  unsent.putBack(notices(0, ALARM_LIMITS.unsentNotices));
  await unsent.recordGivenUp();
  deepEqual([logged, audited], [[], []]);
  unsent.putBack(notices(-1, 1));
  equal(logged.length, 1);
  deepEqual(unsent.take(), notices(0, ALARM_LIMITS.unsentNotices));
});

Deno.test("unsent notices: what was given up is recorded once, as soon as the audit chain takes a record", async () => {
  const { unsent, audited, logged, chain } = rig();
  chain.fails = true;
  unsent.putBack(notices(0, ALARM_LIMITS.unsentNotices + 2));
  unsent.putBack(notices(0, 1));
  await unsent.recordGivenUp();
  equal(logged.at(-1)?.startsWith("alarms.audit.failed"), true);
  chain.fails = false;
  await unsent.recordGivenUp();
  await unsent.recordGivenUp();
  deepEqual(audited.map(({ event, outcome, detail }) => [event, outcome, detail?.["count"]]), [
    ["notify.notice.abandoned", "failed", 3],
  ]);
});
