import assert from "node:assert/strict";
import { AuditRig } from "../../../tests/support/audit_rig.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { nullLogger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import { systemRandom } from "../../core/timers.ts";
import { KEYS } from "../../store/keys.ts";
import { AwayAlarm } from "./away_alarm.ts";
import { DELIVERY_LIMITS } from "./limits.ts";
import { SyslogFeed } from "./syslog_feed.ts";

/** A real chain, and a receiver that takes or refuses whole deliveries. */
class Rig implements AsyncDisposable {
  audit!: AuditRig;
  readonly batches: number[][] = [];
  readonly lags: number[] = [];
  isAway = false;
  refused = 0;
  readonly #feeds: SyslogFeed[] = [];

  static async open(records = 0): Promise<Rig> {
    const rig = new Rig();
    rig.audit = await AuditRig.open();
    for (let i = 0; i < records; i++) void rig.audit.say(`t${i}`);
    if (records > 0) await rig.audit.say("last");
    return rig;
  }

  /** Sequence numbers that the receiver has, in order of arrival. */
  get received(): readonly number[] {
    return this.batches.flat();
  }

  get head(): number {
    return this.audit.audit.head.seq;
  }

  /** Each feed is a life of the gateway: `alive: false` afterwards is a kill, which stores nothing more. */
  async feed(): Promise<SyslogFeed & { readonly life: { alive: boolean } }> {
    const life = { alive: true };
    const alarms = { raise: () => Promise.resolve(), clear: () => Promise.resolve() };
    const feed = await SyslogFeed.open({
      ...{ sink: "siem", site: "garage-12", audit: this.audit.audit, store: this.audit.store },
      ...{ timers: this.audit.time, random: systemRandom, log: nullLogger },
      metrics: { ...nullMetrics, set: (_name, value) => void this.lags.push(value) },
      away: new AwayAlarm("audit.sink.away", "siem", alarms, this.audit.time),
      deliver: (delivery) => {
        if (this.isAway || !life.alive) {
          this.refused++;
          return Promise.reject(new Error("away"));
        }
        const { frames } = delivery as unknown as { readonly frames: readonly string[] };
        this.batches.push(frames.map((frame) => Number(/ seq="(\d+)"/.exec(frame)![1])));
        return Promise.resolve();
      },
    });
    this.#feeds.push(feed);
    return Object.assign(feed, { life });
  }

  async stored(): Promise<number | undefined> {
    return (await this.audit.store.get<number>([...KEYS.sinks, "siem"]))?.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#feeds.map((feed) => feed.stop()));
    await this.audit[Symbol.asyncDispose]();
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

Deno.test("syslog feed: one delivery holds 100 lines at most, the next goes on where it ended", async () => {
  await using rig = await Rig.open(DELIVERY_LIMITS.syslogFrames + 30);
  await rig.feed();
  await waitFor("the head", () => rig.received.at(-1) === rig.head);
  assert.equal(rig.batches[0]!.length, DELIVERY_LIMITS.syslogFrames);
  assert.deepEqual(rig.received, upTo(rig.head));
  assert.equal(rig.lags.at(-1), 0, "nothing is behind");
});

Deno.test("syslog feed: the cursor is stored after 50 records, not after 49", async () => {
  await using rig = await Rig.open();
  await rig.feed();
  while (rig.head < DELIVERY_LIMITS.syslogStoreEvery - 1) await rig.audit.say("x");
  await waitFor("49 records", () => rig.received.length === DELIVERY_LIMITS.syslogStoreEvery - 1);
  assert.equal(await rig.stored(), undefined);
  await rig.audit.say("the fiftieth");
  await waitFor("the cursor", async () => await rig.stored() === DELIVERY_LIMITS.syslogStoreEvery);
});

Deno.test("syslog feed: a stop stores the cursor, a delivery that failed does not move it", async () => {
  await using rig = await Rig.open(9);
  const feed = await rig.feed();
  await waitFor("the head", () => feed.cursor === rig.head);
  const before = rig.head;
  rig.isAway = true;
  await rig.audit.say("not taken");
  await feed.stop();
  assert.deepEqual([feed.cursor, await rig.stored()], [before, before]);
});

Deno.test("syslog feed: killed and started again, records repeat within bounds and none is missing", async () => {
  await using rig = await Rig.open(400);
  const first = await rig.feed();
  await waitFor("the head", () => rig.received.at(-1) === rig.head);
  const last = rig.head;
  first.life.alive = false;
  for (let i = 0; i < 20; i++) await rig.audit.say(`while dead ${i}`);
  const before = rig.received.length;
  await rig.feed();
  await waitFor("the new head", () => rig.received.at(-1) === rig.head);
  const again = rig.received.slice(before);
  assert.deepEqual(again, again.map((_, index) => again[0]! + index), "in order and without a gap");
  assert.ok(again[0]! <= last + 1, "nothing between the two lives is missing");
  const repeated = last - again[0]! + 1;
  assert.ok(repeated >= DELIVERY_LIMITS.syslogRewind, "what was on the wire comes again");
  assert.ok(repeated < DELIVERY_LIMITS.syslogRewind + DELIVERY_LIMITS.syslogStoreEvery, `${repeated} came twice`);
});

Deno.test("syslog feed: after a start it goes back by 100 records exactly, and never before the first", async () => {
  for (const { records, from } of [{ records: 149, from: 50 }, { records: 60, from: 1 }]) {
    await using rig = await Rig.open();
    while (rig.head < records) await rig.audit.say("x");
    const first = await rig.feed();
    await waitFor("the head", () => first.cursor === rig.head);
    await first.stop();
    const before = rig.received.length;
    const second = await rig.feed();
    await waitFor("the repeat", () => second.cursor === rig.head);
    assert.equal(rig.received[before], from);
  }
});

Deno.test("syslog feed: a cursor beyond the chain, as after a restore, starts before the chain's end", async () => {
  await using rig = await Rig.open(150);
  await rig.audit.store.commit([{ set: [...KEYS.sinks, "siem"], value: 9_999 }]);
  await rig.feed();
  await waitFor("the head", () => rig.received.at(-1) === rig.head);
  assert.equal(rig.received[0], rig.head - DELIVERY_LIMITS.syslogRewind + 1);
});

Deno.test("syslog feed: what was read and refused is read again, nothing is skipped", async () => {
  await using rig = await Rig.open(250);
  rig.isAway = true;
  const feed = await rig.feed();
  await waitFor("the failure", () => rig.refused > 0);
  assert.deepEqual(rig.received, []);
  rig.isAway = false;
  feed.retryNow();
  await waitFor("the head", () => rig.received.at(-1) === rig.head);
  assert.deepEqual(rig.received, upTo(rig.head));
});
