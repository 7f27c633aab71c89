import type { ControlContext } from "../control/contract.ts";
import type { Json, StationCallAnswer } from "../core/control_api.ts";
import type { Station } from "../inventory/config.ts";
import type { ErasingPlace, StationEraser } from "../store/station_eraser.ts";

/** Backups that may still hold a station: one place each. */
export interface BackupPlace {
  readonly place: string;
  /** Files with the time at which they were taken; absent: that place does not tell. */
  readonly files?: readonly { readonly name: string; readonly takenAt: number }[];
  readonly why?: string;
}

/** What decommissioning does with the rest of control. */
export interface DecommissionParts {
  readonly context: ControlContext;
  readonly erasers: readonly StationEraser[];
  /** What is kept of stations, and why. */
  readonly kept: Readonly<Record<string, string>>;
  readonly station: (id: string) => Station | undefined;
  readonly stations: () => readonly Station[];
  /** From now on nobody is admitted under this id, and no list shows it. */
  readonly markErased: (id: string, at: number) => Promise<void>;
  /** Another device has this id from now on. */
  readonly readmit: (id: string, at: number) => Promise<void>;
  readonly isErased: (id: string) => boolean;
  /** OCPP version that it speaks, as far as known. */
  readonly protocolOf: (id: string) => string | undefined;
  readonly call: (id: string, action: string, payload: Json, timeoutMs: number) => Promise<StationCallAnswer>;
  /** Why it cannot go now: it charges, or something updates it. */
  readonly whyBusy: (id: string) => string | undefined;
  /** Messages that its CSMS has not taken. */
  readonly waiting: (id: string) => Promise<number>;
  /** Names of accounts whose password of the factory works at its controller; undefined: it has no pages that can be tried. */
  readonly defaultLogins?: (id: string, who: string) => Promise<readonly string[] | undefined>;
  /** Addresses and MACs that it is known by beside those of its entry. */
  readonly networkOf: (
    id: string,
  ) => Promise<{ readonly macs: readonly string[]; readonly addresses: readonly string[] }>;
  readonly revokeCertificates: (id: string, who: string) => Promise<readonly string[]>;
  readonly revokePassword: (id: string, at: number) => Promise<boolean>;
  readonly eraseSecrets: (
    id: string,
    who: string,
  ) => Promise<{ readonly values: number; readonly cards: number; readonly changed: readonly string[] }>;
  readonly destroyPseudonyms: (id: string, who: string) => Promise<readonly string[]>;
  /** Ends sessions at its pages, tunnels and opened ways. @returns how many */
  readonly endSessions: (id: string, who: string) => Promise<number>;
  /** Closes its OCPP connection. */
  readonly closeConnection: (id: string) => Promise<void>;
  readonly sign: (text: string) => Promise<{ readonly keyId: string; readonly signature: string }>;
  /** Backups made until now. */
  readonly backups: () => Promise<readonly BackupPlace[]>;
  /** Files that site.yaml names for a station. */
  readonly filesOf: (station: Station) => readonly string[];
  /** Files of these that are still on the disk; undefined: nobody can see. */
  readonly filesThere: (files: readonly string[]) => Promise<readonly string[] | undefined>;
  /** Has control start anew: what is to be erased is erased before anything is read. */
  readonly renew: (why: string) => void;
  readonly place: ErasingPlace;
}
