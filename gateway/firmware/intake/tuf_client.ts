import "./no_environment.ts";
import crypto from "node:crypto";
import { Buffer } from "node:buffer";
import { type TargetFile, Updater } from "tuf-js";
import { DownloadHTTPError } from "tuf-js/dist/error.js";
import { describeError, GatewayError, UpstreamError } from "../../core/errors.ts";
import { makePrivateFolder, writeDurably } from "../../../hal/durable_file.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import type { RepositoryReader } from "./repository_reader.ts";

/**
 * Deno takes a missing salt length for the longest possible one (facts: firmware 4.2); tuf-js names none, and means that
 * of the signature. This Worker checks nothing else by this function.
 */
const verify = crypto.verify;
crypto.verify = ((algorithm: string, data: Uint8Array, key: crypto.VerifyPublicKeyInput, signature: Uint8Array) => {
  const isOpen = key?.padding === crypto.constants.RSA_PKCS1_PSS_PADDING && key.saltLength === undefined;
  return verify(
    algorithm,
    data,
    isOpen ? { ...key, saltLength: crypto.constants.RSA_PSS_SALTLEN_AUTO } : key,
    signature,
  );
}) as typeof crypto.verify;

/** Milliseconds after which a folder of work was left by a crash. */
const WORK_MS = 3_600_000;

/** How many keys must have signed the root (preset of the site). */
export type RootPreset = "two-of-three" | "single-key";

/** What the metadata of a repository says, verified from the pinned root down. */
export interface TrustedTargets {
  /** "root version 3, timestamp until 2026-12-01". */
  readonly summary: string;
  /** Paths of the targets below "vendor/", signed by the vendor's role or the role above it. */
  paths(vendor: string): Promise<readonly string[]>;
  /** One target with what signs for it; undefined when no role that may names it. */
  target(path: string): Promise<TargetFile | undefined>;
}

interface KeptState {
  /** SHA-256 of the pinned root that all this was derived from. */
  readonly anchor: string;
  readonly files: Readonly<Record<string, string>>;
}

/** The part of tuf-js's updater that its types hide. */
interface Inside {
  readonly trustedSet: {
    readonly root: { readonly signed: { readonly version: number; readonly roles: Record<string, RoleFacts> } };
    readonly timestamp?: { readonly signed: { readonly expires: string } };
    getRole(name: string): { readonly signed: { readonly targets?: Record<string, unknown> } } | undefined;
  };
}
interface RoleFacts {
  readonly threshold: number;
  readonly keyIDs: readonly string[];
}

/**
 * Trust in the site's TUF repository (TUF 1.0.31 section 5), carried from one look to the next: all sources share it, so
 * that an old bundle cannot follow a newer server. What was seen is kept in one file that is whole or absent.
 */
export class TufClient {
  readonly #folder: string;
  readonly #root: string;
  readonly #preset: RootPreset;
  readonly #now: () => number;
  #last: Promise<unknown> = Promise.resolve();

  /** @param root text of the pinned root.json */
  constructor(
    options: {
      readonly folder: string;
      readonly root: string;
      readonly preset: RootPreset;
      readonly now: () => number;
    },
  ) {
    this.#now = options.now;
    this.#folder = options.folder;
    this.#root = options.root;
    this.#preset = options.preset;
  }

  /**
   * Reads and verifies the newest metadata, then lets `use` look at it; what was seen is remembered when `keep` says so.
   * One at a time. @throws UpstreamError FIRMWARE_UNTRUSTED with the reason, FIRMWARE_FETCH_FAILED
   */
  look<T>(reader: RepositoryReader, keep: boolean, use: (targets: TrustedTargets) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#look(reader, keep, use));
    this.#last = turn.catch(() => {}); // the next one waits for the end, not for success
    return turn;
  }

  async #look<T>(reader: RepositoryReader, keep: boolean, use: (targets: TrustedTargets) => Promise<T>): Promise<T> {
    await makePrivateFolder(this.#folder);
    await this.#sweep();
    const work = await Deno.makeTempDir({ dir: this.#folder, prefix: "work-" });
    try {
      const kept = await this.#readState();
      for (const [name, text] of Object.entries(kept.files)) await Deno.writeTextFile(`${work}/${name}`, text);
      return await this.#verified(work, reader, use);
    } catch (error) {
      throw asUntrusted(reader.where, error);
    } finally {
      // what a refused repository proved before it failed, such as a newer root, is kept too: it was verified
      if (keep) await this.#keepState(work);
      await Deno.remove(work, { recursive: true });
    }
  }

  /** Folders that a crash left; younger ones may be those of a Worker that a reload is about to end. */
  async #sweep(): Promise<void> {
    for await (const { name } of Deno.readDir(this.#folder)) {
      if (!name.startsWith("work-")) continue;
      const path = `${this.#folder}/${name}`;
      const { mtime } = await Deno.stat(path);
      if (this.#now() - (mtime?.getTime() ?? 0) > WORK_MS) await Deno.remove(path, { recursive: true });
    }
  }

  async #verified<T>(folder: string, reader: RepositoryReader, use: (targets: TrustedTargets) => Promise<T>) {
    const updater = new Updater({
      metadataDir: folder,
      metadataBaseUrl: "repository:/",
      fetcher: {
        downloadFile: () => Promise.reject(new Error("targets are streamed, never downloaded by the client")),
        downloadBytes: async (url, maxBytes) => {
          const name = decodeURIComponent(url.split("/").at(-1)!);
          const bytes = await reader.metadata(name, Math.min(maxBytes, FIRMWARE_LIMITS.metadataBytes));
          if (!bytes) throw new DownloadHTTPError(`there is no ${name}`, 404);
          return Buffer.from(bytes);
        },
      },
    });
    await updater.refresh();
    const { trustedSet } = updater as unknown as Inside;
    this.#requireThreshold(trustedSet.root.signed.roles["root"]!);
    const expires = trustedSet.timestamp!.signed.expires.slice(0, 10);
    return await use({
      summary: `root version ${trustedSet.root.signed.version}, timestamp until ${expires}`,
      target: (path) => updater.getTargetInfo(path),
      paths: async (vendor) => {
        // walking to a name below the vendor's folder loads and verifies the roles that may sign there
        await updater.getTargetInfo(`${vendor}/any/any`);
        const named = ["targets", vendor].flatMap((role) =>
          Object.keys(trustedSet.getRole(role)?.signed.targets ?? {})
        );
        return [...new Set(named)].filter((path) => path.startsWith(`${vendor}/`)).sort().slice(
          0,
          FIRMWARE_LIMITS.offers,
        );
      },
    });
  }

  #requireThreshold({ threshold, keyIDs }: RoleFacts): void {
    if (this.#preset === "single-key" || threshold >= 2 && keyIDs.length >= 3) return;
    throw new Error(
      `the root needs ${threshold} of ${keyIDs.length} keys: wanted at least 2 of 3, or firmware.preset: single-key`,
    );
  }

  async #readState(): Promise<KeptState> {
    const anchor = crypto.createHash("sha256").update(this.#root).digest("hex");
    const fresh = { anchor, files: { "root.json": this.#root } };
    let text: string;
    try {
      text = await Deno.readTextFile(`${this.#folder}/state.json`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return fresh;
      throw error;
    }
    const state = JSON.parse(text) as KeptState;
    // a new pinned root begins anew: the old one may be lost or in wrong hands
    return state.anchor === anchor ? state : fresh;
  }

  async #keepState(work: string): Promise<void> {
    const files: Record<string, string> = {};
    for await (const { name } of Deno.readDir(work)) files[name] = await Deno.readTextFile(`${work}/${name}`);
    const anchor = crypto.createHash("sha256").update(this.#root).digest("hex");
    const state: KeptState = { anchor, files };
    await writeDurably(this.#folder, "state.json", new TextEncoder().encode(JSON.stringify(state)));
  }
}

function asUntrusted(where: string, error: unknown): Error {
  if (error instanceof GatewayError) return error;
  const kind = (error as Error).constructor?.name ?? "";
  const attack: Readonly<Record<string, string>> = {
    BadVersionError: " (rollback)",
    ExpiredMetadataError: " (it was not renewed, or an old one is shown: freeze)",
  };
  const why = describeError(error).replace(/[^\x20-\x7e]/g, "?").slice(0, 300);
  return new UpstreamError("FIRMWARE_UNTRUSTED", `${where} does not prove itself: ${why}${attack[kind] ?? ""}`, {
    cause: error,
    hint: "Nothing of it was taken. If it is the site's own, `firmware repository publish` it anew",
  });
}
