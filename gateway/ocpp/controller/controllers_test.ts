import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { AuditEvent } from "../../core/control_api.ts";
import { OCPP_LIMITS } from "../limits.ts";
import { MARK } from "../liveness.ts";
import { STAND_IN_LIMITS } from "../outage/limits.ts";
import type { RelayPartTools } from "../relay_parts.ts";
import type { OcppWorkerConfig } from "../worker_config.ts";
import { controllersPart } from "./controllers.ts";

/** A connection that keeps what was sent on it. */
class Leg extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: unknown[][] = [];
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  ping(data: Uint8Array) {
    this.pings.push(String(data));
  }
  pong(data: Uint8Array) {
    this.pongs.push(String(data));
  }
  close() {
    this.readyState = 2;
  }
  terminate() {
    this.readyState = 3;
  }
  say(message: unknown) {
    this.emit("message", Buffer.from(JSON.stringify(message)), false);
  }
}

const CONFIG = {
  controllers: [{ csms: "main", id: "GW-1", protocol: "ocpp2.0.1", firmwareVersion: "1" }],
  pingSeconds: 60,
} as unknown as OcppWorkerConfig;

/** The gateway's own connection to one CSMS, with time in the hand of the test. */
class Rig {
  readonly time = new ManualTime();
  readonly legs: Leg[] = [];
  readonly audited: AuditEvent[] = [];
  isThere = true;
  dials = 0;
  readonly part;

  constructor(config: Partial<OcppWorkerConfig> = {}) {
    this.part = controllersPart(
      {
        context: {
          config: { ...CONFIG, ...config },
          clock: this.time,
          random: { bytes: (count: number) => new Uint8Array(count), fraction: () => 1 },
          control: { call: () => Promise.resolve({}) },
        },
        dialer: { dial: () => this.#dial() },
        reporter: { auditRepeating: (event: AuditEvent) => void this.audited.push(event) },
      } as unknown as RelayPartTools,
    );
  }

  get leg(): Leg {
    return this.legs.at(-1)!;
  }

  /** Dials, and waits for the connection. */
  async connect(): Promise<Leg> {
    const { length } = this.legs;
    this.part.tick!();
    await waitFor("the connection", () => this.legs.length > length && this.leg.listenerCount("close") > 0);
    return this.leg;
  }

  /** Seconds pass, with a sweep in each. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.time.advance(1_000);
      this.part.tick!();
    }
  }

  get failures(): unknown[] {
    return this.audited.filter(({ event }) => event === "ocpp.controller.failed").map(({ detail }) => detail?.["why"]);
  }

  #dial() {
    this.dials++;
    if (!this.isThere) return Promise.reject(new Error("nobody listens"));
    const leg = new Leg();
    this.legs.push(leg);
    return Promise.resolve({ socket: leg, takeEarly: () => [] });
  }
}

Deno.test("controllers: a CSMS that begins to listen a moment after its 101 is left alone until then", async () => {
  const rig = new Rig(), leg = await rig.connect();
  rig.part.tick!();
  rig.time.advance(STAND_IN_LIMITS.settleMs - 1);
  rig.part.tick!();
  equal(leg.sent.length, 0);
  rig.time.advance(1);
  rig.part.tick!();
  equal(leg.sent.map(([, , action]) => action), ["BootNotification"]);
});

Deno.test("controllers: a silent CSMS is pinged as often as configured, and any traffic is a sign of life", async () => {
  for (const [config, seconds] of [[{}, 60], [{ csmsPingSeconds: 240 }, 240]] as const) {
    const rig = new Rig(config), leg = await rig.connect();
    rig.pass(seconds - 1);
    equal(leg.pings, []);
    rig.pass(1);
    equal(leg.pings, [String(MARK)]);
    leg.emit("pong", MARK);
    rig.pass(seconds - 1);
    leg.say([3, "x", {}]);
    rig.pass(seconds - 1);
    equal(leg.pings.length, 1, "it was heard of meanwhile");
    leg.emit("ping", Buffer.from("theirs"));
    rig.pass(3 * seconds);
    equal([leg.pongs, leg.pings.length, leg.readyState], [["theirs"], 4, 1]);
    rig.pass(1);
    equal(leg.readyState, 3);
  }
});

Deno.test("controllers: a CSMS that gives no sign of life is left and dialled again with growing pauses; that is recorded once", async () => {
  const rig = new Rig(), leg = await rig.connect();
  rig.isThere = false;
  rig.pass(180);
  equal([leg.readyState, rig.dials], [1, 1]);
  rig.pass(1);
  equal([leg.readyState, rig.failures], [3, ["no sign of life"]]);
  const before = rig.dials;
  for (const seconds of [1, 2, 4, 8]) {
    const dials: number = rig.dials;
    rig.pass(seconds - 1);
    equal(rig.dials, dials);
    rig.pass(1);
    await waitFor("the next dial and its end", () => rig.dials === dials + 1);
  }
  equal(rig.dials, before + 4);
  rig.isThere = true;
  rig.pass(15);
  rig.time.advance(1_000);
  const again = await rig.connect();
  rig.pass(1);
  const [, id] = again.sent[0]!;
  again.say([3, id, { status: "Accepted", currentTime: "2026-01-01T00:00:00Z", interval: 60 }]);
  equal(rig.failures.length, 1);
  rig.pass(181);
  equal(rig.failures, ["no sign of life", "no sign of life"], "it worked meanwhile");
});

Deno.test("controllers: with 0 nothing is pinged and silence is none of death; a reload counts for the next connection", async () => {
  const rig = new Rig({ pingSeconds: 0 }), leg = await rig.connect();
  rig.pass(7_200);
  equal([leg.pings, leg.readyState], [[], 1]);
  rig.part.reconfigure!({ ...CONFIG, pingSeconds: 10 });
  rig.pass(60);
  equal(leg.pings, [], "as it was when it was opened");
  leg.emit("close", 1006, Buffer.alloc(0));
  rig.pass(1);
  await waitFor("the connection", () => rig.legs.length === 2 && rig.leg.listenerCount("close") > 0);
  rig.pass(10);
  equal(rig.leg.pings.length, 1);
});

Deno.test("controllers: a CSMS that floods with pings or does not read is cut, at the limit it is not", async () => {
  const flooding = new Rig(), flood = await flooding.connect();
  for (let count = 0; count < 20; count++) flood.emit("ping", Buffer.alloc(0));
  equal([flood.readyState, flood.pongs.length], [1, 20]);
  flood.emit("ping", Buffer.alloc(0));
  equal([flood.readyState, flooding.failures], [3, ["too many pings"]]);

  const deaf = new Rig(), leg = await deaf.connect();
  leg.bufferedAmount = OCPP_LIMITS.bufferedBytes;
  deaf.pass(1);
  leg.emit("ping", Buffer.alloc(0));
  ok(leg.sent.length > 0 && leg.readyState === 1);
  leg.bufferedAmount++;
  leg.emit("ping", Buffer.alloc(0));
  equal([leg.readyState, deaf.failures], [3, ["it does not read"]]);
});
