import type { Expectation } from "./posture_types.ts";

/** How a setting is reached, in the order in which they are preferred. */
export const GOLDEN_WAYS = ["ocpp1.6", "ocpp2", "driver"] as const;
/** One of them. */
export type GoldenWay = typeof GOLDEN_WAYS[number];

/** A setting by one way: its name there, and the value that is written. */
export interface GoldenTarget {
  /** A configuration key of 1.6, "Component.Variable" of 2.x, or the name that the controller's page has. */
  readonly name: string;
  readonly value: string;
}

/** One wanted setting of a model. */
export interface GoldenSetting {
  /** Unique in its profile: "offline-unknown". */
  readonly id: string;
  readonly title: string;
  /** Who says that it should be so. */
  readonly source: string;
  readonly ways: Readonly<Partial<Record<GoldenWay, GoldenTarget>>>;
  /** Values that are as good as the one that is written; absent: that one alone. */
  readonly accept?: Expectation | undefined;
  /** "people": drift is shown and never written, since only people know whether the site can bear it. */
  readonly fixedBy: "gateway" | "people";
}

/** The wanted settings of the stations that it is about. */
export interface GoldenProfile {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  /** Vendors in lower case, as in site.yaml; absent: of any. */
  readonly vendors?: readonly string[] | undefined;
  /** Models as a beginning without case: "CC61"; absent: all. */
  readonly models?: readonly string[] | undefined;
  readonly settings: readonly GoldenSetting[];
}

/** How a setting of one station stands against its profile. */
export interface GoldenFinding {
  readonly setting: string;
  readonly state: "absent" | "drifted" | "same" | "unknown";
  /** How it was read, or would be written. */
  readonly way?: GoldenWay;
  readonly name?: string;
  /** What it has; never of a secret: profiles name none. */
  readonly has?: string;
  readonly wanted?: string;
  /** One sentence. */
  readonly why: string;
  readonly at?: number;
}
