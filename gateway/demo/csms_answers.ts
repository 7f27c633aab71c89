import type { CsmsLedger } from "./csms_ledger.ts";
import type { OcppVersion } from "./model.ts";

/** What the simulated CSMS needs to answer a request. */
export interface CsmsDesk {
  readonly ledger: CsmsLedger;
  readonly badges: ReadonlySet<string>;
  /** ISO 8601. */
  readonly now: string;
  readonly heartbeatSeconds: number;
}

/** One request of a station, already validated against the schema of its version. */
export interface StationRequest {
  readonly stationId: string;
  readonly protocol: OcppVersion;
  readonly action: string;
  readonly payload: Record<string, unknown>;
}

type Answer = (desk: CsmsDesk, request: StationRequest) => Record<string, unknown>;

const boot: Answer = ({ now, heartbeatSeconds }) => ({
  status: "Accepted",
  currentTime: now,
  interval: heartbeatSeconds,
});
const heartbeat: Answer = ({ now }) => ({ currentTime: now });
const empty: Answer = () => ({});
const unknownVendor: Answer = () => ({ status: "UnknownVendorId" });

const ANSWERS_16: Readonly<Record<string, Answer>> = {
  BootNotification: boot,
  Heartbeat: heartbeat,
  StatusNotification: empty,
  DataTransfer: unknownVendor,
  DiagnosticsStatusNotification: empty,
  FirmwareStatusNotification: empty,
  LogStatusNotification: empty,
  SecurityEventNotification: empty,
  SignedFirmwareStatusNotification: empty,
  Authorize: (desk, { payload }) => ({ idTagInfo: badgeStatus(desk, payload.idTag) }),
  StartTransaction: startTransaction,
  MeterValues: meterValues,
  StopTransaction: stopTransaction,
};

const ANSWERS_2: Readonly<Record<string, Answer>> = {
  BootNotification: boot,
  Heartbeat: heartbeat,
  StatusNotification: empty,
  DataTransfer: unknownVendor,
  FirmwareStatusNotification: empty,
  LogStatusNotification: empty,
  MeterValues: empty,
  NotifyEvent: empty,
  NotifyReport: empty,
  SecurityEventNotification: empty,
  Authorize: (desk, { payload }) => ({ idTokenInfo: badgeStatus(desk, tokenOf(payload)) }),
  TransactionEvent: transactionEvent,
};

/** The answer of the simulated CSMS to one request; undefined when it does not know the action. Changes the ledger. */
export function answerCsms(desk: CsmsDesk, request: StationRequest): Record<string, unknown> | undefined {
  const answers = request.protocol === "ocpp1.6" ? ANSWERS_16 : ANSWERS_2;
  return Object.hasOwn(answers, request.action) ? answers[request.action]!(desk, request) : undefined;
}

function badgeStatus({ badges }: CsmsDesk, badge: unknown): { status: string } {
  return { status: badges.has(String(badge)) ? "Accepted" : "Invalid" };
}

function startTransaction(desk: CsmsDesk, { stationId, payload }: StationRequest): Record<string, unknown> {
  const { transactionId } = desk.ledger.open({
    stationId,
    badge: String(payload.idTag),
    startWh: Number(payload.meterStart),
    startedAt: String(payload.timestamp),
  });
  return { transactionId, idTagInfo: badgeStatus(desk, payload.idTag) };
}

function meterValues({ ledger }: CsmsDesk, { stationId, payload }: StationRequest): Record<string, unknown> {
  const transaction = ledger.find(stationId, Number(payload.transactionId));
  const register = registerOf(payload.meterValue);
  if (transaction && register !== undefined) {
    transaction.samples++;
    transaction.lastWh = register;
  }
  return {};
}

function stopTransaction(desk: CsmsDesk, { stationId, payload }: StationRequest): Record<string, unknown> {
  const transaction = desk.ledger.find(stationId, Number(payload.transactionId));
  if (transaction) transaction.stopWh = transaction.lastWh = Number(payload.meterStop);
  return payload.idTag === undefined ? {} : { idTagInfo: badgeStatus(desk, payload.idTag) };
}

function transactionEvent(desk: CsmsDesk, { stationId, payload }: StationRequest): Record<string, unknown> {
  const id = String((payload.transactionInfo as { transactionId: unknown }).transactionId);
  const register = registerOf(payload.meterValue);
  const badge = tokenOf(payload);
  const transaction = payload.eventType === "Started"
    ? desk.ledger.open({
      stationId,
      badge: badge ?? "",
      startWh: register ?? 0,
      startedAt: String(payload.timestamp),
    }, id)
    : desk.ledger.find(stationId, id);
  const isNew = transaction && !transaction.sequences.has(Number(payload.seqNo));
  if (isNew) {
    transaction.sequences.add(Number(payload.seqNo));
    if (register !== undefined) transaction.lastWh = register;
    if (payload.eventType === "Updated") transaction.samples++;
    if (payload.eventType === "Ended") transaction.stopWh = transaction.lastWh;
  }
  return badge === undefined ? {} : { idTokenInfo: badgeStatus(desk, badge) };
}

function tokenOf(payload: Record<string, unknown>): string | undefined {
  return (payload.idToken as { idToken?: string } | undefined)?.idToken;
}

/** The last reading of the energy register in a `meterValue` list, in watt-hours. */
function registerOf(meterValue: unknown): number | undefined {
  const samples = (meterValue as { sampledValue?: { measurand?: string; value: unknown }[] }[] | undefined) ?? [];
  const readings = samples.flatMap(({ sampledValue }) => sampledValue ?? [])
    .filter(({ measurand }) => (measurand ?? "Energy.Active.Import.Register") === "Energy.Active.Import.Register");
  const last = readings.at(-1);
  return last === undefined ? undefined : Number(last.value);
}
