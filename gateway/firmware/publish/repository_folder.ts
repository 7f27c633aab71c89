import { createHash } from "node:crypto";
import { writeDurably } from "../../../hal/durable_file.ts";
import { paddingOf, TAR_BLOCK, writeTarHeader } from "../intake/bundle_codec.ts";
import { ANY_MODEL } from "../intake/claim_of_target.ts";
import { fileParts } from "../intake/file_parts.ts";
import { rootJson, stateOfRoot } from "./root_file.ts";
import { expiry, signedText } from "./signed_metadata.ts";
import { invalid, type OpenKey, type RepositoryKey } from "./signing_key.ts";

/** One image to be offered. */
export interface NewImage {
  readonly vendor: string;
  readonly model: string;
  readonly version: string;
  readonly releaseCounter?: number;
  /** As OCPP carries them. */
  readonly signature?: string;
  readonly certificate?: string;
  /** Files beside the image. */
  readonly sbomFile?: string;
  readonly notesFile?: string;
}

interface Target {
  readonly length: number;
  readonly sha256: string;
  readonly custom: Readonly<Record<string, unknown>>;
}

/** What is not metadata: who may sign for a vendor, and which targets there are. */
interface Contents {
  version: number;
  readonly vendors: Record<string, RepositoryKey>;
  readonly targets: Record<string, Target>;
}

/**
 * A repository as a folder on the publisher's machine: metadata/ and targets/ are what a web server or a bundle shows,
 * repository.json is the publisher's own. Versions only go up; what was published once stays on the disk.
 */
export class RepositoryFolder {
  private constructor(private readonly folder: string, private readonly contents: Contents) {}

  /** Makes a folder with its first root. @throws GatewayError FIRMWARE_ROOT_INVALID */
  static async create(folder: string, root: string): Promise<RepositoryFolder> {
    const { isComplete, version } = stateOfRoot(root);
    if (!isComplete) {
      throw invalid("The root is not signed by as many keys as it asks for", "`firmware root show` counts them");
    }
    await Deno.mkdir(`${folder}/metadata`, { recursive: true });
    await Deno.mkdir(`${folder}/targets`, { recursive: true });
    const made = new RepositoryFolder(folder, { version: 0, vendors: {}, targets: {} });
    if (await exists(`${folder}/repository.json`)) throw invalid(`"${folder}" is a repository already`);
    await made.#write("metadata", `${version}.root.json`, root);
    await made.#save();
    return made;
  }

  /** Opens a folder. @throws GatewayError FIRMWARE_ROOT_INVALID */
  static async open(folder: string): Promise<RepositoryFolder> {
    try {
      const contents = JSON.parse(await Deno.readTextFile(`${folder}/repository.json`)) as Contents;
      return new RepositoryFolder(folder, contents);
    } catch (cause) {
      throw invalid(`"${folder}" is no firmware repository`, "`firmware repository new` makes one", cause);
    }
  }

  /** Adds the next root, signed by its own keys and by those of the root before it. */
  async addRoot(root: string): Promise<void> {
    const before = await this.#newestRoot();
    const state = stateOfRoot(root, before);
    if (!state.isComplete || !state.isLinked) {
      throw invalid(
        "The new root is not signed by enough keys of both roots, or is not the next one",
        "`firmware root show --before` counts",
      );
    }
    await this.#write("metadata", `${state.version}.root.json`, root);
  }

  /** Names the key that signs a vendor's images, and nothing else. */
  async setVendor(vendor: string, key: RepositoryKey): Promise<void> {
    if (!/^[a-z0-9][a-z0-9._-]{0,47}$/.test(vendor)) {
      throw invalid(`"${vendor}" is no vendor: wanted lower case, as bender`);
    }
    this.contents.vendors[vendor] = key;
    await this.#save();
  }

  /** Copies an image into the repository; it is offered from the next publication on. @returns its path as a target */
  async addImage(file: string, image: NewImage): Promise<string> {
    if (!(image.vendor in this.contents.vendors)) {
      throw invalid(
        `The repository has no vendor "${image.vendor}"`,
        "`firmware repository vendor` names one and its key",
      );
    }
    const folder = `${image.vendor}/${image.model === "" ? ANY_MODEL : image.model}`;
    const { vendor: _, model: __, sbomFile, notesFile, ...custom } = image;
    const papers: Record<string, string> = {};
    if (sbomFile !== undefined) papers["sbom"] = await this.#addTarget(folder, sbomFile, {});
    if (notesFile !== undefined) papers["notes"] = await this.#addTarget(folder, notesFile, {});
    const path = await this.#addTarget(folder, file, { ...custom, ...papers });
    await this.#save();
    return path;
  }

  /** Writes new metadata of all roles, signed by the publisher and by each vendor's key. @returns the new version */
  async publish(keys: readonly OpenKey[], days: number, now: number): Promise<number> {
    const { vendors, targets } = this.contents;
    const roles = rootJson(await this.#newestRoot()).roles;
    const signers = (ids: readonly string[], what: string) => {
      const found = keys.filter(({ key }) => ids.includes(key.keyid));
      if (found.length > 0) return found;
      throw invalid(`No key that was named signs for ${what}`, "Name the private file with --keys");
    };
    const version = ++this.contents.version;
    const head = { version, expires: expiry(now, days) };
    const meta: Record<string, { version: number }> = { "targets.json": { version } };
    for (const [vendor, key] of Object.entries(vendors)) {
      const own = Object.entries(targets).filter(([path]) => path.startsWith(`${vendor}/`));
      const named = Object.fromEntries(
        own.map(([path, { length, sha256, custom }]) => [path, { length, hashes: { sha256 }, custom }]),
      );
      meta[`${vendor}.json`] = { version };
      const text = signedText("targets", { ...head, targets: named }, signers([key.keyid], `the vendor ${vendor}`));
      await this.#write("metadata", `${version}.${vendor}.json`, text);
    }
    const publisher = (role: string) => signers(roles[role]!.keyids, role);
    const delegated = { ...head, targets: {}, delegations: delegationsOf(vendors) };
    await this.#write("metadata", `${version}.targets.json`, signedText("targets", delegated, publisher("targets")));
    await this.#write(
      "metadata",
      `${version}.snapshot.json`,
      signedText("snapshot", { ...head, meta }, publisher("snapshot")),
    );
    await this.#save();
    // last, so that who reads meanwhile sees the old or the new whole
    const timestamp = { ...head, meta: { "snapshot.json": { version } } };
    await this.#write("metadata", "timestamp.json", signedText("timestamp", timestamp, publisher("timestamp")));
    return version;
  }

  /** Packs what was published last as one file. @returns its bytes */
  async bundle(file: string): Promise<number> {
    const { version, vendors, targets } = this.contents;
    if (version === 0) throw invalid("Nothing was published yet", "`firmware repository publish` comes first");
    const names = [
      ...await this.#roots(),
      "timestamp.json",
      ...["snapshot", "targets", ...Object.keys(vendors)].map((role) => `${version}.${role}.json`),
    ];
    const files = [
      ...names.map((name) => `metadata/${name}`),
      ...Object.entries(targets).map(([path, { sha256 }]) => `targets/${prefixed(path, sha256)}`),
    ];
    let bytes = 0;
    using out = await Deno.open(file, { write: true, createNew: true, mode: 0o644 });
    const write = async (part: Uint8Array) => {
      for (let at = 0; at < part.length;) at += await out.write(part.subarray(at));
      bytes += part.length;
    };
    for (const name of files) {
      const { size } = await Deno.stat(`${this.folder}/${name}`);
      await write(writeTarHeader(name, size));
      for await (const part of fileParts(`${this.folder}/${name}`)) await write(part);
      await write(new Uint8Array(paddingOf(size)));
    }
    await write(new Uint8Array(2 * TAR_BLOCK));
    await out.sync();
    return bytes;
  }

  async #addTarget(folder: string, file: string, custom: Record<string, unknown>): Promise<string> {
    const name = file.split("/").at(-1)!;
    if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/.test(name)) {
      throw invalid(
        `The file is called "${name}": wanted letters, digits, and . _ + - alone`,
        "Rename it; stations see its name",
      );
    }
    const hash = createHash("sha256");
    let length = 0;
    for await (const part of fileParts(file)) {
      hash.update(part);
      length += part.length;
    }
    const sha256 = hash.digest("hex");
    const path = `${folder}/${name}`;
    await Deno.mkdir(`${this.folder}/targets/${folder}`, { recursive: true });
    await Deno.copyFile(file, `${this.folder}/targets/${prefixed(path, sha256)}`);
    this.contents.targets[path] = { length, sha256, custom };
    return path;
  }

  async #roots(): Promise<string[]> {
    const found: number[] = [];
    for await (const { name } of Deno.readDir(`${this.folder}/metadata`)) {
      const version = /^(\d+)\.root\.json$/.exec(name)?.[1];
      if (version !== undefined) found.push(Number(version));
    }
    return found.sort((a, b) => a - b).map((version) => `${version}.root.json`);
  }

  async #newestRoot(): Promise<string> {
    return await Deno.readTextFile(`${this.folder}/metadata/${(await this.#roots()).at(-1)}`);
  }

  #save(): Promise<void> {
    return this.#write(".", "repository.json", `${JSON.stringify(this.contents, null, 1)}\n`);
  }

  async #write(part: string, name: string, text: string): Promise<void> {
    await writeDurably(`${this.folder}/${part}`, name, new TextEncoder().encode(text));
    await Deno.chmod(`${this.folder}/${part}/${name}`, 0o644); // a web server shows it
  }
}

function delegationsOf(vendors: Readonly<Record<string, RepositoryKey>>) {
  const keys = Object.fromEntries(Object.values(vendors).map(({ keyid, ...rest }) => [keyid, rest]));
  const roles = Object.entries(vendors).map(([name, { keyid }]) => ({
    name,
    keyids: [keyid],
    threshold: 1,
    terminating: true,
    paths: [`${name}/*/*`],
  }));
  return { keys, roles };
}

function prefixed(path: string, sha256: string): string {
  const at = path.lastIndexOf("/") + 1;
  return `${path.slice(0, at)}${sha256}.${path.slice(at)}`;
}

const exists = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);
