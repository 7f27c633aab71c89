import { isInside } from "../config/ip.ts";
import { describeError, GatewayError, IdentityError } from "../core/errors.ts";
import type { AccessLease } from "../core/people_access_api.ts";
import { TUNNEL_WORKER, type TunnelCount, type TunnelInfo, type TunnelTarget } from "../core/tunnel_api.ts";
import { SourceLimiter } from "../pki/source_limiter.ts";
import { KEYS } from "../store/keys.ts";
import { DEVICE_ROLES, type DeviceRole } from "../../policies/access_types.ts";
import type { Access, AccessCaller } from "./access.ts";
import type { AccessBook } from "./access_book.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import type { People } from "./people.ts";
import { RecordBook } from "./record_book.ts";
import { newToken } from "./secret_text.ts";

/** A tunnel as it is stored, under the digest of its token. */
interface TunnelRecord {
  /** The opened way that it lives and ends with. */
  readonly lease: string;
  readonly person: string;
  readonly station: string;
  readonly port: number;
}

/** A connection in a tunnel. */
interface Entered {
  readonly tunnel: string;
  readonly connection: string;
  readonly source: string;
}

/** What a person asks for. */
export interface TunnelWish {
  readonly station: string;
  readonly port: number;
  readonly deviceRole?: DeviceRole;
  readonly reason: string;
  readonly minutes?: number;
}

/** The site's own firewall, where it keeps a tunnel's port closed otherwise. */
export interface TunnelDoor {
  /** Open in the kernel when it resolves. */
  open(way: {
    readonly stationId: string;
    readonly address: string;
    readonly port: number;
    readonly until: number;
    readonly by: string;
    readonly reason: string;
  }): Promise<void>;
  close(way: { readonly address: string; readonly port: number }): Promise<void>;
}

/** Tries per source address: a token has 256 bits, so this is against noise and floods. */
const ATTEMPTS = { burst: 20, perSecond: 1, sources: 1_000 } as const;

/** What tunnels work with. */
export interface TunnelParts {
  readonly people: People;
  readonly access: Access;
  readonly book: AccessBook;
  /** Absent: no firewall is in the way. */
  readonly door?: TunnelDoor | undefined;
}

/** Engineering tunnels: an opened way with the capability "tunnel" and a token of its own. Ends with the way. */
export class Tunnels {
  readonly #people: People;
  readonly #access: Access;
  readonly #book: AccessBook;
  readonly #records: RecordBook<TunnelRecord>;
  readonly #door: TunnelDoor | undefined;
  readonly #entered = new Map<string, Entered>();
  readonly #attempts = new SourceLimiter(ATTEMPTS);

  private constructor(
    { people, access, book, door }: TunnelParts,
    records: RecordBook<TunnelRecord>,
  ) {
    this.#people = people;
    this.#door = door;
    this.#access = access;
    this.#book = book;
    this.#records = records;
    access.onEnded.push((lease, rule) => this.#ended(lease, rule));
  }

  static async open(parts: TunnelParts): Promise<Tunnels> {
    const records = await RecordBook.open<TunnelRecord>(parts.people.context.store, [...KEYS.people, "tunnel"]);
    return new Tunnels(parts, records);
  }

  /** Opens a tunnel for the caller. @throws TUNNEL_NOT_DECLARED, TUNNEL_FULL, ACCESS_REFUSED, STEP_UP_NEEDED */
  async begin(
    caller: AccessCaller,
    wish: TunnelWish,
  ): Promise<{ readonly tunnel: TunnelInfo; readonly token: string }> {
    const { station, port, reason, minutes } = wish;
    this.#hostOf(station, port);
    if (this.#records.size >= PEOPLE_LIMITS.tunnels) {
      throw new GatewayError("TUNNEL_FULL", `${PEOPLE_LIMITS.tunnels} tunnels are open already`, {
        hint: "`tunnel list` shows them; end those that nobody needs",
      });
    }
    const deviceRole = wish.deviceRole ?? this.#weakestRole(caller, station);
    const lease = await this.#access.open(caller, {
      wish: { station, deviceRole, capability: "tunnel" },
      reason,
      ...minutes === undefined ? {} : { minutes },
    });
    const { context, digest } = this.#people, token = newToken(context.random);
    const record: TunnelRecord = { lease: lease.id, person: lease.person, station, port };
    await this.#people.audit({
      event: "people.tunnel.opened",
      who: lease.person,
      target: station,
      source: caller.source,
      rule: lease.grant,
      detail: { tunnel: lease.id, port, until: new Date(lease.until).toISOString(), reason: lease.reason },
    });
    await this.#records.put(await digest("tunnel", token), record);
    return { tunnel: this.#describe(record, lease, []), token };
  }

  /** Lets a connection in. Whatever is wrong, the answer is the same; the audit says it. @throws TUNNEL_REFUSED, TUNNEL_FULL */
  async enter(
    asked: { readonly token: string; readonly station: string; readonly port: number; readonly source: string },
  ): Promise<TunnelTarget> {
    const { token, station, port, source } = asked;
    const attempt = this.#attempts.attempt(source, this.#people.context.clock.monotonic());
    if (!attempt.allowed) {
      if (!attempt.silent) await this.#refuse(asked, "tunnel.attempts", { before: attempt.before });
      throw refused();
    }
    const record = this.#records.get(await this.#people.digest("tunnel", String(token).slice(0, 128)));
    if (!record) throw await this.#refuse(asked, "tunnel.token");
    if (record.station !== station || record.port !== port) throw await this.#refuse(asked, "tunnel.other-port");
    const lease = await this.#access.check(record.person, record.lease).catch(() => undefined);
    if (!lease) throw await this.#refuse(asked, "tunnel.over");
    if (!this.#mayComeFrom(lease, source)) throw await this.#refuse(asked, "tunnel.source");
    if (this.#of(lease.id).length >= PEOPLE_LIMITS.connectionsOfTunnel) {
      throw new GatewayError("TUNNEL_FULL", `A tunnel has at most ${PEOPLE_LIMITS.connectionsOfTunnel} connections`, {
        hint: "End one of those that are open",
      });
    }
    const host = this.#hostOf(station, port), connection = newToken(this.#people.context.random).slice(0, 12);
    this.#entered.set(connection, { tunnel: lease.id, connection, source });
    const { until, person: by, reason } = lease;
    try {
      await this.#door?.open({ stationId: station, address: host, port, until, by, reason });
      await this.#people.audit({
        event: "people.tunnel.entered",
        who: record.person,
        target: station,
        source,
        rule: lease.grant,
        detail: { tunnel: lease.id, connection, port },
      });
    } catch (error) {
      this.#entered.delete(connection);
      throw error;
    }
    return { tunnel: lease.id, connection, host, port, until: lease.until };
  }

  /** A connection has ended. Told again by a Worker that was not answered, so twice is as good as once. */
  async left({ tunnel, connection, up, down, why }: TunnelCount & { readonly why: string }): Promise<void> {
    const entered = this.#entered.get(connection);
    this.#entered.delete(connection);
    const record = this.#records.all().find(({ lease }) => lease === tunnel);
    const lease = this.#book.leases.get(tunnel);
    await this.#people.audit({
      event: "people.tunnel.left",
      who: record?.person ?? lease?.person ?? "gateway",
      target: record?.station ?? lease?.station ?? tunnel,
      ...entered ? { source: entered.source } : {},
      detail: { tunnel, connection, up, down, why: why.slice(0, 200) },
    });
  }

  /** The tunnels that are open, with what passed through each. */
  async list(): Promise<readonly TunnelInfo[]> {
    const counts = await this.#counts();
    return this.#records.all().flatMap((record) => {
      const lease = this.#book.leases.get(record.lease);
      if (!lease || this.#people.context.clock.now() >= lease.until) return [];
      return [this.#describe(record, lease, counts.filter(({ tunnel }) => tunnel === record.lease))];
    });
  }

  /** The ports of each station that a tunnel may be opened to. */
  declared(): Readonly<Record<string, readonly number[]>> {
    const { stations } = this.#people.context.site;
    return Object.fromEntries(
      stations.flatMap(({ id, address, tunnelPorts }) => address && tunnelPorts ? [[id, tunnelPorts] as const] : []),
    );
  }

  /** Ends ways that no longer hold while somebody is connected, and forgets tokens of ways that are gone. */
  async sweep(): Promise<void> {
    for (const tunnel of new Set([...this.#entered.values()].map((entered) => entered.tunnel))) {
      const lease = this.#book.leases.get(tunnel);
      if (lease) await this.#access.check(lease.person, tunnel).catch(() => undefined); // it has ended it, and told us
    }
    const gone = this.#records.entries().filter(([, { lease }]) => !this.#book.leases.get(lease));
    if (gone.length > 0) await this.#records.remove(gone.map(([digest]) => digest));
  }

  /** The Worker that carries them is there, perhaps longer than control: learns what is open. */
  async workerJoined(): Promise<void> {
    for (const { tunnel, connection } of await this.#counts()) {
      if (!this.#entered.has(connection)) this.#entered.set(connection, { tunnel, connection, source: "unknown" });
    }
  }

  /** Its connections are gone with it; those of a successor are not. */
  async workerLeft(): Promise<void> {
    const living = new Set((await this.#counts()).map(({ connection }) => connection));
    for (const { tunnel, connection } of [...this.#entered.values()]) {
      if (living.has(connection)) continue;
      await this.left({ tunnel, connection, up: 0, down: 0, why: "the tunnel Worker ended; bytes are not known" });
    }
  }

  #ended({ id, capabilities }: AccessLease, rule: string): void {
    const { workers, log } = this.#people.context;
    if (!capabilities.includes("tunnel")) return;
    this.#shut(id).catch((error) => log.warn("people.tunnel.unshut", { tunnel: id, msg: describeError(error) }));
    for (const worker of workers.of(TUNNEL_WORKER)) {
      workers.get(worker).call("tunnel.close", { tunnels: [id], why: `the way was closed (${rule})` })
        .catch((error) => log.warn("people.tunnel.unclosed", { tunnel: id, msg: describeError(error) }));
    }
  }

  /** The firewall's port is closed with the last tunnel to it; if it cannot be told, the kernel does it at the end of the time. */
  async #shut(id: string): Promise<void> {
    const record = this.#records.all().find(({ lease }) => lease === id);
    const address = this.#people.context.site.stations.find((station) => station.id === record?.station)?.address;
    if (!record || address === undefined) return;
    const { station, port } = record;
    const isShared = this.#records.all().some((other) =>
      other.lease !== id && other.station === station && other.port === port && this.#book.leases.get(other.lease)
    );
    if (!isShared) await this.#door?.close({ address, port });
  }

  async #counts(): Promise<readonly TunnelCount[]> {
    const { workers, log } = this.#people.context;
    const all = await Promise.all(
      workers.of(TUNNEL_WORKER).map(async (worker) => {
        try {
          return (await workers.get(worker).call("tunnel.counts", {})).open;
        } catch (error) {
          log.warn("people.tunnel.uncounted", { worker, msg: describeError(error) });
          return [];
        }
      }),
    );
    return all.flat();
  }

  #of(tunnel: string): readonly Entered[] {
    return [...this.#entered.values()].filter((entered) => entered.tunnel === tunnel);
  }

  #describe({ port }: TunnelRecord, lease: AccessLease, counts: readonly TunnelCount[]): TunnelInfo {
    const { id, person, station, reason, since, until } = lease;
    const sum = (key: "down" | "up") => counts.reduce((total, count) => total + count[key], 0);
    return {
      id,
      person,
      station,
      port,
      reason,
      since,
      until,
      connections: counts.length,
      up: sum("up"),
      down: sum("down"),
    };
  }

  /** @throws GatewayError TUNNEL_NOT_DECLARED */
  #hostOf(station: string, port: number): string {
    const { address, tunnelPorts } = this.#people.context.site.stations.find(({ id }) => id === station) ?? {};
    if (address !== undefined && tunnelPorts?.includes(port)) return address;
    throw new GatewayError(
      "TUNNEL_NOT_DECLARED",
      `site.yaml declares no tunnel to port ${port} of "${station.slice(0, 48)}"`,
      {
        hint: tunnelPorts
          ? `Declared: ${tunnelPorts.join(", ")}`
          : "Write tunnelPorts: and address: at the station, and reload",
      },
    );
  }

  /** SSH knows no accounts of the web page: the first account, weakest first, under which a grant opens tunnels. */
  #weakestRole(caller: AccessCaller, station: string): DeviceRole {
    const decided = DEVICE_ROLES.map((deviceRole) => ({
      deviceRole,
      decision: this.#access.decide(caller, { station, deviceRole, capability: "tunnel" }),
    }));
    const open = decided.find(({ decision }) => decision.effect === "allow") ??
      decided.find(({ decision }) => decision.effect === "deny" && decision.next !== undefined);
    return open?.deviceRole ?? "installer";
  }

  #mayComeFrom({ grant }: AccessLease, source: string): boolean {
    const networks = this.#book.allGrants().find(({ id }) => id === grant)?.sources;
    return networks === undefined ||
      networks.some((network) => isInside(source.replace(/^::ffff:(?=\d)/i, ""), network));
  }

  async #refuse(
    { station, port, source }: { readonly station: string; readonly port: number; readonly source: string },
    rule: string,
    more: Readonly<Record<string, number>> = {},
  ): Promise<IdentityError> {
    await this.#people.audit({
      event: "people.tunnel.refused",
      who: "unknown",
      target: String(station).slice(0, 48),
      outcome: "refused",
      rule,
      source,
      detail: { port, ...more },
    });
    return refused();
  }
}

function refused(): IdentityError {
  return new IdentityError("TUNNEL_REFUSED", "This token opens no such tunnel", {
    hint: "Open the tunnel anew at the console; its token is for one port of one station and for minutes",
  });
}
