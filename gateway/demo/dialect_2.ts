import type { Dialect, StationControls } from "./dialect.ts";
import { commonHandlers, isAccepted, status } from "./dialect_common.ts";
import type { Call, ConnectorState, Transaction } from "./model.ts";

const STATUS = { available: "Available", occupied: "Occupied", charging: "Occupied" } as const satisfies Record<
  ConnectorState,
  string
>;
const EVSE = { id: 1, connectorId: 1 };
const STOPPED = { Local: "Local", Remote: "Remote", Reset: "ImmediateReset" } as const;
const TRIGGERED = { Local: "StopAuthorized", Remote: "RemoteStop", Reset: "ResetCommand" } as const;

/** OCPP 2.0.1 and 2.1: one EVSE with one connector, transaction ids made by the station (use cases B01, C01, E01-E07). */
export const dialect2: Dialect = {
  boot: (spec, reason) => ({
    action: "BootNotification",
    payload: { reason, chargingStation: { vendorName: spec.vendor, model: spec.model, serialNumber: spec.id } },
  }),
  status: (state, at) => ({
    action: "StatusNotification",
    payload: { timestamp: at, connectorStatus: STATUS[state], evseId: EVSE.id, connectorId: EVSE.connectorId },
  }),
  authorize: (badge) => ({ action: "Authorize", payload: { idToken: token(badge) } }),
  authorized: (answer) => isAccepted(answer, "idTokenInfo"),
  start: (transaction, at) =>
    event(transaction, at, "Started", "Authorized", transaction.startWh, {
      chargingState: "Charging",
    }, { idToken: token(transaction.badge), evse: EVSE }),
  started: (_transaction, answer) =>
    (answer as { idTokenInfo?: unknown }).idTokenInfo === undefined || isAccepted(answer, "idTokenInfo"),
  meter: (transaction, at, registerWh, watts) =>
    event(transaction, at, "Updated", "MeterValuePeriodic", registerWh, { chargingState: "Charging" }, {}, watts),
  stop: (transaction, at, registerWh, reason) =>
    event(transaction, at, "Ended", TRIGGERED[reason], registerWh, { stoppedReason: STOPPED[reason] }),
  handlers: (controls) => ({
    ...commonHandlers(controls),
    RequestStartTransaction: ({ idToken }) =>
      status(controls.start(String((idToken as { idToken?: unknown }).idToken))),
    RequestStopTransaction: ({ transactionId }) => status(controls.stop(String(transactionId))),
    GetLocalListVersion: () => ({ versionNumber: 0 }),
    GetVariables: ({ getVariableData }) => ({ getVariableResult: list(getVariableData).map(getVariable(controls)) }),
    SetVariables: ({ setVariableData }) => ({ setVariableResult: list(setVariableData).map(setVariable(controls)) }),
  }),
};

/** A TransactionEvent; its `seqNo` is taken now, so that events queued offline keep their order. */
function event(
  transaction: Transaction,
  at: string,
  eventType: "Started" | "Updated" | "Ended",
  triggerReason: string,
  registerWh: number,
  info: Record<string, unknown>,
  more: Record<string, unknown> = {},
  watts?: number,
): () => Call {
  const seqNo = transaction.nextSequence++;
  const sampledValue = [
    { value: registerWh, measurand: "Energy.Active.Import.Register", unitOfMeasure: { unit: "Wh" } },
    ...(watts === undefined ? [] : [{ value: watts, measurand: "Power.Active.Import", unitOfMeasure: { unit: "W" } }]),
  ];
  return () => ({
    action: "TransactionEvent",
    payload: {
      eventType,
      timestamp: at,
      triggerReason,
      seqNo,
      transactionInfo: { transactionId: transaction.id, ...info },
      meterValue: [{ timestamp: at, sampledValue }],
      ...more,
    },
  });
}

function token(badge: string): Record<string, unknown> {
  return { idToken: badge, type: "ISO14443" };
}

interface VariableItem {
  readonly component: { readonly name: string };
  readonly variable: { readonly name: string };
  readonly attributeValue?: string;
}

function list(value: unknown): readonly VariableItem[] {
  return Array.isArray(value) ? value as VariableItem[] : [];
}

const getVariable = ({ settings }: StationControls) => ({ component, variable }: VariableItem) => {
  const value = settings.get(variable.name);
  return value === undefined
    ? { attributeStatus: "UnknownVariable", component, variable }
    : { attributeStatus: "Accepted", attributeValue: value, component, variable };
};

const setVariable = ({ settings }: StationControls) => ({ component, variable, attributeValue }: VariableItem) => {
  if (!settings.has(variable.name)) return { attributeStatus: "UnknownVariable", component, variable };
  if (variable.name === "SecurityProfile") return { attributeStatus: "Rejected", component, variable };
  settings.set(variable.name, String(attributeValue));
  return { attributeStatus: "Accepted", component, variable };
};
