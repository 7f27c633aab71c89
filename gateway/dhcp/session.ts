import { AddressPool } from "./address_pool.ts";
import { addressOption, hex, type Ipv4, textOption, typeOf } from "./codec.ts";
import { KnownDevices } from "./known_devices.ts";
import { type Instant, isIn, type KnownDevice, type Lease, type LeaseKind, type LeaseTable } from "./lease.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { OPTION, RELAY } from "./options.ts";
import { type Asker, changeFacts, fingerprintOf, impostorFact, refusalFact, wantedBy } from "./session_asker.ts";
import { Offers } from "./session_offers.ts";
import { grantReply, nakReply } from "./session_reply.ts";
import type { DhcpFact } from "../core/dhcp_api.ts";
import type { ClientPacket, Effect, ServerSettings } from "./session_types.ts";

interface Waiting {
  readonly asker: Asker;
  readonly lease: Lease;
  readonly before: Lease | undefined;
}

/**
 * The server of one zone as a state machine (RFC 2131 section 4.3): no sockets, no timers, no clock. An ACK leaves only
 * after `stored` said that its lease is on the disk.
 */
export class ServerSession {
  readonly #settings: ServerSettings;
  readonly #leases: LeaseTable;
  readonly #offers = new Offers();
  readonly #waiting = new Map<number, Waiting>();
  readonly #waitingMacs = new Set<string>();
  /** Addresses set aside by the word of each device. */
  readonly #declines = new Map<string, number>();
  readonly #pools: Readonly<Record<"pool" | "quarantine", AddressPool | undefined>>;
  #known: KnownDevices;
  #nextId = 1;

  constructor(settings: ServerSettings, leases: LeaseTable, known: readonly KnownDevice[]) {
    this.#settings = settings;
    this.#leases = leases;
    this.#known = new KnownDevices(known);
    const isReserved = (address: Ipv4) => address === settings.self || this.#known.at(address) !== undefined;
    const { pool, quarantinePool } = settings;
    this.#pools = {
      pool: pool && new AddressPool(pool, leases, isReserved),
      quarantine: quarantinePool && new AddressPool(quarantinePool, leases, isReserved),
    };
  }

  /** The devices of the site have changed. */
  setKnown(known: readonly KnownDevice[]): void {
    this.#known = new KnownDevices(known);
  }

  /** Whether this device would be served as itself: it is known, or has an address here. */
  isFamiliar(mac: string): boolean {
    return this.#known.find(mac, undefined, undefined) !== undefined || this.#leases.of(mac) !== undefined;
  }

  /** A message of a client came in. */
  receive(packet: ClientPacket, at: Instant): Effect[] {
    const { message } = packet;
    const type = message.op === "request" ? typeOf(message) : undefined;
    if (type === undefined) return [];
    const asker = this.#look(packet);
    const { treatment } = asker.judgement;
    const refused: Effect[] = asker.judgement.reason === undefined
      ? []
      : [tell(refusalFact(asker, this.#settings.zone)), ...this.#impostor(asker, wantedBy(message))];
    if (treatment === "ignore" || treatment === "nak" && type !== "request") return refused;
    if (this.#waitingMacs.has(asker.mac)) return []; // A repeat: its answer is on its way to the disk.
    switch (type) {
      case "discover":
        return this.#discover(asker, at);
      case "request":
        if (treatment === "nak") return [...refused, this.#nak(asker, "unknown device")];
        return this.#request(asker, at);
      case "decline":
        return this.#decline(asker, at);
      case "release":
        return this.#release(asker, at);
      case "inform":
        return this.#inform(asker);
      case "offer":
      case "ack":
      case "nak":
        return []; // Not a client's word.
      default:
        return type satisfies never;
    }
  }

  /** A device says by ARP that an address is its own. */
  claimed(address: Ipv4, mac: string, at: Instant): Effect[] {
    const offer = this.#offers.at(address);
    if (!offer) return [];
    const asker = offer.asker as Asker;
    if (mac === offer.mac) return offer.state === "probing" ? this.#offerNow(asker, offer.address, offer.kind, at) : [];
    const fact = tell({
      kind: "conflict",
      zone: this.#settings.zone,
      address,
      mac: offer.mac,
      claimedBy: mac,
      ...asker.device ? { device: asker.device.name } : {},
    });
    // A reservation is the admin's will: it is offered all the same, and the alarm names who has it.
    if (offer.kind === "reservation") {
      return offer.state === "probing" ? [fact, ...this.#offerNow(asker, address, offer.kind, at)] : [];
    }
    this.#offers.remove(offer.mac);
    const blocked = this.#block(address, mac, offer.kind, at);
    return [fact, blocked, ...offer.state === "probing" ? this.#discover(asker, at) : []];
  }

  /** Time has passed: addresses nobody claimed are offered, old offers are forgotten. */
  tick(at: Instant): Effect[] {
    const due = this.#offers.due(at.mono);
    return due.flatMap((offer) => this.#offerNow(offer.asker as Asker, offer.address, offer.kind, at));
  }

  /** A lease is on the disk, or could not be stored: then nothing is said and the device asks again. */
  stored(id: number, isStored: boolean): Effect[] {
    const waiting = this.#waiting.get(id);
    if (!waiting) return [];
    this.#waiting.delete(id);
    const { asker, lease, before } = waiting;
    this.#waitingMacs.delete(asker.mac);
    if (!isStored) return [];
    this.#leases.put(lease);
    if (lease.state === "released") return [tell({ kind: "released", lease })];
    if (lease.state === "declined") return [];
    this.#offers.remove(asker.mac);
    const isNew = before?.mac !== lease.mac || before.state !== "bound" || before.expiresAt <= lease.renewedAt;
    const { device } = asker;
    const seconds = Math.round((lease.expiresAt - lease.renewedAt) / 1_000);
    const grant = { type: "ack", address: lease.address, seconds, kind: lease.kind, device } as const;
    return [
      { do: "send", reply: grantReply(this.#settings, asker.packet, grant) },
      tell({ kind: "granted", lease, isNew, ...device ? { device: device.name } : {} }),
      ...changeFacts(asker, before, this.#settings.zone).map(tell),
    ];
  }

  #look(packet: ClientPacket): Asker {
    const { message, relayInfo } = packet;
    const clientIdBytes = message.options.get(OPTION.clientId);
    const circuitBytes = relayInfo?.get(RELAY.circuitId);
    const clientId = clientIdBytes && hex(clientIdBytes.subarray(0, DHCP_LIMITS.textChars));
    const circuitId = circuitBytes && hex(circuitBytes.subarray(0, DHCP_LIMITS.textChars));
    const mac = message.chaddr;
    const device = this.#known.find(mac, clientId, circuitId);
    const isKnown = device !== undefined ||
      this.#settings.mode === "fallback" && this.#leases.of(mac)?.kind === "relayed";
    return {
      packet,
      mac,
      device,
      judgement: this.#settings.judge(packet, isKnown),
      clientId,
      circuitId,
      fingerprint: fingerprintOf(message),
    };
  }

  #discover(asker: Asker, at: Instant): Effect[] {
    const open = this.#offers.of(asker.mac);
    if (open?.state === "probing") return [];
    if (open) return this.#offerNow(asker, open.address, open.kind, at);
    const chosen = this.#choose(asker, at);
    if (!chosen) return this.#settings.mode === "fallback" ? [] : [this.#exhausted(asker)];
    const impostor = this.#impostor(asker, addressOption(asker.packet.message, OPTION.requestedAddress));
    const lease = this.#leases.get(chosen.address);
    const isProven = lease?.mac === asker.mac && lease.state === "bound";
    if (this.#settings.conflictProbeMs === 0 || isProven) {
      return [...impostor, ...this.#offerNow(asker, chosen.address, chosen.kind, at)];
    }
    const probe = { mac: asker.mac, ...chosen, asker, until: at.mono + this.#settings.conflictProbeMs };
    if (!this.#offers.add({ ...probe, state: "probing" })) return impostor;
    return [...impostor, { do: "probe", address: chosen.address }];
  }

  #offerNow(asker: Asker, address: Ipv4, kind: LeaseKind, at: Instant): Effect[] {
    const offer = { mac: asker.mac, address, kind, asker, until: at.mono + DHCP_LIMITS.offerMs } as const;
    if (!this.#offers.add({ ...offer, state: "offered" })) return [];
    const grant = {
      type: "offer",
      address,
      kind,
      seconds: this.#settings.seconds[kind],
      device: asker.device,
    } as const;
    return [{ do: "send", reply: grantReply(this.#settings, asker.packet, grant) }];
  }

  #request(asker: Asker, at: Instant): Effect[] {
    const { message } = asker.packet;
    const server = addressOption(message, OPTION.serverId);
    if (server !== undefined && server !== this.#settings.self) {
      this.#offers.remove(asker.mac);
      return [tell({ kind: "foreign-server", zone: this.#settings.zone, address: server })];
    }
    const wanted = wantedBy(message);
    if (wanted === undefined || wanted === 0) return [];
    const impostor = this.#impostor(asker, wanted);
    const kind = this.#mayHave(asker, wanted, at);
    if (kind !== undefined) return [...impostor, ...this.#grant(asker, wanted, kind, at)];
    if (this.#settings.mode === "fallback") return [];
    const why = isIn(wanted, this.#settings.subnet) ? "address is not yours" : "wrong network";
    return [...impostor, this.#nak(asker, why)];
  }

  #grant(asker: Asker, address: Ipv4, kind: LeaseKind, at: Instant): Effect[] {
    if (this.#waiting.size >= DHCP_LIMITS.waitingCommits) return [];
    const before = this.#leases.get(address);
    const mine = before?.mac === asker.mac && before.state === "bound" ? before : undefined;
    const hostname = textOption(asker.packet.message, OPTION.hostname);
    const { clientId, circuitId, fingerprint } = asker;
    const lease: Lease = {
      zone: this.#settings.zone,
      address,
      mac: asker.mac,
      state: "bound",
      kind,
      since: mine?.since ?? at.wall,
      renewedAt: at.wall,
      expiresAt: at.wall + this.#settings.seconds[kind] * 1_000,
      fingerprint,
      ...hostname === undefined ? {} : { hostname },
      ...clientId === undefined ? {} : { clientId },
      ...circuitId === undefined ? {} : { circuitId },
    };
    return [this.#store(asker, lease, before)];
  }

  /** Somebody else has the address (RFC 2131 section 4.3.3). */
  #decline(asker: Asker, at: Instant): Effect[] {
    const address = addressOption(asker.packet.message, OPTION.requestedAddress);
    const lease = address === undefined ? undefined : this.#leases.get(address);
    if (this.#settings.mode === "fallback" || !lease || lease.mac !== asker.mac || lease.state !== "bound") return [];
    const { zone } = this.#settings;
    const fact = tell({
      kind: "conflict",
      zone,
      address: lease.address,
      mac: asker.mac,
      ...asker.device ? { device: asker.device.name } : {},
    });
    // A device that declines whatever it gets would empty the pool: after a few its word counts no more.
    const declines = this.#declines.get(asker.mac) ?? 0;
    if (lease.kind === "reservation" || declines >= DHCP_LIMITS.declines) return [fact];
    this.#declines.delete(asker.mac);
    this.#declines.set(asker.mac, declines + 1);
    if (this.#declines.size > DHCP_LIMITS.sources) this.#declines.delete(this.#declines.keys().next().value!);
    return [fact, this.#block(lease.address, asker.mac, lease.kind, at)];
  }

  #release(asker: Asker, at: Instant): Effect[] {
    const lease = this.#leases.get(asker.packet.message.ciaddr);
    if (!lease || lease.mac !== asker.mac || lease.state !== "bound") return [];
    return [this.#store(asker, { ...lease, state: "released", renewedAt: at.wall, expiresAt: at.wall }, lease)];
  }

  /** It has an address of its own and wants the rest (RFC 2131 section 4.3.5). */
  #inform(asker: Asker): Effect[] {
    const { ciaddr } = asker.packet.message;
    if (!isIn(ciaddr, this.#settings.subnet)) return [];
    const kind = asker.judgement.treatment === "quarantine" ? "quarantine" : "reservation";
    const grant = { type: "ack", address: ciaddr, kind, device: asker.device } as const;
    return [{ do: "send", reply: grantReply(this.#settings, asker.packet, grant) }];
  }

  /** The address that a device gets: its reservation, what it had, what it wants, or the next free one. */
  #choose(asker: Asker, at: Instant): { readonly address: Ipv4; readonly kind: LeaseKind } | undefined {
    const { mac, device } = asker;
    const had = this.#leases.of(mac)?.address;
    const wanted = addressOption(asker.packet.message, OPTION.requestedAddress);
    for (const address of [device?.address, had, wanted]) {
      const kind = address === undefined ? undefined : this.#mayHave(asker, address, at);
      if (kind !== undefined) return { address: address!, kind };
    }
    const kind = this.#poolKind(asker);
    if (this.#settings.mode === "fallback" || device?.address !== undefined) return undefined;
    const isTaken = (address: Ipv4) => this.#offers.at(address) !== undefined;
    const address = this.#pools[kind]?.next(at.wall, at.mono, isTaken);
    return address === undefined ? undefined : { address, kind };
  }

  /** As what a device may have this very address now; undefined: not at all. */
  #mayHave({ mac, device, judgement }: Asker, address: Ipv4, at: Instant): LeaseKind | undefined {
    const offer = this.#offers.at(address);
    if (offer && offer.mac !== mac) return undefined;
    if (this.#settings.mode === "fallback") {
      const lease = this.#leases.get(address);
      return lease?.mac === mac && lease.state === "bound" ? "relayed" : undefined;
    }
    if (device?.address !== undefined) return device.address === address ? "reservation" : undefined;
    if (address === this.#settings.self || this.#known.at(address)) return undefined;
    if (!this.#leases.isFreeFor(mac, address, at.wall)) return undefined;
    if (judgement.treatment === "quarantine") {
      return isIn(address, this.#settings.quarantinePool) ? "quarantine" : undefined;
    }
    return isIn(address, this.#settings.pool) ? "pool" : undefined;
  }

  #poolKind({ judgement }: Asker): "pool" | "quarantine" {
    return judgement.treatment === "quarantine" ? "quarantine" : "pool";
  }

  #exhausted(asker: Asker): Effect {
    return tell({ kind: "exhausted", zone: this.#settings.zone, pool: this.#poolKind(asker) });
  }

  #block(address: Ipv4, mac: string, kind: LeaseKind, at: Instant): Effect {
    const expiresAt = at.wall + this.#settings.declineSeconds * 1_000;
    const lease: Lease = {
      ...{ zone: this.#settings.zone, address, mac, state: "declined", kind },
      ...{ since: at.wall, renewedAt: at.wall, expiresAt },
    };
    this.#leases.put(lease); // At once: it must not be offered again even if it cannot be stored.
    return { do: "store", id: this.#nextId++, lease };
  }

  #store(asker: Asker, lease: Lease, before: Lease | undefined): Effect {
    const id = this.#nextId++;
    this.#waiting.set(id, { asker, lease, before });
    this.#waitingMacs.add(asker.mac);
    return { do: "store", id, lease };
  }

  #impostor(asker: Asker, wanted: Ipv4 | undefined): Effect[] {
    const owner = wanted === undefined ? undefined : this.#known.at(wanted);
    return impostorFact(asker, owner, this.#settings.zone).map(tell);
  }

  #nak(asker: Asker, why: string): Effect {
    this.#offers.remove(asker.mac);
    return { do: "send", reply: nakReply(this.#settings, asker.packet, why) };
  }
}

function tell(fact: DhcpFact): Effect {
  return { do: "tell", fact };
}
