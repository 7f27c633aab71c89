/** What an OCPP Worker and control tell each other while a CSMS is away. Plain JSON values. */

/** What a Worker needs to stand in for the CSMS of one station. */
export interface OutageState {
  /** Subprotocol its CSMS last agreed to; absent: this station was never seen through to its CSMS. */
  readonly protocol?: string;
  /** The BootNotification that the CSMS last accepted, and the heartbeat interval it gave. */
  readonly boot?: { readonly text: string; readonly intervalSeconds: number };
  /** Transactions whose ids the gateway gave; `csms` is the CSMS's own id once it is known. */
  readonly transactions: readonly { readonly local: number; readonly csms?: number }[];
  /** Kept messages that the CSMS answered last, by digest. */
  readonly delivered: readonly { readonly digest: string; readonly transactionId?: number }[];
  /** The newest that still wait for it, by digest. */
  readonly waiting?: readonly string[];
  /** Messages that wait, of the version that was asked for. */
  readonly messages: number;
  /** No further message is taken: a person or the CSMS has to make room. */
  readonly isFull: boolean;
}

/** What is kept of one station for one CSMS. */
export interface QueueOfVersion {
  readonly stationId: string;
  readonly csms: string;
  /** Only what may go out on a connection of this OCPP version; absent: of any. */
  readonly protocol?: string;
}

/** A message to be kept for the CSMS. */
export interface KeepRequest {
  readonly stationId: string;
  readonly csms: string;
  readonly action: string;
  /** The message as it came in. */
  readonly text: string;
  /** Of this slot only the newest is kept. */
  readonly slot?: string;
  /** The version it is written in: a CSMS connection of another one does not get it. */
  readonly protocol?: string;
  /** It was on its way when the CSMS was lost, which may have taken it. */
  readonly isUncertain?: true;
}

/** Whether the message is on the disk; then it may be answered. */
export type Kept =
  | { readonly kept: true; readonly transactionId?: number; readonly isRepeated?: true }
  | { readonly kept: false; readonly why: "full" | "message-too-large" };

/** A kept message whose turn it is. */
export interface WaitingMessage {
  readonly sequence: number;
  readonly action: string;
  readonly text: string;
  readonly slot?: string;
  readonly transactionId?: number;
  readonly isUncertain?: true;
}

/** What became of a message that was sent to the CSMS. */
export type DeliveryOutcome =
  | { readonly answered: true; readonly csmsTransactionId?: number }
  | { readonly answered: false; readonly code: string; readonly description: string };

/** A badge that a station asks about while its CSMS is away. */
export interface BadgeQuestion {
  readonly stationId: string;
  /** Its CSMS, whose mode holds. */
  readonly csms: string;
  /** The idTag or idToken as the station sent it. */
  readonly badge: string;
  /** The CSMS approved it moments ago. */
  readonly isJustApproved: boolean;
  /** Its CSMS ordered the start or reservation by this action: nobody showed the badge, and it is blocked. */
  readonly ordered?: string;
}

/** Blocked badges that a CSMS put on a station's own list as ones that may charge. */
export interface ListedBadges {
  readonly stationId: string;
  readonly csms: string;
  /** The first of them. */
  readonly badges: readonly string[];
  /** How many there are. */
  readonly count?: number;
}

/** The answer to it; `info` is what the CSMS once answered as JSON text (parent, group, messages), if it is cached. */
export interface BadgeAnswer {
  readonly status: string;
  readonly rule: string;
  readonly info?: string;
}

/** Badges that are refused everywhere: hashes under `key` (HMAC-SHA-256, all base64). */
export interface BlockedBadges {
  readonly key: string;
  readonly hashes: readonly string[];
}
