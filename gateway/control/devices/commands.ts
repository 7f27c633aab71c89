import { classifyKey } from "../../../policies/device_key.ts";
import { formatTable } from "../../core/format_table.ts";
import { DRIVERS } from "../../ui_proxy/drivers/mod.ts";
import { GatewayError } from "../../core/errors.ts";
import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../contract.ts";
import type { DeviceLinks } from "./feature.ts";

/** `station pin show|approve` and `station login-retry`. */
export function deviceLinkCommands(
  context: ControlContext,
  links: DeviceLinks,
): Readonly<Record<string, CommandHandler>> {
  return {
    "station login-retry": (args, who) => retry(context, links, args, who),
    "station pin approve": (args, who) => approve(context, links, args, who),
    "station settings": async (args) => await Promise.resolve(settings(links, args)),
    "station pin show": async (args) => await Promise.resolve(show(links, args)),
  };
}

/** A station with pages. @throws GatewayError STATION_UNKNOWN, UI_NO_PAGES */
function withPages(links: DeviceLinks, args: CommandArgs) {
  const station = links.stationOf(String(args["station"]));
  if (station.ui) return { id: station.id, ui: station.ui };
  throw new GatewayError("UI_NO_PAGES", `Station "${station.id}" has no pages that the gateway opens`, {
    hint: "Add `ui` to the station in site.yaml",
  });
}

async function retry(
  { audit, alarms }: ControlContext,
  links: DeviceLinks,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const { id } = withPages(links, args);
  await audit.record({ event: "device.login.retried", class: "security", who, target: id, outcome: "ok" });
  const spent = await links.budget.reset(id);
  await alarms.clear("device.login.refused", id);
  const text = spent === 0
    ? `No login at ${id} had failed; nothing to do.`
    : `${spent} failed ${spent === 1 ? "login" : "logins"} at ${id} forgiven: the next request tries again.`;
  return { text, data: { station: id, forgiven: spent } };
}

async function approve(
  { audit, alarms, clock }: ControlContext,
  links: DeviceLinks,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const { id, ui } = withPages(links, args);
  const fingerprint = await links.pins.approve(id, String(args["fingerprint"]), {
    by: who,
    at: clock.now(),
    file: links.pinFile(id),
    oldTls: ui.oldTls !== undefined,
  });
  await audit.record({
    event: "device.pin.approved",
    class: "security",
    who,
    target: id,
    outcome: "ok",
    detail: { fingerprint },
  });
  for (const kind of ["device.pin.changed", "device.pin.waiting"]) await alarms.clear(kind, id);
  return {
    text: `Approved: the pages of ${id} open to SHA-256 ${spaced(fingerprint)}.`,
    data: { station: id, fingerprint },
  };
}

function show(links: DeviceLinks, args: CommandArgs): CommandResult {
  const { id } = withPages(links, args);
  const pin = links.pins.view(id, links.pinFile(id));
  const presented = links.pins.presented(id);
  const lines = [
    pin
      ? `Approved  SHA-256 ${spaced(pin.fingerprint)}  (${pin.text}; ${
        pin.source === "file" ? "pinFile" : `${pin.by}, ${day(pin.at)}`
      })`
      : "Approved  none: the pages stay closed",
    presented
      ? `Presented SHA-256 ${spaced(presented.fingerprint)}  (${presented.text}; first seen ${day(presented.at)})`
      : "Presented nothing else",
  ];
  const next = presented
    ? [`Compare it with the device itself, then: station pin approve ${id} ${presented.fingerprint}`]
    : [];
  return {
    text: [...lines, ...next].join("\n"),
    data: {
      station: id,
      approved: pin ? { ...pin } : null,
      presented: presented ? { ...presented } : null,
    },
  };
}

/** What the device lists, each with the least role that may write it. */
function settings(links: DeviceLinks, args: CommandArgs): CommandResult {
  const { id, ui } = withPages(links, args);
  const found = links.catalogues.of(id);
  if (!found) {
    return { text: `${id} has told nothing yet: it is asked when somebody opens its pages.`, data: { station: id } };
  }
  const keys = DRIVERS.get(ui.driver)?.pages.keys;
  const list = found.settings.map((setting) => {
    const { role, known } = keys ? classifyKey(setting.key, keys) : { role: "manufacturer", known: false };
    return { ...setting, role, known };
  });
  const rows = list.map((one) => [one.key, one.role, one.known ? "" : "unknown", one.access, one.type, one.range]);
  const title = `${id}, firmware ${found.firmware}, asked ${day(found.at)}`;
  const text = rows.length === 0
    ? `${title}: it lists no settings.`
    : `${title}\n${formatTable(["setting", "written by", "", "access", "type", "range"], rows)}`;
  return { text, data: { station: id, firmware: found.firmware, settings: list } };
}

/** Eight groups of eight digits, to be compared by eye. */
function spaced(fingerprint: string): string {
  return fingerprint.match(/.{8}/g)!.join(" ");
}

function day(at: number | undefined): string {
  return at === undefined ? "?" : new Date(at).toISOString().slice(0, 10);
}
