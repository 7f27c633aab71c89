import type { CommandArgs, CommandHandler, CommandResult } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { MIGRATION_LIMITS } from "./limits.ts";
import { countStates, type MigrationParts, type Migrations } from "./migrations.ts";
import { holdingBack, type Plan, type Row, splitWaves, stateOf } from "./plan.ts";

/** The commands of a migration. */
export function migrationCommands(
  migrations: Migrations,
  parts: MigrationParts,
): Readonly<Record<string, CommandHandler>> {
  const wake = () => void migrations.sweep();
  return {
    "csms migrate back": (_args, who) => back(migrations, parts, who, wake),
    "csms migrate finish": (_args, who) => finish(migrations, parts, who),
    "csms migrate plan": (args, who) => makePlan(migrations, parts, args, who),
    "csms migrate shadow": (args, who) => shadow(migrations, parts, args, who),
    "csms migrate status": () => status(migrations, parts),
    "csms migrate wave": (args, who) => startWave(migrations, parts, args, who, wake),
  };
}

async function makePlan(
  migrations: Migrations,
  parts: MigrationParts,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const { context, book, stations } = parts;
  if (migrations.plan && book.rows.some(({ at, wanted }) => at === "to" || wanted === "to")) {
    throw refused("A migration is under way", "End it with `csms migrate finish` or `csms migrate back` first");
  }
  const from = csmsOf(parts, String(args["from"])), to = csmsOf(parts, String(args["to"]));
  if (from === to) throw refused(`"${from}" cannot be moved to itself`, "Name two different CSMS");
  const all = stations.all().filter(({ ocpp }) => ocpp?.csms === from).map(({ id }) => id).sort();
  const asked = [...new Set(typeof args["stations"] === "string" ? args["stations"].split(",") : all)];
  if (asked.length > MIGRATION_LIMITS.stations) {
    throw refused(`${asked.length} stations are more than ${MIGRATION_LIMITS.stations}`, "Pass some with --stations");
  }
  const stranger = asked.find((id) => !all.includes(id));
  if (stranger !== undefined) throw refused(`Station "${stranger}" is not at "${from}"`, "See `stations`");
  if (asked.length === 0) throw refused(`No station is at "${from}"`, "See `stations`");
  const waves = splitWaves(asked, sizeOf(args["wave-size"]));
  const plan: Plan = {
    from,
    to,
    started: 0,
    waves: waves.length,
    isShadowing: false,
    isReturning: false,
    madeAt: context.clock.now(),
    madeBy: who,
  };
  const rows = waves.flatMap((wave, at) =>
    wave.map((station): Row => ({ station, wave: at + 1, at: "from", wanted: "from", failures: 0 }))
  );
  await record(parts, "migration.plan.made", who, `${from} to ${to}`, { stations: rows.length, waves: waves.length });
  await book.begin(plan, rows);
  const sizes = waves.map((wave) => wave.length).join(", ");
  return {
    text: `${rows.length} stations will move from ${from} to ${to} in ${waves.length} waves (${sizes}).\n` +
      "Nothing has happened yet. Next: `csms migrate shadow`, or `csms migrate wave`.",
    data: { from, to, stations: rows.length, waves: waves.map((wave) => [...wave]) },
  };
}

async function shadow(
  migrations: Migrations,
  parts: MigrationParts,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const plan = planOf(migrations);
  const isShadowing = args["stop"] !== true;
  const event = isShadowing ? "migration.shadow.started" : "migration.shadow.stopped";
  await record(parts, event, who, plan.to);
  await parts.book.change((now) => ({ plan: { ...now, isShadowing } }));
  await migrations.refreshMirrors();
  await migrations.flushComparisons();
  const text = isShadowing
    ? `${plan.to} gets copies of what the stations say; its answers are compared, and go nowhere. See \`csms migrate status\`.`
    : `${plan.to} gets no copies any more.`;
  return { text, data: { csms: plan.to, shadowing: isShadowing } };
}

async function startWave(
  migrations: Migrations,
  parts: MigrationParts,
  args: CommandArgs,
  who: string,
  wake: () => void,
): Promise<CommandResult> {
  const plan = planOf(migrations);
  const { book } = parts;
  if (plan.isReturning) throw refused("The migration is on its way back", "Make a new one with `csms migrate plan`");
  if (plan.started >= plan.waves) throw refused(`All ${plan.waves} waves were started`, "See `csms migrate status`");
  const held = holdingBack(plan, book.rows);
  const isForced = args["despite-faults"] === true;
  if (held.length > 0 && !isForced) {
    const shown = held.slice(0, 5).map((row) => `${row.station} ${stateOf(row)}`).join(", ");
    throw refused(
      `${held.length} stations of the waves before are not accepted by ${plan.to} (${shown})`,
      "Wait and see `csms migrate status`; go on anyway with --despite-faults, or `csms migrate back`",
    );
  }
  const wave = plan.started + 1;
  const toMove = (row: Row): Row => ({ ...row, wanted: "to" });
  const rows = book.rows.filter((row) => row.wave === wave);
  await record(parts, "migration.wave.started", who, plan.to, { wave, stations: rows.length, despiteFaults: isForced });
  await book.change((now, all) => {
    if (now.isReturning || now.started >= wave) {
      throw refused("Somebody else has changed the migration at this moment", "See `csms migrate status`");
    }
    return { plan: { ...now, started: wave }, rows: all.filter((row) => row.wave === wave).map(toMove) };
  });
  wake();
  return {
    text: `Wave ${wave} of ${plan.waves}: ${rows.length} stations move to ${plan.to}, each when no transaction runs.`,
    data: { wave, stations: rows.map(({ station }) => station) },
  };
}

async function back(
  migrations: Migrations,
  parts: MigrationParts,
  who: string,
  wake: () => void,
): Promise<CommandResult> {
  const plan = planOf(migrations);
  const away = parts.book.rows.filter(({ at }) => at === "to").length;
  await record(parts, "migration.back.started", who, plan.from, { stations: away });
  await parts.book.change((now, rows) => ({
    plan: { ...now, isReturning: true, isShadowing: false },
    rows: rows.map((row): Row => ({ ...row, wanted: "from" })),
  }));
  await migrations.refreshMirrors();
  wake();
  return {
    text: `${away} stations go back to ${plan.from}, each when no transaction runs; those that have not moved stay.`,
    data: { to: plan.from, stations: away },
  };
}

async function finish(migrations: Migrations, parts: MigrationParts, who: string): Promise<CommandResult> {
  const plan = planOf(migrations);
  const { book, stations } = parts;
  const open = book.rows.filter((row) => stateOf(row) !== "accepted");
  if (plan.isReturning && book.rows.every(({ at }) => at === "from")) {
    await record(parts, "migration.finished", who, plan.from);
    await book.clear();
    return { text: `All stations are at ${plan.from}; the migration is over.`, data: { left: [] } };
  }
  if (open.length > 0) {
    throw refused(`${open.length} stations are not accepted by ${plan.to}`, "See `csms migrate status`");
  }
  for (const { station } of book.rows) {
    const entry = stations.asWritten(station);
    if (entry?.ocpp && stations.isAdopted(station)) {
      await stations.adopt({ ...entry, ocpp: { ...entry.ocpp, csms: plan.to } });
    }
  }
  const left = await migrations.settle(true);
  await record(parts, "migration.finished", who, plan.to, { inSiteYaml: left.length });
  const text = left.length === 0
    ? `All stations belong to ${plan.to}; the migration is over.`
    : `In site.yaml write csms: ${plan.to} for ${
      left.join(", ")
    }, then \`reload\`: until then the migration holds them there.`;
  return { text, data: { left: [...left] } };
}

async function status(migrations: Migrations, parts: MigrationParts): Promise<CommandResult> {
  const { plan } = migrations;
  if (!plan) return { text: "No migration is planned.", data: { plan: null, stations: [] } };
  await migrations.flushComparisons();
  const { book } = parts;
  const stations = book.rows.map((row) => {
    const { same, different, missing, samples } = book.comparison(row.station);
    return {
      station: row.station,
      wave: row.wave,
      state: stateOf(row),
      csms: row.at === "to" ? plan.to : plan.from,
      why: migrations.reason(row.station) ?? row.fault ?? "",
      same,
      different,
      missing,
      samples: samples.map((sample) => ({ ...sample })),
    };
  });
  const counts = Object.entries(countStates(book.rows)).map(([state, count]) => `${count} ${state}`).join(", ");
  const head = `${plan.from} to ${plan.to}: wave ${plan.started} of ${plan.waves}; ${counts}.` +
    (plan.isShadowing ? ` ${plan.to} shadows.` : "") + (plan.isReturning ? " On the way back." : "");
  const table = formatTable(
    ["station", "wave", "state", "at", "same", "different", "missing", "why"],
    stations.map((row) => [
      row.station,
      String(row.wave),
      row.state,
      row.csms,
      String(row.same),
      String(row.different),
      String(row.missing),
      row.why,
    ]),
  );
  const samples = stations.flatMap(({ station, samples }) =>
    samples.slice(0, 3).map(({ action, field, primary, shadow }) =>
      `${station} ${action} ${field}: ${plan.from} says ${primary}, ${plan.to} says ${shadow}`
    )
  ).slice(0, 20);
  const text = [head, table, ...samples.length > 0 ? [samples.join("\n")] : []].join("\n\n");
  return { text, data: { plan: { ...plan }, stations } };
}

function planOf(migrations: Migrations): Plan {
  if (migrations.plan) return migrations.plan;
  throw refused("No migration is planned", "Make one with `csms migrate plan --from OLD --to NEW`");
}

function csmsOf({ context }: MigrationParts, id: string): string {
  const known = (context.site.ocpp?.csms ?? []).filter(({ mode }) => mode === "primary").map((csms) => csms.id);
  if (known.includes(id)) return id;
  throw refused(`No primary CSMS "${id}" is configured`, `Configured: ${known.join(", ")}`);
}

function sizeOf(text: CommandArgs[string]): number | undefined {
  if (text === undefined) return undefined;
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1) return size;
  throw refused(`"${String(text)}" is no size of a wave`, "Pass a whole number of stations, as --wave-size 20");
}

function refused(what: string, hint: string): GatewayError {
  return new GatewayError("MIGRATION_REFUSED", what, { hint });
}

async function record(
  { context }: MigrationParts,
  event: string,
  who: string,
  target: string,
  detail: Record<string, string | number | boolean> = {},
): Promise<void> {
  await context.audit.record({ event, class: "operation", who, target, outcome: "ok", detail });
}
