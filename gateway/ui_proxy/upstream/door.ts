/** Why a person sees a page of the gateway instead of the device's. The rule goes into the audit. */
export interface Door {
  readonly rule: DoorRule;
  readonly status: 400 | 403 | 409 | 413 | 502 | 503;
  /** Facts for the text: who, since when, a fingerprint, which step. Never secrets, never the device's content. */
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Each door with its HTTP status. */
const STATUS = {
  /** The account is right and may not be used now: `why`. */
  "ui.door.closed": 503,
  /** Another session has the device: `person`, `since` (wall milliseconds). It can be taken over. */
  "ui.door.in-use": 409,
  /** The device says that somebody else is logged in, past the gateway. */
  "ui.door.busy": 409,
  /** The link was closed: the session is over. */
  "ui.door.ended": 403,
  /** The device ended the login while a request that changes something was on its way. */
  "ui.door.logged-out": 409,
  /** Another session took the device: `person`. */
  "ui.door.taken": 409,
  /** The device wants another password first. */
  "ui.door.must-change": 503,
  /** The site has no account of the device for this role. */
  "ui.door.no-account": 503,
  /** The device presents another certificate than the approved one: `fingerprint`. */
  "ui.door.pin": 502,
  /** The device refused name or password: the site's secret is not the device's. */
  "ui.door.refused": 502,
  /** The device refuses this page although it was just logged in. */
  "ui.door.role": 403,
  /** Two logins were refused: no more until a person acts: `since`. */
  "ui.door.spent": 503,
  /** The answers are not those of this kind of device: `why`. */
  "ui.door.strange": 502,
  /** No connection, or it broke: `why`. */
  "ui.door.unreachable": 502,
  /** The upload is no image that the vault has verified: `sha256`, `why`. */
  "ui.door.image": 403,
  /** The upload cannot be judged: `why`. */
  "ui.door.upload": 400,
  /** The upload has more bytes than any controller takes. */
  "ui.door.upload-size": 413,
  /** As many uploads as may be are under way, or the disk does not take it: `why`. */
  "ui.door.upload-wait": 503,
  /** Logins of others at this device are under way, and may be the last that it takes. */
  "ui.door.waiting": 503,
  /** Control, which holds accounts and turns, does not answer. */
  "ui.door.control": 503,
} as const satisfies Record<string, Door["status"]>;

/** The id of a door. */
export type DoorRule = keyof typeof STATUS;

/** Every door, alphabetical. */
export const DOOR_RULES = Object.keys(STATUS).sort() as readonly DoorRule[];

/** A door with its facts. */
export function door(rule: DoorRule, facts: Door["facts"] = {}): Door {
  return { rule, status: STATUS[rule], facts };
}
