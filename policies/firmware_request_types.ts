/** How a CSMS asked: UpdateFirmware of 1.6 core, SignedUpdateFirmware of its security extension, UpdateFirmware of 2.x. */
export type UpdateDialect = "core" | "signed" | "2.x";

/**
 * Where a request of a CSMS stands. Up to "waiting" the station knows nothing of it. "sending": the gateway asks the
 * station right now; "station": it has the request; "installed": it says so, and has not booted with the version yet.
 */
export type RequestState = "fetching" | "held" | "waiting" | "sending" | "station" | "installed" | "ended";

/** How it ended. "unconfirmed": nobody saw the station run the new version, which counts as a failure. */
export type RequestOutcome = "confirmed" | "unconfirmed" | "failed" | "cancelled";

/** A message for the CSMS in the station's name. It waits here until the CSMS has answered it. */
export type Telling =
  | { readonly kind: "status"; readonly status: string }
  | { readonly kind: "event"; readonly type: string; readonly info: string };

/** One request of a CSMS for one station, as it is stored before anything follows from it. */
export interface UpdateRequest {
  readonly id: string;
  readonly stationId: string;
  readonly csms: string;
  readonly dialect: UpdateDialect;
  /** Of the CSMS; 1.6 core has none. */
  readonly requestId?: number;
  readonly state: RequestState;
  readonly outcome?: RequestOutcome;
  /** What decided the end. */
  readonly rule?: string;
  readonly why?: string;
  /** Fetches that failed, and how many more may be tried. */
  readonly failures: number;
  readonly retries: number;
  readonly retryMs: number;
  /** Wall milliseconds before which the station is not asked. */
  readonly retrieveAt: number;
  /** Until when it may wait for its station, the site's hours and a pause in charging; absent: it does not wait yet. */
  readonly waitUntil?: number;
  /** When this state is to be looked at again, wall milliseconds. */
  readonly dueAt: number;
  readonly sha256?: string;
  /** The version of the image, when it is known. */
  readonly target?: string;
  /** What the station ran when it was asked. */
  readonly before?: string;
  readonly lastStatus?: string;
  readonly telling: readonly Telling[];
}

/** What happened. */
export type RequestEvent =
  | {
    readonly is: "judged";
    readonly outcome: "verified" | "held" | "refused";
    readonly rule: string;
    readonly why: string;
    readonly sha256?: string;
    readonly target?: string;
  }
  /** `isOurs`: a fault of the gateway itself, which counts against nobody. */
  | { readonly is: "unfetched"; readonly why: string; readonly isOurs?: true }
  /** The station is connected and there is room for one more download. */
  | { readonly is: "free" }
  /** It is not to be disturbed now, or the site updates nothing at this hour. */
  | { readonly is: "busy"; readonly why: string }
  /** The CSMS asks how far it is (L01.FR.25), and its station knows of nothing yet. */
  | { readonly is: "triggered" }
  /** The station answered; 1.6 core says nothing in its answer. */
  | { readonly is: "answered"; readonly status?: string }
  | { readonly is: "unanswered"; readonly why: string; readonly isSent: boolean }
  | { readonly is: "refused"; readonly why: string }
  | { readonly is: "status"; readonly status: string; readonly requestId?: number }
  | { readonly is: "booted"; readonly firmwareVersion: string }
  /** The image lost its trust. */
  | { readonly is: "withdrawn"; readonly why: string }
  | { readonly is: "cancelled"; readonly why: string }
  | { readonly is: "told" }
  /** The gateway has started: nobody knows what became of what it was doing. */
  | { readonly is: "resumed" }
  | { readonly is: "tick" };

/** What follows; "close": nothing more may be fetched by the station's grant. */
export type RequestEffect = "fetch" | "offer" | "send" | "tell" | "close";

/** Bounds in milliseconds. */
export interface RequestTimes {
  /** Until a station is asked again that was away, busy or did not answer. */
  readonly resendMs: number;
  /** How long a station that may be asked waits for its CSMS to hear what is to be told before. */
  readonly tellFirstMs: number;
  /** How long an update may wait for its station, the site's hours and a pause in charging. */
  readonly waitMs: number;
  /** How long a held image may wait for a person. */
  readonly heldMs: number;
  /** How long a station may say nothing. */
  readonly silentMs: number;
  /** How long a station that says Installed may take to boot with the version. */
  readonly confirmMs: number;
}

/** The request afterwards, and what is to be done once it is stored. */
export interface RequestStep {
  readonly request: UpdateRequest;
  readonly effects: readonly RequestEffect[];
}
