import { deepEqual, equal } from "node:assert/strict";
import type { HaldClient } from "../../hal/client.ts";
import type { TamperState } from "../../hal/tamper_inputs.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { HardwareError } from "../core/errors.ts";
import { nullLogger } from "../core/log.ts";
import type { ControlContext } from "./contract.ts";
import { createTamperFeature, TAMPER_LOOK_MS } from "./tamper_feature.ts";

function rig() {
  const time = new ManualTime();
  const lid: TamperState = { name: "lid", isOpen: false, openings: 0 };
  const box = { inputs: [lid], connected: true, fault: undefined as Error | undefined };
  const [audited, alarms, warnings]: [unknown[], string[], string[]] = [[], [], []];
  const context = {
    site: { people: { keySwitch: { input: "service-key" } }, stations: [{ id: "CP001" }] },
    timers: time,
    log: { ...nullLogger, warn: (event: string) => void warnings.push(event) },
    audit: { record: ({ detail }: { detail: unknown }) => Promise.resolve({ sequence: audited.push(detail) }) },
    alarms: {
      raise: ({ subject, detail }: { subject: string; detail: string }) =>
        Promise.resolve(void alarms.push(`+${subject} ${detail}`)),
      clear: (_: string, subject: string) => Promise.resolve(void alarms.push(`-${subject}`)),
    },
  } as unknown as ControlContext;
  const hald = {
    get state() {
      return { connected: box.connected };
    },
    call: () => box.fault ? Promise.reject(box.fault) : Promise.resolve({ inputs: box.inputs }),
  } as unknown as HaldClient;
  const feature = createTamperFeature({ context, hald });
  const look = async (change: Partial<TamperState> = {}) => {
    box.inputs = [{ ...box.inputs[0]!, ...change }];
    time.advance(TAMPER_LOOK_MS);
    for (let at = 0; at < 20; at++) await Promise.resolve();
  };
  return { box, audited, alarms, warnings, look, feature, time };
}

Deno.test("tamper: a lid that opens is audited once and alarmed until it is closed", async () => {
  const { look, audited, alarms } = rig();
  await look();
  await look({ isOpen: true, openings: 1 });
  await look();
  await look({ isOpen: false });
  deepEqual(audited, [{ input: "lid", times: 1, open: true }]);
  deepEqual(alarms, ["-lid", "+lid open", "+lid open", "-lid"]);
});

Deno.test("tamper: a lid that was opened and closed again between two looks is told all the same", async () => {
  const { look, audited, alarms } = rig();
  await look({ openings: 2 });
  deepEqual(audited, [{ input: "lid", times: 2, open: false }]);
  deepEqual(alarms, ["+lid closed again"]);
});

Deno.test("tamper: an input that bears a station's name is the lid of that station", async () => {
  const { look, audited } = rig();
  await look({ name: "CP001", openings: 1 });
  deepEqual(audited, [{ input: "CP001", times: 1, open: false, station: "CP001" }]);
});

Deno.test("tamper: a hald that was restarted counts anew, and nothing is missed or told twice", async () => {
  const { look, audited } = rig();
  await look({ openings: 5 });
  await look({ openings: 0 });
  await look({ openings: 1 });
  deepEqual(audited.map((detail) => (detail as { times: number }).times), [5, 1]);
});

Deno.test("tamper: no lid switch is no fault; one that cannot be read is told once", async () => {
  const { box, look, warnings, alarms } = rig();
  box.fault = new HardwareError("HAL_NOT_CONFIGURED", "no tamper");
  await look();
  deepEqual(warnings, []);
  box.fault = new Error("gone");
  await look();
  await look();
  deepEqual(warnings, ["tamper.look.failed"]);
  box.connected = false;
  await look();
  deepEqual([warnings.length, alarms.length], [1, 0]);
});

Deno.test("tamper: it stops with the gateway, and a site without hald has none", async () => {
  const { feature, time } = rig();
  await feature.stop!();
  equal(time.armed, 0);
  deepEqual(createTamperFeature({ context: {} as never, hald: undefined }), { name: "tamper" });
});

Deno.test("tamper: turning the key switch is no break-in", async () => {
  const { look, audited, alarms } = rig();
  await look({ name: "service-key", isOpen: true, openings: 3 });
  deepEqual([audited, alarms], [[], []]);
});
