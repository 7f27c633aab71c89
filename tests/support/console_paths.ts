/** Every path of the console that is looked at in both widths and languages. */
export const CONSOLE_PATHS: readonly string[] = [
  "/",
  "/access",
  "/access/recordings",
  "/access/sessions/d1",
  "/account",
  "/account/enrol",
  "/account/password",
  "/alarms",
  "/audit",
  "/badges",
  "/campaigns",
  "/campaigns/fw-3",
  "/certificates",
  "/flows",
  "/golden",
  "/firmware/images?source=hq",
  "/firmware/images/upload",
  "/logs",
  `/firmware/images/${"b".repeat(64)}`,
  "/inbox",
  "/modbus",
  "/names",
  "/network",
  "/nothing-here",
  "/people",
  "/plan",
  "/plan?floor=level-1",
  "/policies?ask=access&station=CP005&deviceRole=installer&capability=edit",
  "/posture",
  "/posture/CP005",
  "/secrets",
  "/setup/sheet",
  "/stations",
  "/stations/CP001",
  "/stations/CP005",
  "/stations/CP001/device",
  "/switches",
  "/system",
  "/time",
  "/versions",
];

/** Pages of the door for somebody who is not signed in. */
export const DOOR_PATHS: readonly string[] = ["/login", "/login/emergency", "/login/forgotten"];

/** Pages of the door that belong to a login that is not finished. */
export const LOGIN_STEP_PATHS: readonly string[] = ["/login/enrol", "/login/factor", "/login/password"];
