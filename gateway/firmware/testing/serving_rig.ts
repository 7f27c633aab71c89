import { createHash, generateKeyPairSync } from "node:crypto";
import type { ListenerTrust } from "../../core/control_api.ts";
import type { Clock } from "../../core/clock.ts";
import { systemClock } from "../../core/clock.ts";
import type { Service, WorkerContext } from "../../core/conduit.ts";
import type { GrantClaim, OpenedGrant } from "../../core/firmware_transfer_api.ts";
import { nullLogger } from "../../core/log.ts";
import { createMetrics } from "../../core/metrics.ts";
import { systemRandom, systemTimers, type Timers } from "../../core/timers.ts";
import type { FileListener, ServingConfig } from "../serving/worker_config.ts";

/** An image whose bytes tell where they are from. */
export function imageOf(bytes: number): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at++) image[at] = (at * 31 + (at >> 8)) & 0xff;
  return image;
}

/** Lower-case hex. */
export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A token of the right form. */
export const TOKEN = "abcdefghijklmnopqrstuv";

/** What the rig's control is asked and told. */
export interface ServingRig {
  readonly folder: string;
  readonly image: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
  readonly claims: GrantClaim[];
  readonly told: { readonly method: string; readonly args: Record<string, unknown> }[];
  /** What a token opens; a test may change it. */
  grant: OpenedGrant | undefined;
  readonly service: Service<ServingConfig>;
  /** Port of a listener by its name. */
  port(name: string): number;
  download(more?: Partial<OpenedGrant & { kind: "download" }>): OpenedGrant & { kind: "download" };
  upload(more?: Partial<OpenedGrant & { kind: "upload" }>): OpenedGrant & { kind: "upload" };
  /** How the control of this rig fails, by method. */
  readonly faults: Map<string, Error>;
}

const hostKey = () =>
  String(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "sec1", format: "pem" }));

const downloadOf = (sha256: string, sizeBytes: number): OpenedGrant & { kind: "download" } => ({
  ...{ kind: "download", id: "g1", stationId: "CP001", sha256, sizeBytes, fileName: "fw.deb" },
  leftBytes: sizeBytes * 4,
});

const UPLOAD: OpenedGrant & { kind: "upload" } = {
  ...{ kind: "upload", id: "u1", stationId: "CP001", file: "ab12", maxBytes: 1_000_000 },
  key: btoa(String.fromCharCode(...new Uint8Array(32).fill(7))),
};

/** A serving Worker's service on loopback, with a control that does as the test says. */
export async function withServing(
  options: {
    readonly listeners: readonly FileListener[];
    readonly start: (context: WorkerContext<ServingConfig>) => Promise<Service<ServingConfig>>;
    readonly imageBytes?: number;
    /** Instead of one of that size. */
    readonly image?: Uint8Array<ArrayBuffer>;
    readonly rates?: ServingConfig["rates"];
    readonly trust?: ListenerTrust;
    readonly time?: Clock & Timers;
  },
  use: (rig: ServingRig) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-serving-" });
  const image = options.image ?? imageOf(options.imageBytes ?? 300_000), sha256 = sha256Of(image);
  for (const part of ["verified", "uploads"]) await Deno.mkdir(`${folder}/${part}`);
  await Deno.writeFile(`${folder}/verified/${sha256}`, image);
  const claims: GrantClaim[] = [], told: ServingRig["told"] = [], faults = new Map<string, Error>();
  const call = (method: string, args: Record<string, unknown>) => {
    const fault = faults.get(method);
    if (fault) return Promise.reject(fault);
    if (method === "trust.listener") return Promise.resolve(options.trust);
    if (method === "firmware.host-keys") return Promise.resolve({ keys: [hostKey()] });
    if (method === "firmware.open") {
      claims.push(args as unknown as GrantClaim);
      return Promise.resolve((args as unknown as GrantClaim).token === TOKEN && rig.grant ? { grant: rig.grant } : {});
    }
    told.push({ method, args });
    return Promise.resolve(undefined);
  };
  const context = {
    name: "firmware",
    config: {
      listeners: options.listeners,
      verified: `${folder}/verified`,
      uploads: `${folder}/uploads`,
      rates: options.rates ?? { site: 1e9, station: 1e9 },
    },
    control: { call, notify: (method: string, args: Record<string, unknown>) => void told.push({ method, args }) },
    log: nullLogger,
    metrics: createMetrics(),
    clock: options.time ?? systemClock,
    timers: options.time ?? systemTimers,
    random: systemRandom,
    sharedPorts: [],
  } as unknown as WorkerContext<ServingConfig>;
  const service = await options.start(context);
  const rig: ServingRig = {
    ...{ folder, image, sha256, claims, told, faults, service },
    grant: undefined,
    port: (name) => Number(/:(\d+)$/.exec(service.listening![name]!)![1]),
    download: (more) => ({ ...downloadOf(sha256, image.length), ...more }),
    upload: (more) => ({ ...UPLOAD, ...more }),
  };
  rig.grant = rig.download();
  try {
    await use(rig);
  } finally {
    await service.drain(100);
    await Deno.remove(folder, { recursive: true });
  }
}
