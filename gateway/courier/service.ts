import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { Delivery } from "../core/control_api.ts";
import { UpstreamError } from "../core/errors.ts";
import { postJson } from "./http_post.ts";
import { sendMail } from "./mail.ts";
import { listenForMetrics, type MetricsListener } from "./prometheus.ts";
import { sendBackup } from "./sftp.ts";
import { SyslogSender, type SyslogTarget } from "./syslog.ts";
import { sendWebhook } from "./webhook.ts";
import type { CourierConfig } from "./worker_config.ts";

/**
 * Starts the courier: serves "courier.deliver" and, if configured, /metrics. Control keeps what it wants delivered until
 * the answer comes; the courier keeps nothing but the last frames of each syslog connection.
 */
export async function startCourier(context: WorkerContext<CourierConfig>): Promise<Service<CourierConfig>> {
  const { config, control, log } = context;
  const listener = config.metricsListen === undefined
    ? undefined
    : await listenForMetrics(config.metricsListen, control, log, context.sharedPorts);
  return new Courier(context, listener);
}

class Courier implements Service<CourierConfig> {
  readonly handlers = { "courier.deliver": (delivery: Delivery) => this.#deliver(delivery) };
  readonly listening: Readonly<Record<string, string>>;
  readonly #context: WorkerContext<CourierConfig>;
  readonly #listener: MetricsListener | undefined;
  readonly #senders = new Map<string, { readonly sender: SyslogSender; readonly target: string }>();
  readonly #underway = new Set<Promise<void>>();
  #config: CourierConfig;

  constructor(context: WorkerContext<CourierConfig>, listener: MetricsListener | undefined) {
    this.#context = context;
    this.#listener = listener;
    this.#config = context.config;
    this.listening = listener ? { metrics: `http://${listener.where}/metrics` } : {};
  }

  health(): Health {
    return { state: "ok" };
  }

  reconfigure(config: CourierConfig): Promise<void> {
    this.#config = config;
    for (const [sink, { sender, target }] of this.#senders) {
      const next = config.syslog.find((item) => item.sink === sink);
      if (next && JSON.stringify(next) === target) continue;
      sender.close();
      this.#senders.delete(sink);
    }
    return Promise.resolve();
  }

  async drain(deadlineMs: number): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const cancel = this.#context.timers.after(deadlineMs, ended.resolve);
    await Promise.race([Promise.allSettled(this.#underway), ended.promise]);
    cancel();
    for (const { sender } of this.#senders.values()) sender.close();
    await this.#listener?.close();
  }

  async #deliver(delivery: Delivery): Promise<{ readonly ok: true }> {
    const { metrics } = this.#context;
    const work = this.#perform(delivery);
    this.#underway.add(work);
    try {
      await work;
      metrics.count("bulkhead_courier_deliveries_total", { kind: delivery.kind, outcome: "ok" });
      return { ok: true };
    } catch (error) {
      metrics.count("bulkhead_courier_deliveries_total", { kind: delivery.kind, outcome: "failed" });
      throw error;
    } finally {
      this.#underway.delete(work);
    }
  }

  async #perform(delivery: Delivery): Promise<void> {
    const { sink } = delivery;
    const { clock, timers } = this.#context;
    switch (delivery.kind) {
      case "syslog":
        return await this.#senderOf(find(this.#config.syslog, sink)).send(delivery.frames);
      case "webhook":
        return await sendWebhook(find(this.#config.webhooks, sink), delivery.body, clock, timers);
      case "mail":
        return await sendMail(find(this.#config.mails, sink), delivery.subject, delivery.text, timers);
      case "otlp":
        return await postJson(known(this.#config.otlp, sink), delivery.body, timers);
      case "backup":
        return await sendBackup(find(this.#config.backups, sink), delivery.file, delivery.name);
    }
  }

  #senderOf(target: SyslogTarget): SyslogSender {
    let entry = this.#senders.get(target.sink);
    if (!entry) {
      entry = { sender: new SyslogSender(target, this.#context.timers), target: JSON.stringify(target) };
      this.#senders.set(target.sink, entry);
    }
    return entry.sender;
  }
}

function find<T extends { readonly sink: string }>(targets: readonly T[], sink: string): T {
  return known(targets.find((target) => target.sink === sink), sink);
}

function known<T>(target: T | undefined, sink: string): T {
  if (target !== undefined) return target;
  throw new UpstreamError("DELIVERY_REFUSED", `The courier knows no receiver "${sink}"`, {
    hint: "It was removed from site.yaml, or the reload is not complete yet",
  });
}
