import { deepStrictEqual as equal } from "node:assert/strict";
import { EventEmitter } from "node:events";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { STAND_IN_LIMITS } from "../outage/limits.ts";
import type { RelayPartTools } from "../relay_parts.ts";
import { controllersPart } from "./controllers.ts";

/** A connection that keeps what was sent on it. */
class Leg extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readyState = 1;
  readonly sent: unknown[][] = [];
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
}

Deno.test("controllers: a CSMS that begins to listen a moment after its 101 is left alone until then", async () => {
  const time = new ManualTime(), leg = new Leg();
  const part = controllersPart(
    {
      context: {
        config: { controllers: [{ csms: "main", id: "GW-1", protocol: "ocpp2.0.1", firmwareVersion: "1" }] },
        clock: time,
        random: { bytes: (count: number) => new Uint8Array(count), fraction: () => 0 },
        control: { call: () => Promise.resolve({}) },
      },
      dialer: { dial: () => Promise.resolve({ socket: leg, takeEarly: () => [] }) },
    } as unknown as RelayPartTools,
  );
  part.tick!();
  await waitFor("the connection", () => leg.listenerCount("message") > 0);
  part.tick!();
  time.advance(STAND_IN_LIMITS.settleMs - 1);
  part.tick!();
  equal(leg.sent.length, 0);
  time.advance(1);
  part.tick!();
  equal(leg.sent.map(([, , action]) => action), ["BootNotification"]);
});
