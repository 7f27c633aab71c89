import type { ControlContext } from "../control/contract.ts";
import type { CsmsCall, StationCallAnswer, UpstreamRoute } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { basicOf } from "./mirror_routes.ts";

/**
 * Sends a CALL of the gateway itself to a CSMS, over its own connection as a Local Controller (LC3).
 * @throws GatewayError CTL_REFUSED when site.yaml gives it no identity there, STATION_CALL_INVALID for what breaks the
 * schema or the limit of time
 */
export async function callCsms(
  { workers }: Pick<ControlContext, "workers">,
  call: CsmsCall,
): Promise<StationCallAnswer> {
  const { callTimeoutMs, callSlackMs } = INVENTORY_LIMITS;
  if (!(call.timeoutMs > 0 && call.timeoutMs <= callTimeoutMs)) {
    throw new GatewayError(
      "STATION_CALL_INVALID",
      `${call.action} was not sent: its timeout is not in 1 to ${callTimeoutMs} ms`,
    );
  }
  const [first] = workers.of("ocpp"); // the first Worker of the conduit holds these connections
  if (first === undefined) return { noAnswer: "away" };
  try {
    return await workers.get(first).call("controller.call", call, { deadlineMs: call.timeoutMs + callSlackMs });
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : undefined;
    if (code === "RPC_PEER_GONE") return { noAnswer: "ended" };
    if (code === "RPC_DEADLINE") return { noAnswer: "timeout" };
    throw error;
  }
}

/** How the gateway itself connects to a CSMS. @throws GatewayError CTL_REFUSED when site.yaml gives it no identity there */
export function controllerRoute({ site, files }: Pick<ControlContext, "files" | "site">, id: string): UpstreamRoute {
  const csms = site.ocpp?.csms.find((one) => one.id === id), own = csms?.localController;
  if (!csms || !own) throw new GatewayError("CTL_REFUSED", `The gateway has no identity of its own at CSMS "${id}"`);
  const { passwordFile, certificate } = own;
  return {
    csms: csms.id,
    url: csms.url,
    graceSeconds: 0,
    ...csms.caFile === undefined ? {} : { caPem: [files.text(csms.caFile)] },
    ...passwordFile === undefined ? {} : { basic: basicOf(own.id, files.bytes(passwordFile)) },
    ...certificate
      ? { clientCertificate: { certPem: files.text(certificate.certFile), keyPem: files.text(certificate.keyFile) } }
      : {},
  };
}
