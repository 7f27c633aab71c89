import { dhcpScopes, ipv4Number } from "../../config/dhcp_scopes.ts";
import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import type { Lease } from "../../core/dhcp_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { addressText } from "./address_text.ts";
import { adoptDevice, type AdoptParts, removeDevice } from "./adopt_command.ts";
import type { FactRecorder } from "./fact_recorder.ts";
import { knownDevices } from "./known_devices.ts";
import type { LeaseBook } from "./lease_book.ts";

/** What the commands work on. */
export interface DhcpParts extends AdoptParts {
  readonly book: LeaseBook;
  readonly recorder: FactRecorder;
}

/** All commands about DHCP. */
export function dhcpCommands(parts: DhcpParts): Readonly<Record<string, CommandHandler>> {
  return {
    "dhcp adopt": (args, who) => adoptDevice(parts, args, who),
    "dhcp free": (args, who) => freeAddress(parts, args, who),
    "dhcp inbox": () => Promise.resolve(listInbox(parts)),
    "dhcp leases": (args) => listLeases(parts, args),
    "dhcp remove": (args, who) => removeDevice(parts, args, who),
    "dhcp status": () => showStatus(parts),
  };
}

async function listLeases({ context, stations, adopted, book }: DhcpParts, args: CommandArgs): Promise<CommandResult> {
  const known = knownDevices(context.site, stations.all(), adopted.all());
  const now = context.clock.now();
  const leases: (Lease & { readonly device: string | null; readonly isOver: boolean })[] = [];
  for (const zone of zonesOf(context, args)) {
    for (const lease of await book.ofZone(zone)) {
      const isOver = lease.expiresAt <= now || lease.state === "released";
      if (isOver && args["all"] !== true) continue;
      const device = (known[zone] ?? []).find(({ mac, address }) =>
        mac === lease.mac || lease.kind === "reservation" && address === lease.address
      );
      leases.push({ ...lease, device: device?.name ?? null, isOver });
    }
  }
  const rows = leases.map((lease) => [
    lease.zone,
    addressText(lease.address),
    lease.mac,
    lease.device ?? lease.hostname ?? "-",
    lease.isOver ? "over" : lease.state,
    lease.kind,
    new Date(lease.expiresAt).toISOString(),
  ]);
  const head = ["zone", "address", "MAC", "device", "state", "from", "until"];
  const data = leases.map((lease) => ({ ...lease, address: addressText(lease.address) }));
  return { text: rows.length === 0 ? "No leases." : formatTable(head, rows), data: JSON.parse(JSON.stringify(data)) };
}

function listInbox({ inbox }: DhcpParts): CommandResult {
  const data = inbox.all().map((device) => ({ ...device }));
  if (data.length === 0) return { text: "No unknown device has asked for an address.", data };
  const rows = data.map(({ mac, zone, count, lastSeen, hostname, vendorClass }) => [
    ...[mac, zone, String(count), new Date(lastSeen).toISOString(), hostname ?? "-", vendorClass ?? "-"],
  ]);
  const table = formatTable(["MAC", "zone", "asked", "last seen", "calls itself", "vendor class"], rows);
  return { text: `${table}\n\nNothing above is proven. Adopt one with: dhcp adopt MAC`, data };
}

async function freeAddress(parts: DhcpParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { context, book } = parts;
  const address = ipv4Number(String(args["address"] ?? ""));
  for (const zone of zonesOf(context, args)) {
    const lease = (await book.ofZone(zone)).find((one) => one.address === address);
    if (!lease) continue;
    await context.audit.record({
      event: "dhcp.lease.freed",
      class: "access",
      who,
      target: lease.mac,
      outcome: "ok",
      detail: { zone, address: addressText(lease.address), state: lease.state },
    });
    await book.remove(zone, lease.address);
    for (const worker of context.workers.of("dhcp")) {
      await context.workers.get(worker).call("dhcp.forget", { zone, addresses: [lease.address] });
    }
    const text = `${addressText(lease.address)} is free. ${lease.mac} uses it until it asks again: reboot it first.`;
    return { text, data: { zone, address: addressText(lease.address), mac: lease.mac } };
  }
  throw new GatewayError("DHCP_DEVICE_INVALID", `No lease has the address "${String(args["address"]).slice(0, 40)}"`, {
    hint: "`dhcp leases --all` lists them",
  });
}

async function showStatus({ context, recorder, inbox }: DhcpParts): Promise<CommandResult> {
  const states: Json[] = [];
  for (const worker of context.workers.of("dhcp")) {
    try {
      states.push(await context.workers.get(worker).call("dhcp.state", {}));
    } catch (error) {
      states.push({ worker, why: describeError(error) });
    }
  }
  const sights = recorder.sights().map((sight) => ({ ...sight }));
  const zones = states.flatMap((state) =>
    (state as { readonly zones?: readonly Readonly<Record<string, Json>>[] }).zones ?? []
  );
  const rows = zones.map((zone) =>
    ["zone", "mode", "state", "leases", "answered", "dropped"].map((key) => String(zone[key]))
  );
  const seen = sights.map(({ kind, subject, detail, count, lastSeen }) =>
    `${kind} ${subject}: ${detail} (${count} times, last ${new Date(lastSeen).toISOString()})`
  );
  const text = [
    rows.length === 0
      ? "No zone has DHCP."
      : formatTable(["zone", "mode", "state", "leases", "answered", "dropped"], rows),
    `${inbox.all().length} unknown devices wait in \`dhcp inbox\`.`,
    seen.length === 0 ? "No conflict and no foreign server was seen." : seen.join("\n"),
  ].join("\n\n");
  return { text, data: { states, sights, inbox: inbox.all().length } };
}

function zonesOf({ site }: ControlContext, args: CommandArgs): readonly string[] {
  const zones = dhcpScopes(site.dhcp).map(({ scope }) => scope.zone);
  if (args["zone"] === undefined) return zones;
  if (zones.includes(String(args["zone"]))) return [String(args["zone"])];
  throw new GatewayError("DHCP_DEVICE_INVALID", `Zone "${String(args["zone"]).slice(0, 48)}" has no DHCP`, {
    hint: `Zones with DHCP: ${zones.join(", ") || "none"}`,
  });
}
