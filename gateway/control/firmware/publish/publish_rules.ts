import type { Site } from "../../../config/schema.ts";
import type { CsmsCall } from "../../../core/control_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import { callCsms } from "../../../inventory/csms_calls.ts";
import type { ControlContext } from "../../contract.ts";
import { TRANSFER_LIMITS } from "../transfers/limits.ts";

/** Whose images a host gives: its entry says so, or the site knows one vendor alone. PublishFirmware does not say it. */
export function vendorOf(location: string, { firmware }: Pick<Site, "firmware">): string | undefined {
  const { fetchHosts = [], vendors = [] } = firmware ?? {};
  const host = new URL(location).hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const entry = fetchHosts.find((one) => one.host.toLowerCase() === host);
  return entry?.vendor ?? (vendors.length === 1 ? vendors[0]!.vendor : undefined);
}

/** Why an image is not even fetched. */
export function refusalOf(
  { disk }: Pick<ControlContext, "disk">,
  vendor: string | undefined,
  isFull: boolean,
): { readonly rule: string; readonly why: string } | undefined {
  if (disk.level === "full") return { rule: "firmware.disk", why: "the gateway's disk is full" };
  if (vendor === undefined) {
    const why = "site.yaml does not say whose images this host gives (firmware.fetchHosts, vendor)";
    return { rule: "firmware.vendor", why };
  }
  return isFull ? { rule: "firmware.publications-full", why: "too many images are published" } : undefined;
}

/** Tells a CSMS a status over the gateway's own connection. @returns whether it has it, or nobody will ever have */
export async function tellStatus(
  context: Pick<ControlContext, "log" | "workers">,
  csms: string,
  message: Pick<CsmsCall, "action" | "payload">,
): Promise<boolean> {
  try {
    const answer = await callCsms(context, { csms, ...message, timeoutMs: TRANSFER_LIMITS.csmsMs });
    // Sent and not answered: to send it again would tell it twice.
    return !("noAnswer" in answer) || answer.noAnswer === "timeout";
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== "CTL_REFUSED") throw error;
    context.log.info("firmware.publication.untold", { csms, msg: error.message });
    return true; // the gateway has no identity at this CSMS any more
  }
}
