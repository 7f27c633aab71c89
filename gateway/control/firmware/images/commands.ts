import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../contract.ts";
import type { Json } from "../../../core/control_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import type { ImageClaim, ImageSource, OfferedImage } from "../../../core/firmware_api.ts";
import { formatTable } from "../../../core/format_table.ts";
import { claimOf, requiredText, textOf } from "./claim_of_args.ts";
import { IMAGE_COLUMNS, imageRow, showVerdict, size } from "./show_verdict.ts";
import type { RepositoryWatch } from "./repository_watch.ts";
import type { Vault } from "./vault.ts";

/** What the commands work on. */
export interface ImageCommandParts {
  readonly context: Pick<ControlContext, "site">;
  readonly vault: Vault;
  readonly watch: RepositoryWatch;
}

/** The commands about images. */
export function imageCommands(parts: ImageCommandParts): Readonly<Record<string, CommandHandler>> {
  const { vault } = parts;
  return {
    "firmware fetch": async (args, who) => {
      const source: ImageSource = { kind: "url", url: requiredText(args, "url"), claim: claimOf(args) };
      return await lookOrTake(vault, source, args, who);
    },
    "firmware export": (args, who) => exportImage(vault, requiredText(args, "image"), who),
    "firmware import": (args, who) => importFile(vault, args, who),
    "firmware list": async (args) => await list(parts, args),
    "firmware offers": (args, who) => offers(parts, requiredText(args, "source"), who),
    "firmware release": async (args, who) => {
      const because = requiredText(args, "because");
      const image = vault.required(requiredText(args, "image"));
      const { state, releasedBy } = await vault.release(image.sha256, requiredText(args, "hash"), because, who);
      const text = state === "verified"
        ? `The image is verified: ${releasedBy.join(" and ")} vouched for it`
        : `${who} vouched for it; one more person is wanted`;
      return { text, data: { sha256: image.sha256, state, releasedBy } };
    },
    "firmware remove": async (args, who) => {
      const { sha256, fileName } = vault.required(requiredText(args, "image"));
      await vault.remove(sha256, who);
      return { text: `Removed ${fileName}`, data: { sha256 } };
    },
    "firmware show": async (args) => await show(vault, requiredText(args, "image")),
    "firmware take": (args, who) =>
      lookOrTake(
        vault,
        {
          kind: "tuf",
          source: requiredText(args, "source"),
          target: requiredText(args, "target"),
        },
        { ...args, accept: true },
        who,
      ),
    "firmware verify": (args) => verify(vault, textOf(args, "image")),
    "firmware withdraw": async (args, who) => {
      const { sha256, fileName } = vault.required(requiredText(args, "image"));
      await vault.withdraw(sha256, requiredText(args, "because"), who);
      return { text: `Withdrew ${fileName}: no station is given it any more`, data: { sha256, state: "withdrawn" } };
    },
  };
}

/** Read anew first: what leaves for a person's hands is what was verified. The bytes are taken from the vault's folder. */
async function exportImage(vault: Vault, name: string, who: string): Promise<CommandResult> {
  const { sha256, fileName, sizeBytes } = await vault.export(name, who);
  return {
    text: `${fileName}, ${sizeBytes} bytes, SHA-256 ${sha256}, is on the disk as it was verified`,
    data: { sha256, fileName, sizeBytes },
  };
}

async function list({ vault, watch, context }: ImageCommandParts, args: CommandArgs): Promise<CommandResult> {
  const state = textOf(args, "state");
  const images = vault.images().filter((image) => state === undefined || image.state === state);
  const { usedBytes, quotaBytes } = await vault.call("firmware.stored", {});
  const sources = watch.states();
  const data = { images, usedBytes, quotaBytes, sources } as unknown as Json;
  const room = `${size(usedBytes)} of ${size(quotaBytes)} used`;
  const single = context.site.firmware?.preset === "single-key"
    ? "\nOne key signs for all firmware (firmware.preset: single-key)."
    : "";
  const away = sources.filter(({ fault }) => fault !== undefined).map(({ id, fault }) => `\n${id}: ${fault}`).join("");
  if (images.length === 0) {
    return { text: `No image${state === undefined ? "" : ` is ${state}`}; ${room}${single}${away}`, data };
  }
  return { text: `${formatTable([...IMAGE_COLUMNS], images.map(imageRow))}\n\n${room}${single}${away}`, data };
}

async function show(vault: Vault, name: string): Promise<CommandResult> {
  const image = vault.required(name);
  const papers = await vault.papers(image.sha256);
  const lines = [
    `${image.vendor} ${image.version} (${image.fileName}), ${image.state}${
      image.why === undefined ? "" : `: ${image.why}`
    }`,
    `SHA-256 ${image.sha256}, ${image.sizeBytes} bytes`,
    `for ${image.models.length === 0 ? "all models" : image.models.join(", ")}`,
    `from ${image.source}, by ${image.who}, ${new Date(image.addedAt).toISOString()}`,
    ...(image.releasedBy.length === 0 ? [] : [`vouched for by ${image.releasedBy.join(" and ")}`]),
    ...(image.hasSbom ? ["SBOM: with --json"] : []),
    ...(papers?.notes === undefined ? [] : ["", papers.notes]),
    ...(papers === undefined ? [] : ["", showVerdict(papers.verdict)]),
  ];
  return { text: lines.join("\n"), data: { image, papers: papers ?? null } as unknown as Json };
}

async function verify(vault: Vault, name: string | undefined): Promise<CommandResult> {
  const images = name === undefined
    ? vault.images().filter(({ state }) => state === "verified")
    : [vault.required(name)];
  const data: { sha256: string; unchanged: boolean }[] = [];
  for (const { sha256 } of images) data.push({ sha256, ...await vault.rehash(sha256) });
  const changed = data.filter(({ unchanged }) => !unchanged);
  const text = changed.length === 0
    ? `${data.length} images are on the disk as they were verified`
    : changed.map(({ sha256 }) => `${sha256.slice(0, 12)} was changed on the disk and is withdrawn`).join("\n");
  return { text, data, ok: changed.length === 0 };
}

/** Without --accept nothing is stored: the verdict comes first. */
async function lookOrTake(vault: Vault, source: ImageSource, args: CommandArgs, who: string): Promise<CommandResult> {
  if (args["accept"] !== true) {
    const { verdict, sha256, sizeBytes } = await vault.look(source, who);
    const next = verdict.outcome === "refused"
      ? "Nothing was stored"
      : "Nothing was stored yet; add --accept to take it";
    const data = { verdict, sha256, sizeBytes, stored: false } as unknown as Json;
    return { text: `${showVerdict(verdict)}\n\nSHA-256 ${sha256}\n${next}`, data, ok: verdict.outcome !== "refused" };
  }
  const { verdict, image } = await vault.intake(source, who);
  const end = image ? `Stored as ${image.sha256.slice(0, 12)}, ${image.state}` : "Nothing was stored";
  const data = { verdict, image: image ?? null, stored: image !== undefined } as unknown as Json;
  return { text: `${showVerdict(verdict)}\n\n${end}`, data, ok: image !== undefined };
}

async function importFile(vault: Vault, args: CommandArgs, who: string): Promise<CommandResult> {
  // before a person's file is read at all: who may not bring one has been refused by now
  if (args["room"] === true) return { text: "A file may be brought", data: {} };
  const upload = requiredText(args, "upload"), drop = () => vault.call("firmware.drop", { upload });
  if (args["discard"] === true) {
    await drop();
    return { text: "The file was thrown away; nothing of it was stored", data: { upload } };
  }
  // a page asks again, with what was said better, or to take it; the command line brings the file each time
  const isKept = args["keep"] === true;
  try {
    const result = await judgeUpload(vault, upload, args, who);
    if (isKept && args["accept"] === true && result.ok !== false) await drop();
    return result;
  } finally {
    if (!isKept) await drop();
  }
}

async function judgeUpload(vault: Vault, upload: string, args: CommandArgs, who: string): Promise<CommandResult> {
  if (args["bundle"] === true) return await importBundle(vault, upload, args, who);
  const entry = textOf(args, "entry");
  const claim: ImageClaim = claimOf(args);
  const source: ImageSource = { kind: "upload", upload, claim, ...(entry === undefined ? {} : { entry }) };
  return await lookOrTake(vault, source, args, who);
}

async function importBundle(vault: Vault, upload: string, args: CommandArgs, who: string): Promise<CommandResult> {
  const { offers } = await vault.call("firmware.offers", { source: { bundle: upload } });
  const wanted = textOf(args, "target");
  const chosen = offers.filter(({ target }) => wanted === undefined || target === wanted);
  if (chosen.length === 0) {
    throw new GatewayError("FIRMWARE_UNKNOWN", "The bundle holds no such image for a vendor of this site", {
      hint: `It offers ${offers.map(({ target }) => target).join(", ") || "none"}`,
    });
  }
  const blocks = chosen.map(({ target, sha256, verdict }) => `${target}\nSHA-256 ${sha256}\n${showVerdict(verdict)}`);
  if (args["accept"] !== true) {
    const text = `${blocks.join("\n\n")}\n\nNothing was stored yet; add --accept to take what is not refused`;
    return { text, data: { offers: chosen, stored: [] } as unknown as Json };
  }
  const stored: string[] = [];
  for (const { target, verdict } of chosen) {
    if (verdict.outcome === "refused") continue;
    const { image } = await vault.intake({ kind: "bundle", upload, target }, who);
    if (image) stored.push(image.sha256);
  }
  const text = `${blocks.join("\n\n")}\n\nStored ${stored.length} of ${chosen.length} images`;
  return { text, data: { offers: chosen, stored } as unknown as Json, ok: stored.length > 0 };
}

async function offers({ vault, watch }: ImageCommandParts, source: string, who: string): Promise<CommandResult> {
  const found = await watch.read(source, who);
  const data = found.map((offer) => ({ ...offer, state: vault.image(offer.sha256)?.state ?? null })) as unknown as Json;
  if (found.length === 0) return { text: "It offers no image for a vendor of this site", data };
  const row = (offer: OfferedImage) => [
    offer.target,
    offer.claim.version,
    size(offer.sizeBytes),
    offer.verdict.outcome === "refused"
      ? `refused: ${offer.verdict.why}`
      : vault.image(offer.sha256)?.state ?? "not here",
  ];
  const table = formatTable(["target", "version", "size", "here"], found.map(row));
  return { text: `${table}\n\nTake one with \`firmware take ${source} TARGET\``, data };
}
