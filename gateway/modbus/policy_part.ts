import type { WorkerContext } from "../core/conduit.ts";
import type { Json, WorkerApi } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { type Ask, createModbusPolicy, type Forward, type ModbusPolicy, type Moment } from "./policy.ts";
import type { Recorder } from "./recorder.ts";
import type { LinesConfig } from "./worker_config.ts";
import type { LeaseChange, StoredLease, WriteLease } from "./write_leases.ts";

/** What the part works with. */
type Tools = Pick<WorkerContext<LinesConfig>, "config" | "control" | "log" | "clock">;

/** The policy of a site's lines with all that is told of it: leases to the store, writes to the audit trail, the recording. */
export class PolicyPart {
  readonly policy: ModbusPolicy;
  readonly handlers: RpcHandlers<WorkerApi>;
  readonly #tools: Tools;
  readonly #recorder: Recorder;
  /** Changes that control has not stored yet; the newest of a point stands. */
  readonly #unstored = new Map<string, StoredLease>();
  #isStoring = false;

  constructor(tools: Tools, recorder: Recorder) {
    this.#tools = tools;
    this.#recorder = recorder;
    this.policy = createModbusPolicy(tools.config.policy, (change) => this.#leased(change));
    this.handlers = {
      "modbus.leases": () => ({ leases: this.policy.leases(this.#now()).map((lease) => this.#shown(lease)) }),
      "modbus.recording": () => {
        const clients = this.policy.takeRecording(0, MODBUS_LIMITS.recordedPerSweep, this.#now());
        return { clients: clients as unknown as Json, more: clients.length === MODBUS_LIMITS.recordedPerSweep };
      },
      "modbus.rules": () => {
        const { rules, mode, timeZone } = this.policy.config;
        return { rules: rules as unknown as Json, mode, timeZone };
      },
    };
  }

  /** Takes back who commanded what before the process ended. Without an answer all points are free. */
  async restore(): Promise<void> {
    try {
      const { leases } = await this.#tools.control.call("modbus.leases.kept", {});
      this.policy.restoreLeases(leases, this.#now());
    } catch (error) {
      this.#tools.log.warn("modbus.leases.unread", { msg: describeError(error) });
    }
  }

  /** A write is let through: what an auditor wants to know of it is recorded. */
  forwarded({ asker, unit, request }: Ask, { granted, rule }: Forward): void {
    if (!granted) return;
    const common = { class: "operation", who: asker.client, target: `unit ${unit}`, outcome: "ok" } as const;
    const detail = { function: request.function, listener: asker.listener };
    for (const { point, asked, forwarded } of granted.clamped) {
      this.#recorder.audit({
        ...{ event: "modbus.write.clamped", ...common, rule, source: asker.source },
        detail: { ...detail, points: point, asked, forwarded },
      });
    }
    if (granted.notable.length === 0) return;
    this.#recorder.audit({
      ...{ event: "modbus.write.passed", ...common, rule, source: asker.source },
      detail: { ...detail, points: granted.notable.join(" ").slice(0, 300) },
    });
  }

  /** Hands over what is due; called by the sweep. */
  tick(): void {
    const { recordPeriodMs, recordedPerSweep } = MODBUS_LIMITS;
    const clients = this.policy.takeRecording(recordPeriodMs, recordedPerSweep, this.#now());
    if (clients.length > 0) this.#tools.control.notify("modbus.recorded", { clients: clients as unknown as Json });
    if (this.#unstored.size > 0) void this.#store();
  }

  /** Hands over everything: the Worker ends. */
  async flush(): Promise<void> {
    await this.#store();
    try {
      const clients = this.policy.takeRecording(0, MODBUS_LIMITS.recordedClients, this.#now());
      if (clients.length > 0) {
        await this.#tools.control.call("modbus.recorded", { clients: clients as unknown as Json });
      }
    } catch (error) {
      this.#tools.log.warn("modbus.recording.lost", { msg: describeError(error) }); // a convenience, no reason to hang
    }
  }

  #now(): Moment {
    return { monotonic: this.#tools.clock.monotonic(), wall: this.#tools.clock.now() };
  }

  #shown({ unit, point, owner, priority, ttlMs, endsAt }: WriteLease) {
    const seconds = Math.max(0, Math.round((endsAt - this.#now().monotonic) / 1_000));
    return { unit, point, owner, priority, ttlMs, seconds };
  }

  #leased({ lease, from }: LeaseChange): void {
    const { unit, point, owner, priority, ttlMs } = lease;
    this.#unstored.set(`${unit} ${point}`, { unit, point, owner, priority, ttlMs });
    void this.#store();
    this.#recorder.audit({
      event: "modbus.lease.taken",
      class: "operation",
      who: owner,
      target: `unit ${unit}`,
      outcome: "ok",
      detail: { points: point, priority, seconds: ttlMs / 1_000, from: from ?? "(nobody)" },
    });
  }

  /** One call at a time; the write itself does not wait for it (docs/decisions/0090-write-leases.md). */
  async #store(): Promise<void> {
    if (this.#isStoring || this.#unstored.size === 0) return;
    this.#isStoring = true;
    const leases = [...this.#unstored.values()];
    this.#unstored.clear();
    try {
      await this.#tools.control.call("modbus.leased", { leases });
    } catch (error) {
      for (const lease of leases) { // the next sweep tries again
        const key = `${lease.unit} ${lease.point}`;
        if (!this.#unstored.has(key)) this.#unstored.set(key, lease);
      }
      this.#tools.log.warn("modbus.leases.unstored", { msg: describeError(error) });
    } finally {
      this.#isStoring = false;
    }
  }
}
