/** One OCPP 1.6 CALL of the mix: 10 % Boot, 20 % Heartbeat, 20 % StatusNotification, 50 % MeterValues. */
type MakeCall = (station: number, n: number) => string;

type MakePayload = (station: number, n: number) => unknown;

/** Stations and CSMS have the right time: a clock that is wrong is told of again and again, and raises an alarm. */
const time = (): string => new Date().toISOString();

const MEASURANDS = [
  "Energy.Active.Import.Register",
  "Power.Active.Import",
  "Current.Import",
  "Voltage",
  "SoC",
  "Current.Offered",
  "Temperature",
];

/**
 * What the meter of a station showed when the bench began, in Wh: each its own. Registers that lie side by side, as ids
 * that count up, are a worst case of V8's that no site has (decisions/0195).
 */
const firstRegister = (station: number): number => (station * 7_368_787 + 1_234_567) % 90_000_000;

/** One value of each of so many measurands; the register of a meter only ever grows. */
function meterValues(samples: number): MakePayload {
  return (station, n) => {
    const sampledValue = MEASURANDS.slice(0, samples).map((measurand, i) => ({
      value: String(i === 0 ? firstRegister(station) + n : 1_000 + i),
      context: "Sample.Periodic",
      format: "Raw",
      measurand,
      location: "Outlet",
    }));
    return { connectorId: 1, transactionId: 4711, meterValue: [{ timestamp: time(), sampledValue }] };
  };
}

const BOOT = {
  chargePointVendor: "bender",
  chargePointModel: "CC613",
  chargePointSerialNumber: "0123456789",
  firmwareVersion: "5.32.1",
};
const status: MakePayload = () => ({ connectorId: 1, errorCode: "NoError", status: "Charging", timestamp: time() });

const call = (action: string, payload: MakePayload): MakeCall => (station, n) =>
  JSON.stringify([2, crypto.randomUUID(), action, payload(station, n)]);
const MIX: readonly MakeCall[] = [
  call("BootNotification", () => BOOT),
  call("Heartbeat", () => ({})),
  call("Heartbeat", () => ({})),
  call("StatusNotification", status),
  call("StatusNotification", status),
  ...[3, 5, 7, 5, 7].map((samples) => call("MeterValues", meterValues(samples))),
];

/** The n-th call of the mix, made by a station. */
export function callOf(station: number, n: number): string {
  return MIX[n % MIX.length]!(station, n);
}

/** What a CSMS answers, so short that the relay and not the CSMS is measured. */
export function answerTo(text: string): string | undefined {
  const [type, id, action] = JSON.parse(text) as [number, string, string];
  if (type !== 2) return undefined;
  const currentTime = time();
  if (action === "BootNotification") return JSON.stringify([3, id, { status: "Accepted", currentTime, interval: 300 }]);
  if (action === "Heartbeat") return JSON.stringify([3, id, { currentTime }]);
  return JSON.stringify([3, id, {}]);
}
