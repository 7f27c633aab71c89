import { POLICY_LIMITS } from "../../policies/limits.ts";
import type { FieldFacts, OcppRuleFacts } from "../../policies/ocpp_rule.ts";
import type { RecordedMessage, RecordedStation } from "../../policies/recorded_message.ts";
import type { Clock } from "../core/clock.ts";
import type { OcppVersion } from "./codec.ts";
import type { Side } from "./effects.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { toldAction } from "./redact.ts";

/** Counts one message of a station. */
export type RecordMessage = (from: Side, action: string, fields: FieldFacts | undefined) => void;

interface Kind {
  readonly from: Side;
  readonly action: string;
  readonly fields: FieldFacts | undefined;
  count: number;
  /** The last times; `count` says where the next one goes. */
  readonly times: number[];
}

interface Station {
  readonly resource: OcppRuleFacts["resource"];
  readonly version: OcppVersion;
  /** Messages without fields by action: the many that come all day, found without making a key. */
  readonly plain: { readonly station: Map<string, Kind>; readonly csms: Map<string, Kind> };
  readonly byFields: Map<string, Kind>;
  kinds: number;
  missed: number;
  /** Since the last hand-over. */
  readonly since: number;
}

/**
 * What `policy diff` judges again: which kinds of messages each station had, how often and when. Facts only, as rules see
 * them: no payload, no path or user of a URL, no value of a setting, no badge. Handed to control now and then.
 */
export class MessageRecorder {
  /** Oldest first. */
  readonly #stations = new Map<string, Station>();
  readonly #clock: Clock;
  /** Of all stations. */
  #kinds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The recorder of one session. */
  of(resource: OcppRuleFacts["resource"], version: OcppVersion): RecordMessage {
    const key = `${resource.station.id}\n${version}\n${resource.csms}`;
    let station: Station | undefined;
    return (from, action, fields) => {
      // A station that was handed over begins anew.
      if (!station || this.#stations.get(key) !== station) station = this.#open(key, resource, version);
      if (station) this.#count(station, from, action, fields);
    };
  }

  /** Takes out the stations recorded for at least this long, the oldest first, at most `most` of them. */
  take(atLeastMs: number, most: number): RecordedStation[] {
    const taken: RecordedStation[] = [];
    const until = this.#clock.monotonic() - atLeastMs;
    for (const [key, station] of this.#stations) {
      if (station.since > until || taken.length >= most) break;
      this.#stations.delete(key);
      this.#kinds -= station.kinds;
      taken.push(plainStation(station));
    }
    return taken;
  }

  get size(): number {
    return this.#stations.size;
  }

  #open(key: string, resource: OcppRuleFacts["resource"], version: OcppVersion): Station | undefined {
    const known = this.#stations.get(key);
    if (known) return known;
    if (this.#stations.size >= OCPP_LIMITS.recordedStations) return undefined;
    const plain = { station: new Map(), csms: new Map() };
    const since = this.#clock.monotonic();
    const station: Station = { resource, version, plain, byFields: new Map(), kinds: 0, missed: 0, since };
    this.#stations.set(key, station);
    return station;
  }

  #count(station: Station, from: Side, action: string, fields: FieldFacts | undefined): void {
    const kind = fields === undefined
      ? station.plain[from].get(action) ?? this.#kind(station, station.plain[from], action, { from, action, fields })
      : this.#kindWithFields(station, from, action, fields);
    if (!kind) {
      station.missed++;
      return;
    }
    kind.times[kind.count % POLICY_LIMITS.recordedTimes] = this.#clock.now();
    kind.count++;
  }

  #kindWithFields(station: Station, from: Side, action: string, fields: FieldFacts): Kind | undefined {
    const key = JSON.stringify([from, action, fields]);
    if (key.length > POLICY_LIMITS.recordedChars) return undefined;
    return station.byFields.get(key) ?? this.#kind(station, station.byFields, key, { from, action, fields });
  }

  #kind(
    station: Station,
    kinds: Map<string, Kind>,
    key: string,
    of: Pick<Kind, "from" | "action" | "fields">,
  ): Kind | undefined {
    if (station.kinds >= POLICY_LIMITS.recordedKinds || this.#kinds >= OCPP_LIMITS.recordedKinds) return undefined;
    station.kinds++;
    this.#kinds++;
    const kind = { ...of, count: 0, times: [] };
    kinds.set(key, kind);
    return kind;
  }
}

function plainStation({ resource, version, plain, byFields, missed }: Station): RecordedStation {
  const kinds = [...plain.station.values(), ...plain.csms.values(), ...byFields.values()];
  return { resource, version, missed, messages: kinds.map(plainMessage) };
}

function plainMessage({ from, action, fields, count, times }: Kind): RecordedMessage {
  const next = count % POLICY_LIMITS.recordedTimes;
  const ordered = count > times.length ? [...times.slice(next), ...times.slice(0, next)] : times;
  return { from, action: toldAction(action), count, times: ordered, ...fields && { fields } };
}
