import type { RpcPort } from "../core/rpc.ts";

class LocalPort implements RpcPort {
  onmessage: RpcPort["onmessage"] = null;
  other: LocalPort | undefined;

  postMessage(message: unknown): void {
    this.other!.onmessage?.({ data: message } as MessageEvent);
  }
}

/** The two ends of a way within one isolate: what is posted at one is heard at the other at once. */
export function localPorts(): readonly [RpcPort, RpcPort] {
  const one = new LocalPort(), other = new LocalPort();
  one.other = other;
  other.other = one;
  return [one, other];
}
