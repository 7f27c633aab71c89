import type { ListenerTrust } from "../core/control_api.ts";
import { createTlsEndpoint, type TlsEndpoint, type TlsEndpointOptions } from "./tls_listener.ts";

/** The part of a Worker's context that a listener needs. */
export interface EndpointContext extends Pick<TlsEndpointOptions, "clock" | "metrics" | "timers" | "sharedPorts"> {
  readonly control: {
    call(method: "trust.listener", args: { readonly listener: string }): Promise<ListenerTrust>;
  };
}

/** What the conduit says about its listener. */
export type EndpointWish = Omit<TlsEndpointOptions, keyof EndpointContext | "trust">;

/**
 * Opens a Worker's TLS listener with the trust that control has for its name.
 * @throws what createTlsEndpoint throws, and what control refuses
 */
export async function openEndpoint(
  { control, clock, metrics, timers, sharedPorts = [] }: EndpointContext,
  wish: EndpointWish,
): Promise<TlsEndpoint> {
  const trust = await control.call("trust.listener", { listener: wish.name });
  return await createTlsEndpoint({ ...wish, clock, metrics, timers, sharedPorts, trust });
}
