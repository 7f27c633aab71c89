import type { Clock } from "../gateway/core/clock.ts";
import { describeError, HardwareError } from "../gateway/core/errors.ts";
import type { Logger } from "../gateway/core/log.ts";
import type { Timers } from "../gateway/core/timers.ts";
import type { DeniedFlow, Firewall, FirewallOpening, FirewallPath, FirewallState, KernelSetting } from "./firewall.ts";
import { checkRulesetText } from "./firewall_text.ts";
import { FirewallFiles, type PendingRuleset, scriptOf } from "./firewall_files.ts";
import type { KernelSettings } from "./kernel_settings.ts";
import { HAL_LIMITS } from "./limits.ts";
import { elementText, parseCounters, parseDenied } from "./nft_json.ts";
import type { ToolRunner } from "./tool.ts";

/** What the firewall needs. */
export interface LinuxFirewallOptions {
  /** Where rulesets are kept; the boot's unit loads `current.nft` from it. */
  readonly folder: string;
  /** Folder with *.nft files of the site's own that are loaded with every ruleset; absent: none. */
  readonly openFolder?: string;
  readonly run: ToolRunner;
  readonly settings: KernelSettings;
  readonly timers: Timers;
  readonly clock: Clock;
  /** Milliseconds since the box started: a deadline must survive hald and a jump of the clock. */
  readonly uptime: () => number;
  readonly log: Logger;
}

/**
 * nftables through `nft`, with a dead man's switch: an applied ruleset is written down with its deadline before it is
 * loaded, so that it is undone in time even when gateway, hald or the box end in between.
 */
export class LinuxFirewall implements Firewall {
  readonly #options: LinuxFirewallOptions;
  readonly #files: FirewallFiles;
  #staged = "";
  #pending: PendingRuleset | undefined;
  #cancel: (() => void) | undefined;
  #reloads = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #cancelTend: () => void;

  private constructor(options: LinuxFirewallOptions, files: FirewallFiles) {
    this.#options = options;
    this.#files = files;
    this.#cancelTend = options.timers.every(HAL_LIMITS.firewallTendMs, () => {
      this.#inTurn(() => this.#tend()).catch((error) => {
        options.log.error("hald.firewall.untended", { why: describeError(error) });
      });
    });
  }

  /** Takes up what an earlier hald left: a ruleset whose time is over is undone, another keeps its deadline. */
  static async open(options: LinuxFirewallOptions): Promise<LinuxFirewall> {
    const firewall = new LinuxFirewall(options, await FirewallFiles.open(options.folder, options.log));
    await firewall.#inTurn(() => firewall.#resume()).catch((error) => {
      options.log.error("hald.firewall.stuck", { why: describeError(error) }); // tried again every half a minute
    });
    return firewall;
  }

  /** Stops looking; what is loaded stays loaded, and a pending ruleset is left to the next start. */
  stop(): void {
    this.#cancelTend();
    this.#cancel?.();
  }

  stage({ offset, text }: { readonly offset: number; readonly text: string }): void {
    if (offset === 0) this.#staged = "";
    if (offset !== this.#staged.length || offset + text.length > HAL_LIMITS.rulesetBytes) {
      throw new HardwareError(
        "HAL_FIREWALL_TEXT",
        `A part of a ruleset begins at ${offset}, wanted ${this.#staged.length}, of at most ${HAL_LIMITS.rulesetBytes}`,
      );
    }
    this.#staged += text;
  }

  check(digest: string): Promise<void> {
    return this.#inTurn(async () => void await this.#checked(digest));
  }

  apply(
    { digest, settings, confirmSeconds }: {
      readonly digest: string;
      readonly settings: readonly KernelSetting[];
      readonly confirmSeconds: number;
    },
  ): Promise<FirewallState> {
    return this.#inTurn(async () => {
      if (this.#pending) {
        throw new HardwareError("HAL_FIREWALL", `Ruleset ${this.#pending.digest.slice(0, 12)} waits to be confirmed`, {
          hint: "Confirm it or undo it first",
        });
      }
      const script = await this.#checked(digest);
      const pending: PendingRuleset = {
        digest,
        settings: [...settings],
        deadline: Math.round(this.#options.uptime() + confirmSeconds * 1_000),
        before: await this.#snapshot(),
        settingsBefore: await this.#options.settings.read(settings),
      };
      await this.#files.savePending(pending, script);
      this.#pending = pending;
      this.#arm();
      try {
        await this.#load(script);
        await this.#options.settings.write(settings);
      } catch (error) {
        await this.#undo("it could not be loaded as a whole");
        throw error;
      }
      this.#options.log.info("hald.firewall.applied", { digest, confirmSeconds });
      return await this.#state();
    });
  }

  confirm(digest: string): Promise<FirewallState> {
    return this.#inTurn(async () => {
      if (this.#pending?.digest !== digest) {
        throw new HardwareError("HAL_FIREWALL", `Ruleset ${digest.slice(0, 12)} is not the one that waits`, {
          hint: "It was undone, or another was applied: look at `segmentation show`, then apply again",
        });
      }
      if (!await this.#isLoaded(digest)) {
        await this.#undo("the kernel did not hold it any more");
        throw new HardwareError("HAL_FIREWALL", `Ruleset ${digest.slice(0, 12)} is not in the kernel: it was undone`);
      }
      await this.#files.keepPending();
      this.#cancel?.();
      this.#pending = undefined;
      this.#options.log.info("hald.firewall.confirmed", { digest });
      return await this.#state();
    });
  }

  undo(why: string): Promise<FirewallState> {
    return this.#inTurn(async () => {
      if (!this.#pending) throw new HardwareError("HAL_FIREWALL", "No ruleset waits to be confirmed");
      await this.#undo(why);
      return await this.#state();
    });
  }

  state(): Promise<FirewallState> {
    return this.#inTurn(() => this.#state());
  }

  async counters(): Promise<Readonly<Record<string, number>>> {
    return parseCounters(await this.#nft(["-j", "list", "counters", "table", "inet", "bulkhead"]));
  }

  async denied(path: FirewallPath): Promise<readonly DeniedFlow[]> {
    return parseDenied(await this.#nft(["-j", "list", "set", "inet", "bulkhead", `denied_${path}`]));
  }

  async open(opening: FirewallOpening & { readonly seconds: number }): Promise<void> {
    const element = elementText(opening);
    // "add" alone would leave the end of an element that is there already as it was.
    await this.#element(opening, `add element inet bulkhead opened { ${element} timeout ${opening.seconds}s }\n`);
  }

  async close(opening: FirewallOpening): Promise<void> {
    await this.#element(opening, "");
  }

  async #element(opening: FirewallOpening, then: string): Promise<void> {
    const element = elementText(opening);
    const forget =
      `add element inet bulkhead opened { ${element} }\ndelete element inet bulkhead opened { ${element} }\n`;
    await this.#load(forget + then);
  }

  async #checked(digest: string): Promise<string> {
    const bytes = new TextEncoder().encode(this.#staged);
    const actual = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    if (actual !== digest) {
      throw new HardwareError(
        "HAL_FIREWALL_TEXT",
        `The staged ruleset is ${actual.slice(0, 12)}, not ${digest.slice(0, 12)}`,
      );
    }
    checkRulesetText(this.#staged);
    const script = scriptOf(this.#staged, digest, this.#options.openFolder);
    await this.#nft(["-c", "-f", "-"], script);
    return script;
  }

  /** What the kernel holds before the first ruleset of ours: the box's base firewall, as nft writes it. */
  async #snapshot(): Promise<string> {
    if (this.#files.confirmed) return "";
    const tables = new TextDecoder().decode(await this.#nft(["list", "tables"]));
    if (!tables.includes("table inet bulkhead\n")) return "";
    return new TextDecoder().decode(await this.#nft(["-s", "list", "table", "inet", "bulkhead"]));
  }

  async #resume(): Promise<void> {
    const pending = await this.#files.loadPending();
    if (!pending) return await this.#tend();
    this.#pending = pending;
    const now = this.#options.uptime();
    if (now >= pending.deadline) return await this.#undo("nobody confirmed it in time");
    // A box that started again has loaded the confirmed rules: this one is not in the kernel, and is not brought back.
    if (!await this.#isLoaded(pending.digest)) return await this.#undo("the box started again before it was confirmed");
    this.#arm();
  }

  #arm(): void {
    this.#cancel?.();
    const left = Math.max(0, this.#pending!.deadline - this.#options.uptime());
    this.#cancel = this.#options.timers.after(left, () => {
      this.#inTurn(async () => this.#pending && await this.#undo("nobody confirmed it in time")).catch((error) => {
        this.#options.log.error("hald.firewall.stuck", { why: describeError(error) });
      });
    });
  }

  async #undo(why: string): Promise<void> {
    const pending = this.#pending!;
    this.#cancel?.();
    const script = await this.#files.confirmedScript() ?? baseScript(pending.before);
    await this.#load(script);
    await this.#options.settings.write(pending.settingsBefore);
    await this.#files.dropPending({ digest: pending.digest, at: this.#options.clock.now(), why });
    this.#pending = undefined;
    this.#options.log.warn("hald.firewall.undone", { digest: pending.digest, why });
  }

  /** Somebody may flush the rules, and interfaces come late: both are mended without being asked. */
  async #tend(): Promise<void> {
    const active = this.#pending ?? this.#files.confirmed;
    if (!active) return;
    if (this.#pending && this.#options.uptime() >= this.#pending.deadline) {
      return await this.#undo("nobody confirmed it in time");
    }
    if (!await this.#isLoaded(active.digest)) {
      const script = this.#pending ? await this.#files.pendingScript() : await this.#files.confirmedScript();
      await this.#load(script!);
      this.#reloads++;
      this.#options.log.warn("hald.firewall.reloaded", { digest: active.digest });
    }
    await this.#options.settings.write(active.settings);
  }

  async #state(): Promise<FirewallState> {
    const { confirmed, undone } = this.#files;
    const active = this.#pending ?? confirmed;
    const left = this.#pending && Math.max(0, this.#pending.deadline - this.#options.uptime());
    return {
      ...confirmed ? { confirmed: confirmed.digest } : {},
      ...this.#pending ? { pending: { digest: this.#pending.digest, secondsLeft: Math.ceil(left! / 1_000) } } : {},
      isLoaded: active !== undefined && await this.#isLoaded(active.digest),
      reloads: this.#reloads,
      ...undone ? { undone } : {},
      missingInterfaces: await this.#options.settings.missing(active?.settings ?? []),
    };
  }

  async #isLoaded(digest: string): Promise<boolean> {
    const tables = new TextDecoder().decode(await this.#nft(["list", "chains", "inet"]));
    return tables.includes(`chain ruleset_${digest.slice(0, 16)} {`);
  }

  async #load(script: string): Promise<void> {
    await this.#nft(["-f", "-"], script);
  }

  #nft(args: readonly string[], stdin?: string): Promise<Uint8Array<ArrayBuffer>> {
    const input = stdin === undefined ? {} : { stdin: new TextEncoder().encode(stdin) };
    return this.#options.run({ program: "nft", args, ...input });
  }

  /** One change at a time: a timer that fires during a confirmation waits for it. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** The rules of before the first ruleset, in place of ours; with none, our tables go. */
function baseScript(before: string): string {
  const gone = ["inet bulkhead", "ip bulkhead"].map((table) => `add table ${table}\ndelete table ${table}\n`);
  return gone.join("") + before;
}
