import type { ControlFeature } from "../../control/contract.ts";
import { siteCommands } from "./commands.ts";
import { SiteDecommission, type SiteParts } from "./site_decommission.ts";

/** The gateway's own decommissioning as a feature of control. */
export function createSiteDecommissionFeature(parts: SiteParts): ControlFeature {
  return { name: "gateway-decommission", commands: siteCommands(new SiteDecommission(parts)) };
}
