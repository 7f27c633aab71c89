import { plainAction } from "../../../policies/plain_action.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { MESSAGE_TYPE, type OcppFrame } from "../codec.ts";
import { plainPayload } from "../signed_payload.ts";
import { amount, field, integer, type Metered, readMeterValues, text } from "./meter_values.ts";

/** What a message says, before station, protocol and time are added. */
export type BareFact = Omit<LedgerFact, "at" | "protocol" | "stationId">;

/** The actions that the ledger reads. */
export const LEDGER_ACTIONS: readonly string[] = [
  "StartTransaction",
  "StopTransaction",
  "MeterValues",
  "TransactionEvent",
];

/** A CALL of the station about a transaction as a fact; undefined for any other message, and for one nobody can read. */
export function factOfCall(frame: OcppFrame): BareFact | undefined {
  const { action } = frame;
  if (action.endsWith("-Signed")) return factOf(plainAction(action), plainPayload(frame)); // what the JWS wraps
  return factOf(action, frame.payload);
}

function factOf(action: string, payload: unknown): BareFact | undefined {
  switch (action) {
    case "StartTransaction":
      return started16(payload);
    case "StopTransaction":
      return stopped16(payload);
    case "MeterValues":
      return sampled16(payload);
    case "TransactionEvent":
      return event2(payload);
    default:
      return undefined;
  }
}

/**
 * What the CSMS's answer to such a CALL says: accepted, or the error's code. For StartTransaction of 1.6 it brings the
 * transaction's id. `isStandIn`: the gateway itself answered, the CSMS is away.
 */
export function factOfAnswer(call: BareFact, frame: OcppFrame, isStandIn: boolean): BareFact {
  const { key, transactionId, connector, evse, seqNo, readings } = call;
  const isError = frame.type !== MESSAGE_TYPE.callResult;
  const given = integer(field(frame.payload, "transactionId"));
  const info = field(frame.payload, "idTagInfo") ?? field(frame.payload, "idTokenInfo");
  const detail = isError ? frame.errorCode?.slice(0, 64) : text(field(info, "status"));
  const id = transactionId ?? (given === undefined ? undefined : String(given));
  const last = readings?.at(-1);
  // As common as the samples: no spreads.
  const fact: Writable<BareFact> = {
    kind: "ack",
    of: call.kind as "begin" | "sample" | "end",
    outcome: isError ? "error" : isStandIn ? "kept" : "accepted",
  };
  if (key !== undefined) fact.key = key;
  if (id !== undefined) fact.transactionId = id;
  if (connector !== undefined) fact.connector = connector;
  if (evse !== undefined) fact.evse = evse;
  if (seqNo !== undefined) fact.seqNo = seqNo;
  if (detail !== undefined) fact.detail = detail;
  if (last) fact.readings = [last];
  return fact;
}

function started16(payload: unknown): BareFact | undefined {
  const connector = integer(field(payload, "connectorId")), time = text(field(payload, "timestamp"));
  const wh = amount(field(payload, "meterStart")), badge = text(field(payload, "idTag"));
  if (connector === undefined || (time === undefined && wh === undefined)) return undefined;
  return {
    kind: "begin",
    key: beginKey(connector, time, wh),
    connector,
    ...time ? { time } : {},
    ...badge ? { badge } : {},
    readings: wh === undefined ? [] : [{ ...time ? { time } : {}, wh }],
  };
}

/** No station was built before this: what tells an earlier time has none, and tells it at every start. */
const CLOCK_SET = Date.parse("2016-01-01T00:00:00Z");

function beginKey(connector: number, time: string | undefined, wh: number | undefined): string {
  const isTold = time !== undefined && Date.parse(time) >= CLOCK_SET;
  return isTold || wh === undefined ? `${connector}@${time}` : `${connector}@${time ?? "no-time"}@${wh}`;
}

function stopped16(payload: unknown): BareFact | undefined {
  const id = integer(field(payload, "transactionId"));
  if (id === undefined) return undefined;
  const time = text(field(payload, "timestamp")), wh = amount(field(payload, "meterStop"));
  const reason = text(field(payload, "reason")), metered = readMeterValues(field(payload, "transactionData"));
  const { readings } = metered;
  return {
    kind: "end",
    transactionId: String(id),
    ...time ? { time } : {},
    ...reason ? { reason } : {},
    readings: wh === undefined ? readings : [...readings, { ...time ? { time } : {}, wh }],
    ...signedIn(metered),
  };
}

function signedIn({ signed, signedLost }: Metered): Pick<BareFact, "signed" | "signedLost"> {
  return { ...signed.length > 0 ? { signed } : {}, ...signedLost > 0 ? { signedLost } : {} };
}

function sampled16(payload: unknown): BareFact | undefined {
  const connector = integer(field(payload, "connectorId")), id = integer(field(payload, "transactionId"));
  if (id === undefined && !connector) return undefined;
  const { readings, signed, signedLost } = readMeterValues(field(payload, "meterValue"));
  if (readings.length === 0 && signed.length === 0 && signedLost === 0) return undefined;
  // Most messages of a site are of this kind: no spreads, which cost as much as the reading.
  const fact: Writable<BareFact> = { kind: "sample", readings };
  if (connector !== undefined) fact.connector = connector;
  if (id !== undefined) fact.transactionId = String(id);
  if (signed.length > 0) fact.signed = signed;
  if (signedLost > 0) fact.signedLost = signedLost;
  return fact;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const KINDS: Readonly<Record<string, "begin" | "sample" | "end">> = {
  Started: "begin",
  Updated: "sample",
  Ended: "end",
};

function event2(payload: unknown): BareFact | undefined {
  const type = field(payload, "eventType"), info = field(payload, "transactionInfo");
  const kind = typeof type === "string" && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  const transactionId = text(field(info, "transactionId"));
  if (kind === undefined || transactionId === undefined) return undefined;
  const metered = readMeterValues(field(payload, "meterValue"));
  const seqNo = integer(field(payload, "seqNo")), time = text(field(payload, "timestamp"));
  const evse = integer(field(field(payload, "evse"), "id"));
  const connector = integer(field(field(payload, "evse"), "connectorId"));
  const badge = text(field(field(payload, "idToken"), "idToken")), reason = text(field(info, "stoppedReason"));
  const badgeType = text(field(field(payload, "idToken"), "type"));
  return {
    kind,
    transactionId,
    ...seqNo === undefined ? {} : { seqNo },
    ...time ? { time } : {},
    ...evse === undefined ? {} : { evse },
    ...connector === undefined ? {} : { connector },
    ...badge ? { badge, ...badgeType ? { badgeType } : {} } : {},
    ...reason ? { reason } : {},
    readings: metered.readings,
    ...signedIn(metered),
  };
}
