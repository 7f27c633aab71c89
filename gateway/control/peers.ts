import type { Clock } from "../core/clock.ts";
import type { ControlApi, WorkerApi } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { PEOPLE_METHODS } from "../core/people_methods.ts";
import { createRpc, type Rpc, type RpcHandlers, type RpcPort } from "../core/rpc.ts";
import type { Timers } from "../core/timers.ts";
import type { ControlFeature, Workers } from "./contract.ts";

/** What each kind of Worker may ask of control. A kind that is absent may ask nothing. */
export const OPEN_METHODS: Readonly<Record<string, readonly (keyof ControlApi)[]>> = {
  acme: ["acme.sign", "acme.ordered"],
  console: ["audit.record", "trust.listener", "health.summary", ...PEOPLE_METHODS],
  courier: ["audit.record", "alarm.raise", "alarm.clear", "metrics.text"],
  firmware: ["trust.listener", "firmware.changed", "firmware.open", "firmware.received", "firmware.sent"],
  "firmware-files": ["firmware.changed", "firmware.host-keys", "firmware.open", "firmware.received", "firmware.sent"],
  modbus: ["audit.record", "trust.listener"],
  "modbus-lines": [
    "audit.record",
    "alarm.raise",
    "alarm.clear",
    "modbus.leased",
    "modbus.leases.kept",
    "modbus.recorded",
  ],
  "modbus-one": [
    "audit.record",
    "alarm.raise",
    "alarm.clear",
    "modbus.leased",
    "modbus.leases.kept",
    "modbus.recorded",
    "trust.listener",
  ],
  dhcp: ["dhcp.open", "dhcp.leases", "dhcp.commit", "dhcp.facts"],
  dns: ["alarm.raise", "alarm.clear", "dns.denied", "dns.stations"],
  tunnel: ["tunnel.enter", "tunnel.left"],
  switches: ["switches.read"],
  ocpp: [
    "audit.record",
    "alarm.raise",
    "alarm.clear",
    "controller.route",
    "policy.recorded",
    "trust.listener",
    "badges.blocked",
    "badges.judge",
    "badges.learn",
    "badges.listed",
    "firmware.publish",
    "firmware.published",
    "firmware.request",
    "firmware.requested",
    "firmware.status",
    "firmware.triggered",
    "firmware.upload",
    "firmware.upload-answered",
    "firmware.upload-told",
    "firmware.watched",
    "ledger.record",
    "migration.judged",
    "outage.clock",
    "outage.clock-seen",
    "outage.delivered",
    "outage.keep",
    "outage.learn",
    "outage.next",
    "outage.state",
    "shadow.compared",
    "security.event",
    "station.certificate",
    "stations.admit",
    "stations.entered",
    "stations.expected",
    "stations.left",
    "stations.quarantined",
    "stations.seen",
    "transactions.changed",
    "upstream.certificate",
    "upstream.change",
    "upstream.network",
    "upstream.proved",
    "upstream.read",
    "upstream.request",
    "upstream.root.delete",
    "upstream.root.install",
    "upstream.root.list",
  ],
  ui_proxy: [
    "device.catalogue",
    "device.catalogue.missing",
    "device.clock.seen",
    "device.image.verdict",
    "device.lease.leave",
    "device.lease.take",
    "device.login.begin",
    "device.login.ended",
    "device.operation.progress",
    "device.pin",
    "device.pin.presented",
    "audit.record",
    "alarm.raise",
    "alarm.clear",
    "trust.listener",
    "device.active",
    "device.check",
    "device.enter",
    "device.leave",
    "device.look",
    "device.requests",
    "device.sibling",
  ],
};

/** The conduit of a Worker: "ocpp-0", "ocpp-0~2" -> "ocpp". */
export function conduitOf(worker: string): string {
  return worker.replace(/(-\d+)?(~\d+)?$/, "");
}

/** All other isolates as control sees them: one RPC each, with only the methods open to its kind. */
export class Peers implements Workers {
  readonly #peers = new Map<string, Rpc<WorkerApi>>();
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** Peers that came before the features were ready, as all do when control alone was restarted. */
  readonly #early = new Map<string, RpcPort>();
  #features: readonly ControlFeature[] | undefined;

  constructor(options: { log: Logger; clock: Clock; timers: Timers }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#timers = options.timers;
  }

  /** Starts to serve: the features are complete. */
  open(features: readonly ControlFeature[]): void {
    this.#features = features;
    for (const [name, port] of this.#early) this.join(name, port);
    this.#early.clear();
  }

  names(): readonly string[] {
    return [...this.#peers.keys()];
  }

  of(conduit: string): readonly string[] {
    return this.names().filter((name) => conduitOf(name) === conduit);
  }

  get(name: string): Rpc<WorkerApi> {
    // "courier" is a conduit's only Worker, in whichever generation: a reload replaces it by "courier~2".
    const current = name === conduitOf(name) ? this.of(name).at(-1) : undefined;
    const peer = this.#peers.get(name) ?? (current === undefined ? undefined : this.#peers.get(current));
    if (!peer) throw new GatewayError("RPC_PEER_GONE", `Worker "${name}" is not running`);
    return peer;
  }

  /** A Worker has connected. */
  join(name: string, port: RpcPort): void {
    if (!this.#features) return void this.#early.set(name, port);
    this.#peers.get(name)?.close("it has connected anew");
    const rpc = createRpc<ControlApi, WorkerApi>(port, {
      handlers: { ...this.#handlersFor(name), "worker.ready": () => this.#tell("joined", name) },
      clock: this.#clock,
      timers: this.#timers,
      peer: name,
      onFault: (method, error) =>
        this.#log.warn("control.call.failed", { worker: name, method, msg: describeError(error) }),
    });
    this.#peers.set(name, rpc);
  }

  /** A Worker has ended. */
  leave(name: string): void {
    this.#early.delete(name);
    this.#peers.get(name)?.close("the Worker has ended");
    if (this.#peers.delete(name)) this.#tell("left", name);
  }

  #tell(what: "joined" | "left", name: string): void {
    for (const feature of this.#features ?? []) {
      const told = what === "joined" ? feature.workerJoined?.(name) : feature.workerLeft?.(name);
      told?.catch((error) =>
        this.#log.error("control.feature.failed", { feature: feature.name, msg: describeError(error) })
      );
    }
  }

  #handlersFor(name: string): RpcHandlers<ControlApi> {
    const all: Record<string, unknown> = {};
    for (const feature of this.#features ?? []) Object.assign(all, feature.handlers, feature.handlersFor?.(name));
    const open = OPEN_METHODS[conduitOf(name)] ?? [];
    return Object.fromEntries(open.filter((method) => method in all).map((method) => [method, all[method]]));
  }
}
