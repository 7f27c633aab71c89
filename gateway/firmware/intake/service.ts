import type { Clock } from "../../core/clock.ts";
import type { Health, Service, WorkerContext } from "../../core/conduit.ts";
import { GatewayError } from "../../core/errors.ts";
import { makePrivateFolder } from "../../../hal/durable_file.ts";
import { ImageStore } from "../image_store.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import type { VendorTrust } from "../vendor_trust.ts";
import { Bundle } from "./bundle.ts";
import { fetchImage, type Incoming } from "./fetch_image.ts";
import type { HttpWay } from "./fetch_http.ts";
import { forwardFile } from "./forward.ts";
import { fileParts } from "./file_parts.ts";
import { Intake } from "./intake.ts";
import { handOut } from "./hand_out.ts";
import { HttpsRepository, type RepositoryReader } from "./repository_reader.ts";
import { TufClient } from "./tuf_client.ts";
import { Slots } from "./slots.ts";
import type { IntakeConfig } from "./worker_config.ts";
import { isZip, openZip } from "./zip_entry.ts";

/** Starts the intake: it listens nowhere, reaches the configured hosts alone, and writes the firmware folder. */
export async function startIntake(context: WorkerContext<IntakeConfig>): Promise<Service<IntakeConfig>> {
  const { config, random } = context;
  await makePrivateFolder(`${config.folder}/uploads`);
  const store = await ImageStore.open({ folder: config.folder, quotaBytes: config.quotaBytes, random });
  return new IntakeService(context, store);
}

class IntakeService implements Service<IntakeConfig> {
  readonly #slots = new Slots(FIRMWARE_LIMITS.intakes);
  readonly #ending = new AbortController();
  readonly #intake: Intake;
  #config: IntakeConfig;
  #tuf: TufClient | undefined;

  readonly handlers: NonNullable<Service["handlers"]> = {
    "firmware.take": (order) => this.#slots.run(() => this.#intake.take(order)),
    "firmware.offers": ({ source }) =>
      this.#slots.run(async () => ({
        offers: await this.#intake.offers(source, this.#config.vendors.map(({ vendor }) => vendor)),
      })),
    "firmware.promote": ({ sha256 }) => this.store.promote(sha256),
    "firmware.demote": ({ sha256, remove }) => this.#demote(sha256, remove),
    "firmware.rehash": ({ sha256 }) => this.#rehash(sha256),
    "firmware.stored": async () => ({
      verified: await this.store.list("verified"),
      quarantine: await this.store.list("quarantine"),
      usedBytes: this.store.usedBytes,
      quotaBytes: this.#config.quotaBytes,
    }),
    "firmware.forward": (order) => {
      const { sealed: folder, uploadHosts: hosts } = this.#config;
      return forwardFile(order, { folder, hosts, way: this.#way() });
    },
    "firmware.hand-out": async (order) => ({
      bytes: await this.#slots.run(() => handOut(order, this.#config)),
    }),
    "firmware.drop": async ({ upload }) => {
      await Deno.remove(this.#uploadPath(upload)).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    },
  };

  constructor(private readonly context: WorkerContext<IntakeConfig>, private readonly store: ImageStore) {
    this.#config = context.config;
    this.#tuf = tufOf(context.config, context.clock);
    this.#intake = new Intake({
      store,
      clock: context.clock,
      vendor: (name) => this.#config.vendors.find(({ vendor }) => vendor === name.toLowerCase()),
      fetch: (url) => fetchImage(url, this.#config.hosts, this.#way()),
      openUpload: (upload, entry, trust) => this.#openUpload(upload, entry, trust),
      look: async (source, keep, use) => {
        if (!this.#tuf) {
          throw new GatewayError(
            "FIRMWARE_REFUSED",
            "The site pins no root, so that no repository or bundle can be believed",
            {
              hint: "Name its first root.json as firmware.rootFile; `firmware root new` makes one",
            },
          );
        }
        const reader = await this.#reader(source);
        return await this.#tuf.look(
          reader,
          keep,
          (targets) => use(targets, (path) => reader.target(path), reader.where),
        );
      },
    });
  }

  health(): Health {
    return { state: "ok" };
  }

  reconfigure(config: IntakeConfig): Promise<void> {
    this.#tuf = tufOf(config, this.context.clock);
    this.#config = config;
    this.store.setQuota(config.quotaBytes);
    return Promise.resolve();
  }

  async drain(deadlineMs: number): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const cancel = this.context.timers.after(deadlineMs / 2, () => this.#ending.abort());
    const giveUp = this.context.timers.after(deadlineMs, ended.resolve);
    await Promise.race([this.#slots.idle(), ended.promise]);
    cancel();
    giveUp();
    this.#ending.abort();
  }

  #way(): HttpWay {
    const { clock, timers } = this.context;
    return { clock, timers, signal: this.#ending.signal, uplink: this.#config.uplink };
  }

  async #reader(source: { readonly tuf: string } | { readonly bundle: string }): Promise<RepositoryReader> {
    if ("bundle" in source) return await Bundle.open(this.#uploadPath(source.bundle), "the bundle");
    const found = this.#config.sources.find(({ id }) => id === source.tuf);
    if (found) return new HttpsRepository(`the repository "${found.id}"`, found.url, found, this.#way());
    throw new GatewayError("FIRMWARE_UNKNOWN", `No repository "${source.tuf}" stands under firmware.sources`);
  }

  async #openUpload(upload: string, entry: string | undefined, trust: VendorTrust | undefined): Promise<Incoming> {
    const path = this.#uploadPath(upload);
    const takesZip = trust?.formats.some((end) => end.toLowerCase() === "zip");
    try {
      if (entry === undefined && (takesZip || !await isZip(path))) {
        return { parts: fileParts(path), fileName: "image", where: "an upload" };
      }
      const choice = { formats: trust?.formats ?? [], maxBytes: trust?.maxBytes ?? 0 };
      const { parts, fileName } = await openZip(path, entry === undefined ? choice : { ...choice, entry });
      return { parts, fileName, where: "an upload" };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new GatewayError("FIRMWARE_UNKNOWN", `No file "${upload}" waits in the drop folder`, {
        hint: "It may have waited too long: bring it again",
      });
    }
  }

  #uploadPath(upload: string): string {
    if (/^[0-9a-f]{32}$/.test(upload)) return `${this.#config.folder}/uploads/${upload}`;
    throw new GatewayError("FIRMWARE_UNKNOWN", `"${upload.slice(0, 64)}" is no name of a file in the drop folder`);
  }

  async #demote(sha256: string, remove: boolean): Promise<void> {
    if (await this.store.state(sha256) === "verified") await this.store.withdraw(sha256);
    if (remove) await this.store.remove("quarantine", sha256);
  }

  async #rehash(sha256: string): Promise<{ readonly unchanged: boolean }> {
    const state = await this.store.state(sha256);
    try {
      await this.store.check(state ?? "verified", sha256);
      return { unchanged: true };
    } catch (error) {
      if ((error as { code?: string }).code === "FIRMWARE_CHANGED") return { unchanged: false };
      throw error;
    }
  }
}

function tufOf({ folder, root, preset }: IntakeConfig, clock: Clock): TufClient | undefined {
  return root === undefined
    ? undefined
    : new TufClient({ folder: `${folder}/tuf`, root, preset, now: () => clock.now() });
}
