import { HAL_LIMITS } from "./limits.ts";
import { type Checked, flag, integer, list, object, oneOf, optional, text } from "./schema.ts";

/** SHA-256 of a ruleset's text, lower-case hex: its name in every call. */
export const Digest = text({ min: 64, max: 64, form: /^[0-9a-f]{64}$/ });

/** An IPv4 address. */
export const Ipv4 = text({ min: 7, max: 15, form: /^\d{1,3}(\.\d{1,3}){3}$/ });

/** Settings of an interface that go with a ruleset: what is routed and answered for. All others stay the site's own. */
export const KERNEL_SETTINGS = [
  "ipv4.forwarding",
  "ipv4.proxy_arp_pvlan",
  "ipv4.send_redirects",
  "ipv6.accept_ra",
  "ipv6.disable_ipv6",
] as const;

/** One setting of one interface: net.ipv4.conf.<interface>.<key> = value. */
export const KernelSetting = object({
  // No slash, and never "." or "..": it becomes part of a path.
  interface: text({ min: 1, max: 15, form: /^(?!\.{1,2}$)[A-Za-z0-9._:@-]+$/ }),
  key: oneOf(KERNEL_SETTINGS),
  value: integer(0, 1),
});
/** One setting of one interface. */
export type KernelSetting = Checked<typeof KernelSetting>;

/** How the firewall stands. */
export const FirewallState = object({
  /** The ruleset that is kept and loaded at every start of the box. */
  confirmed: optional(Digest),
  /** Loaded, and undone by itself unless it is confirmed in time. */
  pending: optional(object({ digest: Digest, secondsLeft: integer(0, 86_400) })),
  /** The kernel holds the ruleset that should be in force. */
  isLoaded: flag,
  /** How often it was found missing and loaded again since hald's start. */
  reloads: integer(0, Number.MAX_SAFE_INTEGER),
  /** The last ruleset that was undone, and why; milliseconds since the epoch. */
  undone: optional(object({ digest: Digest, at: integer(0, Number.MAX_SAFE_INTEGER), why: text({ max: 200 }) })),
  /** Interfaces with settings that the box does not have (yet). */
  missingInterfaces: list(text({ max: 15 }), HAL_LIMITS.links),
});
/** How the firewall stands. */
export type FirewallState = Checked<typeof FirewallState>;

/** Packets of one refused flow that the kernel remembers. */
export const DeniedFlow = object({
  /** In for input and forward, out for output. */
  interface: text({ max: 15 }),
  source: Ipv4,
  destination: Ipv4,
  /** tcp, udp, icmp or a number. */
  protocol: text({ min: 1, max: 20 }),
  port: integer(0, 65_535),
  packets: integer(0, Number.MAX_SAFE_INTEGER),
});
/** Packets of one refused flow. */
export type DeniedFlow = Checked<typeof DeniedFlow>;

/** Where a packet was refused. */
export const FIREWALL_PATHS = ["input", "forward", "output"] as const;
/** Where a packet was refused. */
export type FirewallPath = typeof FIREWALL_PATHS[number];

/** A maintenance port of a station, open for one source. */
export const FirewallOpening = object({ source: Ipv4, station: Ipv4, port: integer(1, 65_535) });
/** A maintenance port of a station, open for one source. */
export type FirewallOpening = Checked<typeof FirewallOpening>;

/** Loads rulesets so that a mistake undoes itself: checked first, all or nothing, undone unless confirmed in time. */
export interface Firewall {
  /** Takes the next part of a ruleset; `offset` in characters, 0 begins anew. @throws HardwareError HAL_FIREWALL_TEXT */
  stage(part: { readonly offset: number; readonly text: string }): void;
  /** Dry run of the staged ruleset. @throws HardwareError HAL_FIREWALL_TEXT, HAL_TOOL_FAILED */
  check(digest: string): Promise<void>;
  /** Loads the staged ruleset with its settings for `confirmSeconds`. @throws as `check`; what was stays in force */
  apply(
    how: { readonly digest: string; readonly settings: readonly KernelSetting[]; readonly confirmSeconds: number },
  ): Promise<FirewallState>;
  /** Keeps the pending ruleset. @throws HardwareError HAL_FIREWALL when it is not the pending one */
  confirm(digest: string): Promise<FirewallState>;
  /** Undoes the pending ruleset now. @throws HardwareError HAL_FIREWALL when none is pending */
  undo(why: string): Promise<FirewallState>;
  state(): Promise<FirewallState>;
  /** Packets of every named counter. */
  counters(): Promise<Readonly<Record<string, number>>>;
  denied(path: FirewallPath): Promise<readonly DeniedFlow[]>;
  open(opening: FirewallOpening & { readonly seconds: number }): Promise<void>;
  close(opening: FirewallOpening): Promise<void>;
}
