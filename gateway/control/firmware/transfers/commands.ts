import type { Json } from "../../../core/control_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import { formatTable } from "../../../core/format_table.ts";
import type { CommandHandler, ControlContext } from "../../contract.ts";
import type { GrantBook } from "./grant_book.ts";
import { handOutCommands, type HandOuts } from "./hand_outs.ts";
import { shownUrl } from "./update_message.ts";
import type { UpdateRequests } from "./update_requests.ts";
import type { StoredUpload } from "./upload_book.ts";
import type { Uploads } from "./uploads.ts";
import type { Publications } from "../publish/publications.ts";

/** What the commands work with. */
export interface TransferCommandParts {
  readonly context: Pick<ControlContext, "audit">;
  readonly grants: GrantBook;
  readonly requests: UpdateRequests;
  readonly publications: Publications;
  readonly uploads: Uploads;
  readonly handOuts: HandOuts;
  /** Folder of sealed files. */
  readonly folder: string;
}

/** `firmware grants`, `hand-out`, `publications`, `requests`, `reveal`, `transfers`. */
export function transferCommands(parts: TransferCommandParts): Readonly<Record<string, CommandHandler>> {
  const { grants, requests, uploads, handOuts } = parts;
  return {
    "firmware grants": async (args, who) => {
      if (typeof args["close"] === "string") return await closeGrant(parts, args["close"], who);
      const rows = grants.all().map((grant) => [
        grant.id,
        grant.stationId,
        grant.fileName,
        grant.protocol,
        `${Math.floor(grant.sentBytes * 100 / grant.budgetBytes)} %`,
        grant.state === "closed" ? grant.why ?? "closed" : `open until ${timeOf(grant.expiresAt)}`,
        grant.who,
      ]);
      const data = grants.all().map(({ digest: _secret, addresses: _known, ...grant }) => grant) as unknown as Json;
      if (rows.length === 0) return { text: "No station was granted an image yet.", data };
      return { text: formatTable(["grant", "station", "file", "by", "budget", "state", "for"], rows), data };
    },
    ...handOutCommands(handOuts),
    "firmware publications": () => Promise.resolve(listPublications(parts.publications)),
    "firmware requests": () => {
      const rows = requests.all().map(({ request, ask, startedAt }) => [
        request.id,
        request.stationId,
        request.csms,
        timeOf(startedAt),
        request.state === "ended" ? request.outcome! : request.state,
        request.lastStatus ?? "",
        request.why ?? shownUrl(ask.location),
      ]);
      const data = requests.all().map(({ request, ask, startedAt, endedAt, grant }) => ({
        ...request,
        location: shownUrl(ask.location),
        startedAt,
        ...endedAt === undefined ? {} : { endedAt },
        ...grant === undefined ? {} : { grant },
      })) as unknown as Json;
      if (rows.length === 0) return Promise.resolve({ text: "No CSMS has asked for an update yet.", data });
      const text = formatTable(["request", "station", "csms", "asked", "state", "said", "why or from"], rows);
      return Promise.resolve({ text, data });
    },
    "firmware transfers": async (args) => {
      if (typeof args["again"] === "string") {
        await uploads.forwardAgain(args["again"]);
        return { text: `The file of upload ${args["again"]} is at its CSMS.`, data: { sent: args["again"] } };
      }
      const rows = uploads.all().map((upload) => [
        upload.id,
        upload.stationId,
        upload.fileName ?? "",
        upload.bytes === undefined ? "" : String(upload.bytes),
        timeOf(upload.createdAt),
        upload.state,
        upload.why ?? toOf(upload) ?? "this gateway",
      ]);
      const data = uploads.all().map(({ key: _key, digest: _digest, ask, ...upload }) => {
        const to = toOf({ ask });
        return { ...upload, ...to === undefined ? {} : { to } };
      }) as unknown as Json;
      if (rows.length === 0) return { text: "No station was asked for a file yet.", data };
      return { text: formatTable(["upload", "station", "file", "bytes", "asked", "state", "why or to"], rows), data };
    },
  };
}

/** Where the CSMS wants it, without its login; undefined: the gateway asked for it. */
const toOf = ({ ask: { location } }: Pick<StoredUpload, "ask">): string | undefined =>
  location === undefined ? undefined : shownUrl(location);

function listPublications(publications: Publications) {
  const all = publications.all();
  const rows = all.map(({ publication, location, startedAt }) => [
    publication.id,
    publication.csms,
    publication.checksum,
    timeOf(startedAt),
    publication.state === "ended" ? publication.outcome! : publication.state,
    publication.last,
    publication.why ?? shownUrl(location),
  ]);
  // The URL that stations fetch by holds a token: it is the CSMS's alone.
  const data = all.map(({ publication, location, vendor, startedAt, endedAt }) => ({
    ...publication,
    ...{ location: shownUrl(location), vendor, startedAt },
    ...endedAt === undefined ? {} : { endedAt },
  })) as unknown as Json;
  if (rows.length === 0) return { text: "No CSMS has had an image published yet.", data };
  const text = formatTable(["publication", "csms", "MD5", "asked", "state", "told", "why or from"], rows);
  return { text, data };
}

async function closeGrant({ context, grants }: TransferCommandParts, id: string, who: string) {
  const grant = grants.get(id);
  if (!grant) {
    throw new GatewayError("FIRMWARE_UNKNOWN", `No grant "${id}" is kept`, { hint: "`firmware grants` lists them" });
  }
  await grants.close(id, `closed by ${who}`);
  await context.audit.record({
    event: "transfer.grant.closed",
    class: "operation",
    who,
    target: grant.stationId,
    outcome: "ok",
    detail: { grant: id },
  });
  return { text: `Station ${grant.stationId} may fetch ${grant.fileName} no more.`, data: { closed: id } };
}

const timeOf = (at: number): string => new Date(at).toISOString();
