/** One OCPP 1.6 CALL of the mix: 10 % Boot, 20 % Heartbeat, 20 % StatusNotification, 50 % MeterValues. */
export type MakeCall = (id: string) => string;

const TIME = "2026-06-01T12:00:00Z";

function meterValues(samples: number): unknown {
  const measurands = ["Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage", "SoC"];
  const sampledValue = Array.from({ length: samples }, (_, i) => ({
    value: String(1000 + i),
    context: "Sample.Periodic",
    format: "Raw",
    measurand: measurands[i % measurands.length],
    location: "Outlet",
  }));
  return { connectorId: 1, transactionId: 4711, meterValue: [{ timestamp: TIME, sampledValue }] };
}

const BOOT = {
  chargePointVendor: "bender",
  chargePointModel: "CC613",
  chargePointSerialNumber: "0123456789",
  firmwareVersion: "5.32.1",
};
const STATUS = { connectorId: 1, errorCode: "NoError", status: "Charging", timestamp: TIME };

const call = (action: string, payload: unknown): MakeCall => (id) => JSON.stringify([2, id, action, payload]);
const MIX: readonly MakeCall[] = [
  call("BootNotification", BOOT),
  call("Heartbeat", {}),
  call("Heartbeat", {}),
  call("StatusNotification", STATUS),
  call("StatusNotification", STATUS),
  ...[3, 5, 7, 5, 7].map((samples) => call("MeterValues", meterValues(samples))),
];

/** The n-th call of the mix. */
export function callOf(n: number): string {
  return MIX[n % MIX.length]!(String(n));
}

/** What a CSMS answers, so short that the relay and not the CSMS is measured. */
export function answerTo(text: string): string | undefined {
  const [type, id, action] = JSON.parse(text) as [number, string, string];
  if (type !== 2) return undefined;
  const currentTime = TIME;
  if (action === "BootNotification") return JSON.stringify([3, id, { status: "Accepted", currentTime, interval: 300 }]);
  if (action === "Heartbeat") return JSON.stringify([3, id, { currentTime }]);
  return JSON.stringify([3, id, {}]);
}
