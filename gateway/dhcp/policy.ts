import { decideDhcp } from "../../policies/dhcp.ts";
import { OPTION } from "./options.ts";
import type { ClientPacket, Judgement } from "./session_types.ts";
import type { ZoneConfig } from "./worker_config.ts";

/** Message to facts, decision to what the session does about it. */
export function judgePacket(config: ZoneConfig, packet: ClientPacket, isKnown: boolean): Judgement {
  const { message, sourceMac } = packet;
  const { giaddr, hops, chaddr } = message;
  const relay = giaddr === 0 ? "none" : config.relayAgents.includes(giaddr) ? "listed" : "unlisted";
  const { decision, treatment } = decideDhcp({
    principal: { mac: chaddr, isKnown },
    context: {
      sourceMac,
      hops,
      relay,
      hasBareRelayInfo: giaddr === 0 && message.options.has(OPTION.relayInfo),
    },
  }, { unknown: config.unknown, trustsSwitches: config.trustsSwitches });
  return decision.effect === "allow"
    ? { treatment, rule: decision.rule }
    : { treatment, rule: decision.rule, reason: decision.reason };
}

/** Whether option 82 of a message may be believed: from a listed relay agent, or of a switch that inserts its own. */
export function believesRelayInfo(config: ZoneConfig, giaddr: number): boolean {
  return giaddr === 0 ? config.trustsSwitches : config.relayAgents.includes(giaddr);
}
