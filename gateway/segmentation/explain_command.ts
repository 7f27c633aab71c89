import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { decideFlow, isSeen, type PacketEnd } from "../../policies/segmentation.ts";
import type { FlowProtocol } from "../../policies/segmentation_model.ts";
import { parseIpv4 } from "../../policies/ipv4.ts";
import { zoneHolding } from "./derive_zones.ts";
import type { SegmentationParts } from "./parts.ts";

/** `segmentation explain FROM TO WHAT`: which rule decides on a flow, before anybody tries it. */
export function explainCommand({ segmenter, openings }: SegmentationParts, args: CommandArgs): CommandResult {
  const segmentation = segmenter.segmentation();
  const end = (name: "from" | "to"): PacketEnd => {
    const [zone, address = ""] = String(args[name]).includes("/")
      ? String(args[name]).split("/")
      : ["", String(args[name])];
    if (parseIpv4(address) === undefined) {
      throw unusable(name, String(args[name]), "an address as 10.20.0.11, or ZONE/ADDRESS");
    }
    if (segmentation.zones.some(({ box }) => box.includes(address))) return { address };
    const holding = zone === ""
      ? zoneHolding(segmentation.zones, address)
      : segmentation.zones.find(({ id }) => id === zone);
    if (!holding) throw unusable(name, String(args[name]), "ZONE/ADDRESS: the address is in no zone's network");
    return { zone: holding.id, address };
  };
  const packet = { from: end("from"), to: end("to"), ...whatOf(String(args["what"])) };
  const decision = decideFlow(packet, segmentation, openings.all());
  const seen = isSeen(packet, segmentation);
  const lines = [
    decision.effect === "allow" ? `Passes, by ${decision.rule}.` : `Refused by ${decision.rule}: ${decision.reason}.`,
    ...decision.effect === "deny" && decision.hint !== undefined ? [decision.hint] : [],
    ...seen ? [] : ["But both stand in one shared segment: their packets do not come by this box, and pass."],
  ];
  const because = decision.effect === "deny" ? { reason: decision.reason } : {};
  return { text: lines.join("\n"), data: { effect: decision.effect, rule: decision.rule, seen, ...because } };
}

function whatOf(text: string): { readonly protocol: FlowProtocol; readonly port: number } {
  if (text === "ping") return { protocol: "ping", port: 0 };
  const [, protocol, port] = /^(tcp|udp)\/([1-9]\d{0,4})$/.exec(text) ?? [];
  if (protocol === undefined || Number(port) > 65_535) throw unusable("what", text, "tcp/443, udp/53 or ping");
  return { protocol: protocol as FlowProtocol, port: Number(port) };
}

function unusable(name: string, value: string, wanted: string): GatewayError {
  return new GatewayError("SEGMENTATION_INVALID", `${name} is "${value.slice(0, 60)}", wanted ${wanted}`);
}
