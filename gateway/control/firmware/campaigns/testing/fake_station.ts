import type { Json, StationCall, StationCallAnswer } from "../../../../core/control_api.ts";

/** How a simulated station behaves when it is told to update. */
export interface StationBehaviour {
  readonly protocol?: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";
  /** The answer to the request; absent: Accepted (nothing at all in plain 1.6). */
  readonly answer?: StationCallAnswer;
  /** Statuses it says, in order; absent: all of a good update. */
  readonly says?: readonly string[];
  /** The version it boots with afterwards; absent: the one it was given. "old": the one it had. */
  readonly boots?: "old" | "never" | string;
  /** It does not know signed updates (1.6 core). */
  readonly isPlain?: boolean;
  /** It boots with a lower security profile. */
  readonly profileAfter?: number;
  /** A connector is faulted after the update. */
  readonly faultedAfter?: boolean;
  /** It never comes back by itself; a close of its connection makes it. */
  readonly keepsConnection?: boolean;
}

/** A station as control sees it: what it answers, says and reports. */
export class FakeStation {
  version: string;
  online = true;
  busy = false;
  reserved = false;
  faulted = false;
  profile = 2;
  since: number;
  connectors = 1;
  readonly asked: { action: string; payload: Record<string, Json> }[] = [];
  /** Times that it wrote firmware into itself. */
  installs = 0;

  constructor(readonly id: string, version: string, now: number, public behaviour: StationBehaviour = {}) {
    this.version = version;
    this.since = now;
  }

  /** What it answers to a CALL; its update, if it is one, goes on by `update`. */
  answer({ action, payload }: StationCall): StationCallAnswer {
    this.asked.push({ action, payload: payload as Record<string, Json> });
    if (action === "SignedUpdateFirmware" && this.behaviour.isPlain) {
      return { error: { code: "NotImplemented", description: "" } };
    }
    if (!/UpdateFirmware$/.test(action)) return { result: { status: "Accepted" } };
    return this.behaviour.answer ??
      { result: action === "UpdateFirmware" && this.#protocol === "ocpp1.6" ? {} : { status: "Accepted" } };
  }

  get #protocol(): string {
    return this.behaviour.protocol ?? "ocpp1.6";
  }

  /** The last request to update that it got. */
  get request(): { action: string; payload: Record<string, Json> } | undefined {
    return this.asked.findLast(({ action }) => /UpdateFirmware$/.test(action));
  }

  /** It was told to load now and install later. */
  get isPreload(): boolean {
    const firmware = this.request?.payload["firmware"] as Record<string, string> | undefined;
    if (!firmware?.["installDateTime"]) return false;
    return Date.parse(firmware["installDateTime"]!) > Date.parse(firmware["retrieveDateTime"]!);
  }
}
