import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { openStore } from "../store/kv_store.ts";
import { Openings, type PushOpening, type RecordedOpening } from "./openings.ts";

const MINUTE = 60_000;

/** Openings on a store in memory, with a firewall that a test plays. */
class Rig implements AsyncDisposable {
  readonly time = new ManualTime();
  /** What the firewall was told: "source station port seconds". */
  readonly pushed: string[] = [];
  fault: Error | undefined;
  store!: Awaited<ReturnType<typeof openStore>>;
  openings!: Openings;

  static async open(): Promise<Rig> {
    const rig = new Rig();
    rig.store = await openStore({ path: ":memory:", clock: rig.time, timers: rig.time });
    await rig.restart();
    return rig;
  }

  async restart(): Promise<void> {
    const push: PushOpening = ({ source, station, port, seconds }) => {
      if (this.fault) return Promise.reject(this.fault);
      this.pushed.push(`${source} ${station} ${port} ${seconds}`);
      return Promise.resolve();
    };
    this.openings = await Openings.open(this.store, this.time, push);
  }

  opening(more: Partial<RecordedOpening> = {}, minutes = 30): RecordedOpening {
    const from = this.time.now();
    return {
      ...{ stationId: "CP001", station: "10.20.0.11", source: "10.99.0.9", port: 22, by: "eva", reason: "ticket" },
      ...{ from, until: from + minutes * MINUTE, ...more },
    };
  }

  /** Ports that are open, in the order of their ends. */
  ports(): number[] {
    return this.openings.all().map(({ port }) => port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}

Deno.test("openings: stored, then pushed with the seconds that are left; the first to end is the first in the list", async () => {
  await using rig = await Rig.open();
  await rig.openings.add(rig.opening());
  await rig.openings.add(rig.opening({ port: 23 }, 1));
  equal([rig.pushed, rig.ports()], [["10.99.0.9 10.20.0.11 22 1800", "10.99.0.9 10.20.0.11 23 60"], [23, 22]]);
});

Deno.test("openings: the same place again is one opening with the newer end", async () => {
  await using rig = await Rig.open();
  await rig.openings.add(rig.opening({}, 1));
  await rig.openings.add(rig.opening({ by: "max" }, 60));
  equal(rig.openings.all().map(({ by, until }) => [by, until - rig.time.now()]), [["max", 60 * MINUTE]]);
});

Deno.test("openings: whose time is over is in no list at once, is told once, and gone from the disk", async () => {
  await using rig = await Rig.open();
  await rig.openings.add(rig.opening({}, 1));
  rig.time.advance(MINUTE - 1);
  equal([rig.ports(), await rig.openings.forgetEnded()], [[22], []]);
  rig.time.advance(1);
  equal(rig.ports(), []);
  equal((await rig.openings.forgetEnded()).map(({ port }) => port), [22]);
  equal(await rig.openings.forgetEnded(), []);
  await rig.restart();
  equal(await rig.openings.forgetEnded(), []);
});

Deno.test("openings: what ended while control was away is told after its restart, and not pushed", async () => {
  await using rig = await Rig.open();
  await rig.openings.add(rig.opening({}, 1));
  await rig.openings.add(rig.opening({ port: 23 }, 10));
  rig.time.advance(5 * MINUTE);
  rig.pushed.length = 0;
  await rig.restart();
  await rig.openings.pushAll();
  equal(rig.pushed, ["10.99.0.9 10.20.0.11 23 300"]);
  equal((await rig.openings.forgetEnded()).map(({ port }) => port), [22]);
});

Deno.test("openings: what the firewall refuses to open is neither open nor stored", async () => {
  await using rig = await Rig.open();
  rig.fault = new Error("no table");
  await rejects(rig.openings.add(rig.opening()), /no table/);
  equal(rig.ports(), []);
  await rig.restart();
  equal(rig.ports(), []);
});

Deno.test("openings: what the firewall refuses to close stays in the list, since it is open", async () => {
  await using rig = await Rig.open();
  await rig.openings.add(rig.opening());
  rig.fault = new Error("no answer");
  await rejects(rig.openings.close("CP001"), /no answer/);
  equal(rig.ports(), [22]);
  rig.fault = undefined;
  equal((await rig.openings.close("CP001")).length, 1);
  equal([rig.ports(), rig.pushed.at(-1)], [[], "10.99.0.9 10.20.0.11 22 0"]);
});

const CLOSED: readonly (readonly [string, string, number | undefined, readonly number[]])[] = [
  ["all of a station", "CP001", undefined, [80]],
  ["one port of a station, for whoever it is open", "CP001", 22, [23, 80]],
  ["a port that is not open", "CP001", 24, [22, 22, 23, 80]],
  ["a station that has none", "CP009", undefined, [22, 22, 23, 80]],
];
for (const [name, station, port, left] of CLOSED) {
  Deno.test(`openings: closes ${name}`, async () => {
    await using rig = await Rig.open();
    await rig.openings.add(rig.opening({}, 1));
    await rig.openings.add(rig.opening({ source: "10.99.0.10" }, 2));
    await rig.openings.add(rig.opening({ port: 23 }, 3));
    await rig.openings.add(rig.opening({ stationId: "CP002", station: "10.20.0.12", port: 80 }, 4));
    await rig.openings.close(station, port);
    equal(rig.ports(), left);
  });
}
