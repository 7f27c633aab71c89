import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { Service, WorkerContext } from "../core/conduit.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import { systemRandom } from "../core/timers.ts";
import { GatewayError } from "../core/errors.ts";
import { SWITCH_LIMITS } from "./limits.ts";
import type { V2cSecurity, V3Security } from "./security.ts";
import { startSwitches } from "./service.ts";
import { FakeSwitch, textValue } from "./testing/fake_switch.ts";
import type { SwitchesWorkerConfig, WatchedSwitch } from "./worker_config.ts";

const USER: V3Security = { user: "reader", hash: "sha1", authPassword: "authpass1", privacyPassword: "privpass1" };

/** A switch of the test on a real UDP port. */
class SwitchPort implements Disposable {
  readonly fake = new FakeSwitch();
  readonly socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  isSilent = false;
  #isOver = false;

  constructor(
    security: V2cSecurity | V3Security,
    readonly twist: (reply: Uint8Array) => Uint8Array = (reply) => reply,
  ) {
    this.fake.rows = [["1.3.6.1.2.1.1.5.0", textValue("sw-a")]];
    void this.#serve(security);
  }

  get port(): number {
    return (this.socket.addr as Deno.NetAddr).port;
  }

  async #serve(security: V2cSecurity | V3Security): Promise<void> {
    for await (const [bytes, from] of this.socket) {
      if (this.isSilent) continue;
      const reply = "community" in security
        ? this.fake.answerV2c(bytes, security.community)
        : this.fake.answerV3(bytes, security);
      if (reply) await this.socket.send(this.twist(reply), from).catch(this.#unlessOver);
    }
  }

  /** The test may be over while an answer is on its way. */
  readonly #unlessOver = (error: Error): void => {
    if (!this.#isOver) throw error;
  };

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.socket.close();
  }
}

type Reading = { readonly id: string; readonly view?: { readonly name: string }; readonly fault?: string };

async function up(switches: readonly WatchedSwitch[]) {
  const time = new ManualTime();
  const readings: Reading[] = [];
  const control = { isAway: false, refused: 0 };
  const service = await startSwitches({
    name: "switches",
    config: { switches },
    control: {
      call: (_: string, reading: Reading) =>
        control.isAway
          ? (control.refused++, Promise.reject(new Error("control is away")))
          : Promise.resolve(void readings.push(reading)),
    },
    ...{ log: nullLogger, metrics: nullMetrics, clock: time, timers: time, random: systemRandom },
  } as unknown as WorkerContext<SwitchesWorkerConfig>);
  return {
    ...{ service, time, readings, control },
    [Symbol.asyncDispose]: () => (service as Service).drain(0),
  };
}
const watched = (port: number, security: V2cSecurity | V3Security, id = "sw"): WatchedSwitch => ({
  ...{ id, address: "127.0.0.1", port, readSeconds: 60, security },
});

for (const security of [{ community: "read" }, USER]) {
  const name = "community" in security ? "SNMPv2c" : "SNMPv3";
  Deno.test(`switches: read at the start and once a period, by ${name}`, async () => {
    using fake = new SwitchPort(security);
    await using rig = await up([watched(fake.port, security)]);
    await waitFor("the first reading", () => rig.readings.length === 1);
    deepEqual([rig.readings[0]!.id, rig.readings[0]!.view?.name], ["sw", "sw-a"]);
    deepEqual(rig.service.health(), { state: "ok" });
    rig.time.advance(59_000);
    equal(rig.readings.length, 1);
    rig.time.advance(1_500);
    await waitFor("the second reading", () => rig.readings.length === 2);
  });
}

Deno.test("switches: one that is silent is told of and does not hold up another", async () => {
  using away = new SwitchPort(USER);
  using there = new SwitchPort(USER);
  away.isSilent = true;
  await using rig = await up([watched(away.port, USER, "away"), watched(there.port, USER, "there")]);
  await waitFor("the other one", () => rig.readings.some(({ id, view }) => id === "there" && view));
  for (let at = 0; at < SWITCH_LIMITS.tries; at++) rig.time.advance(SWITCH_LIMITS.answerMs);
  await waitFor("the silent one", () => rig.readings.some(({ id, fault }) => id === "away" && fault));
  match(String(rig.service.health().why), /not read: away: it does not answer/);
  away.isSilent = false;
  await rig.service.handlers!["switches.look"]!({});
  await waitFor("it to be back", () => rig.service.health().state === "ok");
});

Deno.test("switches: an answer from another address is no answer", async () => {
  const security = { community: "read" };
  using fake = new SwitchPort(security);
  using other = new SwitchPort(security);
  fake.isSilent = true;
  // What the switch itself would answer comes from another port.
  const twin = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const asked = { port: (twin.addr as Deno.NetAddr).port };
  await using rig = await up([watched(asked.port, security)]);
  const [question, from] = await twin.receive();
  await other.socket.send(fake.fake.answerV2c(question, "read")!, from);
  await other.socket.send(fake.fake.answerV2c(question, "read")!, from);
  for (let at = 0; at < SWITCH_LIMITS.tries; at++) rig.time.advance(SWITCH_LIMITS.answerMs);
  await waitFor("its end", () => rig.readings.length === 1);
  match(rig.readings[0]!.fault!, /does not answer/);
  twin.close();
});

Deno.test("switches: rubbish from the switch is dropped, and the question asked again", async () => {
  let count = 0;
  using fake = new SwitchPort({ community: "read" }, (reply) => count++ === 0 ? Uint8Array.of(1, 2, 3) : reply);
  await using rig = await up([watched(fake.port, { community: "read" })]);
  await waitFor("the rubbish", () => count === 1);
  rig.time.advance(SWITCH_LIMITS.answerMs);
  await waitFor("the reading", () => rig.readings.length === 1);
  equal(rig.readings[0]!.view?.name, "sw-a");
});

Deno.test("switches: while control is away readings go on", async () => {
  using fake = new SwitchPort(USER);
  await using rig = await up([watched(fake.port, USER)]);
  await waitFor("the first reading", () => rig.readings.length === 1);
  rig.control.isAway = true;
  rig.time.advance(60_500);
  await waitFor("the second reading", () => rig.control.refused === 1);
  rig.control.isAway = false;
  rig.time.advance(120_000);
  await waitFor("the third reading", () => rig.readings.length === 2);
});

Deno.test("switches: a reload changes secrets and periods in place; other addresses need a new Worker", async () => {
  using fake = new SwitchPort(USER);
  await using rig = await up([watched(fake.port, { ...USER, user: "old" })]);
  await waitFor("the refusal", () => rig.readings.length === 1);
  match(rig.readings[0]!.fault!, /knows no such user/);
  await rig.service.reconfigure!({ switches: [watched(fake.port, USER)] });
  rig.time.advance(500);
  await waitFor("the reading", () => rig.readings.length === 2);
  equal(rig.readings[1]!.view?.name, "sw-a");
  await rejects(
    rig.service.reconfigure!({ switches: [watched(fake.port === 1 ? 2 : 1, USER)] }),
    (error: unknown) => error instanceof GatewayError && error.code === "CFG_INVALID",
  );
});
