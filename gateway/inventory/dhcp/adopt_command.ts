import { dhcpScopes, ipv4Number, rangeNumbers, subnetNumbers } from "../../config/dhcp_scopes.ts";
import type { CommandArgs, CommandResult, ControlContext } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Stations } from "../stations.ts";
import { addressText } from "./address_text.ts";
import type { AdoptedDevices } from "./adopted_devices.ts";
import type { DeviceInbox } from "./device_inbox.ts";
import { type AdoptedDevice, knownDevices } from "./known_devices.ts";
import { DHCP_BOOK_LIMITS } from "./limits.ts";

/** What adopting works on. */
export interface AdoptParts {
  readonly context: ControlContext;
  readonly stations: Stations;
  readonly inbox: DeviceInbox;
  readonly adopted: AdoptedDevices;
  /** Tells the Worker who is known now. */
  readonly push: () => Promise<void>;
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/**
 * `dhcp adopt MAC [--zone Z] [--address A] [--name N]`: the device gets an address from its next question on.
 * @throws GatewayError DHCP_DEVICE_INVALID naming what does not fit
 */
export async function adoptDevice(parts: AdoptParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const device = readDevice(parts, args, who);
  refuseDuplicate(parts, device);
  const at = device.address === undefined ? "an address of the pool" : addressText(device.address);
  await parts.context.audit.record({
    event: "dhcp.device.adopted",
    class: "access",
    who,
    target: device.mac,
    outcome: "ok",
    detail: { zone: device.zone, name: device.name, address: at },
  });
  await parts.adopted.add(device);
  await parts.inbox.remove(device.mac);
  await parts.push();
  const text = `Adopted ${device.mac} in zone ${device.zone} as ${device.name}: it gets ${at} when it next asks.\n` +
    "To keep it with the configuration, write its MAC into site.yaml.";
  return { text, data: { mac: device.mac, zone: device.zone, name: device.name, address: device.address ?? null } };
}

/** `dhcp remove MAC`: what was adopted is unknown again from its next renewal on. */
export async function removeDevice(parts: AdoptParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const mac = macOf(args);
  const devices = parts.adopted.of(mac);
  if (devices.length === 0) {
    throw invalid(`"${mac}" was not adopted by command`, "Stations and reservations of site.yaml are removed there");
  }
  for (const device of devices) {
    const detail = { zone: device.zone, name: device.name };
    await parts.context.audit.record({
      ...{ event: "dhcp.device.removed", class: "access", who, target: mac, outcome: "ok", detail },
    });
    await parts.adopted.remove(device);
  }
  await parts.push();
  return { text: `${mac} is unknown again; its lease is not renewed.`, data: { mac } };
}

function readDevice({ context, inbox }: AdoptParts, args: CommandArgs, who: string): AdoptedDevice {
  const mac = macOf(args);
  const scopes = dhcpScopes(context.site.dhcp).map(({ scope }) => scope).filter(({ mode }) => mode === "server");
  const zone = String(args["zone"] ?? inbox.get(mac)?.zone ?? (scopes.length === 1 ? scopes[0]!.zone : ""));
  const scope = scopes.find((one) => one.zone === zone);
  if (!scope) {
    const known = scopes.map((one) => one.zone).join(", ") || "none";
    throw invalid(`zone "${zone}" has no DHCP server here`, `Pass --zone with one of: ${known}`);
  }
  const name = String(args["name"] ?? inbox.get(mac)?.hostname ?? mac).slice(0, DHCP_BOOK_LIMITS.textChars);
  const device = { zone, mac, name, at: context.clock.now(), by: who };
  if (args["address"] === undefined) {
    if (scope.pool !== undefined) return device;
    throw invalid(`zone "${zone}" has no pool`, "Pass --address with a free address of the zone");
  }
  const address = ipv4Number(String(args["address"]));
  const net = subnetNumbers(context.site.network.zones.find(({ id }) => id === zone)?.address)!;
  const quarantine = rangeNumbers(scope.quarantinePool);
  const isUsable = address !== undefined && address > net.from && address < net.to && address !== net.self &&
    !(quarantine && address >= quarantine.from && address <= quarantine.to);
  if (!isUsable) {
    throw invalid(
      `address "${String(args["address"]).slice(0, 40)}" cannot be given in zone "${zone}"`,
      `Pass a free address from ${addressText(net.from + 1)} to ${addressText(net.to - 1)}`,
    );
  }
  return { ...device, address };
}

/** Duplicates are refused when they are written, with the name of who has it. */
function refuseDuplicate({ context, stations, adopted }: AdoptParts, device: AdoptedDevice): void {
  if (adopted.all().length >= DHCP_BOOK_LIMITS.adoptedDevices) {
    throw invalid(`${DHCP_BOOK_LIMITS.adoptedDevices} devices are adopted already`, "Move them into site.yaml");
  }
  const others = adopted.all().filter(({ mac }) => mac !== device.mac);
  const known = knownDevices(context.site, stations.all(), others)[device.zone] ?? [];
  const sameMac = known.find(({ mac }) => mac === device.mac);
  if (sameMac) throw invalid(`${device.mac} is known already as "${sameMac.name}"`, "Change it where it is written");
  const sameAddress = known.find(({ address }) => address !== undefined && address === device.address);
  if (sameAddress) {
    throw invalid(`${addressText(device.address!)} is given to "${sameAddress.name}"`, "Pass another --address");
  }
}

function macOf(args: CommandArgs): string {
  const mac = String(args["mac"] ?? "").toLowerCase().replaceAll("-", ":");
  if (MAC.test(mac)) return mac;
  throw invalid(`"${mac.slice(0, 40)}" is no MAC address`, "Write six hex bytes, as 02:00:00:00:00:11");
}

function invalid(what: string, hint: string): GatewayError {
  return new GatewayError("DHCP_DEVICE_INVALID", `Cannot do this: ${what}`, { hint });
}
