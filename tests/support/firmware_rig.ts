import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { pack } from "tar-stream";
import { systemClock } from "../../gateway/core/clock.ts";
import type { Service, WorkerContext } from "../../gateway/core/conduit.ts";
import type { WorkerApi } from "../../gateway/core/control_api.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import type { Rpc, RpcArgs, RpcResult } from "../../gateway/core/rpc.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { startIntake } from "../../gateway/firmware/intake/service.ts";
import type { IntakeConfig } from "../../gateway/firmware/intake/worker_config.ts";
import type { VendorTrust } from "../../gateway/firmware/vendor_trust.ts";

/** A profile that the repository alone satisfies; tests change what they are about. */
export function vendorProfile(changes: Partial<VendorTrust> = {}): VendorTrust {
  return {
    vendor: "bender",
    revokedSerials: [],
    algorithms: ["RSA-PSS-SHA256", "ECDSA-SHA256"],
    salt: "any",
    evidence: [["tuf"], ["ocpp-signature"]],
    onUnverified: "refuse",
    formats: [],
    maxBytes: 1_000_000,
    ...changes,
  };
}

/** The intake in this isolate, on a folder of its own. */
export class FirmwareRig implements AsyncDisposable {
  private constructor(readonly folder: string, private config: IntakeConfig, private service: Service<IntakeConfig>) {}

  static async up(changes: Partial<IntakeConfig> = {}): Promise<FirmwareRig> {
    const folder = `${await Deno.makeTempDir()}/firmware`;
    const config: IntakeConfig = {
      folder,
      quotaBytes: 10_000_000,
      vendors: [vendorProfile()],
      hosts: [],
      sources: [],
      uploadHosts: [],
      sealed: "/nowhere",
      handOuts: "/nowhere",
      preset: "two-of-three",
      uplink: { bypass: [] },
      ...changes,
    };
    return new FirmwareRig(folder, config, await startIntake(contextOf(config)));
  }

  /** As after a restart of the Worker. */
  async restart(changes: Partial<IntakeConfig> = {}): Promise<void> {
    await this.service.drain(0);
    this.config = { ...this.config, ...changes };
    this.service = await startIntake(contextOf(this.config));
  }

  call<M extends keyof WorkerApi & string>(method: M, args: RpcArgs<WorkerApi, M>): Promise<RpcResult<WorkerApi, M>> {
    const handler = this.service.handlers![method] as (args: unknown) => unknown;
    return Promise.resolve().then(() => handler(args)) as Promise<RpcResult<WorkerApi, M>>;
  }

  /** The rig as control sees its Worker. */
  get rpc(): Rpc<WorkerApi> {
    return { call: (method, args) => this.call(method, args), notify: () => {}, close: () => {} };
  }

  /** Puts a file into the drop folder; its name there. */
  async upload(bytes: Uint8Array): Promise<string> {
    const name = randomBytes(16).toString("hex");
    await Deno.writeFile(`${this.folder}/uploads/${name}`, bytes);
    return name;
  }

  /** Names of the files below a part of the folder. */
  async files(part: "incoming" | "quarantine" | "verified" | "uploads"): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(`${this.folder}/${part}`)) names.push(name);
    return names.sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.drain(0);
    await Deno.remove(this.folder.slice(0, this.folder.lastIndexOf("/")), { recursive: true });
  }
}

function contextOf(config: IntakeConfig): WorkerContext<IntakeConfig> {
  return {
    name: "firmware-intake",
    config,
    control: undefined as never, // it asks control nothing
    log: nullLogger,
    metrics: { ...nullMetrics, snapshot: () => Promise.resolve([]) },
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
  };
}

/** Packs files as a tar, by a package that the product does not use for it. */
export async function tarOf(files: Iterable<readonly [string, Uint8Array]>): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, bytes] of files) tar.entry({ name }, Buffer.from(bytes));
  tar.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of tar) parts.push(part as Uint8Array);
  return new Uint8Array(Buffer.concat(parts));
}
