import { readSbom, type Sbom } from "../../../../policies/firmware_sbom.ts";
import type { Json } from "../../../core/control_api.ts";
import type { ImageVault } from "../../../core/firmware_api.ts";
import { formatTable } from "../../../core/format_table.ts";
import type { CommandArgs, CommandResult } from "../../contract.ts";
import { imageNamed } from "../images/image_names.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { invalid } from "./plan_input.ts";

/**
 * `firmware sbom IMAGE`: what the vendor says is in an image.
 * @throws GatewayError FIRMWARE_UNKNOWN; FIRMWARE_CAMPAIGN_INVALID for an image without a bill of materials that can be read
 */
export async function sbomCommand(
  vault: Pick<ImageVault, "images" | "papers">,
  args: CommandArgs,
): Promise<CommandResult> {
  const { vendor, version, sha256 } = imageNamed(vault.images(), String(args["image"] ?? "")),
    name = `${vendor} ${version} (${sha256.slice(0, 12)})`;
  const text = (await vault.papers(sha256))?.sbom;
  if (text === undefined) {
    throw invalid(`${name} came without a bill of materials`, "Ask its vendor for one, as CycloneDX or SPDX");
  }
  const sbom = parse(text);
  if (!sbom) {
    throw invalid(
      `The bill of materials of ${name} is neither CycloneDX nor SPDX 2 as JSON`,
      "`firmware show --json` has it as it came",
    );
  }
  return { text: sbomText(name, sbom), data: { image: sha256, ...sbom } as unknown as Json };
}

function parse(text: string): Sbom | undefined {
  try {
    return readSbom(JSON.parse(text), CAMPAIGN_LIMITS.sbomComponents);
  } catch (_notJson) {
    return undefined; // said by the caller, who knows whose it is
  }
}

function sbomText(name: string, { format, formatVersion, components, left }: Sbom): string {
  const head = `${name}: ${
    components.length + left
  } components, ${format} ${formatVersion}. It is the vendor's word; nobody here checked it.`;
  const rows = components.map((one) => [one.name, one.version, one.supplier, one.licence]);
  const more = left > 0 ? [`${left} more are not listed.`] : [];
  return [head, formatTable(["component", "version", "supplier", "licence"], rows), ...more].join("\n\n");
}
