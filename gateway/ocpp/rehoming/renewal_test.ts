import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { OCPP_LIMITS } from "../limits.ts";
import type { Relay } from "../relay.ts";
import { CertificateRenewal } from "./renewal.ts";

function rigOf(inMs: number | undefined) {
  const time = new ManualTime();
  const asked: Relay[] = [];
  const renewal = new CertificateRenewal(time, (relay) => void asked.push(relay));
  const options = inMs === undefined ? {} : { certificateRenewAt: time.now() + inMs };
  const relay = { options } as unknown as Relay;
  renewal.observer.opened!(relay);
  const after = (ms: number): number => {
    time.advance(ms);
    renewal.tick();
    return asked.length;
  };
  return { renewal, relay, after };
}

Deno.test("certificate renewal: asks when it is due, and once a day until one was signed", () => {
  const { renewal, relay, after } = rigOf(1_000);
  equal([after(999), after(1), after(1_000)], [0, 1, 1]);
  equal([after(OCPP_LIMITS.renewalRetryMs - 1_000), after(1)], [2, 2]);
  renewal.done(relay);
  equal(after(2 * OCPP_LIMITS.renewalRetryMs), 2);
});

Deno.test("certificate renewal: one that is due already is asked for at once; a leg without one never", () => {
  equal(rigOf(-5).after(0), 1);
  equal(rigOf(undefined).after(OCPP_LIMITS.renewalRetryMs), 0);
});

Deno.test("certificate renewal: a session that ended asks no more", () => {
  const { renewal, relay, after } = rigOf(10);
  renewal.observer.ended!(relay, "drained");
  equal(after(20), 0);
});
