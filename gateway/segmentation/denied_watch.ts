import type { DeniedFlow, FirewallPath } from "../../hal/firewall.ts";
import type { Segmentation, SegmentedZone } from "../../policies/segmentation_model.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";

/** A refused flow with the zone it was tried in, and since when. */
export interface SeenDenied extends DeniedFlow {
  readonly path: FirewallPath;
  readonly zone: string;
  /** Milliseconds since the epoch: first and last time that its count grew. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What the watch wants raised or cleared; the subject is who tried, so that one device is one alarm. */
export interface DeniedAlarms {
  readonly raise: readonly { readonly subject: string; readonly detail: string }[];
  readonly clear: readonly string[];
}

/** Subject of the alarm that stands for all that are too many. */
export const MANY_SUBJECT = "many devices";

/**
 * Remembers refused flows between looks at the kernel's sets and says which devices to alarm about: stations, and the box
 * itself. What comes from an uplink or from people's zone is shown, not alarmed: there, noise is weather. Pure but for time.
 */
export class DeniedWatch {
  readonly #seen = new Map<string, SeenDenied>();
  readonly #alarmed = new Map<string, number>();

  /** All that is remembered, the newest first. */
  flows(): readonly SeenDenied[] {
    return [...this.#seen.values()].toSorted((a, b) => b.lastAt - a.lastAt);
  }

  look(
    found: readonly (DeniedFlow & { readonly path: FirewallPath })[],
    { zones }: Segmentation,
    now: number,
  ): DeniedAlarms {
    const grown: SeenDenied[] = [];
    const present = new Set<string>();
    for (const flow of found) {
      const key = keyOf(flow);
      present.add(key);
      const before = this.#seen.get(key);
      const hasGrown = before === undefined || flow.packets > before.packets;
      const zone = zones.find((one) => one.interface === flow.interface)?.id ?? flow.interface;
      const next = { ...flow, zone, firstAt: before?.firstAt ?? now, lastAt: hasGrown ? now : before.lastAt };
      this.#seen.set(key, next);
      if (hasGrown) grown.push(next);
    }
    for (const key of this.#seen.keys()) if (!present.has(key)) this.#seen.delete(key); // the kernel forgot it
    return { raise: this.#raise(grown, zones, now), clear: this.#quiet(now) };
  }

  #raise(grown: readonly SeenDenied[], zones: readonly SegmentedZone[], now: number): DeniedAlarms["raise"] {
    const bySubject = Map.groupBy(grown.filter((flow) => isAlarming(flow, zones)), subjectOf);
    const raise: { subject: string; detail: string }[] = [];
    for (const [subject, flows] of bySubject) {
      const isKnown = this.#alarmed.has(subject);
      const name = isKnown || this.#alarmed.size < SEGMENTATION_LIMITS.deniedAlarms ? subject : MANY_SUBJECT;
      const detail = flows.slice(0, 5).map(detailOf).join(", ") +
        (flows.length > 5 ? `, and ${flows.length - 5} more` : "");
      if (!this.#alarmed.has(name) || isKnown) raise.push({ subject: name, detail });
      this.#alarmed.set(name, now);
    }
    return raise;
  }

  #quiet(now: number): string[] {
    const over = [...this.#alarmed].filter(([, at]) => now - at >= SEGMENTATION_LIMITS.deniedQuietMs);
    for (const [subject] of over) this.#alarmed.delete(subject);
    return over.map(([subject]) => subject);
  }
}

const keyOf = (flow: DeniedFlow & { readonly path: FirewallPath }) =>
  [flow.path, flow.interface, flow.source, flow.destination, flow.protocol, flow.port].join(" ");
const subjectOf = (flow: SeenDenied) => flow.path === "output" ? "box" : `${flow.zone} ${flow.source}`;
const detailOf = ({ destination, protocol, port }: SeenDenied) =>
  protocol === "icmp" ? `${destination} ping` : `${destination} ${protocol}/${port}`;

function isAlarming(flow: SeenDenied, zones: readonly SegmentedZone[]): boolean {
  return flow.path === "output" || zones.find(({ id }) => id === flow.zone)?.role === "ot";
}
