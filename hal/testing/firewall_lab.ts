import { nullLogger } from "../../gateway/core/log.ts";
import { HardwareError } from "../../gateway/core/errors.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { KernelSetting } from "../firewall.ts";
import type { KernelSettings } from "../kernel_settings.ts";
import { LinuxFirewall } from "../linux_firewall.ts";
import type { ToolCall } from "../tool.ts";

/** A kernel that remembers which script was loaded last, and answers as nft does. */
export class FakeNft {
  loaded = "";
  base = "";
  /** Every script that was loaded, the newest last. */
  readonly scripts: string[] = [];
  /** What `-c` and `-f` refuse: a part of a script. */
  refuses: string | undefined;
  /** Answers of `nft -j`. */
  json = '{"nftables":[]}';

  run = (call: ToolCall): Promise<Uint8Array<ArrayBuffer>> => {
    const args = call.args.join(" ");
    const script = new TextDecoder().decode(call.stdin ?? new Uint8Array());
    if (this.refuses !== undefined && script.includes(this.refuses)) {
      return Promise.reject(new HardwareError("HAL_TOOL_FAILED", "nft refuses it"));
    }
    if (args === "-f -") {
      this.scripts.push(script);
      if (script.includes("table inet bulkhead")) this.loaded = script;
    }
    const chain = /add chain inet bulkhead (\S+)/.exec(this.loaded)?.[1];
    const answers: Record<string, string> = {
      "list chains inet": chain === undefined ? "" : `table inet bulkhead {\n\tchain ${chain} {\n\t}\n}\n`,
      "list tables": this.base === "" ? "" : "table inet bulkhead\n",
      "-s list table inet bulkhead": this.base,
    };
    return Promise.resolve(new TextEncoder().encode(args.startsWith("-j") ? this.json : answers[args] ?? ""));
  };
}

/** Settings of interfaces in memory: absent means that the interface does not exist. */
export class FakeKernelSettings implements KernelSettings {
  readonly values = new Map<string, 0 | 1>();
  read = (settings: readonly Pick<KernelSetting, "interface" | "key">[]): Promise<KernelSetting[]> =>
    Promise.resolve(settings.flatMap((one) => {
      const value = this.values.get(`${one.interface} ${one.key}`);
      return value === undefined ? [] : [{ interface: one.interface, key: one.key, value }];
    }));
  write = (settings: readonly KernelSetting[]): Promise<void> => {
    for (const { interface: name, key, value } of settings) {
      if (this.values.has(`${name} ${key}`)) this.values.set(`${name} ${key}`, value as 0 | 1);
    }
    return Promise.resolve();
  };
  missing = (settings: readonly Pick<KernelSetting, "interface" | "key">[]): Promise<string[]> =>
    Promise.resolve([
      ...new Set(settings.filter((one) => !this.values.has(`${one.interface} ${one.key}`)).map((one) => one.interface)),
    ]);
}

/** A firewall on a fake kernel with time that a test moves; `restart` is hald's end and next start. */
export class FirewallLab implements AsyncDisposable {
  readonly time = new ManualTime();
  readonly nft = new FakeNft();
  readonly settings = new FakeKernelSettings();
  readonly folder: string;
  /** Milliseconds since the box started; goes on with `time`. */
  uptimeOffset = 60_000;
  firewall!: LinuxFirewall;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<FirewallLab> {
    const lab = new FirewallLab(`${await Deno.makeTempDir()}/firewall`);
    await lab.restart();
    return lab;
  }

  async restart(): Promise<void> {
    this.firewall?.stop();
    this.firewall = await LinuxFirewall.open({
      folder: this.folder,
      openFolder: "/etc/bulkhead/open.d",
      run: this.nft.run,
      settings: this.settings,
      timers: this.time,
      clock: this.time,
      uptime: () => this.time.monotonic() + this.uptimeOffset,
      log: nullLogger,
    });
  }

  /** Stages a ruleset in parts and returns its digest. */
  async stage(text: string, partChars = 100): Promise<string> {
    for (let offset = 0; offset < text.length; offset += partChars) {
      this.firewall.stage({ offset, text: text.slice(offset, offset + partChars) });
    }
    return await digestOf(text);
  }

  async apply(text: string, confirmSeconds = 60, settings: readonly KernelSetting[] = []): Promise<string> {
    const digest = await this.stage(text);
    await this.firewall.apply({ digest, settings, confirmSeconds });
    return digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.firewall.stop();
    await Deno.remove(this.folder.replace(/\/firewall$/, ""), { recursive: true });
  }
}

/** SHA-256 in hex. */
export async function digestOf(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
