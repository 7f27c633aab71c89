/** The device's side of a session: openDeviceLink and what it gives. */
export { type LinkNeeds, type LinkSession, openDeviceLink } from "./device_link.ts";
export { type Door, DOOR_RULES, type DoorRule } from "./door.ts";
export type { DeviceLink, DeviceTarget, LinkAnswer, LinkDoor, LinkRequest, LinkSwitch } from "./link.ts";
