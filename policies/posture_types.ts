/** How much an unmet line weighs. */
export const SEVERITIES = ["high", "medium", "low"] as const;
/** One of them. */
export type Severity = typeof SEVERITIES[number];

/** What a value that was read must be. All parts that are given must hold; words are compared as `sameWord` does. */
export interface Expectation {
  readonly is?: readonly string[] | undefined;
  readonly isNot?: readonly string[] | undefined;
  /** The value as a number. */
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  readonly startsWith?: readonly string[] | undefined;
  /** The value as a firmware version. */
  readonly version?: string | undefined;
  /** What it means that the device has no such setting; absent: nothing is known. */
  readonly absent?: "met" | "failed" | undefined;
}

/** One way to find out whether a line is met. */
export type PostureCheck =
  /** A fact that the inventory or site.yaml has. */
  | {
    readonly by: "inventory" | "gateway";
    readonly fact: string;
    readonly expect: Expectation;
    /** It can only prove the line: what is not so leaves it to the next check. */
    readonly orNext?: boolean | undefined;
  }
  /** A configuration key of OCPP 1.6, or a variable of 2.x as "Component.Variable". */
  | {
    readonly by: "ocpp";
    readonly key?: string | undefined;
    readonly variable?: string | undefined;
    readonly expect: Expectation;
  }
  /** A setting of the controller, read by its driver. */
  | { readonly by: "driver"; readonly setting: string; readonly expect: Expectation }
  /** TCP ports that nobody may answer on. */
  | { readonly by: "ports"; readonly closed: readonly number[] }
  /** What the station shows to who looks from outside: ports that its maker does not name, the TLS of its page. */
  | { readonly by: "probe"; readonly fact: string; readonly expect: Expectation }
  /** A person looks, and again after so many days. */
  | { readonly by: "people"; readonly ask: string; readonly everyDays: number }
  /** A property of the gateway itself, shown by a test of this name whenever it is built. */
  | { readonly by: "product"; readonly test: string };

/** What brings a line about. */
export interface Remedy {
  readonly kind: "one-click" | "guided" | "note";
  readonly text: string;
}

/** One line of a guide. */
export interface GuideLine {
  /** Unique over all guides: "BC-10". */
  readonly id: string;
  readonly title: string;
  /** Where the maker says so. */
  readonly source: string;
  readonly severity: Severity;
  /** In order of preference: the first that gives evidence counts. */
  readonly checks: readonly PostureCheck[];
  readonly remedy: Remedy;
}

/** What one check gave. `at` is wall milliseconds. */
export type Evidence =
  | { readonly is: "value"; readonly value: string; readonly at: number }
  /** The device answered that it has no such setting. */
  | { readonly is: "absent"; readonly at: number }
  | { readonly is: "unknown"; readonly why: string };

/** A line that somebody answers for instead, until a day. */
export interface Waiver {
  readonly reason: string;
  readonly who: string;
  /** Wall milliseconds. */
  readonly until: number;
}

/** "unknown" is never counted as met: nothing is believed that was not proven. */
export type PostureOutcome = "met" | "failed" | "unknown" | "waived";

/** How one line stands for one subject. */
export interface Finding {
  readonly line: string;
  readonly outcome: PostureOutcome;
  /** One sentence; never a secret. */
  readonly why: string;
  /** When the evidence was read. */
  readonly at?: number;
}

/** How many lines stand how, and the share that is proven. */
export interface Score {
  readonly met: number;
  readonly failed: number;
  readonly unknown: number;
  readonly waived: number;
  /** Met lines by weight in percent of all lines, rounded down; 100 only when every line is met. */
  readonly percent: number;
}
