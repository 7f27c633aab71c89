import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { verifyCertificate } from "../decommission/certificate.ts";
import { isSiteCertificate, verifySiteCertificate } from "../decommission/site/certificate.ts";

/**
 * `decommission verify FILE --key FILE`: runs in the calling process, needs no gateway.
 * @throws GatewayError CLI_USAGE; IntegrityError DECOMMISSION_CERTIFICATE_BROKEN, AUDIT_KEY_INVALID
 */
export async function runDecommissionVerify(args: CommandArgs): Promise<CommandResult> {
  const file = wanted(args, "file"), key = wanted(args, "key");
  const text = await Deno.readTextFile(file),
    verify = isSiteCertificate(text) ? verifySiteCertificate : verifyCertificate;
  const certificate = await verify(text, await Deno.readTextFile(key));
  return { text: textOf(certificate), data: certificate as CommandResult["data"] };
}

function wanted(args: CommandArgs, name: string): string {
  const value = args[name];
  if (typeof value === "string" && value !== "") return value;
  throw new GatewayError("CLI_USAGE", `Cannot check the certificate: ${name === "key" ? "--key" : "FILE"} is missing`, {
    hint: "decommission verify FILE --key audit-public.pem",
  });
}

interface Shown {
  readonly document?: string;
  readonly number?: string;
  readonly site?: string;
  readonly made?: string;
  readonly station?: { readonly id: string };
  readonly erased?: readonly { readonly name: string; readonly entries: number; readonly files: number }[];
  readonly notDone?: readonly { readonly step: string; readonly because: string }[];
  readonly backups?: readonly { readonly place: string; readonly files?: readonly unknown[] }[];
}

function textOf(certificate: Readonly<Record<string, unknown>>): string {
  const { document, number, site, made, station, erased = [], notDone = [], backups = [] } = certificate as Shown;
  const what = station ? `station ${station.id} of site ${site}` : `site ${site}`;
  const sum = erased.reduce((total, { entries, files }) => total + entries + files, 0);
  const named = number === undefined ? document : `${document} ${number}`;
  return [
    `Genuine: ${named}, ${what}, made ${made}`,
    `Erased: ${sum} entries and files in ${erased.length} places`,
    ...notDone.map(({ step, because }) => `Not done: ${step}, because ${because}`),
    ...backups.map(({ place, files }) =>
      `A backup may still hold it: ${place}${files ? ` (${files.length} files)` : ""}`
    ),
  ].join("\n");
}
