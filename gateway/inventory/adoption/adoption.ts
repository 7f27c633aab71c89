import type { Alarms, Audit } from "../../control/contract.ts";
import type { Clock } from "../../core/clock.ts";
import { GatewayError } from "../../core/errors.ts";
import { type RecoveryOption, recoveryText } from "../../core/recovery.ts";
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
  readonly state: "default" | "finished" | "no-recovery" | "old-pages";
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
  readonly state: AdoptionRecord["state"] | "open" | "other-hardware";
  readonly at?: number;
  readonly by?: string;
  readonly seen?: string;
  readonly accounts?: readonly string[];
  /** What could not be looked at; told once, by whoever finishes it. */
  readonly warning?: string;
}

/** The maker's old pages of a controller: it has none, the gateway keeps people off them, or they are open to all. */
export type OldPages = "blocked" | "by-grant" | "none" | "open";

/** What still keeps a controller from being handed over, by the line of the maker's guide. */
export interface AdoptionFault {
  readonly rule: "BC-13" | "BC-14" | "EV-01";
  readonly why: string;
  readonly hint: string;
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
  /** The ways into a controller whose password is lost; undefined: the site keeps no vault, so nobody knows. */
  readonly recovery: (station: Station) => readonly RecoveryOption[] | undefined;
  /** How the maker's old pages stand: the gateway's block counts as a compensating control. */
  readonly oldPages: (station: Station) => OldPages;
}

/** Alarm while a factory password is known to work. */
const ALARM = "device.password.default";

/** What a site without a vault is told. */
const NO_VAULT =
  "Whether a lost password can be recovered from was not looked at: this site keeps no vault of secrets " +
  "(`vault:` in site.yaml, docs/secrets.md)";

/**
 * Whether controllers are adopted: the adoption of one whose pages the gateway opens does not finish while a password of the
 * factory works there (EV-01), while there is no way in for whoever loses the new one (BC-13), or while the maker's old pages
 * are open to everybody (BC-14).
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
   * Finishes the adoption of a station's controller, if no factory password works there, a lost password can be recovered
   * from and the old pages are closed. Where the first cannot be found out, a person says what was seen; of a site without a vault the second
   * is not asked, and the row says so.
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
    const recovery = this.parts.recovery(station);
    const oldPages = this.parts.oldPages(station);
    if (recovery?.length === 0) throw await this.#refuseBy(station, who, "no-recovery", noWayIn(id));
    if (oldPages === "open") throw await this.#refuseBy(station, who, "old-pages", oldPagesOpen(id));
    const { context } = this.parts, at = context.clock.now();
    const ways = recovery ? recoveryText(recovery) : "not looked at";
    const detail = { ...said(seen), recovery: ways, oldPages };
    await this.#record(station, "station.adoption.finished", who, { detail });
    await this.book.put(id, { state: "finished", at, by: who, hardware: hardwareOf(station), ...said(seen) });
    await context.alarms.clear(ALARM, id);
    return { ...this.#row(station), ...recovery ? {} : { warning: NO_VAULT } };
  }

  /** What keeps a controller from being handed over now, as far as it is known without trying a password again. */
  faults(id: string): readonly AdoptionFault[] {
    const station = this.#station(id), { state, accounts = [] } = this.#row(station);
    const hint = `Finish its adoption in the inbox, or \`station adoption finish ${id}\``;
    const password = state === "default"
      ? `A password of the factory works: ${accounts.join(", ")}`
      : state === "open" || state === "other-hardware"
      ? "Nobody has looked for passwords of the factory"
      : undefined;
    return [
      ...password === undefined ? [] : [{ rule: "EV-01" as const, why: `${password} at "${id}"`, hint }],
      ...this.parts.recovery(station)?.length === 0 ? [noWayIn(id)] : [],
      ...this.parts.oldPages(station) === "open" ? [oldPagesOpen(id)] : [],
    ];
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
    await this.#record(station, "station.adoption.refused", who, { rule: "EV-01", detail: { accounts: list } });
    const hardware = hardwareOf(station);
    await this.book.put(id, { state: "default", at: context.clock.now(), by: who, accounts, hardware });
    await context.alarms.raise({ kind: ALARM, subject: id, detail: list });
    return new GatewayError("ADOPTION_OPEN", `A password of the factory still works at "${id}": ${list}`, {
      hint: "Change it there, then finish the adoption again",
    });
  }

  /** No password of the factory works, so that alarm is over; what is missing is kept and shown. */
  async #refuseBy(
    station: Station,
    who: string,
    state: "no-recovery" | "old-pages",
    { rule, why, hint }: AdoptionFault,
  ): Promise<GatewayError> {
    const { id } = station, { context } = this.parts;
    await this.#record(station, "station.adoption.refused", who, { rule, detail: {} });
    await this.book.put(id, { state, at: context.clock.now(), by: who, hardware: hardwareOf(station) });
    await context.alarms.clear(ALARM, id);
    return new GatewayError("ADOPTION_OPEN", why, { hint });
  }

  /** With a rule it is a refusal. */
  async #record(
    { id }: Station,
    event: "station.adoption.finished" | "station.adoption.refused",
    who: string,
    more: { readonly rule?: string; readonly detail: Record<string, string> },
  ): Promise<void> {
    const outcome = more.rule === undefined ? "ok" : "refused";
    await this.parts.context.audit.record({ event, class: "security", who, target: id, outcome, ...more });
  }
}

const noWayIn = (id: string): AdoptionFault => ({
  rule: "BC-13",
  why: `Nobody could get into "${id}" again if its password were lost`,
  hint:
    `Set up one way, then finish the adoption again: \`secret rotate ${id} operator\` (or \`secret import\`) with a ` +
    `copy kept off this box, its recovery code by \`secret import ${id} puk\`, or its card by \`secret card-add ${id}\``,
});

const oldPagesOpen = (id: string): AdoptionFault => ({
  rule: "BC-14",
  why: `The maker's old pages of "${id}" are open, and the gateway lets everybody through to them`,
  hint: "Take `oldPages: allowed` out of its ui: in site.yaml, then `reload` and finish the adoption again",
});

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
