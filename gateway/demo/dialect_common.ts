import type { StationControls } from "./dialect.ts";

type Handlers = Readonly<Record<string, (payload: Record<string, unknown>) => unknown>>;

/** The answer of a station that does what it is told, or does not. */
export function status(done: boolean): { status: "Accepted" | "Rejected" } {
  return { status: done ? "Accepted" : "Rejected" };
}

/** Whether the CSMS accepts a badge; `key` is where its version says so. */
export function isAccepted(answer: unknown, key: "idTagInfo" | "idTokenInfo"): boolean {
  return (answer as Record<string, { status?: unknown } | undefined>)[key]?.status === "Accepted";
}

/** Requests of the CSMS that all OCPP versions word and answer in the same way. */
export function commonHandlers(controls: StationControls): Handlers {
  return {
    Reset: () => status(controls.reset()),
    TriggerMessage: ({ requestedMessage }) => ({
      status: controls.trigger(String(requestedMessage)) ? "Accepted" : "NotImplemented",
    }),
    ChangeAvailability: () => ({ status: "Accepted" }),
    ClearCache: () => ({ status: "Accepted" }),
    UnlockConnector: () => ({ status: "Unlocked" }),
    DataTransfer: () => ({ status: "UnknownVendorId" }),
  };
}
