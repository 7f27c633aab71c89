import assert from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { AuditEvent, Delivery } from "../../core/control_api.ts";
import { UpstreamError } from "../../core/errors.ts";
import { nullLogger } from "../../core/log.ts";
import { systemRandom } from "../../core/timers.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import { AwayAlarm } from "./away_alarm.ts";
import { DELIVERY_LIMITS } from "./limits.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { OutboxPump } from "./outbox_pump.ts";

const refused = () => new UpstreamError("DELIVERY_REFUSED", "answered with status 400");
const unreachable = () => new UpstreamError("DELIVERY_UNREACHABLE", "no connection");

/** A store, an outbox and pumps that hand over to `deliver`. */
class Rig implements AsyncDisposable {
  readonly time = new ManualTime();
  readonly bodies: string[] = [];
  readonly audited: AuditEvent[] = [];
  /** What the receiver says to the next deliveries; undefined takes them. */
  fault: (() => Error) | undefined;
  tries = 0;
  outbox!: Outbox;
  #store!: Store;
  readonly #pumps: OutboxPump[] = [];

  static async open(): Promise<Rig> {
    const rig = new Rig();
    rig.#store = await openStore({ path: ":memory:", clock: rig.time, timers: rig.time });
    rig.outbox = createOutbox(rig.#store, rig.time, systemRandom);
    return rig;
  }

  add(target: string, ...bodies: readonly string[]): Promise<void> {
    const delivery = (body: string): Delivery => ({ kind: "webhook", sink: target, body });
    return this.#store.commit(bodies.map((body) => this.outbox.add(this.outbox.newId(), target, delivery(body))));
  }

  /** @param died runs after the receiver took a notice and before the gateway knows */
  pump(target = "ops", died: () => Promise<void> = () => Promise.resolve()): OutboxPump {
    const alarms = { raise: () => Promise.resolve(), clear: () => Promise.resolve() };
    const pump = new OutboxPump({
      ...{ target, outbox: this.outbox, clock: this.time, timers: this.time, random: systemRandom, log: nullLogger },
      audit: { record: (event) => Promise.resolve({ sequence: this.audited.push(event) }) },
      away: new AwayAlarm("notify.target.away", target, alarms, this.time),
      deliver: async (delivery) => {
        this.tries++;
        if (this.fault) throw this.fault();
        this.bodies.push((delivery as { readonly body: string }).body);
        await died();
      },
    });
    this.#pumps.push(pump);
    return pump;
  }

  waiting(target = "ops"): Promise<number> {
    return this.outbox.oldest(target, 5_000).then(({ length }) => length);
  }

  /** Lets time pass until so many deliveries were tried in all. */
  async triesReach(count: number): Promise<void> {
    await waitFor(`${count} tries`, () => {
      if (this.tries < count) this.time.advance(DELIVERY_LIMITS.retryMaxMs);
      return this.tries >= count;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pumps.map((pump) => pump.stop()));
    await this.#store.close();
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

Deno.test("outbox: notices of a receiver that was away come in order, each once", async () => {
  await using rig = await Rig.open();
  rig.fault = unreachable;
  const pump = rig.pump();
  await rig.add("ops", ...numbers(200));
  pump.poke();
  await rig.triesReach(5);
  assert.deepEqual(rig.bodies, []);
  rig.fault = undefined;
  pump.retryNow();
  await waitFor("all", async () => await rig.waiting() === 0);
  assert.deepEqual(rig.bodies, numbers(200));
});

Deno.test("outbox: a receiver that cannot be reached never uses up a notice's refusals", async () => {
  await using rig = await Rig.open();
  rig.fault = unreachable;
  await rig.add("ops", "a");
  rig.pump();
  await rig.triesReach(3 * DELIVERY_LIMITS.outboxRefusals);
  assert.equal(await rig.waiting(), 1);
  assert.deepEqual(rig.audited, []);
});

Deno.test("outbox: a notice stays after seven refusals, is given up and audited after the eighth", async () => {
  await using rig = await Rig.open();
  rig.fault = refused;
  await rig.add("ops", "a");
  rig.pump();
  await rig.triesReach(DELIVERY_LIMITS.outboxRefusals - 1);
  assert.deepEqual([await rig.waiting(), rig.audited.length], [1, 0]);
  await rig.triesReach(DELIVERY_LIMITS.outboxRefusals);
  await waitFor("the end", async () => await rig.waiting() === 0);
  const [{ event, outcome, target, detail }] = rig.audited as [AuditEvent];
  assert.deepEqual([event, outcome, target], ["notify.notice.abandoned", "failed", "ops"]);
  assert.match(String(detail!["why"]), /status 400/);
});

Deno.test("outbox: refusals of one notice do not count for the next", async () => {
  await using rig = await Rig.open();
  rig.fault = refused;
  await rig.add("ops", "a", "b");
  rig.pump();
  await rig.triesReach(2 * DELIVERY_LIMITS.outboxRefusals - 1);
  assert.deepEqual([await rig.waiting(), rig.audited.length], [1, 1]);
  rig.fault = undefined;
  await rig.triesReach(2 * DELIVERY_LIMITS.outboxRefusals);
  await waitFor("the second", async () => await rig.waiting() === 0);
  assert.deepEqual(rig.bodies, ["b"]);
});

Deno.test("outbox: a notice of exactly seven days is delivered, one older is given up and audited", async () => {
  for (
    const { past, bodies, abandoned } of [{ past: 0, bodies: ["a"], abandoned: 0 }, {
      past: 1,
      bodies: [],
      abandoned: 1,
    }]
  ) {
    await using rig = await Rig.open();
    await rig.add("ops", "a");
    rig.time.jump(DELIVERY_LIMITS.outboxAgeMs + past);
    rig.pump();
    await waitFor("the end", async () => await rig.waiting() === 0);
    assert.deepEqual([rig.bodies, rig.audited.length], [bodies, abandoned]);
  }
});

Deno.test("outbox: 1,000 notices wait, one more pushes out the oldest, which is audited", async () => {
  for (const { past, abandoned } of [{ past: 0, abandoned: 0 }, { past: 1, abandoned: 1 }]) {
    await using rig = await Rig.open();
    const all = numbers(DELIVERY_LIMITS.outboxEntries + past);
    await rig.add("ops", ...all.slice(0, 900));
    await rig.add("ops", ...all.slice(900));
    rig.fault = unreachable;
    rig.pump();
    await waitFor("a try", () => rig.tries > 0);
    assert.equal(rig.audited.length, abandoned);
    assert.equal((await rig.outbox.oldest("ops", 1))[0]!.delivery.kind, "webhook");
    assert.equal(await rig.waiting(), DELIVERY_LIMITS.outboxEntries);
  }
});

Deno.test("outbox: killed after the receiver took a notice, it comes once more and no other is lost", async () => {
  await using rig = await Rig.open();
  await rig.add("ops", "a", "b", "c");
  const killed = Promise.withResolvers<void>();
  const alive = Promise.withResolvers<void>();
  const old = rig.pump("ops", () => (killed.resolve(), alive.promise));
  await killed.promise;
  assert.deepEqual(rig.bodies, ["a"]);
  rig.pump();
  await waitFor("all", async () => await rig.waiting() === 0);
  assert.deepEqual(rig.bodies, ["a", "a", "b", "c"]);
  alive.resolve();
  await old.stop();
});

Deno.test("outbox: a receiver that refuses holds up no other receiver", async () => {
  await using rig = await Rig.open();
  await rig.add("bad", "x");
  rig.fault = refused;
  rig.pump("bad");
  await waitFor("the refusal", () => rig.tries === 1);
  rig.fault = undefined;
  await rig.add("good", "y");
  rig.pump("good");
  await waitFor("the other", async () => await rig.waiting("good") === 0);
  assert.deepEqual([rig.bodies, await rig.waiting("bad")], [["y"], 1]);
});

Deno.test("outbox: names sort by time and stay apart after a restart in the same millisecond", async () => {
  await using rig = await Rig.open();
  const first = [rig.outbox.newId(), rig.outbox.newId()];
  const restarted = createOutbox({} as Store, rig.time, systemRandom).newId();
  rig.time.advance(1);
  const later = rig.outbox.newId();
  assert.equal(new Set([...first, restarted, later]).size, 4);
  assert.deepEqual([later, restarted, ...first].toSorted().at(-1), later);
  assert.ok(first[0]! < first[1]!);
});
