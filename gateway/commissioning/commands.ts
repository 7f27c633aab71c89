import type { CommandArgs, CommandCaller, CommandHandler, CommandResult, ControlContext } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { makeSafe } from "../inventory/plan/picture.ts";
import type { PaperSigner } from "../papers/paper.ts";
import type { CommissioningDesk, GivenEntry, ProtocolView } from "./desk.ts";
import { readDrawing } from "./drawing.ts";
import { COMMISSIONING_LIMITS } from "./limits.ts";
import type { Protocol } from "./protocol.ts";
import type { ProtocolBook } from "./protocol_book.ts";
import { paperName, progressOf, protocolPaper } from "./protocol_paper.ts";
import { PAPER_WORDS } from "./protocol_words.ts";

/** What the commands work with. */
export interface CommissioningParts {
  readonly context: Pick<ControlContext, "audit" | "clock" | "random" | "site">;
  readonly book: ProtocolBook;
  readonly desk: CommissioningDesk;
  readonly signer: () => Promise<PaperSigner>;
  /** A second factor of this person was proven just now. @throws IdentityError STEP_UP_NEEDED, LOGIN_REFUSED */
  readonly prove: (
    asker: { readonly person: string; readonly caller?: CommandCaller; readonly code?: string },
  ) => Promise<void>;
}

/** The commands that begin with `commissioning`. */
export function commissioningCommands(parts: CommissioningParts): Readonly<Record<string, CommandHandler>> {
  const { book, desk } = parts;
  const id = (args: CommandArgs) => book.need(String(args["bay"])).id;
  const shown = async (view: Promise<ProtocolView>) => show(await view);
  return {
    "commissioning check": (args, who) => shown(desk.check(id(args), who)),
    "commissioning close": (args, who) => shown(desk.close(id(args), who)),
    "commissioning counter-sign": (args, who, caller) => shown(sign(parts, id(args), "operator", args, who, caller)),
    "commissioning drop": async (args, who) => {
      const { id: gone, bay } = await desk.drop(id(args), who);
      return { text: `Protocol ${gone} of ${bay} is gone.`, data: { id: gone, bay } };
    },
    "commissioning enter": (args, who) => shown(enter(parts, id(args), args, who)),
    "commissioning except": (args, who) => shown(except(desk, id(args), args, who)),
    "commissioning list": async () => await Promise.resolve(list(parts)),
    "commissioning pdf": (args, who) => pdf(parts, book.need(String(args["bay"])), args, who),
    "commissioning photo": (args) => photo(book, book.need(String(args["bay"])), String(args["step"])),
    "commissioning reopen": (args, who) =>
      shown(desk.reopen(id(args), need(args, "reason", COMMISSIONING_LIMITS.noteChars), who)),
    "commissioning show": async (args) => await Promise.resolve(show(desk.view(book.need(String(args["bay"]))))),
    "commissioning sign": (args, who, caller) => shown(sign(parts, id(args), "installer", args, who, caller)),
    "commissioning start": (args, who) => shown(desk.start(String(args["bay"]), who)),
  };
}

function list({ book, desk }: CommissioningParts): CommandResult {
  const rows = book.all().map((protocol) => rowOf(desk.view(protocol)));
  if (rows.length === 0) {
    return { text: "No bay has a protocol yet: `commissioning start BAY` begins one.", data: [] };
  }
  const cells = rows.map(({ id, bay, state, done, of, open, startedAt }) => [
    ...[
      String(id),
      bay,
      PAPER_WORDS.en.states[state],
      `${done}/${of}`,
      iso(startedAt).slice(0, 10),
      open.slice(0, 3).join(" "),
    ],
  ]);
  return {
    text: formatTable(["protocol", "bay", "state", "steps", "begun", "open"], cells),
    data: rows as unknown as Json,
    ok: rows.every(({ state }) => state === "closed"),
  };
}

function rowOf(
  { protocol: { id, bay, stations, state, startedAt, startedBy, closedAt }, steps, faults }: ProtocolView,
) {
  const standings = steps.map(({ standing }) => standing);
  return {
    ...{ id, bay, stations, state, startedAt, startedBy, ...closedAt === undefined ? {} : { closedAt } },
    ...progressOf(standings),
    open: standings.filter(({ outcome }) => outcome === "open" || outcome === "failed").map(({ key }) => key),
    faults,
  };
}

function show(view: ProtocolView): CommandResult {
  const { protocol, steps, faults } = view, row = rowOf(view);
  const head = `Protocol ${protocol.id} of ${protocol.bay} (${protocol.stations.join(", ")}): ` +
    `${PAPER_WORDS.en.states[protocol.state]}, ${row.done} of ${row.of} steps`;
  const blocked = faults.map(({ rule, why, hint }) => `${rule}: ${why}\n  do: ${hint}`);
  const table = formatTable(
    ["step", "stands", "found"],
    steps.map(({ key, standing: { outcome, why } }) => [key, PAPER_WORDS.en.outcome[outcome], why]),
  );
  const { held: _held, entries, ...told } = protocol;
  const data = {
    ...told,
    ...{ done: row.done, of: row.of, open: row.open, faults },
    steps: steps.map(({ key, station, step, standing: { outcome, why } }) => ({
      ...{ key, outcome, why, ...station === undefined ? {} : { station } },
      ...step,
      entry: entries[key] ?? null,
    })),
  } as unknown as Json;
  return { text: [head, ...blocked, table].join("\n\n"), data };
}

async function enter({ desk }: CommissioningParts, id: number, args: CommandArgs, who: string): Promise<ProtocolView> {
  const key = keyOf(args), file = args["file"];
  if (typeof file === "string" && file !== "") return await desk.photo(id, key, makeSafe(bytesOf(file), "photo"), who);
  return await desk.enter(id, key, entryOf(args), who);
}

/** What was entered tells what it is: a value, what stands on a label, or a word that it is so. */
function entryOf(args: CommandArgs): GivenEntry {
  const { noteChars, labelChars } = COMMISSIONING_LIMITS;
  if (args["value"] !== undefined) {
    const text = String(args["value"]).trim().replace(",", ".");
    if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) {
      throw invalid(`"${text.slice(0, 40)}" is no number`, "Enter what the instrument shows, as 0.34");
    }
    return { kind: "measure", value: Number(text) };
  }
  const [serial, mac, model] = ["serial", "mac", "model"].map((name) => optional(args, name, labelChars));
  if (serial !== undefined || mac !== undefined || model !== undefined) return { kind: "label", serial, mac, model };
  if (args["so"] === true || args["not-so"] === true) {
    return { kind: "confirm", isSo: args["not-so"] !== true, note: optional(args, "note", noteChars) };
  }
  throw invalid("Nothing was entered", "--value, --serial, --mac, --model, --so, --not-so or --file");
}

async function except(desk: CommissioningDesk, id: number, args: CommandArgs, who: string): Promise<ProtocolView> {
  const reason = args["take-back"] === true ? undefined : need(args, "reason", COMMISSIONING_LIMITS.noteChars);
  return await desk.except(id, keyOf(args), reason, who);
}

async function sign(
  { desk, prove }: CommissioningParts,
  id: number,
  as: "installer" | "operator",
  args: CommandArgs,
  who: string,
  caller: CommandCaller | undefined,
): Promise<ProtocolView> {
  const name = need(args, "name", COMMISSIONING_LIMITS.nameChars), drawn = args["drawing"];
  const drawing = typeof drawn === "string" && drawn !== "" ? { drawing: readDrawing(drawn) } : {};
  const code = args["code"];
  await prove({ person: who, ...caller ? { caller } : {}, ...typeof code === "string" ? { code } : {} });
  return await desk.sign(id, as, { name, ...drawing }, who);
}

async function pdf(
  parts: CommissioningParts,
  protocol: Protocol,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const { context, book, desk, signer } = parts, language = args["language"] ?? "en";
  if (language !== "de" && language !== "en") {
    throw invalid(`"${String(language).slice(0, 20)}" is neither de nor en`, "--language de");
  }
  const view = desk.view(protocol), nonce = context.random.bytes(8).toHex();
  const bytes = await protocolPaper({
    ...{ view, site: context.site.site, language, now: context.clock.now(), nonce, signer: await signer() },
    photo: (sha256) => book.photo(protocol.photos[sha256]!, `protocol ${protocol.id}`),
  });
  await context.audit.record({
    ...{ event: "commissioning.paper.made", class: "access", who, target: protocol.bay, outcome: "ok" },
    detail: { protocol: protocol.id, state: protocol.state },
  });
  const name = paperName(protocol);
  return {
    text: `${name}, ${bytes.length} bytes, is signed; --file F takes it out.`,
    data: { name, type: "application/pdf", base64: bytes.toBase64() },
  };
}

async function photo(book: ProtocolBook, protocol: Protocol, key: string): Promise<CommandResult> {
  const entry = protocol.entries[key], record = entry?.kind === "photo" ? protocol.photos[entry.sha256] : undefined;
  if (!record) {
    throw new GatewayError(
      "COMMISSIONING_UNKNOWN",
      `The step "${key.slice(0, 80)}" of protocol ${protocol.id} has no photo`,
      { hint: "See `commissioning show`" },
    );
  }
  const bytes = await book.photo(record, `protocol ${protocol.id}`);
  return {
    text: `${record.width} by ${record.height} pixels, ${record.bytes} bytes`,
    data: { ...record, base64: bytes.toBase64() },
  };
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch (cause) {
    throw new GatewayError("COMMISSIONING_INVALID", "The photo is not base64", {
      cause,
      hint: "Send the file by --file",
    });
  }
}

/** A step of the bay, or with its station behind it. */
const keyOf = (args: CommandArgs): string =>
  [args["step"], args["station"]].filter((part) => typeof part === "string" && part !== "").join(" ");

function optional(args: CommandArgs, name: string, most: number): string | undefined {
  const given = args[name];
  return given === undefined || given === "" ? undefined : need(args, name, most);
}

function need(args: CommandArgs, name: string, most: number): string {
  const text = String(args[name] ?? "").trim();
  // deno-lint-ignore no-control-regex
  if (text !== "" && text.length <= most && !/[\u0000-\u001f]/.test(text)) return text;
  throw invalid(`--${name} has ${text.length} characters on one line`, `Write 1 to ${most} characters`);
}

const iso = (at: number): string => new Date(at).toISOString();
const invalid = (what: string, hint: string): GatewayError => new GatewayError("COMMISSIONING_INVALID", what, { hint });
