import type { Dialect, StationControls } from "./dialect.ts";
import { commonHandlers, isAccepted, status } from "./dialect_common.ts";
import type { ConnectorState } from "./model.ts";

const STATUS = { available: "Available", occupied: "Preparing", charging: "Charging" } as const satisfies Record<
  ConnectorState,
  string
>;

/** OCPP 1.6-J (edition 2, errata of 2019): one connector, numeric transaction ids given by the CSMS. */
export const dialect16: Dialect = {
  boot: (spec) => ({
    action: "BootNotification",
    payload: { chargePointVendor: spec.vendor, chargePointModel: spec.model, chargePointSerialNumber: spec.id },
  }),
  status: (state, at) => ({
    action: "StatusNotification",
    payload: { connectorId: 1, errorCode: "NoError", status: STATUS[state], timestamp: at },
  }),
  authorize: (badge) => ({ action: "Authorize", payload: { idTag: badge } }),
  authorized: (answer) => isAccepted(answer, "idTagInfo"),
  start: ({ badge, startWh }, at) => () => ({
    action: "StartTransaction",
    payload: { connectorId: 1, idTag: badge, meterStart: startWh, timestamp: at },
  }),
  started(transaction, answer) {
    transaction.id = (answer as { transactionId?: number }).transactionId;
    return isAccepted(answer, "idTagInfo");
  },
  meter: (transaction, at, registerWh, watts) => () => ({
    action: "MeterValues",
    payload: {
      connectorId: 1,
      transactionId: transaction.id,
      meterValue: [{
        timestamp: at,
        sampledValue: [
          { value: String(registerWh), measurand: "Energy.Active.Import.Register", unit: "Wh" },
          { value: String(watts), measurand: "Power.Active.Import", unit: "W" },
        ],
      }],
    },
  }),
  stop: (transaction, at, registerWh, reason) => () => ({
    action: "StopTransaction",
    payload: {
      transactionId: transaction.id,
      idTag: transaction.badge,
      meterStop: registerWh,
      timestamp: at,
      reason: reason === "Reset" ? "SoftReset" : reason,
    },
  }),
  handlers: (controls) => ({
    ...commonHandlers(controls),
    RemoteStartTransaction: ({ idTag }) => status(controls.start(String(idTag))),
    RemoteStopTransaction: ({ transactionId }) => status(controls.stop(Number(transactionId))),
    GetLocalListVersion: () => ({ listVersion: 0 }),
    GetConfiguration: ({ key }) => getConfiguration(controls, key),
    ChangeConfiguration: ({ key, value }) => changeConfiguration(controls, String(key), String(value)),
  }),
};

function getConfiguration({ settings }: StationControls, wanted: unknown): unknown {
  const keys = Array.isArray(wanted) && wanted.length > 0 ? wanted.map(String) : [...settings.keys()];
  return {
    configurationKey: keys.filter((key) => settings.has(key))
      .map((key) => ({ key, readonly: key === "SecurityProfile", value: settings.get(key) })),
    unknownKey: keys.filter((key) => !settings.has(key)),
  };
}

function changeConfiguration({ settings }: StationControls, key: string, value: string): unknown {
  if (!settings.has(key)) return { status: "NotSupported" };
  if (key === "SecurityProfile") return { status: "Rejected" };
  settings.set(key, value);
  return { status: "Accepted" };
}
