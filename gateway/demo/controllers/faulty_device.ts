import type { SimAnswer, SimPages, SimRequest } from "./simulated_device.ts";

/** What a controller does wrong when it is asked to change something. */
export type DeviceFault =
  /** It breaks the connection before it did it. */
  | "dies-before"
  /** It did it, and breaks the connection. */
  | "dies-after"
  /** It says yes and does nothing. */
  | "says-yes"
  /** It does it and says no, with status 200. */
  | "says-no"
  /** It does nothing, and its 200 holds the text of an error. */
  | "error-text"
  /** It does it, and answers with a page of HTML and a status that means nothing. */
  | "raves";

/** A controller that does wrong whatever `hits`. */
export function faultyDevice(pages: SimPages, fault: DeviceFault, hits: (request: SimRequest) => boolean): SimPages {
  return (request) => hits(request) ? FAULTS[fault](() => pages(request)) : pages(request);
}

const FAULTS: Readonly<Record<DeviceFault, (does: () => SimAnswer) => SimAnswer>> = {
  "dies-before": () => ({ status: 200, drops: true }),
  "dies-after": (does) => (does(), { status: 200, drops: true }),
  "says-yes": () => ({ status: 200, body: '{"status":"ok"}' }),
  "says-no": (does) => (does(), { status: 200, body: '{"error":"internal"}' }),
  "error-text": () => ({ status: 200, body: '{"success":false}' }),
  raves: (does) => (does(), { status: 599, body: "<html>?</html>" }),
};
