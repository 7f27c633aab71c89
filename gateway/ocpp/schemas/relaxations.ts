/** One field where the shipped schema is wider than the official one, and why. */
export interface Relaxation {
  readonly schemas: readonly string[];
  /** Property names from the root of the payload; "*" stands for the items of a list. */
  readonly path: readonly string[];
  /** Keyword to its figure here. */
  readonly set: Readonly<Record<string, number>>;
  /** What the official schema says; a test compares it with ocpp-rpc's copy. */
  readonly strict: Readonly<Record<string, number>>;
  readonly because: string;
}

/**
 * Where the schemas are relaxed on purpose (facts: field reports of stations that work). An entry only widens a limit;
 * the strict figure is written beside it. Names as in the generated modules.
 */
export const RELAXATIONS: Readonly<Record<"ocpp16" | "ocpp201" | "ocpp21", readonly Relaxation[]>> = {
  ocpp16: [
    {
      schemas: ["BootNotificationRequest"],
      path: ["chargePointSerialNumber"],
      set: { maxLength: 50 },
      strict: { maxLength: 25 },
      because: "EVlink stations send 26 to 34 characters where 25 are allowed",
    },
    {
      schemas: ["BootNotificationRequest"],
      path: ["chargeBoxSerialNumber"],
      set: { maxLength: 50 },
      strict: { maxLength: 25 },
      because: "EVlink stations send 26 to 34 characters where 25 are allowed",
    },
    {
      schemas: ["BootNotificationRequest"],
      path: ["meterSerialNumber"],
      set: { maxLength: 50 },
      strict: { maxLength: 25 },
      because: "Meters with a maker prefix in their serial number exceed 25 characters",
    },
    {
      schemas: ["ChangeConfigurationRequest"],
      path: ["value"],
      set: { maxLength: 2048 },
      strict: { maxLength: 500 },
      because: "Vendor keys hold certificates and lists longer than 500 characters",
    },
    {
      schemas: ["GetConfigurationResponse"],
      path: ["configurationKey", "*", "value"],
      set: { maxLength: 2048 },
      strict: { maxLength: 500 },
      because: "Vendor keys hold certificates and lists longer than 500 characters",
    },
    {
      schemas: ["StatusNotificationRequest"],
      path: ["info"],
      set: { maxLength: 100 },
      strict: { maxLength: 50 },
      because: "Stations put a sentence where 50 characters are allowed",
    },
  ],
  ocpp201: [
    {
      schemas: ["BootNotificationRequest"],
      path: ["chargingStation", "serialNumber"],
      set: { maxLength: 50 },
      strict: { maxLength: 25 },
      because: "EVlink stations send 26 to 34 characters where 25 are allowed",
    },
  ],
  ocpp21: [
    {
      schemas: ["BootNotificationRequest"],
      path: ["chargingStation", "serialNumber"],
      set: { maxLength: 50 },
      strict: { maxLength: 25 },
      because: "EVlink stations send 26 to 34 characters where 25 are allowed",
    },
  ],
};
