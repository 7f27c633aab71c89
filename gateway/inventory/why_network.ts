import type { StationPortVerdict } from "../../policies/switch_port.ts";
import type { Lease } from "../core/dhcp_api.ts";
import type { AskedName } from "../core/dns_api.ts";
import { addressText } from "./dhcp/address_text.ts";
import type { WhyStep } from "./why.ts";

/** What is known of the network below a station's connection. */
export interface NetworkFacts {
  readonly stationId: string;
  readonly now: number;
  readonly isConnected: boolean;
  /** Wall milliseconds of its last attempt to connect; absent: none is remembered. */
  readonly triedAt?: number;
  readonly port: StationPortVerdict;
  /** Its zone has DHCP of this box. */
  readonly hasDhcp: boolean;
  readonly lease?: Lease;
  /** The addresses of its zone that somebody else uses: "10.20.0.11: 02:... has it". */
  readonly conflict?: string;
  readonly hasDns: boolean;
  /** What it asked for last, as the DNS Worker remembers it. */
  readonly asked?: AskedName;
  /** The last name it was refused, with how to allow it. */
  readonly refused?: {
    readonly name: string;
    readonly rule: string;
    readonly lastAt: number;
    readonly howToAllow: string;
  };
}

/** Milliseconds in which a refused name is the likely reason why nobody connects. */
const LATELY_MS = 900_000;
const time = (at: number) => new Date(at).toISOString();

/** The steps from the cable to names. For a connected station none of them is bad: its network works. */
export function networkSteps(facts: NetworkFacts): readonly WhyStep[] {
  const steps = [portStep(facts), leaseStep(facts), namesStep(facts)];
  if (!facts.isConnected) return steps;
  return steps.map((step) => step.state === "bad" ? { ...step, state: "unknown" as const } : step);
}

function portStep({ port }: NetworkFacts): WhyStep {
  return { step: "switch port", ...port };
}

function leaseStep({ hasDhcp, lease, conflict, now, stationId }: NetworkFacts): WhyStep {
  const step = "address";
  if (!hasDhcp) return { step, state: "not used", detail: "this box gives out no addresses in its zone" };
  if (conflict !== undefined) {
    return {
      step,
      state: "bad",
      detail: `another device uses its address: ${conflict}`,
      fix: "Find that device (`segmentation switches`, `dhcp status`) and take the address away from it.",
    };
  }
  if (!lease) {
    return { step, state: "unknown", detail: "it has asked for none; it may be off, or have a fixed one set in it" };
  }
  const address = addressText(lease.address);
  if (lease.kind === "quarantine") {
    return {
      step,
      state: "bad",
      detail: `${address} of the quarantine pool, given as to a stranger`,
      fix: `Adopt it: \`dhcp adopt ${lease.mac} --name ${stationId}\`, or write its \`mac\` into site.yaml.`,
    };
  }
  if (lease.state === "released") {
    return { step, state: "unknown", detail: `it gave ${address} back at ${time(lease.renewedAt)}` };
  }
  if (lease.expiresAt <= now) {
    return { step, state: "unknown", detail: `its lease of ${address} ended at ${time(lease.expiresAt)}` };
  }
  return { step, state: "ok", detail: `${address} until ${time(lease.expiresAt)}, renewed ${time(lease.renewedAt)}` };
}

/** A refused name is the reason only when it was asked for lately and no attempt to connect followed. */
function namesStep({ hasDns, asked, refused, triedAt = 0, now }: NetworkFacts): WhyStep {
  const step = "names";
  if (!hasDns) return { step, state: "not used", detail: "this box answers no names" };
  const last = asked && `it asked for ${asked.name} at ${time(asked.at)}: ${asked.outcome}`;
  if (refused && refused.lastAt > now - LATELY_MS && refused.lastAt > triedAt) {
    return {
      step,
      state: "bad",
      detail: `it asked for ${refused.name} at ${time(refused.lastAt)}, which ${refused.rule} refuses, and did not ` +
        "connect since",
      fix: `${refused.howToAllow}; or set a URL in the station whose name is allowed.`,
    };
  }
  if (!last && !refused) return { step, state: "unknown", detail: "it has asked for none" };
  const denied = refused ? `${refused.name} was refused by ${refused.rule} at ${time(refused.lastAt)}` : "";
  return { step, state: "ok", detail: [last, denied].filter(Boolean).join("; ") };
}
