import { addressBytes, type DhcpMessage } from "../codec.ts";
import { type Instant, type KnownDevice, type Lease, LeaseTable } from "../lease.ts";
import { MESSAGE_TYPES, type MessageType, OPTION } from "../options.ts";
import { ServerSession } from "../session.ts";
import type { ClientPacket, Effect, Reply, ServerSettings } from "../session_types.ts";

/** 10.20.0.N */
export const ip = (last: number): number => 0x0a140000 + last;
/** 02:00:00:00:00:NN */
export const macOf = (last: number): string => `02:00:00:00:00:${last.toString(16).padStart(2, "0")}`;

/** What a client says; defaults are those of a plain DISCOVER of device 0x11. */
export interface Said {
  readonly type?: MessageType;
  readonly mac?: string;
  readonly requested?: number;
  readonly server?: number;
  readonly ciaddr?: number;
  readonly giaddr?: number;
  readonly broadcast?: boolean;
  readonly hostname?: string;
  readonly asks?: readonly number[];
  readonly more?: readonly (readonly [number, Uint8Array])[];
  readonly relayInfo?: ReadonlyMap<number, Uint8Array>;
}

/** A message of a client. */
export function packet(said: Said = {}): ClientPacket {
  const { type = "discover", mac = macOf(0x11), requested, server, hostname, asks, more = [], relayInfo } = said;
  const options = new Map<number, Uint8Array>([[OPTION.messageType, Uint8Array.of(MESSAGE_TYPES[type])], ...more]);
  if (requested !== undefined) options.set(OPTION.requestedAddress, addressBytes(requested));
  if (server !== undefined) options.set(OPTION.serverId, addressBytes(server));
  if (hostname !== undefined) options.set(OPTION.hostname, new TextEncoder().encode(hostname));
  if (asks) options.set(OPTION.parameterList, Uint8Array.from(asks));
  const message: DhcpMessage = {
    ...{ op: "request", hops: 0, xid: 7, secs: 0, broadcast: said.broadcast ?? false },
    ...{ ciaddr: said.ciaddr ?? 0, yiaddr: 0, siaddr: 0, giaddr: said.giaddr ?? 0, chaddr: mac, options },
  };
  return { message, sourceMac: mac, source: said.ciaddr ?? 0, ...relayInfo ? { relayInfo } : {} };
}

/** Settings of a zone 10.20.0.0/24 with a pool of three addresses; no probe unless asked for. */
export const SETTINGS: ServerSettings = {
  zone: "ot",
  self: ip(1),
  subnet: { from: ip(0), to: ip(255) },
  pool: { from: ip(100), to: ip(102) },
  quarantinePool: { from: ip(240), to: ip(241) },
  seconds: { reservation: 604_800, pool: 3_600, quarantine: 120, relayed: 600 },
  declineSeconds: 600,
  conflictProbeMs: 0,
  mode: "server",
  options: (_, kind) =>
    new Map(
      kind === "quarantine"
        ? [[OPTION.subnetMask, addressBytes(0xffffff00)]]
        : [[OPTION.subnetMask, addressBytes(0xffffff00)], [OPTION.router, addressBytes(ip(1))], [
          OPTION.ntp,
          addressBytes(ip(1)),
        ]],
    ),
  judge: (_, isKnown) =>
    isKnown
      ? { treatment: "serve", rule: "dhcp.known" }
      : { treatment: "ignore", rule: "dhcp.unknown", reason: "nobody knows it" },
};

/** Known devices: 0x11 with a reservation, 0x12 and 0x13 without. */
export const KNOWN: readonly KnownDevice[] = [
  { name: "CP011", isStation: true, mac: macOf(0x11), address: ip(11) },
  { name: "CP012", isStation: true, mac: macOf(0x12) },
  { name: "meter", isStation: false, mac: macOf(0x13) },
];

/** A session with a clock, a disk that a test plays, and the effects in words. */
export class SessionRig {
  readonly session: ServerSession;
  readonly leases: LeaseTable;
  wall = Date.UTC(2026, 0, 1);
  mono = 0;
  /** The disk takes leases at once; false: they wait for `settle`. */
  storesAtOnce = true;
  storesAtAll = true;
  readonly #waiting: { readonly id: number; readonly lease: Lease }[] = [];

  constructor(
    settings: Partial<ServerSettings> = {},
    { known = KNOWN, leases = [] }: { readonly known?: readonly KnownDevice[]; readonly leases?: readonly Lease[] } =
      {},
  ) {
    this.leases = new LeaseTable(leases);
    this.session = new ServerSession({ ...SETTINGS, ...settings }, this.leases, known);
  }

  get now(): Instant {
    return { wall: this.wall, mono: this.mono };
  }

  say(said: Said = {}): Effect[] {
    return this.#play(this.session.receive(packet(said), this.now));
  }

  claim(address: number, mac: string): Effect[] {
    return this.#play(this.session.claimed(address, mac, this.now));
  }

  /** Moves time and lets the session see it. */
  pass(ms: number): Effect[] {
    this.wall += ms;
    this.mono += ms;
    return this.#play(this.session.tick(this.now));
  }

  /** The disk is done with the oldest lease. */
  settle(isStored = true): Effect[] {
    const next = this.#waiting.shift();
    return next ? this.session.stored(next.id, isStored) : [];
  }

  /** DISCOVER and REQUEST until the ACK. */
  bind(said: Said = {}): Reply | undefined {
    const offer = replies(this.say(said))[0];
    if (!offer) return undefined;
    const request = { ...said, type: "request", server: ip(1), requested: offer.message.yiaddr } as const;
    return replies(this.say(request))[0];
  }

  #play(effects: Effect[]): Effect[] {
    return effects.flatMap((effect): Effect[] => {
      if (effect.do !== "store") return [effect];
      if (this.storesAtOnce) return [effect, ...this.session.stored(effect.id, this.storesAtAll)];
      this.#waiting.push(effect);
      return [effect];
    });
  }
}

/** The replies among effects. */
export function replies(effects: readonly Effect[]): Reply[] {
  return effects.flatMap((effect) => effect.do === "send" ? [effect.reply] : []);
}

const TYPE_NAMES = new Map<number | undefined, string>(
  Object.entries(MESSAGE_TYPES).map(([name, code]) => [code, name]),
);

/** Effects in short: "offer 10.20.0.11", "nak", "probe .100", "tell conflict", "store .11 bound". */
export function inShort(effects: readonly Effect[]): string[] {
  return effects.map((effect) => {
    switch (effect.do) {
      case "send": {
        const { message } = effect.reply;
        const type = TYPE_NAMES.get(message.options.get(OPTION.messageType)?.[0]);
        return message.yiaddr === 0 ? `${type}` : `${type} .${message.yiaddr & 0xff}`;
      }
      case "store":
        return `store .${effect.lease.address & 0xff} ${effect.lease.state}`;
      case "probe":
        return `probe .${effect.address & 0xff}`;
      case "tell":
        return `tell ${effect.fact.kind}`;
      default:
        return effect satisfies never;
    }
  });
}
