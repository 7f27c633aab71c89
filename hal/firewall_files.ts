import { describeError, HardwareError } from "../gateway/core/errors.ts";
import type { Logger } from "../gateway/core/log.ts";
import { writeDurably } from "./durable_file.ts";
import { Digest, type FirewallState, KernelSetting } from "./firewall.ts";
import { HAL_LIMITS } from "./limits.ts";
import { check, type Checked, integer, list, object, text } from "./schema.ts";

const Settings = list(KernelSetting, HAL_LIMITS.kernelSettings);

/** A ruleset that waits to be confirmed, as it is written down before it is loaded. */
const PendingRuleset = object({
  digest: Digest,
  settings: Settings,
  /** Milliseconds since the start of the box. */
  deadline: integer(0, Number.MAX_SAFE_INTEGER),
  /** What the kernel held before, when no ruleset was ever confirmed. */
  before: text({ max: HAL_LIMITS.rulesetBytes }),
  settingsBefore: Settings,
});
/** A ruleset that waits to be confirmed. */
export type PendingRuleset = Checked<typeof PendingRuleset>;

const ConfirmedRuleset = object({ digest: Digest, settings: Settings });
const UndoneRuleset = object({ digest: Digest, at: integer(0, Number.MAX_SAFE_INTEGER), why: text({ max: 200 }) });

/** Loaded by the boot's unit, so that it is a script of its own. */
const CURRENT = "current.nft";

/** What is loaded for a ruleset: its text, a chain that marks it, and the site's own files. One transaction. */
export function scriptOf(ruleset: string, digest: string, openFolder: string | undefined): string {
  const marker = `add chain inet bulkhead ruleset_${digest.slice(0, 16)}\n`;
  return ruleset + marker + (openFolder === undefined ? "" : `include "${openFolder}/*.nft"\n`);
}

/** The rulesets on disk. Every change survives a power cut whole. */
export class FirewallFiles {
  readonly #folder: string;
  readonly #log: Logger;
  confirmed: Checked<typeof ConfirmedRuleset> | undefined;
  undone: FirewallState["undone"];

  private constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Opens the folder and makes it readable for the boot's unit, which has no right to read others' files. */
  static async open(folder: string, log: Logger): Promise<FirewallFiles> {
    await Deno.mkdir(folder, { recursive: true, mode: 0o755 });
    await Deno.chmod(folder, 0o755);
    const files = new FirewallFiles(folder, log);
    files.confirmed = await files.#read("current.json", ConfirmedRuleset);
    files.undone = await files.#read("undone.json", UndoneRuleset);
    return files;
  }

  async savePending(pending: PendingRuleset, script: string): Promise<void> {
    await this.#write("pending.nft", script);
    await this.#write("pending.json", JSON.stringify(pending));
  }

  /** The pending ruleset that an earlier hald left; one that was confirmed before it ended is none. */
  async loadPending(): Promise<PendingRuleset | undefined> {
    const pending = await this.#read("pending.json", PendingRuleset);
    if (pending?.digest !== this.confirmed?.digest || pending === undefined) return pending;
    await this.#remove("pending.json");
    return undefined;
  }

  async pendingScript(): Promise<string | undefined> {
    return await this.#text("pending.nft");
  }

  async confirmedScript(): Promise<string | undefined> {
    return this.confirmed && await this.#text(CURRENT);
  }

  /** The pending ruleset becomes the confirmed one. The script is first: the boot loads it, and its name is in it. */
  async keepPending(): Promise<void> {
    const { digest, settings } = (await this.#read("pending.json", PendingRuleset))!;
    await this.#write(CURRENT, (await this.pendingScript())!);
    await this.#write("current.json", JSON.stringify({ digest, settings }));
    this.confirmed = { digest, settings };
    await this.#remove("pending.json");
  }

  async dropPending(undone: NonNullable<FirewallState["undone"]>): Promise<void> {
    await this.#write("undone.json", JSON.stringify(undone));
    this.undone = undone;
    await this.#remove("pending.json");
  }

  async #write(name: string, content: string): Promise<void> {
    try {
      await writeDurably(this.#folder, name, new TextEncoder().encode(content));
      await Deno.chmod(`${this.#folder}/${name}`, 0o644);
    } catch (error) {
      throw new HardwareError("HAL_FIREWALL", `Cannot write "${this.#folder}/${name}"`, {
        hint: "Free space on the disk, or give the folder to hald's user",
        cause: error,
      });
    }
  }

  async #remove(name: string): Promise<void> {
    await Deno.remove(`${this.#folder}/${name}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  async #text(name: string): Promise<string | undefined> {
    try {
      return await Deno.readTextFile(`${this.#folder}/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** A damaged file is set aside: hald has more to serve than rules, and says with `state` what it does not know. */
  async #read<T>(name: string, schema: (value: unknown, at: string) => T): Promise<T | undefined> {
    const content = await this.#text(name);
    if (content === undefined) return undefined;
    try {
      return check(schema, JSON.parse(content));
    } catch (error) {
      const aside = `${this.#folder}/${name}.damaged`;
      this.#log.error("hald.firewall.damaged", { file: aside, why: describeError(error) });
      await Deno.rename(`${this.#folder}/${name}`, aside);
      return undefined;
    }
  }
}
