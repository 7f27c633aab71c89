import { HardwareError } from "../gateway/core/errors.ts";
import type { DeniedFlow, Firewall, FirewallOpening, FirewallPath, FirewallState, KernelSetting } from "./firewall.ts";

/** A firewall in memory: it loads nothing, and undoes only when a test says so. */
export class FakeFirewall implements Firewall {
  current: FirewallState = { isLoaded: false, reloads: 0, missingInterfaces: [] };
  /** The staged ruleset. */
  text = "";
  /** Set it to make the dry run fail. */
  fault: HardwareError | undefined;
  settings: readonly KernelSetting[] = [];
  packets: Readonly<Record<string, number>> = {};
  readonly refused: Record<FirewallPath, readonly DeniedFlow[]> = { input: [], forward: [], output: [] };
  readonly openings: (FirewallOpening & { readonly seconds: number })[] = [];

  stage({ offset, text }: { readonly offset: number; readonly text: string }): void {
    this.text = this.text.slice(0, offset) + text;
  }
  check = (): Promise<void> => this.fault ? Promise.reject(this.fault) : Promise.resolve();
  async apply(
    how: { readonly digest: string; readonly settings: readonly KernelSetting[]; readonly confirmSeconds: number },
  ): Promise<FirewallState> {
    await this.check();
    this.settings = how.settings;
    const pending = { digest: how.digest, secondsLeft: how.confirmSeconds };
    return this.current = { ...this.current, pending, isLoaded: true };
  }
  confirm(digest: string): Promise<FirewallState> {
    if (this.current.pending?.digest !== digest) {
      return Promise.reject(new HardwareError("HAL_FIREWALL", "It is not the ruleset that waits"));
    }
    const { pending: _, ...rest } = this.current;
    return Promise.resolve(this.current = { ...rest, confirmed: digest });
  }
  undo(why: string): Promise<FirewallState> {
    const { pending, ...rest } = this.current;
    if (!pending) return Promise.reject(new HardwareError("HAL_FIREWALL", "No ruleset waits to be confirmed"));
    const undone = { digest: pending.digest, at: 0, why };
    return Promise.resolve(this.current = { ...rest, undone, isLoaded: rest.confirmed !== undefined });
  }
  state = (): Promise<FirewallState> => Promise.resolve(this.current);
  counters = (): Promise<Readonly<Record<string, number>>> => Promise.resolve(this.packets);
  denied = (path: FirewallPath): Promise<readonly DeniedFlow[]> => Promise.resolve(this.refused[path]);
  async open(opening: FirewallOpening & { readonly seconds: number }): Promise<void> {
    await this.close(opening);
    this.openings.push(opening);
  }
  close({ source, station, port }: FirewallOpening): Promise<void> {
    const at = this.openings.findIndex((one) => one.source === source && one.station === station && one.port === port);
    if (at >= 0) this.openings.splice(at, 1);
    return Promise.resolve();
  }
}
