import { Site } from "../../gateway/config/schema.ts";
import { createAlarmsFeature } from "../../gateway/control/alarms/feature.ts";
import { createAlarms, type SiteAlarms } from "../../gateway/control/alarms/mod.ts";
import type { ControlContext, ControlFeature } from "../../gateway/control/contract.ts";
import { createDeliveryFeature } from "../../gateway/control/delivery/feature.ts";
import type { Service, SiteFiles } from "../../gateway/core/conduit.ts";
import { GatewayError } from "../../gateway/core/errors.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { createMetrics } from "../../gateway/core/metrics.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { startCourier } from "../../gateway/courier/service.ts";
import { type CourierConfig, courierConfig } from "../../gateway/courier/worker_config.ts";
import { AuditRig } from "./audit_rig.ts";

/** Audit, alarms and delivery of control with a courier in the same isolate; control's time is manual, sockets are real. */
export class DeliveryRig implements AsyncDisposable {
  audit!: AuditRig;
  alarms!: SiteAlarms;
  delivery!: ControlFeature;
  commands!: ControlFeature;
  readonly metrics = createMetrics();
  isCourierDown = false;
  #context!: ControlContext;
  #courier!: Service<CourierConfig>;

  /** @param files contents of the files that the site names */
  static async open(site: object, files: Record<string, string> = {}): Promise<DeliveryRig> {
    const rig = new DeliveryRig();
    rig.audit = await AuditRig.open();
    await rig.#start(Site.parse({ version: 1, site: { id: "garage-12" }, ...site }), files);
    return rig;
  }

  get time() {
    return this.audit.time;
  }

  /** Stops and starts delivery as a restart of control would. */
  async restart(): Promise<void> {
    await this.delivery.stop!();
    this.delivery = await createDeliveryFeature(this.#context, this.#parts());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delivery.stop!();
    await this.alarms.stop();
    await this.#courier.drain(1_000);
    await this.audit[Symbol.asyncDispose]();
  }

  #parts() {
    return { audit: this.audit.audit, alarms: this.alarms, metrics: this.metrics };
  }

  async #start(site: Site, contents: Record<string, string>): Promise<void> {
    const files: SiteFiles = {
      text: (path) => contents[path]!,
      bytes: (path) => new TextEncoder().encode(contents[path]!),
    };
    const { time, audit: { audit, store, sealer } } = this;
    const common = { clock: time, timers: time, random: systemRandom, log: nullLogger, metrics: this.metrics };
    this.#courier = await startCourier({
      ...common,
      timers: systemTimers,
      name: "courier",
      config: courierConfig(site, files),
      control: undefined as never,
    });
    this.alarms = await createAlarms({ ...common, site: "garage-12", targets: [], store, audit });
    const call = (method: string, args: never) => {
      if (this.isCourierDown) return Promise.reject(new GatewayError("RPC_PEER_GONE", "the courier is down"));
      if (method === "courier.deliver") return this.#courier.handlers!["courier.deliver"]!(args);
      return Promise.resolve([]);
    };
    const rpc = { call: call as never, notify: () => {}, close: () => {} };
    this.#context = {
      disk: { level: "ok" },
      ...common,
      site,
      box: { configFile: "", configDir: "", dataDir: this.audit.dataDir },
      store,
      sealer,
      audit,
      alarms: this.alarms,
      workers: { names: () => ["courier"], get: () => rpc, of: () => ["courier"] },
      main: rpc as never,
      files,
    };
    this.delivery = await createDeliveryFeature(this.#context, this.#parts());
    this.commands = createAlarmsFeature(this.#context, this.alarms);
  }
}
