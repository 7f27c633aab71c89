import { describeError } from "../core/errors.ts";
import type { ControlContext, ControlFeature } from "./contract.ts";
import type { Foundation } from "./foundation.ts";

/** Milliseconds between two looks at the clock. */
export const CLOCK_LOOK_MS = 10_000;
/** A step of the wall clock against the monotonic one beyond this is a jump: NTP slews slower. */
export const CLOCK_JUMP_MS = 5_000;
/** Milliseconds without a further jump after which the alarm is over. */
export const CLOCK_STEADY_MS = 3_600_000;

/**
 * Watches the wall clock: a jump is audited and alarmed, since certificates, leases and retention depend on it.
 * Deadlines and rates use the monotonic clock and are not moved by it.
 */
export function createClockFeature({ context, hald }: Pick<Foundation, "context" | "hald">): ControlFeature {
  const { clock, timers, log } = context;
  let jumpedAt: number | undefined;
  let offset = clock.now() - clock.monotonic();
  const look = async () => {
    const next = clock.now() - clock.monotonic();
    const jumpMs = Math.round(next - offset);
    offset = next;
    if (Math.abs(jumpMs) > CLOCK_JUMP_MS) {
      jumpedAt = clock.monotonic();
      await noteJump(context, jumpMs);
    } else if (jumpedAt !== undefined && clock.monotonic() - jumpedAt >= CLOCK_STEADY_MS) {
      jumpedAt = undefined;
      await context.alarms.clear("clock.jumped", "gateway");
    }
    if (hald) await noteSynchronisation(context, hald);
  };
  const cancel = timers.every(CLOCK_LOOK_MS, () => {
    look().catch((error) => log.warn("clock.look.failed", { msg: describeError(error) }));
  });
  return { name: "clock", stop: async () => cancel() };
}

async function noteJump({ audit, alarms, log }: ControlContext, jumpMs: number): Promise<void> {
  const seconds = Math.round(jumpMs / 1_000);
  log.warn("clock.wall.jumped", { seconds });
  await audit.record({
    event: "gateway.clock.jumped",
    class: "operation",
    who: "gateway",
    outcome: "ok",
    detail: { seconds },
  });
  await alarms.raise({ kind: "clock.jumped", subject: "gateway", detail: `${seconds} s` });
}

async function noteSynchronisation({ alarms }: ControlContext, hald: NonNullable<Foundation["hald"]>): Promise<void> {
  const { synchronised } = await hald.call("clock.state", {});
  if (synchronised) await alarms.clear("clock.unsynchronised", "gateway");
  else await alarms.raise({ kind: "clock.unsynchronised", subject: "gateway" });
}
