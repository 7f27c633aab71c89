import { plainAction } from "../../../policies/ocpp.ts";
import { describeError } from "../../core/errors.ts";
import type { Relay } from "../relay.ts";
import { CertificateRenewal } from "./renewal.ts";
import type { RelayPart, RelayPartTools } from "../relay_parts.ts";
import type { Taker } from "../taker.ts";
import { deleteRoot, installRoot, listRoots, signForStation, startRequest, takeSigned } from "./certificates.ts";
import { answerInside } from "./plug_and_charge.ts";
import { getConfiguration, getVariables } from "./reading.ts";
import { changeConfiguration, setNetworkProfile, setVariables } from "./settings.ts";

/**
 * Answers what a CSMS sets of its own leg, and what a station asks of its CSMS for the station leg: on the one the gateway
 * is the station, on the other the CSMS (policies/ocpp_rehoming_table.ts, decisions 0063 to 0065).
 */
export function rehomingPart(tools: RelayPartTools): RelayPart {
  const { control } = tools.context;
  const renewal = new CertificateRenewal(tools.context.clock, (relay) => void request(tools, relay));
  const takers: Readonly<Record<string, Taker>> = {
    "ocpp.rehome.setting": (relay, _from, frame, bytes) =>
      plainAction(frame.action) === "SetVariables"
        ? setVariables(control, relay, frame, bytes)
        : changeConfiguration(control, relay, frame),
    "ocpp.rehome.read": (relay, _from, frame, bytes) =>
      (plainAction(frame.action) === "GetVariables" ? getVariables : getConfiguration)(control, relay, frame, bytes),
    "ocpp.rehome.network": (relay, _from, frame) => setNetworkProfile(control, relay, frame),
    "ocpp.rehome.sign": (relay) => startRequest(tools, relay),
    "ocpp.rehome.certificate": async (relay, _from, frame, bytes) => {
      const answer = await takeSigned(tools, relay, frame, bytes);
      if ("payload" in answer && answer.afterwards) renewal.done(relay); // it is in use from now on
      return answer;
    },
    "ocpp.rehome.root": (relay, _from, frame) => installRoot(tools, relay, frame),
    "ocpp.rehome.root-delete": (relay, _from, frame, bytes) => deleteRoot(tools, relay, frame, bytes),
    "ocpp.rehome.root-list": (relay, _from, frame, bytes) => listRoots(tools, relay, frame, bytes),
    "ocpp.rehome.plug-and-charge": async (relay, from, frame, bytes) => {
      const answer = await answerInside(tools, relay, from, frame, bytes);
      if ("payload" in answer && answer.afterwards) renewal.done(relay);
      return answer;
    },
    "ocpp.rehome.station-request": (relay, _from, frame) => signForStation(tools, relay, frame),
  };
  return { takers, observer: renewal.observer, tick: () => renewal.tick() };
}

/** The request without an asker. A fault is no more than a day lost. */
async function request(tools: RelayPartTools, relay: Relay): Promise<void> {
  try {
    const answer = await startRequest(tools, relay);
    if ("payload" in answer) answer.afterwards?.();
  } catch (error) {
    tools.context.log.warn("ocpp.renewal.failed", { station: relay.options.stationId, msg: describeError(error) });
  }
}
