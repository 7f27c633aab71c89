import type { NetworkLink } from "../../hal/network_links.ts";
import { describeError } from "../core/errors.ts";
import type { ControlFeature } from "./contract.ts";
import type { Foundation } from "./foundation.ts";

/** Milliseconds between two looks at the network links. */
export const LINK_LOOK_MS = 5_000;

/**
 * Watches the interfaces of the zones: a pulled cable, a switch without power or an interface that is gone is an alarm of its
 * zone (EV-23). Nothing is said while hald is away: what is not seen is not down.
 */
export function createLinkFeature({ context, hald }: Pick<Foundation, "context" | "hald">): ControlFeature {
  const { timers, log } = context;
  if (!hald) return { name: "links" };
  const look = async () => {
    const { links } = await hald.call("net.links", {});
    for (const { id, interface: name } of context.site.network.zones) {
      const why = faultOf(name, links);
      if (why === undefined) await context.alarms.clear("network.link.down", id);
      else await context.alarms.raise({ kind: "network.link.down", subject: id, detail: why });
    }
  };
  const cancel = timers.every(LINK_LOOK_MS, () => {
    look().catch((error) => log.debug("links.look.failed", { msg: describeError(error) }));
  });
  return { name: "links", stop: async () => cancel() };
}

function faultOf(name: string, links: readonly NetworkLink[]): string | undefined {
  const link = links.find((one) => one.name === name.split("@")[0]);
  if (!link) return `there is no interface ${name}`;
  if (!link.up) return `interface ${name} is switched off`;
  return link.carrier ? undefined : `interface ${name} has no carrier: no cable, or nothing at its other end`;
}
