import type { GoldenProfile } from "../../../policies/golden_types.ts";
import type { Rollout } from "../../../policies/golden_rollout.ts";
import type { Evidence } from "../../../policies/posture_types.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { CommandArgs, CommandResult, ControlContext } from "../../control/contract.ts";
import type { AuditEvent, Json, StationCallAnswer } from "../../core/control_api.ts";
import { nullLogger } from "../../core/log.ts";
import type { Station } from "../../inventory/config.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import type { FixRecord } from "../golden/fix_book.ts";
import { createGolden, type Golden } from "../golden/feature.ts";

/** A station of the fleet as its controller is. */
export interface FleetStation {
  keys: Record<string, string>;
  isBusy?: boolean;
  isAway?: boolean;
  /** What it says to a write; absent: Accepted, and it has the value. */
  says?: string;
  /** It becomes so when it is written to. */
  onWrite?: () => void;
}

/** A setting of the profile that tests use. */
export const fleetSetting = (id: string, key: string, value: string, fixedBy: "gateway" | "people" = "gateway") => ({
  ...{ id, title: `Title of ${id}`, source: "s", fixedBy, ways: { "ocpp1.6": { name: key, value } } },
});

/** Golden configurations over a fleet of stations that answer from their keys, on a store in memory. */
export class FleetRig {
  readonly time = new ManualTime();
  readonly audited: AuditEvent[] = [];
  readonly alarms: string[] = [];
  /** "CP1 Log=INFO", in the order in which they came. */
  readonly written: string[] = [];
  readonly stations: Map<string, FleetStation>;
  profiles: readonly GoldenProfile[] = [{
    ...{ id: "lab", title: "Lab", about: "a" },
    settings: [fleetSetting("log", "Log", "INFO"), fleetSetting("rfid", "Rfid", "true", "people")],
  }];
  #read = new Map<string, Record<string, Evidence>>();
  golden!: Golden;

  private constructor(public store: Store, count: number) {
    const keys = () => ({ Log: "DEBUG", Rfid: "false" });
    this.stations = new Map(Array.from({ length: count }, (_, at) => [`CP${at + 1}`, { keys: keys() }]));
  }

  /** `count` stations, CP1 and so on, whose setting "log" drifted. */
  static async open(count: number): Promise<FleetRig> {
    const time = new ManualTime(),
      rig = new FleetRig(await openStore({ path: ":memory:", clock: time, timers: time }), count);
    await rig.restart();
    await rig.readAll();
    return rig;
  }

  /** As after a restart of control: only the store is left. Nothing looks by itself: tests call `look`. */
  async restart(store = this.store): Promise<void> {
    this.golden?.stop();
    const record = (event: AuditEvent) => Promise.resolve({ sequence: this.audited.push(event) });
    const context = {
      ...{ clock: this.time, timers: new ManualTime(), log: nullLogger, store, audit: { record } },
      alarms: {
        raise: ({ kind, subject }: { kind: string; subject: string }) =>
          Promise.resolve(void this.alarms.push(`${kind} ${subject}`)),
        clear: (kind: string, subject: string) =>
          Promise.resolve(
            void this.alarms.splice(0, Infinity, ...this.alarms.filter((is) => is !== `${kind} ${subject}`)),
          ),
      },
    } as unknown as ControlContext;
    this.golden = await createGolden({
      context,
      profiles: () => this.profiles,
      stations: () =>
        [...this.stations.keys()].map((id) => ({ id, ocpp: { protocols: ["ocpp1.6"] } }) as unknown as Station),
      told: () => ({ protocol: "ocpp1.6" }),
      read: (id) => this.#read.get(id) ?? {},
      reread: (id) => Promise.resolve(this.readStation(id)),
      fixStation: (id) => {
        const station = this.stations.get(id)!;
        if (station.isAway) return {};
        return {
          connectedSince: 1,
          line: { protocol: "ocpp1.6", ask: (action, payload) => this.#ask(id, action, payload) },
        };
      },
      whyNotNow: (id) => Promise.resolve(this.stations.get(id)?.isBusy ? "it is busy" : undefined),
    });
  }

  /** What posture does once a day. */
  readAll(): void {
    for (const id of this.stations.keys()) this.readStation(id);
  }

  readStation(id: string): void {
    const station = this.stations.get(id);
    if (!station || station.isAway) return;
    const found = Object.entries(station.keys).map(([key, value]) => [key, { is: "value", value, at: 1 }]);
    this.#read.set(id, Object.fromEntries(found) as Record<string, Evidence>);
  }

  forget(id: string): void {
    this.#read.delete(id);
  }

  command(name: string, args: CommandArgs = {}, who = "eva"): Promise<CommandResult> {
    return this.golden.commands[name]!(args, who);
  }

  /** Asked by eva, approved by otto; nothing was looked at yet. */
  async approved(args: CommandArgs = {}): Promise<string> {
    const { id } = (await this.command("posture rollout ask", { profile: "lab", ...args })).data as unknown as Rollout;
    await this.command("posture rollout approve", { rollout: id }, "otto");
    return id;
  }

  async rollout(id = "R1"): Promise<Rollout> {
    return (await this.command("posture rollout", { rollout: id })).data as unknown as Rollout;
  }

  async fixes(): Promise<readonly FixRecord[]> {
    return (await this.command("posture golden fixes")).data as unknown as FixRecord[];
  }

  async look(): Promise<void> {
    await this.golden.look();
  }

  async close(): Promise<void> {
    await this.look(); // what a decision has woken is over before its store closes
    this.golden.stop();
    await this.store.close();
  }

  #ask(id: string, action: string, payload: Json): Promise<StationCallAnswer> {
    const station = this.stations.get(id)!, body = payload as Record<string, unknown>;
    if (action === "GetConfiguration") {
      const configurationKey = (body["key"] as string[]).map((key) => ({ key, value: station.keys[key] ?? "" }));
      return Promise.resolve({ result: { configurationKey } });
    }
    const key = String(body["key"]), value = String(body["value"]), status = station.says ?? "Accepted";
    this.written.push(`${id} ${key}=${value}`);
    if (status === "Accepted") station.keys[key] = value;
    station.onWrite?.();
    return Promise.resolve({ result: { status } });
  }
}

/** The body of a test on a fleet of its own. */
export function withFleet(count: number, test: (fleet: FleetRig) => Promise<void>): () => Promise<void> {
  return async () => {
    const fleet = await FleetRig.open(count);
    try {
      await test(fleet);
    } finally {
      await fleet.close();
    }
  };
}
