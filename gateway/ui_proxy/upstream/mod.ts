/** The device's side of a session: openDeviceLink and what it gives. */
export { type LinkNeeds, type LinkSession, openDeviceLink } from "./device_link.ts";
export { DeviceOperator } from "./device_operator.ts";
export { type Door, DOOR_RULES, type DoorRule } from "./door.ts";
export { createOldTlsHelper, type OldTlsHelper } from "./old_tls_helper.ts";
export { PLAIN_PORT, seeTransport } from "./see_transport.ts";
export { createSpool, type Spool } from "./spool.ts";
export { canTakeOver, doorText } from "./door_text.ts";
export type { DeviceLink, DeviceTarget, LinkAnswer, LinkDoor, LinkRequest, LinkSwitch } from "./link.ts";
