import type { Alarms, Audit } from "../../control/contract.ts";
import type { Clock } from "../../core/clock.ts";
import { GatewayError } from "../../core/errors.ts";
import { RecordBook } from "../../people/record_book.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import type { Station } from "../config.ts";

/** A documented account of the factory at a controller, and whether its password still works. */
export interface FactoryPassword {
  readonly role: string;
  readonly name: string;
  readonly verdict: "changed" | "default" | "unknown";
  readonly why?: string;
}

/**
 * Tries documented passwords at a station's controller. `again`: a person's word that one may be tried once more.
 * @throws GatewayError when the controller has no pages that the gateway opens
 */
export type FactoryCheck = (
  ask: { readonly station: string; readonly who: string; readonly again: boolean },
) => Promise<readonly FactoryPassword[]>;

/** What is kept of one controller's adoption. */
export interface AdoptionRecord {
  readonly state: "default" | "finished";
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: string;
  /** What the person saw, where the gateway could not prove it. */
  readonly seen?: string;
  /** The accounts whose factory password worked. */
  readonly accounts?: readonly string[];
  /** What bound the station then: other hardware has to be adopted anew. */
  readonly hardware: string;
}

/** One controller with pages, and whether its adoption is over. */
export interface AdoptionRow {
  readonly station: string;
  readonly state: "default" | "finished" | "open" | "other-hardware";
  readonly at?: number;
  readonly by?: string;
  readonly seen?: string;
  readonly accounts?: readonly string[];
}

/** What adoptions work with. */
export interface AdoptionParts {
  readonly context: {
    readonly audit: Audit;
    readonly alarms: Alarms;
    readonly clock: Clock;
    readonly store: Store;
  };
  readonly stations: { get(id: string): Station | undefined; all(): readonly Station[] };
  readonly check: FactoryCheck;
}

/** Alarm while a factory password is known to work. */
const ALARM = "device.password.default";

/**
 * Whether controllers are adopted: the adoption of one whose pages the gateway opens does not finish while a password of the
 * factory works there (EV-01).
 */
export class Adoptions {
  private constructor(private readonly parts: AdoptionParts, private readonly book: RecordBook<AdoptionRecord>) {}

  static async open(parts: AdoptionParts): Promise<Adoptions> {
    return new Adoptions(parts, await RecordBook.open(parts.context.store, KEYS.adoption));
  }

  /** Every controller with pages, those that are not finished first. */
  rows(): readonly AdoptionRow[] {
    const rows = this.parts.stations.all().filter(({ ui }) => ui !== undefined).map((station) => this.#row(station));
    const rank = ({ state }: AdoptionRow) => state === "finished" ? 1 : 0;
    return rows.toSorted((a, b) => rank(a) - rank(b) || (a.station < b.station ? -1 : 1));
  }

  /**
   * Finishes the adoption of a station's controller, if no factory password works there. Where that cannot be found out, a
   * person says what was seen.
   * @throws GatewayError STATION_UNKNOWN, STATION_INVALID, ADOPTION_OPEN
   */
  async finish(id: string, who: string, seen?: string): Promise<AdoptionRow> {
    const station = this.#station(id);
    const known = this.#row(station).state;
    if (known === "finished") return this.#row(station);
    const passwords = await this.parts.check({ station: id, who, again: known === "default" });
    const working = passwords.filter(({ verdict }) => verdict === "default");
    if (working.length > 0) throw await this.#refuse(station, who, working);
    const unproven = passwords.filter(({ verdict }) => verdict === "unknown");
    if (seen === undefined && (unproven.length > 0 || passwords.length === 0)) throw unknown(id, unproven);
    const { context } = this.parts, at = context.clock.now();
    await this.#record(station, "station.adoption.finished", who, "ok", seen === undefined ? {} : { seen });
    await this.book.put(id, { state: "finished", at, by: who, hardware: hardwareOf(station), ...said(seen) });
    await context.alarms.clear(ALARM, id);
    return this.#row(station);
  }

  #station(id: string): Station {
    const station = this.parts.stations.get(id);
    if (!station) {
      throw new GatewayError("STATION_UNKNOWN", `There is no station "${id}"`, { hint: "`stations` lists them" });
    }
    if (station.ui) return station;
    throw new GatewayError(
      "STATION_INVALID",
      `The gateway opens no pages of "${id}", so it can try no password there`,
      {
        hint: "Describe its pages in site.yaml under ui:, or confirm line EV-01 by `posture confirm`",
      },
    );
  }

  #row(station: Station): AdoptionRow {
    const { id } = station, record = this.book.get(id);
    if (!record) return { station: id, state: "open" };
    const { hardware, ...row } = record;
    return hardware === hardwareOf(station) ? { station: id, ...row } : { station: id, state: "other-hardware" };
  }

  /** Stored and alarmed before it is answered: it is known from now on that this password works. */
  async #refuse(station: Station, who: string, working: readonly FactoryPassword[]): Promise<GatewayError> {
    const { id } = station, accounts = working.map(({ role, name }) => role === name ? role : `${role} (${name})`);
    const { context } = this.parts, list = accounts.join(", ");
    await this.#record(station, "station.adoption.refused", who, "refused", { accounts: list });
    const hardware = hardwareOf(station);
    await this.book.put(id, { state: "default", at: context.clock.now(), by: who, accounts, hardware });
    await context.alarms.raise({ kind: ALARM, subject: id, detail: list });
    return new GatewayError("ADOPTION_OPEN", `A password of the factory still works at "${id}": ${list}`, {
      hint: "Change it there, then finish the adoption again",
    });
  }

  async #record(
    { id }: Station,
    event: "station.adoption.finished" | "station.adoption.refused",
    who: string,
    outcome: "ok" | "refused",
    detail: Record<string, string>,
  ): Promise<void> {
    const rule = outcome === "refused" ? { rule: "EV-01" } : {};
    await this.parts.context.audit.record({ event, class: "security", who, target: id, outcome, detail, ...rule });
  }
}

function unknown(id: string, unproven: readonly FactoryPassword[]): GatewayError {
  const which = unproven.map(({ role, why }) => why === undefined ? role : `${role} (${why})`).join(", ");
  const what = unproven.length === 0
    ? `No password of the factory is documented for the controller of "${id}", so nothing could be tried`
    : `Whether a password of the factory works at "${id}" is not known for ${which}`;
  return new GatewayError("ADOPTION_OPEN", what, {
    hint: 'Look at the controller yourself and say what you saw: --seen "all four passwords set, sheet 12"',
  });
}

const said = (seen: string | undefined) => seen === undefined ? {} : { seen };

/** What tells one piece of hardware from its replacement, as far as the inventory knows. */
const hardwareOf = ({ mac, serial }: Station): string => JSON.stringify([mac ?? null, serial ?? null]);
