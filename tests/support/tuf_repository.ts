import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

// A TUF repository written from the specification alone: neither tuf-js nor @tufjs/models nor the product's own commands
// have a part in it, so that what the gateway accepts is TUF and not an agreement with itself.

/** A key of a role. */
export interface TufKey {
  readonly id: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly secret: KeyObject;
}

/** Makes an Ed25519 key. */
export function tufKey(): TufKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  const json = { keytype: "ed25519", scheme: "ed25519", keyval: { public: raw } };
  return { id: createHash("sha256").update(canonical(json)).digest("hex"), json, secret: privateKey };
}

/** A role: its keys, how many must sign, and who signs in fact. */
export interface TufRole {
  keys: TufKey[];
  threshold: number;
  version: number;
  expires: Date;
  /** Signs instead of `keys`, as a thief or a forger would. */
  signers?: TufKey[];
}

interface Target {
  readonly bytes: Uint8Array;
  readonly custom: Record<string, unknown>;
}

const SPEC = "1.0.31";
const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
const role = (count = 1, threshold = 1, days = 30): TufRole => ({
  keys: Array.from({ length: count }, tufKey),
  threshold,
  version: 5,
  expires: inDays(days),
});

/** A repository whose every part a test can make wrong; `publish` writes the files anew. */
export class TufRepository {
  readonly root: TufRole = { ...role(3, 2, 365), version: 1 };
  readonly timestamp = role();
  readonly snapshot = role();
  readonly targets = role();
  /** Delegated roles by name. */
  readonly vendors: Record<string, TufRole & { paths: string[]; targets: Map<string, Target> }> = {};
  /** What a server or bundle shows, by path. */
  readonly files = new Map<string, Uint8Array>();

  /** Adds a vendor's role, which may sign below its own folder. */
  vendor(name: string, paths = [`${name}/*/*`]) {
    return this.vendors[name] = { ...role(), paths, targets: new Map() };
  }

  /** Adds an image to a vendor's role. */
  image(
    vendor: string,
    path: string,
    bytes: Uint8Array,
    custom: Record<string, unknown> = { version: "5.33.2" },
  ): void {
    this.vendors[vendor]!.targets.set(path, { bytes, custom });
  }

  /** The root that a gateway pins. */
  get pinned(): string {
    return new TextDecoder().decode(this.files.get("metadata/1.root.json")!);
  }

  /** Raises all versions, as a tool does with each publication. */
  bump(): void {
    for (const each of [this.timestamp, this.snapshot, this.targets, ...Object.values(this.vendors)]) each.version++;
  }

  /** Writes all metadata and targets. */
  publish(): this {
    this.#write(`${this.root.version}.root.json`, this.root, this.rootSigned());
    const meta: Record<string, { version: number }> = { "targets.json": { version: this.targets.version } };
    for (const [name, vendor] of Object.entries(this.vendors)) {
      meta[`${name}.json`] = { version: vendor.version };
      const targets: Record<string, unknown> = {};
      for (const [path, { bytes, custom }] of vendor.targets) {
        targets[path] = this.#target(bytes, custom);
        this.files.set(`targets/${this.pathOf(path, bytes)}`, bytes);
      }
      this.#write(`${vendor.version}.${name}.json`, vendor, { ...head("targets", vendor), targets });
    }
    this.#write(`${this.targets.version}.targets.json`, this.targets, {
      ...head("targets", this.targets),
      targets: {},
      delegations: this.#delegations(),
    });
    this.#write(`${this.snapshot.version}.snapshot.json`, this.snapshot, { ...head("snapshot", this.snapshot), meta });
    this.#write("timestamp.json", this.timestamp, {
      ...head("timestamp", this.timestamp),
      meta: { "snapshot.json": { version: this.snapshot.version } },
    });
    return this;
  }

  /** Path of a target's file below targets/. */
  pathOf(path: string, bytes: Uint8Array): string {
    const at = path.lastIndexOf("/") + 1;
    return `${path.slice(0, at)}${hash(bytes)}.${path.slice(at)}`;
  }

  rootSigned(): Record<string, unknown> {
    const { root, timestamp, snapshot, targets } = this;
    const all = [root, timestamp, snapshot, targets];
    return {
      ...head("root", root),
      consistent_snapshot: true,
      keys: Object.fromEntries(all.flatMap(({ keys }) => keys.map(({ id, json }) => [id, json]))),
      roles: Object.fromEntries(
        Object.entries({ root, timestamp, snapshot, targets }).map(([name, { keys, threshold }]) => [name, {
          keyids: keys.map(({ id }) => id),
          threshold,
        }]),
      ),
    };
  }

  /** Writes one metadata file, signed by whoever signs for the role. */
  #write(name: string, by: TufRole, signed: Record<string, unknown>): void {
    this.files.set(`metadata/${name}`, signedFile(signed, by.signers ?? by.keys));
  }

  #target(bytes: Uint8Array, custom: Record<string, unknown>): Record<string, unknown> {
    return { length: bytes.length, hashes: { sha256: hash(bytes) }, custom };
  }

  #delegations() {
    return {
      keys: Object.fromEntries(
        Object.values(this.vendors).flatMap(({ keys }) => keys.map(({ id, json }) => [id, json])),
      ),
      roles: Object.entries(this.vendors).map(([name, { keys, threshold, paths }]) => ({
        name,
        keyids: keys.map(({ id }) => id),
        threshold,
        terminating: true,
        paths,
      })),
    };
  }
}

/** A signed file as TUF has it. */
export function signedFile(signed: Record<string, unknown>, keys: readonly TufKey[]): Uint8Array {
  const bytes = Buffer.from(canonical(signed));
  const signatures = keys.map(({ id, secret }) => ({ keyid: id, sig: sign(null, bytes, secret).toString("hex") }));
  return new TextEncoder().encode(JSON.stringify({ signed, signatures }));
}

function head(type: string, { version, expires }: TufRole): Record<string, unknown> {
  return { _type: type, spec_version: SPEC, version, expires: `${expires.toISOString().slice(0, 19)}Z` };
}

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Canonical JSON (OLPC): keys in order, no spaces, only quotation mark and backslash escaped. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${canonical(key)}:${canonical(item)}`).join(",")}}`;
}
