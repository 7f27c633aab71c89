import type { DeviceRequestRecord, DeviceSessionEvent } from "../../core/device_api.ts";
import { GatewayError } from "../../core/errors.ts";
import type { People } from "../people.ts";
import type { DeviceSessionRecord } from "./device_sessions.ts";
import { DEVICE_LIMITS } from "./limits.ts";
import type { Recordings } from "./recordings.ts";

/** What was done in each session: in the audit chain for ever, and the newest of the living ones for who watches. */
export class DeviceLog {
  readonly #people: People;
  readonly #recordings: Recordings;
  readonly #events = new Map<string, DeviceSessionEvent[]>();

  constructor(people: People, recordings: Recordings) {
    this.#people = people;
    this.#recordings = recordings;
  }

  /** Audits requests and shows them to watchers, never before they are stored. @throws GatewayError RPC_OVERLOAD */
  async record(session: DeviceSessionRecord, requests: readonly DeviceRequestRecord[]): Promise<void> {
    await this.audit(session, requests);
    const events = this.#events.get(session.id) ?? [];
    const last = events.at(-1)?.sequence ?? 0;
    events.push(...requests.map(({ fields: _, ...request }, at) => ({ sequence: last + at + 1, request })));
    this.#events.set(session.id, events.slice(-DEVICE_LIMITS.events));
  }

  /** Audits requests; stored when it resolves. @throws GatewayError RPC_OVERLOAD when there are too many at once */
  async audit(session: DeviceSessionRecord, requests: readonly DeviceRequestRecord[]): Promise<void> {
    if (requests.length > DEVICE_LIMITS.records) {
      throw new GatewayError("RPC_OVERLOAD", `${requests.length} records at once: at most ${DEVICE_LIMITS.records}`);
    }
    await Promise.all(requests.map((request) => this.#audit(session, request)));
    await this.#recordings.keep(session, requests);
  }

  /** What is still known of a session after a sequence. */
  after(session: string, sequence: number): readonly DeviceSessionEvent[] {
    return (this.#events.get(session) ?? []).filter((event) => event.sequence > sequence);
  }

  /** A session is over: only the audit remembers. */
  forget(session: string): void {
    this.#events.delete(session);
  }

  async #audit(session: DeviceSessionRecord, request: DeviceRequestRecord): Promise<void> {
    const { id, person, station, deviceRole, source } = session;
    const { method, page, capability, decision, rule, status, count, bytesIn, bytesOut, settings } = request;
    const refused = decision === "refused";
    await this.#people.audit({
      event: refused ? "device.request.refused" : "device.request.made",
      who: person,
      target: station,
      outcome: refused ? "refused" : "ok",
      rule,
      source,
      detail: {
        session: id,
        deviceRole,
        method,
        page,
        capability,
        status,
        count,
        bytesIn,
        bytesOut,
        ...settings && settings.length > 0
          ? { settings: settings.slice(0, DEVICE_LIMITS.settings).join(" "), settingCount: settings.length }
          : {},
      },
    });
  }
}
