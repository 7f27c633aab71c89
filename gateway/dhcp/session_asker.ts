import type { DhcpFact } from "../core/dhcp_api.ts";
import { addressOption, type DhcpMessage, type Ipv4, textOption } from "./codec.ts";
import type { KnownDevice, Lease } from "./lease.ts";
import { OPTION } from "./options.ts";
import type { ClientPacket, Judgement } from "./session_types.ts";

/** A device as one message shows it. */
export interface Asker {
  readonly packet: ClientPacket;
  readonly mac: string;
  readonly device: KnownDevice | undefined;
  readonly judgement: Judgement;
  readonly clientId: string | undefined;
  readonly circuitId: string | undefined;
  readonly fingerprint: string;
}

/** What a device asks for, in its order, and what it calls itself: the same for one firmware, whatever its settings. */
export function fingerprintOf(message: DhcpMessage): string {
  const asked = message.options.get(OPTION.parameterList) ?? [];
  return `${[...asked].slice(0, 64).join(",")} ${textOption(message, OPTION.vendorClass) ?? ""}`.trim();
}

/** SELECTING and INIT-REBOOT name the address in option 50, RENEWING and REBINDING in ciaddr. */
export function wantedBy(message: DhcpMessage): Ipv4 | undefined {
  return message.ciaddr !== 0 ? message.ciaddr : addressOption(message, OPTION.requestedAddress);
}

/** Somebody wants the address of a station and is not it. */
export function impostorFact({ mac, device }: Asker, owner: KnownDevice | undefined, zone: string): DhcpFact[] {
  if (!owner?.isStation || owner === device || owner.mac === undefined) return [];
  return [{ kind: "changed", zone, device: owner.name, what: "mac", before: owner.mac.toLowerCase(), after: mac }];
}

/** A station that behaves otherwise than last time is perhaps another device. */
export function changeFacts({ device, mac, fingerprint }: Asker, before: Lease | undefined, zone: string): DhcpFact[] {
  if (!device?.isStation || !before || before.state === "declined") return [];
  const fact = { kind: "changed", zone, device: device.name } as const;
  if (before.mac !== mac) return [{ ...fact, what: "mac", before: before.mac, after: mac }];
  if (before.fingerprint === undefined || before.fingerprint === fingerprint) return [];
  return [{ ...fact, what: "fingerprint", before: before.fingerprint, after: fingerprint }];
}

/** What the policy refused, with what the device says of itself. */
export function refusalFact({ packet, mac, judgement, fingerprint }: Asker, zone: string): DhcpFact {
  const hostname = textOption(packet.message, OPTION.hostname);
  const vendorClass = textOption(packet.message, OPTION.vendorClass);
  return {
    kind: "refused",
    rule: judgement.rule,
    reason: judgement.reason ?? "",
    mac,
    zone,
    fingerprint,
    ...hostname === undefined ? {} : { hostname },
    ...vendorClass === undefined ? {} : { vendorClass },
  };
}
