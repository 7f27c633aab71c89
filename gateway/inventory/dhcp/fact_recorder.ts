import type { ControlContext } from "../../control/contract.ts";
import type { AuditEvent } from "../../core/control_api.ts";
import type { DhcpFact } from "../../core/dhcp_api.ts";
import { describeError } from "../../core/errors.ts";
import { addressText } from "./address_text.ts";
import { DHCP_BOOK_LIMITS } from "./limits.ts";

/** Something remembered for `dhcp status`. */
export interface Sight {
  readonly kind: "conflict" | "foreign-server" | "changed";
  readonly zone: string;
  readonly subject: string;
  readonly detail: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly count: number;
}

type Of<K extends DhcpFact["kind"]> = Extract<DhcpFact, { readonly kind: K }>;
type Surroundings = Pick<ControlContext, "audit" | "alarms" | "clock" | "log" | "metrics">;

/**
 * Turns what the Worker reports into audit records, alarms and the list of `dhcp status`. Bounded against floods: one
 * refusal of one MAC by one rule is recorded once in a while, and only so many records are written in a second.
 */
export class FactRecorder {
  readonly #context: Surroundings;
  readonly #sights = new Map<string, Sight>();
  /** Alarms that are over by themselves when nothing more is seen of their cause, with when it was seen last. */
  readonly #fading = new Map<string, { readonly kind: string; readonly subject: string; readonly at: number }>();
  readonly #refusals = new Map<string, { readonly at: number; suppressed: number }>();
  #second = -1;
  #written = 0;
  #uncounted = 0;

  constructor(context: Surroundings) {
    this.#context = context;
  }

  /** What was seen lately, newest first. */
  sights(): readonly Sight[] {
    return [...this.#sights.values()].sort((a, b) => b.lastSeen - a.lastSeen);
  }

  /** Takes one fact; never throws, since nothing of the Worker depends on it. */
  async take(fact: DhcpFact): Promise<void> {
    try {
      await this.#take(fact);
    } catch (error) {
      this.#context.log.error("dhcp.fact.unrecorded", { kind: fact.kind, msg: describeError(error) });
    }
  }

  /** Ends alarms whose cause was not seen for a while. */
  async settle(): Promise<void> {
    const before = this.#context.clock.now() - DHCP_BOOK_LIMITS.quietMs;
    for (const [key, { lastSeen }] of this.#sights) if (lastSeen <= before) this.#sights.delete(key);
    for (const [key, { kind, subject, at }] of this.#fading) {
      if (at > before) continue;
      this.#fading.delete(key);
      await this.#context.alarms.clear(kind, subject);
    }
  }

  async #take(fact: DhcpFact): Promise<void> {
    switch (fact.kind) {
      case "granted":
        return fact.isNew ? await this.#granted(fact) : undefined;
      case "released":
        return await this.#record("dhcp.lease.released", "operation", fact.lease.mac, "ok", {
          zone: fact.lease.zone,
          address: addressText(fact.lease.address),
        });
      case "refused":
        return await this.#refused(fact);
      case "conflict":
        return await this.#conflict(fact);
      case "foreign-server":
        return await this.#foreign(fact);
      case "exhausted":
        return await this.#alarm("dhcp.pool.exhausted", `${fact.zone} ${fact.pool}`);
      case "changed":
        return await this.#changed(fact);
      case "flood":
        return await this.#flood(fact);
      case "link":
        return await this.#link(fact);
      case "tunnel":
        return await this.#tunnel(fact);
      default:
        return fact satisfies never;
    }
  }

  async #granted({ lease, device }: Of<"granted">): Promise<void> {
    await this.#record("dhcp.lease.granted", "operation", device ?? lease.mac, "ok", {
      zone: lease.zone,
      address: addressText(lease.address),
      mac: lease.mac,
      kind: lease.kind,
      seconds: Math.round((lease.expiresAt - lease.renewedAt) / 1_000),
    });
  }

  async #refused({ rule, reason, mac, zone }: Of<"refused">): Promise<void> {
    this.#context.metrics.count("bulkhead_dhcp_refused_total", { rule });
    const now = this.#context.clock.monotonic();
    const key = `${rule} ${mac}`;
    const last = this.#refusals.get(key);
    if (last && now - last.at < DHCP_BOOK_LIMITS.refusalMs) {
      last.suppressed++;
      return;
    }
    this.#refusals.delete(key);
    this.#refusals.set(key, { at: now, suppressed: 0 });
    if (this.#refusals.size > DHCP_BOOK_LIMITS.refusals) this.#refusals.delete(this.#refusals.keys().next().value!);
    const detail = { zone, reason, ...last ? { more: last.suppressed } : {} };
    await this.#record("dhcp.message.refused", "security", mac, "refused", detail, rule);
  }

  async #conflict({ zone, address, mac, claimedBy, device }: Of<"conflict">): Promise<void> {
    const subject = `${zone} ${addressText(address)}`;
    const whose = device ?? mac;
    const text = claimedBy === undefined
      ? `${whose} says that somebody else has the address`
      : `${claimedBy} has the address that ${whose} is to get`;
    if (this.#see("conflict", zone, subject, text)) {
      await this.#record("dhcp.conflict.seen", "security", whose, "failed", {
        zone,
        address: addressText(address),
        text,
      });
    }
    await this.#alarm("dhcp.address.conflict", subject, text);
  }

  async #foreign({ zone, address, mac }: Of<"foreign-server">): Promise<void> {
    const subject = `${zone} ${addressText(address)}`;
    const text = mac === undefined ? "a device took up its offer" : `it answers from ${mac}`;
    if (this.#see("foreign-server", zone, subject, text)) {
      const detail = { zone, address: addressText(address), ...mac === undefined ? {} : { mac } };
      await this.#record("dhcp.server.seen", "security", mac ?? addressText(address), "failed", detail);
    }
    await this.#alarm("dhcp.server.foreign", subject, text);
  }

  async #changed({ zone, device, what, before, after }: Of<"changed">): Promise<void> {
    const text = `${what}: ${before} became ${after}`;
    if (this.#see("changed", zone, `${device} ${what}`, text)) {
      await this.#record("dhcp.device.changed", "security", device, "failed", { zone, what, before, after });
    }
    await this.#alarm("dhcp.device.changed", device, text);
  }

  async #flood({ zone, mac, dropped }: Of<"flood">): Promise<void> {
    this.#context.metrics.count("bulkhead_dhcp_dropped_total", {}, dropped);
    await this.#alarm("dhcp.flood", zone, `${dropped} messages, most from ${mac}`);
  }

  async #link({ zone, isUp, why }: Of<"link">): Promise<void> {
    const { alarms } = this.#context;
    if (isUp) return await alarms.clear("dhcp.zone.unserved", zone);
    await alarms.raise({ kind: "dhcp.zone.unserved", subject: zone, ...why === undefined ? {} : { detail: why } });
  }

  async #tunnel({ zone, isUp, why }: Of<"tunnel">): Promise<void> {
    const { alarms } = this.#context;
    if (isUp) await alarms.clear("dhcp.tunnel.down", zone);
    else await alarms.raise({ kind: "dhcp.tunnel.down", subject: zone, ...why === undefined ? {} : { detail: why } });
    await this.#record(isUp ? "dhcp.tunnel.opened" : "dhcp.tunnel.closed", "operation", zone, isUp ? "ok" : "failed", {
      ...why === undefined ? {} : { why },
    });
  }

  async #alarm(kind: string, subject: string, detail?: string): Promise<void> {
    const key = `${kind} ${subject}`;
    this.#fading.delete(key);
    this.#fading.set(key, { kind, subject, at: this.#context.clock.now() });
    if (this.#fading.size > DHCP_BOOK_LIMITS.fading) this.#fading.delete(this.#fading.keys().next().value!);
    await this.#context.alarms.raise({ kind, subject, ...detail === undefined ? {} : { detail } });
  }

  /** Remembers a sight; true when it is new. */
  #see(kind: Sight["kind"], zone: string, subject: string, detail: string): boolean {
    const key = `${kind} ${subject}`;
    const now = this.#context.clock.now();
    const before = this.#sights.get(key);
    this.#sights.delete(key);
    const [firstSeen, count] = [before?.firstSeen ?? now, (before?.count ?? 0) + 1];
    this.#sights.set(key, { kind, zone, subject, detail, firstSeen, lastSeen: now, count });
    if (this.#sights.size > DHCP_BOOK_LIMITS.remembered) this.#sights.delete(this.#sights.keys().next().value!);
    return before === undefined || before.detail !== detail;
  }

  async #record(
    event: string,
    kind: AuditEvent["class"],
    who: string,
    outcome: AuditEvent["outcome"],
    detail: Record<string, string | number | boolean>,
    rule?: string,
  ): Promise<void> {
    const second = Math.floor(this.#context.clock.monotonic() / 1_000);
    if (second !== this.#second) [this.#second, this.#written] = [second, 0];
    if (this.#written >= DHCP_BOOK_LIMITS.recordsPerSecond) {
      this.#uncounted++;
      return;
    }
    this.#written++;
    const uncounted = this.#uncounted === 0 ? {} : { unrecorded: this.#uncounted };
    this.#uncounted = 0;
    await this.#context.audit.record({
      event,
      class: kind,
      who,
      outcome,
      detail: { ...detail, ...uncounted },
      ...rule === undefined ? {} : { rule },
    });
  }
}
