import type { KernelSetting } from "./firewall.ts";

/** Settings of interfaces in the kernel. */
export interface KernelSettings {
  /** The values that stand now, for those interfaces that exist. */
  read(settings: readonly Pick<KernelSetting, "interface" | "key">[]): Promise<KernelSetting[]>;
  /** Sets what differs; an interface that does not exist (yet) is left out. */
  write(settings: readonly KernelSetting[]): Promise<void>;
  /** Interfaces that do not exist. */
  missing(settings: readonly Pick<KernelSetting, "interface" | "key">[]): Promise<string[]>;
}

/** net.* below /proc/sys (kernel documentation, networking/ip-sysctl). */
export class LinuxKernelSettings implements KernelSettings {
  readonly #root: string;

  constructor(root = "/proc/sys/net") {
    this.#root = root;
  }

  async read(settings: readonly Pick<KernelSetting, "interface" | "key">[]): Promise<KernelSetting[]> {
    const found: KernelSetting[] = [];
    for (const { interface: name, key } of settings) {
      const value = await this.#value(name, key);
      if (value === 0 || value === 1) found.push({ interface: name, key, value });
    }
    return found;
  }

  async write(settings: readonly KernelSetting[]): Promise<void> {
    for (const { interface: name, key, value } of settings) {
      const before = await this.#value(name, key);
      if (before === undefined || before === value) continue;
      await Deno.writeTextFile(this.#path(name, key), `${value}\n`, { create: false });
    }
  }

  async missing(settings: readonly Pick<KernelSetting, "interface" | "key">[]): Promise<string[]> {
    const names = new Set<string>();
    for (const { interface: name, key } of settings) {
      if (await this.#value(name, key) === undefined && key.startsWith("ipv4")) names.add(name);
    }
    return [...names];
  }

  async #value(name: string, key: KernelSetting["key"]): Promise<number | undefined> {
    try {
      return Number(await Deno.readTextFile(this.#path(name, key)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  #path(name: string, key: KernelSetting["key"]): string {
    const [family, setting] = key.split(".");
    return `${this.#root}/${family}/conf/${name}/${setting}`;
  }
}
