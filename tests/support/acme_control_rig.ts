import { stringify } from "yaml";
import { startAcme } from "../../gateway/acme/service.ts";
import { acmeConfig, type AcmeWorkerConfig } from "../../gateway/acme/worker_config.ts";
import type { CommandResult, ControlContext } from "../../gateway/control/contract.ts";
import type { Service, WorkerContext } from "../../gateway/core/conduit.ts";
import type { AcmeOutcome, AcmeTask } from "../../gateway/core/control_api.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { type AcmeFeature, createAcmeFeature } from "../../gateway/pki/acme_feature.ts";
import { createPkiFeature, type PkiFeature } from "../../gateway/pki/feature.ts";
import { pooledKeys } from "./pooled_keys.ts";
import { ACME_NAMES, acmeFiles, acmeSection } from "./acme_rig.ts";
import { FakeAcme } from "./fake_acme.ts";
import { createPkiRig, type PkiRig } from "./pki_rig.ts";

/** Control's two features and the Worker's service in one isolate, against the fake server; time is manual for control. */
export class AcmeControlRig implements AsyncDisposable {
  fake!: FakeAcme;
  rig!: PkiRig;
  pki!: PkiFeature;
  acme!: AcmeFeature;
  /** Takes the Worker's place when set. */
  obtain: ((task: AcmeTask) => Promise<AcmeOutcome>) | undefined;
  isWorkerThere = true;
  #service!: Service<AcmeWorkerConfig>;

  static async up(): Promise<AcmeControlRig> {
    const made = new AcmeControlRig();
    made.fake = await FakeAcme.up();
    made.rig = await createPkiRig(made.siteYaml(), Date.now());
    for (const [path, text] of Object.entries(acmeFiles(made.fake))) made.rig.files.set(path, text);
    await made.start();
    return made;
  }

  /** site.yaml with a console and `pki.acme`; `change` overrides keys of that section, null leaves it out. */
  siteYaml(change: Record<string, unknown> | null = {}): string {
    return stringify({
      version: 1,
      site: { id: "garage-12" },
      console: { listen: "127.0.0.1:8443", hostname: ACME_NAMES[0] },
      ...(change === null ? {} : { pki: { acme: { ...acmeSection(this.fake), ...change } } }),
    });
  }

  /** Starts control's part anew on the same store, as after a restart. */
  async start(): Promise<void> {
    const { context } = this.rig;
    const { workers } = context;
    const call = (_method: string, task: AcmeTask) => (this.obtain ?? this.#service.handlers!["acme.obtain"]!)(task);
    const own: ControlContext = Object.create(context, {
      workers: {
        value: {
          names: workers.names,
          of: (conduit: string) => conduit !== "acme" ? workers.of(conduit) : this.isWorkerThere ? ["acme"] : [],
          get: (name: string) => name === "acme" ? { call } : workers.get(name),
        },
      },
    });
    this.pki = await createPkiFeature(own, pooledKeys);
    this.acme = await createAcmeFeature(own, this.pki);
    const handlers = this.acme.handlers as Record<string, (args: unknown) => unknown>;
    const control = { call: async (method: string, args: unknown) => await handlers[method]!(args) };
    const config = acmeConfig(context.site, context.files)!;
    const base = { log: nullLogger, metrics: nullMetrics, clock: this.rig.time, timers: systemTimers };
    this.#service = await startAcme(
      { name: "acme", config, control, random: systemRandom, ...base } as unknown as WorkerContext<AcmeWorkerConfig>,
    );
  }

  async stop(): Promise<void> {
    await this.acme.stop!();
    await this.pki.stop!();
  }

  /** The certificate that the console presents for its host name, and where it comes from. */
  async shown(): Promise<{ readonly source: string; readonly pem: string }> {
    const { data } = await this.pki.commands!["cert list"]!({}, "eva") as CommandResult & {
      readonly data: { readonly listeners: readonly { readonly source: string }[] };
    };
    const identity = this.pki.trustOf("console").identities.find(({ names }) => names.includes(ACME_NAMES[0]!))!;
    return { source: data.listeners[0]!.source, pem: identity.certPem };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.rig[Symbol.asyncDispose]();
    await this.fake[Symbol.asyncDispose]();
  }
}
